// Home: say what should grow, or go on where one was.
import { ArrowRight, EllipsisVertical, MessageSquareText, Pencil, Sprout, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { apps_create, apps_ls, apps_rename, apps_rm, chats_create, chats_ls, chats_say, templates_ls, type App, type Page, type Template } from '../api';
import { Composer, use_model } from '../chat/composer';
import { time_ago, use_t, type Key } from '../i18n';
import { use_load, type Loaded } from '../load';
import { Link, navigate } from '../router';
import { use_stored } from '../stored';
import { Bones, Button, Confirm, Dialog, Empty, ErrorNote, Field, Menu, MenuItem, icon_button } from '../ui/kit';
import { Shell, use_title } from '../ui/shell';
import { toast_error } from '../ui/toast';

const ideas: Key[] = ['idea_1', 'idea_2', 'idea_3'];

/** A name from the first words of what was asked. */
export function name_from(text: string): string {
  const words = text.replace(/[^\p{L}\p{N}\s-]/gu, ' ').trim().split(/\s+/).slice(0, 5).join(' ');
  return (words.charAt(0).toUpperCase() + words.slice(1)).slice(0, 60) || 'App';
}

function TemplateCard({ template, is_chosen, on_choose }: { template: Template; is_chosen: boolean; on_choose: () => void }) {
  return (
    <label className={`card relative flex cursor-pointer flex-col gap-1 p-3.5 transition-shadow hover:shadow-float has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-accent ${is_chosen ? '!border-accent ring-1 ring-accent' : ''}`}>
      <input type="radio" name="template" value={template.name} className="sr-only" checked={is_chosen} onChange={on_choose} />
      <span className="flex items-center justify-between gap-2 font-medium">{template.title}<span aria-hidden className={`size-3.5 rounded-full border-2 ${is_chosen ? 'border-[4px] border-accent' : 'border-line-strong'}`} /></span>
      <span className="text-muted">{template.description}</span>
      <span className="mt-1 flex flex-wrap gap-1">{template.stack.map((part) => <span key={part} className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-[0.7rem] text-muted">{part}</span>)}</span>
    </label>
  );
}

function RenameApp({ app, on_close, on_done }: { app: App; on_close: () => void; on_done: () => void }) {
  const { t } = use_t();
  const [name, set_name] = useState(app.name);
  const save = () => apps_rename(app.id, { name: name.trim() }).then(() => { on_done(); on_close(); }, toast_error);
  return (
    <Dialog title={t('app_rename')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!name.trim()} onClick={save}>{t('save')}</Button></>}>
      <form onSubmit={(event) => { event.preventDefault(); void save(); }}><Field label={t('name')} value={name} autoFocus maxLength={100} onChange={(event) => set_name(event.target.value)} /></form>
    </Dialog>
  );
}

function Apps({ apps }: { apps: Loaded<Page<App>> }) {
  const { t, language } = use_t();
  const [renamed, set_renamed] = useState<App | null>(null);
  const [deleted, set_deleted] = useState<App | null>(null);
  if (apps.error) return <ErrorNote error={apps.error} retry={apps.reload} />;
  if (!apps.value) return <Bones lines={4} />;
  if (apps.value.items.length === 0) return <div className="card border-dashed shadow-none"><Empty icon={<Sprout />} title={t('apps_empty')}>{t('apps_empty_text')}</Empty></div>;
  return (
    <>
      <ul className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {apps.value.items.map((app) => (
          <li key={app.id} className="card group relative p-3.5 transition-shadow hover:shadow-float">
            <div className="flex items-start gap-2">
              <Link href={`/apps/${app.id}`} className="min-w-0 flex-1 after:absolute after:inset-0 after:rounded-xl"><span className="block truncate font-medium">{app.name}</span></Link>
              <Menu trigger={<button type="button" aria-label={t('app_actions', { name: app.name })} className={`relative z-10 -mr-1.5 -mt-1 ${icon_button(true)}`}><EllipsisVertical /></button>}>
                <MenuItem icon={<Pencil />} on_select={() => set_renamed(app)}>{t('rename')}</MenuItem>
                <MenuItem icon={<Trash2 />} is_danger on_select={() => set_deleted(app)}>{t('delete')}</MenuItem>
              </Menu>
            </div>
            <p className="mt-2 flex items-center gap-2 text-xs text-muted"><span className="rounded-md bg-sunken px-1.5 py-0.5 font-mono">{app.template}</span>{time_ago(app.updated_at, language)}</p>
          </li>
        ))}
      </ul>
      {renamed && <RenameApp app={renamed} on_close={() => set_renamed(null)} on_done={apps.reload} />}
      {deleted && <Confirm title={t('app_delete')} text={t('app_delete_text', { name: deleted.name })} action={t('delete')} on_close={() => set_deleted(null)} on_confirm={async () => { await apps_rm(deleted.id); apps.reload(); }} />}
    </>
  );
}

export function HomePage() {
  const { t, language } = use_t();
  use_title('');
  const templates = use_load('templates', templates_ls);
  const apps = use_load('apps', () => apps_ls({ limit: 60 }));
  const chats = use_load('chats', () => chats_ls({ status: 'active', limit: 30 }));
  const [text, set_text] = use_stored('draft.home');
  const [kept, keep] = use_stored('template');
  const picked = use_model();
  const chosen = templates.value?.items.find((template) => template.name === kept) ?? templates.value?.items[0] ?? null;
  const create = async (wanted: string) => {
    if (!chosen) throw new Error(t('templates_missing'));
    const app = await apps_create({ name: name_from(wanted), template: chosen.name });
    try {
      await chats_say(app.chat_id, { text: wanted, ...(picked.model ? { model: picked.model } : {}) });
      set_text('');
    } catch (cause) {
      // The app exists: the words go with it, into its own box.
      localStorage.setItem(`ramify.draft.${app.chat_id}.${app.branch_id}`, wanted);
      toast_error(cause);
    }
    navigate(`/apps/${app.id}`);
  };
  const create_empty = () => { if (chosen) apps_create({ name: chosen.title, template: chosen.name }).then((app) => navigate(`/apps/${app.id}`), toast_error); };
  const plain_chats = chats.value?.items.filter((chat) => !chat.app_id) ?? [];
  return (
    <Shell crumbs={[]}>
      <div className="h-full overflow-y-auto">
        <div className="mx-auto max-w-4xl px-4 pb-16 pt-10 sm:pt-16">
          <h1 className="text-center text-balance text-2xl font-semibold sm:text-3xl">{t('home_title')}</h1>
          <p className="mx-auto mb-7 mt-2 max-w-xl text-balance text-center text-muted">{t('home_text')}</p>
          <div className="mx-auto max-w-2xl">
            <Composer text={text ?? ''} on_text={set_text} on_send={create} label={t('home_prompt')} placeholder={t('home_placeholder')} picked={picked} autofocus is_tall
              extra={chosen && <span className="rounded-lg bg-sunken px-2 py-1 font-mono text-[0.7rem] text-muted max-sm:hidden">{chosen.title}</span>} />
            <div className="mt-3 flex flex-wrap justify-center gap-2">
              {ideas.map((idea) => <button key={idea} type="button" onClick={() => { set_text(t(idea)); document.querySelector<HTMLElement>('main textarea')?.focus(); }} className="rounded-full border border-line bg-surface px-3 py-1 pointer-coarse:py-2 text-xs text-muted hover:border-line-strong hover:text-ink">{t(idea)}</button>)}
            </div>
          </div>

          <section aria-labelledby="home-templates" className="mt-12">
            <div className="mb-3 flex items-center justify-between"><h2 id="home-templates" className="text-base font-semibold">{t('templates')}</h2><Button small kind="quiet" disabled={!chosen} onClick={create_empty}>{t('app_create_empty')}<ArrowRight className="size-3.5" aria-hidden /></Button></div>
            {templates.error ? <ErrorNote error={templates.error} retry={templates.reload} /> : !templates.value ? <div className="grid gap-3 sm:grid-cols-2"><div className="skeleton h-24" /><div className="skeleton h-24" /></div>
              : <fieldset className="grid gap-3 sm:grid-cols-2"><legend className="sr-only">{t('template_choose')}</legend>{templates.value.items.map((template) => <TemplateCard key={template.name} template={template} is_chosen={template.name === chosen?.name} on_choose={() => keep(template.name)} />)}</fieldset>}
          </section>

          <section aria-labelledby="home-apps" className="mt-10"><h2 id="home-apps" className="mb-3 text-base font-semibold">{t('apps_recent')}</h2><Apps apps={apps} /></section>

          <section aria-labelledby="home-chats" className="mt-10">
            <div className="mb-3 flex items-center justify-between"><h2 id="home-chats" className="text-base font-semibold">{t('chats_recent')}</h2><span className="flex-1" /><Link href="/chats" className="rounded-lg px-2.5 py-1 text-xs font-medium text-muted hover:bg-hover hover:text-ink pointer-coarse:py-2">{t('chats_all')}</Link><Button small kind="quiet" onClick={() => chats_create({}).then((chat) => navigate(`/chats/${chat.id}`), toast_error)}><MessageSquareText className="size-3.5" aria-hidden />{t('chat_new')}</Button></div>
            {chats.error ? <ErrorNote error={chats.error} retry={chats.reload} /> : !chats.value ? <Bones lines={2} /> : plain_chats.length === 0 ? <p className="text-muted">{t('chats_empty')}</p> : (
              <ul className="card divide-y divide-line overflow-hidden">
                {plain_chats.map((chat) => <li key={chat.id}><Link href={`/chats/${chat.id}`} className="flex items-center justify-between gap-3 px-3.5 py-2.5 hover:bg-hover"><span className="truncate">{chat.title || t('chat_untitled')}</span><span className="shrink-0 text-xs text-muted">{time_ago(chat.last_message_at ?? chat.created_at, language)}</span></Link></li>)}
              </ul>
            )}
          </section>
        </div>
      </div>
    </Shell>
  );
}
