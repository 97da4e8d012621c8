import { CircleCheck, CircleX, Cpu, KeyRound, MonitorSmartphone, Palette, Pencil, Plus, Star, Trash2, Zap } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import {
  get_version, models_change, models_create, models_ls, models_rm, models_test, sessions_ls, sessions_rm, tokens_create, tokens_ls, tokens_rm, type ChangeModel, type Model, type ModelTest,
  type NewToken, type Token,
} from '../api';
import { default_model } from '../chat/composer';
import { choose_language, full_time, time_ago, use_t, type Key, type Language } from '../i18n';
import { use_load } from '../load';
import { Link } from '../router';
import { use_stored } from '../stored';
import { choose_theme, chosen_theme, type Theme } from '../theme';
import { Badge, Bones, Button, Choice, Confirm, Dialog, Empty, ErrorNote, Field, IconButton, Select } from '../ui/kit';
import { CopyButton } from '../ui/markdown';
import { Shell, use_title } from '../ui/shell';
import { toast, toast_error } from '../ui/toast';
import { NotFound } from './not_found';

const providers: { value: string; text: string; base_url: string; needs_key: boolean }[] = [
  { value: 'openai', text: 'OpenAI · OpenAI-compatible', base_url: 'https://api.openai.com/v1', needs_key: true },
  { value: 'openai_responses', text: 'OpenAI · Responses', base_url: 'https://api.openai.com/v1', needs_key: true },
  { value: 'anthropic', text: 'Anthropic', base_url: 'https://api.anthropic.com', needs_key: true },
  { value: 'gemini', text: 'Google Gemini', base_url: 'https://generativelanguage.googleapis.com', needs_key: true },
  { value: 'ollama', text: 'Ollama', base_url: 'http://127.0.0.1:11434', needs_key: false },
  { value: 'demo', text: 'Demo', base_url: '', needs_key: false },
];

function ModelDialog({ model, on_close, on_done }: { model: Model | null; on_close: () => void; on_done: () => void }) {
  const { t } = use_t();
  const [provider, set_provider] = useState(model?.provider ?? 'openai');
  const [name, set_name] = useState(model?.name ?? '');
  const [base_url, set_base_url] = useState(model?.base_url ?? '');
  const [model_name, set_model_name] = useState(model?.model ?? '');
  const [api_key, set_api_key] = useState('');
  const [context_tokens, set_context_tokens] = useState(String(model?.context_tokens ?? ''));
  const [is_default, set_is_default] = useState(model?.is_default ?? false);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const known = providers.find((other) => other.value === provider) ?? { value: provider, text: provider, base_url: '', needs_key: true };
  const save = async (event?: FormEvent) => {
    event?.preventDefault();
    set_busy(true);
    set_error(null);
    const named = name.trim() || model_name.trim() || known.text;
    const body: ChangeModel = { base_url: base_url.trim(), model: model_name.trim(), ...(is_default ? { is_default } : {}) };
    if (api_key) body.api_key = api_key;
    if (context_tokens) body.context_tokens = Number(context_tokens);
    try {
      if (model) await models_change(model.id, { ...body, name: named });
      else await models_create({ ...body, name: named, provider });
      on_done();
      on_close();
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  return (
    <Dialog title={model ? t('model_edit') : t('model_add')} on_close={on_close}
      footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" is_busy={is_busy} onClick={() => void save()}>{t('save')}</Button></>}>
      <form onSubmit={save} className="space-y-4">
        {!model && <Select label={t('provider')} value={provider} on_change={set_provider} options={providers} />}
        <Field label={t('name')} value={name} maxLength={100} placeholder={model_name || known.text} onChange={(event) => set_name(event.target.value)} />
        {provider !== 'demo' && (
          <>
            <Field label={t('model_id')} value={model_name} autoComplete="off" spellCheck={false} hint={t('model_id_hint')} onChange={(event) => set_model_name(event.target.value)} />
            <Field label={t('base_url')} type="url" value={base_url} autoComplete="off" spellCheck={false} placeholder={known.base_url} hint={t('base_url_hint')} onChange={(event) => set_base_url(event.target.value)} />
            <Field label={t('api_key')} type="password" value={api_key} autoComplete="new-password" placeholder={model?.has_api_key ? '••••••••' : ''} hint={model?.has_api_key ? t('api_key_keep') : known.needs_key ? t('api_key_hint') : t('api_key_optional')} onChange={(event) => set_api_key(event.target.value)} />
            <Field label={t('context_tokens')} type="number" inputMode="numeric" min={1000} value={context_tokens} placeholder="64000" hint={t('context_tokens_hint')} onChange={(event) => set_context_tokens(event.target.value)} />
          </>
        )}
        <label className="flex cursor-pointer items-center gap-2"><input type="checkbox" className="size-4 accent-(--accent)" checked={is_default} onChange={(event) => set_is_default(event.target.checked)} />{t('model_make_default')}</label>
        <ErrorNote error={error} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function TestResult({ result }: { result: ModelTest }) {
  const { t } = use_t();
  return (
    <div role="status" data-ok={result.ok} className={`model-test mt-2 flex items-start gap-2 rounded-lg px-3 py-2 ${result.ok ? 'bg-accent-soft' : 'bg-danger-soft'}`}>
      {result.ok ? <CircleCheck className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden /> : <CircleX className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />}
      <div className="min-w-0">
        <p className="break-words">{result.message || (result.ok ? t('test_ok') : t('test_failed'))}</p>
        {result.answer && <p className="mt-0.5 line-clamp-3 break-words text-muted">“{result.answer}”</p>}
        <p className="mt-0.5 text-xs text-muted">{t('test_time', { n: result.total_ms })}</p>
      </div>
    </div>
  );
}

function ModelRow({ model, is_default, reload }: { model: Model; is_default: boolean; reload: () => void }) {
  const { t } = use_t();
  const [result, set_result] = useState<ModelTest | null>(null);
  const [is_testing, set_testing] = useState(false);
  const [dialog, set_dialog] = useState<'edit' | 'delete' | null>(null);
  const is_built_in = model.provider === 'demo';
  const test = async () => {
    set_testing(true);
    set_result(null);
    try {
      set_result(await models_test(model.id));
    } catch (cause) {
      toast_error(cause);
    } finally {
      set_testing(false);
    }
  };
  return (
    <li className="model px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1 basis-48 max-sm:basis-full">
          <p className="flex flex-wrap items-center gap-2 font-medium">{model.name}{is_default && <Badge tone="good">{t('default')}</Badge>}{!model.has_api_key && !['ollama', 'demo'].includes(model.provider) && <Badge tone="warn">{t('no_key')}</Badge>}</p>
          <p className="break-all text-xs text-muted">{[model.provider, model.model, model.base_url].filter(Boolean).join(' · ')}</p>
        </div>
        <Button small is_busy={is_testing} onClick={() => void test()}>{!is_testing && <Zap className="size-3.5" aria-hidden />}{t('test')}</Button>
        <IconButton name={t('model_make_default')} disabled={model.is_default} onClick={() => models_change(model.id, { is_default: true }).then(reload, toast_error)}><Star className={model.is_default ? 'fill-current' : ''} /></IconButton>
        <IconButton name={t('edit')} disabled={is_built_in} onClick={() => set_dialog('edit')}><Pencil /></IconButton>
        <IconButton name={t('delete')} disabled={is_built_in} onClick={() => set_dialog('delete')}><Trash2 /></IconButton>
      </div>
      {result && <TestResult result={result} />}
      {dialog === 'edit' && <ModelDialog model={model} on_close={() => set_dialog(null)} on_done={reload} />}
      {dialog === 'delete' && <Confirm title={t('model_delete')} text={t('model_delete_text', { name: model.name })} action={t('delete')} on_close={() => set_dialog(null)} on_confirm={async () => { await models_rm(model.id); reload(); }} />}
    </li>
  );
}

function Section({ title, text, action, children }: { title: string; text?: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <div className="mb-4 flex flex-wrap items-start justify-between gap-3"><div className="min-w-0 flex-1 basis-64"><h1 className="text-xl font-semibold">{title}</h1>{text && <p className="mt-0.5 max-w-xl text-muted">{text}</p>}</div>{action}</div>
      {children}
    </section>
  );
}

function Models() {
  const { t } = use_t();
  const models = use_load('models', models_ls);
  const fallback = default_model(models.value?.items ?? []);
  const [is_adding, set_adding] = useState(false);
  return (
    <Section title={t('models')} text={t('models_text')} action={<Button kind="primary" onClick={() => set_adding(true)}><Plus className="size-4" aria-hidden />{t('model_add')}</Button>}>
      {models.error && <ErrorNote error={models.error} retry={models.reload} className="mb-3" />}
      {!models.value ? !models.error && <Bones lines={4} /> : <ul className="card divide-y divide-line">{models.value.items.map((model) => <ModelRow key={model.id} model={model} is_default={model.id === fallback?.id} reload={models.reload} />)}</ul>}
      {is_adding && <ModelDialog model={null} on_close={() => set_adding(false)} on_done={models.reload} />}
    </Section>
  );
}

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

const sections: { value: string; key: Key; icon: typeof Cpu; page: () => ReactNode }[] = [
  { value: 'models', key: 'models', icon: Cpu, page: () => <Models /> },
  { value: 'appearance', key: 'appearance', icon: Palette, page: () => <Appearance /> },
  { value: 'tokens', key: 'tokens_title', icon: KeyRound, page: () => <Tokens /> },
  { value: 'sessions', key: 'sessions', icon: MonitorSmartphone, page: () => <Sessions /> },
];

export default function SettingsPage({ section }: { section: string }) {
  const { t } = use_t();
  use_title(t('settings'));
  const current = sections.find((other) => other.value === section);
  if (!current) return <NotFound />;
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
        <div className="min-w-0 flex-1">{current.page()}</div>
      </div></div>
    </Shell>
  );
}
