import type { KnowledgePassage } from '../api';

/** "Depot rules, Opening hours": the source, and what is called otherwise in it; as the model reads it. */
export function place_of(passage: Pick<KnowledgePassage, 'source_name' | 'document_title' | 'heading'>): string {
  let place = passage.source_name;
  for (const part of [passage.document_title, passage.heading]) if (part && !place.endsWith(part)) place += `, ${part}`;
  return place;
}
