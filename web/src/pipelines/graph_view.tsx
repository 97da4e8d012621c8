// The steps of a pipeline as a graph. What is drawn as boxes is a list, each step after all that it waits for, so that
// it can be read aloud and gone through by the keyboard; the lines are only a picture of what each item says.
import { CircleHelp, Zap } from 'lucide-react';
import { useMemo, useRef, type KeyboardEvent } from 'react';
import type { PipelineGraph } from '../api';
import { layout_of, neighbour, node_height, node_width, path_of } from './graph_layout';
import { StatusIcon, status_words, type Status } from './status';
import { use_words } from './words';

const boxes: Record<Status, string> = {
  waiting: 'border-line-strong bg-surface', running: 'border-info bg-info-soft', done: 'border-accent bg-accent-soft', failed: 'border-danger bg-danger-soft', cancelled: 'border-warn bg-warn-soft', skipped: 'border-dashed border-line-strong bg-sunken',
};
const inks: Record<Status, string> = { waiting: 'text-muted', running: 'text-info', done: 'text-accent', failed: 'text-danger', cancelled: 'text-warn', skipped: 'text-muted' };

const hues: Record<string, number> = { pre: 0, post: 0, llm: 2, template: 4, guard: 1, rag: 5, tool: 3, sql: 3 };
const hue_of = (type: string) => hues[type] ?? type.length % 6;

interface Props {
  label: string;
  graph: PipelineGraph;
  /** How far each step is; without it, the steps of a definition are shown. */
  statuses?: ReadonlyMap<string, Status>;
  /** How many effects of a step stand. */
  effects?: ReadonlyMap<string, number>;
  selected: string | null;
  on_select: (step: string) => void;
  /** It is behind what is being written. */
  is_old?: boolean;
}

function Lines({ layout, arrow }: { layout: ReturnType<typeof layout_of>; arrow: string }) {
  return (
    <svg aria-hidden width={layout.width} height={layout.height} className="absolute inset-0 text-muted">
      <defs><marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.5 7.5 4 0 7.5z" fill="currentColor" /></marker></defs>
      {layout.edges.map((edge) => <path key={`${edge.from} ${edge.to}`} d={path_of(edge.points)} fill="none" stroke="currentColor" strokeWidth={1.5} strokeDasharray={edge.kind === 'follows' ? '4 4' : undefined} markerEnd={`url(#${arrow})`} />)}
    </svg>
  );
}

export function GraphView({ label, graph, statuses, effects, selected, on_select, is_old = false }: Props) {
  const { w } = use_words();
  const layout = useMemo(() => layout_of(graph), [graph]);
  const list = useRef<HTMLOListElement>(null);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const before = (id: string) => graph.edges.filter((edge) => edge.to === id).map((edge) => nodes.get(edge.from)?.title || edge.from);
  const press = (event: KeyboardEvent, id: string) => {
    const next = neighbour(layout, id, event.key);
    if (!next) return;
    event.preventDefault();
    list.current?.querySelector<HTMLElement>(`[data-step="${next}"]`)?.focus();
  };
  return (
    <div role="region" aria-label={label} tabIndex={0} className={`graph h-full overflow-auto bg-bg p-3 ${is_old ? 'grayscale' : ''}`}>
      <div className="relative mx-auto" style={{ width: layout.width, height: layout.height }}>
        <Lines layout={layout} arrow={statuses ? 'arrow-of-run' : 'arrow-of-definition'} />
        <ol ref={list} aria-label={w('steps')}>
          {graph.nodes.map((node) => {
            const place = layout.nodes.find(({ id }) => id === node.id)!;
            const status = statuses?.get(node.id);
            const waits_for = before(node.id);
            const count = effects?.get(node.id) ?? 0;
            return (
              <li key={node.id} className={`absolute hue-${hue_of(node.type)}`} style={{ left: place.x, top: place.y, width: node_width, height: node_height }}>
                <button type="button" data-step={node.id} data-status={status} aria-pressed={selected === node.id} title={node.condition ? w('step_when', { condition: node.condition }) : node.title || node.id} onClick={() => on_select(node.id)} onKeyDown={(event) => press(event, node.id)}
                  className={`step-node flex size-full items-stretch gap-2 overflow-hidden rounded-xl border text-left shadow-card hover:shadow-float aria-pressed:ring-2 aria-pressed:ring-accent ${status ? boxes[status] : 'border-line-strong bg-surface'} ${node.required ? '' : 'border-dashed'}`}>
                  <span aria-hidden className="w-1.5 shrink-0 hue-fill" />
                  <span className="flex min-w-0 flex-1 flex-col justify-center py-1 pr-2">
                    <span className="flex items-center gap-1.5"><span className="min-w-0 flex-1 truncate font-medium">{node.title || node.id}</span>{node.condition && <CircleHelp className="size-3.5 shrink-0 text-muted" aria-hidden />}{count > 0 && <span aria-hidden title={w('effects_count', { n: count })} className="flex shrink-0 items-center gap-0.5 text-xs text-muted"><Zap className="size-3.5" />{count}</span>}</span>
                    <span className="flex min-w-0 items-center gap-1 text-xs text-muted [&_svg]:size-3.5 [&_svg]:shrink-0">{status && <span className={`flex items-center gap-1 font-medium ${inks[status]}`}><StatusIcon status={status} />{w(status_words[status])}</span>}<span className="truncate">{status && '· '}{node.type}</span></span>
                  </span>
                  <span className="sr-only">{[waits_for.length ? w('step_after', { steps: waits_for.join(', ') }) : w('step_first'), node.condition && w('step_when', { condition: node.condition }), !node.required && w('step_optional'), count > 0 && w('effects_count', { n: count })].filter(Boolean).join('. ')}</span>
                </button>
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
}
