// A chat with a character: with which greeting, and as whom.
import { useState } from 'react';
import { chats_create, chats_messages, personas_ls, profiles_show, variants_ls, variants_select, type Id } from '../api';
import { use_load } from '../load';
import { navigate } from '../router';
import { Bones, Button, Dialog, ErrorNote, Select } from '../ui/kit';
import { greetings_of } from './card';
import { page_items } from './pages';
import { use_words } from './words';

/** The greetings of a card are the variants of the chat's first message. */
async function choose_greeting(chat_id: Id, greeting: number): Promise<void> {
  const first = (await chats_messages(chat_id, { limit: 1 })).items[0];
  if (!first) return;
  const variant = (await variants_ls(first.id, { limit: page_items })).items[greeting];
  if (variant) await variants_select(first.id, variant.id);
}

export function StartChat({ profile_id, on_close }: { profile_id: Id; on_close: () => void }) {
  const { t, w } = use_words();
  const profile = use_load(profile_id, () => profiles_show(profile_id));
  const personas = use_load('personas', () => personas_ls({ limit: page_items }));
  const [greeting, set_greeting] = useState(0);
  const [persona_id, set_persona_id] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const greetings = profile.value ? greetings_of(profile.value.spec) : [];
  const usual = personas.value?.items.find((persona) => persona.is_default);
  const start = async () => {
    set_busy(true);
    set_error(null);
    try {
      const chat = await chats_create({ entity_profile_id: profile_id, title: profile.value!.name.slice(0, 100), ...(persona_id ? { persona_id } : {}) });
      if (greeting > 0) await choose_greeting(chat.id, greeting);
      navigate(`/chats/${chat.id}`);
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  return (
    <Dialog title={profile.value ? w('chat_with', { name: profile.value.name }) : w('chat_start')} on_close={on_close}
      footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" is_busy={is_busy} disabled={!profile.value} onClick={() => void start()}>{w('chat_start')}</Button></>}>
      <ErrorNote error={profile.error ?? error} className="mb-3" />
      {!profile.value ? !profile.error && <Bones lines={4} /> : (
        <div className="space-y-4">
          {greetings.length > 1 && (
            <fieldset><legend className="mb-1 text-sm font-medium">{w('greeting_choose')}</legend>
              <div className="max-h-[45dvh] space-y-2 overflow-y-auto p-0.5">
                {greetings.map((text, index) => (
                  <label key={index} className="flex cursor-pointer gap-2.5 rounded-xl border border-line px-3 py-2 hover:border-line-strong has-checked:border-accent has-checked:bg-accent-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-accent">
                    <input type="radio" name="greeting" className="mt-1 accent-(--accent)" checked={index === greeting} onChange={() => set_greeting(index)} /><span className="line-clamp-4 whitespace-pre-wrap break-words">{text}</span>
                  </label>
                ))}
              </div>
            </fieldset>
          )}
          {greetings.length === 1 && <blockquote className="line-clamp-6 whitespace-pre-wrap break-words border-l-2 border-line-strong pl-3 text-muted">{greetings[0]}</blockquote>}
          {greetings.length === 0 && <p className="text-muted">{w('greeting_none')}</p>}
          {!!personas.value?.items.length && <Select label={w('persona_as')} value={persona_id} on_change={set_persona_id} options={[{ value: '', text: usual ? w('persona_usual', { name: usual.name }) : w('persona_nobody') }, ...personas.value.items.filter((persona) => !persona.is_default).map((persona) => ({ value: persona.id, text: persona.name }))]} />}
        </div>
      )}
    </Dialog>
  );
}
