import { ChevronRight, FileMinus, FilePen, FilePlus, FileSymlink, Files, Database, Loader, Package, TerminalSquare, TriangleAlert } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { versions_diff, type Block, type Id } from '../api';
import { change_counts, change_kind, change_lines, patch_lines } from '../change_text';
import { use_t, type Key } from '../i18n';
import { use_load } from '../load';
import { Badge, Button, ErrorNote } from '../ui/kit';
import { Lines } from '../ui/lines';
import { Code } from '../ui/markdown';

const icons: Record<string, typeof FilePen> = {
  write: FilePlus, search_replace: FilePen, rename: FileSymlink, delete: FileMinus, copy: Files, add_dependency: Package, execute_sql: Database, command: TerminalSquare,
};
const titles: Record<string, Key> = {
  write: 'change_write', search_replace: 'change_search_replace', rename: 'change_rename', delete: 'change_delete', copy: 'change_copy',
  add_dependency: 'change_add_dependency', execute_sql: 'change_execute_sql', command: 'change_command',
};
const is_text = (kind: string) => kind === 'write' || kind === 'search_replace';

/** What one file became in a version, against the version before. */
function AppliedDiff({ app_id, version_id, path }: { app_id: Id; version_id: Id; path: string }) {
  const { t } = use_t();
  const diff = use_load(`${version_id}:${path}`, () => versions_diff(app_id, version_id));
  if (diff.error) return <ErrorNote error={diff.error} retry={diff.reload} className="m-2" />;
  if (!diff.value) return <div className="skeleton m-3 h-16" />;
  const file = diff.value.files.find((other) => other.path === path);
  if (!file?.patch) return <p className="px-3 py-2 text-muted">{file?.is_binary ? t('diff_binary') : t('diff_none')}</p>;
  return <Lines lines={patch_lines(file.patch)} />;
}

/** One change of an answer; `is_refused` says that none of them was applied. */
export function ChangeCard({ block, app_id, version_id, is_refused }: { block: Block; app_id: Id | null; version_id: Id | null; is_refused: boolean }) {
  const { t } = use_t();
  const kind = change_kind(block.kind);
  const is_streaming = block.status === 'streaming';
  const [is_opened, set_opened] = useState<boolean | null>(null);
  const [chosen, set_chosen] = useState<'written' | 'diff' | null>(null);
  const shows_diff = (chosen ?? (version_id ? 'diff' : 'written')) === 'diff';
  const lines = useMemo(() => change_lines(block.kind, block.content), [block.kind, block.content]);
  const { added, removed } = change_counts(lines);
  const is_open = is_opened ?? is_streaming;
  const has_body = block.content.trim() !== '';
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (is_streaming && is_open && body.current) body.current.scrollTop = body.current.scrollHeight;
  }, [is_streaming, is_open, block.content]);
  const Icon = icons[kind] ?? FilePen;
  return (
    <div role="group" aria-label={`${t(titles[kind] ?? 'change_other')} ${block.path ?? ''}`} data-kind={kind} className="change-card overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <button type="button" aria-expanded={has_body ? is_open : undefined} disabled={!has_body} onClick={() => set_opened(!is_open)}
        className="flex w-full items-center gap-2.5 px-3 py-2 text-left enabled:hover:bg-hover">
        <Icon className="size-4 shrink-0 text-muted" aria-hidden />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-baseline gap-x-2">
            <span className="sr-only">{t(titles[kind] ?? 'change_other')}</span>
            <span className="break-all font-mono text-[0.8rem] font-medium">{block.path ?? t(titles[kind] ?? 'change_other')}</span>
            {block.description && <span className="text-xs text-muted">{block.description}</span>}
          </span>
        </span>
        {is_refused && block.status === 'done' && <Badge tone="warn">{t('not_applied')}</Badge>}
        {is_text(kind) && (
          <span className="shrink-0 font-mono text-xs tabular-nums" aria-label={t('lines_changed', { added, removed })}>
            {added > 0 && <span className="text-accent">+{added}</span>}{removed > 0 && <span className="text-danger"> −{removed}</span>}
          </span>
        )}
        {is_streaming && <Loader className="size-3.5 shrink-0 animate-spin text-accent" aria-label={t('writing')} />}
        {block.status === 'unfinished' && <span className="flex shrink-0 items-center gap-1 text-xs text-warn"><TriangleAlert className="size-3.5" aria-hidden />{t('unfinished')}</span>}
        {has_body && <ChevronRight className={`size-4 shrink-0 text-muted transition-transform ${is_open ? 'rotate-90' : ''}`} aria-hidden />}
      </button>
      {is_open && has_body && (
        <div className="border-t border-line">
          {version_id && app_id && block.path && is_text(kind) && (
            <div className="flex justify-end border-b border-line px-2 py-1"><Button small kind="quiet" onClick={() => set_chosen(shows_diff ? 'written' : 'diff')}>{shows_diff ? t('show_written') : t('show_diff')}</Button></div>
          )}
          <div ref={body} tabIndex={0} aria-label={t('change_content')} className={`overflow-auto bg-sunken py-1.5 ${is_streaming ? 'max-h-44' : 'max-h-96'}`}>
            {shows_diff && version_id && app_id ? <AppliedDiff app_id={app_id} version_id={version_id} path={block.path!} />
              : is_text(kind) ? <Lines lines={lines} />
                : <pre className="px-3 font-mono text-[0.78rem]"><Code text={block.content} language={kind === 'execute_sql' ? 'sql' : 'sh'} /></pre>}
          </div>
        </div>
      )}
    </div>
  );
}
