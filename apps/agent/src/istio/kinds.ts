import type { Kind, KubeObject } from '../kube/kinds.js';

const clustered = (group: string, kind: string, plural: string): Kind => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced: false,
});
const apps = (kind: string, plural: string): Kind => ({
  group: 'apps',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});

/** Kinds of every API server, those that an upgrade of Istio looks at. */
export const Upgraded = {
  Deployment: apps('Deployment', 'deployments'),
  StatefulSet: apps('StatefulSet', 'statefulsets'),
  DaemonSet: apps('DaemonSet', 'daemonsets'),
  Node: clustered('', 'Node', 'nodes'),
  PodDisruptionBudget: {
    group: 'policy',
    version: 'v1',
    plural: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    namespaced: true,
  },
  MutatingWebhookConfiguration: clustered(
    'admissionregistration.k8s.io',
    'MutatingWebhookConfiguration',
    'mutatingwebhookconfigurations',
  ),
  CustomResourceDefinition: clustered(
    'apiextensions.k8s.io',
    'CustomResourceDefinition',
    'customresourcedefinitions',
  ),
} as const satisfies Record<string, Kind>;

export interface Owner {
  apiVersion?: string;
  kind: string;
  name: string;
  controller?: boolean;
}

/** An object that may say what it is part of. */
export interface OwnedObject extends KubeObject {
  metadata: KubeObject['metadata'] & { ownerReferences?: Owner[] };
}

export interface Container {
  name: string;
  image?: string;
  /** Of init containers: Always makes one a sidecar. */
  restartPolicy?: string;
  resources?: Resources;
}

export interface Resources {
  requests?: { cpu?: string | number; memory?: string | number };
}

export interface Toleration {
  key?: string;
  /** Equal when absent. */
  operator?: string;
  value?: string;
  /** All when absent. */
  effect?: string;
}

export interface PodSpec {
  nodeName?: string;
  containers?: Container[];
  initContainers?: Container[];
  /** Of the Pod as a whole; they win over those of its containers. */
  resources?: Resources;
  overhead?: { cpu?: string | number; memory?: string | number };
  tolerations?: Toleration[];
  nodeSelector?: Record<string, string>;
}

/** A Pod with what tells of its proxy. */
export interface MeshPod extends OwnedObject {
  spec?: PodSpec;
  status?: { phase?: string; conditions?: { type: string; status: string }[] };
}

export interface Deployment extends OwnedObject {
  spec?: {
    /** 1 when absent. */
    replicas?: number;
    selector?: KubeSelector;
    template?: { metadata?: Partial<KubeObject['metadata']>; spec?: PodSpec };
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    availableReplicas?: number;
  };
}

export interface MutatingWebhookConfiguration extends KubeObject {
  webhooks?: {
    name: string;
    clientConfig: {
      /** Base64 of PEM. */
      caBundle?: string;
      url?: string;
      service?: { namespace: string; name: string; path?: string; port?: number };
    };
  }[];
}

export interface Node extends KubeObject {
  spec?: {
    unschedulable?: boolean;
    taints?: { key: string; value?: string; effect: string }[];
  };
  status?: {
    allocatable?: { cpu?: string | number; memory?: string | number; pods?: string | number };
    conditions?: { type: string; status: string }[];
  };
}

export interface KubeSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface PodDisruptionBudget extends KubeObject {
  spec?: { selector?: KubeSelector };
  status?: { disruptionsAllowed?: number; expectedPods?: number };
}
