// Which page an address shows.
import { Suspense, lazy, useEffect, type ReactNode } from 'react';
import { use_t, type Key } from './i18n';
import { AppPage } from './pages/app_page';
import { ChatPage } from './pages/chat_page';
import { ComparePage } from './pages/compare_page';
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
const Settings = lazy(() => import('./pages/settings_page'));

function Apart({ title, children }: { title: Key; children: ReactNode }) {
  const { t } = use_t();
  return <Suspense fallback={<Shell crumbs={[{ text: t(title) }]}><Bones className="mx-auto max-w-5xl px-4 py-6" /></Shell>}><SafePart>{children}</SafePart></Suspense>;
}

const pages: [pattern: string, page: (found: Record<string, string>) => ReactNode][] = [
  ['', () => <HomePage />],
  ['/apps', () => <HomePage />],
  ['/apps/:app_id', ({ app_id }) => <AppPage key={app_id} app_id={app_id!} />],
  ['/apps/:app_id/compare', ({ app_id }) => <ComparePage key={app_id} app_id={app_id!} />],
  ['/chats/:chat_id', ({ chat_id }) => <ChatPage key={chat_id} chat_id={chat_id!} />],
  ['/jobs', () => <JobsPage />],
  ['/settings', () => <Apart title="settings"><Settings section="models" /></Apart>],
  ['/settings/:section', ({ section }) => <Apart title="settings"><Settings section={section!} /></Apart>],
];

function Page() {
  const path = use_path();
  if (path === '/sign-in') return <SignInPage />;
  if (path === '/setup') return <SetupPage />;
  for (const [pattern, page] of pages) {
    const found = match(pattern, path);
    if (found) return <SessionGate>{page(found)}</SessionGate>;
  }
  if (/^\/databases(\/|$)/.test(path)) return <SessionGate><Apart title="databases"><Databases /></Apart></SessionGate>;
  if (/^\/library(\/|$)/.test(path)) return <SessionGate><Apart title="library"><Library /></Apart></SessionGate>;
  return <SessionGate><NotFound /></SessionGate>;
}

export function Root() {
  const { language } = use_t();
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  return (
    <Boundary render={(error, again) => <BootError error={error} again={again} />}>
      <TooltipProvider delayDuration={350}><Page /><Toasts /></TooltipProvider>
    </Boundary>
  );
}
