/** `Kind.group/namespace/name`, as the API names objects, in its parts. */
export function partsOf(name: string): {
  readonly kind: string;
  readonly group: string;
  readonly of: string;
} {
  const [type = '', ...rest] = name.split('/');
  const [kind = '', ...group] = type.split('.');
  return { kind, group: group.join('.'), of: rest.join('/') };
}
