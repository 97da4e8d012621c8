// Where a lorebook is used, what it is called, and how it is looked for.
import { Link2, Trash2, X } from 'lucide-react';
import { useState } from 'react';
import { lorebooks_bind, lorebooks_bindings, lorebooks_change, lorebooks_rm, lorebooks_unbind, type Lorebook, type LorebookBinding } from '../api';
import { as_error, use_load } from '../load';
import { Link, navigate } from '../router';
import { Bones, Button, Confirm, ErrorNote, Field, IconButton, Select } from '../ui/kit';
import { toast, toast_error } from '../ui/toast';
import { use_draft } from './drafts';
import { OptionalNumber, ThirdChoice } from './entry_form';
import { LongField, SaveBar } from './parts';
import { scope_words } from './prompt_templates_page';
import { use_targets, type Scope } from './targets';
import { use_words, type Word } from './words';

const scopes: Scope[] = ['global', 'entity_profile', 'persona', 'chat'];

export function BookUse({ book }: { book: Lorebook }) {
  const { w } = use_words();
  const bindings = use_load(`bindings ${book.id}`, () => lorebooks_bindings(book.id));
  const targets = use_targets();
  const [scope, set_scope] = useState<Scope>('global');
  const [scope_id, set_scope_id] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const used = bindings.value?.items ?? [];
  const choices = targets.of(scope).filter((target) => !used.some((binding) => binding.scope === scope && binding.scope_id === target.value));
  const chosen = choices.some((target) => target.value === scope_id) ? scope_id : (choices[0]?.value ?? '');
  const can_bind = scope === 'global' ? !used.some((binding) => binding.scope === 'global') : chosen !== '';
  const bind = () => {
    set_error(null);
    lorebooks_bind(book.id, { scope, scope_id: scope === 'global' ? '' : chosen }).then(bindings.reload, set_error);
  };
  const unbind = (binding: LorebookBinding) => lorebooks_unbind(book.id, binding).then(bindings.reload, toast_error);
  const href_of = (binding: LorebookBinding) => targets.of(binding.scope).find((target) => target.value === binding.scope_id)?.href;
  return (
    <section aria-label={w('book_use')} className="space-y-4">
      <p className="text-muted">{w('book_use_text')}</p>
      <ErrorNote error={bindings.error} retry={bindings.reload} />
      {!bindings.value ? !bindings.error && <Bones lines={2} /> : used.length === 0 ? <p className="card border-dashed px-4 py-3 text-muted shadow-none">{w('book_unused')}</p> : (
        <ul aria-label={w('book_use')} className="card divide-y divide-line">{used.map((binding) => {
          const name = binding.scope === 'global' ? w('scope_global') : targets.name(binding.scope, binding.scope_id);
          const href = href_of(binding);
          return <li key={binding.scope + binding.scope_id} className="binding flex items-center gap-2 px-4 py-2"><span className="min-w-0 flex-1">{binding.scope !== 'global' && <span className="block text-xs text-muted">{w(`target_${binding.scope}` as Word)}</span>}{href ? <Link href={href} className="block truncate font-medium hover:underline">{name}</Link> : <span className="block truncate font-medium">{name}</span>}</span><IconButton small name={w('unbind', { name })} onClick={() => void unbind(binding)}><X /></IconButton></li>;
        })}</ul>
      )}
      <div className="card space-y-3 p-4">
        <Select label={w('book_use_where')} value={scope} on_change={(next) => set_scope(next as Scope)} options={scopes.map((value) => ({ value, text: w(scope_words[value]) }))} />
        {scope !== 'global' && (choices.length ? <Select label={w(`target_${scope}` as Word)} value={chosen} on_change={set_scope_id} options={choices} /> : <p className="text-muted">{w('targets_empty')}</p>)}
        <Button disabled={!can_bind} onClick={bind}><Link2 className="size-4" aria-hidden />{w('book_use_there')}</Button>
        <ErrorNote error={error} />
      </div>
    </section>
  );
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
