#pragma once
// The change grammar: what a model's answer says should happen to an app. Three steps, each pure:
//
//     Scanner   bytes as they arrive   → events (text, reasoning, the changes as they grow)
//     parse     a whole answer         → Parsed: the changes, what is unfinished, what is wrong
//     plan      Parsed + the app's files → Plan: the net effect on files, or every reason why not
//
// Elements are `<ramify-…>`; `<dyad-…>` and `<blaze-…>` mean the same. Names are matched whole, values stand in single
// or double quotes, in which `<` and `>` are data. Elements inside `<think>` or fenced code are text. The first exact
// closing tag ends a body. The format is described in docs/changes.md.
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace ry::apps::changes {

/// What an element is. `chat_summary` names the chat; `think` is the model's reasoning; neither changes the app.
enum class Kind {
    write,
    search_replace,
    rename,
    remove,
    copy,
    add_dependency,
    execute_sql,
    command,
    chat_summary,
    think
};
constexpr std::array<std::string_view, 10> names_of(Kind) {
    return {"write",          "search_replace", "rename",  "delete",       "copy",
            "add_dependency", "execute_sql",    "command", "chat_summary", "think"};
}
constexpr std::string_view name_of(Kind kind) { return names_of(kind)[size_t(kind)]; }

/// An attribute as the element gives it, entities decoded.
struct Attribute {
    std::string name;
    std::string value;
    bool operator==(const Attribute&) const = default;
};

/// What a Scanner found. Spans live only during the call; neighbouring spans of one element belong together, and how
/// they are cut depends on how the bytes arrived. `index` counts the elements of the answer from 0, `line` its lines
/// from 1.
class Sink {
public:
    virtual void text(std::string_view span) = 0;       ///< prose, as written, fenced code included
    virtual void reasoning(std::string_view span) = 0;  ///< inside <think>
    virtual void change_started(Kind kind, const std::vector<Attribute>& attributes, size_t index, int line) = 0;
    /// The body as it is written, without the one newline directly after the opening tag.
    virtual void change_body(size_t index, std::string_view span) = 0;
    virtual void change_done(size_t index) = 0;
    /// The element was never closed: the answer ended in it, or (not `at_end`) the next element began inside it.
    /// `index` is absent for <think>, and when the answer ended inside the opening tag: no change_started() went
    /// before.
    virtual void unfinished(std::optional<size_t> index, Kind kind, int line, bool at_end) = 0;
    /// Malformed. With an `index` it follows that element's change_started(), and the element is never applied.
    virtual void problem(std::optional<size_t> index, int line, std::string message) = 0;

protected:
    ~Sink() = default;
};

/// Reads an answer while it arrives. Chunks may break anywhere: the events are the same after joining neighbouring
/// spans. Work is linear in the bytes fed. Memory: at most `tag_bytes_max` held back. Not shared between threads.
class Scanner {
public:
    /// An opening tag that is longer is text: a path (1 KiB) and a description fit sixty times.
    static constexpr size_t tag_bytes_max = 64 * 1024;
    /// Elements of one answer; further ones are text and a problem. 100,000 tokens hold at most some 10,000 of the
    /// smallest.
    static constexpr size_t elements_max = 10'000;

    Scanner();
    ~Scanner();
    Scanner(Scanner&&) noexcept;
    Scanner& operator=(Scanner&&) noexcept;

    void feed(std::string_view bytes, Sink& sink);
    /// The answer is over. Nothing may be fed afterwards.
    void finish(Sink& sink);

private:
    class State;
    std::unique_ptr<State> state_;
};

/// One change, as the answer gives it. Members that the kind does not have are absent.
struct Change {
    Kind kind = Kind::write;
    std::optional<std::string> path;     ///< as written; for rename and copy the same as `to`
    std::optional<std::string> from;     ///< rename, copy
    std::optional<std::string> to;       ///< rename, copy
    std::optional<std::string> content;  ///< write: the file; search_replace: the blocks; execute_sql: the statements
    std::optional<std::string> description;
    std::vector<std::string> packages;  ///< add_dependency
    std::optional<std::string> type;    ///< command: rebuild, restart or refresh
    int line = 0;                       ///< of the opening tag in the answer, from 1
    static const Fields& fields();
};

struct Unfinished {
    Kind kind = Kind::write;
    std::optional<std::string> path;
    int line = 0;
    /// The answer ended here: asking the model to continue can help. False: the next element began before this one's
    /// end.
    bool at_end = true;
    static const Fields& fields();
};

struct Problem {
    std::optional<std::string> path;
    std::string message;
    int line = 0;
    bool operator==(const Problem&) const = default;
    static const Fields& fields();
};

/// What an answer says. `to_json(parsed)` is what `ramify changes parse FILE --output json` prints.
struct Parsed {
    std::vector<Change> changes;           ///< in the order of the answer; unfinished and malformed ones are not here
    std::optional<Unfinished> unfinished;  ///< the element at the end, else the first one that was interrupted
    std::optional<std::string> summary;    ///< the first chat-summary
    std::vector<Problem> problems;
    static const Fields& fields();
};

/// Never fails: what is wrong stands in `problems` and `unfinished`. Linear; copies every body once.
Parsed parse(std::string_view answer);

/// What stands at a path of the app before the change.
enum class TreeKind { file, executable, symlink, submodule };
struct TreeFile {
    std::string path;
    TreeKind kind = TreeKind::file;
    int64_t size_bytes = 0;
};
/// The app as it is: every path (folders are implied), and how to read one. `read` is called for files that are edited
/// in place.
struct Tree {
    std::vector<TreeFile> files;
    std::function<Result<std::string>(std::string_view path)> read;
};

struct Limits {
    size_t file_bytes_max = 4 * 1024 * 1024;  ///< one file that is written or edited: 1,000,000 tokens of text
    size_t total_bytes_max = 64 * 1024 * 1024;
    size_t operations_max = 2'000;  ///< paths that one answer may touch
    size_t files_max = 20'000;      ///< of the app afterwards
    size_t packages_max = 100;
    size_t sql_bytes_max = 1024 * 1024;
};

/// One path's net effect. `from` is a path of the tree before the change, so operations may be carried out in any
/// order.
enum class Action { write, remove, copy };
constexpr std::array<std::string_view, 3> names_of(Action) { return {"write", "remove", "copy"}; }
struct Operation {
    Action action = Action::write;
    std::string path;
    std::string content;  ///< write
    std::string from;     ///< copy: takes content and mode; a rename is a copy and a remove
    bool operator==(const Operation&) const = default;
};

struct Sql {
    std::string statements;
    std::string description;
    bool operator==(const Sql&) const = default;
};

/// What applying the answer does, checked. Paths are normalised and different from each other.
struct Plan {
    std::vector<Operation> operations;
    std::vector<std::string> packages;  ///< "react@^19", already written into package.json when the app has one
    std::vector<Sql> sql;
    std::vector<std::string> commands;  ///< rebuild, restart, refresh
    std::optional<std::string> summary;
    std::vector<std::string> notes;  ///< worth showing, nothing is wrong: "src/a.css was not there"
    bool empty() const { return operations.empty() && packages.empty() && sql.empty() && commands.empty(); }
};

/// All or nothing. Code::unsupported with one fault for each problem (pointer: "/changes/<i>", or "/problems/<i>" for
/// what parse() found; detail: path and reason); Code::too_large is never used: limits are faults too. An unfinished
/// answer is refused.
Result<Plan> plan(const Parsed& parsed, const Tree& tree, const Limits& limits = {});

/// The text after all search-replace blocks of `edit`, or why not: the nearest candidate is shown with its line.
/// A block matches exactly; else without trailing space; else without indentation, the replacement re-indented; else
/// with typographic punctuation made plain. A pass that finds more than one place fails.
Result<std::string> search_replace(std::string_view text, std::string_view edit);

/// What is wrong with a package selector ("@scope/name@^1.2"), or empty: npm's grammar of names with an exact version,
/// a range of one `^` or `~`, a partial version or a tag; never a flag, URL, file, alias or shell character.
std::string_view problem_of_package(std::string_view selector);

}  // namespace ry::apps::changes
