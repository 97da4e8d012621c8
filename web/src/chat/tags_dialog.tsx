// The tags of a chat: each is kept as soon as it is added or removed.
import { X } from 'lucide-react';
import { useId, useState } from 'react';
import { chats_change, chats_tags, type Chat } from '../api';
import { use_load } from '../load';
import { Button, Dialog, ErrorNote } from '../ui/kit';
import { use_words } from './words';

const tag_chars_max = 60;

/** The tags with those that were typed, separated by commas; none twice. */
export function with_tags(tags: string[], typed: string): string[] {
  return [...new Set([...tags, ...typed.split(',').map((tag) => tag.trim()).filter(Boolean)])];
}

export function TagsDialog({ chat, on_change, on_close }: { chat: Chat; on_change: (chat: Chat) => void; on_close: () => void }) {
  const { t, w } = use_words();
  const id = useId();
  const known = use_load('tags', chats_tags).value?.items ?? [];
  const [tags, set_tags] = useState(chat.tags);
  const [typed, set_typed] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const keep = async (wanted: string[]) => {
    set_busy(true);
    set_error(null);
    try {
      const changed = await chats_change(chat.id, { tags: wanted });
      set_tags(changed.tags);
      set_typed('');
      on_change(changed);
    } catch (cause) {
      set_error(cause);
    }
    set_busy(false);
  };
  const add = () => { if (typed.trim() && !is_busy) void keep(with_tags(tags, typed)); };
  return (
    <Dialog title={w('tags_of')} on_close={on_close} footer={<Button onClick={on_close}>{t('done')}</Button>}>
      {tags.length === 0 ? <p className="mb-4 text-muted">{w('tags_none')}</p> : (
        <ul aria-label={w('tags')} className="mb-4 flex flex-wrap gap-1.5">
          {tags.map((tag) => (
            <li key={tag} className="flex max-w-full items-center rounded-full bg-accent-soft pl-3 text-accent"><span className="truncate">{tag}</span>
              <button type="button" aria-label={w('tag_remove', { tag })} disabled={is_busy} onClick={() => void keep(tags.filter((other) => other !== tag))} className="ml-1 inline-flex size-7 shrink-0 items-center justify-center rounded-full hover:bg-hover pointer-coarse:size-9"><X className="size-3.5" aria-hidden /></button>
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={(event) => { event.preventDefault(); add(); }}>
        <label htmlFor={id} className="mb-1 block text-sm font-medium">{w('tag_add')}</label>
        <div className="flex gap-2">
          <input id={id} className="field" list={`${id}-known`} value={typed} maxLength={tag_chars_max} autoComplete="off" aria-describedby={`${id}-note`} onChange={(event) => set_typed(event.target.value)} />
          <Button kind="primary" disabled={!typed.trim()} is_busy={is_busy} onClick={add}>{t('add')}</Button>
        </div>
        <p id={`${id}-note`} className="mt-1 text-xs text-muted">{w('tag_add_hint')}</p>
        <datalist id={`${id}-known`}>{known.filter(({ tag }) => !tags.includes(tag)).map(({ tag }) => <option key={tag} value={tag} />)}</datalist>
      </form>
      <ErrorNote error={error} className="mt-3" />
    </Dialog>
  );
}
