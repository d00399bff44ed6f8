import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

export type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

/** So long a page may take to show what a test waits for, in ms. */
const pageMs = 20_000;

/** Real Chromium: CHROMIUM_PATH, the one that a package carries, or one that is installed. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await findChromium(),
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

async function findChromium(): Promise<string> {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  if (process.platform === 'linux' && process.arch === 'x64') return carriedChromium();
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const path = found.find(existsSync);
  if (!path) throw new Error('no Chromium: install it, or say where it is by CHROMIUM_PATH');
  return path;
}

/** Out of the package, with the libraries that a bare machine lacks. */
async function carriedChromium(): Promise<string> {
  const carrier = await import('@sparticuz/chromium');
  const folder = dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'));
  const libraries = ['..', '../..', '../../..']
    .map((up) => join(folder, up, 'bin', 'al2023.tar.br'))
    .find(existsSync);
  if (libraries) {
    await carrier.inflate(libraries);
    carrier.setupLambdaEnvironment(join(tmpdir(), 'al2023', 'lib'));
  }
  return carrier.default.executablePath();
}

export interface Visit {
  /** Of the API, which serves the console. */
  readonly url: string;
  /** Signed in with it; a stranger without. */
  readonly sessionToken?: string;
  readonly scheme?: 'light' | 'dark';
  readonly device?: 'desktop' | 'phone';
}

const sizes = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 360, height: 740 },
};

/** A browser window of somebody's, with nothing in it from before. */
export async function visit(browser: Browser, options: Visit): Promise<BrowserContext> {
  const { url, sessionToken, scheme = 'light', device = 'desktop' } = options;
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: scheme,
    viewport: sizes[device],
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(pageMs);
  if (sessionToken) {
    await context.addCookies([{ name: 'isthmus_session', value: sessionToken, url }]);
  }
  return context;
}
