import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** Water between two lands; 7 and darker carry white text, 3 and lighter carry black. */
const strait: MantineColorsTuple = [
  '#e6f9fb',
  '#d3eef2',
  '#a8dce4',
  '#79c9d5',
  '#53b9c8',
  '#3aafc0',
  '#1f93a5',
  '#0b7285',
  '#0a6172',
  '#074f5e',
];

/** Of whatever opens over the page. Its header is no second banner of the page. */
const dialog = {
  defaultProps: {
    closeButtonProps: { 'aria-label': 'Close' },
    attributes: { header: { role: 'presentation' } },
  },
};

export const theme = createTheme({
  // By name: to import them here would bring them with the first view.
  components: { Modal: dialog, Drawer: dialog },
  colors: { strait },
  primaryColor: 'strait',
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.15rem' } },
  },
});

/** Mantine's faint texts are too faint to be read by everybody (WCAG AA wants 4.5 to 1). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#57606a',
    '--mantine-color-placeholder': '#626a73',
    '--mantine-color-anchor': 'var(--mantine-color-strait-7)',
    '--mantine-color-error': '#c92a2a',
    '--isthmus-ok': '#2b8a3e',
    '--isthmus-warn': '#a34800',
    '--isthmus-bad': '#c92a2a',
    '--isthmus-busy': '#0b7285',
    '--isthmus-idle': '#57606a',
    '--isthmus-surface': '#ffffff',
    '--isthmus-ground': '#f6f8fa',
  },
  dark: {
    '--mantine-color-dimmed': '#a3abb3',
    '--mantine-color-placeholder': '#9aa2aa',
    '--mantine-color-anchor': 'var(--mantine-color-strait-3)',
    '--mantine-color-error': '#ff8787',
    '--isthmus-ok': '#69db7c',
    '--isthmus-warn': '#ffc078',
    '--isthmus-bad': '#ff8787',
    '--isthmus-busy': '#79c9d5',
    '--isthmus-idle': '#a3abb3',
    '--isthmus-surface': '#242424',
    '--isthmus-ground': '#1a1b1e',
  },
});
