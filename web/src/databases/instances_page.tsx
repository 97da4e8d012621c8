import { Database, Plug, Plus, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { db_instances, type Instance } from '../api';
import { full_time, time_ago } from '../i18n';
import { use_load } from '../load';
import { Link, navigate } from '../router';
import { Bones, Button, Empty, ErrorNote, IconButton } from '../ui/kit';
import { InstanceMenu } from './instance_actions';
import { ConnectDialog, Frame, InstanceBadge, instance_href, instance_title, short_state, span_text, state_href, use_now } from './parts';
import { use_changes } from './use_changes';
import { use_words, type Word } from './words';

const shown_max = 200;
const origins: Record<Instance['origin'], Word> = { prepare: 'origin_prepare', fork: 'origin_fork', ref: 'origin_ref', app: 'origin_app' };

/** How long it is kept if nobody uses it, or why it is kept longer. */
export function TimeLeft({ instance }: { instance: Instance }) {
  const { w, language } = use_words();
  const now = use_now(15_000);
  if (!instance.expires_at) return <span>{w('kept_with_branch')}</span>;
  const left = Date.parse(instance.expires_at) - now;
  const is_soon = left < 10 * 60_000;
  return <span title={full_time(instance.expires_at, language)} className={is_soon ? 'font-medium text-warn' : ''}>{left > 0 ? w('kept_for', { span: span_text(left, language) }) : w('kept_no_longer')}</span>;
}

function InstanceRow({ instance, reload }: { instance: Instance; reload: () => void }) {
  const { w, language } = use_words();
  const [is_connecting, set_connecting] = useState(false);
  return (
    <li className="instance flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-center gap-2"><Link href={instance_href(instance.id)} className="truncate font-medium hover:underline">{instance_title(instance)}</Link><InstanceBadge status={instance.status} /></p>
        <p className="mt-0.5 flex flex-wrap gap-x-1.5 text-xs text-muted">
          <span>{instance.image}</span><span aria-hidden>·</span><span>{w(origins[instance.origin])} <Link href={state_href(instance.state_id)} className="font-mono underline decoration-line-strong underline-offset-2 hover:text-ink">{short_state(instance.state_id)}</Link></span><span aria-hidden>·</span>
          <span title={full_time(instance.last_used_at, language)}>{w('used', { time: time_ago(instance.last_used_at, language) })}</span><span aria-hidden>·</span><TimeLeft instance={instance} />
        </p>
        {instance.error && <p className="mt-1 break-words text-danger">{instance.error}</p>}
        {instance.warning && <p className="mt-1 break-words text-warn">{instance.warning}</p>}
      </div>
      <div className="flex items-center gap-1">
        <Button small onClick={() => set_connecting(true)}><Plug className="size-3.5" aria-hidden />{w('connect')}</Button>
        <IconButton name={w('console')} onClick={() => navigate(instance_href(instance.id))}><SquareTerminal /></IconButton>
        <InstanceMenu instance={instance} on_done={reload} />
      </div>
      {is_connecting && <ConnectDialog instance_id={instance.id} on_close={() => set_connecting(false)} />}
    </li>
  );
}

export function InstancesPage() {
  const { w } = use_words();
  const instances = use_load('instances', () => db_instances({ limit: shown_max }));
  use_changes(instances.reload, 'instance');
  return (
    <Frame title={w('instances')} text={w('instances_text')} action={<Button kind="primary" onClick={() => navigate('/databases/prepare')}><Plus className="size-4" aria-hidden />{w('prepare_new')}</Button>}>
      {instances.error && <ErrorNote error={instances.error} retry={instances.reload} className="mb-3" />}
      {!instances.value ? !instances.error && <Bones lines={5} /> : instances.value.items.length === 0 ? <div className="card"><Empty icon={<Database />} title={w('instances_empty')}>{w('instances_empty_text')}</Empty></div> : (
        <>
          <ul aria-label={w('instances')} className="card divide-y divide-line">{instances.value.items.map((instance) => <InstanceRow key={instance.id} instance={instance} reload={instances.reload} />)}</ul>
          {instances.value.next_cursor && <p className="mt-3 text-muted">{w('only_newest', { n: shown_max })}</p>}
        </>
      )}
    </Frame>
  );
}
