import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { documentsOf, withDocument, withDocumentAt } from '../yaml-documents.js';
import { fromYaml, type IntentForm, intentsIn, toYaml, usualPath } from './document.js';
import { intentKind, intentKinds, newValues } from './kinds.js';

const samples = new URL('../../../../../../libs/releases/src/intents/samples/', import.meta.url);
const texts = readdirSync(samples).map(
  (name) => [name, readFileSync(new URL(name, samples), 'utf8')] as const,
);

/** Numbers in lists may come back as texts, which mean the same. */
function plain(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'number' ? `${item}` : plain(item)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)]));
}

describe('the samples of intents', () => {
  it.each(texts)('%s are shown in forms, and come back as they were', (_, content) => {
    const documents = documentsOf(content).map(({ text }) => text);
    for (const text of documents) {
      const form = fromYaml(text);
      // An empty list of what is allowed says something that the form leaves to the default.
      if (text.includes('allow: []')) expect(form).toBeUndefined();
      else expect(form && plain(parse(toYaml(form))), text).toEqual(plain(parse(text)));
    }
  });

  it('cover every kind that has a form', () => {
    const kinds = texts.flatMap(([, content]) =>
      parseAllDocuments(content).map((document) => String(document.get('kind'))),
    );
    expect(new Set(kinds)).toEqual(new Set(intentKinds.map(({ kind }) => kind)));
  });
});

const access = intentKind('AccessPolicy');
if (!access) throw new Error('no AccessPolicy');
const form: IntentForm = {
  kind: access,
  name: 'payments',
  namespace: 'shop',
  clusters: '',
  spec: { ...newValues(access), service: 'payments' },
};

describe('a form', () => {
  it('leaves out what is empty, and what other choices would say', () => {
    const spec = {
      ...form.spec,
      '?workload': 'labels',
      workload: [
        ['tier', 'web'],
        ['', 'x'],
      ] as const,
    };
    expect(parse(toYaml({ ...form, spec })).spec).toEqual({ workload: { tier: 'web' } });
    expect(parse(toYaml(form)).spec).toEqual({ service: 'payments' });
  });

  it('says for which clusters', () => {
    const text = toYaml({ ...form, clusters: 'env=prod' });
    expect(parse(text).metadata.annotations).toEqual({ 'isthmus.dev/clusters': 'env=prod' });
    expect(fromYaml(text)?.clusters).toBe('env=prod');
  });

  it('is not there for what it could not say', () => {
    const text = toYaml(form);
    expect(fromYaml(text)).toBeDefined();
    for (const other of [
      `${text}  unknown: 1\n`,
      text.replace('v1alpha1', 'v2'),
      text.replace('service: payments', 'service: 5'),
      text.replace('  name:', '  labels: { a: b }\n  name:'),
      text.replace('AccessPolicy', 'VirtualService'),
      'a: [',
      '',
    ]) {
      expect(fromYaml(other), other).toBeUndefined();
    }
  });
});

describe('files', () => {
  it('tell the intents in them', () => {
    const file = `# one\n${toYaml(form)}---\nkind: Service\n---\n${toYaml(form)}`;
    expect(
      intentsIn('a.yaml', file).map(({ document, name, hasComments }) => [
        document,
        name,
        hasComments,
      ]),
    ).toEqual([
      [0, 'payments', true],
      [2, 'payments', false],
    ]);
  });

  it('keep their other documents when one is put in the place of another, or added', () => {
    const file = 'a: 1\n---\nb: 2\n--- \nc: |\n  x\n';
    expect(withDocumentAt(file, 1, 'B: 3\n')).toBe('a: 1\n---\nB: 3\n--- \nc: |\n  x\n');
    expect(withDocument('a: 1', 'b: 2\n')).toBe('a: 1\n---\nb: 2\n');
    expect(withDocument(' \n', 'b: 2\n')).toBe('b: 2\n');
  });

  it('are named after what is in them', () => {
    expect(usualPath(form)).toBe('shop/access-policy-payments.yaml');
  });
});
