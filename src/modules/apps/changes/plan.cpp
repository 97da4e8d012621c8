#include <algorithm>
#include <map>
#include <set>

#include "base/path.h"
#include "base/text.h"
#include "modules/apps/changes/changes.h"
#include "modules/apps/changes/package_json.h"

// The planner keeps a picture of the app after each change, in the order of the answer: for every path that was touched
// either "gone", "the file that stood at <path> before", or new content. What differs in the end is the plan.

namespace ry::apps::changes {
namespace {

constexpr size_t faults_max = 200;
constexpr std::string_view manifest_path = "package.json";

struct State {
    enum class What { gone, original, content } what = What::gone;
    std::string text;  ///< original: the path before; content: the content
    bool operator==(const State&) const = default;
};

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Files that an install writes; a model's guess would break it.
bool is_lock_file(std::string_view path) {
    static constexpr std::string_view names[] = {
        "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb"};
    return std::ranges::find(names, last_part(path)) != std::end(names);
}

/// Calls `see` with "a", "a/b" for "a/b/c".
template <class See>
void each_folder_of(std::string_view path, See see) {
    for (size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) see(path.substr(0, at));
}

class Planner {
public:
    Planner(const Tree& tree, const Limits& limits) : tree_(tree), limits_(limits) {
        for (auto& file : tree.files) before_.emplace(file.path, file.kind);
    }

    void add(size_t index, const Change& change) {
        pointer_ = "/changes/" + std::to_string(index);
        switch (change.kind) {
            case Kind::write:
                return write(path_of(change.path), change.content.value_or(""));
            case Kind::search_replace:
                return edit(path_of(change.path), change.content.value_or(""));
            case Kind::remove:
                return remove(path_of(change.path));
            case Kind::rename:
                return take(path_of(change.from), path_of(change.to), true);
            case Kind::copy:
                return take(path_of(change.from), path_of(change.to), false);
            case Kind::add_dependency:
                return add_packages(change.packages);
            case Kind::execute_sql:
                return add_sql(change);
            case Kind::command:
                plan_.commands.push_back(change.type.value_or(""));
                return;
            case Kind::chat_summary:
            case Kind::think:
                return;
        }
    }

    void refuse(std::string pointer, std::string detail) {
        if (faults_.size() < faults_max) faults_.push_back({std::move(pointer), std::move(detail)});
    }

    Result<Plan> finish(std::optional<std::string> summary) {
        pointer_ = "/changes";
        if (!plan_.packages.empty()) write_manifest();
        check_afterwards();
        if (!faults_.empty()) {
            auto error =
                fail(Code::unsupported, "the answer cannot be applied, so nothing was changed: " + faults_[0].detail);
            if (faults_.size() > 1) error.message += " (and " + std::to_string(faults_.size() - 1) + " more)";
            error.faults = std::move(faults_);
            return error;
        }
        plan_.summary = std::move(summary);
        gather_operations();
        return std::move(plan_);
    }

private:
    // ---- one change

    void write(std::optional<std::string> path, std::string content) {
        if (!path || !may_write(*path)) return;
        if (content.size() > limits_.file_bytes_max)
            return wrong(*path, "is larger than a file may be (" + std::to_string(limits_.file_bytes_max) + " bytes)");
        if (is_folder(*path)) return wrong(*path, "is a folder; name a file in it");
        now_[*path] = {State::What::content, std::move(content)};
    }

    void edit(std::optional<std::string> path, const std::string& blocks) {
        if (!path || !may_write(*path)) return;
        auto text = text_at(*path);
        if (!text) return;
        auto edited = search_replace(*text, blocks);
        if (!edited) return wrong(*path, edited.error().message);
        write(std::move(path), std::move(*edited));
    }

    void remove(std::optional<std::string> path) {
        if (!path || !may_pass(*path)) return;
        auto below = files_at(*path);
        if (below.empty()) plan_.notes.push_back(*path + " was not there; nothing to delete");
        for (auto& file : below) now_[file] = {};
    }

    void take(std::optional<std::string> from, std::optional<std::string> to, bool moves) {
        if (!from || !to || !may_pass(*from) || !may_write(*to)) return;
        if (*from == *to) return;
        auto sources = files_at(*from);
        if (sources.empty()) return wrong(*from, "is not there");
        if (to->starts_with(*from + "/")) return wrong(*to, "lies inside " + *from);
        std::map<std::string, State> arriving;
        for (auto& source : sources) {
            auto target = *to + source.substr(from->size());
            auto state = state_at(source);
            if (is_link(source)) return wrong(source, "is a symbolic link or a submodule, which stay as they are");
            if (!is_app_path(target)) return wrong(target, "is too long");
            if (is_lock_file(target)) return wrong(target, "is a lock file, which only an install writes");
            if (is_there(target)) return wrong(target, "is there already; delete it first");
            arriving.emplace(std::move(target), std::move(state));
        }
        if (moves)
            for (auto& source : sources) now_[source] = {};
        for (auto& [target, state] : arriving) now_[target] = std::move(state);
    }

    void add_packages(const std::vector<std::string>& packages) {
        for (auto& package : packages) {
            if (auto problem = problem_of_package(package); !problem.empty())
                wrong(package, problem);
            else if (std::ranges::find(plan_.packages, package) == plan_.packages.end())
                plan_.packages.push_back(package);
        }
        if (plan_.packages.size() > limits_.packages_max)
            wrong("add-dependency", "names more than " + std::to_string(limits_.packages_max) + " packages");
    }

    void add_sql(const Change& change) {
        sql_bytes_ += change.content.value_or("").size();
        if (sql_bytes_ > limits_.sql_bytes_max)
            return wrong("execute-sql", "has more than " + std::to_string(limits_.sql_bytes_max) + " bytes in all");
        plan_.sql.push_back({change.content.value_or(""), change.description.value_or("")});
    }

    void write_manifest() {
        if (!is_there(manifest_path)) {
            plan_.notes.push_back("the app has no package.json, so no dependency is written down");
            return;
        }
        auto text = text_at(std::string(manifest_path));
        if (!text) return;
        auto edited = with_dependencies(*text, plan_.packages);
        if (!edited) return wrong(manifest_path, edited.error().message);
        if (*edited != *text) write(std::string(manifest_path), std::move(*edited));
    }

    // ---- the picture

    std::optional<std::string> path_of(const std::optional<std::string>& written) {
        auto path = app_path(written.value_or(""));
        if (path) return *path;
        refuse(pointer_, path.error().message);
        return {};
    }
    void wrong(std::string_view path, std::string_view why) {
        refuse(pointer_, std::string(path) + ": " + std::string(why));
    }

    State state_at(std::string_view path) const {
        if (auto touched = now_.find(path); touched != now_.end()) return touched->second;
        if (before_.contains(path)) return {State::What::original, std::string(path)};
        return {};
    }

    bool is_there(std::string_view path) const {
        if (auto touched = now_.find(path); touched != now_.end()) return touched->second.what != State::What::gone;
        return before_.contains(path);
    }

    /// The file itself, or every file below the folder, as they stand now.
    std::vector<std::string> files_at(const std::string& path) const {
        if (is_there(path)) return {path};
        return files_below(path);
    }
    std::vector<std::string> files_below(const std::string& path) const {
        std::set<std::string> found;
        auto prefix = path + "/";
        for (auto file = before_.lower_bound(prefix); file != before_.end() && file->first.starts_with(prefix); ++file)
            found.insert(file->first);
        for (auto file = now_.lower_bound(prefix); file != now_.end() && file->first.starts_with(prefix); ++file)
            found.insert(file->first);
        std::erase_if(found, [&](auto& file) { return !is_there(file); });
        return {found.begin(), found.end()};
    }
    bool is_folder(const std::string& path) const { return !is_there(path) && !files_below(path).empty(); }

    /// Links are never copied, so one is only where it was.
    bool is_link(std::string_view path) const {
        auto file = before_.find(path);
        bool was_link =
            file != before_.end() && (file->second == TreeKind::symlink || file->second == TreeKind::submodule);
        return was_link && !now_.contains(path);
    }

    /// No folder on the way to `path` is a link.
    bool may_pass(const std::string& path) {
        bool is_fine = true;
        each_folder_of(path, [&](std::string_view folder) {
            if (is_fine && is_link(folder))
                is_fine = false, wrong(path, "leads through the symbolic link or submodule " + std::string(folder));
        });
        return is_fine;
    }
    bool may_write(const std::string& path) {
        if (!may_pass(path)) return false;
        if (is_link(path)) return wrong(path, "is a symbolic link or a submodule; delete it first"), false;
        if (is_lock_file(path)) return wrong(path, "is a lock file, which only an install writes"), false;
        return true;
    }

    /// The text of a file as it stands now, for editing.
    std::optional<std::string> text_at(const std::string& path) {
        auto state = state_at(path);
        if (state.what == State::What::gone)
            return wrong(path, is_folder(path) ? "is a folder" : "is not there; write it first"), std::nullopt;
        if (state.what == State::What::content) return state.text;
        auto text = tree_.read(state.text);
        if (!text) return wrong(path, text.error().message), std::nullopt;
        if (text->size() > limits_.file_bytes_max) return wrong(path, "is too large to be edited"), std::nullopt;
        if (!is_utf8(*text)) return wrong(path, "is not text"), std::nullopt;
        return *text;
    }

    // ---- the whole

    void check_afterwards() {
        pointer_ = "/changes";
        if (now_.size() > limits_.operations_max)
            wrong("the answer", "touches more than " + std::to_string(limits_.operations_max) + " paths");
        size_t bytes = 0, files = before_.size();
        for (auto& [path, state] : now_) {
            bytes += state.what == State::What::content ? state.text.size() : 0;
            files += size_t(state.what != State::What::gone) - size_t(before_.contains(path));
        }
        if (bytes > limits_.total_bytes_max)
            wrong("the answer", "writes more than " + std::to_string(limits_.total_bytes_max) + " bytes");
        if (files > limits_.files_max)
            wrong("the app", "would have more than " + std::to_string(limits_.files_max) + " files");
        check_folders();
        check_letter_case();
    }

    /// No file stands where another file needs a folder.
    void check_folders() {
        for (auto& [path, state] : now_) {
            if (state.what == State::What::gone) continue;
            bool is_fine = true;
            each_folder_of(path, [&](std::string_view folder) {
                if (is_fine && is_there(folder))
                    is_fine = false, wrong(path, "needs a folder where the file " + std::string(folder) + " stands");
            });
            if (!files_below(path).empty()) wrong(path, "is a file where a folder stands");
        }
    }

    /// Two files must not differ only in upper and lower case: half of all computers take them for one.
    void check_letter_case() {
        std::map<std::string, std::string, std::less<>> spelled;
        auto see = [&](const std::string& path) {
            auto [other, is_new] = spelled.emplace(lower(path), path);
            bool is_touched = now_.contains(path) || now_.contains(other->second);
            if (!is_new && other->second != path && is_touched)
                wrong(path, "differs from " + other->second + " only in upper and lower case");
        };
        for (auto& [path, kind] : before_)
            if (is_there(path)) see(path);
        for (auto& [path, state] : now_)
            if (state.what != State::What::gone && !before_.contains(path)) see(path);
    }

    void gather_operations() {
        for (auto& [path, state] : now_) {
            switch (state.what) {
                case State::What::gone:
                    if (before_.contains(path)) plan_.operations.push_back({Action::remove, path, {}, {}});
                    break;
                case State::What::original:
                    if (state.text != path) plan_.operations.push_back({Action::copy, path, {}, state.text});
                    break;
                case State::What::content:
                    plan_.operations.push_back({Action::write, path, std::move(state.text), {}});
                    break;
            }
        }
    }

    const Tree& tree_;
    const Limits& limits_;
    std::map<std::string, TreeKind, std::less<>> before_;
    std::map<std::string, State, std::less<>> now_;
    size_t sql_bytes_ = 0;
    std::string pointer_;
    Plan plan_;
    std::vector<Fault> faults_;
};

}  // namespace

Result<Plan> plan(const Parsed& parsed, const Tree& tree, const Limits& limits) {
    Planner planner(tree, limits);
    for (size_t i = 0; i < parsed.problems.size(); ++i) {
        auto& problem = parsed.problems[i];
        auto where = problem.path.value_or("line " + std::to_string(problem.line));
        planner.refuse("/problems/" + std::to_string(i), where + ": " + problem.message);
    }
    if (parsed.unfinished && parsed.unfinished->at_end && parsed.unfinished->kind != Kind::chat_summary)
        planner.refuse("/unfinished", parsed.unfinished->path.value_or(std::string(name_of(parsed.unfinished->kind))) +
                                          ": the answer ends before this change does");
    for (size_t i = 0; i < parsed.changes.size(); ++i) planner.add(i, parsed.changes[i]);
    return planner.finish(parsed.summary);
}

}  // namespace ry::apps::changes
