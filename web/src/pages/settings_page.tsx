import { Bot, Cpu, KeyRound, MonitorSmartphone, Palette, Plus, Split, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState, type FormEvent, type ReactNode } from 'react';
import { get_version, sessions_ls, sessions_rm, tokens_create, tokens_ls, tokens_rm, type NewToken, type Token } from '../api';
import { choose_language, full_time, time_ago, use_t, type Key, type Language } from '../i18n';
import { use_load } from '../load';
import { Link } from '../router';
import { use_stored } from '../stored';
import { choose_theme, chosen_theme, type Theme } from '../theme';
import { Badge, Bones, Button, Choice, Confirm, Dialog, Empty, ErrorNote, Field, IconButton, Select } from '../ui/kit';
import { CopyButton } from '../ui/markdown';
import { Section } from '../ui/section';
import { Shell, use_title } from '../ui/shell';
import { toast, toast_error } from '../ui/toast';
import { NotFound } from './not_found';

/** Chunks of their own. */
const Models = lazy(() => import('../models/models'));
const ServiceAccounts = lazy(() => import('../accounts/service_accounts'));

function TokenDialog({ on_close, on_done }: { on_close: () => void; on_done: () => void }) {
  const { t } = use_t();
  const [name, set_name] = useState('');
  const [days, set_days] = useState('90');
  const [made, set_made] = useState<NewToken | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const create = async (event?: FormEvent) => {
    event?.preventDefault();
    set_error(null);
    try {
      const expires_at = days === 'never' ? {} : { expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString() };
      set_made(await tokens_create({ name: name.trim(), ...expires_at }));
      on_done();
    } catch (cause) {
      set_error(cause);
    }
  };
  if (made) {
    return (
      <Dialog title={t('token_made')} on_close={on_close} footer={<Button kind="primary" onClick={on_close}>{t('done')}</Button>}>
        <p className="mb-3 text-muted">{t('token_once')}</p>
        <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken py-1 pl-3 pr-1"><code className="min-w-0 flex-1 select-all break-all font-mono text-sm">{made.token}</code><CopyButton text={made.token} /></div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t('token_new')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!name.trim()} onClick={() => void create()}>{t('create')}</Button></>}>
      <form onSubmit={create} className="space-y-4">
        <Field label={t('name')} value={name} autoFocus required maxLength={100} hint={t('token_name_hint')} onChange={(event) => set_name(event.target.value)} />
        <Select label={t('expires')} value={days} on_change={set_days} options={[...['30', '90', '365'].map((value) => ({ value, text: t('days', { n: Number(value) }) })), { value: 'never', text: t('never') }]} />
        <ErrorNote error={error} />
      </form>
    </Dialog>
  );
}

function Tokens() {
  const { t, language } = use_t();
  const tokens = use_load('tokens', tokens_ls);
  const [is_adding, set_adding] = useState(false);
  const [deleted, set_deleted] = useState<Token | null>(null);
  return (
    <Section title={t('tokens_title')} text={t('tokens_text')} action={<Button kind="primary" onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{t('token_new')}</Button>}>
      {tokens.error && <ErrorNote error={tokens.error} retry={tokens.reload} className="mb-3" />}
      {!tokens.value ? !tokens.error && <Bones lines={3} /> : tokens.value.items.length === 0 ? <div className="card"><Empty icon={<KeyRound />} title={t('tokens_empty')} /></div> : (
        <ul className="card divide-y divide-line">
          {tokens.value.items.map((token) => (
            <li key={token.id} className="flex items-center gap-3 px-4 py-3">
              <div className="min-w-0 flex-1"><p className="truncate font-medium">{token.name}</p><p className="text-xs text-muted">{t('created_at', { time: time_ago(token.created_at, language) })} · {token.expires_at ? t('expires_at', { time: full_time(token.expires_at, language) }) : t('expires_never')} · {token.last_used_at ? t('used_at', { time: time_ago(token.last_used_at, language) }) : t('used_never')}</p></div>
              <IconButton name={t('delete')} onClick={() => set_deleted(token)}><Trash2 /></IconButton>
            </li>
          ))}
        </ul>
      )}
      {is_adding && <TokenDialog on_close={() => set_adding(false)} on_done={tokens.reload} />}
      {deleted && <Confirm title={t('token_delete')} text={t('token_delete_text', { name: deleted.name })} action={t('delete')} on_close={() => set_deleted(null)} on_confirm={async () => { await tokens_rm(deleted.id); tokens.reload(); }} />}
    </Section>
  );
}

function Sessions() {
  const { t, language } = use_t();
  const sessions = use_load('sessions', sessions_ls);
  const end = (id: string) => sessions_rm(id).then(() => { toast(t('session_ended')); sessions.reload(); }, toast_error);
  return (
    <Section title={t('sessions')} text={t('sessions_text')}>
      {sessions.error && <ErrorNote error={sessions.error} retry={sessions.reload} className="mb-3" />}
      {!sessions.value ? !sessions.error && <Bones lines={3} /> : sessions.value.items.length === 0 ? <div className="card"><Empty icon={<MonitorSmartphone />} title={t('sessions_empty')} /></div> : (
        <ul className="card divide-y divide-line">
          {sessions.value.items.map((session) => (
            <li key={session.id} className="flex items-center gap-3 px-4 py-3">
              <div className="min-w-0 flex-1"><p className="flex items-center gap-2 font-medium"><span className="truncate">{session.user_agent || session.address || session.id}</span>{session.is_current && <Badge tone="good">{t('this_one')}</Badge>}</p><p className="text-xs text-muted">{t('created_at', { time: time_ago(session.created_at, language) })}{session.address && ` · ${session.address}`}</p></div>
              {!session.is_current && <Button small onClick={() => void end(session.id)}>{t('end')}</Button>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Appearance() {
  const { t, language } = use_t();
  use_stored('theme');
  const version = use_load('server-version', get_version);
  return (
    <Section title={t('appearance')}>
      <div className="card divide-y divide-line">
        <div className="flex flex-wrap items-center justify-between gap-3 px-4 py-3"><span className="font-medium">{t('theme')}</span><Choice<Theme> label={t('theme')} value={chosen_theme()} on_change={choose_theme} options={[{ value: 'system', text: t('theme_system') }, { value: 'light', text: t('theme_light') }, { value: 'dark', text: t('theme_dark') }]} /></div>
        <div className="flex flex-wrap items-center justify-between gap-3 px-4 py-3"><span className="font-medium">{t('language')}</span><Choice<Language> label={t('language')} value={language} on_change={choose_language} options={[{ value: 'en', text: 'English' }, { value: 'ru', text: 'Русский' }]} /></div>
      </div>
      <p className="mt-4 text-xs text-muted">Ramify {version.value?.version ?? ''} · <a className="underline" href="/api/docs">{t('api_docs')}</a></p>
    </Section>
  );
}

/** Some sections have pages of their own below them, which `part` names. */
const sections: { value: string; key: Key; icon: typeof Cpu; page: (part: string | undefined) => ReactNode; has_parts?: boolean }[] = [
  { value: 'models', key: 'models', icon: Cpu, has_parts: true, page: (part) => <Models kind="models" part={part} /> },
  { value: 'policies', key: 'policies', icon: Split, has_parts: true, page: (part) => <Models kind="policies" part={part} /> },
  { value: 'appearance', key: 'appearance', icon: Palette, page: () => <Appearance /> },
  { value: 'tokens', key: 'tokens_title', icon: KeyRound, page: () => <Tokens /> },
  { value: 'service_accounts', key: 'service_accounts', icon: Bot, page: () => <ServiceAccounts /> },
  { value: 'sessions', key: 'sessions', icon: MonitorSmartphone, page: () => <Sessions /> },
];

export default function SettingsPage({ section, part }: { section: string; part?: string | undefined }) {
  const { t } = use_t();
  use_title(t('settings'));
  const current = sections.find((other) => other.value === section);
  if (!current || (part && !current.has_parts)) return <NotFound />;
  return (
    <Shell crumbs={[{ text: t('settings') }]}>
      <div className="h-full overflow-y-auto"><div className="mx-auto flex max-w-5xl gap-8 px-4 py-6 max-sm:flex-col max-sm:gap-4">
        <nav aria-label={t('settings')} className="w-48 shrink-0 max-sm:w-full">
          <ul className="flex flex-col gap-0.5 max-sm:flex-row max-sm:overflow-x-auto">
            {sections.map(({ value, key, icon: Icon }) => (
              <li key={value}><Link href={`/settings/${value}`} aria-current={value === section ? 'page' : undefined} className="flex items-center gap-2.5 whitespace-nowrap rounded-lg px-3 py-1.5 text-muted max-sm:px-2.5 pointer-coarse:py-2 hover:bg-hover hover:text-ink aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-accent"><Icon className="size-4 max-sm:hidden" aria-hidden />{t(key)}</Link></li>
            ))}
          </ul>
        </nav>
        <div className="min-w-0 flex-1"><Suspense fallback={<Bones lines={5} />}>{current.page(part)}</Suspense></div>
      </div></div>
    </Shell>
  );
}
