{{- define "suffix" -}}
{{- if .Values.revision }}-{{ .Values.revision }}{{ end -}}
{{- end -}}

{{- define "webhook.suffix" -}}
{{- include "suffix" . }}{{ if ne .Release.Namespace "istio-system" }}-{{ .Release.Namespace }}{{ end -}}
{{- end -}}

{{- define "revision.labels" -}}
istio.io/rev: {{ .Values.revision | default "default" | quote }}
install.operator.istio.io/owning-resource: {{ .Values.ownerName | default "unknown" }}
operator.istio.io/component: Pilot
release: {{ .Release.Name }}
app.kubernetes.io/name: istiod
{{ include "istio.labels" . }}
{{- end -}}

{{- define "istiod.selector" -}}
{{- if .Values.revision -}}
app: istiod
istio.io/rev: {{ .Values.revision | quote }}
{{- else -}}
istio: pilot
{{- end -}}
{{- end -}}

{{- define "istiod.ports" -}}
- port: 15010
  name: grpc-xds
  protocol: TCP
- port: 15012
  name: https-dns
  protocol: TCP
- port: 443
  name: https-webhook
  targetPort: 15017
  protocol: TCP
- port: 15014
  name: http-monitoring
  protocol: TCP
{{- end -}}

{{- define "istiod.version" -}}
{{- .Values.tag | default .Values.global.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "webhook" }}
- name: {{ .prefix }}sidecar-injector.istio.io
  clientConfig:
    {{- with .root.Values.istiodRemote.injectionURL }}
    url: {{ . }}/{{ $.root.Values.revision | default "default" }}/{{ include "istiod.version" $.root }}
    {{- else }}
    service:
      name: istiod{{ include "suffix" .root }}
      namespace: {{ .root.Release.Namespace }}
      path: /inject
      port: 443
    {{- end }}
  sideEffects: None
  rules:
    - operations: [CREATE]
      apiGroups: [""]
      apiVersions: [v1]
      resources: [pods]
  failurePolicy: {{ if .root.Values.istiodRemote.injectionURL }}Fail{{ else }}Ignore{{ end }}
  reinvocationPolicy: {{ .root.Values.sidecarInjectorWebhook.reinvocationPolicy }}
  admissionReviewVersions: [v1]
{{- end }}

{{/* Webhooks of those who follow a name, be it a revision or a tag. */}}
{{- define "webhooks.named" }}
{{- include "webhook" (dict "prefix" "rev.namespace." "root" .root) }}
  namespaceSelector:
    matchExpressions:
      - {key: istio.io/rev, operator: In, values: [{{ .name | quote }}]}
      - {key: istio-injection, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
{{- include "webhook" (dict "prefix" "rev.object." "root" .root) }}
  namespaceSelector:
    matchExpressions:
      - {key: istio.io/rev, operator: DoesNotExist}
      - {key: istio-injection, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
      - {key: istio.io/rev, operator: In, values: [{{ .name | quote }}]}
{{- end }}

{{/* Webhooks of those who name no revision. */}}
{{- define "webhooks.default" }}
{{- include "webhook" (dict "prefix" "namespace." "root" .root) }}
  namespaceSelector:
    matchExpressions:
      - {key: istio-injection, operator: In, values: [enabled]}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: NotIn, values: ["false"]}
{{- include "webhook" (dict "prefix" "object." "root" .root) }}
  namespaceSelector:
    matchExpressions:
      - {key: istio-injection, operator: DoesNotExist}
      - {key: istio.io/rev, operator: DoesNotExist}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: In, values: ["true"]}
      - {key: istio.io/rev, operator: DoesNotExist}
{{- if .root.Values.sidecarInjectorWebhook.enableNamespacesByDefault }}
{{- include "webhook" (dict "prefix" "auto." "root" .root) }}
  namespaceSelector:
    matchExpressions:
      - {key: istio-injection, operator: DoesNotExist}
      - {key: istio.io/rev, operator: DoesNotExist}
      - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, kube-public, kube-node-lease, local-path-storage]}
  objectSelector:
    matchExpressions:
      - {key: sidecar.istio.io/inject, operator: DoesNotExist}
      - {key: istio.io/rev, operator: DoesNotExist}
{{- end }}
{{- end }}
