// No page keeps anybody out. Each is looked at on a desk and on a phone, in light and in dark: axe finds nothing serious, what has
// the focus shows it, and nothing is wider than the screen, in English and in Russian. A page that is added to the UI is added to `places`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { answers, api, open_page, preview_content, shot, start_browser, start_server, wait_for_answers } from './harness.mjs';

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

let server, browser, made;
const pages = {};

before(async () => {
  server = await start_server();
  browser = await start_browser();
  for (const view of ['desk', 'phone']) {
    pages[view] = await open_page(browser, server, { phone: view === 'phone' });
    await pages[view].addInitScript(stop_transitions);
  }
  const post = (path, body) => api(server, 'POST', path, body);
  made = {};
  made.app = await post('/apps', { name: 'A counter', template: 'static' });
  await post(`/chats/${made.app.chat_id}/messages`, { text: 'A counter with a big button' });
  made.profile = await post('/entity_profiles', { spec: { name: 'Vera', tags: ['sea'], creator: 'harbour', first_mes: 'Come in.', alternate_greetings: ['Morning.'], extensions: { world: 'Harbour' } } });
  made.chat = await post('/chats', { title: 'At the pier', entity_profile_id: made.profile.id });
  await post(`/chats/${made.chat.id}/messages`, { text: 'Who are you?' });
  await post('/personas', { name: 'Anna', description: 'A geologist.' });
  made.book = await post('/lorebooks', { name: 'Harbour' });
  await api(server, 'PUT', `/lorebooks/${made.book.id}/entries`, { uid: 0, keys: ['lighthouse'], content: 'Built in 1873.', probability: 100 });
  made.template = await post('/prompt_templates', { name: 'Style', text: '{% if description %}{{ description }}{% endif %}\n{{ 1 | plus: "x" }}', is_enabled: false });
  made.source = await post('/knowledge_sources', { name: 'Opening hours', text: 'The harbour opens at six.' });
  made.pipeline = await post('/pipelines', { name: 'Digest', definition: { steps: [{ id: 'page', type: 'template', parameters: { text: '# {{ input.text }}' } }, { id: 'end', type: 'template', depends_on: ['page'], parameters: { text: 'Over.' } }] } });
  made.run = await post(`/pipelines/${made.pipeline.id}/runs`, { input: { text: 'Spring' } });
  made.databases = await make_databases();
  for (const [chat, count] of [[`/apps/${made.app.id}`, 1], [`/chats/${made.chat.id}`, 2]]) {
    await pages.desk.goto(chat);
    await wait_for_answers(pages.desk, count);
  }
  const fork = async (chat_id) => post(`/chats/${chat_id}/branches`, { from_message_id: (await api(server, 'GET', `/chats/${chat_id}/messages`)).items.at(-1).id, title: 'Another way' });
  made.app_branch = await fork(made.app.chat_id);
  made.chat_branch = await fork(made.chat.id);
  const account = await post('/service_accounts', { name: 'ci' });
  await post(`/service_accounts/${account.id}/trust_rules`, { issuer: 'https://gitlab.com', audience: server.url, claims: [{ name: 'project_path', pattern: 'acme/shop' }] });
  // Last, so that they answer nothing here.
  made.model = await post('/models', { name: 'Far away', provider: 'openai', model: 'far', tokens_in_usd: 0.15, tokens_out_usd: 3, data_class_max: 'internal' });
  const policy = (name, more) => post('/model_policies', { name, model_ids: [made.model.id], ...more });
  made.policy = await policy('Cheap answers', { task: 'impersonation', cost_usd_max: 0.25 });
  await policy('Secrets', { position: 1, data_class: 'confidential' });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Colours and outlines are what they shall be at once, not a frame later. */
function stop_transitions() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, *::before, *::after { transition: none !important; }');
  document.adoptedStyleSheets.push(sheet);
}

/** A prepare that is done, one that failed, and a name for what the first made. */
async function make_databases() {
  const steps = (...all) => ({ steps: all.map((sql) => ({ arguments: ['-X', '-v', 'ON_ERROR_STOP=1', '-c', sql] })) });
  const prepared = async (body) => {
    const { id } = await api(server, 'POST', '/database_prepares', body);
    await fetch(`${server.url}/api/v1/database_prepares/${id}/events`, { headers: { Accept: 'text/event-stream' } }).then((answer) => answer.text());
    return api(server, 'GET', `/database_prepares/${id}`);
  };
  const done = await prepared(steps('create table item (id int primary key, name text)', "insert into item select i, 'item ' || i from generate_series(1, 300) i"));
  const failed = await prepared(steps('create table item (id int primary key, name text)', 'select nonsense from item'));
  await api(server, 'PUT', '/database_refs/shop@main', { state_id: done.state_id, is_pinned: true });
  return { done, failed };
}

const press = (name) => (page) => page.getByRole('button', { name }).first().click();
const until = (selector) => (page) => page.locator(selector).first().waitFor();
/** Does one thing after the other. */
const then = (...acts) => async (page) => { for (const act of acts) await act(page); };
const app = (rest = '') => () => `/apps/${made.app.id}${rest}`;
const chat = (rest = '') => () => `/chats/${made.chat.id}${rest}`;
const book = (rest = '') => () => `/library/lorebooks/${made.book.id}${rest}`;
const instance = () => `/databases/instances/${made.databases.done.instance_id}`;

async function query(page) {
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('select id, name, null as nothing, id * 1.5 as half_more from item order by id');
}

/**
 * Every page, and what opens on it. `ready` is there when the page is, beside its heading; `act` does what a person does
 * before it looks so.
 */
const places = [
  { what: 'home', path: '/', ready: 'main .card' },
  { what: 'the keyboard shortcuts', path: '/', ready: 'main .card', act: then((page) => page.locator('main').press('?'), until('dialog kbd')) },
  { what: 'the search', path: '/', act: then((page) => page.keyboard.press('Control+k'), until('dialog [role=combobox]')) },
  { what: 'the menu', path: '/jobs', act: then(press('Your menu'), until('[role=menuitem]')) },

  { what: 'an app', path: app(), ready: '.change-card', act: then((page) => page.locator('.change-card button[aria-expanded]').first().click(), until('.change-card pre')) },
  { what: 'a preview', path: app('?tab=preview'), act: (page) => preview_content(page) },
  { what: 'files', path: app('?tab=files'), ready: 'section[aria-label=Files]' },
  { what: 'a file', path: app('?tab=files&file=index.html'), ready: '.cm-content' },
  { what: 'versions', path: app('?tab=versions'), ready: 'section[aria-label=Versions] ol' },
  { what: 'a difference', path: app('?tab=versions'), act: then(press('Show the difference'), until('dialog details')) },
  { what: 'logs', path: app('?tab=logs'), ready: 'section[aria-label=Logs]' },
  { what: 'branches', path: app(), act: then((page) => page.locator('.branch-button').click(), until('dialog')) },
  { what: 'two apps side by side', path: app('/compare'), ready: 'iframe', act: (page) => answers(page).first().waitFor() },

  { what: 'a chat', path: chat(), ready: 'article[data-role=assistant]' },
  { what: 'what a chat is made with', path: chat(), act: then(press('Character, persona, lore'), (page) => page.getByRole('dialog').getByLabel('Use in this chat').waitFor()) },
  { what: 'how a chat is answered', path: chat(), act: then(press('How the model answers'), until('.answer-model')) },
  { what: 'what a model is sent', path: chat(), act: then(press('What the model is sent (I)'), (page) => page.getByRole('dialog').getByText('History').first().waitFor()) },
  { what: 'what an answer took', path: chat(), ready: 'article[data-role=assistant]', act: then((page) => answers(page).last().getByRole('button', { name: /token/ }).click(), until('dialog dl')) },
  { what: 'two branches side by side', path: () => `/chats/${made.chat.id}/compare?right=${made.chat_branch.id}`, ready: 'article[data-role=assistant]' },

  { what: 'chats', path: '/chats', ready: 'main li' },
  { what: 'jobs', path: '/jobs' },
  { what: 'models', path: '/settings/models', ready: '.model' },
  { what: 'a new model', path: '/settings/models/new', ready: 'form' },
  { what: 'a model', path: () => `/settings/models/${made.model.id}`, ready: 'form' },
  { what: 'policies', path: '/settings/policies', ready: '.policy' },
  { what: 'a policy', path: () => `/settings/policies/${made.policy.id}`, ready: 'form .sortable' },
  { what: 'appearance', path: '/settings/appearance' },
  { what: 'tokens', path: '/settings/tokens' },
  { what: 'a new token', path: '/settings/tokens', act: then(press('New token'), until('dialog')) },
  { what: 'service accounts', path: '/settings/service_accounts', ready: '.service-account li' },
  { what: 'a new trust rule', path: '/settings/service_accounts', ready: '.service-account', act: then(press('Add a rule to ci'), until('dialog textarea')) },
  { what: 'sessions', path: '/settings/sessions' },
  { what: 'an address that leads nowhere', path: '/no/such/page' },
  { what: 'sign in', path: '/sign-in' },
  { what: 'set-up', path: '/setup' },

  { what: 'characters', path: '/library', ready: '.character' },
  { what: 'a character', path: () => `/library/characters/${made.profile.id}`, ready: 'textarea', act: then((page) => page.getByLabel('Nickname').fill('Vee'), until('[role=region][aria-label="Unsaved changes"]'), (page) => page.getByText('What else is in the card').click()) },
  { what: 'the start of a chat', path: () => `/library/characters/${made.profile.id}`, act: then(press('Start a chat'), until('dialog [type=radio]')) },
  { what: 'personas', path: '/library/personas', ready: '.persona' },
  { what: 'lorebooks', path: '/library/lorebooks', ready: '.lorebook' },
  { what: 'an entry', path: book('?entry=0'), ready: 'textarea' },
  { what: 'the use of a lorebook', path: book('?view=use'), ready: 'main select' },
  { what: 'the test of a lorebook', path: book('?view=test'), act: then((page) => page.getByLabel('What is said').fill('The lighthouse.'), (page) => page.keyboard.press('Control+Enter'), until('.verdict')) },
  { what: 'prompt templates', path: '/library/prompts', ready: '.template' },
  { what: 'a prompt template', path: () => `/library/prompts/${made.template.id}`, ready: '.cm-content' },

  { what: 'knowledge', path: '/library/knowledge', ready: '.source' },
  { what: 'a source of knowledge', path: () => `/library/knowledge/${made.source.id}`, ready: '.document' },
  { what: 'pipelines', path: '/library/pipelines', ready: '.pipeline' },
  { what: 'a pipeline', path: () => `/library/pipelines/${made.pipeline.id}`, ready: '.step-node' },
  { what: 'the run of a pipeline', path: () => `/library/runs/${made.run.id}`, ready: '.step-node[data-status=done]', act: (page) => page.locator('.step-node').first().click() },

  { what: 'databases', path: '/databases', ready: '.instance' },
  { what: 'how to connect', path: instance, act: then(press('Connect'), (page) => page.getByRole('dialog').getByText('DATABASE_URL').waitFor()) },
  { what: 'the console', path: instance, ready: '.cm-content', act: then(query, (page) => page.keyboard.press('Control+Enter'), until('.result')) },
  { what: 'a plan', path: instance, ready: '.cm-content', act: then(query, press('Explain'), (page) => page.getByRole('menuitem', { name: 'Run and measure' }).click(), until('.plan')) },
  { what: 'a database to prepare', path: '/databases/prepare', ready: 'textarea' },
  { what: 'prepares', path: '/databases/prepares', ready: 'main li' },
  { what: 'a prepare', path: () => `/databases/prepares/${made.databases.done.id}`, ready: '.step' },
  { what: 'a prepare that failed', path: () => `/databases/prepares/${made.databases.failed.id}`, ready: '.failure' },
  { what: 'states', path: () => `/databases/states?state=${made.databases.done.state_id}`, ready: '.state' },
  { what: 'the removal of a state', path: '/databases/states', ready: '.state', act: then((page) => page.getByRole('button', { name: /^Actions for state/ }).last().click(), (page) => page.getByRole('menuitem', { name: /^Delete/ }).click(), until('dialog')) },
  {
    what: 'a difference of databases', path: () => `/databases/compare?left=${made.databases.done.steps[0].state_id}&right=${made.databases.done.state_id}`,
    act: then((page) => page.getByLabel('The rows, too').check(), press('Compare the databases'), (page) => page.locator('.diff').getByText('300 added, 0 removed, 0 changed').waitFor()),
  },
  { what: 'runs', path: '/databases/runs' },
  { what: 'the cache', path: '/databases/cache' },
];

/** What of axe's rules is serious or critical on the page as it stands; the running app in a frame is not ours. */
async function assert_accessible(page, what, rules = null) {
  if (!(await page.evaluate(() => !!window.axe))) await page.evaluate(axe);
  const found = await page.evaluate(async (only) => {
    const { violations } = await window.axe.run(document, { iframes: false, resultTypes: ['violations'], ...(only ? { runOnly: { type: 'rule', values: only } } : {}) });
    return violations.filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
      .flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)} ${node.any.map((check) => check.message).join(' ')}`));
  }, rules);
  assert.deepEqual(found, [], what);
}

/** What the keyboard can reach looks different while it has the focus: itself, or what it stands in. */
async function assert_focus_shown(page, what) {
  await page.keyboard.press('Tab'); // from here on the browser shows the focus
  const unmarked = await page.evaluate(() => {
    const look = (node) => [null, '::after'].map((part) => {
      const { outlineStyle, outlineWidth, borderColor, boxShadow } = getComputedStyle(node, part);
      return `${outlineStyle === 'none' ? '' : outlineWidth} ${borderColor} ${boxShadow}`;
    }).join();
    const around = (node) => {
      const all = [node];
      if (node.nextElementSibling) all.push(node.nextElementSibling);
      for (let outer = node.parentElement; outer && all.length < 7; outer = outer.parentElement) all.push(outer);
      return all;
    };
    const scope = [...document.querySelectorAll('dialog[open], [role=menu]')].at(-1) ?? document;
    const missing = [];
    for (const node of scope.querySelectorAll('a[href], button:not(:disabled), input, select, textarea, summary, [contenteditable=true], [tabindex]')) {
      if (node.tabIndex < 0 || !node.checkVisibility({ visibilityProperty: true })) continue;
      document.activeElement?.blur();
      const before = around(node).map(look);
      node.focus({ preventScroll: true });
      if (document.activeElement !== node) continue;
      if (around(node).map(look).every((now, index) => now === before[index])) missing.push(node.outerHTML.slice(0, 200));
    }
    document.activeElement?.blur();
    return missing;
  });
  assert.deepEqual(unmarked, [], `${what}: the focus is not seen`);
}

async function assert_fits(page, what) {
  const wide = await page.evaluate(() => [document.scrollingElement, ...document.querySelectorAll('main .overflow-y-auto, dialog .overflow-y-auto')].filter((node) => node.scrollWidth > node.clientWidth)
    .map((node) => `${node.scrollWidth - node.clientWidth} px too wide: ${node.outerHTML.slice(0, 120)}`));
  assert.deepEqual(wide, [], what);
}

async function show_in(page, theme) {
  await page.emulateMedia({ colorScheme: theme });
  await page.locator(`html[data-theme=${theme}]`).waitFor();
}

/** As if the language had been chosen in another tab. */
async function speak(page, language) {
  await page.evaluate((chosen) => {
    localStorage.setItem('ramify.language', chosen);
    window.dispatchEvent(new StorageEvent('storage'));
  }, language);
  await page.locator(`html[lang=${language}]`).waitFor();
}

for (const { what, path, ready, act } of places) {
  test(what, async () => {
    for (const [view, page] of Object.entries(pages)) {
      const here = (look) => `${what} (${view}, ${look})`;
      const shown = (look) => shot(page, `${what.replace(/\W+/g, '-')}-${view}-${look}`);
      page.faults.length = 0;
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(typeof path === 'string' ? path : path());
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      if (ready) await page.locator(ready).first().waitFor();
      await act?.(page);
      await assert_accessible(page, here('light'));
      await assert_fits(page, here('English'));
      await shown('light');
      await show_in(page, 'dark');
      await assert_accessible(page, here('dark'), ['color-contrast']);
      await speak(page, 'ru');
      await assert_fits(page, here('Russian'));
      await shown('dark-ru');
      await speak(page, 'en');
      if (view === 'desk') await assert_focus_shown(page, here('dark'));
      assert.deepEqual(page.faults, [], what);
    }
  });
}
