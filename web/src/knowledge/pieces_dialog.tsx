// The pieces of a document, from the one that is asked for on.
import { useEffect, useRef, useState } from 'react';
import { knowledge_chunks, knowledge_document, type Id, type KnowledgeChunk } from '../api';
import { use_load } from '../load';
import { Button, Bones, Dialog, ErrorNote } from '../ui/kit';
import { use_words } from './words';

const page_pieces = 20;
/** So many stand before the one that is asked for. */
const pieces_before = 2;

interface Shown { chunks: KnowledgeChunk[]; next: string | null }

async function pieces_from(document_id: Id, position: number): Promise<Shown> {
  const page = await knowledge_chunks(document_id, { limit: page_pieces, ...(position > 0 && { cursor: String(position - 1) }) });
  return { chunks: page.items, next: page.next_cursor };
}

function Piece({ chunk, is_wanted }: { chunk: KnowledgeChunk; is_wanted: boolean }) {
  const { w } = use_words();
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => { if (is_wanted) ref.current!.scrollIntoView({ block: 'center' }); }, [is_wanted]);
  return (
    <li ref={ref} aria-current={is_wanted || undefined} className="piece border-l-2 border-transparent px-3 py-2.5 aria-[current]:border-accent aria-[current]:bg-accent-soft">
      <p className="mb-1 text-xs text-muted"><span className="tabular-nums">{w('piece', { n: chunk.position + 1 })}</span>{chunk.heading && ` · ${chunk.heading}`}</p>
      <p className="whitespace-pre-wrap break-words">{chunk.text.trim()}</p>
    </li>
  );
}

export function PiecesDialog({ document_id, piece, on_close }: { document_id: Id; piece: number | null; on_close: () => void }) {
  const { w } = use_words();
  const [from, set_from] = useState(Math.max(0, (piece ?? 0) - pieces_before));
  const document = use_load(document_id, () => knowledge_document(document_id));
  const pieces = use_load(`pieces ${document_id} ${from}`, () => pieces_from(document_id, from));
  const [error, set_error] = useState<unknown>(null);
  const shown = pieces.value;
  const more = () => pieces_from(document_id, Number(shown!.next) + 1).then((page) => pieces.set({ chunks: [...shown!.chunks, ...page.chunks], next: page.next }), set_error);
  const failed = document.error ?? pieces.error ?? error;
  return (
    <Dialog title={document.value?.title ?? w('documents')} on_close={on_close} wide>
      <ErrorNote error={failed} className="mb-3" />
      {!shown ? !failed && <Bones lines={6} /> : (
        <>
          {from > 0 && <div className="mb-2 text-center"><Button small onClick={() => set_from(0)}>{w('pieces_first')}</Button></div>}
          {shown.chunks.length === 0 ? <p className="text-muted">{w('pieces_none')}</p> : <ol aria-label={w('pieces_all')} className="divide-y divide-line">{shown.chunks.map((chunk) => <Piece key={chunk.position} chunk={chunk} is_wanted={chunk.position === piece} />)}</ol>}
          {shown.next && <div className="mt-3 text-center"><Button small onClick={() => void more()}>{w('documents_more')}</Button></div>}
        </>
      )}
    </Dialog>
  );
}
