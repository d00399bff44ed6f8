const masked = '***';

/** What may not leave, wherever it stands in a text. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // Keys and certificates, also those whose line breaks are written out.
  [/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?(?:-----END \1-----|$)/g, `$1 ${masked}`],
  // The same in base64, as Kubernetes has them: LS0tLS1CRUdJTi is -----BEGIN.
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]*/g, masked],
  [/\b(isthmus_[a-z]+_[0-9a-f]{32}_)[A-Za-z0-9_-]{20,}/g, `$1${masked}`],
  // The same in base64: aXN0aG11c18 is isthmus_.
  [/\baXN0aG11c1[A-Za-z0-9+/=_-]{20,}/g, masked],
  // JWTs, such as those of ServiceAccounts.
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?/g, masked],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${masked}`],
  // Passwords in addresses.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/"']+:)[^\s@/"']+@/gi, `$1${masked}@`],
];

/** A text without keys, certificates and tokens. */
export function maskText(text: string): string {
  return patterns.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
}

/** Names of what is masked whatever it looks like. */
const secretName = /token|secret|password|passwd|credential|private|api[-_]?key|\bkek\b/i;
/** Whose names say so but which only say where the secret is, or tell it in public. */
const publicName = /(name|ref|path|file|namespace|expire|expires|at|count|hash|automount\w*)$/i;

/**
 * Any answer of a Kubernetes API server, with the data of Secrets and what a name says is a secret
 * masked; the length of it stays, which tells an empty one from one that is there.
 */
export function maskObject(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskObject);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const isSecret = fields.kind === 'Secret';
  return Object.fromEntries(
    Object.entries(fields).map(([key, inner]) => {
      if (isSecret && (key === 'data' || key === 'stringData')) return [key, lengthsOf(inner)];
      if (key === 'annotations') return [key, maskAnnotations(inner)];
      // Of an environment: { name: DATABASE_PASSWORD, value: … }.
      const isNamed = key === 'value' && typeof fields.name === 'string';
      const name = isNamed ? String(fields.name) : key;
      const isMasked = typeof inner === 'string' && secretName.test(name) && !publicName.test(name);
      return [key, isMasked ? lengthOf(inner) : maskObject(inner)];
    }),
  );
}

/** kubectl keeps all of what it applied here, the data of Secrets included. */
function maskAnnotations(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { 'kubectl.kubernetes.io/last-applied-configuration': applied, ...rest } =
    value as Readonly<Record<string, unknown>>;
  const others = maskObject(rest) as object;
  if (applied === undefined) return others;
  return { ...others, 'kubectl.kubernetes.io/last-applied-configuration': lengthOf(applied) };
}

function lengthsOf(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return masked;
  return Object.fromEntries(Object.entries(data).map(([key, inner]) => [key, lengthOf(inner)]));
}

function lengthOf(value: unknown): string {
  return `${masked} (${String(value).length} characters)`;
}
