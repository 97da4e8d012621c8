// The pages of knowledge: the sources, and one of them.
import type { Id } from '../api';
import { SourcePage } from './source_page';
import { SourcesPage } from './sources_page';

export default function Knowledge({ source_id }: { source_id: Id | null }) {
  return source_id ? <SourcePage source_id={source_id} /> : <SourcesPage />;
}
