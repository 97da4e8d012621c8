// The pages of what chats are made with: a chunk of its own. Which of them an address shows.
import { lazy, type ReactNode } from 'react';
import { NotFound } from '../pages/not_found';
import { match, use_path } from '../router';
import { CharacterPage } from './character_page';
import { CharactersPage } from './characters_page';
import { LorebookPage } from './lorebook_page';
import { LorebooksPage } from './lorebooks_page';
import { PersonasPage } from './personas_page';
import { PromptTemplatePage } from './prompt_template_page';
import { PromptTemplatesPage } from './prompt_templates_page';

/** A chunk of its own within this one. */
const Knowledge = lazy(() => import('../knowledge/knowledge'));

const pages: [pattern: string, page: (found: Record<string, string>) => ReactNode][] = [
  ['/library', () => <CharactersPage />],
  ['/library/characters/:profile_id', ({ profile_id }) => <CharacterPage key={profile_id} profile_id={profile_id!} />],
  ['/library/personas', () => <PersonasPage />],
  ['/library/lorebooks', () => <LorebooksPage />],
  ['/library/lorebooks/:lorebook_id', ({ lorebook_id }) => <LorebookPage key={lorebook_id} lorebook_id={lorebook_id!} />],
  ['/library/knowledge', () => <Knowledge source_id={null} />],
  ['/library/knowledge/:source_id', ({ source_id }) => <Knowledge key={source_id} source_id={source_id!} />],
  ['/library/prompts', () => <PromptTemplatesPage />],
  ['/library/prompts/:template_id', ({ template_id }) => <PromptTemplatePage key={template_id} template_id={template_id!} />],
];

export default function Library() {
  const path = use_path();
  for (const [pattern, page] of pages) {
    const found = match(pattern, path);
    if (found) return page(found);
  }
  return <NotFound />;
}
