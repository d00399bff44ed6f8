{{/* Of all objects, with the name of the service after it. */}}
{{- define "isthmus.name" -}}
{{- $name := contains "isthmus" .Release.Name | ternary .Release.Name (printf "%s-isthmus" .Release.Name) }}
{{- $name | trunc 45 | trimSuffix "-" }}
{{- end }}

{{- define "isthmus.selector" -}}
app.kubernetes.io/name: isthmus
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "isthmus.labels" -}}
{{ include "isthmus.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: isthmus
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Name, namespace and labels. Takes a list: the root, and which service. */}}
{{- define "isthmus.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "isthmus.name" $root }}-{{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "isthmus.labels" $root | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Of the Pods of one service. Takes a list: the root, and which service. */}}
{{- define "isthmus.componentSelector" -}}
{{ include "isthmus.selector" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Takes a list: the root, and the image of a service. */}}
{{- define "isthmus.image" -}}
{{- $root := index . 0 }}
{{- $image := index . 1 }}
{{- with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "isthmus.podSecurity" -}}
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

{{- define "isthmus.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The variable that each of `secrets` is read as: from a file, which neither /proc nor `kubectl describe` shows. */}}
{{- define "isthmus.secretVariables" -}}
databaseUrl: DATABASE_URL
databaseOwnerUrl: DATABASE_OWNER_URL
kek: ISTHMUS_KEK
sessionSecret: ISTHMUS_SESSION_SECRET
redisUrl: REDIS_URL
{{- end }}

{{/* Variables of a container. Takes a list: the root, and the names of secrets. */}}
{{- define "isthmus.secretEnv" -}}
{{- $variables := include "isthmus.secretVariables" . | fromYaml }}
{{- range $index, $name := index . 1 }}
{{- if $index }}{{ "\n" }}{{ end -}}
- name: {{ index $variables $name }}_FILE
  value: /var/run/isthmus/{{ index $variables $name }}
{{- end }}
{{- end }}

{{/* The volume with those secrets, as above. */}}
{{- define "isthmus.secretVolume" -}}
{{- $root := index . 0 }}
{{- $variables := include "isthmus.secretVariables" . | fromYaml -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name := index . 1 }}
      {{- $secret := index $root.Values.secrets $name }}
      - secret:
          {{- if $secret.value }}
          name: {{ include "isthmus.name" $root }}-{{ eq $name "databaseOwnerUrl" | ternary "migrate" "values" }}
          items: [{key: {{ index $variables $name }}, path: {{ index $variables $name }}}]
          {{- else }}
          name: {{ $secret.name }}
          items: [{key: {{ $secret.key }}, path: {{ index $variables $name }}}]
          {{- end }}
      {{- end }}
{{- end }}

{{/* host of host:port, without the brackets of IPv6. */}}
{{- define "isthmus.hubHost" -}}
{{- .Values.hub.publicAddress | regexFind "^(.*):" | trimSuffix ":" | trimPrefix "[" | trimSuffix "]" }}
{{- end }}

{{- define "isthmus.hubPort" -}}
{{- .Values.hub.service.port | default (regexFind "[0-9]+$" .Values.hub.publicAddress) }}
{{- end }}

{{- define "isthmus.publicHost" -}}
{{- (urlParse .Values.publicUrl).hostname }}
{{- end }}

{{/* Of a NetworkPolicy. */}}
{{- define "isthmus.egressDns" -}}
# DNS, wherever it is: 5353 is where OpenShift's Pods listen, and what counts there.
- ports:
    {{- range list 53 5353 }}
    - port: {{ . }}
      protocol: UDP
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end }}

{{/* Takes ports and peers, as networkPolicy.postgres has them. */}}
{{- define "isthmus.egressTo" -}}
- ports:
    {{- range .ports }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Where webhooks may go: the api refuses the others as they are made, the worker as they are sent. */}}
{{- define "isthmus.webhookEnv" -}}
- name: ISTHMUS_WEBHOOK_CIDRS
  value: {{ join "," .Values.webhooks.privateNetworks | quote }}
{{- end }}
