// A file to read or change, alone or against another text, in CodeMirror. Its own chunk: loaded when a file is opened.
// The editor lives in a shadow root, where its styles are adopted sheets: the page's CSP allows no style elements.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { css } from '@codemirror/lang-css';
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { markdown } from '@codemirror/lang-markdown';
import { bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState, type Extension } from '@codemirror/state';
import { EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { use_t } from '../i18n';
import { colours, look, phrases } from '../ui/code_look';

const by_ending: Record<string, () => Extension> = {
  ts: () => javascript({ typescript: true }), tsx: () => javascript({ typescript: true, jsx: true }), js: () => javascript(), mjs: () => javascript(), cjs: () => javascript(), jsx: () => javascript({ jsx: true }),
  json: () => json(), css: () => css(), html: () => html(), svg: () => html(), md: () => markdown(), markdown: () => markdown(),
};

/** Marks a change that came from the page and not from the person. */
const from_page = Annotation.define<boolean>();

interface Props {
  path: string;
  text: string;
  /** Shows the difference from this text; null shows the text alone. */
  before: string | null;
  /** Each difference can be kept or taken back. */
  has_controls?: boolean;
  is_read_only: boolean;
  on_change: (text: string) => void;
  on_save: () => void;
}

export default function Editor({ path, text, before, has_controls = false, is_read_only, on_change, on_save }: Props) {
  const { t, language } = use_t();
  const host = useRef<HTMLDivElement>(null);
  const shown = useRef<EditorView>(null);
  const had_focus = useRef(false);
  const current = useRef({ text, on_change, on_save });
  current.current = { text, on_change, on_save };
  const description = is_read_only ? '' : t('editor_keys');
  useEffect(() => {
    const node = host.current!;
    const root = node.shadowRoot ?? node.attachShadow({ mode: 'open' });
    const extensions = [
      lineNumbers(), highlightSpecialChars(), by_ending[path.split('.').pop()?.toLowerCase() ?? '']?.() ?? [], syntaxHighlighting(colours), look, EditorView.lineWrapping, search({ top: true }),
      EditorState.readOnly.of(is_read_only), EditorState.phrases.of(phrases[language]),
      EditorView.contentAttributes.of({ 'aria-label': path, tabindex: '0', ...(is_read_only ? { 'aria-readonly': 'true' } : { 'aria-description': description }) }),
      is_read_only ? [] : [history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), highlightSelectionMatches()],
      keymap.of([
        { key: 'Mod-s', preventDefault: true, run: () => { current.current.on_save(); return true; } },
        ...defaultKeymap, ...searchKeymap, ...(is_read_only ? [] : [...historyKeymap, indentWithTab]),
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !update.transactions.some((transaction) => transaction.annotation(from_page))) current.current.on_change(update.state.doc.toString());
      }),
      before === null ? [] : unifiedMergeView({ original: before, mergeControls: has_controls, collapseUnchanged: { margin: 3, minSize: 6 } }),
    ];
    const view = new EditorView({ parent: root, root, state: EditorState.create({ doc: current.current.text, extensions }) });
    view.dom.style.height = '100%';
    shown.current = view;
    if (had_focus.current) view.focus();
    return () => {
      had_focus.current = view.hasFocus;
      shown.current = null;
      view.destroy();
    };
  }, [path, before, has_controls, is_read_only, language, description]);
  // The file on the branch has changed, or the change was discarded: the text follows, and the view stays.
  useEffect(() => {
    const view = shown.current;
    if (view && view.state.doc.toString() !== text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: from_page.of(true) });
  }, [text]);
  // Keys pressed in the editor are its own: none of them is a shortcut of the page.
  useEffect(() => {
    const node = host.current!;
    const keep = (event: KeyboardEvent) => event.stopPropagation();
    node.addEventListener('keydown', keep);
    return () => node.removeEventListener('keydown', keep);
  }, []);
  return <div ref={host} className="h-full min-h-0" />;
}
