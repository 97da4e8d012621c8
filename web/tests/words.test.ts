import { describe, expect, it } from 'vitest';
import { translate, type Text } from '../src/i18n';
import { en as en_databases, ru as ru_databases } from '../src/databases/words';
import { en as en_chat, ru as ru_chat } from '../src/chat/words';
import { en as en_chats, ru as ru_chats } from '../src/chat/chats_words';
import { en as en_knowledge, ru as ru_knowledge } from '../src/knowledge/words';
import { en as en_library, ru as ru_library } from '../src/library/words';
import { en as en_pipelines, ru as ru_pipelines } from '../src/pipelines/words';
import { en as en_models, ru as ru_models } from '../src/models/words';
import { en as en_first } from '../src/i18n/en';
import { ru as ru_first } from '../src/i18n/ru';

const forms = (text: Text): string[] => (typeof text === 'string' ? [text] : Object.values(text));
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

/** The words of the first load, and of parts that are loaded apart. */
const dictionaries: [part: string, en: Record<string, Text>, ru: Record<string, Text>][] = [['first load', en_first, ru_first], ['databases', en_databases, ru_databases], ['library', en_library, ru_library], ['chat', en_chat, ru_chat], ['chats', en_chats, ru_chats], ['knowledge', en_knowledge, ru_knowledge], ['pipelines', en_pipelines, ru_pipelines], ['models', en_models, ru_models]];

describe.each(dictionaries)('languages: %s', (_, en, ru) => {
  it('have the same keys', () => {
    expect(Object.keys(ru).sort()).toEqual(Object.keys(en).sort());
  });

  it('say something for every key, with the same values in it', () => {
    for (const [key, text] of Object.entries(en)) {
      const expected = names(forms(text)[0]!);
      for (const form of [...forms(text), ...forms(ru[key]!)]) {
        expect(form.trim(), key).not.toBe('');
        expect(names(form), key).toEqual(expected);
      }
    }
  });

  it('Russian has every form that its counting needs', () => {
    for (const [key, text] of Object.entries(ru)) if (typeof text !== 'string') expect(Object.keys(text).sort(), key).toEqual(['few', 'many', 'one', 'other']);
  });
});

describe('languages', () => {
  it('count as their speakers do', () => {
    expect([1, 2, 5, 21].map((n) => translate('ru', 'messages_count', { n }))).toEqual(['1 сообщение', '2 сообщения', '5 сообщений', '21 сообщение']);
    expect([1, 2].map((n) => translate('en', 'messages_count', { n }))).toEqual(['1 message', '2 messages']);
  });
});
