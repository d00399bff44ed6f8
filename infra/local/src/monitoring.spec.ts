import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools, type KubeCluster, startCluster } from '@isthmus/clusters';
import { ApiMetrics, HubMetrics, WorkerMetrics } from '@isthmus/platform';
import { loadAllYaml } from '@kubernetes/client-node';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { charts, dryRun, helm, root } from './chart-trial.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An object as the chart makes it, as far as it is looked at. */
interface Thing {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: as its kind has it
  readonly spec: any;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const rulesOf = (groups: readonly { readonly rules: readonly Rule[] }[]): Rule[] =>
  groups.flatMap(({ rules }) => rules);
const [file] = loadAllYaml(read('infra/helm/isthmus/files/alerts.yaml')) as [
  { groups: { rules: Rule[] }[] },
];
const alerts = rulesOf(file.groups);

/** What is in a query, by its grammar. @throws Error where that does not take it. */
function partsOf(query: string): { metrics: string[]; labels: string[]; ranges: string[] } {
  const parts = { metrics: [] as string[], labels: [] as string[], ranges: [] as string[] };
  parser.parse(query).iterate({
    enter({ type, from, to }) {
      const text = query.slice(from, to);
      if (type.isError) throw new Error(`not PromQL at ${from}: ${query}`);
      if (type.name === 'VectorSelector') {
        parts.metrics.push(/^\w+/.exec(text)?.[0] ?? '');
        parts.ranges.push(text);
      }
      if (type.name === 'LabelName') parts.labels.push(text);
    },
  });
  return parts;
}

/** Every metric there is, with its help and labels; ours, and those of every process. */
async function declared(): Promise<Map<string, { help: string; labels: readonly string[] }>> {
  const all = new Map<string, { help: string; labels: readonly string[] }>();
  for (const metrics of [new ApiMetrics(), new HubMetrics(), new WorkerMetrics()]) {
    await metrics.text();
    for (const metric of metrics.registry.getMetricsAsArray()) {
      const { name, help, labelNames } = metric as typeof metric & { labelNames: string[] };
      all.set(name, { help, labels: labelNames });
    }
  }
  return all;
}

/** Headings of one level, with what stands below each. */
function sections(page: string, level: number): Map<string, string> {
  const mark = `\n${'#'.repeat(level)} `;
  const [, ...parts] = page.split(mark);
  return new Map(
    parts.map((part) => {
      const [heading = '', ...rest] = part.split('\n');
      return [heading, rest.join('\n')];
    }),
  );
}

describe('the alerts', () => {
  it('go by metrics and labels that there are', async () => {
    const metrics = await declared();
    const added = ['job', 'component', 'pod', 'le'];
    for (const { alert, expr } of alerts) {
      const parts = partsOf(expr);
      expect(parts.metrics.length, alert).toBeGreaterThan(0);
      const known = new Set(added);
      for (const name of parts.metrics.filter((each) => each !== 'up')) {
        const metric = metrics.get(name) ?? metrics.get(name.replace(/_(bucket|count|sum)$/, ''));
        expect(metric, `${alert}: ${name}`).toBeDefined();
        for (const label of metric?.labels ?? []) known.add(label);
      }
      for (const label of parts.labels) expect(known, `${alert}: ${label}`).toContain(label);
      for (const selector of parts.ranges)
        expect(selector, alert).toContain('job="isthmus-metrics"');
    }
  });

  it('say how bad it is, what it is and what it means', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations } of alerts) {
      expect(alert).toMatch(/^Isthmus[A-Z][A-Za-z]+$/);
      expect(['critical', 'warning'], alert).toContain(labels.severity);
      expect(Object.keys(annotations).sort(), alert).toEqual(['description', 'summary']);
    }
  });

  it('each have their runbook, and no runbook is without its alert', () => {
    const runbooks = sections(read('docs/operations/runbooks.md'), 2);
    expect([...runbooks.keys()].filter((name) => name.startsWith('Isthmus'))).toEqual(
      alerts.map(({ alert }) => alert),
    );
    for (const { alert } of alerts) {
      const text = runbooks.get(alert) ?? '';
      for (const part of ['**Means**', '**Impact**', '**Look**', '**Do**'])
        expect(text, `${alert} ${part}`).toContain(part);
    }
  });
});

it('docs/operations/monitoring.md has every metric, with its labels, and no other', async () => {
  const rows = [
    ...read('docs/operations/monitoring.md').matchAll(
      /^\| `(isthmus_\w+)` \| ([^|]*) \| ([^|]*) \|$/gm,
    ),
  ];
  const documented = rows.map(([, name, labels = '', help = '']) => {
    const names = [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label);
    return [name, { help: help.trim(), labels: names }];
  });
  const ours = [...(await declared())].filter(([name]) => name.startsWith('isthmus_'));
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(ours));
});

describe('docs/operations', () => {
  const names = readdirSync(join(root, 'docs/operations'));
  const pages = names.map((name) => [name, read(`docs/operations/${name}`)] as const);

  it.each(pages)('%s looks for lines of the log that there are', (name, text) => {
    const libs = readdirSync(join(root, 'libs')).map((lib) => `libs/${lib}/src`);
    const sources = ['apps/api/src', 'apps/hub/src', 'apps/worker/src', ...libs].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts') && !/generated|\.spec\.ts$/.test(path))
        .map((path) => read(join(folder, path))),
    );
    const patterns = [
      ...text.matchAll(/logs -l app\.kubernetes\.io.* \| grep (?:-E )?'([a-z][^']+)'/g),
    ].flatMap(([, pattern = '']) => pattern.split('|'));
    if (name === 'runbooks.md') expect(patterns.length).toBeGreaterThan(10);
    for (const words of patterns)
      expect(
        sources.some((source) => source.includes(words)),
        words,
      ).toBe(true);
  });

  it('asks for metrics that there are, by labels that these have', async () => {
    const metrics = await declared();
    for (const [name, text] of pages)
      for (const [, query = '', metric = '', braces] of text.matchAll(
        /((isthmus_\w+|nodejs_\w+)(\{[^}]*\})?)/g,
      )) {
        const base = metric.replace(/_(bucket|count|sum)$/, '');
        const known = metrics.get(metric) ?? metrics.get(base);
        // The role of the database, and what a grep looks for.
        if (/^isthmus_(service|app|admin|backup|)$/.test(metric)) continue;
        expect(known, `${name}: ${query}`).toBeDefined();
        for (const label of braces ? partsOf(query).labels : [])
          expect(known?.labels, `${name}: ${query}`).toContain(label);
      }
  });

  it('speaks of objects that the chart makes, and of commands that there are', async () => {
    const made = await things(...monitored);
    const components = made.map(({ metadata }) => metadata.labels['app.kubernetes.io/component']);
    const reference = read('docs/cli-reference.md');
    for (const [name, text] of pages) {
      for (const [said, component] of text.matchAll(/app\.kubernetes\.io\/component=(\w+)/g))
        expect(components, `${name}: ${said}`).toContain(component);
      for (const [said, kind = '', component] of text.matchAll(
        /-n isthmus .*(deployment|service|job)[ /]isthmus-(\w+)/g,
      ))
        expect(
          made.map(
            (it) => `${it.kind.toLowerCase()} ${it.metadata.labels['app.kubernetes.io/component']}`,
          ),
          `${name}: ${said}`,
        ).toContain(`${kind} ${component}`);
      for (const [said, command = ''] of text.matchAll(/^isthmus ((?:[a-z]+ ?)+)/gm))
        expect(reference, `${name}: ${said}`).toContain(`isthmus ${command.split(' ')[0]}`);
    }
  });

  it('has values that the chart takes, and a job by the name that the alerts go by', async () => {
    const [values = '', job = ''] = [
      ...read('docs/operations/monitoring.md').matchAll(/```yaml\n([^`]*)```/g),
    ].map(([, text = '']) => text);
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-values-'));
    const path = join(folder, 'values.yaml');
    writeFileSync(path, values);
    const kinds = (await things(...required, '--values', path)).map(({ kind }) => kind);
    await rm(folder, { recursive: true });
    expect(kinds).toContain('ServiceMonitor');
    expect(kinds).toContain('PrometheusRule');
    const [config] = loadAllYaml(job) as [{ scrape_configs: { job_name: string }[] }];
    expect(config.scrape_configs.map(({ job_name }) => job_name)).toEqual(['isthmus-metrics']);
  });
});

const required = [
  ...['--set', 'publicUrl=https://isthmus.example.com'],
  ...['--set', 'hub.publicAddress=hub.example.com:443'],
  ...['--set', 'agentChart=oci://registry.example.com/charts/isthmus-agent'],
];
const monitored = [
  ...required,
  ...['--set', 'metrics.serviceMonitor.enabled=true,metrics.serviceMonitor.labels.release=prom'],
  ...['--set', 'metrics.prometheusRule.enabled=true,metrics.prometheusRule.labels.release=prom'],
  ...['--set', 'metrics.prometheusRule.alertLabels.team=mesh'],
  ...['--set', 'metrics.prometheusRule.runbooks=https://docs.example.com/operations/runbooks'],
  ...[
    '--set-json',
    'metrics.serviceMonitor.metricRelabelings=[{"action":"drop","sourceLabels":["__name__"],"regex":"nodejs_gc_.*"}]',
  ],
  ...['--set-json', 'metrics.from=[{"namespaceSelector":{"matchLabels":{"name":"monitoring"}}}]'],
];

const render = (...values: string[]): Promise<string> =>
  helm('template', 'east', charts.platform, '--namespace', 'planes', ...values);
const things = async (...values: string[]): Promise<Thing[]> =>
  (loadAllYaml(await render(...values)) as (Thing | undefined)[]).filter((thing) => !!thing);

describe("the platform's chart", () => {
  it('has nothing for Prometheus unless asked', async () => {
    const kinds = (await things(...required)).map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    );
    expect(kinds.filter((name) => /Monitor|Rule|metrics/.test(name))).toEqual([]);
    const alone = await things(...required, '--set', 'metrics.service.enabled=true');
    expect(alone.map(({ metadata }) => metadata.name)).toContain('east-isthmus-metrics');
  });

  it('has every Pod scraped, on a port that the public does not reach', async () => {
    const all = await things(...monitored);
    const find = (kind: string, name: string): Thing => {
      const found = all.find(
        (it) => it.kind === kind && it.metadata.name === `east-isthmus-${name}`,
      );
      if (!found) throw new Error(`there is no ${kind} ${name}`);
      return found;
    };
    const { spec } = find('Service', 'metrics');
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(spec.ports).toMatchObject([{ name: 'metrics', targetPort: 'health' }]);
    expect(find('ServiceMonitor', 'metrics')).toMatchObject({
      metadata: { labels: { release: 'prom' } },
      spec: { endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }] },
    });

    const variables = { api: 'METRICS_PORT', hub: 'HEALTH_PORT', worker: 'HEALTH_PORT' };
    for (const [component, variable] of Object.entries(variables)) {
      const { template } = find('Deployment', component).spec;
      expect(template.metadata.labels).toMatchObject(spec.selector);
      const [{ ports, env }] = template.spec.containers;
      const { containerPort } = ports.find((port: { name: string }) => port.name === 'health');
      expect(env).toContainEqual({ name: variable, value: String(containerPort) });
      const { ingress } = find('NetworkPolicy', component).spec;
      const opening = ingress.find(
        (rule: { ports: { port: number }[] }) => rule.ports[0]?.port === containerPort,
      );
      // As the client library calls `from`.
      expect(opening._from).toEqual([
        { namespaceSelector: { matchLabels: { name: 'monitoring' } } },
      ]);
      for (const service of all.filter(({ kind }) => kind === 'Service'))
        if (service.spec.clusterIP !== 'None')
          expect(
            service.spec.ports.map((it: { targetPort: string }) => it.targetPort),
          ).not.toContain('health');
    }
  });

  it('has every alert go by its own release, with its runbook', async () => {
    const rule = (await things(...monitored)).find(({ kind }) => kind === 'PrometheusRule');
    const rendered = rulesOf(rule?.spec.groups);
    expect(rendered.map(({ alert }) => alert)).toEqual(alerts.map(({ alert }) => alert));
    for (const [at, { alert, expr, labels, annotations, ...rest }] of rendered.entries()) {
      const { labels: own, annotations: words, for: during } = alerts[at] as Rule;
      for (const selector of partsOf(expr).ranges)
        expect(selector, alert).toContain('job="east-isthmus-metrics", namespace="planes"');
      expect(labels).toEqual({ ...own, team: 'mesh' });
      expect(rest.for).toBe(during);
      expect(annotations).toEqual({
        ...words,
        runbook_url: `https://docs.example.com/operations/runbooks#${alert.toLowerCase()}`,
      });
    }
  });

  it('leaves out alerts that are not wanted, and refuses names that are none', async () => {
    const without = (...names: string[]): string[] => [
      ...[...monitored, '--set', 'metrics.prometheusRule.runbooks='],
      ...['--set', `metrics.prometheusRule.disabled={${names.join()}}`],
    ];
    const rule = (await things(...without('IsthmusApiSlow'))).find(
      ({ kind }) => kind === 'PrometheusRule',
    );
    const rendered = rulesOf(rule?.spec.groups);
    expect(rendered).toHaveLength(alerts.length - 1);
    for (const { alert, annotations } of rendered) {
      expect(alert).not.toBe('IsthmusApiSlow');
      expect(annotations).not.toHaveProperty('runbook_url');
    }
    await expect(render(...without('IsthmusApiSlo'))).rejects.toThrow('no alert IsthmusApiSlo');
    const wrong = 'metrics.serviceMonitor.interval=half-a-minute';
    await expect(render(...monitored, '--set', wrong)).rejects.toThrow('interval');
  });
});

describe('on a real API server', () => {
  let folder: string;
  let cluster: KubeCluster;

  beforeAll(async () => {
    const tools = await ensureTools({ log: () => undefined });
    folder = await mkdtemp(join(tmpdir(), 'isthmus-monitoring-'));
    cluster = await startCluster({ name: 'plane', dir: folder, tools, crds: false });
    await cluster.kubectl(['create', 'namespace', 'planes']);
    await cluster.kubectl(['apply', '--server-side', '-f', tools.crds.prometheusOperator]);
    await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  }, 1_200_000);
  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("is what the Prometheus Operator's definitions take", async () => {
    const objects = await render(...monitored);
    expect(objects).toContain('kind: ServiceMonitor');
    expect(objects).toContain('kind: PrometheusRule');
    const { rendered, taken } = await dryRun(cluster, objects);
    expect(taken).toBe(rendered);
  });
});
