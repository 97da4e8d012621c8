// Which page an address shows.
import { Suspense, lazy, useEffect, type ReactNode } from 'react';
import { use_t, type Key } from './i18n';
import { HomePage } from './pages/home_page';
import { JobsPage } from './pages/jobs_page';
import { NotFound } from './pages/not_found';
import { SetupPage, SignInPage } from './pages/sign_in_page';
import { match, use_path } from './router';
import { SessionGate } from './session';
import { BootError } from './ui/boot';
import { Bones, Boundary, SafePart, TooltipProvider } from './ui/kit';
import { Shell } from './ui/shell';
import { Toasts } from './ui/toast';

/** Chunks of their own: who makes apps does not load them. */
const Databases = lazy(() => import('./databases/databases'));
const Library = lazy(() => import('./library/library'));
const Pipelines = lazy(() => import('./pipelines/pipelines'));
const Settings = lazy(() => import('./pages/settings_page'));
const load_app_page = () => import('./pages/app_page');
const AppPage = lazy(() => load_app_page().then((loaded) => ({ default: loaded.AppPage })));
const ChatPage = lazy(() => import('./pages/chat_page').then((loaded) => ({ default: loaded.ChatPage })));
const ComparePage = lazy(() => import('./pages/compare_page').then((loaded) => ({ default: loaded.ComparePage })));
const ChatsPage = lazy(() => import('./pages/chats_page').then((loaded) => ({ default: loaded.ChatsPage })));
const CompareChatPage = lazy(() => import('./pages/compare_chat_page').then((loaded) => ({ default: loaded.CompareChatPage })));

function Apart({ title, children }: { title: Key; children: ReactNode }) {
  const { t } = use_t();
  return <Suspense fallback={<Shell crumbs={[{ text: t(title) }]}><Bones className="mx-auto max-w-5xl px-4 py-6" /></Shell>}><SafePart>{children}</SafePart></Suspense>;
}

const pages: [pattern: string, page: (found: Record<string, string>) => ReactNode][] = [
  ['', () => <HomePage />],
  ['/apps', () => <HomePage />],
  ['/apps/:app_id', ({ app_id }) => <AppPage key={app_id} app_id={app_id!} />],
  ['/apps/:app_id/compare', ({ app_id }) => <ComparePage key={app_id} app_id={app_id!} />],
  ['/chats', () => <ChatsPage />],
  ['/chats/:chat_id/compare', ({ chat_id }) => <CompareChatPage key={chat_id} chat_id={chat_id!} />],
  ['/chats/:chat_id', ({ chat_id }) => <ChatPage key={chat_id} chat_id={chat_id!} />],
  ['/jobs', () => <JobsPage />],
  ['/settings', () => <Apart title="settings"><Settings section="models" /></Apart>],
  ['/settings/:section', ({ section }) => <Apart title="settings"><Settings section={section!} /></Apart>],
  ['/settings/:section/:part', ({ section, part }) => <Apart title="settings"><Settings section={section!} part={part} /></Apart>],
];

function Page() {
  const path = use_path();
  if (path === '/sign-in') return <SignInPage />;
  if (path === '/setup') return <SetupPage />;
  for (const [pattern, page] of pages) {
    const found = match(pattern, path);
    if (found) return <SessionGate><Apart title="loading">{page(found)}</Apart></SessionGate>;
  }
  if (/^\/databases(\/|$)/.test(path)) return <SessionGate><Apart title="databases"><Databases /></Apart></SessionGate>;
  if (/^\/library\/(pipelines|runs)(\/|$)/.test(path)) return <SessionGate><Apart title="library"><Pipelines /></Apart></SessionGate>;
  if (/^\/library(\/|$)/.test(path)) return <SessionGate><Apart title="library"><Library /></Apart></SessionGate>;
  return <SessionGate><NotFound /></SessionGate>;
}

export function Root() {
  const { language } = use_t();
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  // Where people go from the first page: it is here before they do.
  useEffect(() => { setTimeout(load_app_page, 500); }, []);
  return (
    <Boundary render={(error, again) => <BootError error={error} again={again} />}>
      <TooltipProvider delayDuration={350}><Page /><Toasts /></TooltipProvider>
    </Boundary>
  );
}
