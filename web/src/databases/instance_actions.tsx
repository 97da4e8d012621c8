// What can be done with an instance, as a menu and its dialogs.
import { Camera, Clock, EllipsisVertical, GitCompare, GitFork, Moon, Pencil, RotateCcw, Shuffle, Sun, Trash2 } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { db_change, db_drop, db_fork, db_reset, db_sleep, db_snapshot, db_switch, db_wake, type Instance } from '../api';
import { navigate } from '../router';
import { Button, Confirm, Dialog, ErrorNote, Field, Menu, MenuItem, MenuLine, Select, icon_button } from '../ui/kit';
import { toast, toast_error } from '../ui/toast';
import { instance_href, instance_title } from './parts';
import { StateField } from './state_field';
import { use_words } from './words';

type Asked = 'fork' | 'snapshot' | 'reset' | 'switch' | 'keep' | 'rename' | 'drop';

/** A dialog with a form and one way on. */
export function Form({ title, text, action, can_go = true, on_go, on_close, children }:
  { title: string; text?: string; action: string; can_go?: boolean; on_go: () => Promise<unknown>; on_close: () => void; children?: ReactNode }) {
  const { t } = use_words();
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const go = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!can_go || is_busy) return;
    set_busy(true);
    set_error(null);
    try {
      await on_go();
      on_close();
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  return (
    <Dialog title={title} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" disabled={!can_go} is_busy={is_busy} onClick={() => void go()}>{action}</Button></>}>
      <form onSubmit={go} className="space-y-4">
        {text && <p className="text-muted">{text}</p>}
        {children}
        <ErrorNote error={error} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

const hour_ms = 3_600_000;
export const spans: { value: string; ms: number; hours: number }[] = [{ value: '2h', ms: 2 * hour_ms, hours: 2 }, { value: '1d', ms: 24 * hour_ms, hours: 24 }, { value: '7d', ms: 168 * hour_ms, hours: 168 }, { value: '30d', ms: 720 * hour_ms, hours: 720 }];

export function SpanSelect({ label, value, on_change, hint }: { label: string; value: string; on_change: (value: string) => void; hint?: string }) {
  const { t, w } = use_words();
  return <Select label={label} value={value} on_change={on_change} options={spans.map((span) => ({ value: span.value, text: span.hours < 24 ? w('hours', { n: span.hours }) : t('days', { n: span.hours / 24 }) }))} {...(hint ? { hint } : {})} />;
}
export const span_ms = (value: string): number => spans.find((span) => span.value === value)!.ms;

function ForkForm({ instance, on_close, on_done }: { instance: Instance; on_close: () => void; on_done: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState('');
  return (
    <Form title={w('fork_title', { name: instance_title(instance) })} text={w('fork_text')} action={w('fork')} on_close={on_close} on_go={async () => {
      const made = await db_fork(instance.id, name.trim() ? { name: name.trim() } : {});
      on_done();
      navigate(instance_href(made.id));
    }}><Field label={t('name')} value={name} maxLength={100} autoComplete="off" spellCheck={false} hint={w('name_hint')} onChange={(event) => set_name(event.target.value)} /></Form>
  );
}

function SnapshotForm({ instance, on_close, on_done }: { instance: Instance; on_close: () => void; on_done: () => void }) {
  const { w } = use_words();
  const [ref, set_ref] = useState('');
  return (
    <Form title={w('snapshot_title', { name: instance_title(instance) })} text={w('snapshot_text')} action={w('snapshot')} can_go={ref.trim() !== ''} on_close={on_close} on_go={async () => {
      await db_snapshot(instance.id, { ref: ref.trim() });
      toast(w('snapshot_done', { ref: ref.trim() }));
      on_done();
    }}><Field label={w('ref')} value={ref} maxLength={100} required autoComplete="off" spellCheck={false} placeholder="shop@main" hint={w('ref_hint')} onChange={(event) => set_ref(event.target.value)} /></Form>
  );
}

function SwitchForm({ instance, on_close, on_done }: { instance: Instance; on_close: () => void; on_done: () => void }) {
  const { w } = use_words();
  const [to, set_to] = useState('');
  return (
    <Form title={w('switch_title', { name: instance_title(instance) })} text={w('switch_text')} action={w('switch')} can_go={to.trim() !== ''} on_close={on_close} on_go={async () => { await db_switch(instance.id, { to: to.trim() }); on_done(); }}>
      <StateField label={w('switch_to')} value={to} on_change={set_to} />
    </Form>
  );
}

function KeepForm({ instance, on_close, on_done }: { instance: Instance; on_close: () => void; on_done: () => void }) {
  const { t, w } = use_words();
  const [ttl, set_ttl] = useState(spans.find((span) => span.ms >= instance.ttl_ms)?.value ?? '30d');
  const [lease, set_lease] = useState('');
  return (
    <Form title={w('keep_title', { name: instance_title(instance) })} action={t('save')} on_close={on_close} on_go={async () => { await db_change(instance.id, { ttl_ms: span_ms(ttl), ...(lease ? { lease_ms: span_ms(lease) } : {}) }); on_done(); }}>
      <SpanSelect label={w('ttl')} value={ttl} on_change={set_ttl} hint={w('ttl_hint')} />
      <Select label={w('lease')} value={lease} on_change={set_lease} hint={w('lease_hint')} options={[{ value: '', text: w('lease_unchanged') }, ...spans.map((span) => ({ value: span.value, text: span.hours < 24 ? w('hours', { n: span.hours }) : t('days', { n: span.hours / 24 }) }))]} />
    </Form>
  );
}

function RenameForm({ instance, on_close, on_done }: { instance: Instance; on_close: () => void; on_done: () => void }) {
  const { t, w } = use_words();
  const [name, set_name] = useState(instance.name ?? '');
  return (
    <Form title={w('rename_title', { name: instance_title(instance) })} action={t('save')} can_go={name.trim() !== ''} on_close={on_close} on_go={async () => { await db_change(instance.id, { name: name.trim() }); on_done(); }}>
      <Field label={t('name')} value={name} maxLength={100} autoComplete="off" spellCheck={false} hint={w('name_hint')} onChange={(event) => set_name(event.target.value)} />
    </Form>
  );
}

/** `on_done` reads again what the page shows; `on_dropped` leaves a page that is about the instance. */
export function InstanceMenu({ instance, on_done, on_dropped = on_done }: { instance: Instance; on_done: () => void; on_dropped?: () => void }) {
  const { t, w } = use_words();
  const [asked, set_asked] = useState<Asked | null>(null);
  const close = () => set_asked(null);
  const name = instance_title(instance);
  const act = (run: (id: string) => Promise<unknown>) => () => void run(instance.id).then(on_done, toast_error);
  return (
    <>
      <Menu trigger={<button type="button" aria-label={w('instance_actions', { name })} className={icon_button()}><EllipsisVertical /></button>}>
        <MenuItem icon={<GitFork />} on_select={() => set_asked('fork')}>{w('fork')}…</MenuItem>
        <MenuItem icon={<Camera />} on_select={() => set_asked('snapshot')}>{w('snapshot')}…</MenuItem>
        <MenuItem icon={<RotateCcw />} on_select={() => set_asked('reset')}>{w('reset')}…</MenuItem>
        <MenuItem icon={<Shuffle />} on_select={() => set_asked('switch')}>{w('switch')}…</MenuItem>
        <MenuItem icon={<GitCompare />} on_select={() => navigate(`/databases/compare?left=${instance.state_id}&right=${instance.id}`)}>{w('compare_with_state')}</MenuItem>
        <MenuLine />
        {instance.status === 'asleep' ? <MenuItem icon={<Sun />} on_select={act(db_wake)}>{t('wake')}</MenuItem> : <MenuItem icon={<Moon />} on_select={act(db_sleep)}>{t('sleep')}</MenuItem>}
        <MenuItem icon={<Clock />} on_select={() => set_asked('keep')}>{w('keep')}…</MenuItem>
        <MenuItem icon={<Pencil />} on_select={() => set_asked('rename')}>{t('rename')}…</MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} is_danger on_select={() => set_asked('drop')}>{w('drop')}…</MenuItem>
      </Menu>
      {asked === 'fork' && <ForkForm instance={instance} on_close={close} on_done={on_done} />}
      {asked === 'snapshot' && <SnapshotForm instance={instance} on_close={close} on_done={on_done} />}
      {asked === 'switch' && <SwitchForm instance={instance} on_close={close} on_done={on_done} />}
      {asked === 'keep' && <KeepForm instance={instance} on_close={close} on_done={on_done} />}
      {asked === 'rename' && <RenameForm instance={instance} on_close={close} on_done={on_done} />}
      {asked === 'reset' && <Confirm title={w('reset_title', { name })} text={w('reset_text')} action={w('reset')} on_close={close} on_confirm={async () => { await db_reset(instance.id); on_done(); }} />}
      {asked === 'drop' && <Confirm title={w('drop_title', { name })} text={w('drop_text')} action={w('drop')} on_close={close} on_confirm={async () => { await db_drop(instance.id); on_dropped(); }} />}
    </>
  );
}
