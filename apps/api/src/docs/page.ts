import { createHash } from 'node:crypto';
import type { GraphQLSchema } from '../graphql-js.js';
import { chapters } from './chapters.js';
import { readExamples } from './examples.js';
import { guide, type Installation } from './guide.js';
import { Html, html } from './html.js';
import { operationsOf, typesOf } from './reference.js';
import { style } from './style.js';

/** The page, and the policy under which browsers may show it: its own style, and nothing else. */
export interface DocsPage {
  readonly body: string;
  readonly policy: string;
}

/** Documents the API: what holds for all of it, every operation with its example, every type. */
export function docsPage(schema: GraphQLSchema, installation: Installation): DocsPage {
  const operations = operationsOf(schema, readExamples());
  const types = typesOf(schema);
  const sections = guide(installation);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of Isthmus</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><p><a href="/">Isthmus</a></p><h1>API</h1></header>
<div class="columns">
<nav aria-label="Contents">
${contents(
  'Guide',
  sections.map(({ id, title }) => ({ id, title })),
)}
${chapters.map(({ title, operations: names }) =>
  contents(
    title,
    names.map((name) => ({ id: `operation-${name}`, title: name })),
  ),
)}
${contents(
  'Types',
  [...types.keys()].map((name) => ({ id: `type-${name}`, title: name })),
)}
</nav>
<main id="content" tabindex="-1">
${sections.map(
  ({ id, title, body }) => html`
  <section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}
  </section>`,
)}
${chapters.map(
  ({ title, words, operations: names }) => html`
  <section aria-labelledby="${idOf(title)}"><h2 id="${idOf(title)}">${title}</h2>
    <p>${words}</p>${names.map((name) => operations.get(name))}
  </section>`,
)}
  <section aria-labelledby="types"><h2 id="types">Types</h2>
    <p>What has an exclamation mark is always there; the rest may be null.</p>${[...types.values()]}
  </section>
</main>
</div>
</body>
</html>
`;
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { body: page.text, policy };
}

/** A part of the navigation, which opens by itself without a script. */
function contents(title: string, links: readonly { id: string; title: string }[]): Html {
  return html`<details><summary>${title}</summary><ul>${links.map(
    (link) => html`<li><a href="#${link.id}">${link.title}</a></li>`,
  )}</ul></details>`;
}

function idOf(title: string): string {
  return `about-${title.toLowerCase().replaceAll(' ', '-')}`;
}
