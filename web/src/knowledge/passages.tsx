// Passages that were found, each with where it stands and the words that decided; and a box to try what would be.
import { Quote, Search } from 'lucide-react';
import { useState } from 'react';
import { chats_knowledge, knowledge_search, type Id, type KnowledgeFound, type KnowledgePassage } from '../api';
import { place_of } from '../chat/passage_place';
import { LongField } from '../library/parts';
import { use_targets } from '../library/targets';
import { Badge, Button, Empty, ErrorNote, Select } from '../ui/kit';
import { use_words } from './words';

function Passage({ passage, number }: { passage: KnowledgePassage; number: number }) {
  const { w, language } = use_words();
  const short = (value: number) => value.toLocaleString(language, { maximumFractionDigits: 2 });
  return (
    <li className="passage card p-4">
      <p className="flex flex-wrap items-baseline gap-x-2 gap-y-1"><span className="font-mono text-xs text-muted">[{number}]</span><span className="min-w-0 break-words font-medium">{w('passage_of', { source: place_of(passage), n: passage.position + 1 })}</span></p>
      <p className="mt-1.5 max-h-48 overflow-y-auto whitespace-pre-wrap break-words" tabIndex={0}>{passage.text}</p>
      <p className="mt-2 flex flex-wrap items-center gap-1.5 text-xs text-muted">{w('found_by')} {passage.matched_words.map((word) => <Badge key={word} tone="good">{word}</Badge>)}
        {passage.words_weight !== null && <span className="tabular-nums">{w('score', { score: short(passage.words_weight) })}</span>}
        {passage.similarity !== null && <Badge tone="good">{w('meaning', { similarity: short(passage.similarity) })}</Badge>}</p>
    </li>
  );
}

/** `source_id`: only in this source. Else in all, or where a chat looks. */
export function PassageTest({ source_id = null }: { source_id?: Id | null }) {
  const { w, language } = use_words();
  const chats = use_targets().of('chat');
  const [text, set_text] = useState('');
  const [chat_id, set_chat_id] = useState('');
  const [found, set_found] = useState<KnowledgeFound | null>(null);
  const [error, set_error] = useState<unknown>(null);
  const [is_busy, set_busy] = useState(false);
  const run = async () => {
    const query = text.trim();
    if (!query || is_busy) return;
    set_busy(true);
    set_error(null);
    try {
      set_found(await (chat_id ? chats_knowledge(chat_id, { text: query }) : knowledge_search({ query, source_ids: source_id ? [source_id] : [] })));
    } catch (cause) {
      set_error(cause);
    }
    set_busy(false);
  };
  return (
    <section aria-label={w('test')} className="space-y-3">
      <LongField label={w('test_text')} rows={2} value={text} onChange={(event) => set_text(event.target.value)} onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void run(); } }} />
      {chats.length > 0 && <Select label={w('test_where')} value={chat_id} on_change={set_chat_id} options={[{ value: '', text: w(source_id ? 'test_here' : 'test_all') }, ...chats.map(({ value, text: title }) => ({ value, text: title }))]} />}
      <Button kind="primary" is_busy={is_busy} disabled={!text.trim()} title="Ctrl+Enter" onClick={() => void run()}>{!is_busy && <Search className="size-4" aria-hidden />}{w('test_do')}</Button>
      <ErrorNote error={error} />
      {found?.vector_error && <p role="status" className="rounded-md bg-warn-soft px-3 py-2 text-warn">{found.vector_error}</p>}
      {found && (found.passages.length === 0 ? <Empty icon={<Quote />} title={w('test_none')} /> : (
        <>
          <p role="status" className="text-xs text-muted">{w('test_found', { n: found.passages.length, tokens: found.tokens.toLocaleString(language) })}</p>
          <ol aria-label={w('test')} className="space-y-3">{found.passages.map((passage, index) => <Passage key={`${passage.document_id}.${passage.position}`} passage={passage} number={index + 1} />)}</ol>
        </>
      ))}
    </section>
  );
}
