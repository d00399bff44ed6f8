import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { LineCounter, parseAllDocuments, type Document as YamlDocument } from 'yaml';
import { z } from 'zod';
import { usageError } from '../errors.js';
import { readStdin } from '../terminal.js';
import { type Kind, kindNames, type Specs, specs } from './specs.js';

export const apiVersion = 'isthmus.dev/v1';

/** A thing of the plane as somebody wrote it down. */
export type Document = {
  [Of in Kind]: {
    readonly kind: Of;
    readonly metadata: Metadata;
    readonly spec: Specs[Of];
    /** Such as mesh.yaml:3. */
    readonly place: string;
  };
}[Kind];

export type DocumentOf<Of extends Kind> = Extract<Document, { readonly kind: Of }>;

const metadata = z.strictObject({
  name: z.string().min(1),
  /** Of a HostGrant: the namespace of the service that is its name. */
  namespace: z.string().min(1).optional(),
  /** Of a Cluster: in place of those that it has. */
  labels: z.record(z.string(), z.string()).optional(),
});
type Metadata = z.infer<typeof metadata>;

const head = z.looseObject({
  apiVersion: z.literal(apiVersion),
  kind: z.enum(kindNames),
});

/** A text, and where it is from. */
export interface Source {
  readonly path: string;
  readonly content: string;
}

const yamlName = /\.ya?ml$/;
/** The API takes no more; a folder of more is the wrong one. */
const mostFiles = 500;

/** A file, or the YAML files of a folder and what is below it by their paths in it; `-` is standard input. */
export async function readSources(path: string): Promise<Source[]> {
  if (path === '-') return [{ path: 'stdin.yaml', content: await readStdin() }];
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch {
    throw usageError(`there is no file or folder ${path}`);
  }
  if (!isFolder) {
    return [{ path: path.split(sep).at(-1) ?? path, content: await readFile(path, 'utf8') }];
  }
  const names = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && yamlName.test(entry.name))
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    // What tools keep beside: .git, .github, …
    .filter((name) => !name.split(sep).some((part) => part.startsWith('.')))
    .sort();
  if (names.length > mostFiles) {
    throw usageError(`${path} has more than ${mostFiles} files of YAML; is it the right folder?`);
  }
  return Promise.all(
    names.map(async (name) => ({
      path: name.split(sep).join('/'),
      content: await readFile(join(path, name), 'utf8'),
    })),
  );
}

/**
 * Documents as they are written.
 *
 * @throws USAGE naming file and line of all that is wrong.
 */
export function parseDocuments(sources: readonly Source[]): Document[] {
  const problems: string[] = [];
  const documents = sources.flatMap(({ path, content }) => {
    const lines = new LineCounter();
    return parseAllDocuments(content, { lineCounter: lines }).flatMap((yaml) => {
      const placeAt = (offset: number) => `${path}:${lines.linePos(offset).line}`;
      for (const { message, pos } of yaml.errors) {
        problems.push(`${placeAt(pos[0])}: ${message.split('\n')[0]}`);
      }
      if (yaml.errors.length > 0 || yaml.contents === null) return [];
      const place = placeAt(yaml.contents.range?.[0] ?? 0);
      const { document, issues } = toDocument(yaml.toJS(), place);
      for (const issue of issues) {
        const range = rangeOf(yaml as YamlDocument.Parsed, issue.path);
        const where = issue.path.map(String).join('.');
        problems.push(`${placeAt(range)}: ${where ? `${where}: ` : ''}${issue.message}`);
      }
      return document ?? [];
    });
  });
  problems.push(...repeated(documents));
  if (problems.length > 0) throw usageError(problems.join('\n'));
  if (documents.length === 0) throw usageError('there is no document in it');
  return documents;
}

type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'>;

function toDocument(
  value: unknown,
  place: string,
): { readonly document?: Document; readonly issues: readonly Issue[] } {
  const start = head.safeParse(value);
  if (!start.success) return { issues: start.error.issues };
  const { kind } = start.data;
  const whole = z
    .strictObject({ apiVersion: z.string(), kind: z.string(), metadata, spec: specs[kind] })
    .safeParse(value);
  if (!whole.success) return { issues: whole.error.issues };
  const document = { ...whole.data, kind, place } as unknown as Document;
  if (kind === 'HostGrant' && document.metadata.namespace === undefined) {
    const message = 'a HostGrant has the namespace of its service, which is its name';
    return { issues: [{ path: ['metadata', 'namespace'], message }] };
  }
  return { document, issues: [] };
}

/** Of what is there of a path, where all of it is not. */
function rangeOf(yaml: YamlDocument.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = yaml.getIn(path.slice(0, length), true) as
      | { readonly range?: number[] }
      | undefined;
    if (node?.range?.[0] !== undefined) return node.range[0];
  }
  return yaml.contents?.range?.[0] ?? 0;
}

function repeated(documents: readonly Document[]): string[] {
  const seen = new Map<string, string>();
  return documents.flatMap((document) => {
    const name = titleOf(document);
    const before = seen.get(`${meshNameOf(document)} ${name}`);
    seen.set(`${meshNameOf(document)} ${name}`, document.place);
    return before ? [`${document.place}: ${name} is in ${before} already`] : [];
  });
}

/** As it is spoken of: `Cluster/berlin`. */
export function titleOf({ kind, metadata: { name, namespace } }: Document): string {
  return kind === 'HostGrant' ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}

/** The mesh that it belongs to, where the document says so. */
export function meshNameOf(document: Document): string | undefined {
  switch (document.kind) {
    case 'Mesh':
    case 'RolloutPolicy':
    case 'UpgradeSettings':
      return document.metadata.name;
    case 'Webhook':
      // It is the organization's, whosever events it tells of.
      return undefined;
    default:
      return document.spec.mesh;
  }
}
