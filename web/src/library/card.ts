// A character card as the fields of a form. What the form does not show stays in the card as it is.
import type { CardData, CharacterCard } from '../api';

const texts = ['name', 'nickname', 'description', 'personality', 'scenario', 'mes_example', 'system_prompt', 'post_history_instructions', 'creator', 'character_version', 'creator_notes'] as const;
export type CardText = (typeof texts)[number];
export type CardFields = Record<CardText, string> & { greetings: string[]; tags: string[] };

const shown: ReadonlySet<string> = new Set([...texts, 'first_mes', 'alternate_greetings', 'tags']);
const text_of = (value: unknown) => (typeof value === 'string' ? value : '');
const list_of = (value: unknown) => (Array.isArray(value) ? value.map(text_of) : []);

/** The first greeting is the card's `first_mes`. */
export function fields_of({ data }: CharacterCard): CardFields {
  const fields = Object.fromEntries(texts.map((name) => [name, text_of(data[name])])) as Record<CardText, string>;
  return { ...fields, greetings: [data.first_mes, ...list_of(data.alternate_greetings)], tags: list_of(data.tags) };
}

/** The card with the changed fields in it. */
export function with_changes(card: CharacterCard, changes: Partial<CardFields>): CharacterCard {
  const { greetings, ...rest } = changes;
  const data: CardData = { ...card.data, ...rest };
  if (greetings) {
    data.first_mes = greetings[0] ?? '';
    data.alternate_greetings = greetings.slice(1);
  }
  return { ...card, data };
}

/** What else the card has, by name: kept and exported, and not edited here. Empty things are left out. */
export function rest_of({ data }: CharacterCard): Record<string, unknown> {
  const is_empty = (value: unknown) => value === null || value === '' || (typeof value === 'object' && Object.keys(value!).length === 0);
  return Object.fromEntries(Object.entries(data).filter(([name, value]) => !shown.has(name) && !is_empty(value)));
}

/** The greetings that a chat begins with, in the order of the variants of its first message. */
export const greetings_of = ({ data }: CharacterCard): string[] => [data.first_mes, ...list_of(data.alternate_greetings)].filter((text) => text.trim() !== '');

/** Tags as they are typed, between commas. */
export const tags_of = (text: string): string[] => [...new Set(text.split(',').map((tag) => tag.trim()).filter(Boolean))];

/** Whether every word that is looked for stands in one of the texts. */
export function is_found(search: string, found_in: string[]): boolean {
  const text = `${found_in.join(' ').toLocaleLowerCase()}`;
  return search.toLocaleLowerCase().split(/\s+/).filter(Boolean).every((word) => text.includes(word));
}
