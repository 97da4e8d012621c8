// Two panes with a line between them that can be dragged, or moved by the arrow keys.
import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { use_stored } from '../stored';

const percent_min = 22;
const percent_max = 75;
const clamp = (percent: number) => Math.min(percent_max, Math.max(percent_min, percent));

export function Split({ name, label, initial = 40, left, right }: { name: string; label: string; initial?: number; left: ReactNode; right: ReactNode }) {
  const [kept, keep] = use_stored(`split.${name}`);
  const percent = clamp(Number(kept) || initial);
  const box = useRef<HTMLDivElement>(null);
  const move = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const { left: start, width } = box.current!.getBoundingClientRect();
    keep(String(clamp(((event.clientX - start) / width) * 100)));
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -2, ArrowRight: 2, Home: -100, End: 100 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    keep(String(clamp(percent + step)));
  };
  return (
    <div ref={box} className="flex h-full min-h-0 [&:has([data-dragging])_iframe]:pointer-events-none">
      <div className="flex min-w-0 shrink-0 flex-col" style={{ width: `${percent}%` }}>{left}</div>
      <div role="separator" aria-orientation="vertical" aria-label={label} aria-valuenow={Math.round(percent)} aria-valuemin={percent_min} aria-valuemax={percent_max} tabIndex={0}
        onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); event.currentTarget.dataset.dragging = ''; }}
        onPointerUp={(event) => { delete event.currentTarget.dataset.dragging; }}
        onPointerMove={move} onKeyDown={press}
        className="group relative z-10 w-px shrink-0 cursor-col-resize bg-line">
        <div className="absolute inset-y-0 -left-1.5 w-3" />
        <div className="absolute inset-y-0 -left-px w-[3px] bg-accent opacity-0 transition-opacity group-hover:opacity-60 group-focus-visible:opacity-100 group-data-[dragging]:opacity-100" />
      </div>
      <div className="flex min-w-0 flex-1 flex-col">{right}</div>
    </div>
  );
}
