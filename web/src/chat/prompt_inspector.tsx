// The prompt as it would be sent: each piece with where it comes from and what it weighs, what was left out, and what lore says.
import { ChevronRight, TriangleAlert } from 'lucide-react';
import { chats_lore, prompts_preview, type Id, type KnowledgePassage, type LoreTest, type LoreVerdict, type PromptPiece, type PromptPreview } from '../api';
import { use_load } from '../load';
import { Badge, Bones, Dialog, ErrorNote } from '../ui/kit';
import { place_of } from './passage_place';
import { tokens_by_source, type Source } from './prompt_shares';
import { use_words } from './words';

const fills: Record<Source, string> = {
  app: 'bg-info', prompt_template: 'bg-accent', entity_profile: 'bg-[var(--branch-3)]', lore: 'bg-[var(--branch-1)]', persona: 'bg-[var(--branch-4)]', history: 'bg-muted',
  knowledge: 'bg-[var(--branch-2)]', instruction: 'bg-[var(--branch-0)]', pipeline: 'bg-[var(--branch-5)]', pinned: 'bg-ink',
};

function Window({ preview }: { preview: PromptPreview }) {
  const { w, language } = use_words();
  const number = (value: number) => value.toLocaleString(language);
  const shares = tokens_by_source(preview.messages);
  return (
    <section aria-label={w('tokens_of', { tokens: preview.tokens, max: preview.tokens_max })} className="space-y-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4"><strong className="text-base tabular-nums">{w('tokens_of', { tokens: number(preview.tokens), max: number(preview.tokens_max) })}</strong><span className="text-xs text-muted">{w('window', { n: number(preview.context_tokens) })}</span></div>
      <div aria-hidden className="flex h-3 overflow-hidden rounded-full border border-line bg-sunken">
        {shares.map(({ source, tokens }) => <span key={source} className={fills[source]} style={{ width: `${(100 * tokens) / Math.max(preview.tokens_max, preview.tokens, 1)}%` }} />)}
      </div>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
        {shares.map(({ source, tokens }) => <li key={source} className="flex items-center gap-1.5"><span aria-hidden className={`size-2.5 rounded-full ${fills[source]}`} />{w(`source_${source}`)} <span className="tabular-nums text-muted">{number(tokens)}</span></li>)}
      </ul>
      {preview.messages_left_out > 0
        ? <p className="flex items-start gap-2 rounded-xl bg-warn-soft px-3 py-2 text-warn"><TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />{w('left_out', { n: preview.messages_left_out })}</p>
        : <p className="text-xs text-muted">{w('left_out_none')}</p>}
    </section>
  );
}

function Piece({ piece, is_open }: { piece: PromptPiece; is_open: boolean }) {
  const { w, language } = use_words();
  const note = piece.source === 'prompt_template' ? piece.template_name ?? w('template_builtin') : piece.source === 'history' && !piece.message_id ? w('not_said_yet') : null;
  return (
    <details open={is_open} className="group/piece overflow-hidden rounded-xl border border-line bg-surface">
      <summary className="flex cursor-pointer items-center gap-2 px-3 py-2 hover:bg-hover">
        <span aria-hidden className={`size-2.5 shrink-0 rounded-full ${fills[piece.source]}`} />
        <span className="shrink-0 font-medium">{w(`source_${piece.source}`)}</span>
        <Badge>{w(`role_${piece.role}`)}</Badge>
        <span className="min-w-0 flex-1 truncate text-xs text-muted">{note ?? piece.text.slice(0, 200)}</span>
        <span className="shrink-0 text-xs tabular-nums text-muted" title={w('tokens_about', { n: piece.tokens })}>{piece.tokens.toLocaleString(language)}</span>
        <ChevronRight className="size-4 shrink-0 text-muted transition-transform group-open/piece:rotate-90" aria-hidden />
      </summary>
      {piece.parts.length > 1 && (
        <p className="flex flex-wrap gap-x-3 border-t border-line px-3 py-1.5 text-xs text-muted">{piece.parts.map((part, index) => <span key={index}>{w(`source_${part.source}`)} <span className="tabular-nums">{part.tokens.toLocaleString(language)}</span></span>)}</p>
      )}
      <pre tabIndex={0} className="max-h-96 overflow-auto whitespace-pre-wrap break-words border-t border-line bg-sunken px-3 py-2 font-mono text-[0.78rem] leading-relaxed">{piece.text}</pre>
    </details>
  );
}

function Entry({ entry }: { entry: LoreVerdict }) {
  const { w } = use_words();
  return (
    <li className="flex flex-wrap items-baseline gap-x-2 px-3 py-1.5">
      <span className="font-medium">{entry.comment || w('entry', { uid: entry.uid })}</span>
      <span className="text-muted">{w(`reason_${entry.reason}`)}</span>
      {entry.matched_keys.length > 0 && <span className="text-xs text-muted">{w('found', { keys: entry.matched_keys.join(', ') })}</span>}
      {entry.detail && <span className="basis-full text-xs text-muted">{entry.detail}</span>}
    </li>
  );
}

function Lore({ test }: { test: LoreTest }) {
  const { w } = use_words();
  const active = test.entries.filter((entry) => entry.activated);
  const others = test.entries.filter((entry) => !entry.activated);
  if (test.entries.length === 0) return <p className="text-xs text-muted">{w('lore_none')}</p>;
  return (
    <div className="space-y-2">
      {test.is_overflowed && <p className="rounded-xl bg-warn-soft px-3 py-2 text-warn">{w('lore_over', { budget: test.budget })}</p>}
      {test.warnings.map((warning) => <p key={warning} className="text-xs text-warn">{warning}</p>)}
      {[{ entries: active, title: w('lore_active', { n: active.length }), is_open: true }, { entries: others, title: w('lore_others', { n: others.length }), is_open: false }].map(({ entries, title, is_open }) => entries.length > 0 && (
        <details key={title} open={is_open} className="overflow-hidden rounded-xl border border-line bg-surface">
          <summary className="cursor-pointer px-3 py-2 hover:bg-hover">{title}</summary>
          <ul className="divide-y divide-line border-t border-line">{entries.map((entry) => <Entry key={`${entry.book}.${entry.uid}`} entry={entry} />)}</ul>
        </details>
      ))}
    </div>
  );
}

/** What the model can quote, under the numbers by which it does. */
function Passages({ passages }: { passages: KnowledgePassage[] }) {
  const { w } = use_words();
  if (passages.length === 0) return <p className="text-xs text-muted">{w('knowledge_none')}</p>;
  return (
    <ul aria-label={w('knowledge_found', { n: passages.length })} className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface">
      {passages.map((passage, index) => (
        <li key={`${passage.document_id}.${passage.position}`}><details>
          <summary className="flex cursor-pointer flex-wrap items-baseline gap-x-2 px-3 py-2 hover:bg-hover"><span className="font-mono text-xs text-muted">[{index + 1}]</span><span className="min-w-0 break-words font-medium">{place_of(passage)}</span><span className="text-xs text-muted">{w('passage_words', { words: passage.matched_words.join(', ') })}</span></summary>
          <p className="whitespace-pre-wrap break-words border-t border-line bg-sunken px-3 py-2 text-muted">{passage.text}</p>
        </details></li>
      ))}
    </ul>
  );
}

/** `message_id`: an answer, of which another one would be asked for; else the next message, with `text`. */
export default function PromptInspector({ chat_id, branch_id, text, model, message_id, on_close }:
  { chat_id: Id; branch_id: Id; text: string; model: string | null; message_id: Id | null; on_close: () => void }) {
  const { w } = use_words();
  const said = message_id ? '' : text.trim();
  const key = [chat_id, branch_id, message_id, model, said].join(':');
  const preview = use_load(`prompt:${key}`, () => prompts_preview(chat_id, { branch_id, ...(said && { text: said }), ...(model && { model }), ...(message_id && { message_id }) }));
  const lore = use_load(message_id ? null : `lore:${key}`, () => chats_lore(chat_id, { branch_id, ...(said && { text: said }) }));
  const last = (preview.value?.messages.length ?? 0) - 1;
  return (
    <Dialog title={w('prompt')} on_close={on_close} wide>
      {preview.error ? <ErrorNote error={preview.error} retry={preview.reload} /> : !preview.value ? <Bones lines={6} /> : (
        <div className="space-y-5">
          <p className="text-muted">{w(message_id ? 'prompt_text_again' : 'prompt_text', { model: preview.value.model })} {said && w('prompt_with_draft')}</p>
          <Window preview={preview.value} />
          <div className="space-y-1.5">{preview.value.messages.map((piece, index) => <Piece key={index} piece={piece} is_open={index === last} />)}</div>
          <section aria-labelledby="prompt-knowledge">
            <h3 id="prompt-knowledge" className="mb-1.5 font-semibold">{w('knowledge')}</h3>
            <Passages passages={preview.value.passages} />
          </section>
          {!message_id && (
            <section aria-labelledby="prompt-lore">
              <h3 id="prompt-lore" className="mb-1.5 font-semibold">{w('lore')}</h3>
              {lore.error ? <ErrorNote error={lore.error} retry={lore.reload} /> : lore.value ? <Lore test={lore.value} /> : <Bones lines={2} />}
            </section>
          )}
        </div>
      )}
    </Dialog>
  );
}
