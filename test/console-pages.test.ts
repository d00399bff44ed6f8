import { AxeBuilder } from '@axe-core/playwright';
import type { World } from '@isthmus/local';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, type Page, startBrowser, type Visit, visit } from './console/browser.js';
import { type Fleet, raiseFleet } from './console/fleet.js';
import { type Place, placesOf } from './console/places.js';
import { startTestWorld } from './world.js';

// Every page of the console, on a fleet in which each has something to show.

let world: World;
let browser: Browser;
let fleet: Fleet;
let url: string;

beforeAll(async () => {
  [world, browser] = await Promise.all([startTestWorld(), startBrowser()]);
  fleet = await raiseFleet(world);
  url = world.platform.apiUrl;
});
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
  timeout: 240_000,
}, async () => {
  const found: string[] = [];
  await open({}, async (page, { name }) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
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
