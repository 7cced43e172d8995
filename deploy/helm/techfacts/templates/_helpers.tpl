{{- define "techfacts.labels" -}}
app.kubernetes.io/name: techfacts
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "techfacts.selector" -}}
app.kubernetes.io/name: techfacts
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* A pod of one component: dict "root" . "component" "api" "values" .Values.api */ -}}
{{- define "techfacts.pod" -}}
metadata:
  labels:
    {{- include "techfacts.selector" . | nindent 4 }}
  annotations:
    checksum/settings: {{ include (print .root.Template.BasePath "/configmap.yaml") .root | sha256sum }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "9090"
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 60
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [{{ .component }}]
      envFrom:
        - configMapRef: {name: {{ .root.Release.Name }}-settings}
        - secretRef: {name: {{ .root.Values.secret }}}
      env:
        - {name: OPS_ADDR, value: "0.0.0.0:9090"}
        {{- if eq .component "api" }}
        - {name: LISTEN_ADDR, value: "0.0.0.0:8080"}
        - {name: SHUTDOWN_DELAY, value: {{ .values.shutdownDelay | quote }}}
        {{- else }}
        - {name: API_KEY, value: ""} # of the secret: only the API has a use for it
        {{- end }}
        - name: GOMEMLIMIT # of Go itself: collect before the limit is hit
          valueFrom: {resourceFieldRef: {resource: limits.memory}}
      ports:
        {{- if eq .component "api" }}
        - {name: http, containerPort: 8080}
        {{- end }}
        - {name: ops, containerPort: 9090}
      # Migrations may take their time; until then nothing listens.
      startupProbe:
        httpGet: {path: /livez, port: ops}
        periodSeconds: 2
        failureThreshold: 150
      livenessProbe:
        httpGet: {path: /livez, port: ops}
        periodSeconds: 10
        failureThreshold: 3
      readinessProbe:
        httpGet: {path: /readyz, port: ops}
        periodSeconds: 5
        timeoutSeconds: 4
        failureThreshold: 2
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      resources: {{ toYaml .values.resources | nindent 8 }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.affinity }}
  affinity: {{ toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "techfacts.selector" . | nindent 10 }}
{{- end }}
