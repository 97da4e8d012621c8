// Where a lorebook is used, what it is called, and how it is looked for.
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { lorebooks_change, lorebooks_rm, type Lorebook } from '../api';
import { as_error } from '../load';
import { navigate } from '../router';
import { Button, Confirm, Field } from '../ui/kit';
import { toast } from '../ui/toast';
import { use_draft } from './drafts';
import { OptionalNumber, ThirdChoice } from './entry_form';
import { LongField, SaveBar } from './parts';
import { lorebook_uses } from './uses';
import { WhereUsed } from './where_used';
import { use_words } from './words';

export function BookUse({ book }: { book: Lorebook }) {
  const { w } = use_words();
  return <WhereUsed id={book.id} label={w('book_use')} text={w('book_use_text')} unused={w('book_unused')} uses={lorebook_uses} />;
}

export function BookSetting({ book, on_change, reload }: { book: Lorebook; on_change: (book: Lorebook) => void; reload: () => void }) {
  const { t, w } = use_words();
  const draft = use_draft(`lorebook.${book.id}`, { name: book.name, description: book.description, scan_depth: book.scan_depth, token_budget: book.token_budget, recursive_scanning: book.recursive_scanning });
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const [is_deleting, set_deleting] = useState(false);
  const { value, set } = draft;
  const save = async () => {
    // The server takes null for a member that does not change.
    if (Object.values(draft.changes).includes(null)) return set_error(new Error(w('book_number_needed')));
    set_busy(true);
    set_error(null);
    try {
      on_change(await lorebooks_change(book.id, draft.changes, { if_match: book.version }));
      draft.forget();
      toast(w('saved'));
    } catch (cause) {
      const is_behind = as_error(cause).status === 412;
      if (is_behind) reload();
      set_error(is_behind ? new Error(w('changed_meanwhile')) : cause);
    }
    set_busy(false);
  };
  return (
    <section aria-label={w('book_setting')} className="space-y-4">
      <div className="card space-y-4 p-4">
        <Field label={t('name')} value={value.name} maxLength={1000} onChange={(event) => set({ name: event.target.value })} />
        <LongField label={w('book_description')} hint={w('book_description_hint')} value={value.description} onChange={(event) => set({ description: event.target.value })} />
        <div className="grid gap-4 sm:grid-cols-3">
          <OptionalNumber label={w('entry_scan_depth')} hint={w('book_number_hint')} max={1000} value={value.scan_depth} on_change={(scan_depth) => set({ scan_depth })} />
          <OptionalNumber label={w('book_token_budget')} hint={w('book_number_hint')} max={1e9} value={value.token_budget} on_change={(token_budget) => set({ token_budget })} />
          <ThirdChoice label={w('book_recursive')} value={value.recursive_scanning} on_change={(recursive_scanning) => set({ recursive_scanning })} />
        </div>
      </div>
      <Button kind="danger" onClick={() => set_deleting(true)}><Trash2 className="size-4" aria-hidden />{w('book_delete_do')}</Button>
      <SaveBar is_changed={draft.is_changed} is_busy={is_busy} error={error} on_save={() => void save()} on_discard={() => { draft.forget(); set_error(null); }} />
      {is_deleting && <Confirm title={w('book_delete')} text={w('book_delete_text', { name: book.name, n: book.entries_count })} action={t('delete')} on_close={() => set_deleting(false)} on_confirm={async () => { await lorebooks_rm(book.id); draft.forget(); navigate('/library/lorebooks'); }} />}
    </section>
  );
}
