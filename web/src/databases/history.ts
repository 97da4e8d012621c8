// What was run on an instance, kept in this browser.
import { store, stored } from '../stored';

export interface HistoryEntry { sql: string; at: string; ms: number | null; failed: boolean }

/** 50 of at most 8,000 characters: 400 kB at worst for one instance, of the 5 MB that a browser keeps. */
const entries_max = 50;
const sql_chars_max = 8000;
/** Histories of instances that are gone make room for new ones. */
const histories_max = 10;
const instances_key = 'console.instances';

const key_of = (instance_id: string) => `console.history.${instance_id}`;

function read<T>(key: string): T[] {
  try {
    const value: unknown = JSON.parse(stored(key) ?? '[]');
    return Array.isArray(value) ? (value as T[]) : [];
  } catch {
    return [];
  }
}

export const history_of = (instance_id: string): HistoryEntry[] => read(key_of(instance_id));

export function keep_in_history(instance_id: string, entry: HistoryEntry): void {
  if (entry.sql.length > sql_chars_max) return;
  const entries = [entry, ...history_of(instance_id).filter((old) => old.sql !== entry.sql)].slice(0, entries_max);
  store(key_of(instance_id), JSON.stringify(entries));
  const instances = [instance_id, ...read<string>(instances_key).filter((other) => other !== instance_id)];
  for (const old of instances.splice(histories_max)) {
    store(key_of(old), null);
    store(`console.draft.${old}`, null);
  }
  store(instances_key, JSON.stringify(instances));
}

export function forget_history(instance_id: string): void {
  store(key_of(instance_id), null);
}
