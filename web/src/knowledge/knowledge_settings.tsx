// By which model the organization's knowledge is found by what it means.
import { useState } from 'react';
import { knowledge_set, knowledge_settings, models_ls, type KnowledgeSettings, type Model } from '../api';
import { use_pages } from '../library/pages';
import { use_load } from '../load';
import { Bones, Button, Dialog, ErrorNote, Field, Select } from '../ui/kit';
import { toast } from '../ui/toast';
import { use_words } from './words';

/** Those that have embeddings at all. */
const embedding_providers = ['openai', 'openai_responses', 'gemini', 'ollama'];

function Form({ saved, models, on_close }: { saved: KnowledgeSettings; models: Model[]; on_close: () => void }) {
  const { t, w, language } = use_words();
  const [embedding_model, set_embedding_model] = useState(saved.embedding_model_id ?? '');
  const [similarity, set_similarity] = useState(String(saved.similarity_min));
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  /** A model that is set is asked for a vector first; one that failed before is asked again. */
  const asks_model = embedding_model !== (saved.embedding_model_id ?? '') || saved.error !== null;
  const save = async () => {
    set_busy(true);
    set_error(null);
    try {
      await knowledge_set({ ...(asks_model ? { embedding_model } : {}), ...(embedding_model ? { similarity_min: Number(similarity) } : {}) }, { if_match: saved.version });
      toast(w('settings_saved'));
      on_close();
    } catch (cause) {
      set_error(cause);
      set_busy(false);
    }
  };
  const number = (value: number) => value.toLocaleString(language);
  return (
    <form className="space-y-4" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <p className="text-muted">{w('settings_text')}</p>
      <Select label={w('embedding_model')} hint={w('embedding_model_hint')} value={embedding_model} on_change={set_embedding_model} options={[{ value: '', text: w('words_alone') }, ...models.map(({ id, name }) => ({ value: id, text: name }))]} />
      {embedding_model !== '' && <Field label={w('similarity_min')} hint={w('similarity_min_hint')} type="number" inputMode="decimal" step="any" min={-1} max={1} required value={similarity} onChange={(event) => set_similarity(event.target.value)} />}
      {saved.embedding_model_id !== null && <p role="status" className="text-xs text-muted">{w('vectors', { n: saved.chunks_count, done: number(saved.vectors_count), tokens: number(saved.tokens_in) })}{saved.has_pgvector && ` ${w('with_pgvector')}`}</p>}
      {saved.error && <p className="rounded-md bg-warn-soft px-3 py-2 text-warn">{saved.error}</p>}
      <ErrorNote error={error} />
      <div className="flex flex-wrap justify-end gap-2"><Button onClick={on_close}>{t('cancel')}</Button><Button kind="primary" type="submit" is_busy={is_busy}>{t('save')}</Button></div>
    </form>
  );
}

export function KnowledgeSettingsDialog({ on_close }: { on_close: () => void }) {
  const { w } = use_words();
  const settings = use_load('knowledge settings', knowledge_settings);
  const models = use_pages('models', (query, options) => models_ls(query, options));
  const error = settings.error ?? models.error;
  return (
    <Dialog title={w('settings')} on_close={on_close}>
      {error ? <ErrorNote error={error} retry={() => { settings.reload(); models.reload(); }} />
        : settings.value && models.is_complete ? <Form saved={settings.value} models={models.items.filter(({ provider }) => embedding_providers.includes(provider))} on_close={on_close} /> : <Bones lines={4} />}
    </Dialog>
  );
}
