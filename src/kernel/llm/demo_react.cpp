// The demo's app as React components in TypeScript with Tailwind classes.
#include "kernel/llm/demo.h"

namespace ry::llm {
namespace {

/// Class names are written out in full, because Tailwind finds them by reading the files.
std::string theme_ts(const DemoApp& app) {
    std::string colour(demo_colours()[app.colour].name);
    return fill(
        R"(// The looks of the app in one place.
export const theme = {
  page: "@PAGE@",
  card: "rounded-xl border-t-4 border-@COLOUR@-600 p-5 shadow @CARD@",
  heading: "mb-3 text-lg font-semibold",
  muted: "@MUTED@",
  badge: "inline-block rounded-full bg-@COLOUR@-100 px-3 py-0.5 text-sm text-slate-800",
  button: "rounded-lg bg-@COLOUR@-600 px-4 py-2 font-semibold text-white hover:bg-@COLOUR@-500",
  input: "w-full rounded-lg border px-3 py-2 @INPUT@",
};
)",
        {{"COLOUR", colour},
         {"PAGE", app.dark ? "min-h-screen bg-slate-900 text-slate-100" : "min-h-screen bg-slate-50 text-slate-900"},
         {"CARD", app.dark ? "bg-slate-800" : "bg-white"},
         {"MUTED", app.dark ? "text-slate-400" : "text-slate-500"},
         {"INPUT", app.dark ? "border-slate-600 bg-slate-900" : "border-slate-300 bg-slate-50"}});
}

constexpr std::string_view kept_ts = R"(import { useEffect, useState } from "react";

// A state that is kept in this browser.
export function useKept<T>(name: string, initial: T) {
  const [value, setValue] = useState<T>(() => {
    const kept = localStorage.getItem(name);
    return kept === null ? initial : (JSON.parse(kept) as T);
  });
  useEffect(() => localStorage.setItem(name, JSON.stringify(value)), [name, value]);
  return [value, setValue] as const;
}
)";

struct Component {
    std::string name, description, text;
};

Component todo(const DemoApp& app) {
    return {"TodoList", std::string(app.say("A list of tasks", "Список дел")),
            fill(R"(import { useState } from "react";
import { theme } from "../theme";
import { useKept } from "../useKept";

type Task = { id: number; text: string; done: boolean };

export function TodoList() {
  const [tasks, setTasks] = useKept<Task[]>("tasks", []);
  const [text, setText] = useState("");

  function add() {
    if (text.trim() === "") return;
    setTasks([...tasks, { id: Date.now(), text: text.trim(), done: false }]);
    setText("");
  }

  function toggle(id: number) {
    setTasks(tasks.map((task) => (task.id === id ? { ...task, done: !task.done } : task)));
  }

  return (
    <section className={theme.card}>
      <h2 className={theme.heading}>{@TITLE@}</h2>
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <input
          className={theme.input}
          value={text}
          placeholder={@PLACEHOLDER@}
          aria-label={@PLACEHOLDER@}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className={theme.button}>
          {@ADD@}
        </button>
      </form>
      <ul className="mt-4 space-y-2">
        {tasks.map((task) => (
          <li key={task.id} className="flex items-center gap-3">
            <input type="checkbox" checked={task.done} aria-label={task.text} onChange={() => toggle(task.id)} />
            <span className={task.done ? `flex-1 line-through ${theme.muted}` : "flex-1"}>{task.text}</span>
            <button
              type="button"
              className={theme.muted}
              aria-label={@REMOVE@}
              onClick={() => setTasks(tasks.filter((other) => other.id !== task.id))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <p className={`mt-4 ${theme.muted}`}>
        {@LEFT@}
        {tasks.filter((task) => !task.done).length}
      </p>
    </section>
  );
}
)",
                 {{"TITLE", script_text(app.say("To do", "Дела"))},
                  {"PLACEHOLDER", script_text(app.say("What needs to be done?", "Что нужно сделать?"))},
                  {"ADD", script_text(app.say("Add", "Добавить"))},
                  {"REMOVE", script_text(app.say("Remove", "Убрать"))},
                  {"LEFT", script_text(app.say("Left to do: ", "Осталось: "))}})};
}

Component counter(const DemoApp& app) {
    return {"Counter", std::string(app.say("A counter", "Счётчик")),
            fill(R"(import { theme } from "../theme";
import { useKept } from "../useKept";

export function Counter() {
  const [count, setCount] = useKept("count", 0);
  return (
    <section className={theme.card}>
      <h2 className={theme.heading}>{@TITLE@}</h2>
      <div className="flex items-center justify-center gap-4">
        <button type="button" className={theme.button} aria-label={@LESS@} onClick={() => setCount(count - 1)}>
          −
        </button>
        <output className="min-w-20 text-center text-4xl font-bold tabular-nums">{count}</output>
        <button type="button" className={theme.button} aria-label={@MORE@} onClick={() => setCount(count + 1)}>
          +
        </button>
      </div>
    </section>
  );
}
)",
                 {{"TITLE", script_text(app.say("Counter", "Счётчик"))},
                  {"LESS", script_text(app.say("One less", "На один меньше"))},
                  {"MORE", script_text(app.say("One more", "На один больше"))}})};
}

Component button(const DemoApp& app) {
    return {"Surprise", std::string(app.say("A button", "Кнопка")),
            fill(R"(import { useState } from "react";
import { theme } from "../theme";

const words = @WORDS@;

export function Surprise() {
  const [presses, setPresses] = useState(0);
  return (
    <section className={`${theme.card} text-center`}>
      <button type="button" className={`${theme.button} text-xl`} onClick={() => setPresses(presses + 1)}>
        {@PRESS@}
      </button>
      <p className={`mt-3 ${theme.muted}`} aria-live="polite">
        {presses > 0 ? words[(presses - 1) % words.length] : "…"}
      </p>
    </section>
  );
}
)",
                 {{"PRESS", script_text(app.say("Press me", "Нажми меня"))},
                  {"WORDS", std::string(app.say(R"(["Hello!", "It works.", "Again?", "You did it 🎉"])",
                                                R"(["Привет!", "Работает.", "Ещё раз?", "Получилось 🎉"])"))}})};
}

Component clock(const DemoApp& app) {
    return {"Clock", std::string(app.say("A clock", "Часы")),
            fill(R"(import { useEffect, useState } from "react";
import { theme } from "../theme";

export function Clock() {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <section className={`${theme.card} text-center`}>
      <h2 className={theme.heading}>{@TITLE@}</h2>
      <time className="text-4xl font-bold tabular-nums">{now.toLocaleTimeString()}</time>
    </section>
  );
}
)",
                 {{"TITLE", script_text(app.say("The time", "Время"))}})};
}

Component notepad(const DemoApp& app) {
    return {"Notepad", std::string(app.say("A notepad", "Блокнот")),
            fill(R"(import { theme } from "../theme";
import { useKept } from "../useKept";

export function Notepad() {
  const [notes, setNotes] = useKept("notes", "");
  return (
    <section className={theme.card}>
      <h2 className={theme.heading}>{@TITLE@}</h2>
      <textarea
        className={theme.input}
        rows={6}
        value={notes}
        aria-label={@TITLE@}
        placeholder={@PLACEHOLDER@}
        onChange={(event) => setNotes(event.target.value)}
      />
    </section>
  );
}
)",
                 {{"TITLE", script_text(app.say("Notes", "Заметки"))},
                  {"PLACEHOLDER", script_text(app.say("Kept in this browser", "Хранится в этом браузере"))}})};
}

Component wishes(const DemoApp& app) {
    std::string items;
    for (const std::string& wish : app.wishes) items += "  " + script_text(wish) + ",\n";
    return {"Wishes", std::string(app.say("Wishes for a real model", "Пожелания для настоящей модели")),
            fill(R"(import { theme } from "../theme";

const wishes = [
@ITEMS@];

export function Wishes() {
  return (
    <section className={theme.card}>
      <h2 className={theme.heading}>{@TITLE@}</h2>
      <ul className="list-disc space-y-1 pl-5">
        {wishes.map((wish, index) => (
          <li key={index}>{wish}</li>
        ))}
      </ul>
    </section>
  );
}
)",
                 {{"TITLE", script_text(app.say("Wishes", "Пожелания"))}, {"ITEMS", items}})};
}

std::vector<Component> components_of(const DemoApp& app) {
    std::vector<Component> components;
    for (DemoSection section : app.sections) {
        switch (section) {
            case DemoSection::todo:
                components.push_back(todo(app));
                break;
            case DemoSection::counter:
                components.push_back(counter(app));
                break;
            case DemoSection::button:
                components.push_back(button(app));
                break;
            case DemoSection::clock:
                components.push_back(clock(app));
                break;
            case DemoSection::notepad:
                components.push_back(notepad(app));
                break;
        }
    }
    return components;
}

std::string app_tsx(const DemoApp& app, const std::vector<std::string>& components) {
    std::string imports, elements;
    for (const std::string& component : components) {
        imports += "import { " + component + " } from \"./components/" + component + "\";\n";
        elements += "        <" + component + " />\n";
    }
    return fill(R"(@IMPORTS@import { theme } from "./theme";

export default function App() {
  return (
    <div className={theme.page}>
      <main className="mx-auto grid max-w-xl gap-5 px-5 py-12">
        <header>
          <p className={theme.badge}>{@BADGE@}</p>
          <h1 className="my-2 text-4xl font-bold break-words">{@TITLE@}</h1>
          <p className={theme.muted}>{@LEAD@}</p>
        </header>
@ELEMENTS@      </main>
    </div>
  );
}
)",
                {{"IMPORTS", imports},
                 {"ELEMENTS", elements},
                 {"TITLE", script_text(app.title)},
                 {"LEAD", script_text(app.lead)},
                 {"BADGE", script_text(app.say("Built by the Ramify demo", "Собрано в демо Ramify"))}});
}

}  // namespace

std::vector<DemoFile> react_page(const DemoApp& app, std::vector<std::string> components) {
    std::vector<DemoFile> files = {{"src/theme.ts", std::string(app.say("Its looks", "Внешний вид")), theme_ts(app)}};
    if (!app.wishes.empty()) {
        Component list = wishes(app);
        components.push_back(list.name);
        files.push_back({"src/components/" + list.name + ".tsx", list.description, list.text});
    }
    files.push_back({"src/App.tsx", std::string(app.say("The page", "Страница")), app_tsx(app, components)});
    return files;
}

std::vector<DemoFile> react_files(const DemoApp& app) {
    std::vector<DemoFile> files = {
        {"src/useKept.ts", std::string(app.say("A state kept in the browser", "Состояние, которое хранит браузер")),
         std::string(kept_ts)},
    };
    std::vector<std::string> names;
    for (const Component& component : components_of(app)) {
        names.push_back(component.name);
        files.push_back({"src/components/" + component.name + ".tsx", component.description, component.text});
    }
    for (DemoFile& file : react_page(app, std::move(names))) files.push_back(std::move(file));
    return files;
}

}  // namespace ry::llm
