// The definitions that a pipeline had: to look at, beside what is being written now, and to write on from.
import { RotateCcw } from 'lucide-react';
import { Suspense, lazy, useState } from 'react';
import { pipelines_versions, type Pipeline, type PipelineVersion } from '../api';
import { full_time, time_ago } from '../i18n';
import { Badge, Bones, Button, Dialog, ErrorNote, SafePart } from '../ui/kit';
import { text_of } from './definition';
import { use_some } from './use_some';
import { use_words } from './words';

const Editor = lazy(() => import('../app/editor'));
const page_items = 30;

/** `text`: what is being written; the difference is shown from the version to it. */
function VersionDialog({ version, text, on_restore, on_close }: { version: PipelineVersion; text: string; on_restore: () => void; on_close: () => void }) {
  const { t, w, language } = use_words();
  const [is_compared, set_compared] = useState(false);
  const own = text_of(version.definition);
  const is_same = own === text;
  return (
    <Dialog wide title={w('version_title', { n: version.number })} on_close={on_close} footer={<><Button onClick={on_close}>{t('close')}</Button><Button kind="primary" disabled={is_same} onClick={on_restore}><RotateCcw className="size-4" aria-hidden />{w('version_restore')}</Button></>}>
      <div className="mb-3 flex flex-wrap items-center gap-3 text-muted"><span>{full_time(version.created_at, language)}</span>{is_same ? <Badge>{w('version_same')}</Badge> : <label className="flex cursor-pointer items-center gap-1.5"><input type="checkbox" className="size-4 accent-(--accent)" checked={is_compared} onChange={(event) => set_compared(event.target.checked)} />{w('version_compare')}</label>}</div>
      <div className="h-[55dvh] overflow-hidden rounded-lg border border-line"><SafePart><Suspense fallback={<Bones className="p-4" />}><Editor key={String(is_compared)} path={`v${version.number}.json`} text={is_compared ? text : own} before={is_compared ? own : null} is_read_only on_change={() => {}} on_save={() => {}} /></Suspense></SafePart></div>
    </Dialog>
  );
}

export function VersionsPane({ pipeline, text, on_restore }: { pipeline: Pipeline; text: string; on_restore: (text: string) => void }) {
  const { w, language } = use_words();
  const versions = use_some(`versions ${pipeline.id} ${pipeline.number}`, page_items, (query) => pipelines_versions(pipeline.id, query));
  const [shown, set_shown] = useState<PipelineVersion | null>(null);
  return (
    <div className="h-full overflow-y-auto"><div className="mx-auto max-w-3xl p-4">
      <h2 className="text-base font-semibold">{w('versions')}</h2><p className="mb-3 text-muted">{w('versions_text')}</p>
      <ErrorNote error={versions.error} retry={versions.reload} className="mb-3" />
      {!versions.is_loaded ? !versions.error && <Bones lines={4} /> : (
        <ul aria-label={w('versions')} className="card divide-y divide-line overflow-hidden">{versions.items.map((version) => (
          <li key={version.number} className="version"><button type="button" onClick={() => set_shown(version)} className="flex w-full items-center gap-3 px-4 py-2.5 text-left hover:bg-hover focus-visible:outline-offset-[-2px]"><span className="font-mono font-medium">v{version.number}</span><span className="text-muted" title={full_time(version.created_at, language)}>{time_ago(version.created_at, language)}</span><span className="min-w-0 flex-1 truncate text-xs text-muted">{w('steps_count', { n: version.definition.steps.length })}</span>{version.number === pipeline.number && <Badge tone="good">{w('version_newest')}</Badge>}</button></li>
        ))}</ul>
      )}
      {versions.has_more && <Button className="mt-3" is_busy={versions.is_loading} onClick={versions.more}>{w('more')}</Button>}
      {shown && <VersionDialog version={shown} text={text} on_close={() => set_shown(null)} on_restore={() => { on_restore(text_of(shown.definition)); set_shown(null); }} />}
    </div></div>
  );
}
