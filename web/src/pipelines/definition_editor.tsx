// A definition to write: JSON that knows what a pipeline may say. Its own chunk.
import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { json } from '@codemirror/lang-json';
import { EditorView } from '@codemirror/view';
import type { ComponentProps } from 'react';
import { pipelines_types, send } from '../api';
import CodeEditor from '../ui/code_editor';
import { offers_at, type Known, type Shape } from './completion';

let asked: Promise<Known> | null = null;

/** What the server says that definitions may have; asked once, and again when that failed. */
function known(): Promise<Known> {
  const ask = async (): Promise<Known> => {
    const [document, types] = await Promise.all([send('/api/openapi.json', { headers: { Accept: 'application/json' } }), pipelines_types()]);
    const { components } = (await document.json()) as { components: { schemas: Record<string, Shape> } };
    return { schemas: components.schemas, types: types.items };
  };
  asked ??= ask().catch((cause: unknown) => {
    asked = null;
    throw cause;
  });
  return asked;
}

async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const letter = context.state.sliceDoc(context.pos - 1, context.pos);
  if (!context.explicit && !/[\w".]/.test(letter)) return null;
  const found = await known().then((all) => offers_at(context.state.doc.toString(), context.pos, all), () => null);
  if (!found || context.aborted) return null;
  const options = found.offers.map(({ label, detail, text, kind }): Completion => ({ label, type: kind, apply: text, ...(detail ? { info: detail } : {}) }));
  return { from: found.from, to: found.to, options };
}

const list_look = EditorView.theme({
  '.cm-tooltip': { border: '1px solid var(--line-strong)', borderRadius: '8px', backgroundColor: 'var(--raised)', color: 'var(--ink)', boxShadow: 'var(--shadow-float)', overflow: 'hidden' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: '12px', maxHeight: '14rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent-soft)', color: 'var(--ink)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '650' },
  '.cm-tooltip.cm-completionInfo': { font: '12px var(--font-sans)', padding: '6px 9px', maxWidth: '18rem' },
});

const definition_json = [json(), autocompletion({ override: [complete], icons: false }), list_look];

export default function DefinitionEditor(given: Omit<ComponentProps<typeof CodeEditor>, 'language_support'>) {
  return <CodeEditor language_support={definition_json} {...given} />;
}
