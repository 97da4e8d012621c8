// Files become characters or lorebooks one after the other; each has its own answer.
import { CircleCheck, CircleX, Loader, TriangleAlert, X } from 'lucide-react';
import { useCallback, useRef, useState, type ReactNode } from 'react';
import { byte_text, error_text } from '../i18n';
import { Link } from '../router';
import { IconButton } from '../ui/kit';
import { use_words } from './words';

/** What a file has become. */
export interface Imported { name: string; href: string; warnings: string[] }
export interface ImportResult { id: number; file_name: string; status: 'waiting' | 'running' | 'done' | 'failed'; made: Imported | null; message: string | null }
export interface Import { results: ImportResult[]; take: (files: File[]) => void; clear: () => void }

/** `file_bytes_max`: the server takes no more, and a browser would only find out after sending it. */
export function use_import(send: (file: File) => Promise<Imported>, file_bytes_max: number, on_done: () => void): Import {
  const { w, language } = use_words();
  const [results, set_results] = useState<ImportResult[]>([]);
  const queue = useRef<{ id: number; file: File }[]>([]);
  const is_running = useRef(false);
  const next_id = useRef(1);
  const tell = (id: number, part: Partial<ImportResult>) => set_results((old) => old.map((result) => (result.id === id ? { ...result, ...part } : result)));
  const run = async () => {
    if (is_running.current) return;
    is_running.current = true;
    let is_any_done = false;
    for (let next = queue.current.shift(); next; next = queue.current.shift()) {
      const { id, file } = next;
      if (file.size > file_bytes_max) {
        tell(id, { status: 'failed', message: w('file_too_large', { size: byte_text(file.size, language), max: byte_text(file_bytes_max, language) }) });
        continue;
      }
      tell(id, { status: 'running' });
      try {
        tell(id, { status: 'done', made: await send(file) });
        is_any_done = true;
      } catch (cause) {
        tell(id, { status: 'failed', message: error_text(cause) });
      }
    }
    is_running.current = false;
    if (is_any_done) on_done();
  };
  const take = (files: File[]) => {
    const added = files.map((file) => ({ id: next_id.current++, file }));
    queue.current.push(...added);
    set_results((old) => [...old, ...added.map(({ id, file }) => ({ id, file_name: file.name, status: 'waiting' as const, made: null, message: null }))]);
    void run();
  };
  const clear = useCallback(() => set_results([]), []);
  return { results, take, clear };
}

const icons: Record<ImportResult['status'], ReactNode> = {
  waiting: <Loader className="size-4 text-muted opacity-50" aria-hidden />, running: <Loader className="size-4 animate-spin text-muted" aria-hidden />,
  done: <CircleCheck className="size-4 text-accent" aria-hidden />, failed: <CircleX className="size-4 text-danger" aria-hidden />,
};

export function ImportResults({ results, on_close }: { results: ImportResult[]; on_close: () => void }) {
  const { t, w } = use_words();
  if (results.length === 0) return null;
  const count = (status: ImportResult['status']) => results.filter((result) => result.status === status).length;
  const is_done = count('waiting') + count('running') === 0;
  return (
    <section aria-label={w('imported')} className="card appear mb-4 overflow-hidden">
      <header className="flex items-center gap-2 border-b border-line bg-bg py-1.5 pl-4 pr-1.5"><h2 role="status" className="min-w-0 flex-1 font-medium">{is_done ? w('imported_count', { done: count('done'), of: results.length }) : w('importing', { done: count('done') + count('failed'), of: results.length })}</h2>
        <IconButton small name={t('close')} disabled={!is_done} onClick={on_close}><X /></IconButton></header>
      <ul className="max-h-64 divide-y divide-line overflow-y-auto" tabIndex={0} aria-label={w('imported')}>
        {results.map((result) => (
          <li key={result.id} data-status={result.status} className="import-result flex items-start gap-2.5 px-4 py-2">
            <span className="mt-0.5">{icons[result.status]}</span>
            <div className="min-w-0 flex-1">
              <p className="break-all">{result.made ? <><Link href={result.made.href} className="font-medium underline decoration-line-strong underline-offset-2">{result.made.name}</Link> <span className="text-xs text-muted">{result.file_name}</span></> : result.file_name}</p>
              {result.message && <p className="break-words text-danger">{result.message}</p>}
              {result.made?.warnings.map((warning) => <p key={warning} className="flex gap-1.5 break-words text-xs text-warn"><TriangleAlert className="mt-0.5 size-3 shrink-0" aria-hidden />{warning}</p>)}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
