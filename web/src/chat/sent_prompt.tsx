// The prompt of an answer as its model was sent it. A chunk of its own.
import { ChevronRight } from 'lucide-react';
import { generations_prompt, type Generation } from '../api';
import { use_load } from '../load';
import { Badge, Bones, Dialog, ErrorNote } from '../ui/kit';
import { CopyButton } from '../ui/markdown';
import { use_words } from './words';

export default function SentPrompt({ generation, on_close }: { generation: Generation; on_close: () => void }) {
  const { w } = use_words();
  const loaded = use_load(`sent ${generation.id} ${generation.attempt}`, () => generations_prompt(generation.id));
  const messages = loaded.value?.messages ?? [];
  return (
    <Dialog title={w('sent')} on_close={on_close} wide>
      {loaded.error ? <ErrorNote error={loaded.error} /> : !loaded.value ? <Bones lines={6} /> : (
        <>
          <p className="mb-3 text-muted">{w('sent_text', { model: generation.model })}</p>
          <ol className="space-y-1.5">
            {messages.map((message, at) => (
              <li key={at}><details open={at === 0 || at === messages.length - 1} className="group/piece overflow-hidden rounded-xl border border-line bg-surface">
                <summary className="flex cursor-pointer items-center gap-2 px-3 py-2 hover:bg-hover"><Badge>{w(`role_${message.role}`)}</Badge><span className="min-w-0 flex-1 truncate text-xs text-muted">{message.text.slice(0, 200)}</span><ChevronRight className="size-4 shrink-0 text-muted transition-transform group-open/piece:rotate-90" aria-hidden /></summary>
                <div className="relative border-t border-line bg-sunken"><pre tabIndex={0} className="max-h-96 overflow-auto whitespace-pre-wrap break-words px-3 py-2 pr-10 font-mono text-[0.78rem] leading-relaxed">{message.text}</pre><CopyButton text={message.text} className="!absolute right-1 top-1" />
                  {!!message.image_ids?.length && <p className="flex flex-wrap gap-2 px-3 pb-2">{message.image_ids.map((id) => <img key={id} src={`/api/v1/images/${id}`} alt={w('sent_image')} loading="lazy" className="h-20 rounded-lg border border-line" />)}</p>}</div>
              </details></li>
            ))}
          </ol>
        </>
      )}
    </Dialog>
  );
}
