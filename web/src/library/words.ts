// The words of the library, which are loaded with it.
import { words_of, type Text } from '../i18n';

export const en = {
  // Everywhere
  unsaved: 'Unsaved changes', unsaved_text: 'Your changes are not saved yet. They are kept in this browser.', discard: 'Discard', saved: 'Saved.', changed_meanwhile: 'Somebody else changed this meanwhile. Your changes are kept, on top of theirs: look at them, and save again.',
  import: 'Import', export: 'Export', filled: 'filled in', show_more: { one: 'Show {n} more', other: 'Show {n} more' }, tags: 'Tags', tags_hint: 'Separated by commas.',
  file_too_large: 'It has {size}; {max} are the most that a card may have.', in_use: 'In use',

  // Characters
  characters: 'Characters', character: 'Character', characters_text: 'Who you talk with. Drop their cards anywhere on this page: PNG, CHARX or JSON, as many as you like.', characters_search: 'Search by name, tag or creator', characters_which: 'Which characters',
  characters_empty: 'Nobody here yet', characters_empty_text: 'Drop character cards here, or write a character of your own. Whatever other programs keep in a card stays in it.', import_cards: 'Import cards', drop_cards: 'Drop the cards to import them',
  characters_none: 'Nobody matches', characters_none_text: 'Try fewer words, or look at those that were put away.', characters_found: { one: '{n} character found', other: '{n} characters found' }, by: 'by {name}',
  character_new: 'New character', importing: 'Importing: {done} of {of}', imported: 'Imported files', imported_count: 'Imported: {done} of {of}',
  avatar_change: 'Change the picture', avatar_add: 'Add a picture', put_away: 'Put away', put_away_one: 'put away', put_away_those: 'Put away', put_away_none: 'Nobody was put away', put_away_none_text: 'Who is put away is not listed; chats with them go on.', put_away_text: 'Not listed any more; chats go on.', put_away_done: 'Put away.', bring_back: 'Bring back', brought_back: 'Back in use.',
  delete_for_good: 'Delete for good', character_delete: 'Delete the character?', character_delete_text: '“{name}” goes with the card and the picture. This cannot be undone.',
  card_name: 'Name', card_nickname: 'Nickname', nickname_hint: 'What {{char}} is, instead of the name.', card_description: 'Description', card_personality: 'Personality', card_scenario: 'Scenario', card_mes_example: 'Example messages', card_system_prompt: 'System prompt', card_post_history_instructions: 'Instructions after the history',
  card_creator: 'Creator', card_character_version: 'Version', card_creator_notes: 'Notes of the creator', creator_notes_hint: 'For people; no model sees them.', card_about: 'About the card', card_examples: 'Examples of speech', mes_example_hint: 'Dialogues show how the character speaks; each begins with <START>.', card_prompts: 'Prompts of its own',
  system_prompt_hint: 'Instead of the usual one; {{original}} is that.', post_history_hint: 'What the model is told last; {{original}} is the usual.', card_rest: 'What else is in the card', card_rest_count: { one: '{n} part', other: '{n} parts' }, card_rest_text: 'Kept as it came, and exported with the card.',
  greetings: 'Greetings', greeting_first: 'First message', greeting_n: 'Greeting {n}', greeting_add: 'Add a greeting', greeting_up: 'Move greeting {n} up', greeting_down: 'Move greeting {n} down', greeting_remove: 'Remove greeting {n}', greeting_choose: 'How it begins', greeting_none: 'The card has no greeting: you speak first.',
  chat_start: 'Start a chat', chat_with: 'Chat with {name}', chats_with: 'Chats', persona_as: 'You are', persona_usual: '{name} (default)', persona_nobody: 'Nobody in particular',
  export_png: 'The picture, with the card inside', export_charx: 'With all files of the card', export_json: 'The card alone', export_v2: 'For programs that do not know V3',

  // Personas
  personas: 'Personas', personas_text: 'Who you are in your chats. Cards call you by this name, and the model is told the rest.', personas_empty: 'You are “User” for now', personas_empty_text: 'A persona gives characters a name to call you by, and something to know about you.', persona_new: 'New persona', persona_edit: 'Edit the persona',
  persona_name_hint: 'What {{user}} is.', persona_description: 'About you', persona_description_hint: 'The model is told this in every chat with the persona.', persona_no_description: 'Nothing is told about you.', persona_default: 'Use it by default', persona_default_hint: 'In chats for which no persona is chosen.',
  persona_make_default: 'Use {name} by default', persona_delete_one: 'Delete {name}', persona_delete: 'Delete the persona?', persona_delete_text: 'Chats that use “{name}” have the default persona then.',
} satisfies Record<string, Text>;

export type Word = keyof typeof en;

export const ru: Record<Word, Text> = {
  // Везде
  unsaved: 'Несохранённые изменения', unsaved_text: 'Изменения ещё не сохранены. Они хранятся в этом браузере.', discard: 'Отбросить', saved: 'Сохранено.', changed_meanwhile: 'Тем временем это изменил кто-то другой. Ваши изменения целы и лежат поверх чужих: посмотрите и сохраните ещё раз.',
  import: 'Импорт', export: 'Экспорт', filled: 'заполнено', show_more: { one: 'Показать ещё {n}', few: 'Показать ещё {n}', many: 'Показать ещё {n}', other: 'Показать ещё {n}' }, tags: 'Метки', tags_hint: 'Через запятую.',
  file_too_large: 'В файле {size}, а карточка может занимать не больше {max}.', in_use: 'В деле',

  // Персонажи
  characters: 'Персонажи', character: 'Персонаж', characters_text: 'С кем вы говорите. Карточки можно бросать прямо на эту страницу: PNG, CHARX или JSON, сколько угодно сразу.', characters_search: 'Поиск по имени, метке или автору', characters_which: 'Какие персонажи',
  characters_empty: 'Здесь пока никого', characters_empty_text: 'Перетащите сюда карточки персонажей или придумайте своего. Всё, что другие программы хранят в карточке, в ней останется.', import_cards: 'Импортировать карточки', drop_cards: 'Отпустите, чтобы импортировать',
  characters_none: 'Никто не подходит', characters_none_text: 'Уберите часть слов или посмотрите среди отложенных.', characters_found: { one: 'Найден {n} персонаж', few: 'Найдено {n} персонажа', many: 'Найдено {n} персонажей', other: 'Найдено {n} персонажа' }, by: 'автор: {name}',
  character_new: 'Новый персонаж', importing: 'Импорт: {done} из {of}', imported: 'Импортированные файлы', imported_count: 'Импортировано: {done} из {of}',
  avatar_change: 'Сменить картинку', avatar_add: 'Добавить картинку', put_away: 'Отложить', put_away_one: 'отложен', put_away_those: 'Отложенные', put_away_none: 'Отложенных нет', put_away_none_text: 'Отложенные не видны в списке, а чаты с ними продолжаются.', put_away_text: 'В списке не виден, чаты продолжаются.', put_away_done: 'Отложен.', bring_back: 'Вернуть', brought_back: 'Снова в деле.',
  delete_for_good: 'Удалить навсегда', character_delete: 'Удалить персонажа?', character_delete_text: '«{name}» пропадёт вместе с карточкой и картинкой. Отменить это нельзя.',
  card_name: 'Имя', card_nickname: 'Прозвище', nickname_hint: 'Станет {{char}} вместо имени.', card_description: 'Описание', card_personality: 'Характер', card_scenario: 'Сценарий', card_mes_example: 'Примеры сообщений', card_system_prompt: 'Системный промпт', card_post_history_instructions: 'Указания после истории',
  card_creator: 'Автор', card_character_version: 'Версия', card_creator_notes: 'Заметки автора', creator_notes_hint: 'Для людей: модель их не видит.', card_about: 'О карточке', card_examples: 'Примеры речи', mes_example_hint: 'Диалоги показывают, как говорит персонаж; каждый начинается с <START>.', card_prompts: 'Собственные промпты',
  system_prompt_hint: 'Вместо обычного; {{original}} — это он.', post_history_hint: 'Что модель узнаёт последним; {{original}} — обычное.', card_rest: 'Что ещё есть в карточке', card_rest_count: { one: '{n} часть', few: '{n} части', many: '{n} частей', other: '{n} части' }, card_rest_text: 'Хранится как было и уходит вместе с карточкой.',
  greetings: 'Приветствия', greeting_first: 'Первое сообщение', greeting_n: 'Приветствие {n}', greeting_add: 'Добавить приветствие', greeting_up: 'Приветствие {n} выше', greeting_down: 'Приветствие {n} ниже', greeting_remove: 'Убрать приветствие {n}', greeting_choose: 'С чего начать', greeting_none: 'В карточке нет приветствия: первыми говорите вы.',
  chat_start: 'Начать чат', chat_with: 'Чат: {name}', chats_with: 'Чаты', persona_as: 'Вы', persona_usual: '{name} (по умолчанию)', persona_nobody: 'Никто определённый',
  export_png: 'Картинка с карточкой внутри', export_charx: 'Со всеми файлами карточки', export_json: 'Только карточка', export_v2: 'Для программ, не знающих V3',

  // Персоны
  personas: 'Персоны', personas_text: 'Кто вы в своих чатах. Карточки зовут вас этим именем, а модель узнаёт остальное.', personas_empty: 'Пока вы просто «User»', personas_empty_text: 'Персона даёт персонажам имя, которым вас звать, и что-то о вас.', persona_new: 'Новая персона', persona_edit: 'Изменить персону',
  persona_name_hint: 'Станет {{user}}.', persona_description: 'О вас', persona_description_hint: 'Модель узнаёт это в каждом чате с этой персоной.', persona_no_description: 'О вас ничего не сказано.', persona_default: 'Использовать по умолчанию', persona_default_hint: 'В чатах, для которых персона не выбрана.',
  persona_make_default: 'Использовать по умолчанию: {name}', persona_delete_one: 'Удалить: {name}', persona_delete: 'Удалить персону?', persona_delete_text: 'В чатах с «{name}» будет персона по умолчанию.',
};

export const use_words = words_of({ en, ru });
