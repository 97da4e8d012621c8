// The words of the list of chats, which are loaded with it.
import { words_of, type Text } from '../i18n';

export const en = {
  text: 'Everything that was talked about. Drop files anywhere on this page: what Ramify exported, SillyTavern’s chats, ChatGPT’s conversations.json, Open WebUI’s export.',
  import: 'Import', drop: 'Drop the files to import their chats', search: 'Search titles and messages', which: 'Which chats', active: 'Active', archived: 'Archive', trash: 'Trash',
  tags: 'Tags', tag_show: { one: '{tag}: {n} chat', other: '{tag}: {n} chats' }, tag_all: 'All tags', show_more: 'Show more', app: 'App', found: { one: '{n} chat shown', other: '{n} chats shown' },
  none: 'No chats yet', none_text: 'Begin one, or bring those that you had elsewhere.', none_found: 'No chat matches', none_found_text: 'Try fewer words, another tag, or look in the archive.', none_archived: 'The archive is empty', none_archived_text: 'Chats that are put away are kept here, and found by the search.',
  none_trash: 'The trash is empty', none_trash_text: 'Deleted chats wait here until they are brought back or deleted for good.', imported: { one: '{n} chat', other: '{n} chats' },
} satisfies Record<string, Text>;

export const ru: Record<keyof typeof en, Text> = {
  text: 'Всё, о чём вы говорили. Перетащите файлы в любое место страницы: экспорт Ramify, чаты SillyTavern, conversations.json из ChatGPT, экспорт Open WebUI.',
  import: 'Импорт', drop: 'Отпустите файлы, чтобы импортировать чаты', search: 'Поиск по названиям и сообщениям', which: 'Какие чаты', active: 'Активные', archived: 'Архив', trash: 'Корзина',
  tags: 'Метки', tag_show: { one: '{tag}: {n} чат', few: '{tag}: {n} чата', many: '{tag}: {n} чатов', other: '{tag}: {n} чата' }, tag_all: 'Все метки', show_more: 'Показать ещё', app: 'Приложение', found: { one: 'Показан {n} чат', few: 'Показано {n} чата', many: 'Показано {n} чатов', other: 'Показано {n} чата' },
  none: 'Чатов пока нет', none_text: 'Начните новый или принесите те, что были в другом месте.', none_found: 'Ничего не нашлось', none_found_text: 'Попробуйте меньше слов, другую метку или загляните в архив.', none_archived: 'Архив пуст', none_archived_text: 'Убранные чаты хранятся здесь, и поиск их находит.',
  none_trash: 'Корзина пуста', none_trash_text: 'Удалённые чаты ждут здесь, пока их не вернут или не удалят навсегда.', imported: { one: '{n} чат', few: '{n} чата', many: '{n} чатов', other: '{n} чата' },
};

export const use_words = words_of({ en, ru });
