// A run begins by hand: with an input, and the chat whose values its texts may name.
import { Play } from 'lucide-react';
import { useState } from 'react';
import { pipelines_run, type Pipeline } from '../api';
import { LongField } from '../library/parts';
import { use_targets } from '../library/targets';
import { navigate } from '../router';
import { use_stored } from '../stored';
import { Button, Dialog, ErrorNote, Select } from '../ui/kit';
import { read_object, run_href } from './parts';
import { use_words } from './words';

export function RunDialog({ pipeline, is_changed, on_close }: { pipeline: Pipeline; is_changed: boolean; on_close: () => void }) {
  const { t, w } = use_words();
  const targets = use_targets();
  // The input of the last time is there again.
  const [kept, keep] = use_stored(`draft.library.run.${pipeline.id}`);
  const [text, set_text] = useState(kept ?? '{}');
  const [chat_id, set_chat_id] = useState('');
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const input = read_object(text);
  const run = () => {
    if (!input || is_busy) return;
    set_busy(true);
    set_error(null);
    pipelines_run(pipeline.id, { input, ...(chat_id ? { chat_id } : {}) }).then((started) => navigate(run_href(started.id)), (cause: unknown) => { set_error(cause); set_busy(false); });
  };
  return (
    <Dialog title={w('run_title', { name: pipeline.name })} on_close={on_close} footer={<><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" is_busy={is_busy} disabled={!input} onClick={run}><Play className="size-4" aria-hidden />{w('run_do')}</Button></>}>
      <form className="space-y-4" onSubmit={(event) => { event.preventDefault(); run(); }} onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); } }}>
        {is_changed && <p className="rounded-lg bg-warn-soft px-3 py-2 text-warn">{w('run_saved_one', { n: pipeline.number })}</p>}
        <LongField label={w('run_input')} rows={4} spellCheck={false} className="field field-grow max-h-[40dvh] resize-y font-mono !text-xs" value={text} aria-invalid={!input || undefined} hint={input ? w('run_input_hint') : <span className="text-danger">{w('input_wrong')}</span>} onChange={(event) => { set_text(event.target.value); keep(event.target.value); }} />
        <Select label={w('run_chat')} hint={w('run_chat_hint')} value={chat_id} on_change={set_chat_id} options={[{ value: '', text: w('run_chat_none') }, ...targets.of('chat')]} />
        <ErrorNote error={error} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
