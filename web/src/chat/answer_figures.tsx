// What an answer took: tokens, money, time.
import type { Generation } from '../api';
import { cost_text, duration_text, full_time } from '../i18n';
import { PassedOverModels } from '../models/passed_over';
import { Dialog } from '../ui/kit';
import { use_words } from './words';

const between = (from: string, to: string) => Math.max(0, Date.parse(to) - Date.parse(from));

export default function AnswerFigures({ generation, on_close }: { generation: Generation; on_close: () => void }) {
  const { w, language } = use_words();
  const number = (value: number) => value.toLocaleString(language);
  const { queued_at, first_token_at, ended_at, tokens_out } = generation;
  const written_ms = first_token_at && ended_at ? between(first_token_at, ended_at) : 0;
  const lines: [string, string][] = [
    [w('model'), generation.model], [w('provider'), generation.provider], [w('asked_at'), full_time(queued_at, language)],
    [w('tokens_in'), number(generation.tokens_in)], [w('tokens_cached'), number(generation.tokens_cached)], [w('tokens_out'), number(tokens_out)],
    [w('cost'), generation.cost_usd > 0 ? cost_text(generation.cost_usd, language) : w('cost_unknown')],
  ];
  if (first_token_at) lines.push([w('queued'), duration_text(between(queued_at, first_token_at), language)]);
  if (ended_at) lines.push([w('took'), duration_text(between(queued_at, ended_at), language)]);
  if (written_ms > 0 && tokens_out > 0) lines.push([w('speed'), w('speed_value', { n: number(Math.round((1000 * tokens_out) / written_ms)) })]);
  if (generation.attempt > 1) lines.push([w('attempts'), number(generation.attempt)]);
  return (
    <Dialog title={w('figures')} on_close={on_close}>
      <dl className="divide-y divide-line">{lines.map(([name, value]) => <div key={name} className="flex justify-between gap-4 py-1.5"><dt className="text-muted">{name}</dt><dd className="min-w-0 break-words text-right tabular-nums">{value}</dd></div>)}</dl>
      <PassedOverModels run_id={generation.run_id} />
    </Dialog>
  );
}
