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
  'federation',
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
  federation: ['kernel', 'contracts', 'platform', 'sync', 'tenancy', 'fleet', 'trust', 'releases'],
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
