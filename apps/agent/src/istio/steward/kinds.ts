import { type Kind, type KubeObject } from '../../kube/kinds.js';
import { type Deployment, type MutatingWebhookConfiguration, Upgraded } from '../kinds.js';

const namespaced = (group: string, kind: string, plural: string, version = 'v1'): Kind => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});
const clustered = (group: string, kind: string, plural: string): Kind => ({
  ...namespaced(group, kind, plural),
  namespaced: false,
});
const rbac = 'rbac.authorization.k8s.io';

/** Kinds that the steward writes or removes, beside those that the survey reads. */
export const Stewarded = {
  ...Upgraded,
  ConfigMap: namespaced('', 'ConfigMap', 'configmaps'),
  ServiceAccount: namespaced('', 'ServiceAccount', 'serviceaccounts'),
  HorizontalPodAutoscaler: namespaced(
    'autoscaling',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
    'v2',
  ),
  Role: namespaced(rbac, 'Role', 'roles'),
  RoleBinding: namespaced(rbac, 'RoleBinding', 'rolebindings'),
  ClusterRole: clustered(rbac, 'ClusterRole', 'clusterroles'),
  ClusterRoleBinding: clustered(rbac, 'ClusterRoleBinding', 'clusterrolebindings'),
  ValidatingWebhookConfiguration: clustered(
    'admissionregistration.k8s.io',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
  ),
} as const satisfies Record<string, Kind>;

/** Kinds of the Sail operator. */
export const Sail = {
  Istio: clustered('sailoperator.io', 'Istio', 'istios'),
  IstioRevision: clustered('sailoperator.io', 'IstioRevision', 'istiorevisions'),
  IstioRevisionTag: clustered('sailoperator.io', 'IstioRevisionTag', 'istiorevisiontags'),
} as const satisfies Record<string, Kind>;

/** A Deployment, StatefulSet or DaemonSet, as far as a restart of it matters. */
export interface Workload extends KubeObject {
  spec?: Deployment['spec'] & {
    paused?: boolean;
    /** Of a Deployment. */
    strategy?: { type?: string };
    /** Of the others. */
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

/** A webhook with all that it is selected by. */
export type Webhook = NonNullable<MutatingWebhookConfiguration['webhooks']>[number] & {
  namespaceSelector?: object;
  objectSelector?: object;
};

/** Mutating or validating. */
export interface WebhookConfiguration extends KubeObject {
  webhooks?: Webhook[];
}
