// The demo's app as plain HTML, CSS and JavaScript.
#include "kernel/llm/demo.h"

namespace ry::llm {
namespace {

std::string todo_html(const DemoApp& app) {
    return fill(R"(
    <section class="card" id="todo">
      <h2>@TITLE@</h2>
      <form class="row">
        <input name="text" placeholder="@PLACEHOLDER@" aria-label="@PLACEHOLDER@" autocomplete="off" required>
        <button type="submit">@ADD@</button>
      </form>
      <ul></ul>
      <p class="muted" data-left></p>
    </section>
)",
                {{"TITLE", std::string(app.say("To do", "Дела"))},
                 {"PLACEHOLDER", std::string(app.say("What needs to be done?", "Что нужно сделать?"))},
                 {"ADD", std::string(app.say("Add", "Добавить"))}});
}

std::string counter_html(const DemoApp& app) {
    return fill(R"(
    <section class="card" id="counter">
      <h2>@TITLE@</h2>
      <div class="row center">
        <button type="button" data-step="-1" aria-label="@LESS@">−</button>
        <output>0</output>
        <button type="button" data-step="1" aria-label="@MORE@">+</button>
      </div>
    </section>
)",
                {{"TITLE", std::string(app.say("Counter", "Счётчик"))},
                 {"LESS", std::string(app.say("One less", "На один меньше"))},
                 {"MORE", std::string(app.say("One more", "На один больше"))}});
}

std::string button_html(const DemoApp& app) {
    return fill(R"(
    <section class="card center" id="surprise">
      <button type="button" class="large">@PRESS@</button>
      <p class="muted" aria-live="polite"></p>
    </section>
)",
                {{"PRESS", std::string(app.say("Press me", "Нажми меня"))}});
}

std::string clock_html(const DemoApp& app) {
    return fill(R"(
    <section class="card center" id="clock">
      <h2>@TITLE@</h2>
      <time></time>
    </section>
)",
                {{"TITLE", std::string(app.say("The time", "Время"))}});
}

std::string notepad_html(const DemoApp& app) {
    return fill(R"(
    <section class="card" id="notepad">
      <h2>@TITLE@</h2>
      <textarea rows="6" aria-label="@TITLE@" placeholder="@PLACEHOLDER@"></textarea>
    </section>
)",
                {{"TITLE", std::string(app.say("Notes", "Заметки"))},
                 {"PLACEHOLDER", std::string(app.say("Kept in this browser", "Хранится в этом браузере"))}});
}

std::string wishes_html(const DemoApp& app) {
    if (app.wishes.empty()) return {};
    std::string items;
    for (const std::string& wish : app.wishes) items += "        <li>" + html_text(wish) + "</li>\n";
    return fill(R"(
    <section class="card" id="wishes">
      <h2>@TITLE@</h2>
      <ul>
@ITEMS@      </ul>
    </section>
)",
                {{"TITLE", std::string(app.say("Wishes", "Пожелания"))}, {"ITEMS", items}});
}

std::string section_html(const DemoApp& app, DemoSection section) {
    switch (section) {
        case DemoSection::todo:
            return todo_html(app);
        case DemoSection::counter:
            return counter_html(app);
        case DemoSection::button:
            return button_html(app);
        case DemoSection::clock:
            return clock_html(app);
        case DemoSection::notepad:
            return notepad_html(app);
    }
    return {};
}

std::string index_html(const DemoApp& app) {
    std::string sections;
    for (DemoSection section : app.sections) sections += section_html(app, section);
    return fill(R"(<!doctype html>
<html lang="@LANGUAGE@">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>@TITLE@</title>
  <link rel="stylesheet" href="style.css">
</head>
<body>
  <main>
    <header>
      <p class="badge">@BADGE@</p>
      <h1>@TITLE@</h1>
      <p class="muted">@LEAD@</p>
    </header>
@SECTIONS@@WISHES@  </main>
  <script src="app.js" defer></script>
</body>
</html>
)",
                {{"LANGUAGE", std::string(app.say("en", "ru"))},
                 {"TITLE", html_text(app.title)},
                 {"LEAD", html_text(app.lead)},
                 {"BADGE", std::string(app.say("Built by the Ramify demo", "Собрано в демо Ramify"))},
                 {"SECTIONS", sections},
                 {"WISHES", wishes_html(app)}});
}

std::string style_css(const DemoApp& app) {
    const DemoColour& colour = demo_colours()[app.colour];
    return fill(R"(:root {
  --accent: @ACCENT@;
  --accent-soft: @SOFT@;
  --page: @PAGE@;
  --card: @CARD@;
  --line: @LINE@;
  --text: @TEXT@;
  --muted: @MUTED@;
  color-scheme: @SCHEME@;
}

* {
  box-sizing: border-box;
}

body {
  margin: 0;
  min-height: 100vh;
  font: 16px/1.5 system-ui, sans-serif;
  color: var(--text);
  background: var(--page);
}

main {
  display: grid;
  gap: 1.25rem;
  max-width: 36rem;
  margin: 0 auto;
  padding: 3rem 1.25rem;
}

h1 {
  margin: 0.5rem 0;
  font-size: 2.5rem;
  line-height: 1.15;
  overflow-wrap: anywhere;
}

h2 {
  margin: 0 0 0.75rem;
  font-size: 1.125rem;
}

.badge {
  display: inline-block;
  margin: 0;
  padding: 0.125rem 0.75rem;
  border-radius: 1rem;
  font-size: 0.8125rem;
  color: #1e293b;
  background: var(--accent-soft);
}

.card {
  padding: 1.25rem;
  border: 1px solid var(--line);
  border-top: 4px solid var(--accent);
  border-radius: 0.75rem;
  background: var(--card);
}

.card > :last-child {
  margin-bottom: 0;
}

.center {
  justify-content: center;
  text-align: center;
}

.muted {
  color: var(--muted);
  overflow-wrap: anywhere;
}

.row {
  display: flex;
  gap: 0.5rem;
  align-items: center;
}

input:not([type="checkbox"]),
textarea {
  width: 100%;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  font: inherit;
  color: inherit;
  background: var(--page);
}

button {
  padding: 0.5rem 1rem;
  border: 0;
  border-radius: 0.5rem;
  font: inherit;
  font-weight: 600;
  color: white;
  background: var(--accent);
  cursor: pointer;
}

button:hover {
  filter: brightness(1.1);
}

button.large {
  padding: 0.875rem 2rem;
  font-size: 1.25rem;
}

button.quiet {
  padding: 0 0.5rem;
  color: var(--muted);
  background: none;
}

output,
time {
  min-width: 5rem;
  font-size: 2.5rem;
  font-weight: 700;
  font-variant-numeric: tabular-nums;
}

#todo ul {
  margin: 1rem 0 0;
  padding: 0;
  list-style: none;
}

#todo li {
  display: flex;
  gap: 0.75rem;
  align-items: center;
  padding: 0.5rem 0;
  border-bottom: 1px solid var(--line);
}

#todo li span {
  flex: 1;
  overflow-wrap: anywhere;
}

#todo li.done span {
  color: var(--muted);
  text-decoration: line-through;
}
)",
                {{"ACCENT", std::string(colour.hex)},
                 {"SOFT", std::string(colour.hex_soft)},
                 {"PAGE", app.dark ? "#0f172a" : "#f8fafc"},
                 {"CARD", app.dark ? "#1e293b" : "#ffffff"},
                 {"LINE", app.dark ? "#334155" : "#e2e8f0"},
                 {"TEXT", app.dark ? "#f1f5f9" : "#0f172a"},
                 {"MUTED", app.dark ? "#94a3b8" : "#64748b"},
                 {"SCHEME", app.dark ? "dark" : "light"}});
}

std::string section_js(const DemoApp& app, DemoSection section) {
    switch (section) {
        case DemoSection::todo:
            return fill(R"(
function startTodo(section) {
  const list = section.querySelector("ul");
  const left = section.querySelector("[data-left]");
  let tasks = recall("tasks", []);

  function show() {
    keep("tasks", tasks);
    list.replaceChildren(...tasks.map(showTask));
    left.textContent = @LEFT@ + tasks.filter((task) => !task.done).length;
  }

  function showTask(task) {
    const item = document.createElement("li");
    item.classList.toggle("done", task.done);
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = task.done;
    box.addEventListener("change", () => {
      task.done = box.checked;
      show();
    });
    const text = document.createElement("span");
    text.textContent = task.text;
    const remove = document.createElement("button");
    remove.className = "quiet";
    remove.textContent = "×";
    remove.setAttribute("aria-label", @REMOVE@);
    remove.addEventListener("click", () => {
      tasks = tasks.filter((other) => other !== task);
      show();
    });
    item.append(box, text, remove);
    return item;
  }

  section.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const input = event.target.elements.text;
    tasks.push({ text: input.value, done: false });
    input.value = "";
    show();
  });
  show();
}
startTodo(document.querySelector("#todo"));
)",
                        {{"LEFT", script_text(app.say("Left to do: ", "Осталось: "))},
                         {"REMOVE", script_text(app.say("Remove", "Убрать"))}});
        case DemoSection::counter:
            return R"(
function startCounter(section) {
  const output = section.querySelector("output");
  let count = recall("count", 0);
  output.textContent = count;
  for (const button of section.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      count += Number(button.dataset.step);
      output.textContent = count;
      keep("count", count);
    });
  }
}
startCounter(document.querySelector("#counter"));
)";
        case DemoSection::button:
            return fill(R"(
function startSurprise(section) {
  const words = @WORDS@;
  let presses = 0;
  section.querySelector("button").addEventListener("click", () => {
    section.querySelector("p").textContent = words[presses % words.length];
    presses += 1;
  });
}
startSurprise(document.querySelector("#surprise"));
)",
                        {{"WORDS", std::string(app.say(R"(["Hello!", "It works.", "Again?", "You did it 🎉"])",
                                                       R"(["Привет!", "Работает.", "Ещё раз?", "Получилось 🎉"])"))}});
        case DemoSection::clock:
            return R"(
function startClock(section) {
  const time = section.querySelector("time");
  const show = () => {
    time.textContent = new Date().toLocaleTimeString();
  };
  show();
  setInterval(show, 1000);
}
startClock(document.querySelector("#clock"));
)";
        case DemoSection::notepad:
            return R"(
function startNotepad(section) {
  const area = section.querySelector("textarea");
  area.value = recall("notes", "");
  area.addEventListener("input", () => keep("notes", area.value));
}
startNotepad(document.querySelector("#notepad"));
)";
    }
    return {};
}

std::string app_js(const DemoApp& app) {
    std::string text = R"("use strict";

// What a person does here is kept in this browser.
function keep(name, value) {
  localStorage.setItem(name, JSON.stringify(value));
}

function recall(name, fallback) {
  const kept = localStorage.getItem(name);
  return kept === null ? fallback : JSON.parse(kept);
}
)";
    for (DemoSection section : app.sections) text += section_js(app, section);
    return text;
}

}  // namespace

std::vector<DemoFile> static_files(const DemoApp& app) {
    return {
        {"index.html", std::string(app.say("The page", "Страница")), index_html(app)},
        {"style.css", std::string(app.say("Its looks", "Внешний вид")), style_css(app)},
        {"app.js", std::string(app.say("What it does", "Поведение")), app_js(app)},
    };
}

}  // namespace ry::llm
