import { applyObjects, eventually } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  startBrowser,
  visit,
} from './console/browser.js';
import { proxiesOn, startUpgradable, type Upgradable } from './console/istio.js';
import { type IstioState, istioState } from './upgrades/cluster.js';
import { blocks, budget, revisionOf } from './upgrades/istio.js';
import { colleague } from './world.js';

// An upgrade as somebody does it who has the console alone: a real API server, Helm and agent, in real Chromium.

/** kwok may have to be built first. */
const buildTimeoutMs = 900_000;
/** So long an upgrade or its way back may take, by what its page shows. */
const done = { timeout: 90_000 };

let its: Upgradable;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** Where Istio is, and where it goes. */
let [first, second] = ['', ''];

beforeAll(async () => {
  [its, browser] = await Promise.all([startUpgradable(), startBrowser()]);
  [first, second] = its.versions;
  context = await visit(browser, {
    url: its.world.platform.apiUrl,
    sessionToken: its.world.sessionToken,
  });
  page = await context.newPage();
}, buildTimeoutMs);
afterAll(async () => {
  await browser?.close();
  await its?.stop();
});

const upgrades = (): string => `/meshes/${its.world.meshId}/upgrades`;
const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const region = (name: string, on = page) => on.getByRole('region', { name, exact: true });
const press = (name: string, on: Page | Locator = page): Promise<void> =>
  on.getByRole('button', { name, exact: true }).click();
/** Opens a dialog by its button, and says yes in it. */
async function confirm(open: string, yes: string, on = page): Promise<void> {
  await press(open, on);
  await on.getByRole('dialog').getByRole('button', { name: yes, exact: true }).click();
}
/** How the upgrade of this page stands. */
const standing = (word: string, part = 'Progress') =>
  region(part).getByText(word, { exact: true }).first();
/** The cluster in its wave. */
const cluster = () =>
  page
    .getByRole('list', { name: 'Clusters of wave 1' })
    .getByRole('listitem')
    .filter({ hasText: its.member.name });
const stage = (word: string) => cluster().getByText(word, { exact: true }).first();
const happened = (what: string) =>
  page
    .getByRole('list', { name: 'What happened' })
    .getByRole('listitem')
    .filter({ hasText: what })
    .first();

/** The cluster in the list of what of Istio the fleet has. */
const inFleet = (on = page) =>
  on
    .getByRole('table', { name: 'Istio by cluster' })
    .getByRole('row')
    .filter({ hasText: its.member.name });

/** Changes a part of the settings of upgrades. */
async function edit(
  panel: string,
  change: (form: Locator) => Promise<void>,
  on = page,
): Promise<void> {
  await press(`Edit: ${panel}`, on);
  const form = on.getByRole('form', { name: panel });
  await change(form);
  await press('Save', form);
  await form.waitFor({ state: 'detached' });
}

interface Care {
  readonly canaries?: string;
  readonly soakSeconds?: number;
}

/** Opens the cluster's own page. */
async function openCluster(): Promise<void> {
  await page.goto(`/meshes/${its.world.meshId}/clusters/${its.member.id}`);
  await heading(its.member.name).waitFor();
}

const refusal = 'no-new-pods';
const policies = 'validatingadmissionpolicies,validatingadmissionpolicybindings';

/** Keeps new Pods out of a namespace: a workload that restarts there keeps those that it has. */
async function admitNoPods(namespace: string): Promise<void> {
  const { kube } = its.member;
  const kind = (name: string, spec: object): object => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: name,
    metadata: { name: refusal },
    spec,
  });
  const pods = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE'],
    resources: ['pods'],
  };
  await applyObjects(kube, [
    kind('ValidatingAdmissionPolicy', {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [pods],
      },
      validations: [{ expression: 'false', message: refusal }],
    }),
    kind('ValidatingAdmissionPolicyBinding', {
      policyName: refusal,
      validationActions: ['Deny'],
    }),
  ]);
  // It comes into force some time after it is written.
  await eventually(`${namespace} admits no Pods`, async () => {
    const probe = ['-n', namespace, 'run', 'probe', '--image=app', '--dry-run=server'];
    const answer = await kube.kubectl(probe).catch(String);
    if (!answer.includes(refusal)) throw new Error(answer);
  });
}

/** Makes a plan for the one that is next, and stays on its page. */
async function plan({ canaries, soakSeconds = 0 }: Care = {}): Promise<void> {
  await page.getByRole('link', { name: 'Upgrades', exact: true }).first().click();
  await page.getByRole('link', { name: 'Plan an upgrade' }).click();
  await page.getByLabel('Target version').selectOption(second);
  await page.getByRole('radio', { name: 'Otherwise, for this upgrade' }).check();
  if (canaries) {
    const namespaces = page.getByRole('combobox', { name: 'Canary namespaces' });
    await namespaces.fill(canaries);
    await namespaces.press('Enter');
  }
  for (const [name, value] of [
    ['Soak, in seconds', soakSeconds],
    ['Timeout, in seconds', 120],
    ['Grace, in seconds', 0],
    ['Workloads at one time', 2],
  ] as const) {
    await page.getByRole('textbox', { name }).fill(String(value));
  }
  await press('Make the plan');
  await heading(`Upgrade to Istio ${second}`).waitFor();
  await standing('Planned', 'Plan').waitFor();
}

type Standing = Pick<IstioState, 'istiods' | 'tags' | 'labels' | 'proxies'>;

async function itHas(): Promise<Standing> {
  const { istiods, tags, labels, proxies } = await istioState(its.member);
  return { istiods, tags, labels, proxies };
}

/** What the cluster has where all is of one version. */
function allOf(version: string): Standing {
  const revision = revisionOf(version);
  return {
    istiods: { [`istiod-${revision}`]: version },
    tags: { default: revision, prod: revision },
    labels: { app: 'injection=enabled', shop: 'rev=prod' },
    proxies: proxiesOn(version),
  };
}

describe('by the console alone', () => {
  it('a plan says that Istio is to be taken over, and where; and it is', async () => {
    expect(await itHas()).toEqual(allOf(first));
    const before = await istioState(its.member);
    await page.goto(`${upgrades()}?tab=settings`);
    await edit('Charts', (form) =>
      form.getByRole('textbox', { name: 'Repository' }).fill(its.charts.folder),
    );
    await region('Charts').getByText(its.charts.folder).waitFor();

    await plan();
    const blocks = region('Findings').getByRole('region', { name: 'Blocks: 1 finding' });
    await blocks.getByText('Not taken over', { exact: true }).waitFor();
    await region('Waves').getByText('No cluster is in it').waitFor();
    await page.getByRole('link', { name: 'To where it is taken over' }).click();
    await confirm(`Take over the Istio of ${its.member.name}`, 'Take it over');
    await inFleet().getByText('As wanted').waitFor();
    expect(await istioState(its.member)).toEqual(before);
  });

  it('an upgrade is planned, started, paused, held by a freeze, and completed', {
    timeout: 180_000,
  }, async () => {
    const { kube, name } = its.member;
    const before = await istioState(its.member);
    await plan({ canaries: 'app', soakSeconds: 1 });
    await region('Findings')
      .getByRole('region', { name: /^(Warns|To know): / })
      .first()
      .waitFor();
    expect(
      await region('Findings')
        .getByRole('region', { name: /^Blocks/ })
        .count(),
    ).toBe(0);
    await stage('To come').waitFor();
    expect(await istioState(its.member)).toEqual(before);

    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    // What keeps it at the canaries for as long as is wanted.
    await admitNoPods('app');
    await confirm('Start', 'Start it');
    await standing('Under way').waitFor();
    await stage('Moving canary namespaces').waitFor(done);
    await confirm('Pause', 'Pause it');
    await standing('Paused').waitFor();
    await stage('Held: moving canary namespaces').waitFor();
    // The same at the workloads; before the start it would block all of it.
    await applyObjects(kube, [budget('shop', 'web', 2)]);
    await blocks(its.member, 'shop', 'web', 2);
    await kube.kubectl(['delete', policies, refusal]);
    await confirm('Resume', 'Resume it');
    await standing('Under way').waitFor();
    await stage('Restarting workloads').waitFor(done);
    await cluster().getByText('DisruptionBudget').first().waitFor();

    await cluster().getByRole('button', { name, exact: true }).click();
    const drawer = page.getByRole('dialog', { name: `${name} on its way to ${second}` });
    const step = drawer.getByRole('list', { name: 'Steps of the hop' }).getByRole('listitem');
    await step.filter({ hasText: 'Soak, done' }).waitFor();
    expect(await step.and(page.locator('[aria-current=step]')).textContent()).toBe('Workloads');
    const now = drawer.getByRole('region', { name: 'Now in the cluster' });
    for (const version of [first, second]) await now.getByText(version).first().waitFor();
    await now.getByText('shop/web').first().waitFor();
    await drawer
      .getByRole('region', { name: 'Steps so far' })
      .getByText('Moving canary namespaces')
      .first()
      .waitFor();
    expect(page.url()).toContain(`cluster=${its.member.id}`);
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'hidden' });

    const settings = await context.newPage();
    await settings.goto(`${upgrades()}?tab=settings`);
    await edit(
      'Freezes',
      async (form) => {
        await press('Add a freeze', form);
        const freeze = form.getByRole('group', { name: 'Freeze 1' });
        await freeze.getByRole('textbox', { name: 'Name' }).fill('the sale');
      },
      settings,
    );
    await region('Freezes', settings).getByText('frozen now').waitFor();
    await stage('Held: restarting workloads').waitFor();
    await happened('the sale').waitFor();
    // Its agent knows, too: then nothing comes of it that the budget is gone.
    await settings.getByRole('tab', { name: 'Istio in the fleet' }).click();
    await inFleet(settings).getByText('As wanted').waitFor();
    await kube.kubectl(['-n', 'shop', 'delete', 'poddisruptionbudget', 'web']);
    expect((await istioState(its.member)).proxies).toEqual({
      'app/api': proxiesOn(second)['app/api'],
      'shop/web': proxiesOn(first)['shop/web'],
    });
    await settings.getByRole('tab', { name: 'Channels and windows' }).click();
    await edit('Freezes', (form) => press('Remove freeze 1', form), settings);
    await settings.close();

    await standing('Completed').waitFor(done);
    await stage('Done').waitFor();
    await page
      .getByRole('progressbar', { name: 'Progress of the upgrade' })
      .and(page.locator('[aria-valuenow="100"]'))
      .waitFor();
    await happened('Removing the old istiod').waitFor();
    expect(loads).toBe(0);
    expect(await itHas()).toEqual(allOf(second));
  });

  it('it is rolled back by who types its version', { timeout: 120_000 }, async () => {
    await press('Roll back');
    const dialog = page.getByRole('dialog');
    const go = dialog.getByRole('button', { name: 'Roll back', exact: true });
    await dialog.getByRole('textbox').fill(first);
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill(second);
    await go.click();
    await standing('Went back').waitFor(done);
    await stage('Went back').waitFor();
    expect(await itHas()).toEqual(allOf(first));

    await page.getByRole('link', { name: 'Upgrades', exact: true }).first().click();
    const rows = page.getByRole('table', { name: 'Upgrades' }).getByRole('row');
    await rows
      .filter({ has: page.getByRole('link', { name: `Istio ${second}` }) })
      .filter({ hasText: 'Went back' })
      .waitFor();
  });

  it('where approval is wanted, somebody else says no, and why', async () => {
    const before = await istioState(its.member);
    await page.getByRole('tab', { name: 'Channels and windows' }).click();
    await edit('Limits and approval', (form) =>
      form.getByRole('checkbox', { name: 'Another person has to approve an upgrade' }).check(),
    );
    await plan();
    await confirm('Start', 'Start it');
    await standing('Awaits approval', 'Plan').waitFor();
    await page.getByText('You planned it: somebody else has to approve it.').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);

    const other = await visit(browser, {
      url: its.world.platform.apiUrl,
      sessionToken: (await colleague(its.world)).sessionToken,
    });
    const theirs = await other.newPage();
    await theirs.goto(page.url());
    await press('Refuse', theirs);
    const dialog = theirs.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Why' }).fill('not before the audit');
    await dialog.getByRole('button', { name: 'Refuse it' }).click();
    await theirs.getByRole('alert').filter({ hasText: 'not before the audit' }).waitFor();
    await other.close();

    await standing('Refused').waitFor();
    await page.getByRole('alert').filter({ hasText: 'not before the audit' }).waitFor();
    expect(await istioState(its.member)).toEqual(before);
  });

  it('agents are wanted of a version, and upgraded by hand where they may not do it', async () => {
    await openCluster();
    const agent = region('Agent');
    await agent.getByText('As installed', { exact: true }).waitFor();
    await page.goto(`${upgrades()}?tab=settings`);
    const agents = region('Agents');
    await press('Edit: Agents');
    const form = page.getByRole('form', { name: 'Agents' });
    const version = form.getByRole('textbox', { name: 'Version' });
    await version.fill('99.0.0+mine');
    await press('Save', form);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Upgrade them to 99.0.0+mine' }).click();
    // What the API has against it stands at the field.
    await dialog.waitFor({ state: 'detached' });
    await form.getByText('UPGRADE_SETTINGS_INVALID').waitFor();
    expect(await version.getAttribute('aria-invalid')).toBe('true');
    await version.fill('99.0.0');
    await press('Save', form);
    await dialog.getByRole('button', { name: 'Upgrade them to 99.0.0' }).click();
    await agents.getByText('99.0.0', { exact: true }).waitFor();

    await agents.getByRole('link', { name: 'Where each agent stands' }).click();
    await inFleet().getByText('To upgrade by hand').waitFor();
    await openCluster();
    await agent.getByText('NotManaged').waitFor();
    await agent.getByText('--set image.tag=99.0.0').waitFor();
    await agent.getByText('--set selfUpgrade.enabled=true').waitFor();

    await agent.getByRole('link', { name: '99.0.0' }).click();
    await confirm('Clear: Agents', 'Leave the agents as they are');
    await agents.getByText('none: each stays as it was installed').waitFor();
    await openCluster();
    await agent.getByText('As installed', { exact: true }).waitFor();
  });
});
