import { Archive, ArchiveRestore, ArrowDown, ArrowUp, EllipsisVertical, ImagePlus, MessageSquareText, Plus, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { profiles_change, profiles_chats, profiles_export_url, profiles_rm, profiles_show, put_avatar, type EntityProfile, type Id } from '../api';
import { time_ago } from '../i18n';
import { as_error, use_load, type Loaded } from '../load';
import { NotFound } from '../pages/not_found';
import { Link, navigate } from '../router';
import { Badge, Bones, Button, Confirm, ErrorNote, Field, IconButton, Menu, MenuItem, icon_button } from '../ui/kit';
import { Code } from '../ui/markdown';
import { toast, toast_error } from '../ui/toast';
import { fields_of, rest_of, tags_of, with_changes, type CardFields, type CardText } from './card';
import { use_draft, type Draft } from './drafts';
import { Avatar, Disclosure, ExportMenu, Frame, LongField, SaveBar } from './parts';
import { StartChat } from './start_chat';
import { use_words } from './words';

const picture_files = 'image/png,image/jpeg,image/webp';

function Picture({ profile, on_change }: { profile: EntityProfile; on_change: (profile: EntityProfile) => void }) {
  const { w } = use_words();
  const input = useRef<HTMLInputElement>(null);
  const [is_busy, set_busy] = useState(false);
  const take = async (file: File | undefined) => {
    if (!file) return;
    set_busy(true);
    await put_avatar(profile.id, file).then(on_change, toast_error);
    set_busy(false);
  };
  return (
    <div className="relative max-sm:w-32" onDragOver={(event) => event.preventDefault()} onDrop={(event) => { event.preventDefault(); void take(event.dataTransfer.files[0]); }}>
      <div className="@container overflow-hidden rounded-2xl border border-line shadow-card"><Avatar profile={profile} className="aspect-[4/5] w-full" /></div>
      <IconButton name={profile.has_avatar ? w('avatar_change') : w('avatar_add')} aria-busy={is_busy} disabled={is_busy} className="!absolute bottom-2 right-2 border border-line bg-raised !text-ink shadow-card" onClick={() => input.current!.click()}><ImagePlus /></IconButton>
      <input ref={input} type="file" hidden accept={picture_files} aria-label={w('avatar_change')} onChange={(event) => { void take(event.target.files?.[0]); event.target.value = ''; }} />
    </div>
  );
}

function Greetings({ greetings, on_change }: { greetings: string[]; on_change: (greetings: string[]) => void }) {
  const { w } = use_words();
  const move = (from: number, to: number) => on_change(greetings.map((text, index) => (index === from ? greetings[to]! : index === to ? greetings[from]! : text)));
  return (
    <div className="space-y-4">
      {greetings.map((text, index) => (
        <LongField key={index} label={index === 0 ? w('greeting_first') : w('greeting_n', { n: index + 1 })} value={text} onChange={(event) => on_change(greetings.map((other, at) => (at === index ? event.target.value : other)))}
          action={greetings.length > 1 && <span className="-my-1 flex">
            <IconButton small name={w('greeting_up', { n: index + 1 })} disabled={index === 0} onClick={() => move(index, index - 1)}><ArrowUp /></IconButton>
            <IconButton small name={w('greeting_down', { n: index + 1 })} disabled={index === greetings.length - 1} onClick={() => move(index, index + 1)}><ArrowDown /></IconButton>
            <IconButton small name={w('greeting_remove', { n: index + 1 })} onClick={() => on_change(greetings.filter((_, at) => at !== index))}><Trash2 /></IconButton>
          </span>} />
      ))}
      <Button small onClick={() => on_change([...greetings, ''])}><Plus className="size-3.5" aria-hidden />{w('greeting_add')}</Button>
    </div>
  );
}

/** Tags as people type them; the list is read when the field is left. */
function Tags({ tags, on_change }: { tags: string[]; on_change: (tags: string[]) => void }) {
  const { w } = use_words();
  const [typed, set_typed] = useState<string | null>(null);
  return <Field label={w('tags')} hint={w('tags_hint')} autoComplete="off" value={typed ?? tags.join(', ')} onChange={(event) => { set_typed(event.target.value); on_change(tags_of(event.target.value)); }} onBlur={() => set_typed(null)} />;
}

function CardForm({ draft, profile }: { draft: Draft<CardFields>; profile: EntityProfile }) {
  const { w } = use_words();
  const { value, set } = draft;
  const line = (name: CardText) => ({ label: w(`card_${name}`), value: value[name], autoComplete: 'off', onChange: (event: { target: { value: string } }) => set({ [name]: event.target.value }) });
  const rest = rest_of(profile.spec);
  const rest_names = Object.keys(rest);
  return (
    <div className="space-y-4">
      <section aria-label={w('character')} className="card space-y-4 p-4">
        <div className="grid gap-4 sm:grid-cols-2"><Field {...line('name')} maxLength={200} /><Field {...line('nickname')} hint={w('nickname_hint')} /></div>
        <LongField {...line('description')} rows={6} />
        <LongField {...line('personality')} rows={2} />
        <LongField {...line('scenario')} rows={2} />
      </section>
      <section aria-label={w('greetings')} className="card p-4"><Greetings greetings={value.greetings} on_change={(greetings) => set({ greetings })} /></section>
      <Disclosure title={w('card_examples')} note={value.mes_example ? w('filled') : undefined}><LongField {...line('mes_example')} label={w('card_mes_example')} rows={6} hint={w('mes_example_hint')} /></Disclosure>
      <Disclosure title={w('card_prompts')} note={value.system_prompt || value.post_history_instructions ? w('filled') : undefined}>
        <LongField {...line('system_prompt')} hint={w('system_prompt_hint')} />
        <LongField {...line('post_history_instructions')} hint={w('post_history_hint')} />
      </Disclosure>
      <section aria-label={w('card_about')} className="card space-y-4 p-4">
        <Tags tags={value.tags} on_change={(tags) => set({ tags })} />
        <LongField {...line('creator_notes')} rows={2} hint={w('creator_notes_hint')} />
        <div className="grid gap-4 sm:grid-cols-2"><Field {...line('creator')} /><Field {...line('character_version')} /></div>
      </section>
      {rest_names.length > 0 && (
        <Disclosure title={w('card_rest')} note={w('card_rest_count', { n: rest_names.length })}>
          <p className="text-muted">{w('card_rest_text')}</p>
          {rest_names.map((name) => <details key={name}><summary className="cursor-pointer font-mono text-xs">{name}</summary><pre tabIndex={0} className="mt-1 max-h-72 overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs"><Code text={JSON.stringify(rest[name], null, 2).slice(0, 20_000)} language="json" /></pre></details>)}
        </Disclosure>
      )}
    </div>
  );
}

function Chats({ profile_id }: { profile_id: Id }) {
  const { t, w, language } = use_words();
  const chats = use_load(`chats ${profile_id}`, () => profiles_chats(profile_id, { limit: 8 }));
  if (!chats.value?.items.length) return null;
  return (
    <section aria-label={w('chats_with')}>
      <h2 className="mb-1.5 font-medium">{w('chats_with')}</h2>
      <ul className="card divide-y divide-line overflow-hidden">{chats.value.items.map((chat) => (
        <li key={chat.id}><Link href={`/chats/${chat.id}`} className="flex items-center justify-between gap-2 px-3 py-2 hover:bg-hover focus-visible:outline-offset-[-2px]"><span className="truncate">{chat.title || t('chat_untitled')}</span><span className="shrink-0 text-xs text-muted">{time_ago(chat.last_message_at ?? chat.created_at, language)}</span></Link></li>
      ))}</ul>
    </section>
  );
}

function Character({ profile, loaded }: { profile: EntityProfile; loaded: Loaded<EntityProfile> }) {
  const { t, w } = use_words();
  const draft = use_draft(`profile.${profile.id}`, fields_of(profile.spec));
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const [is_starting, set_starting] = useState(false);
  const [is_deleting, set_deleting] = useState(false);
  const is_away = profile.status === 'archived';
  const save = async () => {
    set_busy(true);
    set_error(null);
    try {
      loaded.set(await profiles_change(profile.id, { spec: with_changes(profile.spec, draft.changes) }, { if_match: profile.version }));
      draft.forget();
      toast(w('saved'));
    } catch (cause) {
      // Somebody else saved: theirs is shown below the changes, which are kept, and saving again is on top of it.
      const is_behind = as_error(cause).status === 412;
      if (is_behind) loaded.reload();
      set_error(is_behind ? new Error(w('changed_meanwhile')) : cause);
    }
    set_busy(false);
  };
  const put_away = (status: 'archived' | 'active') => profiles_change(profile.id, { status }).then((changed) => { loaded.set(changed); toast(status === 'archived' ? w('put_away_done') : w('brought_back')); }, toast_error);
  const export_of = (format: 'json' | 'png' | 'charx', to?: 'v2') => profiles_export_url(profile.id, { format, ...(to ? { to } : {}) });
  return (
    <Frame title={profile.name} action={
      <div className="flex flex-wrap items-center gap-2">
        {is_away ? <Button kind="primary" onClick={() => void put_away('active')}><ArchiveRestore className="size-4" aria-hidden />{w('bring_back')}</Button> : <Button kind="primary" onClick={() => set_starting(true)}><MessageSquareText className="size-4" aria-hidden />{w('chat_start')}</Button>}
        <ExportMenu choices={[{ text: 'PNG', note: w('export_png'), href: export_of('png') }, { text: 'CHARX', note: w('export_charx'), href: export_of('charx') }, { text: 'JSON · V3', note: w('export_json'), href: export_of('json') }, { text: 'JSON · V2', note: w('export_v2'), href: export_of('json', 'v2') }, { text: 'PNG · V2', note: w('export_v2'), href: export_of('png', 'v2') }]} />
        <Menu trigger={<button type="button" aria-label={t('more')} className={icon_button()}><EllipsisVertical /></button>}>
          {!is_away && <MenuItem icon={<Archive />} on_select={() => void put_away('archived')}>{w('put_away')}</MenuItem>}
          {is_away && <MenuItem icon={<Trash2 />} is_danger on_select={() => set_deleting(true)}>{w('delete_for_good')}</MenuItem>}
        </Menu>
      </div>}>
      {is_away && <p className="mb-4 flex flex-wrap items-center gap-2"><Badge tone="warn">{w('put_away_one')}</Badge><span className="text-muted">{w('put_away_text')}</span></p>}
      <div className="gap-6 md:grid md:grid-cols-[minmax(0,1fr)_14rem]">
        <div className="mb-5 space-y-5 md:sticky md:top-6 md:order-2 md:mb-0 md:self-start"><Picture profile={profile} on_change={loaded.set} /><Chats profile_id={profile.id} /></div>
        <div className="min-w-0"><CardForm draft={draft} profile={profile} /><SaveBar is_changed={draft.is_changed} is_busy={is_busy} error={error} on_save={() => void save()} on_discard={() => { draft.forget(); set_error(null); }} /></div>
      </div>
      {is_starting && <StartChat profile_id={profile.id} on_close={() => set_starting(false)} />}
      {is_deleting && <Confirm title={w('character_delete')} text={w('character_delete_text', { name: profile.name })} action={t('delete')} on_close={() => set_deleting(false)} on_confirm={async () => { await profiles_rm(profile.id); draft.forget(); navigate('/library'); }} />}
    </Frame>
  );
}

export function CharacterPage({ profile_id }: { profile_id: Id }) {
  const { w } = use_words();
  const loaded = use_load(profile_id, () => profiles_show(profile_id));
  if (loaded.error?.status === 404 || loaded.error?.status === 400) return <NotFound />;
  if (loaded.value) return <Character profile={loaded.value} loaded={loaded} />;
  return <Frame title={w('character')}>{loaded.error ? <ErrorNote error={loaded.error} retry={loaded.reload} /> : <Bones lines={6} />}</Frame>;
}
