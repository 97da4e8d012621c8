// Files changed by hand and not saved yet. They live as long as the page: no switch of file, tab, branch or page loses
// them, and the browser asks before it leaves the page with them.
import { useSyncExternalStore } from 'react';
import type { Id } from '../api';

export interface Edit {
  text: string;
  /** What the file held when the change began. */
  base_text: string;
}

const edits = new Map<string, Edit>();
const changed = new EventTarget();
const key = (branch_id: Id, path: string) => `${branch_id}:${path}`;
const ask_before_leaving = (event: BeforeUnloadEvent) => event.preventDefault();

function subscribe(act: () => void): () => void {
  changed.addEventListener('change', act);
  return () => changed.removeEventListener('change', act);
}

export function set_edit(branch_id: Id, path: string, edit: Edit | null): void {
  if (edit) edits.set(key(branch_id, path), edit);
  else edits.delete(key(branch_id, path));
  if (edits.size > 0) window.addEventListener('beforeunload', ask_before_leaving);
  else window.removeEventListener('beforeunload', ask_before_leaving);
  changed.dispatchEvent(new Event('change'));
}

export const find_edit = (branch_id: Id, path: string): Edit | null => edits.get(key(branch_id, path)) ?? null;

export function use_edit(branch_id: Id, path: string): Edit | null {
  return useSyncExternalStore(subscribe, () => find_edit(branch_id, path));
}

/** The paths of a branch that have unsaved changes, sorted. */
export function use_edited_paths(branch_id: Id | null): string[] {
  const prefix = `${branch_id}:`;
  const joined = useSyncExternalStore(subscribe, () => [...edits.keys()].filter((known) => known.startsWith(prefix)).sort().join('\n'));
  return joined ? joined.split('\n').map((known) => known.slice(prefix.length)) : [];
}
