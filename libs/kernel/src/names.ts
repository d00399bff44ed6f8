import { IsthmusError } from './errors.js';

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Whether a name is an RFC 1123 label, as Kubernetes wants of namespaces and Services. */
export function isDnsLabel(value: string): boolean {
  return dnsLabel.test(value);
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Whether a value is an RFC 1123 subdomain, as Kubernetes wants of the names of most objects. */
export function isDnsSubdomain(value: string): boolean {
  return value.length <= 253 && subdomain.test(value);
}

/** Whether a value is `[prefix/]name`, as Kubernetes wants of keys of labels and annotations. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  return labelName.test(key.slice(slash + 1)) && (slash < 0 || isDnsSubdomain(key.slice(0, slash)));
}

export function isLabelValue(value: string): boolean {
  return value === '' || labelName.test(value);
}

/** @throws INVALID_NAME, naming the field, unless the value is an RFC 1123 label. */
export function assertDnsLabel(field: string, value: string): void {
  if (!isDnsLabel(value)) {
    throw new IsthmusError(
      'INVALID_NAME',
      `${field} must be lower-case letters, digits and '-', at most 63, starting and ending with a letter or digit; choose another than '${value.slice(0, 80)}'`,
      { field },
    );
  }
}

/** Whether a value is `namespace/name`, both RFC 1123 labels. */
export function isNamespacedName(value: string): boolean {
  const parts = value.split('/');
  return parts.length === 2 && parts.every(isDnsLabel);
}

/** @throws INVALID_NAME unless the value is `namespace/name`. */
export function splitNamespacedName(value: string): { namespace: string; name: string } {
  const [namespace, name] = value.split('/');
  if (namespace === undefined || name === undefined || !isNamespacedName(value)) {
    throw new IsthmusError('INVALID_NAME', `'${value.slice(0, 130)}' is not namespace/name`);
  }
  return { namespace, name };
}
