// Two states side by side: the steps that they share, and those that each has alone.
import { ArrowLeftRight, GitCompare } from 'lucide-react';
import { db_refs, type DatabaseState, type Ref } from '../api';
import { byte_text } from '../i18n';
import { use_load } from '../load';
import { Link, set_query, use_query } from '../router';
import { Bones, Empty, ErrorNote, IconButton, Select } from '../ui/kit';
import { Frame, short_state, span_text, state_href } from './parts';
import { chain_to, compare_chains } from './state_tree';
import { load_states, state_title } from './states_page';
import { use_words } from './words';

/** The state of a ref, an id or its beginning. */
function find_state(states: DatabaseState[], refs: Ref[], name: string | null): DatabaseState | undefined {
  if (!name) return undefined;
  const id = refs.find((ref) => ref.name === name)?.state_id ?? name;
  return states.find((state) => state.id.startsWith(id));
}

function StateSelect({ label, value, states, on_change }: { label: string; value: string; states: DatabaseState[]; on_change: (id: string) => void }) {
  const { w } = use_words();
  const options = states.map((state) => ({ value: state.id, text: [state.refs.join(', '), state_title(state).slice(0, 60), short_state(state.id)].filter(Boolean).join(' · ') }));
  return <div className="min-w-0 flex-1 basis-56"><Select label={label} value={value} on_change={on_change} options={value === '' ? [{ value: '', text: w('compare_choose') }, ...options] : options} /></div>;
}

function Steps({ title, states, sign }: { title: string; states: DatabaseState[]; sign: '' | '−' | '+' }) {
  const { w, language } = use_words();
  const look = { '': 'bg-sunken text-muted', '−': 'bg-danger-soft text-danger', '+': 'bg-accent-soft text-accent' }[sign];
  return (
    <section aria-label={title} className="card overflow-hidden">
      <h2 className={`px-3.5 py-2 text-sm font-semibold ${look}`}>{title}</h2>
      {states.length === 0 ? <p className="px-3.5 py-3 text-muted">{w('compare_none')}</p> : (
        <ol className="divide-y divide-line border-t border-line">
          {states.map((state) => (
            <li key={state.id} className="px-3.5 py-2"><p className="break-words font-mono text-[0.8rem]">{sign && <span aria-hidden className="mr-2 select-none">{sign}</span>}{state_title(state)}</p>
              <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-muted"><Link href={state_href(state.id)} className="font-mono underline decoration-line-strong underline-offset-2 hover:text-ink">{short_state(state.id)}</Link><span>{byte_text(state.bytes, language)}</span><span>{span_text(state.build_ms, language)}</span></p></li>
          ))}
        </ol>
      )}
    </section>
  );
}

export function ComparePage() {
  const { t, w } = use_words();
  const query = use_query();
  const loaded = use_load('compare', async () => {
    const [{ states }, refs] = await Promise.all([load_states(), db_refs({ limit: 200 })]);
    return { states, refs: refs.items };
  });
  const states = loaded.value?.states ?? [];
  const left = find_state(states, loaded.value?.refs ?? [], query.get('left'));
  const right = find_state(states, loaded.value?.refs ?? [], query.get('right'));
  const compared = left && right ? compare_chains(chain_to(states, left.id), chain_to(states, right.id)) : null;
  return (
    <Frame title={w('compare')} text={w('compare_text')}>
      {loaded.error && <ErrorNote error={loaded.error} retry={loaded.reload} className="mb-3" />}
      {!loaded.value ? !loaded.error && <Bones lines={6} /> : states.length < 2 ? <div className="card"><Empty icon={<GitCompare />} title={w('compare_empty')}>{w('states_empty_text')}</Empty></div> : (
        <>
          <div className="mb-5 flex flex-wrap items-end gap-2">
            <StateSelect label={t('left')} value={left?.id ?? ''} states={states} on_change={(id) => set_query({ left: id })} />
            <IconButton name={t('swap_sides')} disabled={!left || !right} onClick={() => set_query({ left: right!.id, right: left!.id })}><ArrowLeftRight /></IconButton>
            <StateSelect label={t('right')} value={right?.id ?? ''} states={states} on_change={(id) => set_query({ right: id })} />
          </div>
          {compared && left && right && (
            <div className="space-y-4">
              {left.image !== right.image && <p className="rounded-xl border border-line bg-warn-soft px-3.5 py-2.5">{w('compare_images', { left: left.image, right: right.image })}</p>}
              <Steps title={w('compare_common', { n: compared.common.length })} states={compared.common} sign="" />
              <div className="grid gap-4 md:grid-cols-2"><Steps title={w('compare_left')} states={compared.left} sign="−" /><Steps title={w('compare_right')} states={compared.right} sign="+" /></div>
            </div>
          )}
        </>
      )}
    </Frame>
  );
}
