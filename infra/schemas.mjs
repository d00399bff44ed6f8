// Writes libs/releases/schemas: the schema of every kind that a release may hold, out of the
// Go modules whose definitions the test clusters install. Needs Go, and everything built.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { configurationKinds } from '../libs/contracts/dist/index.js';
import { run } from './clusters/dist/command.js';
import { downloadModules, moduleFolders } from './clusters/dist/go.js';

try {
  await run(['go', 'version']);
} catch {
  console.error('schemas: left as they are, since Go is not installed');
  process.exit(0);
}

const folder = fileURLToPath(new URL('../libs/releases/schemas/', import.meta.url));
const goMod = readFileSync(join(moduleFolders.crds, 'go.mod'), 'utf8');
const modules = await downloadModules(moduleFolders.crds);
const definitions = new Map([
  ...read('istio.io/api', 'kubernetes/customresourcedefinitions.gen.yaml'),
  ...read('sigs.k8s.io/gateway-api', 'config/crd/standard'),
]);

mkdirSync(folder, { recursive: true });
for (const file of readdirSync(folder)) if (file.endsWith('.json')) rmSync(folder + file);
let bytes = 0;
for (const { kind, group, versions } of configurationKinds) {
  const id = `${kind}.${group}`;
  const definition = definitions.get(id);
  const version = definition?.spec.versions.find(({ name }) => name === versions[0]);
  if (!version) throw new Error(`schemas: no definition of ${id} ${versions[0]}`);
  const root = version.schema.openAPIV3Schema;
  // What a release holds is the spec; rules that look from above it would be lost.
  if (root['x-kubernetes-validations']) throw new Error(`schemas: ${id} has rules at its root`);
  const text = JSON.stringify({
    source: definition.source,
    version: versions[0],
    schema: compact(root.properties.spec),
  });
  writeFileSync(`${folder}${id}.json`, `${text}\n`);
  bytes += text.length;
}
console.error(`schemas: ${configurationKinds.length} kinds, ${bytes} bytes`);

/** @returns pairs of `<Kind>.<group>` and definition; of one file, or of all in a folder. */
function read(module, path) {
  const source = join(modules.get(module), path);
  const files = path.endsWith('.yaml')
    ? [source]
    : readdirSync(source)
        .filter((name) => name.endsWith('.yaml'))
        .map((name) => join(source, name));
  const version = goMod.match(new RegExp(`${module} (v\\S+)`))?.[1];
  return files
    .flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')))
    .map((document) => document.toJS())
    .filter((document) => document?.kind === 'CustomResourceDefinition')
    .map((definition) => [
      `${definition.spec.names.kind}.${definition.spec.group}`,
      { ...definition, source: `${module} ${version}` },
    ]);
}

/** A schema without its prose, keys sorted. Under `properties` keys are names, not keywords. */
function compact(schema) {
  if (Array.isArray(schema)) return schema.map(compact);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = [];
  for (const key of Object.keys(schema).sort()) {
    const value = schema[key];
    if (key === 'description' || key === 'externalDocs' || key === 'example') continue;
    if (key === 'properties') entries.push([key, named(value)]);
    else if (key === 'default' || key === 'enum') entries.push([key, value]);
    else entries.push([key, compact(value)]);
  }
  return Object.fromEntries(entries);
}

function named(properties) {
  return Object.fromEntries(
    Object.keys(properties)
      .sort()
      .map((name) => [name, compact(properties[name])]),
  );
}
