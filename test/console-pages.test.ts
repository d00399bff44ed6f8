import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import { signUp, type World } from '@isthmus/local';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Browser,
  type BrowserContext,
  type Page,
  startBrowser,
  type Visit,
  visit,
} from './console/browser.js';
import { type Fleet, raiseFleet } from './console/fleet.js';
import { type Place, placesOf } from './console/places.js';
import { startTestWorld } from './world.js';

// Every page of the console, on a fleet in which each has something to show.

/** Colours on their way from one scheme to the other are of neither. */
const transitionsEnd = `Promise.allSettled(
  document.getAnimations()
    .filter((animation) => animation instanceof CSSTransition)
    .map(({ finished }) => finished),
)`;
/** kwok may have to be built first. */
const buildTimeoutMs = 900_000;
let world: World;
let browser: Browser;
let fleet: Fleet;
let url: string;

beforeAll(async () => {
  [world, browser] = await Promise.all([startTestWorld(), startBrowser()]);
  fleet = await raiseFleet(world);
  url = world.platform.apiUrl;
}, buildTimeoutMs);
afterAll(async () => {
  await browser?.close();
  await world?.stop();
});

/** Opens every page in turn, and looks at it once it shows what it has. */
async function open(
  options: Partial<Visit>,
  look: (page: Page, place: Place) => Promise<void>,
): Promise<void> {
  const stranger = await visit(browser, { ...options, url });
  const owner = await visit(browser, { ...options, url, sessionToken: world.sessionToken });
  const broken: string[] = [];
  for (const place of placesOf(world, fleet)) {
    const page = await (place.isPublic ? stranger : owner).newPage();
    page.on('pageerror', (error) => broken.push(`${place.name}: ${error.message}`));
    await page.goto(place.path);
    const shown = page.locator('#main, main').getByText(place.text).filter({ visible: true });
    await shown.first().waitFor();
    await page.waitForLoadState('networkidle');
    await look(page, place);
    await page.close();
  }
  await stranger.close();
  await owner.close();
  expect(broken).toEqual([]);
}

it('every page can be read by everybody, in both colour schemes', {
  timeout: 480_000,
}, async () => {
  const found: string[] = [];
  await open({}, async (page, { name }) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
      await page.evaluate(transitionsEnd);
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, nodes } of violations) {
        const where = nodes.map(({ target }) => target.join(' ')).join(', ');
        found.push(`${name}, ${colorScheme}: ${id}: ${where}`);
      }
    }
  });
  expect(found).toEqual([]);
});

it('every page fits a phone', { timeout: 240_000 }, async () => {
  const wide: string[] = [];
  await open({ device: 'phone' }, async (page, { name }) => {
    const over = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
    if (over > 0) wide.push(`${name}: ${over} px too wide`);
  });
  expect(wide).toEqual([]);
});

describe('on the pages', () => {
  let context: BrowserContext;
  let page: Page;
  const mesh = (): string => `/meshes/${world.meshId}`;
  const press = (name: string | RegExp): Promise<void> =>
    page.getByRole('button', { name }).first().click();
  const confirm = (name: string): Promise<void> =>
    page.getByRole('dialog').getByRole('button', { name }).click();
  const textbox = (name: string) => page.getByRole('textbox', { name, exact: true });
  const heading = (name: string | RegExp, level = 1) => page.getByRole('heading', { name, level });

  beforeAll(async () => {
    context = await visit(browser, { url, sessionToken: world.sessionToken });
  });
  beforeEach(async () => {
    page = await context.newPage();
  });
  afterEach(() => page.close());
  afterAll(() => context?.close());

  it('the fleet leads to a cluster, whose labels are changed', async () => {
    await page.goto(`${mesh()}/fleet?view=map`);
    await page.getByRole('link', { name: /^cloud/ }).click();
    await heading('cloud').waitFor();
    await press('Change labels');
    await page.getByRole('dialog').getByLabel('Labels').fill('env=canary\ntier=gold');
    await confirm('Set the labels');
    await page.getByText('tier=gold').waitFor();
  });

  it('the explainer names the link that is broken, and what to do', async () => {
    await page.goto(`${mesh()}/reachability`);
    await page.getByRole('combobox', { name: /Cluster/ }).selectOption(fleet.onprem.id);
    await page.getByLabel('Namespace').fill('shop');
    await page.getByLabel('Service account').fill('stranger');
    await page.getByLabel('Host').fill('payments.shop.svc.cluster.local');
    await press('Explain');
    await heading(/^shop\/stranger in onprem cannot reach payments/, 2).waitFor();
    await page.getByText('NotAllowedByPolicy').first().waitFor();
    // What is asked stands in the address: somebody else sees the same.
    await page.reload();
    await page.getByText('NotAllowedByPolicy').first().waitFor();
  });

  it('a service in the topology tells identities, mTLS and policies', async () => {
    await page.goto(`${mesh()}/topology`);
    const search = page.getByRole('combobox', { name: 'Find a cluster or a service' });
    await search.fill('shop/payments');
    await search.press('Enter');
    const side = page.getByRole('complementary', { name: 'In focus' });
    await side.getByText('spiffe://cluster.local/ns/shop/sa/payments').waitFor();
    await side.getByText('mTLS strict').waitFor();
    await side.getByText('AccessPolicy shop/payments').first().waitFor();
    expect(page.url()).toContain('focus=');
  });

  it('an intent goes from its form into the draft, compiled before', async () => {
    await page.goto(`${mesh()}/configuration/intents/new?kind=RetriesAndTimeouts`);
    await textbox('Name').fill('inventory');
    await textbox('Namespace').fill('shop');
    await textbox('Service').fill('inventory');
    await textbox('Timeout').first().fill('3s');
    await page.getByText('VirtualService').first().waitFor();
    await page.getByText('Can be released').waitFor();
    await press('Add to the draft');
    await heading('Editor').waitFor();
    await page
      .getByRole('textbox', { name: /^YAML of/ })
      .getByText('inventory')
      .first()
      .waitFor();
    await press('Discard draft');
    await confirm('Discard it');
    await page
      .getByRole('button', { name: 'Discard draft' })
      .and(page.locator(':disabled'))
      .waitFor();
  });

  it('drift is adopted into a release', async () => {
    await page.goto(`${mesh()}/configuration/drift`);
    await page.getByRole('checkbox', { name: /PeerAuthentication.* of onprem/ }).check();
    await page.getByRole('textbox', { name: 'Why' }).fill('the night shift was right');
    await press('Make a release');
    await heading(/^Release \d/).waitFor();
    await page.getByText('the night shift was right').waitFor();
  });

  it('trust tells of each certificate what happens next', async () => {
    await page.goto(`${mesh()}/trust`);
    for (const name of ['cloud', 'onprem']) {
      const row = page.getByRole('row').filter({ hasText: name });
      await row.getByText(/Renewed by itself/).waitFor();
    }
    await page
      .getByText(/spiffe:\/\/cluster\.local\/ns/)
      .first()
      .waitFor();
  });

  it('an API token is made, works, and is revoked', async () => {
    await page.goto('/tokens/new');
    await textbox('Name').fill('probe');
    await press('Make the token');
    const secret = await page.getByLabel('secret', { exact: true }).textContent();
    const ask = async (): Promise<object> => {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
        body: JSON.stringify({ query: '{ organization { name } }' }),
      });
      return (await answer.json()) as object;
    };
    expect(await ask()).toEqual({ data: { organization: { name: 'Acme' } } });
    await page.goto('/tokens');
    await press('Revoke probe');
    await confirm('Revoke probe');
    await page.getByRole('row').filter({ hasText: 'probe' }).getByText('Revoked').waitFor();
    expect(JSON.stringify(await ask())).toContain('API_TOKEN_INVALID');
  });

  it('a webhook is made, tried, told of what happens, and deleted', async () => {
    const received: string[] = [];
    const receiver = createServer((request, response) => {
      received.push(String(request.headers['webhook-id']));
      request.resume().on('end', () => response.writeHead(204).end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    await page.goto('/webhooks/new');
    await textbox('Name').fill('chat');
    await textbox('URL').fill(`http://127.0.0.1:${port}/`);
    await press('Make the webhook');
    const secret = await page.getByLabel('secret', { exact: true }).textContent();
    expect(secret).toMatch(/^whsec_/);
    await page.getByRole('link', { name: 'I have the secret' }).click();
    await press('Send a test');
    const row = page.getByRole('row').filter({ hasText: 'Webhook test' });
    await row.getByText('Delivered').waitFor();
    await press('Send again: webhook');
    await row.nth(1).getByText('Delivered').waitFor();
    expect(new Set(received).size).toBe(1);
    await press('New secret');
    await confirm('Make a new secret');
    await page.getByText('Take the secret now').waitFor();
    await press('Disable');
    await page.getByText('It is told nothing').waitFor();
    await press('Delete');
    await confirm('Delete chat');
    await heading('Webhooks').waitFor();
    await page.getByRole('link', { name: 'on-call' }).waitFor();
    expect(await page.getByRole('link', { name: 'chat' }).count()).toBe(0);
    receiver.close();
  });

  it('an export policy and a host grant are made, and taken back', async () => {
    await page.goto(`${mesh()}/settings/export-policies/new`);
    await textbox('Name').fill('of-the-shop');
    await textbox('Label (Namespaces, line 1)').fill('team');
    await textbox('Value (Namespaces, line 1)').fill('shop');
    await press('Make the policy');
    await press('Delete the export policy of-the-shop');
    await confirm('Delete of-the-shop');
    await page.getByRole('link', { name: 'of-the-shop' }).waitFor({ state: 'detached' });

    await page.goto(`${mesh()}/settings/host-grants/new`);
    await textbox('Namespace').fill('media');
    await textbox('Service').fill('clips');
    await page.getByLabel('Every cluster of the mesh').check();
    await press('Grant the host');
    await press('Revoke the grant of clips.media');
    await confirm('Revoke clips.media');
    await page
      .getByRole('button', { name: 'Revoke the grant of clips.media' })
      .waitFor({ state: 'detached' });
  });

  it('a cluster is removed by who types its name', async () => {
    await page.goto(`${mesh()}/clusters/${fleet.pendingId}`);
    await press('Remove');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This cannot be undone').waitFor();
    await dialog.getByRole('textbox').fill('edge');
    await confirm('Remove edge');
    await heading('Fleet').waitFor();
    const { cluster } = await world.api.query<{ cluster: { status: string } }>(
      'query ($id: ID!) { cluster(id: $id) { status } }',
      { id: fleet.pendingId },
    );
    expect(cluster.status).toBe('REMOVED');
  });

  it('who signs out is a stranger', async () => {
    const { sessionToken } = await signUp(url, 'linus@gone.example');
    const other = await visit(browser, { url, sessionToken });
    page = await other.newPage();
    await page.goto('/account');
    await page.getByText('linus@gone.example').waitFor();
    await press('Sign out');
    await heading('Sign in').waitFor();
    await page.goto('/account');
    await heading('Sign in').waitFor();
    await other.close();
  });
});

describe('a form that is refused says why', () => {
  interface Refusal {
    readonly form: string;
    readonly path: string;
    fill(page: Page): Promise<void>;
    /** What is said then. */
    readonly said: string | RegExp;
  }
  const press = (page: Page, name: string | RegExp): Promise<void> =>
    page.getByRole('button', { name }).last().click();

  it.each<Refusal>([
    {
      form: 'labels of a cluster',
      path: ':mesh/clusters/:cloud',
      fill: async (page) => {
        await press(page, 'Change labels');
        await page.getByRole('dialog').getByLabel('Labels').fill('-bad=1');
        await press(page, 'Set the labels');
      },
      said: /-bad/,
    },
    {
      form: 'API token',
      path: '/tokens/new',
      fill: async (page) => {
        await page.getByRole('textbox', { name: 'Name', exact: true }).fill('ci');
        await page.getByRole('combobox', { name: 'Namespaces of Kubernetes' }).fill('Not-A-Name');
        await press(page, 'Make the token');
      },
      said: /INVALID_/,
    },
    {
      form: 'webhook',
      path: '/webhooks/new',
      fill: async (page) => {
        await page.getByRole('textbox', { name: 'Name', exact: true }).fill('inside');
        await page.getByRole('textbox', { name: 'URL' }).fill('https://169.254.169.254/');
        await press(page, 'Make the webhook');
      },
      said: 'WEBHOOK_URL_INVALID',
    },
    {
      form: 'export policy',
      path: ':mesh/settings/export-policies/new',
      fill: async (page) => {
        await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Not A Name');
        await page.getByLabel('Export every service of every cluster').check();
        await press(page, /policy/i);
      },
      said: 'INVALID_NAME',
    },
    {
      form: 'host grant',
      path: ':mesh/settings/host-grants/new',
      fill: async (page) => {
        await page.getByRole('textbox', { name: 'Namespace', exact: true }).fill('Not A Name');
        await page.getByRole('textbox', { name: 'Service', exact: true }).fill('payments');
        await page.getByLabel('Every cluster of the mesh').check();
        await press(page, 'Grant the host');
      },
      said: 'INVALID_NAME',
    },
    {
      form: 'waves and gate',
      path: ':mesh/configuration/settings',
      fill: async (page) => {
        await page.getByRole('button', { name: 'Edit' }).click();
        await press(page, 'Add a wave');
        await page.getByRole('textbox', { name: 'Clusters' }).first().fill('env in (');
        await press(page, 'Save');
      },
      said: 'ROLLOUT_POLICY_INVALID',
    },
    {
      form: 'a rollout',
      path: ':mesh/configuration/releases/1',
      fill: async (page) => {
        await page.getByRole('button', { name: /^Roll/ }).first().click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Others, for this rollout').check();
        await dialog.getByRole('button', { name: 'Add a wave' }).click();
        await dialog.getByRole('textbox', { name: 'Clusters' }).first().fill('env in (');
        await dialog.getByRole('button', { name: /^Roll (out|back)/ }).click();
      },
      said: 'ROLLOUT_POLICY_INVALID',
    },
    {
      form: 'the editor',
      path: ':mesh/configuration/edit?file=shop%2Faccess.yaml',
      fill: async (page) => {
        await page.getByRole('textbox', { name: /^YAML of/ }).click();
        await page.keyboard.press('Control+a');
        await page.keyboard.insertText('kind: AccessPolicy\nspec: {allow: 1}\n');
      },
      said: /\d errors?/,
    },
    {
      form: 'an intent',
      path: ':mesh/configuration/intents/new?kind=RetriesAndTimeouts',
      fill: async (page) => {
        await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Not A Name');
        await page.getByRole('textbox', { name: 'Namespace', exact: true }).fill('shop');
      },
      said: 'Cannot be released',
    },
    {
      form: 'a question about reachability',
      path: ':mesh/reachability?from=:onprem&namespace=shop&to=http%3A%2F%2Fpayments',
      fill: async () => undefined,
      said: /malformed|NameMalformed/i,
    },
  ])('$form', async ({ path, fill, said }) => {
    const context = await visit(browser, { url, sessionToken: world.sessionToken });
    const page = await context.newPage();
    const known = {
      mesh: `/meshes/${world.meshId}`,
      cloud: fleet.cloud.id,
      onprem: fleet.onprem.id,
    };
    await page.goto(path.replace(/:(mesh|cloud|onprem)/g, (_all, name) => known[name as 'mesh']));
    await fill(page);
    await page.getByText(said).first().waitFor();
    await context.close();
  });
});
