// A pipeline's definition as a text that people write: without what holds anyway, and one line for what fits into one.
import type { PipelineDefinition, Schedule } from '../api';

type Members = Record<string, unknown>;

/** What holds where a definition says nothing: as src/modules/chats/pipelines/definition.h has it. */
const defaults = {
  definition: { triggers: ['manual', 'api'], schedule: null },
  step: { title: '', depends_on: [], hook: null, condition: null, triggers: [], timeout_ms: 120_000, required: true, parameters: {} },
  retry: { attempts_max: 1, backoff_ms: 1000 },
  effect: { mode: 'append', role: 'system', depth: 0, name: '', media_type: 'text/plain' },
  schedule: { input: {} },
};

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
const said = (members: object, usual: Members): Members => Object.fromEntries(Object.entries(members).filter(([name, value]) => !(name in usual && same(value, usual[name]))));
const filled = (members: Members): Members => Object.fromEntries(Object.entries(members).filter(([, value]) => !same(value, {}) && !same(value, [])));

export function without_defaults(definition: PipelineDefinition): Members {
  const { schedule, steps, ...rest } = definition;
  return {
    ...said(rest, defaults.definition), ...(schedule ? { schedule: said(schedule, defaults.schedule) } : {}),
    steps: steps.map(({ retry, effects, ...step }) => ({
      ...said(step, defaults.step), ...filled({ retry: said(retry ?? {}, defaults.retry), effects: (effects ?? []).map((effect) => said(effect, defaults.effect)) }),
    })),
  };
}

const line_letters_max = 96;

function flat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flat).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${flat(member)}`).join(', ')}}`;
}

/** `before`: the letters that stand on its first line already. */
function written(value: unknown, indent: string, before: number): string {
  const line = flat(value);
  if (value === null || typeof value !== 'object' || before + line.length <= line_letters_max || line.length === 2) return line;
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => inner + written(item, inner, inner.length))
    : Object.entries(value).map(([name, member]) => { const begin = `${inner}${JSON.stringify(name)}: `; return begin + written(member, inner, begin.length); });
  return Array.isArray(value) ? `[\n${lines.join(',\n')}\n${indent}]` : `{\n${lines.join(',\n')}\n${indent}}`;
}

export const text_of_value = (value: unknown): string => written(value, '', 0);
export const text_of = (definition: PipelineDefinition): string => `${text_of_value(without_defaults(definition))}\n`;

export const answers = (definition: Pick<PipelineDefinition, 'triggers'>): boolean => definition.triggers?.includes('user_message') ?? false;
export const runs_by_hand = (definition: Pick<PipelineDefinition, 'triggers'>): boolean => (definition.triggers ?? defaults.definition.triggers).includes('manual');

const is_object = (value: unknown): value is Members => value !== null && typeof value === 'object' && !Array.isArray(value);

/** What is being written, as far as its shape lets it be read; the server checks the rest. */
export function as_definition(value: unknown): PipelineDefinition | null {
  if (!is_object(value) || !Array.isArray(value.steps)) return null;
  const { triggers, schedule } = value;
  if (triggers !== undefined && !Array.isArray(triggers)) return null;
  return schedule === undefined || schedule === null || is_object(schedule) ? (value as unknown as PipelineDefinition) : null;
}

/** The members of a definition with another schedule; null is none. The trigger goes with it. */
export function with_schedule(definition: PipelineDefinition, schedule: Schedule | null): object {
  const { schedule: _, triggers = defaults.definition.triggers, ...rest } = definition;
  const others = triggers.filter((trigger) => trigger !== 'scheduled');
  const wanted = schedule ? [...others, 'scheduled'] : others.length ? others : defaults.definition.triggers;
  return { ...said({ triggers: wanted }, defaults.definition), ...(schedule ? { schedule: said(schedule, defaults.schedule) } : {}), ...rest };
}

type Kind = 'answers' | 'by_hand';
const member = (part: object) => part as PipelineDefinition['steps'][number];

/** What a new pipeline begins as. */
export const starters: Record<Kind, PipelineDefinition> = {
  answers: { triggers: ['user_message'], schedule: null, steps: [member({ id: 'pre', type: 'pre' }), member({ id: 'llm', type: 'llm' }), member({ id: 'post', type: 'post' })] },
  by_hand: {
    schedule: null,
    steps: [
      member({ id: 'summary', type: 'llm', parameters: { prompt: 'Summarize this in three sentences: {{ input.text }}' } }),
      member({ id: 'page', type: 'template', depends_on: ['summary'], parameters: { text: '# {{ input.title | default: \'Summary\' }}\n\n{{ steps.summary.text }}' }, effects: [{ type: 'publish_artifact', name: 'summary.md', media_type: 'text/markdown', text: '{{ output.text }}' }] }),
    ],
  },
};
export type StarterKind = Kind;
