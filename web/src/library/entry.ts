// An entry of a lorebook: what a new one is, and its options by how often people need them.
import type { LoreEntry, LoreTest, LoreVerdict } from '../api';

export const empty_entry = (uid: number): LoreEntry => ({
  uid, keys: [], secondary_keys: [], comment: '', content: '', enabled: true, constant: false, selective: true, selective_logic: 'and_any', use_regex: false, insertion_order: 100, position: 'before', depth: 4, role: 'system', outlet_name: '',
  case_sensitive: null, match_whole_words: null, scan_depth: null, match_persona_description: false, match_character_description: false, match_character_personality: false, match_character_depth_prompt: false, match_scenario: false, match_creator_notes: false,
  exclude_recursion: false, prevent_recursion: false, delay_until_recursion: 0, probability: 100, use_probability: true, group: '', group_override: false, group_weight: 100, use_group_scoring: null, sticky: 0, cooldown: 0, delay: 0, ignore_budget: false,
  triggers: [], character_filter: { is_exclude: false, names: [], tags: [] }, extensions: {}, unknown: {},
});

/** The rare options, in groups that are shown when they are asked for. */
export const option_groups = {
  keys: ['secondary_keys', 'selective_logic', 'use_regex', 'case_sensitive', 'match_whole_words', 'scan_depth'],
  places: ['match_persona_description', 'match_character_description', 'match_character_personality', 'match_character_depth_prompt', 'match_scenario', 'match_creator_notes'],
  chance: ['probability', 'group', 'group_weight', 'group_override', 'use_group_scoring', 'ignore_budget'],
  time: ['sticky', 'cooldown', 'delay'],
  recursion: ['exclude_recursion', 'prevent_recursion', 'delay_until_recursion'],
  whom: ['triggers', 'character_filter'],
} as const satisfies Record<string, readonly (keyof LoreEntry)[]>;
export type OptionGroup = keyof typeof option_groups;

const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right);
export const same_entry = (left: LoreEntry | null, right: LoreEntry | null): boolean => same(left, right);

/** How many options of a group are not as they are in a new entry. */
export function set_in(entry: LoreEntry, group: OptionGroup): number {
  const usual = empty_entry(entry.uid);
  return option_groups[group].filter((name) => !same(entry[name], usual[name])).length;
}

/** What an entry is called in lists: its title, else its keys, else its number. */
export const title_of = (entry: Pick<LoreEntry, 'uid' | 'comment' | 'keys'>): string => entry.comment.trim() || entry.keys.slice(0, 4).join(', ') || `#${entry.uid}`;

export const next_uid = (entries: LoreEntry[]): number => entries.reduce((most, entry) => Math.max(most, entry.uid), -1) + 1;

/** Lines that say something, as a list. */
export const lines_of = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean);

/** The messages of a text to test with: a line of three dashes stands between two. */
export const messages_of = (text: string): string[] => text.split(/^---$/m).map((message) => message.trim()).filter(Boolean);

/** The activated entries in the order of the prompt, with what each of them says; the others in the order of the book. */
export function sorted_verdicts({ entries, pieces }: LoreTest): { active: LoreVerdict[]; passive: LoreVerdict[] } {
  const place = new Map(pieces.map((piece, index) => [`${piece.book} ${piece.uid}`, index]));
  const of = (verdict: LoreVerdict) => place.get(`${verdict.book} ${verdict.uid}`) ?? pieces.length;
  return { active: entries.filter((verdict) => verdict.activated).sort((left, right) => of(left) - of(right)), passive: entries.filter((verdict) => !verdict.activated) };
}
