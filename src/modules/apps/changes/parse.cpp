#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "modules/apps/changes/changes.h"
#include "modules/apps/changes/grammar.h"

namespace ry::apps::changes {
namespace {

constexpr size_t summary_bytes_max = 300;  // a chat's title
constexpr size_t problems_max = 200;       // a person reads ten

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    constexpr std::string_view spaces = " \t\r\n";
    for (size_t at = text.find_first_not_of(spaces); at != text.npos; at = text.find_first_not_of(spaces, at)) {
        size_t end = std::min(text.find_first_of(spaces, at), text.size());
        found.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return found;
}

/// Gathers a Scanner's events into a Parsed.
class Collector final : public Sink {
public:
    explicit Collector(Parsed& parsed) : parsed_(parsed) {}

    void text(std::string_view) override {}
    void reasoning(std::string_view) override {}
    void change_started(Kind kind, const std::vector<Attribute>& attributes, size_t, int line) override {
        change_ = {.kind = kind, .line = line};
        attributes_ = attributes;
        body_.clear();
        is_malformed_ = false;
    }
    void change_body(size_t, std::string_view span) override { body_ += span; }
    void change_done(size_t) override {
        if (!is_malformed_ && complete()) parsed_.changes.push_back(std::move(change_));
    }
    void unfinished(std::optional<size_t> index, Kind kind, int line, bool at_end) override {
        auto* path = index ? grammar::value_of(attributes_, "path") : nullptr;
        auto shown = path ? std::optional(*path) : std::nullopt;
        if (!parsed_.unfinished || at_end) parsed_.unfinished = Unfinished{kind, shown, line, at_end};
        if (!at_end)
            add(shown, line,
                "is never closed: the next change begins inside it; close it with </ramify-" +
                    std::string(grammar::written_name(kind)) + ">");
    }
    void problem(std::optional<size_t> index, int line, std::string message) override {
        is_malformed_ |= index.has_value();
        auto* path = index ? grammar::value_of(attributes_, "path") : nullptr;
        add(path ? std::optional(*path) : std::nullopt, line, std::move(message));
    }

private:
    void add(std::optional<std::string> path, int line, std::string message) {
        if (parsed_.problems.size() < problems_max)
            parsed_.problems.push_back({std::move(path), std::move(message), line});
    }
    bool wrong(std::string message) {
        add(change_.path, change_.line, std::move(message));
        return false;
    }

    /// Fills `change_` from the attributes and the body; false when something is wrong, or when it was the summary.
    bool complete() {
        if (auto* description = grammar::value_of(attributes_, "description")) change_.description = *description;
        switch (change_.kind) {
            case Kind::write:
                if (!take_path("path", change_.path)) return false;
                change_.content = grammar::file_body(body_, *change_.path);
                return true;
            case Kind::search_replace:
                if (!take_path("path", change_.path)) return false;
                change_.content = grammar::file_body(body_, *change_.path);
                return blocks_are_right();
            case Kind::remove:
                return take_path("path", change_.path);
            case Kind::rename:
            case Kind::copy:
                if (!take_path("from", change_.from) || !take_path("to", change_.to)) return false;
                change_.path = change_.to;
                return true;
            case Kind::add_dependency:
                return take_packages();
            case Kind::execute_sql:
                change_.content = grammar::file_body(body_, "");
                return trim(*change_.content).empty() ? wrong("execute-sql has no statement") : true;
            case Kind::command:
                return take_type();
            case Kind::chat_summary:
                return take_summary();
            case Kind::think:
                break;
        }
        return false;
    }

    bool take_path(std::string_view name, std::optional<std::string>& path) {
        auto* written = grammar::value_of(attributes_, name);
        std::string element(grammar::written_name(change_.kind));
        if (!written || written->empty())
            return wrong(element + " needs the attribute " + std::string(name) + "=\"…\"");
        auto normal = app_path(*written);
        if (!normal) {
            add(*written, change_.line, normal.error().message);
            return false;
        }
        path = *normal;
        return true;
    }

    bool blocks_are_right() {
        auto blocks = grammar::read_blocks(*change_.content);
        return blocks ? true : wrong(blocks.error().message);
    }

    bool take_packages() {
        auto* packages = grammar::value_of(attributes_, "packages");
        change_.packages = packages ? words(*packages) : std::vector<std::string>();
        if (change_.packages.empty()) return wrong("add-dependency needs the attribute packages=\"name other-name\"");
        bool is_right = true;
        for (auto& package : change_.packages)
            if (auto problem = problem_of_package(package); !problem.empty())
                is_right =
                    wrong("the package \"" + std::string(utf8_prefix(package, 100)) + "\" " + std::string(problem));
        return is_right;
    }

    bool take_type() {
        auto* type = grammar::value_of(attributes_, "type");
        if (!type || (*type != "rebuild" && *type != "restart" && *type != "refresh"))
            return wrong("command needs type=\"rebuild\", \"restart\" or \"refresh\"");
        change_.type = *type;
        return true;
    }

    bool take_summary() {
        auto summary = utf8_prefix(trim(body_), summary_bytes_max);
        if (!parsed_.summary && !summary.empty()) parsed_.summary = summary;
        return false;
    }

    Parsed& parsed_;
    Change change_;
    std::vector<Attribute> attributes_;
    std::string body_;
    bool is_malformed_ = false;
};

}  // namespace

Parsed parse(std::string_view answer) {
    Parsed parsed;
    Collector collector(parsed);
    Scanner scanner;
    scanner.feed(answer, collector);
    scanner.finish(collector);
    return parsed;
}

const Fields& Change::fields() {
    using S = Change;
    static const Field table[] = {
        field("kind", &S::kind, "What happens."),
        field("path", &S::path, "The file, normalised; for rename and copy the same as to."),
        field("from", &S::from, "rename, copy: the file before."),
        field("to", &S::to, "rename, copy: the file afterwards."),
        field("content", &S::content, "write: the file; search_replace: the blocks; execute_sql: the statements."),
        field("description", &S::description, "What the model says that it does."),
        field("packages", &S::packages, "add_dependency: npm package selectors.", defaulted()),
        field("type", &S::type, "command: rebuild, restart or refresh."),
        field("line", &S::line, "The line of the answer where it begins, from 1.", defaulted()),
    };
    static const Fields all{"Change", table};
    return all;
}

const Fields& Unfinished::fields() {
    using S = Unfinished;
    static const Field table[] = {
        field("kind", &S::kind, "What was begun."),
        field("path", &S::path, "Its path as written, when it got that far."),
        field("line", &S::line, "The line of the answer where it begins, from 1.", defaulted()),
        field("at_end", &S::at_end, "The answer ended inside it; false: the next element began before its end.",
              defaulted()),
    };
    static const Fields all{"UnfinishedChange", table};
    return all;
}

const Fields& Problem::fields() {
    using S = Problem;
    static const Field table[] = {
        field("path", &S::path, "The path as written, when there is one."),
        field("message", &S::message, "What is wrong and what to write instead."),
        field("line", &S::line, "The line of the answer, from 1.", defaulted()),
    };
    static const Fields all{"ChangeProblem", table};
    return all;
}

const Fields& Parsed::fields() {
    using S = Parsed;
    static const Field table[] = {
        field("changes", &S::changes, "In the order of the answer."),
        field("unfinished", &S::unfinished, "The change that was begun and not closed; it is never applied."),
        field("summary", &S::summary, "The chat's title by the model."),
        field("problems", &S::problems, "What cannot be applied, and why."),
    };
    static const Fields all{"ParsedChanges", table};
    return all;
}

}  // namespace ry::apps::changes
