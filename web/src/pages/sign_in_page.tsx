// The two pages before a session: signing in, and setting up a new server from the link that it printed.
import { useState, type FormEvent, type ReactNode } from 'react';
import { post_session, post_setup } from '../api';
import { choose_language, use_t } from '../i18n';
import { accept_session } from '../session';
import { use_query } from '../router';
import { Button, ErrorNote, Field } from '../ui/kit';
import { Mark } from '../ui/logo';
import { use_title } from '../ui/shell';

const password_chars_min = 10;

function Gate({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const { language } = use_t();
  return (
    <main className="relative flex min-h-dvh items-center justify-center overflow-y-auto px-4 py-10">
      <svg viewBox="0 0 400 600" aria-hidden className="pointer-events-none absolute -left-10 bottom-0 h-[90%] opacity-[0.13] max-sm:hidden" fill="none" stroke="var(--accent)" strokeWidth="7" strokeLinecap="round"><path d="M150 600V90" /><path d="M150 420c0-90 130-60 130-160" /><path d="M150 510c0-70-90-50-90-120" /><path d="M277 292c4-42 63-34 63-82" /><g fill="var(--accent)" stroke="none"><circle cx="150" cy="76" r="15" /><circle cx="280" cy="246" r="15" /><circle cx="60" cy="376" r="15" /><circle cx="340" cy="196" r="12" /></g></svg>
      <div className="relative w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3"><Mark className="size-10" /><span className="text-xl font-semibold tracking-tight">Ramify</span></div>
        <div className="card p-6"><h1 className="text-lg font-semibold">{title}</h1><p className="mb-5 mt-1 text-muted">{text}</p>{children}</div>
        <p className="mt-4 text-center"><button type="button" className="rounded px-1 text-muted hover:text-ink" onClick={() => choose_language(language === 'en' ? 'ru' : 'en')}>{language === 'en' ? 'Русский' : 'English'}</button></p>
      </div>
    </main>
  );
}

export function SignInPage() {
  const { t } = use_t();
  use_title(t('sign_in'));
  const [email, set_email] = useState('');
  const [password, set_password] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_busy(true);
    set_error(null);
    try {
      accept_session(await post_session({ email: email.trim(), password }));
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  return (
    <Gate title={t('sign_in')} text={t('sign_in_text')}>
      <form onSubmit={submit} className="space-y-4">
        <Field label={t('email')} type="email" autoComplete="username" required autoFocus value={email} onChange={(event) => set_email(event.target.value)} />
        <Field label={t('password')} type="password" autoComplete="current-password" required value={password} onChange={(event) => set_password(event.target.value)} />
        <ErrorNote error={error} />
        <Button kind="primary" type="submit" is_busy={is_busy} className="w-full">{t('sign_in')}</Button>
      </form>
    </Gate>
  );
}

export function SetupPage() {
  const { t } = use_t();
  use_title(t('setup'));
  const query = use_query();
  const [setup_token, set_setup_token] = useState(query.get('token') ?? '');
  const [name, set_name] = useState('');
  const [email, set_email] = useState('');
  const [password, set_password] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_busy(true);
    set_error(null);
    try {
      accept_session(await post_setup({ setup_token: setup_token.trim(), name: name.trim(), email: email.trim(), password }));
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  return (
    <Gate title={t('setup')} text={t('setup_text')}>
      <form onSubmit={submit} className="space-y-4">
        {!query.get('token') && <Field label={t('setup_token')} hint={t('setup_token_hint')} required value={setup_token} autoComplete="off" onChange={(event) => set_setup_token(event.target.value)} />}
        <Field label={t('your_name')} autoComplete="name" required autoFocus value={name} maxLength={100} onChange={(event) => set_name(event.target.value)} />
        <Field label={t('email')} type="email" autoComplete="username" required value={email} onChange={(event) => set_email(event.target.value)} />
        <Field label={t('password')} type="password" autoComplete="new-password" required minLength={password_chars_min} hint={t('password_hint', { n: password_chars_min })} value={password} onChange={(event) => set_password(event.target.value)} />
        <ErrorNote error={error} />
        <Button kind="primary" type="submit" is_busy={is_busy} className="w-full">{t('setup_finish')}</Button>
      </form>
    </Gate>
  );
}
