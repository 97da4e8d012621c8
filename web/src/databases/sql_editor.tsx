// SQL to write and run, in CodeMirror. Its own chunk. It lives in a shadow root, as the editor of files does.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers, type DecorationSet } from '@codemirror/view';
import { useEffect, useRef, type RefObject } from 'react';
import { use_t } from '../i18n';
import { colours, look, phrases } from '../ui/code_look';

/** What the page asks of the editor. */
export interface SqlHandle {
  /** The selected text, or all of it, and where it begins; null is the cursor of a selection. */
  chosen: () => { text: string; from: number; cursor: number | null };
  focus: () => void;
}

const set_fault = StateEffect.define<number | null>();
const fault_look = EditorView.theme({
  '.cm-fault': { textDecoration: 'underline wavy var(--danger)', textUnderlineOffset: '3px', backgroundColor: 'var(--danger-soft)' },
  '.cm-fault-line': { backgroundColor: 'color-mix(in oklab, var(--danger-soft) 55%, transparent)' },
});

/** The word at the place of an error, and its line; gone with the next change. */
const fault_field = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    const told = transaction.effects.find((effect) => effect.is(set_fault));
    if (!told) return transaction.docChanged ? Decoration.none : marks;
    if (told.value === null || transaction.state.doc.length === 0) return Decoration.none;
    const at = Math.min(told.value, transaction.state.doc.length - 1);
    const word = transaction.state.wordAt(at) ?? { from: at, to: at + 1 };
    return Decoration.set([Decoration.line({ class: 'cm-fault-line' }).range(transaction.state.doc.lineAt(at).from), Decoration.mark({ class: 'cm-fault' }).range(word.from, word.to)]);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const from_page = Annotation.define<boolean>();

interface Props {
  label: string;
  text: string;
  /** Where the server found an error. */
  fault: number | null;
  handle: RefObject<SqlHandle | null>;
  on_change: (text: string) => void;
  on_run: () => void;
}

export default function SqlEditor({ label, text, fault, handle, on_change, on_run }: Props) {
  const { t, language } = use_t();
  const host = useRef<HTMLDivElement>(null);
  const shown = useRef<EditorView>(null);
  const current = useRef({ text, fault, on_change, on_run });
  current.current = { text, fault, on_change, on_run };
  const description = t('editor_keys');
  useEffect(() => {
    const node = host.current!;
    const root = node.shadowRoot ?? node.attachShadow({ mode: 'open' });
    const run = { key: 'Mod-Enter', preventDefault: true, run: () => { current.current.on_run(); return true; } };
    const extensions = [
      lineNumbers(), highlightSpecialChars(), sql({ dialect: PostgreSQL }), syntaxHighlighting(colours), look, fault_look, fault_field, EditorView.lineWrapping, search({ top: true }), EditorState.phrases.of(phrases[language]),
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
    };
    return () => {
      handle.current = null;
      shown.current = null;
      view.destroy();
    };
  }, [label, language, description, handle]);
  useEffect(() => {
    const view = shown.current;
    if (view && view.state.doc.toString() !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: from_page.of(true) });
  }, [text]);
  useEffect(() => {
    const effects: StateEffect<unknown>[] = [set_fault.of(fault)];
    if (fault !== null) effects.push(EditorView.scrollIntoView(Math.min(fault, shown.current!.state.doc.length)));
    shown.current?.dispatch({ effects });
  }, [fault]);
  // Keys pressed in the editor are its own: none of them is a shortcut of the page.
  useEffect(() => {
    const node = host.current!;
    const keep = (event: KeyboardEvent) => event.stopPropagation();
    node.addEventListener('keydown', keep);
    return () => node.removeEventListener('keydown', keep);
  }, []);
  return <div ref={host} className="h-full min-h-0" />;
}
