// The settings of a chat's next answers, kept in this browser.
import { useMemo } from 'react';
import type { GenerationSettings, Id } from '../api';
import { use_stored } from '../stored';

const nothing: GenerationSettings = { temperature: null, tokens_max: null, thinking: null, output_schema: null };

/** What was kept; null leaves all to the model, and so does what cannot be read. */
export function read_settings(text: string | null): GenerationSettings | null {
  try {
    const read: unknown = JSON.parse(text ?? 'null');
    return read !== null && typeof read === 'object' && !Array.isArray(read) ? { ...nothing, ...read } : null;
  } catch {
    return null;
  }
}

export function use_answer_settings(chat_id: Id): [GenerationSettings | null, (settings: GenerationSettings | null) => void] {
  const [text, keep] = use_stored(`answer_settings.${chat_id}`);
  const settings = useMemo(() => read_settings(text), [text]);
  return [settings, (next) => keep(next && JSON.stringify(next))];
}

export interface SettingsForm { temperature: string; tokens_max: string; thinking: '' | NonNullable<GenerationSettings['thinking']>; output_schema: string }

export const form_of = (settings: GenerationSettings | null): SettingsForm => ({
  temperature: String(settings?.temperature ?? ''), tokens_max: String(settings?.tokens_max ?? ''), thinking: settings?.thinking ?? '', output_schema: settings?.output_schema ? JSON.stringify(settings.output_schema, null, 2) : '',
});

/** Throws what is wrong with the schema's text. */
export function settings_of(form: SettingsForm): GenerationSettings | null {
  const schema: unknown = form.output_schema.trim() ? JSON.parse(form.output_schema) : null;
  if (schema !== null && (typeof schema !== 'object' || Array.isArray(schema))) throw new Error('{ … }');
  const settings: GenerationSettings = {
    temperature: form.temperature === '' ? null : Number(form.temperature), tokens_max: form.tokens_max === '' ? null : Number(form.tokens_max), thinking: form.thinking || null, output_schema: schema as Record<string, unknown> | null,
  };
  return Object.values(settings).some((value) => value !== null) ? settings : null;
}
