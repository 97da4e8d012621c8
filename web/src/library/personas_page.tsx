import { Plus, Star, Trash2, VenetianMask } from 'lucide-react';
import { useState } from 'react';
import { personas_change, personas_create, personas_ls, personas_rm, type Persona } from '../api';
import { as_error } from '../load';
import { Badge, Bones, Button, Confirm, Dialog, Empty, ErrorNote, Field, IconButton } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { use_draft } from './drafts';
import { use_pages } from './pages';
import { Check, Frame, LongField } from './parts';
import { use_words } from './words';

interface Fields { name: string; description: string; is_default: boolean }

/** What is typed stays when the dialog is closed without saving, and is there again when it is opened. */
function PersonaDialog({ persona, is_first, on_close, on_done }: { persona: Persona | null; is_first: boolean; on_close: () => void; on_done: () => void }) {
  const { t, w } = use_words();
  const draft = use_draft<Fields>(`persona.${persona?.id ?? 'new'}`, persona ? { name: persona.name, description: persona.description, is_default: persona.is_default } : { name: '', description: '', is_default: is_first });
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const { name, description, is_default } = draft.value;
  const can_save = name.trim() !== '' && (draft.is_changed || !persona);
  const save = async () => {
    if (!can_save || is_busy) return;
    set_busy(true);
    set_error(null);
    try {
      if (persona) await personas_change(persona.id, draft.changes, { if_match: persona.version });
      else await personas_create({ name: name.trim(), description, is_default });
      draft.forget();
      on_done();
      on_close();
    } catch (cause) {
      const is_behind = as_error(cause).status === 412;
      if (is_behind) on_done();
      set_error(is_behind ? new Error(w('changed_meanwhile')) : cause);
      set_busy(false);
    }
  };
  return (
    <Dialog title={persona ? w('persona_edit') : w('persona_new')} on_close={on_close}
      footer={<>{draft.is_changed && <Button kind="quiet" onClick={() => { draft.forget(); on_close(); }}>{w('discard')}</Button>}<Button onClick={on_close}>{draft.is_changed ? t('close') : t('cancel')}</Button><Button kind="primary" is_busy={is_busy} disabled={!can_save} onClick={() => void save()}>{t('save')}</Button></>}>
      <form className="space-y-4" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <Field label={t('name')} value={name} maxLength={100} autoComplete="off" hint={w('persona_name_hint')} onChange={(event) => draft.set({ name: event.target.value })} />
        <LongField label={w('persona_description')} rows={5} value={description} hint={w('persona_description_hint')} onChange={(event) => draft.set({ description: event.target.value })} />
        {!persona?.is_default && <Check label={w('persona_default')} hint={w('persona_default_hint')} checked={is_default} on_change={(checked) => draft.set({ is_default: checked })} />}
        <ErrorNote error={error} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

export function PersonasPage() {
  const { t, w } = use_words();
  const personas = use_pages('personas', (query, options) => personas_ls(query, options));
  const [edited, set_edited] = useState<Persona | 'new' | null>(null);
  const [deleted, set_deleted] = useState<Persona | null>(null);
  const add = <Button kind="primary" onClick={() => set_edited('new')}><Plus className="size-4" aria-hidden />{w('persona_new')}</Button>;
  const is_empty = personas.is_complete && personas.items.length === 0;
  return (
    <Frame title={w('personas')} text={w('personas_text')} action={!is_empty && add}>
      {personas.error && <ErrorNote error={personas.error} retry={personas.reload} className="mb-3" />}
      {is_empty ? <div className="card border-dashed shadow-none"><Empty icon={<VenetianMask />} title={w('personas_empty')}><p>{w('personas_empty_text')}</p><div className="mt-4">{add}</div></Empty></div>
        : personas.items.length === 0 ? !personas.error && <Bones lines={4} /> : (
          <ul aria-label={w('personas')} className="grid gap-3 sm:grid-cols-2">
            {personas.items.map((persona) => (
              <li key={persona.id} className="persona card relative flex flex-col p-4 transition-shadow hover:shadow-float has-[.opens:focus-visible]:outline-2 has-[.opens:focus-visible]:outline-accent">
                <div className="flex items-center gap-2">
                  <button type="button" onClick={() => set_edited(persona)} className="opens min-w-0 truncate text-left font-medium outline-none after:absolute after:inset-0 after:rounded-xl">{persona.name}</button>{persona.is_default && <Badge tone="good">{t('default')}</Badge>}
                  <span className="flex-1" />
                  <span className="relative z-10 -my-1 -mr-1.5 flex">
                    <IconButton small name={w('persona_make_default', { name: persona.name })} disabled={persona.is_default} onClick={() => personas_change(persona.id, { is_default: true }).then(personas.reload, toast_error)}><Star className={persona.is_default ? 'fill-current' : ''} /></IconButton>
                    <IconButton small name={w('persona_delete_one', { name: persona.name })} onClick={() => set_deleted(persona)}><Trash2 /></IconButton>
                  </span>
                </div>
                <p className="mt-1 line-clamp-3 whitespace-pre-line break-words text-muted">{persona.description || w('persona_no_description')}</p>
              </li>
            ))}
          </ul>
        )}
      {edited && <PersonaDialog persona={edited === 'new' ? null : (personas.items.find((persona) => persona.id === edited.id) ?? edited)} is_first={personas.items.length === 0} on_close={() => set_edited(null)} on_done={personas.reload} />}
      {deleted && <Confirm title={w('persona_delete')} text={w('persona_delete_text', { name: deleted.name })} action={t('delete')} on_close={() => set_deleted(null)} on_confirm={async () => { await personas_rm(deleted.id); personas.reload(); }} />}
    </Frame>
  );
}
