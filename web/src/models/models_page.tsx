import { CircleCheck, CircleX, Plus, Star, Trash2, Zap } from 'lucide-react';
import { useState } from 'react';
import { models_change, models_rm, models_test, type Model, type ModelTest } from '../api';
import { default_model } from '../chat/composer';
import { Link, navigate } from '../router';
import { Badge, Bones, Button, Confirm, ErrorNote, IconButton } from '../ui/kit';
import { Section } from '../ui/section';
import { toast_error } from '../ui/toast';
import { models_href, price_text, use_models } from './parts';
import { provider_of } from './providers';
import { use_words } from './words';

function TestResult({ result }: { result: ModelTest }) {
  const { w } = use_words();
  return (
    <div role="status" data-ok={result.ok} className={`model-test mt-2 flex items-start gap-2 rounded-lg px-3 py-2 ${result.ok ? 'bg-accent-soft' : 'bg-danger-soft'}`}>
      {result.ok ? <CircleCheck className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden /> : <CircleX className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />}
      <div className="min-w-0">
        <p className="break-words">{result.message || (result.ok ? w('test_ok') : w('test_failed'))}</p>
        {result.answer && <p className="mt-0.5 line-clamp-3 break-words text-muted">“{result.answer}”</p>}
        <p className="mt-0.5 text-xs text-muted">{w('test_time', { n: result.total_ms })}</p>
      </div>
    </div>
  );
}

/** The window, the prices and the data of a model, on one line. */
function Figures({ model }: { model: Model }) {
  const { w, language } = use_words();
  const is_free = model.tokens_in_usd === 0 && model.tokens_out_usd === 0;
  const figures = [
    w('window', { n: model.context_tokens.toLocaleString(language) }),
    is_free ? w('price_unknown') : w('price', { tokens_in: price_text(model.tokens_in_usd, language), tokens_out: price_text(model.tokens_out_usd, language) }),
    ...(model.data_class_max === 'confidential' ? [] : [w('data_up_to', { data_class: w(`class_${model.data_class_max}`) })]),
  ];
  return <p className="mt-0.5 text-xs text-muted">{figures.join(' · ')}</p>;
}

function ModelRow({ model, is_default, reload }: { model: Model; is_default: boolean; reload: () => void }) {
  const { t, w } = use_words();
  const [result, set_result] = useState<ModelTest | null>(null);
  const [is_testing, set_testing] = useState(false);
  const [is_deleting, set_deleting] = useState(false);
  const is_built_in = model.provider === 'demo';
  const { name } = model;
  const test = async () => {
    set_testing(true);
    set_result(null);
    try {
      set_result(await models_test(model.id));
    } catch (cause) {
      toast_error(cause);
    } finally {
      set_testing(false);
    }
  };
  return (
    <li className="model px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <div className="min-w-0 flex-1 basis-48 max-sm:basis-full">
          <p className="flex flex-wrap items-center gap-2 font-medium">
            {is_built_in ? name : <Link href={`${models_href}/${model.id}`} className="min-w-0 break-words hover:underline">{name}</Link>}
            {is_default && <Badge tone="good">{t('default')}</Badge>}{!model.has_api_key && provider_of(model.provider).needs_key && <Badge tone="warn">{w('no_key')}</Badge>}
          </p>
          <p className="break-all text-xs text-muted">{[model.provider, model.model, model.base_url].filter(Boolean).join(' · ')}</p>
          {!is_built_in && <Figures model={model} />}
        </div>
        <Button small is_busy={is_testing} aria-label={w('test_one', { name })} onClick={() => void test()}>{!is_testing && <Zap className="size-3.5" aria-hidden />}{w('test')}</Button>
        <IconButton name={w('model_use', { name })} disabled={model.is_default} onClick={() => models_change(model.id, { is_default: true }).then(reload, toast_error)}><Star className={model.is_default ? 'fill-current' : ''} /></IconButton>
        <IconButton name={w('model_delete_one', { name })} disabled={is_built_in} onClick={() => set_deleting(true)}><Trash2 /></IconButton>
      </div>
      {result && <TestResult result={result} />}
      {is_deleting && <Confirm title={w('model_delete')} text={w('model_delete_text', { name })} action={t('delete')} on_close={() => set_deleting(false)} on_confirm={async () => { await models_rm(model.id); reload(); }} />}
    </li>
  );
}

export function ModelsPage() {
  const { t, w } = use_words();
  const models = use_models();
  const usual = default_model(models.items);
  return (
    <Section title={t('models')} text={w('models_text')} action={<Button kind="primary" onClick={() => navigate(`${models_href}/new`)}><Plus className="size-4" aria-hidden />{w('model_add')}</Button>}>
      {models.error && <ErrorNote error={models.error} retry={models.reload} className="mb-3" />}
      {models.items.length === 0 ? !models.error && <Bones lines={4} />
        : <ul aria-label={t('models')} className="card divide-y divide-line">{models.items.map((model) => <ModelRow key={model.id} model={model} is_default={model.id === usual?.id} reload={models.reload} />)}</ul>}
    </Section>
  );
}
