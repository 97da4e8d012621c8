import { GripVertical } from 'lucide-react';
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { icon_button } from '../ui/kit';
import { moved } from './policy_choice';
import { use_words } from './words';

interface Props<T> {
  label: string;
  items: T[];
  name_of: (item: T) => string;
  on_order: (items: T[]) => void;
  /** The order is being saved. */
  is_busy?: boolean;
  children: (item: T, index: number) => ReactNode;
}

/** A list that is put in order: by the arrow keys on the grip of a row, or by dragging it, with a pointer or a finger. */
export function Sortable<T extends { id: string }>({ label, items, name_of, on_order, is_busy = false, children }: Props<T>) {
  const { w } = use_words();
  const list = useRef<HTMLOListElement>(null);
  const [drag, set_drag] = useState<{ from: number; to: number } | null>(null);
  const [said, set_said] = useState('');
  const move = (from: number, to: number) => {
    if (to === from || to < 0 || to >= items.length) return;
    set_said(w('moved', { name: name_of(items[from]!), n: to + 1, of: items.length }));
    on_order(moved(items, from, to));
  };
  /** Where the row comes to stand that is let go at this height. */
  const place_at = (y: number, from: number): number => {
    const above = [...list.current!.children].filter((row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + height / 2 < y;
    }).length;
    return above > from ? above - 1 : above;
  };
  const press = (event: KeyboardEvent, index: number) => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (!by) return;
    event.preventDefault();
    move(index, index + by);
  };
  const take = (event: PointerEvent<HTMLElement>, index: number) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    set_drag({ from: index, to: index });
  };
  /** The line at which the dragged row would be put down. */
  const line_at = (index: number): string => {
    if (!drag || drag.to !== index || drag.from === index) return '';
    return drag.from > index ? 'shadow-[inset_0_2px_0_var(--accent)]' : 'shadow-[inset_0_-2px_0_var(--accent)]';
  };
  return (
    <>
      <ol ref={list} aria-label={label} aria-busy={is_busy} className={`card divide-y divide-line overflow-hidden ${drag ? 'select-none' : ''}`}>
        {items.map((item, index) => (
          <li key={item.id} className={`sortable flex items-center gap-2 py-2 pl-1.5 pr-3 ${drag?.from === index ? 'bg-accent-soft' : ''} ${line_at(index)}`}>
            <button type="button" aria-label={w('move', { name: name_of(item), n: index + 1, of: items.length })} className={`${icon_button(true)} cursor-grab touch-none active:cursor-grabbing`}
              onKeyDown={(event) => press(event, index)} onPointerDown={(event) => take(event, index)} onPointerMove={(event) => { if (drag) set_drag({ from: drag.from, to: place_at(event.clientY, drag.from) }); }}
              onPointerUp={(event) => { if (drag) move(drag.from, place_at(event.clientY, drag.from)); set_drag(null); }} onPointerCancel={() => set_drag(null)}><GripVertical aria-hidden /></button>
            {children(item, index)}
          </li>
        ))}
      </ol>
      <p role="status" className="sr-only">{said}</p>
    </>
  );
}
