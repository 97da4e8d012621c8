// The demo's app on a database: a table of notes, whose columns grow with the requests, each by a migration of its own.
#include "kernel/llm/demo.h"

namespace ry::llm {
namespace {

struct ColumnText {
    std::string_view name, type;        ///< in SQL
    std::string_view type_script;       ///< of a row's member
    std::string_view english, russian;  ///< "whether a note is done"
    std::string_view label, label_russian;
};
const ColumnText& text_of(DemoColumn column) {
    static constexpr ColumnText texts[] = {
        {"done", "boolean not null default false", "boolean", "whether a note is done", "отметку о выполнении", "Done",
         "Готово"},
        {"important", "boolean not null default false", "boolean", "whether a note is important", "отметку о важности",
         "Important", "Важно"},
        {"due", "date", "string | null", "when a note is due", "срок", "Due", "Срок"},
    };
    return texts[size_t(column)];
}

std::string migration_path(const DemoApp& app, size_t index) {
    std::string number = std::to_string(index + 2);  // 0001 is the template's
    return "db/migrations/" + std::string(4 - std::min<size_t>(4, number.size()), '0') + number + "_" +
           std::string(text_of(app.columns[index]).name) + ".sql";
}

std::string migration(const DemoApp& app, size_t index) {
    const ColumnText& column = text_of(app.columns[index]);
    return fill("-- @WHAT@\nalter table note add column @NAME@ @TYPE@;\n", {{"WHAT", std::string(column.english)},
                                                                            {"NAME", std::string(column.name)},
                                                                            {"TYPE", std::string(column.type)}});
}

std::string columns_ts(const DemoApp& app) {
    std::string names = "\"text\"";
    for (DemoColumn column : app.columns) names += ", \"" + std::string(text_of(column).name) + "\"";
    return "/** The columns of `note` that the page may set. */\nexport const note_columns: string[] = [" + names +
           "];\n";
}

/// What stands in a note's line for the column.
std::string control(const DemoApp& app, DemoColumn column) {
    std::string label = script_text(app.say(text_of(column).label, text_of(column).label_russian));
    switch (column) {
        case DemoColumn::done:
            return fill(R"(            <input
              type="checkbox"
              checked={note.done}
              aria-label={`${@LABEL@}: ${note.text}`}
              onChange={() => void change(note.id, { done: !note.done })}
            />
)",
                        {{"LABEL", label}});
        case DemoColumn::important:
            return fill(R"(            <button
              type="button"
              aria-label={`${@LABEL@}: ${note.text}`}
              aria-pressed={note.important}
              onClick={() => void change(note.id, { important: !note.important })}
            >
              {note.important ? "★" : "☆"}
            </button>
)",
                        {{"LABEL", label}});
        case DemoColumn::due:
            return fill(R"(            <input
              type="date"
              className={theme.muted}
              value={note.due?.slice(0, 10) ?? ""}
              aria-label={`${@LABEL@}: ${note.text}`}
              onChange={(event) => void change(note.id, { due: event.target.value || null })}
            />
)",
                        {{"LABEL", label}});
    }
    return "";
}

std::string notes_tsx(const DemoApp& app) {
    std::string members, controls;
    bool has_done = false;
    for (DemoColumn column : app.columns) {
        members += (members.empty() ? "" : "; ") + std::string(text_of(column).name) + ": " +
                   std::string(text_of(column).type_script);
        controls += control(app, column);
        has_done = has_done || column == DemoColumn::done;
    }
    return fill(R"(import { useState } from "react";
import { useNotes, type Note } from "../lib/use-notes";
import { theme } from "../theme";

type Row = Note & { @MEMBERS@ };

export function Notes() {
  const { notes, error, add, change, remove } = useNotes<Row>();
  const [text, setText] = useState("");

  return (
    <section className={theme.card}>
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() === "") return;
          void add({ text: text.trim() });
          setText("");
        }}
      >
        <input
          className={theme.input}
          value={text}
          placeholder={@NEW@}
          aria-label={@NEW@}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className={theme.button}>
          {@ADD@}
        </button>
      </form>
      {error && (
        <p role="alert" className="mt-3 whitespace-pre-wrap">
          {error}
        </p>
      )}
      <ul className="mt-4 space-y-2">
        {notes?.map((note) => (
          <li key={note.id} className="flex items-center gap-3">
@CONTROLS@            <span className=@SPAN@>{note.text}</span>
            <button type="button" className={theme.muted} aria-label={`${@REMOVE@}: ${note.text}`} onClick={() => void remove(note.id)}>
              ×
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
)",
                {{"MEMBERS", members},
                 {"CONTROLS", controls},
                 {"SPAN", has_done ? "{note.done ? `flex-1 line-through ${theme.muted}` : \"flex-1\"}" : "\"flex-1\""},
                 {"NEW", script_text(app.say("A new note", "Новая заметка"))},
                 {"ADD", script_text(app.say("Add", "Добавить"))},
                 {"REMOVE", script_text(app.say("Remove", "Убрать"))}});
}

}  // namespace

std::string_view column_name(DemoColumn column, bool in_russian) {
    return in_russian ? text_of(column).russian : text_of(column).english;
}

std::vector<DemoFile> postgres_files(const DemoApp& app) {
    std::vector<DemoFile> files;
    for (size_t i = 0; i < app.columns.size(); ++i)
        files.push_back(
            {migration_path(app, i), std::string(app.say("A column more", "Ещё один столбец")), migration(app, i)});
    files.push_back({"server/columns.ts", std::string(app.say("What the page may set", "Что может менять страница")),
                     columns_ts(app)});
    files.push_back({"src/components/Notes.tsx", std::string(app.say("The notes", "Заметки")), notes_tsx(app)});
    for (DemoFile& file : react_page(app, {"Notes"})) files.push_back(std::move(file));
    return files;
}

}  // namespace ry::llm
