// The words of service accounts, which are loaded with their page.
import { words_of, type Text } from '../i18n';

export const en = {
  accounts_text: 'Accounts for CI. A job signs in with the ID token that GitHub or GitLab signs for it, so no secret is stored.',
  account_new: 'New account', accounts_empty: 'No service accounts', accounts_empty_text: 'Make one for CI, then say whose jobs may sign in as it.',
  account_name_hint: 'What it is for, such as ci.', role: 'Role', role_viewer: 'Viewer: sees', role_developer: 'Developer: makes and changes', role_admin: 'Admin: manages people and settings too', role_none: 'no role', is_viewer: 'viewer', is_developer: 'developer', is_admin: 'admin', is_owner: 'owner',
  account_delete: 'Delete the account?', account_delete_one: 'Delete {name}', account_delete_text: 'Jobs of “{name}” are signed out at once and cannot sign in again.',
  rules: 'Trust rules of {name}', rules_empty: 'Nobody may sign in as it yet.', rule_new: 'Add a rule', rule_new_one: 'Add a rule to {name}', rule_title: 'Whose jobs may sign in as {name}',
  rule_delete: 'Delete the rule?', rule_delete_one: 'Delete the rule for {name}', rule_delete_text: 'Jobs that it let in cannot sign in again. Tokens that they have are over in {n} min at the latest.',
  from: 'Where the jobs run', from_other: 'Elsewhere', issuer: 'Issuer', issuer_hint: 'As its ID tokens name it (iss).', audience: 'Audience', audience_hint: 'Who the ID tokens must be for (aud): the address that CI uses for this server.',
  claims: 'Claims, one a line', claims_hint: 'All must fit. * stands for any text: ref: refs/heads/*', permissions: 'Its tokens may', permissions_databases: 'use databases only', permissions_all: 'do whatever the account may',
  may: 'May: {permissions}', may_all: 'May whatever the account may', for_audience: 'for {audience}', lives: 'tokens live {n} min',
};

export const ru: Record<keyof typeof en, Text> = {
  accounts_text: 'Учётные записи для CI. Задание входит по ID-токену, который для него подписывает GitHub или GitLab, поэтому хранить секреты не нужно.',
  account_new: 'Новая запись', accounts_empty: 'Сервисных записей нет', accounts_empty_text: 'Создайте запись для CI и укажите, чьи задания могут входить под ней.',
  account_name_hint: 'Для чего она, например ci.', role: 'Роль', role_viewer: 'Наблюдатель: смотрит', role_developer: 'Разработчик: создаёт и меняет', role_admin: 'Администратор: управляет и людьми, и настройками', role_none: 'без роли', is_viewer: 'наблюдатель', is_developer: 'разработчик', is_admin: 'администратор', is_owner: 'владелец',
  account_delete: 'Удалить запись?', account_delete_one: 'Удалить {name}', account_delete_text: 'Задания «{name}» сразу потеряют доступ и больше не войдут.',
  rules: 'Правила доверия записи {name}', rules_empty: 'Пока никто не может войти под ней.', rule_new: 'Добавить правило', rule_new_one: 'Добавить правило для {name}', rule_title: 'Чьи задания могут входить как {name}',
  rule_delete: 'Удалить правило?', rule_delete_one: 'Удалить правило для {name}', rule_delete_text: 'Задания, которые по нему входили, больше не войдут. Их токены истекут не позже чем через {n} мин.',
  from: 'Где выполняются задания', from_other: 'В другом месте', issuer: 'Издатель', issuer_hint: 'Как он назван в ID-токенах (iss).', audience: 'Получатель', audience_hint: 'Кому предназначены ID-токены (aud): адрес этого сервера, как его указывает CI.',
  claims: 'Утверждения, по одному в строке', claims_hint: 'Должны подойти все. * заменяет любой текст: ref: refs/heads/*', permissions: 'С токеном можно', permissions_databases: 'только работать с базами данных', permissions_all: 'всё, что можно записи',
  may: 'Можно: {permissions}', may_all: 'Можно всё, что можно записи', for_audience: 'для {audience}', lives: 'токены живут {n} мин',
};

export const use_words = words_of({ en, ru });
