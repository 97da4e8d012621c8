// How far a source is, and the list of what is in it while it is being read.
import { useEffect } from 'react';
import type { KnowledgeSource } from '../api';
import { Badge, type Tone } from '../ui/kit';
import { use_words } from './words';

/** A source that is being read is asked for again so often. */
const look_ms = 1000;
const tones: Record<KnowledgeSource['status'], Tone> = { empty: 'plain', indexing: 'info', ready: 'good', failed: 'bad' };

export function SourceState({ source }: { source: KnowledgeSource }) {
  const { w } = use_words();
  return <Badge tone={tones[source.status]}>{w(`status_${source.status}`)}</Badge>;
}

/** Looks again until nothing is being read any more; `seen` changes with each look. */
export function use_settling(is_indexing: boolean, look: () => void, seen: unknown): void {
  useEffect(() => {
    if (!is_indexing) return;
    const timer = setTimeout(look, look_ms);
    return () => clearTimeout(timer);
  }, [is_indexing, look, seen]);
}
