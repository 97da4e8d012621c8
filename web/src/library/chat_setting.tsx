// What a chat is made with: its character, who one is in it, its lorebooks, its knowledge, and its prompt template.
import { BookOpenText, FileText, LibraryBig, Plus, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { chats_change, personas_ls, profiles_show, prompts_create, prompts_ls, type Chat, type Id, type PromptTemplate } from '../api';
import { use_load } from '../load';
import { Link, navigate } from '../router';
import { Badge, Bones, Button, Dialog, ErrorNote, IconButton, Select } from '../ui/kit';
import { lorebook_href } from './lorebooks_page';
import { page_items } from './pages';
import { Avatar, character_href, source_href } from './parts';
import { scope_words, template_href } from './prompt_templates_page';
import { text_to_begin } from './template';
import { knowledge_uses, lorebook_uses, type Binding, type Uses } from './uses';
import { use_words } from './words';

/** Of more lorebooks or sources than these nobody asks where each is used. */
const things_max = 100;
const at_once = 6;

/** Whether a binding holds in a chat; the persona is the chat's own, else the default one. */
export const holds_in = (binding: Binding, chat: Pick<Chat, 'id' | 'entity_profile_id'>, persona_id: string | null): boolean =>
  binding.scope === 'global' || binding.scope_id === { entity_profile: chat.entity_profile_id, persona: persona_id, chat: chat.id }[binding.scope];

interface Named { id: Id; name: string }
async function with_use<T extends Named>(uses: Uses<T>): Promise<{ things: { thing: T; bindings: Binding[] }[]; is_complete: boolean }> {
  const page = await uses.list({ limit: things_max });
  const things: { thing: T; bindings: Binding[] }[] = [];
  for (let from = 0; from < page.items.length; from += at_once)
    things.push(...(await Promise.all(page.items.slice(from, from + at_once).map(async (thing) => ({ thing, bindings: (await uses.bindings(thing.id)).items })))));
  return { things, is_complete: page.next_cursor === null };
}

function Character({ profile_id }: { profile_id: string }) {
  const { w } = use_words();
  const profile = use_load(profile_id, () => profiles_show(profile_id));
  if (profile.error) return <ErrorNote error={profile.error} retry={profile.reload} />;
  if (!profile.value) return <Bones lines={2} />;
  return (
    <Link href={character_href(profile_id)} className="card flex items-center gap-3 overflow-hidden hover:bg-hover">
      <span className="@container block size-16 shrink-0"><Avatar profile={profile.value} className="size-full" /></span><span className="min-w-0 py-2 pr-3"><span className="block text-xs text-muted">{w('character')}</span><span className="block truncate font-medium">{profile.value.name}</span></span>
    </Link>
  );
}

interface UsedProps<T extends Named> { chat: Chat; persona_id: string | null; title: string; none: string; add: string; icon: ReactNode; uses: Uses<T>; href_of: (id: Id) => string }

/** The lorebooks or the sources of knowledge of a chat; what is bound elsewhere is shown, and is changed there. */
function Used<T extends Named>({ chat, persona_id, title, none, add, icon, uses, href_of }: UsedProps<T>) {
  const { w } = use_words();
  const loaded = use_load(`chat ${title} ${chat.id}`, () => with_use(uses));
  const [error, set_error] = useState<unknown>(null);
  const own: Binding = { scope: 'chat', scope_id: chat.id };
  const act = (done: Promise<unknown>) => { set_error(null); done.then(loaded.reload, set_error); };
  const all = loaded.value?.things ?? [];
  const used = all.map(({ thing, bindings }) => ({ thing, held: bindings.filter((binding) => holds_in(binding, chat, persona_id)) })).filter(({ held }) => held.length);
  const free = all.filter(({ thing }) => !used.some((one) => one.thing.id === thing.id));
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-sm font-medium">{title}</h3>
      <ErrorNote error={loaded.error ?? error} className="mb-2" />
      {!loaded.value ? !loaded.error && <Bones lines={2} /> : (
        <>
          {used.length > 0 && <ul className="card mb-2 divide-y divide-line">{used.map(({ thing, held }) => (
            <li key={thing.id} className="chat-book flex items-center gap-2 px-3 py-2 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-muted">{icon}<Link href={href_of(thing.id)} className="min-w-0 flex-1 truncate font-medium hover:underline">{thing.name}</Link>
              {held.map((binding) => <Badge key={binding.scope}>{w(scope_words[binding.scope])}</Badge>)}
              {held.some((binding) => binding.scope === 'chat') && <IconButton small name={w('unbind', { name: thing.name })} onClick={() => act(uses.unbind(thing.id, own))}><X /></IconButton>}</li>
          ))}</ul>}
          {used.length === 0 && <p className="mb-2 text-muted">{none}</p>}
          {free.length > 0 && <Select label={add} value="" on_change={(id) => { if (id) act(uses.bind(id, own)); }} options={[{ value: '', text: w('choose') }, ...free.map(({ thing }) => ({ value: thing.id, text: thing.name }))]} />}
          {!loaded.value.is_complete && <p className="mt-1 text-xs text-muted">{w('chat_books_more', { n: things_max })}</p>}
        </>
      )}
    </section>
  );
}

/** The enabled template of the narrowest scope; null is the built-in one. */
async function template_of(chat: Chat): Promise<PromptTemplate | null> {
  const enabled = async (scope: PromptTemplate['scope'], scope_id: string) => (await prompts_ls({ scope, scope_id, limit: page_items })).items.find((template) => template.is_enabled);
  return (await enabled('chat', chat.id)) ?? (chat.entity_profile_id ? await enabled('entity_profile', chat.entity_profile_id) : undefined) ?? (await enabled('global', '')) ?? null;
}

function Template({ chat }: { chat: Chat }) {
  const { w } = use_words();
  const loaded = use_load(`chat template ${chat.id}`, () => template_of(chat));
  const [error, set_error] = useState<unknown>(null);
  const template = loaded.value;
  const make = () => text_to_begin(template).then((text) => prompts_create({ name: w('chat_template_name', { name: chat.title || chat.id }).slice(0, 100), text, scope: 'chat', scope_id: chat.id, is_enabled: false })).then((made) => navigate(template_href(made.id)), set_error);
  return (
    <section aria-label={w('template_text')}>
      <h3 className="mb-1.5 text-sm font-medium">{w('template_text')}</h3>
      <ErrorNote error={loaded.error ?? error} className="mb-2" />
      {loaded.is_loading && !template ? <Bones lines={1} /> : <p className="flex flex-wrap items-center gap-2"><FileText className="size-4 shrink-0 text-muted" aria-hidden />{template ? <><Link href={template_href(template.id)} className="min-w-0 truncate font-medium hover:underline">{template.name}</Link><Badge>{w(scope_words[template.scope])}</Badge></> : <span>{w('template_built_in')}</span>}</p>}
      {template?.scope !== 'chat' && !loaded.is_loading && <Button small className="mt-2" onClick={() => void make()}><Plus className="size-3.5" aria-hidden />{w('chat_template_make')}</Button>}
    </section>
  );
}

/** A dialog; `chat` is read anew by who opens it, when it changes. */
export default function ChatSetting({ chat, on_close }: { chat: Chat; on_close: () => void }) {
  const { t, w } = use_words();
  const personas = use_load('personas', () => personas_ls({ limit: page_items }));
  const [persona_id, set_persona_id] = useState(chat.persona_id ?? '');
  const [error, set_error] = useState<unknown>(null);
  const usual = personas.value?.items.find((persona) => persona.is_default) ?? null;
  const in_it = persona_id || (usual?.id ?? null);
  const choose = (id: string) => {
    set_error(null);
    set_persona_id(id);
    chats_change(chat.id, { persona_id: id }).catch((cause: unknown) => { set_persona_id(persona_id); set_error(cause); });
  };
  return (
    <Dialog title={t('chat_setting')} on_close={on_close}>
      <div className="space-y-5">
        {chat.entity_profile_id && <Character profile_id={chat.entity_profile_id} />}
        <div>
          <ErrorNote error={personas.error ?? error} className="mb-2" />
          {personas.value && <Select label={w('persona_as')} value={persona_id} on_change={choose} options={[{ value: '', text: usual ? w('persona_usual', { name: usual.name }) : w('persona_nobody') }, ...personas.value.items.map((persona) => ({ value: persona.id, text: persona.name }))]} />}
          {personas.value?.items.length === 0 && <Link href="/library/personas" className="mt-1 block text-xs text-accent underline underline-offset-2">{w('persona_new')}</Link>}
        </div>
        <Used chat={chat} persona_id={in_it} title={w('lorebooks')} none={w('chat_books_none')} add={w('chat_book_add')} icon={<BookOpenText aria-hidden />} uses={lorebook_uses} href_of={lorebook_href} />
        <Used chat={chat} persona_id={in_it} title={w('knowledge')} none={w('chat_sources_none')} add={w('chat_source_add')} icon={<LibraryBig aria-hidden />} uses={knowledge_uses} href_of={source_href} />
        <Template chat={chat} />
      </div>
    </Dialog>
  );
}
