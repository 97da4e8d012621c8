// What a template or a lorebook can be for: characters, personas and chats, by their names.
import { chats_ls, personas_ls, profiles_ls, type Chat, type ListedProfile, type Persona } from '../api';
import { use_load } from '../load';
import { page_items } from './pages';
import { character_href } from './parts';
import { use_words } from './words';

export type Scope = 'global' | 'entity_profile' | 'persona' | 'chat';
export interface Target { value: string; text: string; href: string }
export interface Targets { of: (scope: Scope) => Target[]; name: (scope: Scope, id: string) => string; profiles: ListedProfile[]; personas: Persona[] }

/** The newest of each kind are enough to choose from; a name that is not among them is its id. */
export function use_targets(): Targets {
  const { t } = use_words();
  const profiles = use_load('targets profiles', () => profiles_ls({ limit: page_items }));
  const personas = use_load('targets personas', () => personas_ls({ limit: page_items }));
  const chats = use_load('targets chats', () => chats_ls({ limit: page_items }));
  const all: Record<Scope, Target[]> = {
    global: [],
    entity_profile: (profiles.value?.items ?? []).map((profile) => ({ value: profile.id, text: profile.name, href: character_href(profile.id) })),
    persona: (personas.value?.items ?? []).map((persona) => ({ value: persona.id, text: persona.name, href: '/library/personas' })),
    chat: (chats.value?.items ?? []).map((chat: Chat) => ({ value: chat.id, text: chat.title || t('chat_untitled'), href: `/chats/${chat.id}` })),
  };
  return { of: (scope) => all[scope], name: (scope, id) => all[scope].find((target) => target.value === id)?.text ?? id, profiles: profiles.value?.items ?? [], personas: personas.value?.items ?? [] };
}
