#pragma once
// The built-in demo: a script that plays a model, offline, so that a person without a key sees the whole journey.
// Private to llm.
#include <string>
#include <string_view>
#include <vector>

#include "kernel/llm/llm.h"

namespace ry::llm {

/// The whole answer to a conversation: a few sentences, and files in the grammar of apps.md §3. Pure: the same
/// conversation gives the same answer, so a branch or a regenerated answer goes on from what its own history built.
///
/// An app is seen by the system messages: "Template: static", "Template: react-vite" or "Template:
/// react-vite-postgres", or else a list of files with src/App.tsx or index.html. The demo never reads files: each user
/// message of the conversation is one change to a small app
/// (`DemoApp`), and the answer writes the files that its last change makes different.
std::string demo_answer(const Ask& ask);

/// The answer cut as it is streamed: words of prose, lines of files.
std::vector<std::string_view> demo_pieces(std::string_view answer);

// ---- the app that the demo builds

enum class DemoSection { todo, counter, button, clock, notepad };
/// Of the table of notes, in an app with a database.
enum class DemoColumn { done, important, due };

struct DemoApp {
    std::string title = {};
    std::string lead = {};  ///< the sentence under the title: the first request
    bool russian = false;
    bool dark = false;
    size_t colour = 6;          ///< in demo_colours(): indigo
    bool has_database = false;  ///< then it has columns, else sections
    std::vector<DemoSection> sections = {};
    std::vector<DemoColumn> columns = {};  ///< in the order of their migrations
    std::vector<std::string> wishes = {};  ///< requests that the demo did not understand, shown as they are
    bool operator==(const DemoApp&) const = default;

    /// The words of the app's own language.
    std::string_view say(std::string_view english, std::string_view in_russian) const {
        return russian ? in_russian : english;
    }
};

struct DemoColour {
    std::string_view name;  ///< Tailwind's
    std::string_view hex, hex_soft;
    std::string_view in_russian;  ///< "синий"
    std::string_view words;       ///< how people write it, the usual English word first
};
const std::vector<DemoColour>& demo_colours();

struct DemoFile {
    std::string path, description, text;
};
std::vector<DemoFile> static_files(const DemoApp& app);
std::vector<DemoFile> react_files(const DemoApp& app);
std::vector<DemoFile> postgres_files(const DemoApp& app);
/// The page of a React app with these components of src/components, its looks, and the wishes.
std::vector<DemoFile> react_page(const DemoApp& app, std::vector<std::string> components);
/// "when a note is due"
std::string_view column_name(DemoColumn column, bool in_russian);

/// `text` with each `@NAME@` replaced by the value of that name.
std::string fill(std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& values);
std::string html_text(std::string_view text);  ///< escaped for HTML
/// A string literal of JavaScript and TypeScript; without '<', so that it can never end an element around it.
std::string script_text(std::string_view text);

}  // namespace ry::llm
