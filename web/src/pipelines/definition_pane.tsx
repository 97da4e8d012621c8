// The definition as a text, what is wrong with it, and the graph that it makes.
import { CircleAlert, CircleCheck } from 'lucide-react';
import { Suspense, lazy, useRef, useState } from 'react';
import type { CodeHandle } from '../ui/code_editor';
import { Bones, Empty, ErrorNote, SafePart } from '../ui/kit';
import { use_wide } from '../ui/shell';
import { Split } from '../ui/split';
import type { DefinitionFault } from './faults';
import { GraphView } from './graph_view';
import type { Checked } from './use_check';
import { use_words } from './words';

const DefinitionEditor = lazy(() => import('./definition_editor'));

/** Of more faults than these only the first are listed; those that are left come when they are mended. */
const faults_shown_max = 20;

function Faults({ faults, on_show }: { faults: DefinitionFault[]; on_show: (fault: DefinitionFault) => void }) {
  const { w } = use_words();
  return (
    <div role="alert" className="shrink-0 border-b border-line bg-danger-soft px-3 py-2">
      <ul aria-label={w('faults')} className="max-h-32 space-y-1 overflow-y-auto">
        {faults.slice(0, faults_shown_max).map((fault) => (
          <li key={`${fault.from} ${fault.pointer} ${fault.message}`} className="definition-fault flex items-start gap-2.5">
            <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
            <p className="min-w-0 flex-1 break-words"><button type="button" onClick={() => on_show(fault)} className="font-mono text-xs underline">{w('at_place', { line: fault.line, column: fault.column })}</button>{fault.pointer && <code className="ml-1.5 font-mono text-xs text-muted">{fault.pointer}</code>} {fault.message}</p>
          </li>
        ))}
      </ul>
      {faults.length > faults_shown_max && <p className="mt-1 pl-6 text-xs text-muted">{w('faults_more', { n: faults.length - faults_shown_max })}</p>}
    </div>
  );
}

interface Props { text: string; checked: Checked; /** Why it could not be saved. */ error: unknown; on_change: (text: string) => void; on_save: () => void }

export function DefinitionPane({ text, checked, error, on_change, on_save }: Props) {
  const { w } = use_words();
  const is_wide = use_wide();
  const editor = useRef<CodeHandle>(null);
  const [selected, set_selected] = useState<string | null>(null);
  const { read, graph, is_old, faults } = checked;
  const show_step = (step: string) => {
    set_selected(step);
    const steps = read.is_read ? ((read.value as { steps?: { id?: unknown }[] } | null)?.steps ?? []) : [];
    const index = Array.isArray(steps) ? steps.findIndex((one) => one?.id === step) : -1;
    const place = read.is_read ? read.places.get(`/steps/${index}`) : undefined;
    if (place) editor.current?.show(place.from);
  };
  const writing = (
    <div className="flex h-full min-h-0 flex-col">
      {faults.length > 0 && <Faults faults={faults} on_show={(fault) => editor.current?.show(fault.from)} />}
      <ErrorNote error={error ?? checked.error} className="m-3 shrink-0" />
      <div className="min-h-0 flex-1"><SafePart><Suspense fallback={<Bones className="p-4" />}><DefinitionEditor label={w('definition')} text={text} faults={faults} is_live handle={editor} on_change={on_change} on_run={on_save} /></Suspense></SafePart></div>
    </div>
  );
  const looking = (
    <div className="flex h-full min-h-0 flex-col">
      <p role="status" className="flex shrink-0 items-center gap-1.5 border-b border-line bg-surface px-3 py-1.5 text-xs text-muted [&_svg]:size-3.5">{faults.length ? <><CircleAlert className="text-danger" aria-hidden />{w('faults_count', { n: faults.length })}{graph && ` · ${w('graph_old')}`}</> : graph && !is_old ? <><CircleCheck className="text-accent" aria-hidden />{w('steps_count', { n: graph.nodes.length })}</> : w('checking')}</p>
      <div className="min-h-0 flex-1">{graph ? <GraphView label={w('graph')} graph={graph} selected={selected} on_select={show_step} is_old={is_old} /> : faults.length ? <Empty title={w('graph_none')} /> : <Bones className="p-4" />}</div>
    </div>
  );
  if (is_wide) return <Split name="pipeline" label={w('definition_width')} initial={52} left={writing} right={looking} />;
  return <div className="flex h-full flex-col"><div className="min-h-0 flex-[3] border-b border-line">{writing}</div><div className="min-h-0 flex-[2]">{looking}</div></div>;
}
