// A list of which only the rows in view are drawn: ten thousand cost what thirty do.
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { rows_in_view } from './window_rows';

interface Props<T> {
  label: string;
  items: T[];
  row_px: number;
  key_of: (item: T) => string | number;
  /** One thing in it takes the focus. */
  row: (item: T) => ReactNode;
  /** Comes into view when it changes. */
  shown?: string | number | null;
}

/** The arrow keys go from row to row, beyond what is in view too. */
export function WindowedList<T>({ label, items, row_px, key_of, row, shown = null }: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [top, set_top] = useState(0);
  const [height, set_height] = useState(600);
  const wanted_focus = useRef<number | null>(null);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => set_height(entry!.contentRect.height));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const { first, last } = rows_in_view(items.length, row_px, top, height);
  const reveal = (index: number) => {
    const node = box.current!;
    if (index * row_px < node.scrollTop) node.scrollTop = index * row_px;
    else if ((index + 1) * row_px > node.scrollTop + node.clientHeight) node.scrollTop = (index + 1) * row_px - node.clientHeight;
  };
  const shown_index = shown === null ? -1 : items.findIndex((item) => key_of(item) === shown);
  useEffect(() => { if (shown_index >= 0) reveal(shown_index); }, [shown, shown_index >= 0]);
  const give_focus = () => {
    if (wanted_focus.current === null) return;
    const node = box.current!.querySelector<HTMLElement>(`[data-index="${wanted_focus.current}"] :is(a, button)`);
    if (!node) return;
    wanted_focus.current = null;
    node.focus({ preventScroll: true });
  };
  // A row that was out of view is there after the next drawing.
  useEffect(give_focus);
  const press = (event: KeyboardEvent) => {
    const from = Number((event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset.index);
    const page = Math.max(1, Math.floor(height / row_px) - 1);
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined || Number.isNaN(from)) return;
    event.preventDefault();
    wanted_focus.current = Math.max(0, Math.min(items.length - 1, to));
    reveal(wanted_focus.current);
    set_top(box.current!.scrollTop);
    give_focus();
  };
  return (
    <div ref={box} className="h-full min-h-0 overflow-y-auto" onScroll={(event) => set_top(event.currentTarget.scrollTop)} onKeyDown={press}>
      <ul aria-label={label} className="relative" style={{ height: items.length * row_px }}>
        {items.slice(first, last).map((item, at) => (
          <li key={key_of(item)} data-index={first + at} aria-setsize={items.length} aria-posinset={first + at + 1} className="absolute inset-x-0" style={{ top: (first + at) * row_px, height: row_px }}>{row(item)}</li>
        ))}
      </ul>
    </div>
  );
}
