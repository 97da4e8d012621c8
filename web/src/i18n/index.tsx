// The words of the page. English is the source: its keys are the type; every other language has the same keys.
import { useCallback } from 'react';
import type { ApiError } from '../api';
import { store, stored, use_stored } from '../stored';
import { en } from './en';
import { ru } from './ru';

export type Key = keyof typeof en;
/** A text with {names} in it, or one text for each plural form, chosen by the value `n`. */
export type Text = string | { [form in Intl.LDMLPluralRule]?: string };
export type Language = 'en' | 'ru';
type Values = Record<string, string | number>;
export type Say<K extends string> = (key: K, values?: Values) => string;
export type Translate = Say<Key>;

const languages: Record<Language, Record<Key, Text>> = { en, ru };
const plurals = { en: new Intl.PluralRules('en'), ru: new Intl.PluralRules('ru') };

function spoken(language: Language, text: Text, values: Values = {}): string {
  const chosen = typeof text === 'string' ? text : (text[plurals[language].select(Number(values.n ?? 0))] ?? text.other ?? '');
  return chosen.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export const translate = (language: Language, key: Key, values: Values = {}): string => spoken(language, languages[language][key], values);

export function current_language(kept = stored('language')): Language {
  if (kept === 'en' || kept === 'ru') return kept;
  return navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en';
}

export function choose_language(language: Language): void {
  store('language', language);
  document.documentElement.lang = language;
}

export function use_t(): { t: Translate; language: Language } {
  const [kept] = use_stored('language');
  const language = current_language(kept);
  const t = useCallback<Translate>((key, values) => translate(language, key, values), [language]);
  return { t, language };
}

/** The same for a part of the UI that is loaded apart, and brings its words with it. */
export function words_of<K extends string>(words: Record<Language, Record<K, Text>>): () => { t: Translate; w: Say<K>; language: Language } {
  return () => {
    const { t, language } = use_t();
    const w = useCallback<Say<K>>((key, values) => spoken(language, words[language][key], values), [language]);
    return { t, w, language };
  };
}

/** The server's words where it gave some; ours where nothing was heard from it. */
export function error_text(error: unknown, t: Translate = (key, values) => translate(current_language(), key, values)): string {
  const api = error as Partial<ApiError>;
  if (api.status === 0 && api.code === 'unreachable') return t('error_unreachable');
  const text = error instanceof Error ? error.message : String(error);
  // The server's sentences begin small; a name such as index.html stays as it is.
  return text.replace(/^[a-z]+(?=[ ,])/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3600], ['minute', 60]];

export function time_ago(time: string, language: Language): string {
  const seconds = (Date.parse(time) - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  for (const [unit, length] of steps) if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  return format.format(0, 'second');
}

export function duration_text(ms: number, language: Language): string {
  const unit = (value: number, name: 'second' | 'minute', digits: number) => new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  const seconds = ms / 1000;
  return seconds < 60 ? unit(seconds, 'second', 1) : `${unit(Math.floor(seconds / 60), 'minute', 0)} ${unit(Math.floor(seconds % 60), 'second', 0)}`;
}

export const cost_text = (usd: number, language: Language) => new Intl.NumberFormat(language, { style: 'currency', currency: 'USD', maximumSignificantDigits: 2 }).format(usd);

export const full_time = (time: string, language: Language) => new Date(time).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });

export function byte_text(bytes: number, language: Language): string {
  const unit = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : bytes < 1024 ** 3 ? 2 : 3;
  const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  return new Intl.NumberFormat(language, { style: 'unit', unit: names[unit]!, unitDisplay: 'short', maximumFractionDigits: 1 }).format(bytes / 1024 ** unit);
}
