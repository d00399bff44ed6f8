/** The import arrow: kernel ← contracts, platform, sync ← domains ← apps. */
const libs = [
  'kernel',
  'contracts',
  'platform',
  'sync',
  'tenancy',
  'fleet',
  'trust',
  'releases',
  'upgrades',
  'events',
  'federation',
  'reachability',
];
/** What each lib may import, besides itself. */
const allowed = {
  kernel: [],
  contracts: [],
  platform: ['kernel'],
  sync: ['kernel', 'contracts'],
  tenancy: ['kernel', 'platform'],
  fleet: ['kernel', 'platform', 'tenancy'],
  trust: ['kernel', 'contracts', 'platform', 'tenancy', 'fleet'],
  releases: ['kernel', 'contracts', 'platform', 'sync', 'tenancy', 'fleet'],
  upgrades: ['kernel', 'contracts', 'platform', 'tenancy', 'fleet', 'releases'],
  events: ['kernel', 'contracts', 'platform', 'tenancy', 'fleet'],
  federation: [
    'kernel',
    'contracts',
    'platform',
    'sync',
    'tenancy',
    'fleet',
    'trust',
    'releases',
    'upgrades',
  ],
  reachability: [
    'kernel',
    'contracts',
    'platform',
    'sync',
    'tenancy',
    'fleet',
    'trust',
    'releases',
    'upgrades',
    'federation',
  ],
};
const apps = ['api', 'hub', 'worker', 'agent'];

module.exports = {
  forbidden: [
    ...libs.map((lib) => ({
      name: `${lib}-imports-only-what-lies-below`,
      severity: 'error',
      from: { path: `^libs/${lib}/` },
      to: { path: `^libs/(?!(${[lib, ...allowed[lib]].join('|')})/)|^(apps|infra|test)/` },
    })),
    ...apps.map((app) => ({
      name: `${app}-imports-no-other-app`,
      severity: 'error',
      from: { path: `^apps/${app}/`, pathNot: '\\.spec\\.ts$|/src/testing/' },
      to: { path: `^apps/(?!${app}/)|^(infra|test)/` },
    })),
    {
      name: 'agent-knows-no-database-and-no-domain',
      severity: 'error',
      from: { path: '^apps/agent/' },
      to: { path: '^libs/(?!(kernel|contracts|sync)/)' },
    },
    {
      name: 'console-knows-the-api-by-its-schema-alone',
      severity: 'error',
      from: { path: '^apps/console/' },
      to: { path: '^(libs|infra|test|apps/(?!console/))/' },
    },
    {
      name: 'cli-knows-the-api-by-its-schema-alone',
      severity: 'error',
      from: { path: '^apps/cli/' },
      to: { path: '^(libs|infra|test|apps/(?!cli/))/' },
    },
    {
      name: 'console-pages-know-no-other-page',
      comment: 'app ← nothing; pages ← app; parts ← pages; api ← parts',
      severity: 'error',
      from: { path: '^apps/console/src/pages/([^/]+)/' },
      to: { path: '^apps/console/src/(app|pages/(?!$1/))' },
    },
    {
      name: 'console-parts-know-no-page',
      severity: 'error',
      from: { path: '^apps/console/src/(parts|api)/' },
      to: { path: '^apps/console/src/(app|pages)/' },
    },
    {
      name: 'console-api-knows-no-part',
      severity: 'error',
      from: { path: '^apps/console/src/api/' },
      to: { path: '^apps/console/src/parts/' },
    },
    {
      name: 'one-door',
      comment: 'A lib is entered through its index.ts',
      severity: 'error',
      from: { path: '^(libs|apps|infra|test)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/(?!index\\.ts$)', pathNot: '^$1/$2/' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, pathNot: 'generated' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/dist/|/generated/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['isthmus-source', 'import', 'node', 'default'],
    },
  },
};
