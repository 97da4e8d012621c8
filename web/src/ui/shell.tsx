// The frame of every page: where one is, and the ways to go on.
import { ActivitySquare, Database, Home, Keyboard, Languages, LibraryBig, LogOut, MessagesSquare, Moon, Search, Settings, Sun, User } from 'lucide-react';
import { lazy, Suspense, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { choose_language, use_t, type Key } from '../i18n';
import { Link, navigate, use_path } from '../router';
import { use_session } from '../session';
import { choose_theme } from '../theme';
import { Dialog, IconButton, Key as Kbd, Menu, MenuItem, MenuLine, MenuTitle } from './kit';
import { Mark } from './logo';
import { toast_error } from './toast';

const wide = typeof window === 'undefined' ? null : matchMedia('(min-width: 900px)');

/** Room for panes side by side; else one at a time. */
export function use_wide(): boolean {
  return useSyncExternalStore((act) => {
    wide?.addEventListener('change', act);
    return () => wide?.removeEventListener('change', act);
  }, () => wide?.matches ?? true);
}

export function use_title(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Ramify` : 'Ramify';
  }, [title]);
}

const SearchPalette = lazy(() => import('../chat/search_palette'));

const shortcuts: { keys: string[]; key: Key }[] = [
  { keys: ['Enter'], key: 'keys_send' }, { keys: ['Shift', 'Enter'], key: 'keys_line' }, { keys: ['Esc'], key: 'keys_stop' }, { keys: ['/'], key: 'keys_focus' },
  { keys: ['Ctrl', 'Enter'], key: 'keys_save' }, { keys: ['Ctrl', 'K'], key: 'keys_search' }, { keys: ['←', '→'], key: 'keys_variants' }, { keys: ['I'], key: 'keys_prompt' }, { keys: ['C'], key: 'keys_continue' }, { keys: ['G', 'H'], key: 'keys_home' }, { keys: ['G', 'L'], key: 'keys_library' }, { keys: ['G', 'D'], key: 'keys_databases' }, { keys: ['G', 'J'], key: 'keys_jobs' }, { keys: ['G', 'S'], key: 'keys_settings' }, { keys: ['?'], key: 'keys_help' },
];

function Shortcuts({ on_close }: { on_close: () => void }) {
  const { t } = use_t();
  return (
    <Dialog title={t('shortcuts')} on_close={on_close}>
      <dl className="space-y-2.5">
        {shortcuts.map(({ keys, key }) => (
          <div key={key} className="flex items-center justify-between gap-4"><dt>{t(key)}</dt><dd className="flex gap-1">{keys.map((name) => <Kbd key={name}>{name}</Kbd>)}</dd></div>
        ))}
      </dl>
    </Dialog>
  );
}

/** Single-key shortcuts, silent while something is being typed. */
function use_shortcuts(show_help: () => void, show_search: () => void): void {
  useEffect(() => {
    let went_at = 0;
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k' && !document.querySelector('dialog[open]')) {
        event.preventDefault();
        show_search();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, [contenteditable=true]') || document.querySelector('dialog[open]')) return;
      const key = event.key.toLowerCase();
      const is_going = Date.now() - went_at < 1200;
      went_at = key === 'g' ? Date.now() : 0;
      const place = is_going ? { h: '/', l: '/library', d: '/databases', j: '/jobs', s: '/settings' }[key] : undefined;
      if (place) navigate(place);
      else if (event.key === '?') show_help();
      else if (event.key === '/') {
        const box = document.querySelector<HTMLElement>('main textarea');
        if (!box) return;
        event.preventDefault();
        box.focus();
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [show_help, show_search]);
}

function UserMenu({ show_help }: { show_help: () => void }) {
  const { t, language } = use_t();
  const { session, sign_out } = use_session();
  const is_dark = document.documentElement.dataset.theme === 'dark';
  return (
    <Menu trigger={<button type="button" aria-label={t('menu_user')} className="inline-flex size-8 shrink-0 items-center justify-center rounded-full bg-accent-soft pointer-coarse:size-9 text-xs font-semibold uppercase text-accent hover:ring-2 hover:ring-line-strong">{session.user?.name?.[0] ?? <User className="size-4" />}</button>}>
      <MenuTitle>{session.user?.name ?? t('you')}<br /><span className="font-normal">{session.organization.name} · {session.role}</span></MenuTitle>
      <MenuItem icon={<MessagesSquare />} on_select={() => navigate('/chats')}>{t('chats')}</MenuItem>
      <MenuItem icon={<LibraryBig />} on_select={() => navigate('/library')}>{t('library')}</MenuItem>
      <MenuItem icon={<Database />} on_select={() => navigate('/databases')}>{t('databases')}</MenuItem>
      <MenuItem icon={<ActivitySquare />} on_select={() => navigate('/jobs')}>{t('jobs')}</MenuItem>
      <MenuItem icon={<Settings />} on_select={() => navigate('/settings')}>{t('settings')}</MenuItem>
      <MenuItem icon={is_dark ? <Sun /> : <Moon />} on_select={() => choose_theme(is_dark ? 'light' : 'dark')}>{is_dark ? t('theme_to_light') : t('theme_to_dark')}</MenuItem>
      <MenuItem icon={<Languages />} on_select={() => choose_language(language === 'en' ? 'ru' : 'en')}>{language === 'en' ? 'Русский' : 'English'}</MenuItem>
      <MenuItem icon={<Keyboard />} on_select={show_help}>{t('shortcuts')}</MenuItem>
      {!session.is_insecure_dev && <><MenuLine /><MenuItem icon={<LogOut />} on_select={() => void sign_out().catch(toast_error)}>{t('sign_out')}</MenuItem></>}
    </Menu>
  );
}

/** `is_heading`: the page has no heading of its own, so the last crumb is it. */
export function Shell({ crumbs, is_heading = false, middle, children }: { crumbs: { text: string; href?: string }[]; is_heading?: boolean; middle?: ReactNode; children: ReactNode }) {
  const { t } = use_t();
  const path = use_path();
  const [shows_help, set_shows_help] = useState(false);
  const [show_help] = useState(() => () => set_shows_help(true));
  const [shows_search, set_shows_search] = useState(false);
  const [show_search] = useState(() => () => set_shows_search(true));
  use_shortcuts(show_help, show_search);
  const is_home = path === '/';
  const Last = is_heading ? 'h1' : 'span';
  return (
    <div className="flex h-dvh flex-col">
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:left-2 focus:top-2 focus:z-50 focus:rounded-lg focus:bg-raised focus:px-3 focus:py-2" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>{t('skip_to_content')}</a>
      <header className="flex h-12 shrink-0 items-center gap-1.5 border-b border-line bg-surface px-2.5 sm:gap-2 sm:px-3">
        <Link href="/" aria-label={`Ramify · ${t('home')}`} className="flex shrink-0 items-center gap-2 rounded-lg"><Mark />{(is_home || crumbs.length === 0) && <span className="text-base font-semibold tracking-tight">Ramify</span>}</Link>
        <nav aria-label={t('you_are_here')} className="flex min-w-0 items-center gap-1.5 max-sm:max-w-[34vw]">
          {crumbs.map((crumb, index) => (
            <span key={crumb.text} className={`flex min-w-0 items-center gap-1.5 ${index < crumbs.length - 1 ? 'max-sm:hidden' : ''}`}><span aria-hidden className="text-line-strong">/</span>
              {crumb.href ? <Link href={crumb.href} className="truncate text-muted hover:text-ink">{crumb.text}</Link> : <Last aria-current="page" className="truncate font-medium">{crumb.text}</Last>}
            </span>
          ))}
        </nav>
        <div className="flex min-w-0 flex-1 items-center gap-1 pl-1">{middle}</div>
        <IconButton name={t('search_chats')} onClick={show_search}><Search /></IconButton>
        {!is_home && <IconButton name={t('home')} className="max-sm:hidden" onClick={() => navigate('/')}><Home /></IconButton>}
        <IconButton name={t('library')} is_on={path.startsWith('/library') || undefined} className="max-sm:hidden" onClick={() => navigate('/library')}><LibraryBig /></IconButton>
        <IconButton name={t('databases')} is_on={path.startsWith('/databases') || undefined} className="max-sm:hidden" onClick={() => navigate('/databases')}><Database /></IconButton>
        <IconButton name={t('jobs')} is_on={path === '/jobs' || undefined} className="max-sm:hidden" onClick={() => navigate('/jobs')}><ActivitySquare /></IconButton>
        <IconButton name={t('settings')} is_on={path.startsWith('/settings') || undefined} className="max-sm:hidden" onClick={() => navigate('/settings')}><Settings /></IconButton>
        <UserMenu show_help={show_help} />
      </header>
      <main id="main" tabIndex={-1} className="min-h-0 flex-1 outline-none">{children}</main>
      {shows_search && <Suspense><SearchPalette on_close={() => set_shows_search(false)} /></Suspense>}
      {shows_help && <Shortcuts on_close={() => set_shows_help(false)} />}
    </div>
  );
}
