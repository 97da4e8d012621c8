// What a text would activate in a lorebook, and why each entry did or did not.
import { FlaskConical, TriangleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import { lorebooks_settings, lorebooks_test, type Id, type LoreTest as Test, type LoreVerdict } from '../api';
import { use_stored } from '../stored';
import { Badge, Button, Choice, Empty, ErrorNote, Field } from '../ui/kit';
import { Link } from '../router';
import { messages_of, sorted_verdicts } from './entry';
import { Disclosure, LongField } from './parts';
import { WindowedList } from './windowed_list';
import { use_words, type Word } from './words';

const row_px = 60;

function Verdict({ verdict, href, text }: { verdict: LoreVerdict; href: string; text: string | undefined }) {
  const { w } = use_words();
  return (
    <Link href={href} data-uid={verdict.uid} className="verdict flex h-full flex-col justify-center border-b border-line px-4 hover:bg-hover focus-visible:outline-offset-[-2px]">
      <span className="flex items-center gap-2"><span className="min-w-0 truncate font-medium">{verdict.comment || verdict.matched_keys[0] || `#${verdict.uid}`}</span><Badge tone={verdict.activated ? 'good' : 'plain'}>{w(`reason_${verdict.reason}` as Word)}</Badge></span>
      <span className="truncate text-xs text-muted">{verdict.matched_keys.length > 0 && <span className="font-mono text-ink">{verdict.matched_keys.join(' · ')}</span>}{verdict.matched_keys.length > 0 && (verdict.detail || text) ? ' — ' : ''}{verdict.detail || text || (verdict.matched_keys.length ? '' : ' ')}</span>
    </Link>
  );
}

function Result({ test, href_of }: { test: Test; href_of: (uid: number) => string }) {
  const { w } = use_words();
  const [side, set_side] = useState<'active' | 'passive'>('active');
  const sorted = useMemo(() => sorted_verdicts(test), [test]);
  const texts = useMemo(() => new Map(test.pieces.map((piece) => [piece.uid, piece.text])), [test]);
  const items = sorted[side];
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-surface px-4 py-2">
        <Choice label={w('test_which')} value={side} on_change={set_side} options={[{ value: 'active', text: w('test_active', { n: sorted.active.length }) }, { value: 'passive', text: w('test_passive', { n: sorted.passive.length }) }]} />
        <span role="status" className="text-xs text-muted tabular-nums">{w('test_tokens', { tokens: test.tokens, budget: test.budget })}</span>{test.is_overflowed && <Badge tone="warn">{w('test_overflowed')}</Badge>}
      </div>
      {test.warnings.length > 0 && <ul aria-label={w('warnings')} tabIndex={0} className="max-h-24 shrink-0 overflow-y-auto border-b border-line bg-warn-soft px-4 py-1.5 text-xs">{test.warnings.slice(0, 100).map((warning, index) => <li key={index} className="flex gap-1.5"><TriangleAlert className="mt-0.5 size-3 shrink-0 text-warn" aria-hidden />{warning}</li>)}</ul>}
      <div className="min-h-0 flex-1">{items.length === 0 ? <Empty title={w(side === 'active' ? 'test_none' : 'test_all')} /> : <WindowedList label={w(side === 'active' ? 'test_active_list' : 'test_passive_list')} items={items} row_px={row_px} key_of={(verdict) => verdict.uid} row={(verdict) => <Verdict verdict={verdict} href={href_of(verdict.uid)} text={texts.get(verdict.uid)} />} />}</div>
    </div>
  );
}

/** `version`: of the book; a result of another one says so. */
export function LoreTest({ book_id, version, href_of }: { book_id: Id; version: number; href_of: (uid: number) => string }) {
  const { w } = use_words();
  const [text, set_text] = use_stored(`draft.library.lore_test.${book_id}`);
  const [seed, set_seed] = useState('0');
  const [depth, set_depth] = useState('2');
  const [context_tokens, set_context_tokens] = useState('8192');
  const [test, set_test] = useState<{ result: Test; version: number } | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const run = async () => {
    if (is_busy) return;
    set_busy(true);
    set_error(null);
    try {
      const settings = { ...(await lorebooks_settings()), scan_depth: Number(depth) || 0, context_tokens: Number(context_tokens) || 8192 };
      set_test({ result: await lorebooks_test(book_id, { messages: messages_of(text ?? ''), seed: Number(seed) || 0, settings }), version });
    } catch (cause) {
      set_error(cause);
    }
    set_busy(false);
  };
  return (
    <section aria-label={w('lore_test')} className="flex h-full min-h-0 flex-col">
      <div className="max-h-[55%] shrink-0 space-y-3 overflow-y-auto border-b border-line p-4">
        <LongField label={w('test_text')} hint={w('test_text_hint')} rows={4} value={text ?? ''} onChange={(event) => set_text(event.target.value)} onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void run(); } }} />
        <Disclosure title={w('test_settings')}><div className="grid gap-4 sm:grid-cols-3">
          <Field label={w('entry_scan_depth')} type="number" min={0} max={1000} value={depth} onChange={(event) => set_depth(event.target.value)} />
          <Field label={w('test_window')} type="number" min={1} value={context_tokens} onChange={(event) => set_context_tokens(event.target.value)} />
          <Field label={w('test_seed')} hint={w('test_seed_hint')} type="number" value={seed} onChange={(event) => set_seed(event.target.value)} /></div></Disclosure>
        <div className="flex flex-wrap items-center gap-3"><Button kind="primary" is_busy={is_busy} title="Ctrl+Enter" onClick={() => void run()}>{!is_busy && <FlaskConical className="size-4" aria-hidden />}{w('test_do')}</Button>{test && test.version !== version && <span className="text-xs text-warn">{w('test_old')}</span>}</div>
        <ErrorNote error={error} />
      </div>
      {test ? <Result test={test.result} href_of={href_of} /> : <div className="min-h-0 flex-1"><Empty icon={<FlaskConical />} title={w('test_empty')}>{w('test_empty_text')}</Empty></div>}
    </section>
  );
}
