import type { ClusterSettingsIntent } from '@isthmus/contracts';
import { Core } from '../kube/kinds.js';
import { setByUs } from '../kube/ownership.js';
import { networkLabel } from './peer.js';
import type { Applier, Plan } from './plan.js';

/**
 * The network of this cluster, as a label on istiod's namespace: without it Istio takes every
 * endpoint for a local one (istio#58612). One that somebody else set is left alone.
 */
export const settingsApplier: Applier<ClusterSettingsIntent> = {
  plan(_name, { network }, view): Plan {
    const namespace = view.namespace(view.istioNamespace);
    if (!namespace) {
      const message = `there is no namespace ${view.istioNamespace}; install Istio, or tell the agent where it is (ISTHMUS_ISTIO_NAMESPACE)`;
      return { objects: 'keep', waiting: { reason: 'NamespaceNotFound', message } };
    }
    const label = namespace.metadata.labels?.[networkLabel];
    if (network === '') return { objects: [] };
    if (
      label !== undefined &&
      label !== network &&
      !setByUs(namespace, ['metadata', 'labels', networkLabel])
    ) {
      const message = `namespace ${view.istioNamespace} is labelled ${networkLabel}=${label}, but the cluster was registered in network ${network}; change one of them`;
      return { objects: 'keep', refused: { reason: 'NetworkMismatch', message } };
    }
    if (label === network && !setByUs(namespace, ['metadata', 'labels', networkLabel]))
      return { objects: [] };
    const { name, uid } = namespace.metadata;
    const metadata = { name, uid, labels: { [networkLabel]: network } };
    return { objects: [{ kind: Core.Namespace, object: { metadata }, fragment: true }] };
  },
};
