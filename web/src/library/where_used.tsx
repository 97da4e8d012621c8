// Where a lorebook or a source of knowledge is used: in all chats, with a character, as a persona, in one chat.
import { Link2, X } from 'lucide-react';
import { useState } from 'react';
import type { Id } from '../api';
import { use_load } from '../load';
import { Link } from '../router';
import { Bones, Button, ErrorNote, IconButton, Select } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { scope_words } from './prompt_templates_page';
import { use_targets, type Scope } from './targets';
import type { Binding, Uses } from './uses';
import { use_words, type Word } from './words';

const scopes: Scope[] = ['global', 'entity_profile', 'persona', 'chat'];

export function WhereUsed({ id, label, text, unused, uses }: { id: Id; label: string; text: string; unused: string; uses: Omit<Uses<{ id: Id; name: string }>, 'list'> }) {
  const { w } = use_words();
  const bindings = use_load(`bindings ${id}`, () => uses.bindings(id));
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
    uses.bind(id, { scope, scope_id: scope === 'global' ? '' : chosen }).then(bindings.reload, set_error);
  };
  const unbind = (binding: Binding) => uses.unbind(id, binding).then(bindings.reload, toast_error);
  const href_of = (binding: Binding) => targets.of(binding.scope).find((target) => target.value === binding.scope_id)?.href;
  return (
    <section aria-label={label} className="space-y-4">
      <p className="text-muted">{text}</p>
      <ErrorNote error={bindings.error} retry={bindings.reload} />
      {!bindings.value ? !bindings.error && <Bones lines={2} /> : used.length === 0 ? <p className="card border-dashed px-4 py-3 text-muted shadow-none">{unused}</p> : (
        <ul aria-label={label} className="card divide-y divide-line">{used.map((binding) => {
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
