// What a person changed and did not save: kept in this browser until it is saved or thrown away.
import { useCallback, useEffect, useRef, useState } from 'react';
import { store, stored } from '../stored';

/** A page that is typed into writes what it keeps this long after the last key. */
const settle_ms = 300;

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);

/** The changes that still differ from what is saved; members that it does not have are none of it. */
export function open_changes<T extends object>(saved: T, changes: Partial<T>): Partial<T> {
  return Object.fromEntries(Object.entries(changes).filter(([name, value]) => name in saved && !same(saved[name as keyof T], value))) as Partial<T>;
}

/** What was kept under a key; anything that is not an object is nothing. */
export function read_changes(text: string | null): object {
  try {
    const read: unknown = JSON.parse(text ?? '{}');
    return read !== null && typeof read === 'object' && !Array.isArray(read) ? read : {};
  } catch {
    return {};
  }
}

export interface Draft<T> {
  /** What is saved, with the changes. */
  value: T;
  changes: Partial<T>;
  is_changed: boolean;
  set: (part: Partial<T>) => void;
  /** The changes are saved, or not wanted any more. */
  forget: () => void;
}

/**
 * Only what was changed is kept, so that a newer version of the rest shows through. `key` stays the same as long as the
 * component lives. When the browser keeps nothing, leaving the page asks first.
 */
export function use_draft<T extends object>(key: string, saved: T): Draft<T> {
  const name = `draft.library.${key}`;
  const [kept, set_kept] = useState<Partial<T>>(() => read_changes(stored(name)) as Partial<T>);
  const changes = open_changes(saved, kept);
  const is_changed = Object.keys(changes).length > 0;
  const text = is_changed ? JSON.stringify(changes) : null;
  const latest = useRef(text);
  latest.current = text;
  useEffect(() => {
    const timer = setTimeout(() => store(name, text), settle_ms);
    return () => clearTimeout(timer);
  }, [name, text]);
  useEffect(() => {
    const write = () => store(name, latest.current);
    const ask = (event: BeforeUnloadEvent) => {
      write();
      if (stored(name) !== latest.current) event.preventDefault();
    };
    window.addEventListener('pagehide', write);
    window.addEventListener('beforeunload', ask);
    return () => {
      write();
      window.removeEventListener('pagehide', write);
      window.removeEventListener('beforeunload', ask);
    };
  }, [name]);
  const set = useCallback((part: Partial<T>) => set_kept((old) => ({ ...old, ...part })), []);
  const forget = useCallback(() => {
    latest.current = null;
    store(name, null);
    set_kept({});
  }, [name]);
  return { value: { ...saved, ...changes }, changes, is_changed, set, forget };
}
