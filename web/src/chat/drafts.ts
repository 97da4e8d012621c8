// What a person has typed and not sent: kept for each branch, so neither a reload nor a switch loses it.
import type { Id } from '../api';
import { store, stored, use_stored } from '../stored';

const key = (chat_id: Id, branch_id: Id) => `draft.${chat_id}.${branch_id}`;
const focus = new EventTarget();

export function use_draft(chat_id: Id, branch_id: Id): [string, (text: string) => void] {
  const [text, set_text] = use_stored(key(chat_id, branch_id));
  return [text ?? '', set_text];
}

/** Puts text into the box of a branch, after what is there, and brings the box into view. */
export function add_to_draft(chat_id: Id, branch_id: Id, text: string): void {
  const old = stored(key(chat_id, branch_id));
  store(key(chat_id, branch_id), old?.trim() ? `${old.trimEnd()}\n\n${text}` : text);
  focus_draft();
}

export const focus_draft = () => focus.dispatchEvent(new Event('focus'));

export function when_draft_wanted(act: () => void): () => void {
  focus.addEventListener('focus', act);
  return () => focus.removeEventListener('focus', act);
}
