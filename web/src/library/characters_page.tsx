import { MessageSquareText, Plus, Search, Upload, UserRound } from 'lucide-react';
import { useState } from 'react';
import { import_profile, profiles_create, profiles_ls, type ListedProfile } from '../api';
import { Link, navigate } from '../router';
import { Bones, Button, Choice, Dialog, Empty, ErrorNote, Field } from '../ui/kit';
import { is_found } from './card';
import { ImportResults, use_import } from './file_import';
import { use_pages } from './pages';
import { Avatar, DropZone, FileButton, Frame, character_href } from './parts';
import { StartChat } from './start_chat';
import { use_words } from './words';

const card_files = '.json,.png,.apng,.charx,application/json,image/png';
const card_bytes_max = 64 * 1024 * 1024;

type Status = 'active' | 'archived';
/** Pictures are drawn as they come into view; cards beyond these are drawn when they are asked for. */
const shown_step = 120;

function Card({ profile, on_chat }: { profile: ListedProfile; on_chat: () => void }) {
  const { w } = use_words();
  return (
    <li className="character card group relative flex flex-col overflow-hidden transition-shadow hover:shadow-float has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-offset-2 has-[a:focus-visible]:outline-accent">
      <div className="@container"><Avatar profile={profile} className="aspect-[4/5] w-full" /></div>
      <div className="flex min-w-0 flex-1 flex-col p-3">
        <Link href={character_href(profile.id)} className="block truncate font-medium outline-none after:absolute after:inset-0 after:rounded-xl" title={profile.name}>{profile.name}</Link>
        <p className="truncate text-xs text-muted">{profile.creator ? w('by', { name: profile.creator }) : ' '}</p>
        <p className="mt-1.5 flex h-5 flex-wrap gap-1 overflow-hidden">{profile.tags.slice(0, 6).map((tag) => <span key={tag} className="max-w-full truncate rounded-md bg-sunken px-1.5 py-0.5 text-[0.7rem] leading-4 text-muted">{tag}</span>)}</p>
        {profile.status === 'active' && <Button small className="relative z-10 mt-2.5 w-full" onClick={on_chat}><MessageSquareText className="size-3.5" aria-hidden />{w('chat_start')}<span className="sr-only">: {profile.name}</span></Button>}
      </div>
    </li>
  );
}

function NewCharacter({ on_close }: { on_close: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const create = () => profiles_create({ name: name.trim() }).then((made) => navigate(character_href(made.id)), set_error);
  return (
    <Dialog title={w('character_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void create()}>{t('create')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); if (name.trim()) void create(); }} className="space-y-3"><Field label={t('name')} value={name} maxLength={200} autoComplete="off" onChange={(event) => set_name(event.target.value)} /><ErrorNote error={error} /></form>
    </Dialog>
  );
}

export function CharactersPage() {
  const { w } = use_words();
  const [status, set_status] = useState<Status>('active');
  const [search, set_search] = useState('');
  const [shown_max, set_shown_max] = useState(shown_step);
  const [is_adding, set_adding] = useState(false);
  const [chat_with, set_chat_with] = useState<ListedProfile | null>(null);
  const profiles = use_pages(`profiles ${status}`, (query, options) => profiles_ls({ ...query, status }, options));
  const imports = use_import((file) => import_profile(file).then(({ id, name, warnings }) => ({ name, href: character_href(id), warnings })), card_bytes_max, () => { set_status('active'); profiles.reload(); });
  const found = profiles.items.filter((profile) => is_found(search, [profile.name, profile.creator, ...profile.tags]));
  const is_first_use = status === 'active' && profiles.is_complete && profiles.items.length === 0;
  return (
    <Frame title={w('characters')} text={w('characters_text')} action={<div className="flex flex-wrap gap-2">
      {!is_first_use && <FileButton text={w('import')} accept={card_files} is_multiple kind="primary" on_files={imports.take} />}<Button onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{w('character_new')}</Button></div>}>
      <DropZone text={w('drop_cards')} on_files={imports.take}>
        <ImportResults results={imports.results} on_close={imports.clear} />
        <div className={`mb-4 flex flex-wrap items-center gap-2 ${is_first_use ? 'justify-end' : ''}`}>
          {!is_first_use && <label className="relative min-w-0 flex-1 basis-56"><span className="sr-only">{w('characters_search')}</span><Search className="pointer-events-none absolute left-3 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden />
            <input type="search" className="field !pl-9" value={search} placeholder={w('characters_search')} onChange={(event) => { set_search(event.target.value); set_shown_max(shown_step); }} /></label>}
          <Choice<Status> label={w('characters_which')} value={status} on_change={set_status} options={[{ value: 'active', text: w('in_use') }, { value: 'archived', text: w('put_away_those') }]} />
        </div>
        {profiles.error && <ErrorNote error={profiles.error} retry={profiles.reload} className="mb-3" />}
        {!profiles.is_complete && profiles.items.length === 0 ? !profiles.error && <Bones lines={6} />
          : is_first_use ? (
            <div className="card border-dashed shadow-none"><Empty icon={<UserRound />} title={w('characters_empty')}><p>{w('characters_empty_text')}</p><div className="mt-4"><FileButton text={w('import_cards')} accept={card_files} is_multiple kind="primary" on_files={imports.take} /></div></Empty></div>
          ) : found.length === 0 ? <Empty icon={search ? <Search /> : <Upload />} title={search ? w('characters_none') : w('put_away_none')}>{search ? w('characters_none_text') : w('put_away_none_text')}</Empty>
          : <ul aria-label={w('characters')} className="grid grid-cols-2 gap-3 sm:grid-cols-3 md:grid-cols-4 lg:grid-cols-5">{found.slice(0, shown_max).map((profile) => <Card key={profile.id} profile={profile} on_chat={() => set_chat_with(profile)} />)}</ul>}
        {found.length > shown_max && <div className="mt-4 text-center"><Button onClick={() => set_shown_max(shown_max + shown_step)}>{w('show_more', { n: found.length - shown_max })}</Button></div>}
        <p role="status" className="sr-only">{search && profiles.is_complete ? w('characters_found', { n: found.length }) : ''}</p>
      </DropZone>
      {is_adding && <NewCharacter on_close={() => set_adding(false)} />}
      {chat_with && <StartChat profile_id={chat_with.id} on_close={() => set_chat_with(null)} />}
    </Frame>
  );
}
