import {
  acceptCompletion,
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { completionsAt, type KindSchema } from './completion.js';
import type { Mark } from './diagnostics.js';

interface YamlEditorProps {
  readonly path: string;
  readonly value: string;
  readonly marks: readonly Mark[];
  readonly kinds: readonly KindSchema[];
  readonly isReadOnly: boolean;
  /** Where to go, as soon as the file is shown; a new object goes there again. */
  readonly target: { readonly path: string; readonly line: number } | undefined;
  /** Id of what says how to leave it by the keyboard. */
  readonly describedBy: string;
  onChange(path: string, value: string): void;
}

/** A text of YAML, with completion and marks. Each file keeps its history as long as the page is open. */
export default function YamlEditor(props: YamlEditorProps) {
  const { path, value, marks, target, isReadOnly, describedBy } = props;
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const states = useRef(new Map<string, EditorState>());
  const shown = useRef(path);
  const reached = useRef<typeof target>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    if (!parent.current) return undefined;
    const made = new EditorView({ parent: parent.current });
    view.current = made;
    return () => {
      made.destroy();
      view.current = undefined;
    };
  }, []);

  // Before the texts are compared: another file has a state of its own.
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    if (shown.current !== path) states.current.set(shown.current, editor.state);
    shown.current = path;
    const kept = states.current.get(path);
    const { value: text } = latest.current;
    const state = kept?.doc.toString() === text ? kept : undefined;
    editor.setState(
      state ??
        EditorState.create({
          doc: text,
          extensions: extensions({ path, isReadOnly, describedBy, latest }),
        }),
    );
  }, [path, isReadOnly, describedBy]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || shown.current !== path || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [path, value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const { length } = editor.state.doc;
    const diagnostics = marks.map(({ from, to, severity, message, code }) => ({
      from: Math.min(from, length),
      to: Math.min(to, length),
      severity,
      message,
      source: code,
    }));
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [marks]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !target || target.path !== path || reached.current === target) return;
    reached.current = target;
    const line = editor.state.doc.line(Math.min(target.line, editor.state.doc.lines));
    editor.dispatch({
      selection: { anchor: line.from },
      effects: EditorView.scrollIntoView(line.from, { y: 'center' }),
    });
    editor.focus();
  }, [target, path]);

  return <div ref={parent} className="yaml-editor" />;
}

interface ExtensionsInput {
  readonly path: string;
  readonly isReadOnly: boolean;
  readonly describedBy: string;
  readonly latest: { readonly current: YamlEditorProps };
}

function extensions({ path, isReadOnly, describedBy, latest }: ExtensionsInput): Extension {
  return [
    lineNumbers(),
    foldGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of('  '),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    yaml(),
    syntaxHighlighting(colours),
    look,
    lintGutter(),
    EditorState.readOnly.of(isReadOnly),
    autocompletion({
      override: [(context) => complete(context, latest.current.kinds)],
      icons: false,
    }),
    // Tab accepts what is offered, or indents; Esc and then Tab leaves, as CodeMirror has it.
    keymap.of([
      { key: 'Tab', run: acceptCompletion },
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of({
      'aria-label': `YAML of ${path}`,
      'aria-describedby': describedBy,
      spellcheck: 'false',
      // Implied by contenteditable, and yet not seen by every tool.
      tabindex: '0',
    }),
    EditorView.updateListener.of(({ docChanged, state }) => {
      const { value, onChange } = latest.current;
      const text = docChanged ? state.doc.toString() : value;
      if (text !== value) onChange(path, text);
    }),
  ];
}

function complete(
  context: CompletionContext,
  kinds: readonly KindSchema[],
): CompletionResult | null {
  const text = context.state.doc.toString();
  const found = completionsAt(text, context.pos, kinds);
  if (!found) return null;
  // Unasked, only what is begun, and the values of a field.
  const isBegun = found.from < context.pos || /: $/.test(text.slice(0, context.pos));
  if (!isBegun && !context.explicit) return null;
  return {
    from: found.from,
    options: found.options.map(({ label, apply, type, detail, info, isRequired }) => ({
      label,
      apply,
      type,
      detail: isRequired ? `${detail ?? ''}, needed` : detail,
      info,
      boost: isRequired ? 1 : 0,
    })),
    validFor: /^[\w.\-/]*$/,
  };
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'light-dark(#0a5b8a, #8ecbff)' },
  { tag: tags.definition(tags.propertyName), color: 'light-dark(#0a5b8a, #8ecbff)' },
  { tag: tags.string, color: 'light-dark(#17612b, #a7e8b8)' },
  { tag: tags.number, color: 'light-dark(#8a3b00, #ffc078)' },
  { tag: tags.bool, color: 'light-dark(#8a3b00, #ffc078)' },
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
  { tag: tags.meta, color: 'light-dark(#7a2d8f, #e0a6f0)' },
  { tag: tags.punctuation, color: 'var(--mantine-color-dimmed)' },
]);

const border = '1px solid var(--mantine-color-default-border)';
const look = EditorView.theme({
  '&': { height: 'min(64vh, 720px)', fontSize: '13px', color: 'var(--mantine-color-text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.55' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-gutters': {
    background: 'var(--isthmus-ground)',
    color: 'var(--mantine-color-dimmed)',
    borderRight: border,
  },
  '.cm-activeLine': { background: 'light-dark(rgb(11 114 133 / 6%), rgb(83 185 200 / 8%))' },
  '.cm-activeLineGutter': {
    background: 'light-dark(rgb(11 114 133 / 12%), rgb(83 185 200 / 14%))',
  },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    {
      background: 'light-dark(#bfe4ec, #26505a)',
    },
  '.cm-tooltip': {
    background: 'var(--isthmus-surface)',
    color: 'var(--mantine-color-text)',
    border,
    borderRadius: '6px',
    maxWidth: 'min(560px, 90vw)',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--mantine-color-strait-7)',
    color: '#fff',
  },
  '.cm-completionDetail': { fontStyle: 'normal', opacity: 0.85, marginLeft: '1em' },
  '.cm-completionInfo': { padding: '6px 10px', maxWidth: '340px' },
  '.cm-diagnostic': { padding: '6px 10px', whiteSpace: 'pre-wrap' },
  '.cm-panels': { background: 'var(--isthmus-ground)', color: 'var(--mantine-color-text)' },
});
