import { defineConfig } from 'vitepress';
import { slugOf } from '../site/links.mjs';
import { navigationOf } from '../site/navigation.mjs';
import { gather } from '../site/pages.mjs';

const { sidebar, nav } = navigationOf(gather());

export default defineConfig({
  title: 'Isthmus',
  description: 'A hosted control plane for Istio across hybrid fleets',
  lang: 'en',
  srcDir: 'dist/pages',
  outDir: 'dist/site',
  cacheDir: 'dist/cache',
  // Where it is served under a path.
  base: process.env.DOCS_BASE ?? '/',
  markdown: {
    anchor: { slugify: slugOf },
    languageAlias: { console: 'shellsession', env: 'dotenv' },
  },
  // Pictures are served as they are, from where pages say.
  vue: { template: { transformAssetUrls: false } },
  themeConfig: {
    nav,
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    docFooter: { prev: 'Before', next: 'Next' },
  },
});
