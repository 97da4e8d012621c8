import type { Key, Text } from './index';

export const ru: Record<Key, Text> = {
  // Везде
  home: 'Главная', library: 'Библиотека', databases: 'Базы данных', settings: 'Настройки', jobs: 'Задания', chat: 'Чат', chats: 'Чаты', files: 'Файлы', versions: 'Версии', logs: 'Журнал', preview: 'Просмотр', templates: 'Шаблоны',
  loading: 'Загрузка', close: 'Закрыть', cancel: 'Отмена', save: 'Сохранить', create: 'Создать', add: 'Добавить', edit: 'Изменить', delete: 'Удалить', rename: 'Переименовать', retry: 'Повторить', done: 'Готово', more: 'Ещё', hide: 'Скрыть',
  copy: 'Копировать', copied: 'Скопировано', download: 'Скачать', name: 'Название', note: 'Заметка', left: 'Слева', right: 'Справа', never: 'Никогда', you: 'Вы', end: 'Завершить', default: 'По умолчанию', current: 'текущая', parent: 'предыдущая',
  days: { one: '{n} день', few: '{n} дня', many: '{n} дней', other: '{n} дня' },
  notes: 'Уведомления', menu_user: 'Ваше меню', you_are_here: 'Вы здесь', skip_to_content: 'К содержанию', go_home: 'На главную',
  not_found: 'Здесь ничего не растёт', not_found_text: 'Этот адрес никуда не ведёт: страница удалена или принадлежит кому-то другому.',
  page_broke: 'Эта часть страницы сломалась.',
  error_unreachable: 'Сервер недоступен. Проверьте, что он запущен и что есть связь, и повторите.',
  error_request: 'Запрос {id}',
  link_lost: 'Связь потеряна. Восстанавливаем…',

  // До входа
  sign_in: 'Вход', sign_in_text: 'Введите почту и пароль своей учётной записи.', sign_out: 'Выйти', email: 'Почта', password: 'Пароль', your_name: 'Ваше имя',
  password_hint: { one: 'Не короче {n} символа.', few: 'Не короче {n} символов.', many: 'Не короче {n} символов.', other: 'Не короче {n} символов.' },
  setup: 'Настройка Ramify', setup_text: 'Создайте первую учётную запись. Ей будет принадлежать этот сервер.', setup_token: 'Код настройки', setup_token_hint: 'Сервер напечатал его в ссылке при запуске.', setup_finish: 'Создать учётную запись',

  // Главная
  home_title: 'Что вырастим сегодня?', home_text: 'Опишите одной фразой. Ramify напишет приложение, запустит его и даст ответвиться от любого сообщения.',
  home_prompt: 'Опишите приложение', home_placeholder: 'Страница, которая…',
  idea_1: 'Список покупок, который помнит записи', idea_2: 'Спокойный таймер «помидор»', idea_3: 'Страница для маленькой пекарни',
  template_choose: 'Выберите шаблон', templates_missing: 'На этом сервере нет шаблонов, поэтому приложение создать нельзя.', app_create_empty: 'Создать без сообщения',
  apps_recent: 'Недавние приложения', apps_empty: 'Приложений пока нет', apps_empty_text: 'Опишите первое выше, и оно появится здесь.', app_actions: 'Действия: {name}', app_rename: 'Переименовать приложение', app_delete: 'Удалить приложение?',
  app_delete_text: '«{name}» исчезнет вместе с чатом, версиями, просмотрами и данными. Отменить это нельзя.',
  chats_recent: 'Чаты без приложения', chats_empty: 'Пока нет. Чат без приложения нужен только для разговора.', chats_all: 'Все чаты', chat_new: 'Новый чат', chat_setting: 'Персонаж, персона, лор', chat_untitled: 'Чат без названия',

  // Чат
  messages: 'Сообщения', message_yours: 'Ваше сообщение', message_answer: 'Ответ', message_new: 'Новое сообщение', message_edit: 'Правка сообщения', image: 'Изображение', image_add: 'Добавить изображение', image_remove: 'Убрать изображение',
  messages_count: { one: '{n} сообщение', few: '{n} сообщения', many: '{n} сообщений', other: '{n} сообщения' },
  chat_empty: 'Пока ничего не сказано', chat_empty_text: 'Попросите о чём-нибудь и смотрите, как растёт ответ.',
  composer_chat: 'Напишите сообщение…', composer_first: 'Что оно должно делать?', composer_next: 'Что изменить?', send_enter: 'Отправить (Enter)', stop_esc: 'Остановить (Esc)',
  to_end: 'К последнему сообщению',
  go_to_message: 'Перейти к сообщению', go_to_number: 'Его номер, от 1 до {count}', go: 'Перейти', message_of: '{row} из {count}',
  model: 'Модель', model_choose: 'Выбрать модель', model_default: 'Модель по умолчанию', model_by_policy: 'По правилам', models_manage: 'Модели и правила…', answer_setting: 'Как отвечает модель',
  generation_queued: 'Ждёт очереди…', generation_thinking: 'Думает…', generation_failed: 'Не удалось создать ответ.', generation_aborted: 'Остановлено вами. Ничего не изменено.',
  writing: 'Пишет', reasoning: 'Рассуждение', reasoning_now: 'Рассуждает…', edited: 'изменено', unfinished: 'не закончено',
  tokens: { one: '{n} токен', few: '{n} токена', many: '{n} токенов', other: '{n} токена' },
  not_applied: 'не применено', changes_refused: 'Изменения не применены',
  regenerate: 'Ответить заново', regenerate_here: 'Ответить заново здесь', answer_again_on_branch: 'Ответить заново в новой ветке', branch_from_here: 'Ветка отсюда', branches_from_here: 'Ветки от этого сообщения',
  delete_from_here: 'Удалить отсюда', delete_from_here_text: 'Это сообщение и всё после него в этой ветке исчезнут. Созданные ими версии останутся в списке версий.',
  save_only: 'Только сохранить', save_and_answer: 'Сохранить и ответить заново', ask_on_branch: 'Спросить в новой ветке',
  edit_early: 'Сообщения после этого останутся как есть.', edit_early_branch: 'После этого сообщения есть другие. Новая ветка сохранит их как есть.',
  edit_in_place: 'Заменить текст без нового варианта', prompt_next: 'Что получит модель (I)', prompt_of_answer: 'Что модель получила бы сейчас', run_of_answer: 'Шаги этого ответа', figures: 'Токены, цена и время',
  diagram_alt: 'Диаграмма: {text}', diagram_text: 'Текст диаграммы',
  variants: 'Варианты', variant_previous: 'Предыдущий вариант', variant_next: 'Следующий вариант',
  change_write: 'Запись', change_search_replace: 'Правка', change_rename: 'Переименование', change_delete: 'Удаление', change_copy: 'Копирование', change_add_dependency: 'Новые пакеты', change_execute_sql: 'Запрос SQL', change_command: 'Команда', change_other: 'Изменение',
  change_content: 'Содержание изменения', lines_changed: 'добавлено строк: {added}, удалено: {removed}', show_diff: 'Показать отличия', show_written: 'Показать написанное',

  // Ветки
  branches: 'Ветки', branches_open: 'Ветки: перейти, переименовать, сравнить', branch_main: 'Главная', branch_active: 'активная', branch_empty: 'Сообщений пока нет', branch_open: 'Открыть ветку', branch_rename: 'Переименовать ветку',
  branch_actions: 'Действия: {title}', branch_delete: 'Удалить ветку?', branch_delete_text: '«{title}» исчезнет вместе с сообщениями, просмотром и данными. Отменить это нельзя.', branch_gone: 'Этой ветки больше нет.',
  branch_left: 'Ветка слева', branch_right: 'Ветка справа',
  compare: 'Рядом', compare_with_this: 'Показать рядом', compare_side: 'Какая сторона', compare_shows: 'Что показано', compare_both: 'Просмотр и чат', compare_preview: 'Только просмотр', swap_sides: 'Поменять местами',
  compare_empty: 'Ветка только одна', compare_empty_text: 'Ответвитесь от любого сообщения чата и сравните обе здесь.',

  // Приложение
  app_parts: 'Части приложения', resize_panes: 'Ширина чата',
  preview_opening: 'Открываем просмотр…', preview_queued: 'В очереди', preview_installing: 'Ставим пакеты', preview_installing_text: 'Первый раз дольше, потом это просто копия.', preview_starting: 'Запускается', preview_ready: 'Работает',
  preview_asleep: 'Спит', preview_failed: 'Сбой', preview_stopped: 'Остановлен', preview_size: 'Ширина просмотра', size_phone: 'Телефон', size_tablet: 'Планшет', size_desktop: 'Компьютер',
  database_making: 'База: готовится', database_ready: 'База данных', database_failed: 'База: ошибка', database_unavailable: 'Нет базы', database_open: 'Открыть базу этой ветки',
  reload: 'Обновить', restart: 'Перезапустить', start: 'Запустить', sleep: 'Усыпить', wake: 'Разбудить', open_in_tab: 'Открыть в новой вкладке', ask_to_fix: 'Попросить исправить',
  fix_request: 'В просмотре такая ошибка. Исправь её, пожалуйста:\n\n{error}',
  more_errors: { one: 'и ещё {n} ошибка', few: 'и ещё {n} ошибки', many: 'и ещё {n} ошибок', other: 'и ещё {n} ошибки' },
  files_tree: 'Дерево файлов', files_empty: 'Файлов нет', file_choose: 'Выберите файл', file_diff: 'Изменения', file_unchanged: 'Эта версия не меняла файл', file_not_text: 'Файл не показывается как текст',
  file_new: 'Новый файл', file_new_path: 'Путь', file_new_hint: 'Например, src/menu.css. Папки появятся сами.', file_exists: 'Такой файл уже есть.', file_absent: 'В этой версии такого файла нет',
  file_saved: 'Сохранено как v{n}.', file_discard: 'Отменить', file_discard_title: 'Отменить правку?', file_discard_text: 'Несохранённая правка в {path} пропадёт.', file_save_over: 'Сохранить поверх',
  file_behind: 'С начала правки текст этого файла в ветке изменился. Ваш показан в сравнении с ним: верните то, что заменять не нужно, и сохраните.', file_waits: 'Пишется ответ. Сохранить файл можно будет, когда он закончится.',
  unsaved: 'не сохранено', read_only: 'только чтение', editor_keys: 'Tab делает отступ. Escape и затем Tab выводят из редактора.',
  version: 'Версия', version_current: 'Текущая версия',
  versions_scope: 'Какие версии', versions_branch: 'Эта ветка', versions_all: 'Все ветки', versions_favorites: 'Избранные', versions_empty: 'Версий нет', versions_empty_text: 'Их создаёт каждое применённое изменение.',
  files_changed: { one: '{n} файл', few: '{n} файла', many: '{n} файлов', other: '{n} файла' },
  diff_of: 'v{n} · {title}', diff_against: 'Сравнить с', diff_nothing: 'пустотой', diff_none: 'Отличий нет.', diff_binary: 'Двоичный файл: показать нечего.', diff_truncated: 'Отличий много: показано только начало.',
  favorite: 'В избранное', unfavorite: 'Убрать из избранного', note_of: 'Заметка к v{n}', restore: 'Восстановить', restore_title: 'Восстановить v{n}?', restore_text: 'В ветке «{title}» появится новая версия с теми же файлами. Ничего не пропадёт.', restore_changes: 'Что изменится в ветке', author_model: 'модель', author_you: 'вы', restored: 'v{n} восстановлена как v{made}.',
  log_source: 'Источник строк', log_all: 'Все', log_server: 'Сервер', log_install: 'Установка', log_browser: 'Браузер', log_proxy: 'Прокси', logs_empty: 'Строк пока нет', logs_empty_text: 'Здесь появляется всё, что печатает просмотр.',

  // Задания
  jobs_empty: 'Заданий нет', jobs_empty_text: 'Всё долгое выполняется как задание и видно здесь.', job_status: 'Состояние', job_queued: 'В очереди', job_running: 'Идёт', job_done: 'Готово', job_failed: 'Сбой', job_cancelled: 'Отменено', job_attempt: 'попытка {n} из {max}', job_progress: 'Ход',

  // Настройки
  models: 'Модели', policies: 'Правила',
  appearance: 'Вид', theme: 'Тема', theme_system: 'Системная', theme_light: 'Светлая', theme_dark: 'Тёмная', theme_to_light: 'Светлая тема', theme_to_dark: 'Тёмная тема', language: 'Язык', api_docs: 'Справка по API',
  tokens_title: 'Токены API', tokens_text: 'Для скриптов и командной строки. Токену можно всё, что можно вам.', token_new: 'Новый токен', token_name_hint: 'Для чего он.', token_made: 'Ваш новый токен', token_once: 'Скопируйте сейчас: больше он не будет показан.', token_delete: 'Удалить токен?', token_delete_text: 'Всё, что пользуется «{name}», перестанет работать.', tokens_empty: 'Токенов нет', service_accounts: 'Сервисные записи',
  expires: 'Срок', created_at: 'создан {time}', expires_at: 'до {time}', expires_never: 'бессрочный', used_at: 'использован {time}', used_never: 'не использовался',
  sessions: 'Сеансы', sessions_text: 'Где вы вошли.', sessions_empty: 'Сеансов нет', session_ended: 'Сеанс завершён.', this_one: 'этот',

  // Клавиши
  shortcuts: 'Сочетания клавиш', keys_send: 'Отправить сообщение', keys_line: 'Новая строка', keys_stop: 'Остановить ответ, закрыть открытое', keys_focus: 'К полю сообщения', keys_save: 'Сохранить правку сообщения', search_chats: 'Поиск по всем чатам (Ctrl+K)', keys_search: 'Поиск по всем чатам', keys_variants: 'Предыдущий или следующий вариант последнего ответа', keys_prompt: 'Что получит модель', keys_continue: 'Продолжить последний ответ', keys_home: 'Главная', keys_jobs: 'Задания', keys_library: 'Библиотека', keys_databases: 'Базы данных', keys_settings: 'Настройки', keys_help: 'Этот список',
};
