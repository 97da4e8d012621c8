// A list of any length of which only what is near the view is drawn. The row at the top of the view stays where it is, whatever
// is drawn, measured or read above it; the view keeps to the end while the person is there.
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import { Heights, rows_in_view, type Rows } from './heights';

/** Rows this near to the view are drawn; when the nearest that is not comes nearer than half of it, others are. */
const margin_px = 1400;
/** Within this distance of the end the view is at the end. */
const end_px = 60;
/** From this distance on a way back to the end is offered. */
const away_px = 400;

/** What stays in its place: the end, or a row at a distance from the top of the view. */
type Held = 'end' | { row: number; top: number };

export interface LongList {
  scroller: RefObject<HTMLDivElement | null>;
  /** Holds the rows, each in an element with `data-row`, and `data-blank` when it only takes the place of one. */
  body: RefObject<HTMLDivElement | null>;
  rows: Rows;
  /** The room that rows above and below the drawn ones take, and one row that was never drawn. */
  above: number;
  below: number;
  blank: number;
  is_away: boolean;
  /** The row at the top of the view. */
  row: number;
  scrolled: () => void;
  /** Home and End lead to rows: a browser's own way there would be broken off by the rows that are drawn on it. */
  pressed: (event: KeyboardEvent) => void;
  to_end: () => void;
  to_row: (row: number) => void;
}

export function use_long_list(count: number): LongList {
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const heights = useRef<Heights>(null!);
  heights.current ??= new Heights(count);
  const held = useRef<Held>('end');
  const last_top = useRef(0);
  const [rows, set_rows] = useState<Rows>({ first: Math.max(1, count - 20), last: count });
  const [place, set_place] = useState({ is_away: false, row: 1 });

  /** Draws other rows when those that are drawn do not reach far enough. */
  const look = useCallback(() => {
    const box = scroller.current;
    if (!box || !body.current || count === 0) return;
    const top = box.scrollTop - body.current.offsetTop;
    const needed = rows_in_view(heights.current, count, top, box.clientHeight, margin_px / 2);
    set_rows((old) => (old.first <= needed.first && old.last >= needed.last && old.last <= count ? old : rows_in_view(heights.current, count, top, box.clientHeight, margin_px)));
    const next = { is_away: box.scrollHeight - box.scrollTop - box.clientHeight > away_px, row: heights.current.row_at(top, count) };
    set_place((old) => (old.is_away === next.is_away && old.row === next.row ? old : next));
  }, [count]);

  const keep_place = useCallback(() => {
    const box = scroller.current;
    if (!box || !body.current) return;
    for (const node of body.current.querySelectorAll<HTMLElement>(':scope > [data-row]:not([data-blank])')) heights.current.set(Number(node.dataset.row), node.getBoundingClientRect().height);
    const wanted = held.current === 'end' ? box.scrollHeight - box.clientHeight : body.current.offsetTop + heights.current.top_of(held.current.row) - held.current.top;
    if (Math.abs(box.scrollTop - wanted) >= 1) box.scrollTop = wanted;
    last_top.current = box.scrollTop;
    look();
  }, [look]);
  useLayoutEffect(keep_place);
  useEffect(() => {
    const watcher = new ResizeObserver(keep_place);
    watcher.observe(scroller.current!);
    watcher.observe(body.current!);
    return () => watcher.disconnect();
  }, [keep_place]);

  const scrolled = useCallback(() => {
    const box = scroller.current!;
    const gap = box.scrollHeight - box.scrollTop - box.clientHeight;
    const went_up = box.scrollTop < last_top.current - 1;
    last_top.current = box.scrollTop;
    const is_at_end = gap <= 4 || (!went_up && (gap < end_px || held.current === 'end'));
    const top = box.scrollTop - body.current!.offsetTop;
    const row = heights.current.row_at(top, count);
    held.current = is_at_end ? 'end' : { row, top: heights.current.top_of(row) - top };
    look();
  }, [count, look]);

  const hold = useCallback((wanted: Held) => {
    held.current = wanted;
    const row = wanted === 'end' ? count : wanted.row;
    set_rows({ first: Math.max(1, row - 10), last: Math.min(count, row + 10) });
    set_place((old) => ({ ...old, row }));
  }, [count]);
  const to_end = useCallback(() => hold('end'), [hold]);
  const to_row = useCallback((row: number) => hold({ row: Math.min(Math.max(1, row), Math.max(1, count)), top: row > 1 ? (scroller.current?.clientHeight ?? 0) / 5 : (body.current?.offsetTop ?? 0) }), [hold, count]);

  const pressed = useCallback((event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.altKey || event.metaKey || (event.key !== 'Home' && event.key !== 'End')) return;
    event.preventDefault();
    if (event.key === 'Home') to_row(1);
    else to_end();
  }, [to_row, to_end]);

  const first = Math.min(rows.first, Math.max(1, count));
  const last = Math.min(rows.last, count);
  return {
    scroller, body, rows: { first, last }, scrolled, pressed, to_end, to_row, ...place,
    above: heights.current.top_of(first), below: heights.current.top_of(count + 1) - heights.current.top_of(last + 1), blank: heights.current.guess,
  };
}
