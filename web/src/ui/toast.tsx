// Short notes in the corner: something was done, or could not be.
import { CircleAlert, CircleCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { error_text, use_t } from '../i18n';

interface Note { id: number; text: string; is_bad: boolean }
const shown_ms = 6000;
let next_id = 1;
let show: (note: Note) => void = () => {};

export const toast = (text: string) => show({ id: next_id++, text, is_bad: false });
export function toast_error(error: unknown): void {
  show({ id: next_id++, text: error_text(error), is_bad: true });
}

export function Toasts() {
  const [notes, set_notes] = useState<Note[]>([]);
  const { t } = use_t();
  useEffect(() => {
    show = (note) => {
      set_notes((old) => [...old.slice(-3), note]);
      setTimeout(() => set_notes((old) => old.filter((other) => other.id !== note.id)), shown_ms);
    };
    return () => { show = () => {}; };
  }, []);
  return (
    <div role="region" aria-live="polite" aria-label={t('notes')} className="pointer-events-none fixed inset-x-3 bottom-16 z-50 flex flex-col items-end gap-2 sm:bottom-4">
      {notes.map((note) => (
        <div key={note.id} role={note.is_bad ? 'alert' : 'status'} className="appear pointer-events-auto flex max-w-sm items-start gap-2 rounded-xl border border-line bg-raised px-3.5 py-2.5 shadow-float">
          {note.is_bad ? <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden /> : <CircleCheck className="mt-0.5 size-4 shrink-0 text-accent" aria-hidden />}
          <span className="min-w-0 break-words">{note.text}</span>
        </div>
      ))}
    </div>
  );
}
