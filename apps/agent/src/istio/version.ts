/** Variants of an image are of the same Istio. */
const variant = /(-(distroless|debug))+$/;
const versioned = /^v?(\d+\.\d+.*)$/;

/**
 * The version of Istio that an image's tag says, such as 1.30.2; empty where it says none, as a
 * digest alone or `latest`.
 */
export function versionOfImage(image: string | undefined): string {
  // A colon before the last slash is that of a port.
  const [, tag = ''] = /^[^@]*:([^/@:]+)(?:@.*)?$/.exec(image ?? '') ?? [];
  return asVersion(tag.replace(variant, ''));
}

/** What a label or a tag says, if it is a version; else empty. */
export function asVersion(text: string | undefined): string {
  return versioned.exec(text ?? '')?.[1] ?? '';
}

/** Sorts versions, the oldest first; 1.31.0-rc.1 comes before 1.31.0, and what is empty first of all. */
export function byVersion(left: string, right: string): number {
  const [one = '', before] = split(left);
  const [other = '', beforeOther] = split(right);
  const order = one.localeCompare(other, 'en', { numeric: true });
  if (order !== 0 || before === beforeOther) return order;
  if (before === undefined || beforeOther === undefined) return before === undefined ? 1 : -1;
  return before.localeCompare(beforeOther, 'en', { numeric: true });
}

function split(version: string): [string, string | undefined] {
  const at = version.indexOf('-');
  return at < 0 ? [version, undefined] : [version.slice(0, at), version.slice(at + 1)];
}
