import { type StopDeadlines, wholeStop } from '../../contract/whole-stop.js';

/** Where the workers of a pod send to. */
export const TARGETS = ['agent', 'direct'] as const;
export type KubernetesTarget = (typeof TARGETS)[number];

/** Of --target direct: to be replaced by the host of the ingester. */
export const HOST_PLACEHOLDER = 'KLOUDFUSE_HOST';

/** What a Deployment is made of. */
interface Deployment extends StopDeadlines {
  readonly name: string;
  readonly target: KubernetesTarget;
  /** `start`, the script and its flags, then the app's own arguments behind --. */
  readonly command: readonly string[];
  /** Of the app. */
  readonly port: number;
}

/** Of the health port. */
const ADMIN_PORT = 9464;

/** What Kubernetes has to wait, in seconds: a shorter one kills requests and spans. */
export function graceSeconds(deadlines: StopDeadlines): number {
  return Math.ceil(wholeStop(deadlines) / 1000);
}

/** The Deployment and the Service; the Secret is made beside them, its value never stands in a file. */
export function kubernetesText(deployment: Deployment): string {
  return `${deploymentText(deployment)}---\n${serviceText(deployment)}`;
}

/** The one place where the key comes from; the whole header expression. */
const SECRET = 'kf-cluster-headers';

export function secretCommand(header: string): string {
  return `kubectl create secret generic ${SECRET} --from-literal=headers='${header}=YOUR_KEY'`;
}

export function deploymentText(deployment: Deployment): string {
  const { name, command, port } = deployment;
  const words = ['node_modules/.bin/kf-cluster', ...command];
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app: ${name} }
spec:
  replicas: 2
  selector:
    matchLabels: { app: ${name} }
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      # drain delay + drain + flush + margin: shorter, and the last requests and spans are lost
      terminationGracePeriodSeconds: ${graceSeconds(deployment)}
      securityContext: { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: ${name}
          image: ${name}:latest
          command: ${JSON.stringify(words)}
          env:
${environmentText(deployment)}
          ports:
            - { name: http, containerPort: ${port} }
            - { name: admin, containerPort: ${ADMIN_PORT} }
          startupProbe:
            httpGet: { path: /readyz, port: admin }
            periodSeconds: 2
            failureThreshold: 30
          readinessProbe:
            httpGet: { path: /readyz, port: admin }
            periodSeconds: 2
          livenessProbe:
            httpGet: { path: /livez, port: admin }
            periodSeconds: 10
          resources:
            requests: { cpu: '1', memory: 512Mi }
            limits: { cpu: '2', memory: 512Mi }
          securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
          volumeMounts:
            - { name: state, mountPath: /state }
            - { name: tmp, mountPath: /tmp }
      volumes:
        # Outlives a container that crashes, not its pod. A PersistentVolumeClaim of a StatefulSet outlives both.
        - { name: state, emptyDir: { sizeLimit: 512Mi } }
        - { name: tmp, emptyDir: {} }
`;
}

function environmentText({ target, name, port, drainDelayMs }: Deployment): string {
  const field = (variable: string, path: string) =>
    `            - { name: ${variable}, valueFrom: { fieldRef: { fieldPath: ${path} } } }`;
  const plain = (variable: string, value: string) =>
    `            - { name: ${variable}, value: ${JSON.stringify(value)} }`;
  const attributes = [
    'k8s.pod.name=$(POD_NAME)',
    'k8s.pod.uid=$(POD_UID)',
    'k8s.node.name=$(NODE_NAME)',
    'k8s.namespace.name=$(NAMESPACE)',
    `k8s.container.name=${name}`,
  ];
  const agent = [
    field('NODE_IP', 'status.hostIP'),
    plain('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://$(NODE_IP):4317'),
    plain('OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'),
  ];
  const direct = [
    plain('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `https://${HOST_PLACEHOLDER}/ingester/otlp/traces`),
    plain('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf'),
    `            - { name: OTEL_EXPORTER_OTLP_HEADERS, valueFrom: { secretKeyRef: { name: ${SECRET}, key: headers } } }`,
  ];
  return [
    field('POD_NAME', 'metadata.name'),
    field('POD_UID', 'metadata.uid'),
    field('NODE_NAME', 'spec.nodeName'),
    field('NAMESPACE', 'metadata.namespace'),
    plain('PORT', String(port)),
    plain('OTEL_SERVICE_NAME', name),
    plain('OTEL_RESOURCE_ATTRIBUTES', attributes.join(',')),
    ...(target === 'agent' ? agent : direct),
    plain('KF_CLUSTER_ADMIN_HOST', '0.0.0.0'),
    plain('KF_CLUSTER_ADMIN_PORT', String(ADMIN_PORT)),
    plain('KF_CLUSTER_DRAIN_DELAY', `${drainDelayMs}ms`),
    plain('KF_CLUSTER_SPOOL_DIR', '/state/spool'),
    plain('XDG_STATE_HOME', '/state'),
  ].join('\n');
}

export function serviceText({ name }: Pick<Deployment, 'name'>): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: { app: ${name} }
  ports:
    - { name: http, port: 80, targetPort: http }
`;
}
