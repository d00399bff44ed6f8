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
