// Where each page stands. The first heading of a page is its title here, unless one is given.
const navigation = [
  ['Start', ['index.md', 'install.md', 'first-cluster.md']],
  ['Concepts', ['concepts.md', 'architecture.md', 'figures.md']],
  [
    'Guides',
    [
      'exporting.md',
      'securing.md',
      'observing.md',
      'rolling-out.md',
      'configuration.md',
      'upgrades.md',
      'cli.md',
      'terraform.md',
      'api.md',
      'webhooks.md',
      'console.md',
    ],
  ],
  [
    'Operations',
    ['hosting.md', 'agent.md', 'istio-charts.md', 'istio-versions.md', 'operations/*'],
  ],
  ['Security', ['security.md']],
  [
    'Reference',
    [
      'cli-reference.md',
      'reference/graphql.md',
      'reference/graphql-types.md',
      'reference/errors.md',
      'reference/intents.md',
      'reference/agent-chart.md',
      'reference/platform-chart.md',
      'reference/terraform/index.md',
      'reference/terraform/*',
    ],
  ],
];

/** The headings above the site's pages. */
const top = ['Start', 'Concepts', 'Guides', 'Operations', 'Security', 'Reference'];

/**
 * The sidebar and the bar above, of these pages.
 *
 * @param pages text by path
 * @throws Error for a page that has no place
 */
export function navigationOf(pages) {
  const left = new Set(pages.keys());
  const sidebar = navigation.map(([text, wanted]) => ({
    text,
    collapsed: false,
    items: wanted.flatMap((entry) => {
      const paths = entry.endsWith('*')
        ? [...left].filter((path) => path.startsWith(entry.slice(0, -1))).sort()
        : [entry].filter((path) => left.has(path));
      for (const path of paths) left.delete(path);
      return paths.map((path) => ({ text: titleOf(pages.get(path)), link: addressOf(path) }));
    }),
  }));
  if (left.size > 0)
    throw new Error(`give ${[...left].join(', ')} a place in docs/site/navigation.mjs`);
  const nav = top.map((text) => {
    const [first] = sidebar.find((group) => group.text === text)?.items ?? [];
    return { text, link: first?.link ?? '/' };
  });
  return { sidebar, nav };
}

function titleOf(text) {
  return /^# (.*)$/m.exec(text)?.[1]?.replaceAll('`', '') ?? '?';
}

function addressOf(path) {
  return `/${path.replace(/(^|(?<=\/))index\.md$/, '').replace(/\.md$/, '')}`;
}
