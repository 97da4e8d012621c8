// One instance: how it stands, and a console on it.
import { Plug } from 'lucide-react';
import { useState } from 'react';
import { db_show, type Id } from '../api';
import { use_load } from '../load';
import { Link, navigate } from '../router';
import { Bones, Button, ErrorNote } from '../ui/kit';
import { Console } from './console';
import { InstanceMenu } from './instance_actions';
import { TimeLeft } from './instances_page';
import { ConnectDialog, Frame, InstanceBadge, instance_title, short_state, state_href } from './parts';
import { use_changes } from './use_changes';
import { use_words } from './words';

export function InstancePage({ instance_id }: { instance_id: Id }) {
  const { w } = use_words();
  const shown = use_load(`instance:${instance_id}`, () => db_show(instance_id));
  use_changes(shown.reload, 'instance', instance_id);
  const [is_connecting, set_connecting] = useState(false);
  const instance = shown.value;
  const is_gone = shown.error?.status === 404;
  if (!instance || is_gone) {
    return <Frame title={w('instance')}>{shown.error ? <ErrorNote error={is_gone ? new Error(w('instance_gone')) : shown.error} retry={is_gone ? undefined : shown.reload} /> : <Bones lines={4} />}</Frame>;
  }
  return (
    <Frame title={instance_title(instance)} fills>
      <div className="flex h-full flex-col">
        <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5">
          <InstanceBadge status={instance.status} />
          <span className="flex-1 sm:hidden" /><p className="flex min-w-0 flex-1 flex-wrap gap-x-1.5 text-xs text-muted max-sm:order-last max-sm:basis-full"><span>{instance.image}</span><span aria-hidden>·</span><Link href={state_href(instance.state_id)} className="font-mono underline decoration-line-strong underline-offset-2 hover:text-ink">{short_state(instance.state_id)}</Link><span aria-hidden>·</span><TimeLeft instance={instance} /></p>
          <Button small onClick={() => set_connecting(true)}><Plug className="size-3.5" aria-hidden />{w('connect')}</Button>
          <InstanceMenu instance={instance} on_done={shown.reload} on_dropped={() => navigate('/databases')} />
        </div>
        {shown.error && <ErrorNote error={shown.error} className="m-3" retry={shown.reload} />}
        <div className="min-h-0 flex-1"><Console key={instance.id} instance={instance} /></div>
      </div>
      {is_connecting && <ConnectDialog instance_id={instance.id} on_close={() => set_connecting(false)} />}
    </Frame>
  );
}
