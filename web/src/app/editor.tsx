// A file, or its difference from another version, in CodeMirror. Its own chunk: loaded when a file is opened.
// The editor lives in a shadow root, where its styles are adopted sheets: the page's CSP allows no style elements.
import { css } from '@codemirror/lang-css';
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { json } from '@codemirror/lang-json';
import { markdown } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightSpecialChars, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.regexp, tags.attributeValue], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.unit, tags.color], color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.tagName, tags.typeName, tags.className, tags.propertyName, tags.attributeName], color: 'var(--code-name)' },
  { tag: tags.heading, fontWeight: '650' },
]);

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px', color: 'var(--ink)', backgroundColor: 'var(--surface)' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.6' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--muted)', border: 'none' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft) !important' },
  '.cm-changedText': { background: 'color-mix(in oklab, var(--accent) 25%, transparent) !important' },
  '.cm-collapsedLines': { backgroundColor: 'var(--sunken)', color: 'var(--muted)', backgroundImage: 'none' },
});

const by_ending: Record<string, () => Extension> = {
  ts: () => javascript({ typescript: true }), tsx: () => javascript({ typescript: true, jsx: true }), js: () => javascript(), mjs: () => javascript(), cjs: () => javascript(), jsx: () => javascript({ jsx: true }),
  json: () => json(), css: () => css(), html: () => html(), svg: () => html(), md: () => markdown(), markdown: () => markdown(),
};

export default function Editor({ path, text, before, label }: { path: string; text: string; before: string | null; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const node = host.current!;
    const root = node.shadowRoot ?? node.attachShadow({ mode: 'open' });
    const language = by_ending[path.split('.').pop()?.toLowerCase() ?? '']?.() ?? [];
    const extensions = [
      lineNumbers(), highlightSpecialChars(), language, syntaxHighlighting(colours), look, EditorState.readOnly.of(true), EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label }),
      before === null ? [] : unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
    ];
    const view = new EditorView({ parent: root, root, state: EditorState.create({ doc: text, extensions }) });
    view.dom.style.height = '100%';
    return () => view.destroy();
  }, [path, text, before, label]);
  return <div ref={host} className="h-full min-h-0" />;
}
