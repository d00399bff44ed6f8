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

/** In the words of a name, see `wordsOf`: what is masked whatever it looks like. */
const secretWords = /token|secret|password|passwd|credential|private|api ?key|\bkek\b/i;
/** The last word of what says so as well but only tells where the secret is, or until when. */
const publicWord = /\b(name|ref|path|file|namespace|expires?|at|count)$/i;

/** `clientSecret`, `CLIENT_SECRET` and `client-secret` as words that spaces part. */
function wordsOf(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[^A-Za-z0-9]+/g, ' ');
}

/**
 * Any answer of a Kubernetes API server, with the data of Secrets and what a name says is a secret
 * masked, and all that is below such a name but references; the length of it stays, which tells an
 * empty one from one that is there.
 */
export function maskObject(value: unknown): unknown {
  return maskValue(value, false);
}

function maskValue(value: unknown, isSecret: boolean): unknown {
  if (typeof value === 'string') return isSecret ? lengthOf(value) : maskText(value);
  if (Array.isArray(value)) return value.map((each) => maskValue(each, isSecret));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const hasData = fields.kind === 'Secret';
  return Object.fromEntries(
    Object.entries(fields).map(([key, inner]) => {
      if (hasData && (key === 'data' || key === 'stringData')) return [key, lengthsOf(inner)];
      if (key === 'annotations' && !isSecret) return [key, maskAnnotations(inner)];
      // Of an environment: { name: DATABASE_PASSWORD, value: … }.
      const isNamed = key === 'value' && typeof fields.name === 'string';
      const words = wordsOf(isNamed ? String(fields.name) : key);
      const isNew = secretWords.test(words) && !publicWord.test(words);
      // Below such a name a text may be a reference: imagePullSecrets: [{ name: … }].
      const isReference = typeof inner === 'string' && publicWord.test(wordsOf(key));
      return [key, maskValue(inner, isNew || (isSecret && !isReference))];
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
