// What a chat is made with: its character, who one is in it, its lorebooks, and its prompt template.
import { BookOpenText, FileText, Plus, X } from 'lucide-react';
import { useState } from 'react';
import { chats_change, lorebooks_bind, lorebooks_bindings, lorebooks_ls, lorebooks_unbind, personas_ls, profiles_show, prompts_create, prompts_ls, type Chat, type Lorebook, type LorebookBinding, type PromptTemplate } from '../api';
import { use_load } from '../load';
import { Link, navigate } from '../router';
import { Badge, Bones, Button, Dialog, ErrorNote, IconButton, Select } from '../ui/kit';
import { lorebook_href } from './lorebooks_page';
import { page_items } from './pages';
import { Avatar, character_href } from './parts';
import { scope_words, template_href } from './prompt_templates_page';
import { text_to_begin } from './template';
import { use_words } from './words';

/** Of more books than these nobody asks where each is used. */
const books_max = 100;
const at_once = 6;

/** Whether a binding holds in a chat; the persona is the chat's own, else the default one. */
export const holds_in = (binding: LorebookBinding, chat: Pick<Chat, 'id' | 'entity_profile_id'>, persona_id: string | null): boolean =>
  binding.scope === 'global' || binding.scope_id === { entity_profile: chat.entity_profile_id, persona: persona_id, chat: chat.id }[binding.scope];

interface BookWithUse { book: Lorebook; bindings: LorebookBinding[] }
async function books_with_use(): Promise<{ books: BookWithUse[]; is_complete: boolean }> {
  const page = await lorebooks_ls({ limit: books_max });
  const books: BookWithUse[] = [];
  for (let from = 0; from < page.items.length; from += at_once)
    books.push(...(await Promise.all(page.items.slice(from, from + at_once).map(async (book) => ({ book, bindings: (await lorebooks_bindings(book.id)).items })))));
  return { books, is_complete: page.next_cursor === null };
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

function Books({ chat, persona_id }: { chat: Chat; persona_id: string | null }) {
  const { w } = use_words();
  const loaded = use_load(`chat books ${chat.id}`, books_with_use);
  const [error, set_error] = useState<unknown>(null);
  const own: LorebookBinding = { scope: 'chat', scope_id: chat.id };
  const act = (done: Promise<unknown>) => { set_error(null); done.then(loaded.reload, set_error); };
  const all = loaded.value?.books ?? [];
  const used = all.map(({ book, bindings }) => ({ book, held: bindings.filter((binding) => holds_in(binding, chat, persona_id)) })).filter(({ held }) => held.length);
  const free = all.filter(({ book }) => !used.some((one) => one.book.id === book.id));
  return (
    <section aria-label={w('lorebooks')}>
      <h3 className="mb-1.5 text-sm font-medium">{w('lorebooks')}</h3>
      <ErrorNote error={loaded.error ?? error} className="mb-2" />
      {!loaded.value ? !loaded.error && <Bones lines={2} /> : (
        <>
          {used.length > 0 && <ul className="card mb-2 divide-y divide-line">{used.map(({ book, held }) => (
            <li key={book.id} className="chat-book flex items-center gap-2 px-3 py-2"><BookOpenText className="size-4 shrink-0 text-muted" aria-hidden /><Link href={lorebook_href(book.id)} className="min-w-0 flex-1 truncate font-medium hover:underline">{book.name}</Link>
              {held.map((binding) => <Badge key={binding.scope}>{w(scope_words[binding.scope])}</Badge>)}
              {held.some((binding) => binding.scope === 'chat') && <IconButton small name={w('unbind', { name: book.name })} onClick={() => act(lorebooks_unbind(book.id, own))}><X /></IconButton>}</li>
          ))}</ul>}
          {used.length === 0 && <p className="mb-2 text-muted">{w('chat_books_none')}</p>}
          {free.length > 0 && <Select label={w('chat_book_add')} value="" on_change={(id) => { if (id) act(lorebooks_bind(id, own)); }} options={[{ value: '', text: w('choose') }, ...free.map(({ book }) => ({ value: book.id, text: book.name }))]} />}
          {!loaded.value.is_complete && <p className="mt-1 text-xs text-muted">{w('chat_books_more', { n: books_max })}</p>}
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
        <Books chat={chat} persona_id={persona_id || (usual?.id ?? null)} />
        <Template chat={chat} />
      </div>
    </Dialog>
  );
}
