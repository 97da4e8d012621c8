// Small values kept in this browser: settings of the page and drafts. They survive a reload and reach other tabs.
import { useSyncExternalStore } from 'react';

const changed = new EventTarget();

export function stored(key: string): string | null {
  try {
    return localStorage.getItem(`ramify.${key}`);
  } catch {
    return null;
  }
}

export function store(key: string, value: string | null): void {
  try {
    if (value === null || value === '') localStorage.removeItem(`ramify.${key}`);
    else localStorage.setItem(`ramify.${key}`, value);
  } catch {
    // Storage is full or forbidden: the value lives until the page is left.
  }
  changed.dispatchEvent(new Event('change'));
}

function subscribe(act: () => void): () => void {
  window.addEventListener('storage', act);
  changed.addEventListener('change', act);
  return () => {
    window.removeEventListener('storage', act);
    changed.removeEventListener('change', act);
  };
}

export function use_stored(key: string): [string | null, (value: string | null) => void] {
  const value = useSyncExternalStore(subscribe, () => stored(key));
  return [value, (next) => store(key, next)];
}
