// The words of what is loaded apart from the conversation itself: the prompt's inspector, an answer's figures, comparing.
import { words_of, type Text } from '../i18n';

const en = {
  prompt: 'What the model is sent', prompt_text: 'Exactly this would be sent to {model} with the next message.', prompt_text_again: 'Exactly this would be sent to {model} for another answer here.', prompt_with_draft: 'What you have typed is part of it.',
  tokens_of: '{tokens} of {max} tokens', tokens_about: { one: 'about {n} token', other: 'about {n} tokens' }, window: 'The window of the model has {n}; the rest is kept for the answer.',
  left_out: { one: '{n} message, the oldest of the history, does not fit and is left out.', other: '{n} messages, the oldest of the history, do not fit and are left out.' }, left_out_none: 'Nothing of the history is left out.',
  source_app: 'The app', source_prompt_template: 'Prompt template', source_entity_profile: 'Character', source_lore: 'Lore', source_persona: 'Persona', source_history: 'History', source_knowledge: 'Knowledge', source_instruction: 'Instruction', source_pipeline: 'Pipeline', source_pinned: 'Pinned',
  role_user: 'user', role_assistant: 'assistant', role_system: 'system', role_tool: 'tool', template_builtin: 'built in', not_said_yet: 'not said yet',
  lore: 'Lore', lore_none: 'No lorebook is bound to this chat.', lore_active: { one: '{n} entry is part of the prompt', other: '{n} entries are part of the prompt' }, lore_others: { one: '{n} entry is not', other: '{n} entries are not' }, lore_over: 'Entries were left out: the budget of {budget} tokens is full.',
  entry: 'Entry {uid}', found: 'found: {keys}',
  reason_constant: 'always there', reason_keys: 'its keys were found', reason_sticky: 'still active', reason_decorator: 'says so itself', reason_disabled: 'switched off', reason_trigger: 'not for this kind of answer', reason_character_filter: 'not for this character',
  reason_delay: 'the chat is too short', reason_cooldown: 'rests after it was active', reason_waits_for_recursion: 'waits for other entries', reason_recursion_off: 'only through other entries, which is off', reason_excluded_from_recursion: 'not through other entries', reason_dont_activate: 'says itself that it does not',
  reason_only_after: 'only later in the chat', reason_only_every: 'not in this turn', reason_greeting: 'not with this greeting', reason_user_icon: 'not with this picture', reason_context_full: 'the window is full', reason_additional_keys: 'its further keys are missing', reason_exclude_keys: 'a key that excludes it was found',
  reason_no_keys: 'has no keys', reason_no_match: 'no key was found', reason_secondary_keys: 'its secondary keys decide against it', reason_unusable_key: 'its key cannot be used', reason_group: 'another of its group was chosen', reason_probability: 'chance decided against it', reason_budget: 'the budget is full',
  figures: 'About this answer', model: 'Model', provider: 'Provider', tokens_in: 'Tokens of the prompt', tokens_cached: 'of them cached', tokens_out: 'Tokens of the answer', cost: 'Cost', cost_unknown: 'the price is not known', queued: 'Waited for the first token', took: 'Took', speed: 'Speed', speed_value: '{n} tokens a second', attempts: 'Attempts', asked_at: 'Asked for',
  search: 'Search in all chats', search_placeholder: 'Words, "a phrase", -without', search_nothing: 'Nothing has these words.', search_found: 'What was found', search_recent: 'Recent', archived_short: 'archived',
  chat_actions: 'Actions for this chat', rename_chat: 'Rename the chat', delete_chat: 'Delete the chat?', delete_chat_text: '“{title}” goes with all its branches.', archive: 'Archive', restore: 'Bring back', archived: 'Archived: the chat is kept, and not listed with the others.',
};

const ru: Record<keyof typeof en, Text> = {
  prompt: 'Что получит модель', prompt_text: 'Ровно это получит {model} вместе со следующим сообщением.', prompt_text_again: 'Ровно это получит {model}, если ответить здесь ещё раз.', prompt_with_draft: 'Набранный вами текст уже учтён.',
  tokens_of: '{tokens} из {max} токенов', tokens_about: { one: 'около {n} токена', few: 'около {n} токенов', many: 'около {n} токенов', other: 'около {n} токена' }, window: 'Окно модели — {n}; остаток оставлен для ответа.',
  left_out: { one: 'Не поместилось и не войдёт {n} сообщение, самое старое.', few: 'Не поместились и не войдут {n} сообщения, самые старые.', many: 'Не поместились и не войдут {n} сообщений, самых старых.', other: 'Не поместились и не войдут {n} сообщения, самые старые.' }, left_out_none: 'История входит целиком.',
  source_app: 'Приложение', source_prompt_template: 'Шаблон', source_entity_profile: 'Персонаж', source_lore: 'Лор', source_persona: 'Персона', source_history: 'История', source_knowledge: 'Знания', source_instruction: 'Указание', source_pipeline: 'Конвейер', source_pinned: 'Закреплено',
  role_user: 'пользователь', role_assistant: 'модель', role_system: 'система', role_tool: 'инструмент', template_builtin: 'встроенный', not_said_yet: 'ещё не сказано',
  lore: 'Лор', lore_none: 'К этому чату не подключён ни один лорбук.', lore_active: { one: 'Входит {n} запись', few: 'Входят {n} записи', many: 'Входит {n} записей', other: 'Входят {n} записи' }, lore_others: { one: 'Не входит {n} запись', few: 'Не входят {n} записи', many: 'Не входит {n} записей', other: 'Не входят {n} записи' }, lore_over: 'Часть записей не вошла: бюджет в {budget} токенов исчерпан.',
  entry: 'Запись {uid}', found: 'найдено: {keys}',
  reason_constant: 'всегда', reason_keys: 'найдены её ключи', reason_sticky: 'ещё действует', reason_decorator: 'так указано в ней', reason_disabled: 'выключена', reason_trigger: 'не для такого ответа', reason_character_filter: 'не для этого персонажа',
  reason_delay: 'чат слишком короткий', reason_cooldown: 'отдыхает после срабатывания', reason_waits_for_recursion: 'ждёт других записей', reason_recursion_off: 'только через другие записи, а это выключено', reason_excluded_from_recursion: 'не через другие записи', reason_dont_activate: 'запрещено в ней самой',
  reason_only_after: 'только позже', reason_only_every: 'не в этот ход', reason_greeting: 'не с этим приветствием', reason_user_icon: 'не с этой картинкой', reason_context_full: 'окно заполнено', reason_additional_keys: 'нет дополнительных ключей', reason_exclude_keys: 'найден исключающий ключ',
  reason_no_keys: 'нет ключей', reason_no_match: 'ключи не найдены', reason_secondary_keys: 'против вторичные ключи', reason_unusable_key: 'ключ нельзя использовать', reason_group: 'выбрана другая из группы', reason_probability: 'не выпал случай', reason_budget: 'бюджет исчерпан',
  figures: 'Об этом ответе', model: 'Модель', provider: 'Провайдер', tokens_in: 'Токенов в запросе', tokens_cached: 'из них в кэше', tokens_out: 'Токенов в ответе', cost: 'Стоимость', cost_unknown: 'цена неизвестна', queued: 'До первого токена', took: 'Заняло', speed: 'Скорость', speed_value: '{n} токенов в секунду', attempts: 'Попыток', asked_at: 'Запрошен',
  search: 'Поиск по всем чатам', search_placeholder: 'Слова, "точная фраза", -без', search_nothing: 'Ничего не найдено.', search_found: 'Найдено', search_recent: 'Недавние', archived_short: 'в архиве',
  chat_actions: 'Действия с чатом', rename_chat: 'Переименовать чат', delete_chat: 'Удалить чат?', delete_chat_text: '«{title}» исчезнет со всеми ветками.', archive: 'В архив', restore: 'Вернуть из архива', archived: 'В архиве: чат сохранён, но в общем списке его нет.',
};

export const use_words = words_of({ en, ru });
