import { applyObjects, eventually, type Member } from '@isthmus/local';

/**
 * Has a cluster's API server refuse routes with this timeout, though a dry run elsewhere passes.
 *
 * @returns when it does.
 */
export async function forbid(
  { kube }: Pick<Member, 'kube'>,
  timeout: string,
  message = `a timeout of ${timeout} is against the rules of this cluster`,
): Promise<void> {
  const name = `no-${timeout}`;
  await applyObjects(kube, [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['networking.istio.io'],
              apiVersions: ['*'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['virtualservices'],
            },
          ],
        },
        validations: [
          {
            expression: `!has(object.spec.http) || object.spec.http.all(r, !has(r.timeout) || r.timeout != '${timeout}')`,
            message,
          },
        ],
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ]);
  await probe(kube, timeout, false);
}

/** Takes back what `forbid` did. @returns when they pass. */
export async function allow({ kube }: Pick<Member, 'kube'>, timeout: string): Promise<void> {
  const kinds = 'validatingadmissionpolicies,validatingadmissionpolicybindings';
  await kube.kubectl(['delete', kinds, `no-${timeout}`]);
  await probe(kube, timeout, true);
}

/** Policies come into force, and out of it, some time after they are written. */
async function probe(kube: Member['kube'], timeout: string, passes: boolean): Promise<void> {
  const route = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'probe', namespace: 'shop' },
    spec: {
      hosts: ['probe'],
      http: [{ route: [{ destination: { host: 'a' } }], timeout }],
    },
  };
  await eventually(`a timeout of ${timeout} ${passes ? 'passes' : 'is refused'}`, async () => {
    const passed = await kube
      .kubectl(['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(route) })
      .then(
        () => true,
        () => false,
      );
    if (passed !== passes) throw new Error(passed ? 'it passes' : 'it is refused');
  });
}
