import { describe, expect, it } from 'vitest';
import { parseDocuments, titleOf } from './document.js';

const head = 'apiVersion: isthmus.dev/v1';
const parse = (...contents: string[]) =>
  parseDocuments(contents.map((content, at) => ({ path: `${at}.yaml`, content })));

describe('parseDocuments', () => {
  it('reads several of a file, with their places', () => {
    const documents = parse(
      `# a comment\n${head}\nkind: Mesh\nmetadata: { name: prod }\n---\n${head}\nkind: HostGrant\nmetadata: { name: payments, namespace: shop }\nspec: { clusters: [berlin] }\n`,
    );
    expect(documents.map((it) => `${it.place} ${titleOf(it)}`)).toEqual([
      '0.yaml:2 Mesh/prod',
      '0.yaml:6 HostGrant/shop/payments',
    ]);
  });

  it.for([
    ['another kind', `${head}\nkind: Pod\nmetadata: { name: a }`, '0.yaml:2: kind:'],
    [
      'a word that it does not know',
      `${head}\nkind: Cluster\nmetadata: { name: a }\nspec:\n  network: n\n  locality: l\n  netwrok: x`,
      '0.yaml:5: spec: Unrecognized key: "netwrok"',
    ],
    [
      'a wrong value deep inside',
      `${head}\nkind: RolloutPolicy\nmetadata: { name: a }\nspec:\n  waves:\n    - each: REGION\n    - each: PLANET`,
      '0.yaml:7: spec.waves.1.each:',
    ],
    ['YAML that is none', `${head}\nkind: [`, '0.yaml:2: '],
    [
      'a grant of no namespace',
      `${head}\nkind: HostGrant\nmetadata: { name: a }`,
      '0.yaml:3: metadata.namespace:',
    ],
  ] as const)('says where there is %s', ([, content, place]) => {
    expect(() => parse(content)).toThrow(place);
  });

  it('says all that is wrong at once', () => {
    const bad = `${head}\nkind: Cluster\nmetadata: { name: a }\nspec: {}`;
    expect(() => parse(bad, bad)).toThrow(
      /0\.yaml:4: spec\.network[\s\S]*1\.yaml:4: spec\.locality/,
    );
  });

  it('takes nothing twice, but the same name in another mesh', () => {
    const cluster = (mesh: string) =>
      `${head}\nkind: Cluster\nmetadata: { name: a }\nspec: { mesh: ${mesh}, network: n, locality: l }`;
    expect(() => parse(cluster('prod'), cluster('prod'))).toThrow(
      '1.yaml:1: Cluster/a is in 0.yaml:1 already',
    );
    expect(parse(cluster('prod'), cluster('test'))).toHaveLength(2);
    const webhook = (mesh: string) =>
      `${head}\nkind: Webhook\nmetadata: { name: a }\nspec: { mesh: ${mesh}, url: 'https://a' }`;
    expect(() => parse(webhook('prod'), webhook('test'))).toThrow(
      '1.yaml:1: Webhook/a is in 0.yaml:1 already',
    );
  });

  it('does not take an empty file for nothing to do', () => {
    expect(() => parse('# nothing\n')).toThrow('there is no document in it');
  });
});
