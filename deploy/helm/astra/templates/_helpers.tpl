{{- define "astra.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "astra.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "astra.labels" -}}
{{ include "astra.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "astra.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}

{{/* A variable from a secret: list <variable> <secret> <key>. */}}
{{- define "astra.secretVariable" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end }}

{{/* What the service and the migration job read. */}}
{{- define "astra.env" -}}
- name: NODE_ENV
  value: production
- name: PUBLIC_URL
  value: {{ .Values.publicUrl | quote }}
- name: POSTGRES_HOST
  value: {{ .Values.database.host | quote }}
- name: POSTGRES_PORT
  value: {{ .Values.database.port | quote }}
- name: POSTGRES_DB
  value: {{ .Values.database.name | quote }}
- name: POSTGRES_SSLMODE
  value: {{ .Values.database.sslMode | quote }}
{{- if .Values.database.ca.configMapName }}
- name: POSTGRES_SSLROOTCERT
  value: /etc/astra/database-ca/{{ .Values.database.ca.key }}
{{- end }}
- name: POSTGRES_USER
  value: {{ .Values.database.owner.user | quote }}
- name: POSTGRES_SERVICE_USER
  value: {{ .Values.database.service.user | quote }}
{{ include "astra.secretVariable" (list "POSTGRES_SERVICE_PASSWORD" .Values.database.service.secretName .Values.database.service.key) }}
{{ include "astra.secretVariable" (list "SECRET_KEY" .Values.secretKey.secretName .Values.secretKey.key) }}
{{- if .Values.signingKeys.secretName }}
- name: JWT_PRIVATE_KEYS_DIR
  value: /etc/astra/signing-keys
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $from := .Values.secretSettings }}
{{ include "astra.secretVariable" (list $name $from.secretName $from.key) }}
{{- end }}
{{- end }}

{{- define "astra.volumeMounts" -}}
{{- if .Values.database.ca.configMapName }}
- name: database-ca
  mountPath: /etc/astra/database-ca
  readOnly: true
{{- end }}
{{- if .Values.signingKeys.secretName }}
- name: signing-keys
  mountPath: /etc/astra/signing-keys
  readOnly: true
{{- end }}
{{- end }}

{{- define "astra.volumes" -}}
{{- if .Values.database.ca.configMapName }}
- name: database-ca
  configMap:
    name: {{ .Values.database.ca.configMapName }}
{{- end }}
{{- if .Values.signingKeys.secretName }}
- name: signing-keys
  secret:
    secretName: {{ .Values.signingKeys.secretName }}
{{- end }}
{{- end }}

{{/* The container without rights, on a root file system that nothing can change. */}}
{{- define "astra.container" -}}
image: {{ include "astra.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- with include "astra.volumeMounts" . | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Of both pods. Neither talks to the API server; service links would only add variables. */}}
{{- define "astra.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "astra.volumes" . | trim }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}
