import { Hammer, Plus } from 'lucide-react';
import { db_prepares, type Prepare } from '../api';
import { full_time, time_ago } from '../i18n';
import { use_load } from '../load';
import { Link, navigate } from '../router';
import { Bones, Button, Empty, ErrorNote } from '../ui/kit';
import { CachedMark, Frame, PrepareBadge, prepare_href, span_text } from './parts';
import { has_ended } from './prepare_state';
import { use_changes } from './use_changes';
import { use_words } from './words';

const shown_max = 100;

function PrepareRow({ prepare }: { prepare: Prepare }) {
  const { w, language } = use_words();
  const built = prepare.steps.filter((step) => !step.cached && step.ms !== null).length;
  return (
    <li className="relative px-4 py-3 hover:bg-hover">
      <p className="flex flex-wrap items-center gap-2"><Link href={prepare_href(prepare.id)} className="min-w-0 truncate font-mono text-[0.8rem] font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-accent">{prepare.steps.at(-1)?.title ?? w('empty_cluster')}</Link><PrepareBadge status={prepare.status} />{prepare.cached && <CachedMark />}</p>
      <p className="mt-0.5 text-xs text-muted">{w('steps', { n: prepare.steps.length })}{!prepare.cached && has_ended(prepare) && built > 0 && `, ${w('steps_built', { n: built })}`} · {prepare.image} · <span title={full_time(prepare.created_at, language)}>{time_ago(prepare.created_at, language)}</span>{prepare.ms !== null && ` · ${span_text(prepare.ms, language)}`}</p>
      {prepare.failure && <p className="mt-1 line-clamp-2 break-words text-danger">{prepare.failure.message}</p>}
    </li>
  );
}

export function PreparesPage() {
  const { w } = use_words();
  const prepares = use_load('prepares', () => db_prepares({ limit: shown_max }));
  const { reload } = prepares;
  use_changes(reload, 'prepare');
  return (
    <Frame title={w('prepares')} text={w('prepares_text')} action={<Button kind="primary" onClick={() => navigate('/databases/prepare')}><Plus className="size-4" aria-hidden />{w('prepare_new')}</Button>}>
      {prepares.error && <ErrorNote error={prepares.error} retry={reload} className="mb-3" />}
      {!prepares.value ? !prepares.error && <Bones lines={5} /> : prepares.value.items.length === 0 ? <div className="card"><Empty icon={<Hammer />} title={w('prepares_empty')}>{w('prepares_empty_text')}</Empty></div>
        : <ul aria-label={w('prepares')} className="card divide-y divide-line overflow-hidden">{prepares.value.items.map((prepare) => <PrepareRow key={prepare.id} prepare={prepare} />)}</ul>}
      {prepares.value?.next_cursor && <p className="mt-3 text-muted">{w('only_newest', { n: shown_max })}</p>}
    </Frame>
  );
}
