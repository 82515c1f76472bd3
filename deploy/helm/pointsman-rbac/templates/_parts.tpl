{{/* Labels and annotations of every object; the argument has `root`, and `more` with labels and annotations on top. */}}
{{- define "pointsman-rbac.metadata" -}}
{{- $labels := dict
  "app.kubernetes.io/name" .root.Chart.Name
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_")) -}}
{{- $more := .more | default dict -}}
labels:
  {{- merge (dict) ($more.labels | default dict) .root.Values.labels $labels | toYaml | nindent 2 }}
{{- with merge (dict) ($more.annotations | default dict) .root.Values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The namespaces of the services, as a JSON list. */}}
{{- define "pointsman-rbac.namespaces" -}}
{{- .Values.namespaces | default (list .Release.Namespace) | toJson -}}
{{- end -}}

{{/* Who gets the Roles in `namespace`, as a JSON list: accounts, groups, users, in the order of `pointsman rbac`. */}}
{{- define "pointsman-rbac.subjects" -}}
{{- $values := .root.Values -}}
{{- $subjects := list -}}
{{- with $values.serviceAccount -}}
{{- if .create -}}
{{- $home := .namespace | default $.root.Release.Namespace -}}
{{- $subjects = append $subjects (dict "kind" "ServiceAccount" "name" .name "namespace" $home) -}}
{{- end -}}
{{- end -}}
{{- range $values.subjects.accounts -}}
{{- $home := ternary (dir .) $.namespace (contains "/" .) -}}
{{- $subjects = append $subjects (dict "kind" "ServiceAccount" "name" (base .) "namespace" $home) -}}
{{- end -}}
{{- range $kind, $names := dict "Group" $values.subjects.groups "User" $values.subjects.users -}}
{{- range $names -}}
{{- $subjects = append $subjects (dict "kind" $kind "name" . "apiGroup" "rbac.authorization.k8s.io") -}}
{{- end -}}
{{- end -}}
{{- $subjects | toJson -}}
{{- end -}}

{{/* A Role and its binding: `root`, `name`, `rules`, `subjects`; `namespace`, or none for what is cluster-wide. */}}
{{- define "pointsman-rbac.role" -}}
{{- $scope := ternary "" "Cluster" (hasKey . "namespace") -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $scope }}Role
metadata:
  name: {{ .name | quote }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  {{- include "pointsman-rbac.metadata" . | nindent 2 }}
rules:
  {{- toYaml .rules | nindent 2 }}
{{- if .subjects }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $scope }}RoleBinding
metadata:
  name: {{ .name | quote }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  {{- include "pointsman-rbac.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $scope }}Role
  name: {{ .name | quote }}
subjects:
  {{- toYaml .subjects | nindent 2 }}
{{- end }}
{{ end -}}

{{/* What the schema cannot see. */}}
{{- define "pointsman-rbac.checks" -}}
{{- $known := .Files.Get "files/roles.yaml" | fromYaml -}}
{{- $routes := list -}}
{{- $guarded := list -}}
{{- range .Values.commands -}}
{{- if (index $known.commands .).writesRoutes }}{{ $routes = append $routes . }}{{ end -}}
{{- if (index $known.commands .).postsDeadMan }}{{ $guarded = append $guarded . }}{{ end -}}
{{- end -}}
{{- if and .Values.routers (not $routes) -}}
{{- fail (printf "routers: none of the commands %s writes a route, so %s means nothing with them" (join ", " .Values.commands) (join ", " .Values.routers)) -}}
{{- end -}}
{{- if and .Values.deadMan.enabled (not $guarded) -}}
{{- fail (printf "deadMan.enabled: none of the commands %s posts a dead-man switch" (join ", " .Values.commands)) -}}
{{- end -}}
{{- with .Values.readiness -}}
{{- if and (or .everywhere .elsewhere) (not (has "readiness-check" $.Values.commands)) -}}
{{- fail "readiness: add readiness-check to the commands, or leave this out" -}}
{{- end -}}
{{- end -}}
{{- end -}}
