import { type Candidate, deploy, exportService, Link, type World } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allow, forbid } from './admission.js';
import {
  type Browser,
  type BrowserContext,
  type Page,
  startBrowser,
  visit,
} from './console/browser.js';
import { startTestWorld } from './world.js';

// The console as people use it: real Chromium, the services, agents and API servers of the demo.

let world: World;
let browser: Browser;
/** Between the browser and the API, so that it can be cut. */
let line: Link;
let url: string;
const minutes = 60_000;

beforeAll(async () => {
  [world, browser] = await Promise.all([startTestWorld(), startBrowser()]);
  line = await Link.to(new URL(world.platform.apiUrl).host);
  url = `http://${line.address}`;
});
afterAll(async () => {
  await browser?.close();
  await line?.close();
  await world?.stop();
});

const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { level: 1, name });
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click();
const alert = (page: Page, code: string) =>
  page.getByRole('alert').filter({ hasText: code }).waitFor();

describe('from sign-up', () => {
  let context: BrowserContext;
  let page: Page;
  const meshId = (): string => page.url().match(/mesh_[^/?]+/)?.[0] ?? '';
  /** Asks the API as who is signed in here, past the line that the browser's page goes over. */
  const ask = async (query: string, variables: object): Promise<void> => {
    const { cookies } = await context.storageState();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${world.platform.apiUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify({ query, variables }),
    });
    const { errors } = (await answer.json()) as { errors?: object[] };
    if (errors) throw new Error(JSON.stringify(errors));
  };
  let west: Candidate;
  let east: Candidate;

  beforeAll(async () => {
    context = await visit(browser, { url });
    page = await context.newPage();
    [west, east] = await Promise.all([
      world.raise({
        name: 'west',
        network: 'net-west',
        gateway: '203.0.113.30',
      }),
      world.raise({
        name: 'east',
        network: 'net-east',
        serviceCidr: '10.97.0.0/16',
        gateway: '203.0.113.40',
      }),
    ]);
  });
  afterAll(() => context?.close());

  it('a stranger is led to sign in, and comes to a mesh', async () => {
    await page.goto('/');
    await heading(page, 'Sign in').waitFor();
    await page.getByLabel('E-mail').fill('grace@bolt.example');
    await page.getByLabel('Password', { exact: true }).fill('not my password');
    await press(page, 'Sign in');
    await alert(page, 'CREDENTIALS_WRONG');

    await page.getByRole('link', { name: 'Make an organization' }).click();
    await page.getByLabel('Organization').fill('Bolt');
    await page.getByLabel('Your name').fill('Grace');
    await page.getByLabel('E-mail').fill('grace@bolt.example');
    await page.getByLabel('Password', { exact: true }).fill('too short');
    await press(page, 'Sign up');
    await page.getByText('at least 12').or(page.getByText('PASSWORD_TOO_SHORT')).first().waitFor();
    await page.getByLabel('E-mail').fill('ada@acme.example');
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await press(page, 'Sign up');
    await page.getByText('EMAIL_TAKEN').or(page.getByText('already')).first().waitFor();
    await page.getByLabel('E-mail').fill('grace@bolt.example');
    await press(page, 'Sign up');

    await heading(page, 'Make your first mesh').waitFor();
    await page.getByLabel('Name').fill('Not A Name');
    await press(page, 'Make the mesh');
    await page
      .getByText('RFC 1123')
      .or(page.getByText(/lower.?case/))
      .first()
      .waitFor();
    await page.getByLabel('Name').fill('prod');
    await press(page, 'Make the mesh');
    await heading(page, 'Fleet').waitFor();
    expect(page.url()).toContain('/fleet');
  });

  it.each([
    ['west', 'eu-west-1'],
    ['east', 'eu-east-1'],
  ])('%s joins while the page looks on', async (name, locality) => {
    await page.getByRole('link', { name: 'Fleet' }).first().click();
    await page
      .getByRole('link', { name: /Add (the first|a) cluster/ })
      .first()
      .click();
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Network').fill(`net-${name}`);
    await page.getByLabel('Locality').fill(locality);
    await page.getByLabel('CIDRs').fill('10.0.0.0/99');
    await press(page, 'Get the Helm command');
    await page.getByText(/10\.0\.0\.0\/99/).waitFor();
    await page.getByLabel('CIDRs').fill('');
    await press(page, 'Get the Helm command');
    await heading(page, `Join ${name}`).waitFor();
    const command = await page.getByLabel('Helm command', { exact: true }).textContent();
    await (name === 'west' ? west : east).install(command ?? '');
    await heading(page, `${name} has joined`).waitFor({ timeout: minutes });
  });

  it('a service of one is seen in the other', async () => {
    await deploy(west.kube, {
      namespace: 'shop',
      name: 'payments',
      replicas: 2,
      addresses: '10.11.0',
      serviceAccount: 'payments',
    });
    await deploy(east.kube, { namespace: 'shop', name: 'web', replicas: 1, addresses: '10.12.0' });
    await exportService(west.kube, 'shop', 'payments');
    await page.getByRole('link', { name: 'Services' }).first().click();
    await page
      .getByRole('link', { name: /payments/ })
      .first()
      .click();
    await heading(page, /payments/).waitFor();
    const importers = page.getByRole('table', { name: /import/i });
    await importers
      .getByRole('row')
      .filter({ hasText: 'east' })
      .filter({ hasText: /yes|stored/i })
      .waitFor();
  });

  it('a release that halts is rolled back', { timeout: 3 * minutes }, async () => {
    const mesh = `/meshes/${meshId()}`;
    const route = (timeout: string): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: payments
  namespace: shop
spec:
  hosts: [payments]
  http:
  - timeout: ${timeout}
    route:
    - destination:
        host: payments
`;
    const editor = page.getByRole('textbox', { name: /^YAML of/ });
    const write = async (text: string): Promise<void> => {
      await editor.click();
      await page.keyboard.press('Control+a');
      await page.keyboard.insertText(text);
    };
    const release = async (message: string): Promise<void> => {
      await page.getByText(/Can be released: 1 object/).waitFor();
      await page.getByRole('link', { name: 'Release…' }).click();
      await page.getByLabel('Message').fill(message);
      await press(page, 'Release and roll out');
      await heading(page, /^Rollout of release/).waitFor();
    };
    const soon = { waves: [{ each: 'CLUSTER' }], gate: { soakSeconds: 0, timeoutSeconds: 120 } };
    await ask(
      `mutation ($input: UpdateConfigurationSettingsInput!) {
         updateConfigurationSettings(input: $input) { settings { driftPolicy } } }`,
      { input: { meshId: meshId(), rolloutPolicy: soon } },
    );

    await page.goto(`${mesh}/configuration/edit`);
    await press(page, 'New file');
    await page.getByLabel('Path').fill('shop/routes.yaml');
    await press(page, 'Add it');
    await write(route('2 parsecs'));
    await page
      .getByText(/1 error/)
      .first()
      .waitFor();
    await page.locator('.cm-lintRange-error').first().waitFor();
    await write(route('2s'));
    await release('payments in two seconds');
    await page.getByText('Completed').first().waitFor({ timeout: minutes });

    // East tries it, being the first by name; west is the one that refuses.
    await forbid(west, '13s');
    await page.goto(`${mesh}/configuration/edit`);
    await write(route('13s'));
    await release('more patience');
    await page.getByText('It halted: ObjectsRefused').waitFor({ timeout: minutes });
    await page.getByText('against the rules of this cluster').first().waitFor();
    await press(page, 'Roll back to 1');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back to 1' }).click();
    await heading(page, 'Rollout of release 1').waitFor();
    await page.getByText('Completed').first().waitFor({ timeout: minutes });
    for (const { kube } of [west, east]) {
      const args = ['-n', 'shop', 'get', 'virtualservice', 'payments', '-o', 'json'];
      const { spec } = JSON.parse(await kube.kubectl(args));
      expect(spec.http[0].timeout).toBe('2s');
    }
    await allow(west, '13s');
  });

  it('a connection that is lost is said to be, and comes back with what was missed', async () => {
    await page.getByRole('link', { name: 'Fleet' }).first().click();
    await heading(page, 'Fleet').waitFor();
    line.cut();
    await page.getByText('Connection lost').waitFor();
    await ask(
      `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } } }`,
      { input: { meshId: meshId(), name: 'late', network: 'late', locality: 'late' } },
    );
    line.mend();
    await page.getByText('late', { exact: true }).first().waitFor();
    await page.getByText('Connection lost').waitFor({ state: 'hidden' });
  });

  it('a hub that is killed is seen, and its return', { timeout: 2 * minutes }, async () => {
    const tile = (state: string) => page.getByRole('link', { name: new RegExp(`^west.*${state}`) });
    await tile('Connected').waitFor();
    const [hub] = world.platform.hubs;
    await hub?.stop('SIGKILL');
    await tile('Out of contact').waitFor({ timeout: minutes });
    await hub?.start();
    await tile('Connected').waitFor({ timeout: minutes });
  });
});
