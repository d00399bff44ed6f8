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
