// Where lorebooks and sources of knowledge are used: the same questions to two parts of the API.
import {
  knowledge_bind, knowledge_bindings, knowledge_ls, knowledge_unbind, lorebooks_bind, lorebooks_bindings, lorebooks_ls, lorebooks_unbind, type Id, type KnowledgeSource, type Lorebook, type LorebookBinding, type Page,
} from '../api';

export type Binding = LorebookBinding;

export interface Uses<T extends { id: Id; name: string }> {
  list: (query: { limit: number }) => Promise<Page<T>>;
  bindings: (id: Id) => Promise<Page<Binding>>;
  bind: (id: Id, binding: Binding) => Promise<Binding>;
  unbind: (id: Id, binding: Binding) => Promise<void>;
}

export const lorebook_uses: Uses<Lorebook> = { list: lorebooks_ls, bindings: lorebooks_bindings, bind: lorebooks_bind, unbind: lorebooks_unbind };
export const knowledge_uses: Uses<KnowledgeSource> = { list: knowledge_ls, bindings: knowledge_bindings, bind: knowledge_bind, unbind: knowledge_unbind };
