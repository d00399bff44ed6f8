// Links of Markdown, as a git host reads them.
import { posix } from 'node:path';

/** Files outside docs/ that pages lead to, and the pages that the site has of them. */
const elsewhere = {
  'README.md': 'figures.md',
  'ARCHITECTURE.md': 'architecture.md',
  'apps/api/schema.graphql': 'reference/graphql.md',
  'infra/helm/isthmus/values.yaml': 'reference/platform-chart.md',
  'infra/helm/isthmus-agent/values.yaml': 'reference/agent-chart.md',
  'infra/terraform-provider/README.md': 'reference/terraform/index.md',
  'infra/terraform-provider/docs/index.md': 'reference/terraform/index.md',
  'infra/terraform-provider/docs': 'reference/terraform/index.md',
  'infra/terraform-provider/examples/complete/main.tf': 'reference/terraform/whole-mesh.md',
  'libs/releases/src/intents/samples': 'reference/intents.md',
};

const link = /(!?\[[^\]]*\]\()([^)\s]+)(\))/g;

/** The anchor of a heading, as GitHub makes it. */
export function slugOf(heading) {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{Pc}\s-]/gu, '')
    .replace(/\s/g, '-');
}

/**
 * Leads what a page of docs/ leads to outside of it to the site's page of that.
 * @throws Error where there is none.
 */
export function inside(path, text) {
  return outsideFences(text, (part) =>
    part.replace(link, (whole, before, target, after) => {
      if (isForeign(target)) return whole;
      const [file, anchor] = target.split('#');
      const found = posix.normalize(posix.join('docs', posix.dirname(path), file));
      if (found === 'docs' || found.startsWith('docs/')) return whole;
      const page = elsewhere[found.replace(/\/$/, '')] ?? ofProvider(found);
      if (!page)
        throw new Error(`${path}: the site has no page of ${found}; see ${import.meta.url}`);
      const to = posix.relative(posix.dirname(path), page);
      return `${before}${to}${anchor ? `#${anchor}` : ''}${after}`;
    }),
  );
}

function ofProvider(path) {
  const folder = 'infra/terraform-provider/docs/';
  return path.startsWith(folder) ? `reference/terraform/${path.slice(folder.length)}` : undefined;
}

/** Links of these pages whose anchor is none of a heading there: VitePress sees to the rest. */
export function deadAnchors(pages) {
  const anchors = new Map([...pages].map(([path, text]) => [path, anchorsOf(text)]));
  return [...pages].flatMap(([path, text]) => {
    const dead = [];
    outsideFences(text, (part) => {
      for (const [, , target] of part.matchAll(link)) {
        const [file, anchor] = target.split('#');
        if (isForeign(target) || !anchor) continue;
        const page = file ? posix.normalize(posix.join(posix.dirname(path), file)) : path;
        if (anchors.get(page)?.has(anchor) === false) dead.push(`${path}: ${target}`);
      }
      return part;
    });
    return dead;
  });
}

function anchorsOf(text) {
  const found = new Set();
  outsideFences(text, (part) => {
    for (const [, heading] of part.matchAll(/^#{1,6} (.*?)(?: \{#[\w-]+\})?$/gm)) {
      const slug = slugOf(heading);
      let name = slug;
      for (let count = 1; found.has(name); count += 1) name = `${slug}-${count}`;
      found.add(name);
    }
    for (const [, id] of part.matchAll(/(?: \{#|<a id=")([\w-]+)/g)) found.add(id);
    return part;
  });
  return found;
}

function isForeign(target) {
  return /^[a-z]+:/.test(target);
}

/** Applies to all that is not a block of code. */
function outsideFences(text, change) {
  return between(text, /(^ *```[^\n]*\n.*?^ *```$)/gms, change);
}

function between(text, separator, change) {
  return text
    .split(separator)
    .map((part, at) => (at % 2 === 0 ? change(part) : part))
    .join('');
}

/** Text of somebody else's, as Markdown that is neither HTML nor Vue's. */
export function prose(text) {
  return between(text, /(`[^`\n]+`)/g, (part) =>
    part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;').replaceAll('*', '\\*'),
  );
}
