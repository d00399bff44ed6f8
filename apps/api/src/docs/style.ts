/** Of the one page, which brings it along: both colour schemes, and no wider than the screen. */
export const style = `
:root { color-scheme: light dark; --ink: #1b2230; --dim: #55607a; --paper: #fff; --shade: #f3f5f9; --line: #d5dae5; --link: #0b57c2; --warn: #9a3412 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --dim: #a3aec4; --paper: #11151d; --shade: #1a202b; --line: #323b4c; --link: #8ab8ff; --warn: #fdba74 } }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); overflow-wrap: anywhere }
a { color: var(--link) }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
.skip { position: absolute; left: -100vw }
.skip:focus { position: static; display: block; padding: .5rem 1rem }
header, nav, main { padding: 0 1rem }
header p { margin: 1rem 0 0 }
h1, h2, h3, h4 { line-height: 1.25 }
h1 { margin: 0 0 1rem }
h2 { margin: 3rem 0 1rem; padding-top: 1rem; border-top: 1px solid var(--line) }
h3 { margin: 2.5rem 0 .5rem }
h4 { margin: 1.25rem 0 .25rem; font-size: 1rem }
code, pre { font: .9em/1.5 ui-monospace, monospace }
p code, dd code { padding: .1em .25em; background: var(--shade); border-radius: 4px }
h3 code { font-size: 1.05em; font-weight: 700 }
pre { margin: .5rem 0 1rem; padding: .75rem 1rem; background: var(--shade); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap }
.kind { font-size: .85rem; font-weight: normal; color: var(--dim) }
.access { color: var(--dim) }
.deprecated { margin: 0; color: var(--warn) }
dl { margin: .5rem 0 }
dt { margin-top: .4rem }
dd { margin: 0 0 0 1.25rem; color: var(--dim) }
nav summary, details summary { cursor: pointer; padding: .25rem 0 }
nav ul { margin: 0 0 .5rem; padding-left: 1.25rem; list-style: none }
nav li a { display: inline-block; padding: .15rem 0 }
main { max-width: 60rem; padding-bottom: 4rem }
main:focus { outline: none }
@media (min-width: 60rem) {
  .columns { display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 1rem }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding-top: 1rem }
}
`;
