// Prompt templates beside their text: what a rendering is tried with, and where the server found a fault.
import { prompts_built_in, type ApiError, type EntityProfile, type Persona, type PromptTemplate } from '../api';

export interface Fault { template: string | null; line: number; column: number; message: string }

/** The server says `3:14: what is wrong`, after the name of an included template when it is in that one. */
export function fault_of(error: Pick<ApiError, 'message' | 'errors'>): Fault | null {
  const told = error.errors.find((one) => one.pointer === '/text')?.detail ?? error.message;
  const found = /^(?:([^\n]*):)?(\d+):(\d+): ([^]*)$/.exec(told);
  return found ? { template: found[1] ?? null, line: Number(found[2]), column: Number(found[3]), message: found[4]! } : null;
}

/** Where a line and a column, both from 1, are in a text: within it in any case. */
export function offset_at(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    start = end + 1;
  }
  const end = text.indexOf('\n', start);
  return Math.min(start + Math.max(0, column - 1), end < 0 ? text.length : end);
}

/** From there to the end of the tag or the output that begins there; else only that place. */
export function place_at(text: string, line: number, column: number): { from: number; to: number } {
  const from = offset_at(text, line, column);
  const end = /^\{\{[^]*?\}\}|^\{%[^]*?%\}/.exec(text.slice(from, from + 2000));
  return { from, to: from + (end ? end[0].length : 0) };
}

const text_of = (value: unknown) => (typeof value === 'string' ? value : '');

/** Values as a chat would give them, of a character when there is one. */
export function sample_values(profile: EntityProfile | null, persona: Persona | null): Record<string, unknown> {
  const data: Record<string, unknown> = profile?.spec.data ?? {
    name: 'Vera', description: 'Vera keeps the lighthouse at the end of the pier.', personality: 'dry, patient', scenario: 'A storm is coming.', mes_example: '', system_prompt: '', post_history_instructions: '',
  };
  const user = { name: persona?.name ?? 'Anna', description: persona?.description ?? 'A geologist who walks the coast.' };
  const name = text_of(data.nickname) || text_of(data.name);
  const field = (member: string) => text_of(data[member]).replaceAll('{{char}}', name).replaceAll('{{user}}', user.name);
  const char = { name, description: field('description'), personality: field('personality'), scenario: field('scenario'), mes_example: field('mes_example'), system_prompt: field('system_prompt'), post_history_instructions: field('post_history_instructions') };
  return {
    char, user, persona: user.description,
    description: char.description, personality: char.personality, scenario: char.scenario, system: char.system_prompt, mesExamples: char.mes_example,
    main: `Write the next message of ${name} in this conversation with ${user.name}. Stay in character.`,
    messages: [{ role: 'assistant', content: field('first_mes') || 'Come in before the sea does.' }, { role: 'user', content: 'Is there tea?' }],
    lastUserMessage: 'Is there tea?', lastAssistantMessage: field('first_mes') || 'Come in before the sea does.',
    lore: { before: 'The lighthouse was built in 1873.', after: '' }, loreBefore: 'The lighthouse was built in 1873.', loreAfter: '', wiBefore: 'The lighthouse was built in 1873.', wiAfter: '', emTop: '', emBottom: '', outlet: {}, rag: {}, vars: {},
    chat: { id: 'chat_…', title: 'At the lighthouse', branch_id: 'branch_…', created_at: '2025-01-01T12:00:00Z' }, app: null, model: 'demo', now: '2025-01-01T12:34:56Z',
  };
}

/** The enabled template that has to step back before this one may be enabled. */
export const rival_of = (wanted: PromptTemplate, all: PromptTemplate[]): PromptTemplate | null =>
  all.find((other) => other.is_enabled && other.id !== wanted.id && other.scope === wanted.scope && other.scope_id === wanted.scope_id) ?? null;

/** What a new template begins as: the other one's text, else that of the template which is built in. */
export const text_to_begin = async (copied: Pick<PromptTemplate, 'text'> | null | undefined): Promise<string> => copied?.text ?? (await prompts_built_in()).text;
