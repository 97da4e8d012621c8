// Two states or instances: the steps that they share, those that each has alone, and what differs in the databases.
import { ArrowLeftRight, GitCompare } from 'lucide-react';
import { db_instances, db_refs, type DatabaseState, type Instance, type Ref } from '../api';
import { byte_text } from '../i18n';
import { use_load } from '../load';
import { Link, set_query, use_query } from '../router';
import { Bones, Empty, ErrorNote, IconButton, Select } from '../ui/kit';
import { DiffView } from './diff_view';
import { Frame, instance_title, short_state, span_text, state_href } from './parts';
import { chain_to, compare_chains } from './state_tree';
import { load_states, state_title } from './states_page';
import { use_words } from './words';

/** What is compared: a state, or an instance with the data that it has now. */
interface Side { id: string; state_id: string; text: string }

/** By id, a beginning of it, or a ref. */
function find_side(sides: Side[], refs: Ref[], name: string | null): Side | undefined {
  if (!name) return undefined;
  const id = refs.find((ref) => ref.name === name)?.state_id ?? name;
  return sides.find((side) => side.id.startsWith(id));
}

function SideSelect({ label, value, sides, on_change }: { label: string; value: string; sides: Side[]; on_change: (id: string) => void }) {
  const { w } = use_words();
  const options = sides.map((side) => ({ value: side.id, text: side.text }));
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
    const [{ states }, refs, instances] = await Promise.all([load_states(), db_refs({ limit: 200 }), db_instances({ limit: 200 })]);
    const of_state = (state: DatabaseState): Side => ({ id: state.id, state_id: state.id, text: [state.refs.join(', '), state_title(state).slice(0, 60), short_state(state.id)].filter(Boolean).join(' · ') });
    const of_instance = (instance: Instance): Side => ({ id: instance.id, state_id: instance.state_id, text: `${w('instance')} ${instance_title(instance)} · ${short_state(instance.state_id)}` });
    return { states, refs: refs.items, sides: [...states.map(of_state), ...instances.items.map(of_instance)] };
  });
  const states = loaded.value?.states ?? [];
  const sides = loaded.value?.sides ?? [];
  const left = find_side(sides, loaded.value?.refs ?? [], query.get('left'));
  const right = find_side(sides, loaded.value?.refs ?? [], query.get('right'));
  const compared = left && right ? compare_chains(chain_to(states, left.state_id), chain_to(states, right.state_id)) : null;
  const image_of = (side: Side) => states.find((state) => state.id === side.state_id)?.image ?? '';
  return (
    <Frame title={w('compare')} text={w('compare_text')}>
      {loaded.error && <ErrorNote error={loaded.error} retry={loaded.reload} className="mb-3" />}
      {!loaded.value ? !loaded.error && <Bones lines={6} /> : sides.length < 2 ? <div className="card"><Empty icon={<GitCompare />} title={w('compare_empty')}>{w('states_empty_text')}</Empty></div> : (
        <>
          <div className="mb-5 flex flex-wrap items-end gap-2">
            <SideSelect label={t('left')} value={left?.id ?? ''} sides={sides} on_change={(id) => set_query({ left: id })} />
            <IconButton name={t('swap_sides')} disabled={!left || !right} onClick={() => set_query({ left: right!.id, right: left!.id })}><ArrowLeftRight /></IconButton>
            <SideSelect label={t('right')} value={right?.id ?? ''} sides={sides} on_change={(id) => set_query({ right: id })} />
          </div>
          {compared && left && right && (
            <>
              <div className="space-y-4">
                {image_of(left) !== image_of(right) && <p className="rounded-xl border border-line bg-warn-soft px-3.5 py-2.5">{w('compare_images', { left: image_of(left), right: image_of(right) })}</p>}
                <Steps title={w('compare_common', { n: compared.common.length })} states={compared.common} sign="" />
                <div className="grid gap-4 md:grid-cols-2"><Steps title={w('compare_left')} states={compared.left} sign="−" /><Steps title={w('compare_right')} states={compared.right} sign="+" /></div>
              </div>
              <DiffView key={`${left.id}.${right.id}`} from={left.id} to={right.id} />
            </>
          )}
        </>
      )}
    </Frame>
  );
}
