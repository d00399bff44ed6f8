{{/* One agent a cluster, so all names are fixed. */}}
{{- define "isthmus-agent.name" -}}isthmus-agent{{- end }}

{{- define "isthmus-agent.selector" -}}
app.kubernetes.io/name: isthmus-agent
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "isthmus-agent.labels" -}}
{{ include "isthmus-agent.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "isthmus-agent.tokenSecret" -}}
{{- if .Values.existingSecret }}{{ .Values.existingSecret }}{{ else if .Values.joinToken }}isthmus-agent-join-token{{ end }}
{{- end }}

{{/* What a release may hold, by API group: as in libs/contracts, configuration-kinds.ts. */}}
{{- define "isthmus-agent.configurationKinds" -}}
networking.istio.io:
  - gateways
  - serviceentries
  - proxyconfigs
  - destinationrules
  - sidecars
  {{- if .Values.configuration.envoyFilters }}
  - envoyfilters
  {{- end }}
  - virtualservices
gateway.networking.k8s.io: [gateways, listenersets, referencegrants, backendtlspolicies, httproutes, grpcroutes, tlsroutes, tcproutes]
security.istio.io: [peerauthentications, requestauthentications, authorizationpolicies]
telemetry.istio.io: [telemetries]
extensions.istio.io: [wasmplugins]
{{- end }}

{{/* The CRDs of Istio's chart base, of 1.24 to 1.31. */}}
{{- define "isthmus-agent.istioCrds" -}}
- authorizationpolicies.security.istio.io
- destinationrules.networking.istio.io
- envoyfilters.networking.istio.io
- gateways.networking.istio.io
- peerauthentications.security.istio.io
- proxyconfigs.networking.istio.io
- requestauthentications.security.istio.io
- serviceentries.networking.istio.io
- sidecars.networking.istio.io
- telemetries.telemetry.istio.io
- trafficextensions.extensions.istio.io
- virtualservices.networking.istio.io
- wasmplugins.extensions.istio.io
- workloadentries.networking.istio.io
- workloadgroups.networking.istio.io
{{- end }}

{{/*
What Istio's chart istiod grants in ClusterRoles, of 1.24 to 1.31 with its usual values: nobody can give
what he does not have, other than with `escalate`, which is all there is.
*/}}
{{- define "isthmus-agent.istiodRules" -}}
{{- $configuration := "config.istio.io, security.istio.io, networking.istio.io, authentication.istio.io, rbac.istio.io, telemetry.istio.io, extensions.istio.io" -}}
# istiod's, of its chart: Istio's configuration.
- apiGroups: [{{ $configuration }}]
  resources: ['*']
  verbs: [get, list, watch]
- apiGroups: [{{ $configuration }}]
  resources:
    - authorizationpolicies/status
    - destinationrules/status
    - envoyfilters/status
    - gateways/status
    - peerauthentications/status
    - proxyconfigs/status
    - requestauthentications/status
    - serviceentries/status
    - sidecars/status
    - telemetries/status
    - virtualservices/status
    - wasmplugins/status
    - workloadentries/status
    - workloadgroups/status
  verbs: [update, patch]
- apiGroups: [networking.istio.io]
  resources: [workloadentries, workloadentries/status, serviceentries/status]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [security.istio.io]
  resources: [authorizationpolicies/status]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  verbs: [get, list, watch]
# istiod's: what it routes to, and its authority.
- apiGroups: ['']
  resources: [endpoints, pods, nodes, namespaces, replicationcontrollers, secrets]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get, list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch]
- apiGroups: [extensions, networking.k8s.io]
  resources: [ingresses, ingressclasses]
  verbs: [get, list, watch]
- apiGroups: [extensions, networking.k8s.io]
  resources: [ingresses/status]
  verbs: ['*']
- apiGroups: ['']
  resources: [configmaps]
  verbs: [get, list, watch, create, update]
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
- apiGroups: [multicluster.x-k8s.io]
  resources: [serviceexports, serviceimports]
  verbs: [get, list, watch, create, delete]
# istiod's: the Gateway API.
- apiGroups: [gateway.networking.k8s.io, gateway.networking.x-k8s.io, networking.x-k8s.io]
  resources: ['*']
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.x-k8s.io]
  resources: [xbackendtrafficpolicies/status, xlistenersets/status]
  verbs: [update, patch]
- apiGroups: [gateway.networking.k8s.io]
  resources:
    - backendtlspolicies/status
    - gatewayclasses/status
    - gateways/status
    - grpcroutes/status
    - httproutes/status
    - listenersets/status
    - referencegrants/status
    - tcproutes/status
    - tlsroutes/status
    - udproutes/status
    - xlistenersets/status
  verbs: [update, patch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [gatewayclasses]
  verbs: [create, update, patch, delete]
- apiGroups: [inference.networking.k8s.io, inference.networking.x-k8s.io]
  resources: [inferencepools]
  verbs: [get, list, watch]
- apiGroups: [inference.networking.k8s.io, inference.networking.x-k8s.io]
  resources: [inferencepools/status]
  verbs: [update, patch]
# istiod's: the gateways that it makes, and so wherever somebody asks for one.
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: ['']
  resources: [services, services/status, serviceaccounts]
  verbs: [get, list, watch, create, update, patch, delete]
{{- end }}

{{- define "isthmus-agent.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Of Pods: as the restricted Pod Security level wants it. */}}
{{- define "isthmus-agent.podSecurity" -}}
runAsNonRoot: true
{{- with .Values.runAs.user }}
runAsUser: {{ int64 . }}
{{- end }}
{{- with .Values.runAs.group }}
runAsGroup: {{ int64 . }}
{{- end }}
{{- with .Values.runAs.fsGroup }}
fsGroup: {{ int64 . }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "isthmus-agent.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where the hub is, and the way to it. */}}
{{- define "isthmus-agent.hubEnv" -}}
- name: ISTHMUS_HUB_ADDRESS
  value: {{ .Values.hub.address | quote }}
{{- with .Values.hub.caBundle }}
- name: ISTHMUS_HUB_CA
  value: {{ . | b64dec | quote }}
{{- end }}
{{- if .Values.proxy.url }}
{{- $exempt := join "," .Values.proxy.noProxy }}
# gRPC knows the small spelling alone, and Helm goes by the large one first.
{{- range list "https_proxy" "HTTPS_PROXY" }}
- name: {{ . }}
  {{- if $.Values.proxy.existingSecret }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.proxy.existingSecret }}
      key: url
  {{- else }}
  value: {{ $.Values.proxy.url | quote }}
  {{- end }}
{{- end }}
{{- with $exempt }}
- name: no_proxy
  value: {{ . | quote }}
{{- end }}
# Helm would go to the API server through the proxy otherwise.
- name: NO_PROXY
  value: {{ printf "$(KUBERNETES_SERVICE_HOST)%s" (ternary (printf ",%s" $exempt) "" (ne $exempt "")) | quote }}
{{- end }}
{{- end }}

{{/* Whether the hub is reached without the proxy, as gRPC reads noProxy but for networks. */}}
{{- define "isthmus-agent.hubIsDirect" -}}
{{- $host := .Values.hub.address | trimSuffix (regexFind ":[0-9]+$" .Values.hub.address) }}
{{- if not .Values.proxy.url }}true{{ end }}
{{- range .Values.proxy.noProxy }}
{{- if or (contains "/" .) (hasSuffix . $host) }}true{{ end }}
{{- end }}
{{- end }}

{{- define "isthmus-agent.egressTo" -}}
{{- $target := . -}}
- ports:
    {{- range $target.ports }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with $target.cidrs }}
  to:
    {{- range . }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}

{{/* What whoever talks to the API server and to the hub may connect to. */}}
{{- define "isthmus-agent.egress" -}}
# DNS, wherever it is: 5353 is where OpenShift's Pods listen, and what counts there.
- ports:
    {{- range list 53 5353 }}
    - port: {{ . }}
      protocol: UDP
    - port: {{ . }}
      protocol: TCP
    {{- end }}
# The API server.
{{ include "isthmus-agent.egressTo" .Values.networkPolicy.apiServer }}
{{- if .Values.proxy.url }}
# The proxy.
{{ include "isthmus-agent.egressTo" (dict "ports" (list (regexFind "[0-9]+" (regexFind ":[0-9]+/?$" .Values.proxy.url))) "cidrs" .Values.networkPolicy.proxyCidrs) }}
{{- end }}
{{- if include "isthmus-agent.hubIsDirect" . }}
# The hub.
{{ include "isthmus-agent.egressTo" (dict "ports" (list (regexFind "[0-9]+$" .Values.hub.address)) "cidrs" .Values.networkPolicy.hubCidrs) }}
{{- end }}
{{- end }}
