import { readFileSync } from 'node:fs';
import { IsthmusError, messageOf } from '@isthmus/kernel';
import { z } from 'zod';
import { type Channel, channels, type Severity } from './model.js';
import { parsePath } from './paths.js';

/** What is known of Istio's versions: what a plan and a channel go by. */
export interface IstioKnowledge {
  readonly channels: Readonly<Record<Channel, ChannelAges>>;
  readonly bugs: readonly KnownBug[];
  /** By minor version, such as "1.30". */
  readonly minors: Readonly<Record<string, MinorKnowledge>>;
}

/** How old versions must be before a channel takes them, in days. */
export interface ChannelAges {
  readonly minorAgeDays: number;
  readonly patchAgeDays: number;
}

/** Something that is wrong with patches before one of `fixedIn`. */
export interface KnownBug {
  readonly id: string;
  /** `gateways`: of the version that is there, where it has gateways; `target`: of that it goes to. */
  readonly concerns: 'gateways' | 'target';
  /** One for each minor version that has the fix; later ones have it as well. */
  readonly fixedIn: readonly string[];
  readonly text: string;
  /** `{fixed}` stands for the version that has the fix. */
  readonly remedy: string;
}

export interface MinorKnowledge {
  /** ISO dates; undefined: not known. */
  readonly released?: string | undefined;
  readonly endOfLife?: string | undefined;
  /** Minor versions of Kubernetes that it is tested with; undefined: not known. */
  readonly kubernetes?: { readonly min: string; readonly max: string } | undefined;
  readonly patches: readonly PatchKnowledge[];
  /** Whether its CRDs differ from those of the minor version before. */
  readonly crdsChanged: boolean;
  readonly deprecations: readonly Deprecation[];
  readonly notes: readonly VersionNote[];
  /** Minor versions that proxies may be behind its istiod. */
  readonly proxySkew: number;
  /** False: nobody looked it up. Nothing is refused, and no channel goes, by such. */
  readonly verified: boolean;
}

export interface PatchKnowledge {
  readonly version: string;
  readonly released?: string | undefined;
  readonly verified: boolean;
}

/** A field that a minor version calls deprecated, or does not heed any more. */
export interface Deprecation {
  /** "*": of any; as `kind`. */
  readonly group: string;
  readonly kind: string;
  /** Such as `spec.http[].fault.delay.percent`; see `parsePath`. Of annotations: the key. */
  readonly path: string;
  readonly in: 'spec' | 'annotations';
  readonly when: 'deprecated' | 'removed';
  readonly replacement: string;
  readonly note: string;
  readonly verified: boolean;
}

/** What somebody who upgrades to a minor version has to know. */
export interface VersionNote {
  readonly severity: Exclude<Severity, 'BLOCKS'>;
  readonly text: string;
  readonly remedy?: string | undefined;
  /** As `<Kind>.<group>`: said only where the configuration has one of them. */
  readonly kinds?: readonly string[] | undefined;
}

const isoDate = z.iso.date();
const minorVersion = z.string().regex(/^\d+\.\d+$/, 'must be a minor version such as 1.30');
const fullVersion = z
  .string()
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'must be a version such as 1.30.2');
const days = z.number().int().min(0).max(3_650);

const patch = z.strictObject({
  version: fullVersion,
  released: isoDate.optional(),
  verified: z.boolean().default(true),
});

const deprecation = z
  .strictObject({
    group: z.string().min(1),
    kind: z.string().min(1),
    path: z.string().min(1).max(300),
    in: z.enum(['spec', 'annotations']).default('spec'),
    when: z.enum(['deprecated', 'removed']),
    replacement: z.string().min(1),
    note: z.string().default(''),
    verified: z.boolean().default(true),
  })
  .refine((entry) => entry.in === 'annotations' || parsePath(entry.path) !== undefined, {
    path: ['path'],
    message: 'must be a path such as spec.http[].fault.delay.percent',
  });

const note = z.strictObject({
  severity: z.enum(['WARNS', 'INFORMS']),
  text: z.string().min(1),
  remedy: z.string().min(1).optional(),
  kinds: z.array(z.string().min(1)).optional(),
});

const bug = z.strictObject({
  id: z.string().min(1),
  concerns: z.enum(['gateways', 'target']),
  fixedIn: z.array(fullVersion).min(1),
  text: z.string().min(1),
  remedy: z.string().min(1),
});

const minorFields = {
  released: isoDate.optional(),
  endOfLife: isoDate.optional(),
  kubernetes: z.strictObject({ min: minorVersion, max: minorVersion }).optional(),
  patches: z.array(patch).optional(),
  crdsChanged: z.boolean().optional(),
  deprecations: z.array(deprecation).optional(),
  notes: z.array(note).optional(),
  proxySkew: z.number().int().min(0).max(10).optional(),
  verified: z.boolean().optional(),
};

const knowledgeFile = z.strictObject({
  channels: z
    .partialRecord(
      z.enum(channels),
      z.strictObject({ minorAgeDays: days.optional(), patchAgeDays: days.optional() }),
    )
    .optional(),
  bugs: z.array(bug).max(1_000).optional(),
  minors: z.record(minorVersion, z.strictObject(minorFields)).optional(),
});
type KnowledgeFile = z.infer<typeof knowledgeFile>;

// As far from src as from dist.
const ours = new URL('../knowledge/istio.json', import.meta.url);
const nothing: IstioKnowledge = {
  channels: {
    rapid: { minorAgeDays: 7, patchAgeDays: 2 },
    regular: { minorAgeDays: 45, patchAgeDays: 7 },
    stable: { minorAgeDays: 100, patchAgeDays: 14 },
  },
  bugs: [],
  minors: {},
};

/**
 * What came with this release, and over it what an operator's file says.
 *
 * @param extraPath of a file of the same shape: what it says of a version wins, deprecations and notes are added.
 * @throws INVALID_CONFIGURATION naming the file and the field.
 */
export function loadKnowledge(extraPath?: string): IstioKnowledge {
  const known = merge(nothing, read(ours), 'istio.json');
  return extraPath === undefined ? known : merge(known, read(extraPath), extraPath);
}

function read(path: string | URL): KnowledgeFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw broken(String(path), `it cannot be read as JSON: ${messageOf(error)}`);
  }
  const result = knowledgeFile.safeParse(content);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 5)
    .map((issue) => `${fieldOf(issue)}: ${issue.message}`);
  throw broken(String(path), faults.join('; '));
}

function fieldOf({ path }: z.core.$ZodIssue): string {
  const field = path
    .map((part) =>
      typeof part === 'number'
        ? `[${part}]`
        : `.${/^\w+$/.test(String(part)) ? String(part) : `"${String(part)}"`}`,
    )
    .join('');
  return field === '' ? 'it' : field.slice(field.startsWith('.') ? 1 : 0);
}

function broken(file: string, message: string): IsthmusError {
  return new IsthmusError(
    'INVALID_CONFIGURATION',
    `the knowledge of Istio's versions in ${file} cannot be used: ${message}; mend it, or go without it`,
  );
}

function merge(known: IstioKnowledge, file: KnowledgeFile, name: string): IstioKnowledge {
  const minors: Record<string, MinorKnowledge> = { ...known.minors };
  for (const [minor, said] of Object.entries(file.minors ?? {})) {
    const field = `minors."${minor}"`;
    const stray = said.patches?.find(({ version }) => !version.startsWith(`${minor}.`));
    if (stray) throw broken(name, `${field}.patches: ${stray.version} is no version of ${minor}`);
    const merged = mergeMinor(known.minors[minor], said);
    if (merged.patches.length === 0)
      throw broken(name, `${field}.patches: name one version at least`);
    minors[minor] = merged;
  }
  return {
    channels: {
      rapid: { ...known.channels.rapid, ...file.channels?.rapid },
      regular: { ...known.channels.regular, ...file.channels?.regular },
      stable: { ...known.channels.stable, ...file.channels?.stable },
    },
    bugs: overBy(known.bugs, file.bugs ?? [], ({ id }) => id),
    minors,
  };
}

function mergeMinor(
  known: MinorKnowledge | undefined,
  {
    patches = [],
    deprecations = [],
    notes = [],
    ...said
  }: NonNullable<KnowledgeFile['minors']>[string],
): MinorKnowledge {
  return {
    crdsChanged: true,
    proxySkew: 2,
    verified: true,
    ...known,
    ...said,
    patches: overBy(known?.patches ?? [], patches, ({ version }) => version),
    deprecations: [...(known?.deprecations ?? []), ...deprecations],
    notes: [...(known?.notes ?? []), ...notes],
  };
}

function overBy<T>(known: readonly T[], said: readonly T[], key: (entry: T) => string): T[] {
  return [...new Map([...known, ...said].map((entry) => [key(entry), entry])).values()];
}
