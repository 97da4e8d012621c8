// How CodeMirror looks and speaks here. Loaded with the editors, which are chunks of their own.
import { HighlightStyle } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Language } from '../i18n';

export const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.regexp, tags.attributeValue], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.unit, tags.color], color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.tagName, tags.typeName, tags.className, tags.propertyName, tags.attributeName], color: 'var(--code-name)' },
  { tag: tags.heading, fontWeight: '650' },
]);

export const look = EditorView.theme({
  '&': { height: '100%', fontSize: '12.5px', color: 'var(--ink)', backgroundColor: 'var(--surface)' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.6' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in oklab, var(--hover) 45%, transparent)' },
  '&:not(.cm-focused) .cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': { background: 'color-mix(in oklab, var(--accent) 22%, transparent)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--warn-soft)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-soft)', outline: '1px solid var(--warn)' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--accent-soft) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft) !important' },
  '.cm-changedText': { background: 'color-mix(in oklab, var(--accent) 12%, transparent) !important' },
  '.cm-deletedText': { background: 'color-mix(in oklab, var(--danger) 12%, transparent) !important' },
  '.cm-changedLineGutter': { backgroundColor: 'var(--accent) !important' },
  '.cm-deletedLineGutter': { backgroundColor: 'var(--danger) !important' },
  '.cm-chunkButtons button': { border: '1px solid var(--line-strong) !important', borderRadius: '6px', backgroundColor: 'var(--raised) !important', color: 'var(--ink) !important', font: '500 12px var(--font-sans)', padding: '2px 8px', margin: '2px' },
  '.cm-collapsedLines': { backgroundColor: 'var(--sunken)', color: 'var(--muted)', backgroundImage: 'none' },
  '.cm-panels': { backgroundColor: 'var(--bg)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panel.cm-search': { font: '12px var(--font-sans)', padding: '8px' },
  '.cm-textfield': { border: '1px solid var(--line-strong)', borderRadius: '6px', backgroundColor: 'var(--raised)', padding: '3px 8px', fontSize: '12px' },
  '.cm-button': { border: '1px solid var(--line-strong)', borderRadius: '6px', backgroundColor: 'var(--raised)', backgroundImage: 'none', padding: '3px 8px', fontSize: '12px' },
  '.cm-button:focus-visible, .cm-textfield:focus-visible': { outline: '2px solid var(--accent)' },
});

/** The editor's own words, where they are not English. */
export const phrases: Record<Language, Record<string, string>> = {
  en: {},
  ru: {
    Accept: 'Оставить', Reject: 'Вернуть', '$ unchanged lines': 'без изменений: $', Find: 'Найти', Replace: 'Заменить на', next: 'дальше', previous: 'назад', all: 'все', 'match case': 'регистр',
    regexp: 'рег. выражение', 'by word': 'слово целиком', replace: 'заменить', 'replace all': 'заменить все', close: 'закрыть', 'current match': 'это совпадение', 'on line': 'в строке',
  },
};
