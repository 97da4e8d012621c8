// The database of the branch that is shown: how far it is, and the way to its console.
import { Database } from 'lucide-react';
import { apps_databases, type App, type BranchDatabase, type Id } from '../api';
import type { LiveChat } from '../chat/use_chat';
import { use_t, type Key } from '../i18n';
import { use_load } from '../load';
import { Link } from '../router';
import { Badge, type Tone } from '../ui/kit';

const status_text: Record<BranchDatabase['status'], Key> = { making: 'database_making', ready: 'database_ready', failed: 'database_failed', unavailable: 'database_unavailable' };
const tones: Record<BranchDatabase['status'], Tone> = { making: 'info', ready: 'good', failed: 'bad', unavailable: 'bad' };

/** Of the branch; null when the app has none. It is read again when the chat tells of a version or of a database. */
export function use_database(app: App, branch_id: Id | null, live: LiveChat): BranchDatabase | null {
  const { versions_seen, databases_seen } = live.state;
  const key = `databases:${app.id}:${branch_id}:${versions_seen}:${databases_seen}`;
  const all = use_load(key, async () => (await apps_databases(app.id)).items, { keeps_old: true }).value ?? [];
  return all.find((database) => database.branch_id === branch_id) ?? null;
}

export function DatabaseBadge({ database }: { database: BranchDatabase }) {
  const { t } = use_t();
  const badge = <Badge tone={tones[database.status]}><Database className="size-3" aria-hidden />{t(status_text[database.status])}</Badge>;
  return (
    <span data-status={database.status} className="database-status flex">
      {database.instance_id ? <Link href={`/databases/instances/${database.instance_id}`} title={t('database_open')} className="rounded-full hover:opacity-80">{badge}</Link> : badge}
    </span>
  );
}

export function DatabaseFault({ database }: { database: BranchDatabase }) {
  if (!database.error) return null;
  return <p role="alert" className="whitespace-pre-wrap break-words border-b border-danger/30 bg-danger-soft px-3 py-2">{database.error}</p>;
}
