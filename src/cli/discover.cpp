#include "cli/discover.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "base/text.h"
#include "cli/recipe.h"
#include "modules/databases/migrations/migrations.h"
#include "modules/databases/script/closure.h"
#include "modules/databases/script/lexer.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;
namespace script = databases::script;
namespace migrations = databases::migrations;
using script::Files;
using script::joined_path;
using script::relative_path;

constexpr std::string_view left_out[] = {"node_modules/", "vendor/", "target/",     "build/",
                                         "dist/",         "venv/",   "__pycache__/"};
constexpr size_t looked_into_bytes = 64 << 10;  // of a file, for what kind it is
constexpr size_t depth_max = 32;
constexpr size_t versions_min = 3;  // of a script, before its history says anything

// Words of file names: what is carried out early, late, and by no recipe.
constexpr std::string_view early_words[] = {"extension", "role",   "schema", "structure", "init",
                                            "ddl",       "create", "base",   "table",     "type"};
constexpr std::string_view late_words[] = {"seed", "data", "demo", "sample", "fixture", "insert", "example"};
constexpr std::string_view other_words[] = {"drop",    "down", "rollback", "revert", "undo",   "query",
                                            "queries", "test", "check",    "verify", "report", "bench"};

std::string folder_of(const std::string& path) { return path.substr(0, std::max<size_t>(path.rfind('/'), 1)); }
std::string base_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

template <size_t n>
bool has_word(const std::string& name, const std::string_view (&words)[n]) {
    std::string small = lower(name);
    return std::ranges::any_of(words, [&](std::string_view word) { return small.contains(word); });
}
int rank_of(const std::string& name) { return has_word(name, early_words) ? 0 : has_word(name, late_words) ? 2 : 1; }

/// For a shell: as it is when nothing in it means something there.
std::string quoted(const std::string& word) {
    bool is_plain = !word.empty() && std::ranges::all_of(word, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_-./@+=:,").contains(c);
    });
    if (is_plain) return word;
    std::string text = "'";
    for (char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
    return text + "'";
}

/// One that looks through a folder.
class Looking {
public:
    explicit Looking(const InputPlace& place) : place_(place), files_(*place.files) {}

    Result<Discovery> run() {
        TRY(list(place_.working_dir, 0));
        found_.files_looked_at = paths_.size();
        look_at_recipes();
        look_at_changelogs();
        look_at_migrations();
        look_at_scripts();
        propose_ignores();
        propose_splits();
        return std::move(found_);
    }

private:
    struct Script {
        std::set<std::string> includes;  // of others, by their paths
        std::string working_dir;         // where its includes resolve
    };

    // ---- what is there

    Result<void> list(const std::string& folder, size_t depth) {
        auto names = files_.list(folder);
        if (!names) {
            found_.warnings.push_back(names.error().message);
            return {};
        }
        std::ranges::sort(*names);
        for (const std::string& name : *names) {
            if (name.starts_with('.') && name != ".gitignore") {
                hidden_.insert(name);
                continue;
            }
            bool is_left_out = std::ranges::find(left_out, name) != std::end(left_out) || depth == depth_max;
            if (name.ends_with('/') && !is_left_out) TRY(list(joined_path(folder, name), depth + 1));
            if (name.ends_with('/')) continue;
            if (paths_.size() == discover_limit::files_max)
                return fail(Code::too_large,
                            "there are more than 50,000 files here; go into the folder of the database");
            paths_.push_back(joined_path(folder, name));
        }
        return {};
    }

    /// The beginning of a file, or all of it; empty when it cannot be read.
    std::string beginning(const std::string& path, size_t bytes_max = looked_into_bytes) {
        std::string text;
        if (files_.kind(path) != Files::Kind::file) return text;
        auto read = files_.read(path, [&](std::string_view piece) {
            text += piece.substr(0, bytes_max - text.size());
            return text.size() < bytes_max;
        });
        return read ? text : "";
    }
    std::string shown(const std::string& path) const { return relative_path(place_.working_dir, path); }

    // ---- recipes that are there

    void look_at_recipes() {
        for (const std::string& path : paths_) {
            if (!path.ends_with(".ramify.yaml") && !path.ends_with(".prep.s9s.yaml")) continue;
            recipe_files_.insert(path);
            auto recipe = read_recipe(path, beginning(path, 256 << 10));
            if (!recipe) {
                found_.warnings.push_back(recipe.error().message);
                continue;
            }
            for (const std::string& argument : recipe->recipe.args) {
                size_t equals = argument.find('=');
                for (const std::string& word :
                     {argument, equals == std::string::npos ? argument : argument.substr(equals + 1)})
                    covered_.insert(joined_path(recipe->folder, word));
            }
        }
    }
    bool is_covered(const std::string& path) const { return covered_.contains(path); }

    /// A command that writes a recipe into `folder`.
    void propose_recipe(const std::string& folder, const std::string& title, const std::string& why,
                        const std::string& kind, const std::vector<std::string>& args) {
        std::string name = base_of(folder), list;
        for (const std::string& arg : args) list += (list.empty() ? "" : ", ") + bj::serialize(bj::value(arg));
        std::string path = joined_path(folder, name + ".ramify.yaml");
        for (int i = 2; recipe_files_.contains(path); ++i)
            path = joined_path(folder, name + "-" + std::to_string(i) + ".ramify.yaml");
        recipe_files_.insert(path);
        found_.proposals.push_back(
            {Proposal::Kind::recipe, title, why,
             "cat > " + quoted(shown(path)) + " <<'EOF'\nkind: " + kind + "\nargs: [" + list + "]\nEOF"});
    }

    // ---- Liquibase

    void look_at_changelogs() {
        std::map<std::string, std::string> changelogs;  // path → beginning
        for (const std::string& path : paths_) {
            bool is_document =
                path.ends_with(".xml") || path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
            if (!is_document && !path.ends_with(".sql")) continue;
            std::string text = beginning(path);
            bool is_changelog = is_document ? text.contains("databaseChangeLog")
                                            : lower(text.substr(0, 100)).contains("--liquibase formatted sql");
            if (is_changelog) changelogs.emplace(path, std::move(text));
        }
        for (const auto& [path, text] : changelogs) {
            taken_.insert(path);
            bool is_included = std::ranges::any_of(changelogs, [&](const auto& other) {
                if (other.first == path) return false;
                bool is_whole_folder =
                    other.second.contains("includeAll") && other.second.contains(base_of(folder_of(path)));
                return is_whole_folder || other.second.contains(base_of(path));
            });
            if (is_included || is_covered(path)) continue;
            propose_recipe(folder_of(path), "a recipe for the changelog " + shown(path),
                           "it is a changelog of Liquibase that no other includes", "lb",
                           {"update", "--changelog-file=" + base_of(path)});
        }
    }

    // ---- migrations

    void look_at_migrations() {
        std::set<std::string> folders;
        for (const std::string& path : paths_) {
            if (path.ends_with(".sql") && !taken_.contains(path)) folders.insert(folder_of(path));
            if (base_of(path) == "migration.sql")
                folders.insert(folder_of(folder_of(path)));  // a folder for each, as Prisma has them
        }
        for (const std::string& folder : folders) {
            auto layout = migrations::detect_layout(files_, folder);
            if (!layout || is_part_of_migrations(folder)) continue;
            migration_folders_.insert(folder);
            for (const std::string& path : paths_)
                if (path.starts_with(folder + "/")) taken_.insert(path);
            if (is_covered(folder)) continue;
            std::string above = folder == place_.working_dir ? folder : folder_of(folder);
            propose_recipe(above, "a recipe for the migrations in " + shown(folder),
                           "its files are named as " + std::string(migrations::name_of(*layout)) + " has them",
                           "migrations", {relative_path(above, folder)});
        }
    }
    bool is_part_of_migrations(const std::string& folder) const {
        return std::ranges::any_of(migration_folders_,
                                   [&](const std::string& above) { return folder.starts_with(above + "/"); });
    }

    // ---- scripts

    void look_at_scripts() {
        std::set<std::string> included;
        for (const std::string& path : paths_) {
            if (!path.ends_with(".sql") || taken_.contains(path)) continue;
            if (scripts_.size() == discover_limit::scripts_max) {
                found_.warnings.push_back(
                    "there are more than 2,000 scripts; go into the folder of the database to see proposals for the "
                    "others");
                break;
            }
            Script made = read_script(path);
            included.insert(made.includes.begin(), made.includes.end());
            scripts_.emplace(path, std::move(made));
        }
        std::map<std::string, std::vector<std::string>> by_folder;
        for (const auto& [path, script] : scripts_) {
            if (included.contains(path) || is_covered(path) || has_word(base_of(path), other_words) || !builds(path))
                continue;
            by_folder[script.working_dir].push_back(path);
        }
        for (auto& [folder, paths] : by_folder) propose_scripts(folder, std::move(paths));
    }

    /// Includes are looked for as psql does: in the folder where it is started, which is the script's own or the one
    /// above all.
    Script read_script(const std::string& path) {
        auto own = closure_in(folder_of(path), path);
        if (own.second && folder_of(path) != place_.working_dir)
            if (auto top = closure_in(place_.working_dir, path); !top.second)
                return {std::move(top.first), place_.working_dir};
        return {std::move(own.first), folder_of(path)};
    }
    /// What it includes, and whether something of it is missing.
    std::pair<std::set<std::string>, bool> closure_in(const std::string& folder, const std::string& path) {
        script::PsqlStep step{.sources = {{script::Source::Kind::file, path}}, .options = {}, .variables = {}};
        script::ClosureRequest request{
            .working_dir = folder,
            .inputs = {},
            .limits = {.scripts_max = 500, .bytes_max = uint64_t(discover_limit::script_bytes_max)}};
        script::Closure closure = script::closure_of(step, request, files_);
        std::set<std::string> includes;
        for (const script::ClosureFile& file : closure.files)
            if (file.role == script::ClosureFile::Role::script && file.path != path) includes.insert(file.path);
        bool is_missing = std::ranges::any_of(closure.findings, [](const script::Finding& finding) {
            return finding.kind == script::FindingKind::missing_file;
        });
        return {std::move(includes), is_missing};
    }

    /// Whether a script makes something, or has others do it.
    bool builds(const std::string& path) {
        if (!scripts_.at(path).includes.empty()) return true;
        std::string text = lower(beginning(path));
        return std::ranges::any_of(std::initializer_list<std::string_view>{"create ", "insert into", "alter ", "copy "},
                                   [&](std::string_view word) { return text.contains(word); });
    }

    void propose_scripts(const std::string& folder, std::vector<std::string> paths) {
        bool has_entries =
            std::ranges::any_of(paths, [&](const std::string& path) { return !scripts_.at(path).includes.empty(); });
        if (has_entries)
            std::erase_if(paths, [&](const std::string& path) {
                return scripts_.at(path).includes.empty() && rank_of(base_of(path)) == 1;
            });
        std::ranges::stable_sort(paths, {}, [](const std::string& path) { return rank_of(base_of(path)); });
        std::vector<std::string> args;
        for (const std::string& path : paths) args.insert(args.end(), {"-f", relative_path(folder, path)});
        std::string title =
            "a recipe for " +
            (paths.size() == 1 ? shown(paths[0]) : std::to_string(paths.size()) + " scripts in " + shown(folder));
        std::string why = paths.size() == 1 ? "no other script includes it"
                                            : "no other script includes them; those whose names speak of a schema come "
                                              "first, those of data last, each a step of its own";
        propose_recipe(folder, title, why, "psql", args);
    }

    // ---- ignore rules

    void propose_ignores() {
        std::string rules = "\n" + beginning(joined_path(place_.working_dir, ".gitignore"));
        for (const std::string& name : hidden_) {
            if (name != ".ramify/" && name != ".sqlrs/") continue;
            if (rules.contains("\n" + name) || rules.contains("\n/" + name) ||
                rules.contains("\n" + name.substr(0, name.size() - 1) + "\n"))
                continue;
            found_.proposals.push_back({Proposal::Kind::ignore, "ignore " + name,
                                        "it holds data of this machine, which no commit should have",
                                        "echo '/" + name + "' >> .gitignore"});
        }
    }

    // ---- steps

    /// A large script that only grew at its end: what did not change can be a step that stays cached.
    void propose_splits() {
        auto checkout = git::Checkout::find(place_.working_dir);
        if (!checkout || place_.commit) return;
        auto head = checkout->commit_of("HEAD");
        if (!head) return;
        for (const auto& [path, script] : scripts_) {
            std::string text = beginning(path, discover_limit::script_bytes_max + 1);
            if (int64_t(text.size()) < discover_limit::split_bytes_min ||
                int64_t(text.size()) > discover_limit::script_bytes_max)
                continue;
            auto versions =
                checkout->versions(*head, path.substr(checkout->root().size() + 1), discover_limit::commits_max);
            if (!versions || versions->size() < versions_min) continue;
            size_t same = text.size();
            for (const git::Oid& version : *versions)
                if (auto before = checkout->read(version))
                    same = std::min(same, size_t(std::ranges::mismatch(text, *before).in1 - text.begin()));
            size_t cut = statement_end(text, same);
            if (int64_t(cut) < discover_limit::split_bytes_min / 2) continue;
            propose_split(path, text, cut, versions->size());
        }
    }

    /// The end of the last statement that lies within the first `bytes`, and begins a line anew.
    static size_t statement_end(const std::string& text, size_t bytes) {
        class Ends final : public script::Sink {
        public:
            explicit Ends(const std::string& of, size_t max) : text_(of), max_(max) {}
            void statement(const script::Statement& statement) override {
                bool is_whole = statement.ended == script::Statement::Ended::semicolon && statement.end <= max_ &&
                                statement.is_active == script::Truth::yes && statement.copies.empty();
                if (is_whole && text_[statement.end] == '\n') last = statement.end + 1;
            }
            size_t last = 0;

        private:
            const std::string& text_;
            size_t max_;
        } ends(text, bytes);
        script::Lexer lexer({}, ends);
        lexer.feed(text);
        lexer.finish();
        return std::min(ends.last, text.size());
    }

    void propose_split(const std::string& path, const std::string& text, size_t cut, size_t versions) {
        std::string stem = shown(path).substr(0, shown(path).size() - 4), first = quoted(stem + "-1.sql"),
                    second = quoted(stem + "-2.sql"), whole = quoted(shown(path));
        std::string percent = std::to_string(cut * 100 / text.size());
        found_.proposals.push_back(
            {Proposal::Kind::split, "two steps for " + shown(path),
             "its first " + percent + " % are the same in all of its " + std::to_string(versions) +
                 " versions: as a step of their own they stay cached when the rest changes",
             "head -c " + std::to_string(cut) + " " + whole + " > " + first + " && tail -c +" +
                 std::to_string(cut + 1) + " " + whole + " > " + second + "   # then -f " + first + " -f " + second});
    }

    const InputPlace& place_;
    Files& files_;
    std::vector<std::string> paths_;
    std::set<std::string> hidden_, covered_, recipe_files_, taken_, migration_folders_;
    std::map<std::string, Script> scripts_;
    Discovery found_;
};

}  // namespace

Result<Discovery> discover(const InputPlace& place) { return Looking(place).run(); }

}  // namespace ry::cli
