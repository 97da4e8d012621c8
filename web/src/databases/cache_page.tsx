import { db_cache, type CacheStatus } from '../api';
import { byte_text, full_time, time_ago } from '../i18n';
import { use_load } from '../load';
import { Bones, Button, ErrorNote } from '../ui/kit';
import { Frame, span_text } from './parts';
import { use_words } from './words';
import { RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';

function Figure({ name, value, note }: { name: string; value: ReactNode; note?: ReactNode }) {
  return <div className="card px-4 py-3"><dt className="text-xs font-medium text-muted">{name}</dt><dd className="mt-1 text-xl font-semibold tabular-nums">{value}</dd>{note && <dd className="mt-0.5 text-xs text-muted">{note}</dd>}</div>;
}

function Budget({ cache }: { cache: CacheStatus }) {
  const { w, language } = use_words();
  const share = cache.bytes_max > 0 ? Math.min(1, cache.bytes / cache.bytes_max) : 0;
  return (
    <section aria-label={w('budget')} className="card mb-4 px-4 py-4">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-2"><h2 className="text-base font-semibold">{w('budget')}</h2><p className="tabular-nums">{w('budget_used', { bytes: byte_text(cache.bytes, language), max: byte_text(cache.bytes_max, language) })}</p></div>
      <meter aria-label={w('budget')} min={0} max={1} high={0.9} value={share} className="sr-only" />
      <div aria-hidden className="h-2.5 overflow-hidden rounded-full bg-sunken"><div className={`h-full rounded-full ${share > 0.9 ? 'bg-warn' : 'bg-accent'}`} style={{ width: `${Math.max(share * 100, 0.5)}%` }} /></div>
      <p className="mt-2 text-xs text-muted">{w('budget_free', { free: byte_text(cache.bytes_free, language), reclaimable: byte_text(cache.bytes_reclaimable, language) })}</p>
    </section>
  );
}

export function CachePage() {
  const { t, w, language } = use_words();
  const cache = use_load('cache', db_cache);
  const value = cache.value;
  const asked = value ? value.hits + value.misses : 0;
  return (
    <Frame title={w('cache')} text={w('cache_text')} action={<Button onClick={cache.reload}><RotateCw className="size-4" aria-hidden />{t('reload')}</Button>}>
      {cache.error && <ErrorNote error={cache.error} retry={cache.reload} className="mb-3" />}
      {!value ? !cache.error && <Bones lines={6} /> : (
        <>
          <Budget cache={value} />
          <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-5">
            <Figure name={w('cache_states')} value={value.states} note={w('cache_states_note')} />
            <Figure name={w('cache_hits')} value={value.hits} note={asked > 0 ? w('cache_rate', { percent: Math.round((value.hits / asked) * 100) }) : w('since_start')} />
            <Figure name={w('cache_misses')} value={value.misses} note={w('since_start')} />
            <Figure name={w('cache_saved')} value={span_text(value.saved_ms, language)} note={w('since_start')} />
            <Figure name={w('cache_evicted')} value={value.evicted} note={value.last_evicted_at ? <span title={full_time(value.last_evicted_at, language)}>{w('cache_evicted_last', { time: time_ago(value.last_evicted_at, language) })}</span> : w('cache_evicted_never')} />
          </dl>
          <section aria-label={w('backend')} className="card mt-4 px-4 py-3"><h2 className="text-xs font-medium text-muted">{w('backend')}</h2><p className="mt-1 font-mono font-medium">{value.backend}</p><p className="mt-1 max-w-2xl text-muted">{value.why}</p></section>
        </>
      )}
    </Frame>
  );
}
