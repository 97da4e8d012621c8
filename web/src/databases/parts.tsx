// What the pages of databases share: their frame, names of things, and how to connect.
import { Check } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { db_show, type Instance, type Prepare } from '../api';
import { use_path } from '../router';
import { use_load } from '../load';
import type { Language } from '../i18n';
import { Area } from '../ui/area';
import { Badge, Bones, Dialog, ErrorNote, type Tone } from '../ui/kit';
import { CopyButton } from '../ui/markdown';
import { use_words, type Word } from './words';

const places: { href: string; word: Word }[] = [
  { href: '/databases', word: 'instances' }, { href: '/databases/prepares', word: 'prepares' }, { href: '/databases/states', word: 'states' }, { href: '/databases/runs', word: 'runs' }, { href: '/databases/compare', word: 'compare' }, { href: '/databases/cache', word: 'cache' },
];

const is_in = (path: string, href: string) => (href === '/databases' ? path === href || path.startsWith('/databases/instances') : path.startsWith(href));

/** A page of databases. */
export function Frame(page: { title: string; crumb?: string; text?: string; action?: ReactNode; fills?: boolean; children: ReactNode }) {
  const { t, w } = use_words();
  const path = use_path();
  return <Area area={{ text: t('databases'), href: '/databases' }} places={places.map(({ href, word }) => ({ href, text: w(word), is_here: is_in(path, href) }))} {...page} />;
}

/** "12 ms", "3.4 sec", "5 min 2 sec", "1 hr 58 min", "3 days". */
export function span_text(ms: number, language: Language): string {
  const unit = (value: number, name: string, digits = 0) => new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);
  const seconds = Math.floor(ms / 1000);
  if (ms < 1000) return unit(Math.round(ms), 'millisecond');
  if (seconds < 60) return unit(ms / 1000, 'second', 1);
  if (seconds < 3600) return `${unit(Math.floor(seconds / 60), 'minute')} ${unit(seconds % 60, 'second')}`;
  if (seconds < 2 * 86_400) return `${unit(Math.floor(seconds / 3600), 'hour')} ${unit(Math.floor(seconds / 60) % 60, 'minute')}`;
  return unit(Math.floor(seconds / 86_400), 'day');
}

/** The time, read again this often while the page is looked at. */
export function use_now(every_ms: number): number {
  const [now, set_now] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') set_now(Date.now()); }, every_ms);
    return () => clearInterval(timer);
  }, [every_ms]);
  return now;
}

/** How much of an id a person needs to see. */
export const short_state = (id: string) => id.slice(0, 12);
export const instance_title = (instance: Instance) => instance.name ?? `…${instance.id.slice(-8)}`;
export const state_href = (id: string) => `/databases/states?state=${id}`;
export const instance_href = (id: string) => `/databases/instances/${id}`;
export const prepare_href = (id: string) => `/databases/prepares/${id}`;

const instance_tones: Record<Instance['status'], Tone> = { starting: 'warn', ready: 'good', asleep: 'plain', failed: 'bad' };
const instance_words: Record<Instance['status'], Word> = { starting: 'instance_starting', ready: 'instance_ready', asleep: 'instance_asleep', failed: 'instance_failed' };
export function InstanceBadge({ status }: { status: Instance['status'] }) {
  const { w } = use_words();
  return <Badge tone={instance_tones[status]}>{w(instance_words[status])}</Badge>;
}

const prepare_tones: Record<Prepare['status'], Tone> = { queued: 'info', building: 'warn', done: 'good', failed: 'bad', cancelled: 'plain' };
const prepare_words: Record<Prepare['status'], Word> = { queued: 'prepare_queued', building: 'prepare_building', done: 'prepare_done', failed: 'prepare_failed', cancelled: 'prepare_cancelled' };
export function PrepareBadge({ status }: { status: Prepare['status'] }) {
  const { w } = use_words();
  return <Badge tone={prepare_tones[status]}>{w(prepare_words[status])}</Badge>;
}

export const CachedMark = () => {
  const { w } = use_words();
  return <span className="inline-flex items-center gap-1 whitespace-nowrap text-xs font-medium text-accent"><Check className="size-3.5" aria-hidden />{w('cached')}</span>;
};

export function CodeLine({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <p className="mb-1 text-xs font-medium text-muted">{label}</p>
      <div className="flex items-center gap-1 rounded-lg border border-line bg-sunken py-1 pl-3 pr-1"><code className="min-w-0 flex-1 select-all break-all font-mono text-xs">{text}</code><CopyButton text={text} /></div>
    </div>
  );
}

/** The DSN has the password in it, so it is read when somebody wants to see it, and not before. */
export function ConnectDialog({ instance_id, on_close }: { instance_id: string; on_close: () => void }) {
  const { w } = use_words();
  const shown = use_load(instance_id, () => db_show(instance_id));
  const dsn = shown.value?.dsn;
  return (
    <Dialog title={w('connect')} on_close={on_close}>
      <p className="mb-3 text-muted">{w('connect_text')}</p>
      {shown.error && <ErrorNote error={shown.error} retry={shown.reload} />}
      {!shown.value ? !shown.error && <Bones lines={3} /> : dsn && <div className="space-y-3"><CodeLine label={w('dsn')} text={dsn} /><CodeLine label="psql" text={`psql '${dsn}'`} /><CodeLine label={w('environment')} text={`DATABASE_URL=${dsn}`} /></div>}
    </Dialog>
  );
}
