import type { ReactNode } from 'react';

/** A page of the settings: its heading, what it is for, and the one thing that is done most. */
export function Section({ title, text, action, children }: { title: string; text?: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <div className="mb-4 flex flex-wrap items-start justify-between gap-3"><div className="min-w-0 flex-1 basis-64"><h1 className="break-words text-xl font-semibold">{title}</h1>{text && <p className="mt-0.5 max-w-xl text-muted">{text}</p>}</div>{action}</div>
      {children}
    </section>
  );
}
