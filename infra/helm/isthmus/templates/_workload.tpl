{{/*
All that the three services have in common: ServiceAccount, Deployment, HorizontalPodAutoscaler and
PodDisruptionBudget. Takes a dict:
  root
  service    api, hub or worker; its values are those of that name
  secrets    names of those that it reads
  env        its own variables
  ports      of the container, by name
  probePort  name of the one with /livez and /readyz
  versions   whether it is told of versions of Istio
*/}}
{{- define "isthmus.workload" -}}
{{- $root := .root }}
{{- $values := index $root.Values .service }}
{{- $metadata := include "isthmus.metadata" (list $root .service) }}
{{- $selector := include "isthmus.componentSelector" (list $root .service) }}
{{- $plain := include "isthmus.plainValues" $root }}
{{- $versions := and .versions $root.Values.istioVersions }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- $metadata | nindent 2 }}
  {{- with $values.serviceAccount.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
# It has nothing to ask of this cluster's API server.
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- $metadata | nindent 2 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  progressDeadlineSeconds: 600
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels: {{- $selector | nindent 6 }}
  template:
    metadata:
      labels:
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- include "isthmus.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .service }}
        # The plane of a mesh stays out of it.
        sidecar.istio.io/inject: 'false'
      {{- if or $plain $values.podAnnotations }}
      annotations:
        {{- with $plain }}
        # They are read at the start alone.
        checksum/values: {{ sha256sum . }}
        {{- end }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "isthmus.name" $root }}-{{ .service }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext: {{- include "isthmus.podSecurity" $root | nindent 8 }}
      containers:
        - name: {{ .service }}
          image: {{ include "isthmus.image" (list $root $values.image) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          # A service that cannot start says why as it ends.
          terminationMessagePolicy: FallbackToLogsOnError
          env:
            {{- include "isthmus.secretEnv" (list $root .secrets) | nindent 12 }}
            {{- .env | nindent 12 }}
            {{- if $versions }}
            - name: ISTHMUS_ISTIO_VERSIONS
              value: /etc/isthmus/istio-versions.json
            {{- end }}
            {{- if $root.Values.extraAuthorities.configMap }}
            - name: NODE_EXTRA_CA_CERTS
              value: /etc/isthmus-authorities/ca.crt
            {{- end }}
            - name: LOG_LEVEL
              value: {{ $root.Values.logLevel }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- range $name, $port := .ports }}
            - name: {{ $name }}
              containerPort: {{ $port }}
            {{- end }}
          startupProbe:
            httpGet:
              path: /livez
              port: {{ .probePort }}
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet:
              path: /livez
              port: {{ .probePort }}
            periodSeconds: 20
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /readyz
              port: {{ .probePort }}
            periodSeconds: 5
            # It gives itself 2 s.
            timeoutSeconds: 3
          {{- with $values.drainSeconds }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ . }}
          {{- end }}
          securityContext: {{- include "isthmus.containerSecurity" $root | nindent 12 }}
          {{- with $values.resources }}
          resources: {{- toYaml . | nindent 12 }}
          {{- end }}
          volumeMounts:
            - name: secrets
              mountPath: /var/run/isthmus
              readOnly: true
            {{- if $versions }}
            - name: istio-versions
              mountPath: /etc/isthmus
              readOnly: true
            {{- end }}
            {{- if $root.Values.extraAuthorities.configMap }}
            - name: authorities
              mountPath: /etc/isthmus-authorities
              readOnly: true
            {{- end }}
      volumes:
        {{- include "isthmus.secretVolume" (list $root .secrets) | nindent 8 }}
        {{- if $versions }}
        # Read again when it changes.
        - name: istio-versions
          configMap:
            name: {{ include "isthmus.name" $root }}-istio-versions
        {{- end }}
        {{- with include "isthmus.authoritiesVolume" $root }}
        {{- . | nindent 8 }}
        {{- end }}
      {{- with $values.topologySpread }}
      topologySpreadConstraints:
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: {{ $values.topologySpread }}
          labelSelector:
            matchLabels: {{- $selector | nindent 14 }}
          # The Pods of the release before do not count.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- with $values.autoscaling }}
{{- if .enabled }}
{{- if gt (int .minReplicas) (int .maxReplicas) }}
{{- fail (printf "%s.autoscaling: minReplicas must not be above maxReplicas" $.service) }}
{{- end }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- $metadata | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "isthmus.name" $root }}-{{ $.service }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    {{- range $resource := list "cpu" "memory" }}
    {{- with index $values.autoscaling $resource }}
    - type: Resource
      resource:
        name: {{ $resource }}
        target:
          type: Utilization
          averageUtilization: {{ . }}
    {{- end }}
    {{- end }}
  {{- with .behavior }}
  behavior: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- if $values.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- $metadata | nindent 2 }}
spec:
  maxUnavailable: {{ $values.podDisruptionBudget.maxUnavailable }}
  # One that is not ready holds up no drain of a node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- $selector | nindent 6 }}
{{- end }}
{{- end }}

{{/* What a change of which needs a restart: the secrets that are given as values. */}}
{{- define "isthmus.plainValues" -}}
{{- range $name, $secret := .Values.secrets }}
{{- if and $secret.value (ne $name "databaseOwnerUrl") }}{{ $name }}={{ $secret.value }};{{ end }}
{{- end }}
{{- end }}

{{- define "isthmus.authoritiesVolume" -}}
{{- with .Values.extraAuthorities }}
{{- if .configMap }}
- name: authorities
  configMap:
    name: {{ .configMap }}
    items: [{key: {{ .key }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- end }}
