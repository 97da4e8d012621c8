// The variables of a chat, which prompt templates and pipelines name. A chunk of its own.
import { Plus, X } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { chats_change, chats_show, type Chat } from '../api';
import { Button, Dialog, ErrorNote, IconButton } from '../ui/kit';
import { as_kind, faults_of, reference_of, rows_of, vars_of, type VarFault, type VarKind, type VarRow } from './vars';
import { use_words } from './words';

const name_chars_max = 200;
const kinds: VarKind[] = ['text', 'number', 'yes_no', 'json'];
type Row = VarRow & { key: number };

function Value({ row, label, note_id, on_change }: { row: VarRow; label: string; note_id: string | undefined; on_change: (text: string) => void }) {
  const { w } = use_words();
  const shared = { 'aria-label': label, 'aria-invalid': note_id ? true : undefined, 'aria-describedby': note_id, value: row.text };
  if (row.kind === 'yes_no') return <select className="field" {...shared} onChange={(event) => on_change(event.target.value)}><option value="true">{w('var_yes')}</option><option value="false">{w('var_no')}</option></select>;
  if (row.kind === 'number') return <input className="field tabular-nums" inputMode="decimal" autoComplete="off" {...shared} onChange={(event) => on_change(event.target.value)} />;
  return <textarea className={`field field-grow max-h-48 resize-none ${row.kind === 'json' ? 'font-mono text-[0.8rem]' : ''}`} rows={1} spellCheck={row.kind === 'text'} {...shared} onChange={(event) => on_change(event.target.value)} />;
}

function VarLine({ row, fault, on_change, on_remove }: { row: VarRow; fault: VarFault | null; on_change: (row: VarRow) => void; on_remove: () => void }) {
  const { w } = use_words();
  const note = useId();
  const name = row.name.trim();
  return (
    <li className="var space-y-1.5 py-3 first:pt-0">
      <div className="flex items-start gap-2">
        <input className="field min-w-0 flex-1 font-mono text-[0.85rem]" aria-label={w('var_name')} placeholder={w('var_name')} value={row.name} maxLength={name_chars_max} autoComplete="off" spellCheck={false} onChange={(event) => on_change({ ...row, name: event.target.value })} />
        <select className="field !w-auto shrink-0" aria-label={w('var_kind_of', { name })} value={row.kind} onChange={(event) => on_change(as_kind(row, event.target.value as VarKind))}>{kinds.map((kind) => <option key={kind} value={kind}>{w(`var_${kind}`)}</option>)}</select>
        <IconButton name={w('var_remove', { name })} onClick={on_remove}><X /></IconButton>
      </div>
      <Value row={row} label={w('var_value_of', { name })} note_id={fault ? note : undefined} on_change={(text) => on_change({ ...row, text })} />
      {fault ? <p id={note} className="text-xs text-danger">{w(fault, { name })}</p> : name && <p className="font-mono text-xs text-muted">{reference_of(name)}</p>}
    </li>
  );
}

export default function VarsDialog({ chat, on_change, on_close }: { chat: Chat; on_change: (chat: Chat) => void; on_close: () => void }) {
  const { t, w } = use_words();
  const [base, set_base] = useState(chat.vars as Record<string, unknown>);
  const last_key = useRef(0);
  const keyed = (row: VarRow): Row => ({ ...row, key: ++last_key.current });
  const [rows, set_rows] = useState<Row[]>(() => rows_of(base).map(keyed));
  const [theirs, set_theirs] = useState<Record<string, unknown> | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const faults = faults_of(rows);
  const is_changed = JSON.stringify(vars_of(rows)) !== JSON.stringify(base);
  const can_save = is_changed && !is_busy && faults.every((fault) => !fault);
  const save = async (over: Record<string, unknown>) => {
    set_busy(true);
    set_error(null);
    try {
      const now = await chats_show(chat.id);
      if (JSON.stringify(now.vars) === JSON.stringify(over)) {
        on_change(await chats_change(chat.id, { vars: vars_of(rows) }, { if_match: now.version }));
        return on_close();
      }
      set_theirs(now.vars as Record<string, unknown>);
    } catch (cause) {
      set_error(cause);
    }
    set_busy(false);
  };
  const take_theirs = (vars: Record<string, unknown>) => { set_base(vars); set_rows(rows_of(vars).map(keyed)); set_theirs(null); };
  return (
    <Dialog title={w('vars')} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" is_busy={is_busy} disabled={!can_save} onClick={() => void save(base)}>{t('save')}</Button></>}>
      <p className="mb-4 text-muted">{w('vars_text')}</p>
      {rows.length === 0 && <p className="mb-3 text-muted">{w('vars_none')}</p>}
      <ul aria-label={w('vars')} className="mb-3 divide-y divide-line">
        {rows.map((row, at) => <VarLine key={row.key} row={row} fault={faults[at] ?? null} on_change={(changed) => set_rows(rows.map((other) => (other.key === row.key ? { ...changed, key: row.key } : other)))} on_remove={() => set_rows(rows.filter((other) => other.key !== row.key))} />)}
      </ul>
      <Button onClick={() => set_rows([...rows, keyed({ name: '', kind: 'text', text: '' })])}><Plus className="size-4" aria-hidden />{w('var_add')}</Button>
      {theirs && (
        <div role="alert" className="mt-3 rounded-xl bg-warn-soft px-3.5 py-2.5 text-warn">
          <p className="mb-2">{w('vars_changed')}</p>
          <div className="flex flex-wrap gap-2"><Button small onClick={() => take_theirs(theirs)}>{w('vars_take')}</Button><Button small disabled={faults.some(Boolean)} onClick={() => void save(theirs)}>{w('vars_over')}</Button></div>
        </div>
      )}
      <ErrorNote error={error} className="mt-3" />
    </Dialog>
  );
}
