import { ExternalLink, Moon, Monitor, Play, RefreshCw, RotateCcw, Smartphone, Sparkles, Tablet, TriangleAlert, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { previews_restart, previews_sleep, previews_wake, type BranchDatabase, type Preview } from '../api';
import { use_t, type Key } from '../i18n';
import type { PreviewFault } from '../preview_state';
import { use_stored } from '../stored';
import { Badge, Button, Choice, ErrorNote, IconButton, type Tone } from '../ui/kit';
import { toast_error } from '../ui/toast';
import { DatabaseBadge, DatabaseFault } from './database_line';
import { LogLines } from './logs_pane';
import type { LivePreview } from './use_preview';

/** Templates whose dev server pushes changes into the page need no reload. */
export const reloads_itself = (template: string) => template !== 'static';

export const status_text: Record<Preview['status'], Key> = {
  queued: 'preview_queued', installing: 'preview_installing', starting: 'preview_starting', ready: 'preview_ready', asleep: 'preview_asleep', failed: 'preview_failed', stopped: 'preview_stopped',
};
const tones: Record<Preview['status'], Tone> = { queued: 'info', installing: 'info', starting: 'info', ready: 'good', asleep: 'plain', failed: 'bad', stopped: 'plain' };
type Size = 'phone' | 'tablet' | 'desktop';
const widths: Record<Size, string> = { phone: '390px', tablet: '820px', desktop: '100%' };

export function PreviewBadge({ preview }: { preview: Preview | null }) {
  const { t } = use_t();
  if (!preview) return null;
  return <span data-status={preview.status} className="preview-status"><Badge tone={tones[preview.status]}>{t(status_text[preview.status])}</Badge></span>;
}

/** Files of the app by their path, without the address of the preview. */
const file_of = (fault: PreviewFault) => fault.file?.replace(/^https?:\/\/[^/]+\//, '');
const place = (fault: PreviewFault) => (fault.file ? `${file_of(fault)}${fault.line ? `:${fault.line}` : ''}${fault.column ? `:${fault.column}` : ''}` : '');

function Faults({ faults, on_fix }: { faults: PreviewFault[]; on_fix: (text: string) => void }) {
  const { t } = use_t();
  const [hidden, set_hidden] = useState<PreviewFault | null>(null);
  const fault = faults[faults.length - 1];
  if (!fault || fault === hidden) return null;
  return (
    <div role="alert" className="flex flex-wrap items-start gap-x-2.5 gap-y-1.5 border-b border-danger/30 bg-danger-soft px-3 py-2">
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
      <div className="min-w-0 flex-1 basis-56">
        <p className="line-clamp-3 break-words">{fault.message}</p>
        <p className="break-all font-mono text-xs text-muted">{place(fault)}{faults.length > 1 && ` · ${t('more_errors', { n: faults.length - 1 })}`}</p>
      </div>
      <Button small kind="danger" onClick={() => on_fix(t('fix_request', { error: `${fault.message}${place(fault) ? `\n${place(fault)}` : ''}` }))}><Sparkles className="size-3.5" aria-hidden />{t('ask_to_fix')}</Button>
      <IconButton name={t('hide')} small onClick={() => set_hidden(fault)}><X /></IconButton>
    </div>
  );
}

function Overlay({ live, on_fix }: { live: LivePreview; on_fix: (text: string) => void }) {
  const { t } = use_t();
  const { preview, log } = live.state;
  const [is_busy, set_busy] = useState(false);
  const run = async (act: (id: string) => Promise<Preview>) => {
    set_busy(true);
    await act(preview!.id).catch(toast_error);
    set_busy(false);
  };
  if (live.error && !preview) return <div className="absolute inset-0 flex items-center justify-center bg-bg p-6"><ErrorNote error={live.error} retry={live.again} /></div>;
  if (preview?.status === 'ready') return null;
  // What the program said last follows the reason, and stands in the log below.
  const reason = preview?.error?.split('\n', 1)[0]!.replace(/:$/, '.');
  const is_coming = !preview || preview.status === 'queued' || preview.status === 'installing' || preview.status === 'starting';
  return (
    <div className="absolute inset-0 flex flex-col items-center justify-center gap-4 overflow-y-auto bg-bg p-6" role="status">
      {is_coming ? <Sprout /> : preview.status === 'asleep' || preview.status === 'stopped' ? <Moon className="size-9 stroke-[1.4] text-muted" aria-hidden /> : <TriangleAlert className="size-9 stroke-[1.4] text-danger" aria-hidden />}
      <p className="text-base font-medium">{preview ? t(status_text[preview.status]) : t('preview_opening')}</p>
      {preview?.status === 'installing' && <p className="-mt-3 text-muted">{t('preview_installing_text')}</p>}
      {preview?.status === 'asleep' && <Button kind="primary" is_busy={is_busy} onClick={() => void run(previews_wake)}><Play className="size-4" aria-hidden />{t('wake')}</Button>}
      {preview?.status === 'stopped' && <Button kind="primary" is_busy={is_busy} onClick={() => void run(previews_restart)}><Play className="size-4" aria-hidden />{t('start')}</Button>}
      {preview?.status === 'failed' && (
        <>
          <ErrorNote error={new Error(reason ?? t('preview_failed'))} className="max-w-xl" />
          <div className="flex flex-wrap justify-center gap-2">
            <Button is_busy={is_busy} onClick={() => void run(previews_restart)}><RotateCcw className="size-4" aria-hidden />{t('restart')}</Button>
            <Button kind="primary" onClick={() => on_fix(t('fix_request', { error: [preview.error, ...log.slice(-20).map((line) => line.text)].filter(Boolean).join('\n') }))}><Sparkles className="size-4" aria-hidden />{t('ask_to_fix')}</Button>
          </div>
        </>
      )}
      {log.length > 0 && (is_coming || preview.status === 'failed') && <div className="h-48 w-full max-w-2xl overflow-hidden rounded-xl border border-line bg-sunken"><LogLines lines={log.slice(-200)} /></div>}
    </div>
  );
}

/** A plant that grows while one waits. */
function Sprout() {
  return (
    <svg viewBox="0 0 48 48" className="size-12 animate-pulse" aria-hidden fill="none" stroke="var(--accent)" strokeWidth="2.5" strokeLinecap="round">
      <path d="M20 42V12" /><path d="M20 30c0-8 11-5 11-14" /><path d="M20 36c0-5-8-4-8-9" />
      <circle cx="20" cy="10" r="3" fill="var(--accent)" /><circle cx="31.2" cy="14" r="3" fill="var(--accent)" /><circle cx="12" cy="25" r="3" fill="var(--accent)" />
    </svg>
  );
}

interface FrameProps {
  live: LivePreview;
  title: string;
  on_fix: (text: string) => void;
  width?: string;
  /** A higher number reloads the frame. */
  turn?: number;
  /** The app does not notice new files by itself, so a new version reloads it. */
  reloads: boolean;
}

export function PreviewFrame({ live, title, on_fix, width = '100%', turn = 0, reloads }: FrameProps) {
  const { preview } = live.state;
  const frame = useRef<HTMLIFrameElement>(null);
  const reload = () => { if (frame.current) frame.current.src = `${frame.current.src}`; };
  useEffect(() => { if (turn > 0) reload(); }, [turn]);
  const { version_id } = live.state;
  const shown = useRef(version_id);
  useEffect(() => {
    if (reloads && shown.current && version_id && shown.current !== version_id) reload();
    shown.current = version_id;
  }, [version_id, reloads]);
  const is_framed = width !== '100%';
  return (
    <div className={`relative min-h-0 flex-1 overflow-auto ${is_framed ? 'bg-sunken p-4' : ''}`}>
      {preview?.url && preview.status === 'ready' && (
        <iframe ref={frame} key={preview.id + preview.url} title={title} src={preview.url} style={{ width }} allow="clipboard-write; fullscreen"
          sandbox="allow-scripts allow-same-origin allow-forms allow-modals allow-popups allow-downloads"
          className={`mx-auto block h-full bg-white ${is_framed ? 'rounded-xl border border-line-strong shadow-float' : ''}`} />
      )}
      <Overlay live={live} on_fix={on_fix} />
    </div>
  );
}

export function PreviewPane({ live, database, on_fix, reloads }: Pick<FrameProps, 'live' | 'on_fix' | 'reloads'> & { database: BranchDatabase | null }) {
  const { t } = use_t();
  const [kept, keep] = use_stored('preview_size');
  const size = (kept ?? 'desktop') as Size;
  const [turn, set_turn] = useState(0);
  const { preview, faults } = live.state;
  const is_up = preview?.status === 'ready';
  const run = (act: (id: string) => Promise<Preview>) => () => { if (preview) act(preview.id).catch(toast_error); };
  return (
    <section aria-label={t('preview')} className="flex h-full min-h-0 flex-col">
      <div className="flex h-11 shrink-0 items-center gap-1 border-b border-line px-2">
        <PreviewBadge preview={preview} />
        {database && <DatabaseBadge database={database} />}
        <span className="hidden min-w-0 flex-1 truncate pl-2 font-mono text-xs text-muted md:block">{is_up ? preview.url?.replace(/^https?:\/\//, '').replace(/\/$/, '') : ''}</span>
        <span className="flex-1 md:hidden" />
        <div className="hidden sm:block">
          <Choice<Size> label={t('preview_size')} value={size} on_change={keep}
            options={[{ value: 'phone', text: t('size_phone'), icon: <Smartphone /> }, { value: 'tablet', text: t('size_tablet'), icon: <Tablet /> }, { value: 'desktop', text: t('size_desktop'), icon: <Monitor /> }]} />
        </div>
        <IconButton name={t('reload')} disabled={!is_up} onClick={() => set_turn((old) => old + 1)}><RefreshCw /></IconButton>
        <IconButton name={t('restart')} disabled={!preview} onClick={run(previews_restart)}><RotateCcw /></IconButton>
        {preview?.status === 'asleep' ? <IconButton name={t('wake')} onClick={run(previews_wake)}><Play /></IconButton> : <IconButton name={t('sleep')} disabled={!is_up} onClick={run(previews_sleep)}><Moon /></IconButton>}
        <IconButton name={t('open_in_tab')} disabled={!is_up} onClick={() => { if (preview?.url) window.open(preview.url, '_blank', 'noopener'); }}><ExternalLink /></IconButton>
      </div>
      {database && <DatabaseFault database={database} />}
      <Faults faults={faults} on_fix={on_fix} />
      <PreviewFrame live={live} title={t('preview')} on_fix={on_fix} width={widths[size]} turn={turn} reloads={reloads} />
    </section>
  );
}
