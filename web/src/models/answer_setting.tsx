// How a chat is answered: how far its data may go, who would answer, and with which parameters.
import { useId, useState } from 'react';
import { chats_change, prompts_preview, type Chat, type Id } from '../api';
import { use_load } from '../load';
import { Button, Dialog, ErrorNote, Field, Select } from '../ui/kit';
import { form_of, settings_of, use_answer_settings, type SettingsForm } from './answer_settings';
import { data_class_text } from './parts';
import { data_classes, type DataClass } from './policy_choice';
import { use_words } from './words';

function SchemaField({ value, fault, on_change }: { value: string; fault: string | null; on_change: (text: string) => void }) {
  const { w } = use_words();
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">{w('output_schema')}</label>
      <textarea id={id} rows={3} spellCheck={false} value={value} aria-invalid={fault ? true : undefined} aria-describedby={`${id}-note`} onChange={(event) => on_change(event.target.value)} className="field field-grow max-h-60 min-h-20 resize-y font-mono text-xs" />
      <p id={`${id}-note`} className={`mt-1 text-xs ${fault ? 'text-danger' : 'text-muted'}`}>{fault ?? w('output_schema_hint')}</p>
    </div>
  );
}

/** `model` is the one that the person chose; null asks as the policies say. */
export default function AnswerSetting({ chat, branch_id, model, on_close }: { chat: Chat; branch_id: Id; model: Id | null; on_close: () => void }) {
  const { t, w, language } = use_words();
  const [settings, keep] = use_answer_settings(chat.id);
  const [form, set_form] = useState(() => form_of(settings));
  const [data_class, set_data_class] = useState<DataClass>(chat.data_class);
  const [error, set_error] = useState<unknown>(null);
  const [schema_fault, set_schema_fault] = useState<string | null>(null);
  const preview = use_load(`${chat.id} ${branch_id} ${model} ${data_class}`, () => prompts_preview(chat.id, { branch_id, model }), { keeps_old: true });
  const set = (part: Partial<SettingsForm>) => set_form((old) => ({ ...old, ...part }));
  const classify = (value: DataClass) => {
    set_error(null);
    chats_change(chat.id, { data_class: value }).then(() => set_data_class(value), set_error);
  };
  const save = () => {
    try {
      keep(settings_of(form));
      on_close();
    } catch (fault) {
      set_schema_fault(w('output_schema_wrong', { fault: (fault as Error).message }));
    }
  };
  const reset = () => {
    keep(null);
    on_close();
  };
  return (
    <Dialog title={t('answer_setting')} on_close={on_close}
      footer={<>{settings && <Button kind="quiet" onClick={reset}>{w('parameters_reset')}</Button>}<Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" type="submit" form={`answer-setting-${chat.id}`}>{t('save')}</Button></>}>
      <Select label={w('data_class')} value={data_class} hint={w('answer_data_hint')} on_change={(value) => classify(value as DataClass)} options={data_classes.map((value) => ({ value, text: data_class_text(value, w) }))} />
      <ErrorNote error={error ?? preview.error} className="mt-3" />
      {preview.value && !preview.error && <p role="status" className="answer-model mt-3 rounded-lg bg-accent-soft px-3 py-2">{w('answer_model', { model: preview.value.model, tokens: w('window', { n: preview.value.context_tokens.toLocaleString(language) }) })}</p>}
      <form id={`answer-setting-${chat.id}`} className="mt-5 space-y-4" onSubmit={(event) => { event.preventDefault(); save(); }}>
        <div><h3 className="font-medium">{w('answer_parameters')}</h3><p className="text-xs text-muted">{w('answer_kept')}</p></div>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={w('temperature')} type="number" inputMode="decimal" step="any" min={0} max={2} value={form.temperature} hint={w('temperature_hint')} onChange={(event) => set({ temperature: event.target.value })} />
          <Field label={w('tokens_max')} type="number" inputMode="numeric" min={1} max={1_000_000} value={form.tokens_max} onChange={(event) => set({ tokens_max: event.target.value })} />
        </div>
        <Select label={w('thinking')} value={form.thinking} hint={w('thinking_hint')} on_change={(value) => set({ thinking: value as SettingsForm['thinking'] })} options={[{ value: '', text: w('thinking_model') }, ...(['off', 'low', 'medium', 'high'] as const).map((value) => ({ value, text: w(`thinking_${value}`) }))]} />
        <SchemaField value={form.output_schema} fault={schema_fault} on_change={(output_schema) => { set({ output_schema }); set_schema_fault(null); }} />
      </form>
    </Dialog>
  );
}
