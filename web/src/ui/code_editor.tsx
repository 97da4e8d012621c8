// Text of a language to write and try, in CodeMirror. Its own chunk. It lives in a shadow root, as the editor of files does.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState, Prec, StateEffect, StateField, type Extension, type Range } from '@codemirror/state';
import { Decoration, EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers, type DecorationSet } from '@codemirror/view';
import { useEffect, useRef, type RefObject } from 'react';
import { use_t } from '../i18n';
import { colours, look, phrases } from './code_look';

/** What the page asks of the editor. */
export interface CodeHandle {
  /** The selected text, or all of it, and where it begins; null is the cursor of a selection. */
  chosen: () => { text: string; from: number; cursor: number | null };
  focus: () => void;
  /** Puts the cursor there. */
  show: (offset: number) => void;
}

export interface CodeFault { from: number; to: number }
const set_faults = StateEffect.define<readonly CodeFault[]>();
const fault_look = EditorView.theme({
  '.cm-fault': { textDecoration: 'underline wavy var(--danger)', textUnderlineOffset: '3px', backgroundColor: 'var(--danger-soft)' },
  '.cm-fault-line': { backgroundColor: 'color-mix(in oklab, var(--danger-soft) 55%, transparent)' },
});

/** The line of an error, and its place, or the word there when it is only a point. */
function marks_of(state: EditorState, { from, to }: CodeFault): Range<Decoration>[] {
  const at = Math.min(from, state.doc.length - 1);
  const end = Math.min(to, state.doc.length);
  const word = end > at ? { from: at, to: end } : (state.wordAt(at) ?? { from: at, to: at + 1 });
  return [Decoration.line({ class: 'cm-fault-line' }).range(state.doc.lineAt(at).from), Decoration.mark({ class: 'cm-fault' }).range(word.from, word.to)];
}

/** The next change moves the marks while the text is being checked, and else removes them. */
const fault_field = (is_live: boolean) => StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    const told = transaction.effects.find((effect) => effect.is(set_faults));
    if (!told) return !transaction.docChanged ? marks : is_live ? marks.map(transaction.changes) : Decoration.none;
    if (transaction.state.doc.length === 0) return Decoration.none;
    return Decoration.set(told.value.flatMap((fault) => marks_of(transaction.state, fault)), true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const from_page = Annotation.define<boolean>();

interface Props {
  label: string;
  /** How the text is read; the same object as long as the editor lives. */
  language_support: Extension;
  text: string;
  /** Where the server found errors; the first is brought into view. */
  faults: readonly CodeFault[];
  /** The text is checked as it is typed: the view stays where it is. */
  is_live?: boolean;
  handle: RefObject<CodeHandle | null>;
  on_change: (text: string) => void;
  /** Ctrl+Enter. */
  on_run: () => void;
}

export default function CodeEditor({ label, language_support, text, faults, is_live = false, handle, on_change, on_run }: Props) {
  const { t, language } = use_t();
  const host = useRef<HTMLDivElement>(null);
  const shown = useRef<EditorView>(null);
  const current = useRef({ text, on_change, on_run });
  current.current = { text, on_change, on_run };
  const description = t('editor_keys');
  useEffect(() => {
    const node = host.current!;
    const root = node.shadowRoot ?? node.attachShadow({ mode: 'open' });
    const run = { key: 'Mod-Enter', preventDefault: true, run: () => { current.current.on_run(); return true; } };
    const extensions = [
      lineNumbers(), highlightSpecialChars(), language_support, syntaxHighlighting(colours), look, fault_look, fault_field(is_live), EditorView.lineWrapping, search({ top: true }), EditorState.phrases.of(phrases[language]),
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-description': description, tabindex: '0' }), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), highlightSelectionMatches(),
      Prec.highest(keymap.of([run])), keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !update.transactions.some((transaction) => transaction.annotation(from_page))) current.current.on_change(update.state.doc.toString());
      }),
    ];
    const view = new EditorView({ parent: root, root, state: EditorState.create({ doc: current.current.text, extensions }) });
    view.dom.style.height = '100%';
    shown.current = view;
    handle.current = {
      chosen: () => {
        const { from, to } = view.state.selection.main;
        return from === to ? { text: view.state.doc.toString(), from: 0, cursor: from } : { text: view.state.sliceDoc(from, to), from, cursor: null };
      },
      focus: () => view.focus(),
      show: (offset) => {
        view.dispatch({ selection: { anchor: Math.min(offset, view.state.doc.length) }, scrollIntoView: true });
        view.focus();
      },
    };
    return () => {
      handle.current = null;
      shown.current = null;
      view.destroy();
    };
  }, [label, language_support, is_live, language, description, handle]);
  useEffect(() => {
    const view = shown.current;
    if (view && view.state.doc.toString() !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: from_page.of(true) });
  }, [text]);
  const places = JSON.stringify(faults.map(({ from, to }) => ({ from, to })));
  useEffect(() => {
    const told = JSON.parse(places) as CodeFault[];
    const effects: StateEffect<unknown>[] = [set_faults.of(told)];
    if (told[0] && !is_live) effects.push(EditorView.scrollIntoView(Math.min(told[0].from, shown.current!.state.doc.length)));
    shown.current?.dispatch({ effects });
  }, [places, is_live]);
  // Keys pressed in the editor are its own: none of them is a shortcut of the page.
  useEffect(() => {
    const node = host.current!;
    const keep = (event: KeyboardEvent) => event.stopPropagation();
    node.addEventListener('keydown', keep);
    return () => node.removeEventListener('keydown', keep);
  }, []);
  return <div ref={host} className="h-full min-h-0" />;
}
