import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startWorld } from '@isthmus/local';
import { startBrowser, visit } from './browser.js';
import { raiseFleet } from './fleet.js';
import { placesOf } from './places.js';

// npm run screenshots: every page, light and dark, desktop and phone, into docs/console.

const docs = fileURLToPath(new URL('../../../docs/console/', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'isthmus-screenshots-'));
const wanted = process.argv.slice(2);
const log = (line: string): void => console.error(`screenshots: ${line}`);
// Code is in a monospaced font where this machine has one; the carried Chromium brings none.
if (existsSync('/etc/fonts/fonts.conf')) process.env.FONTCONFIG_PATH ??= '/etc/fonts';
const world = await startWorld({ folder, log, logLevel: 'warn' });
const browser = await startBrowser();
try {
  const fleet = await raiseFleet(world);
  const places = placesOf(world, fleet).filter(
    ({ name }) => wanted.length === 0 || wanted.includes(name),
  );
  await mkdir(docs, { recursive: true });
  const { apiUrl: url } = world.platform;
  for (const device of ['desktop', 'phone'] as const) {
    for (const scheme of ['light', 'dark'] as const) {
      const known = { url, scheme, device };
      const stranger = await visit(browser, known);
      const owner = await visit(browser, { ...known, sessionToken: world.sessionToken });
      for (const { name, path, isPublic, text } of places) {
        const page = await (isPublic ? stranger : owner).newPage();
        await page.goto(path);
        await page
          .locator('#main, main')
          .getByText(text)
          .filter({ visible: true })
          .first()
          .waitFor();
        await page.waitForLoadState('networkidle');
        await page.screenshot({ path: join(docs, `${name}-${device}-${scheme}.png`) });
        await page.close();
      }
      await stranger.close();
      await owner.close();
      log(`${places.length} pages, ${device}, ${scheme}`);
    }
  }
} finally {
  await browser.close();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
