// tidy: the architecture as a test. `tidy <root>` reads the tree and prints what breaks its rules, as
// file:line: rule: what is wrong; what to write instead. Exit code 1 when something does.
//
// Who may include whom is read from cmake/: a part includes itself and what its row links, directly or through others.
// Exceptions stand, each with its reason, in src/tools/allowed.txt; one that is not needed any more is an error too.
// Long files and functions are listed for the reader's judgement, and are no error.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "tools/source_tree.h"

namespace ry {
namespace {

constexpr size_t file_lines_max = 600;
constexpr size_t function_lines_max = 60;

/// Which parts may see a library; everything else sees the part.
struct Library {
    std::string_view prefix;
    std::set<std::string_view> parts;
};
const std::vector<Library> libraries = {
    {"boost/asio", {"http", "external"}},
    {"boost/beast", {"http", "external"}},
    {"libpq", {"store", "postgres"}},
    {"git2", {"git"}},
    {"curl/", {"fetch"}},
    {"seccomp", {"sandbox"}},
    {"spdlog", {"telemetry"}},
    {"prometheus", {"telemetry"}},
    {"toml++", {"config"}},
    {"expat", {"liquibase"}},
    {"yaml.h", {"liquibase", "cli"}},
    {"re2/", {"lore"}},
    {"libxml/", {"knowledge"}},
    {"zip.h", {"cards"}},
};
/// Headers that nobody should meet by including a part.
constexpr std::string_view heavy[] = {"boost/", "libpq",    "git2",   "curl/", "seccomp", "spdlog", "prometheus",
                                      "toml++", "openssl/", "sodium", "zstd",  "zlib",    "re2/", "libxml/"};

/// The only headers of a module that others include, beside those of its values: model.h, message_model.h …
const std::map<std::string_view, std::set<std::string_view>> faces = {
    {"chats", {"chats.h", "ids.h", "pipeline_steps.h", "subject.h"}},
    {"liquid", {"liquid.h"}},
    {"lore", {"book.h", "lore.h"}},
    {"knowledge", {"chunks.h", "document_text.h"}},
    {"pipelines", {"definition.h", "expression.h", "moves.h", "plan.h", "step_types.h"}},
    {"cards", {"cards.h", "macros.h"}},
    {"apps", {"apps.h", "branch_databases.h", "database_host.h", "previews.h"}},
    {"changes", {"changes.h"}},
    {"databases", {"databases.h"}},
    {"postgres",
     {"images.h", "base.h", "cluster.h", "session.h", "client_tool.h", "psql_run.h", "psql_errors.h", "verify.h"}},
    {"proxy", {"proxy.h", "database_name.h"}},
    {"scram", {"scram.h"}},
    {"script",
     {"state_key.h", "closure.h", "finding.h", "files.h", "psql_arguments.h", "lexer.h", "sha256.h", "memory_files.h"}},
    {"migrations", {"migrations.h"}},
    {"tools", {"pgbench_arguments.h", "dump_arguments.h", "restore_errors.h", "clone_arguments.h", "source.h"}},
    {"liquibase", {"arguments.h", "changelog.h", "closure.h", "plan.h", "tool.h", "wire_watch.h"}},
};

struct BannedCall {
    std::string_view name;
    std::string_view rule;
    std::string_view instead;
};
constexpr BannedCall banned_calls[] = {
    {"system", "call", "start a program with its arguments as a list: kernel/sandbox, or posix_spawn"},
    {"popen", "call", "start a program with its arguments as a list: kernel/sandbox, or posix_spawn"},
    {"sleep_for", "sleep", "wait for the event: Guarded::wait_until, a condition with a stop_token, or a timer"},
    {"usleep", "sleep", "wait for the event: Guarded::wait_until, a condition with a stop_token, or a timer"},
    {"nanosleep", "sleep", "wait for the event: Guarded::wait_until, a condition with a stop_token, or a timer"},
    {"printf", "call", "write with telemetry::log, or the terminal that the command was given"},
    {"fprintf", "call", "write with telemetry::log, or the terminal that the command was given"},
    {"puts", "call", "write with telemetry::log, or the terminal that the command was given"},
    {"atoi", "call", "use parse_int, which says when it is no number"},
    {"strtok", "call", "use split"},
    {"sprintf", "call", "use snprintf, or std::to_string"},
};
constexpr std::string_view banned_file_words[] = {"util",    "utils",   "common", "helper",
                                                  "helpers", "manager", "impl",   "misc"};
constexpr std::string_view banned_type_ends[] = {"Manager", "Helper", "Util", "Utils", "Impl"};

struct Problem {
    std::string file;
    size_t line;
    std::string rule;
    std::string text;
    auto operator<=>(const Problem&) const = default;
};

/// A target of CMake: the files it is made of, by how their paths begin, and what it links.
struct Part {
    std::string name;
    std::string prefix;
    std::set<std::string> links, test_links;
    size_t order;
};

class Tidy {
public:
    explicit Tidy(const std::filesystem::path& root) : files_(read_tree(root)) {
        for (const Source& file : files_) by_path_[file.path] = &file;
        read_parts();
        read_allowed();
    }

    int run() {
        check_rows();
        check_includes();
        check_public_headers();
        for (const Source& file : files_) {
            check_names(file);
            check_places(file);
            if (file.is_cpp() && file.path.starts_with("src/")) check_code(file);
            bool is_product = file.path.starts_with("src/kernel/") || file.path.starts_with("src/modules/");
            if (is_product && file.is_cpp() && !file.is_test()) check_events(file);
        }
        check_sql();
        check_dead_files();
        check_allowed();
        list_long();
        std::sort(problems_.begin(), problems_.end());
        for (const Problem& problem : problems_)
            std::cout << problem.file << ":" << problem.line << ": " << problem.rule << ": " << problem.text << "\n";
        if (std::any_of(problems_.begin(), problems_.end(),
                        [](const Problem& problem) { return problem.rule == "ladder"; }))
            print_ladder();
        std::cout << files_.size() << " files, " << problems_.size() << " problems\n";
        return problems_.empty() ? 0 : 1;
    }

private:
    struct Allowed {
        size_t line;
        std::string rule, path;
        bool is_used = false;
    };

    void add(const Source& file, size_t line, std::string rule, std::string text) {
        for (Allowed& allowed : allowed_)
            if (allowed.rule == rule && allowed.path == file.path) {
                allowed.is_used = true;
                return;
            }
        problems_.push_back({file.path, line, std::move(rule), std::move(text)});
    }

    const Source* find(const std::string& path) const {
        auto found = by_path_.find(path);
        return found == by_path_.end() ? nullptr : found->second;
    }

    // ---- rules from files

    void read_parts() {
        std::string text;
        if (const Source* lists = find("CMakeLists.txt")) text = lists->text;
        for (const Source& file : files_)
            if (file.path.starts_with("cmake/") && !file.path.ends_with("/part.cmake")) text += "\n" + file.text;
        for (const Command& command : commands_of(std::move(text))) read_row(command);
    }

    void read_row(const Command& command) {
        const std::string& first = command.arguments[0];
        if (command.name == "ramify_part") {
            Part part{.name = first.substr(first.rfind('/') + 1),
                      .prefix = "src/" + first + "/",
                      .links = {},
                      .test_links = {},
                      .order = parts_.size()};
            std::set<std::string>* to = nullptr;
            for (const std::string& word : command.arguments) {
                if (word == "LINKS")
                    to = &part.links;
                else if (word == "TEST_LINKS")
                    to = &part.test_links;
                else if (to)
                    to->insert(word);
            }
            parts_.push_back(std::move(part));
        } else if (command.name == "add_library" || command.name == "add_executable") {
            Part part{
                .name = first, .prefix = "src/" + first + ".", .links = {}, .test_links = {}, .order = parts_.size()};
            for (const std::string& word : command.arguments)
                if (word.starts_with("src/")) part.prefix = word.substr(0, word.rfind('.') + 1);
            if (first == "external") part.prefix = "src/external/";
            parts_.push_back(std::move(part));
        } else if (command.name == "target_link_libraries") {
            for (Part& part : parts_)
                if (part.name == first) part.links.insert(command.arguments.begin() + 1, command.arguments.end());
        }
    }

    void read_allowed() {
        const Source* file = find("src/tools/allowed.txt");
        if (!file) return;
        size_t number = 0;
        for (std::string_view line : split(file->text, '\n')) {
            ++number;
            line = trim(line);
            if (line.empty() || line.starts_with('#')) continue;
            size_t space = line.find(' '), path_begin = line.find_first_not_of(' ', space),
                   path_end = line.find(' ', path_begin);
            if (path_end == line.npos)
                problems_.push_back(
                    {file->path, number, "allowed", "an exception is: rule, path, and the reason for it"});
            else
                allowed_.push_back({number, std::string(line.substr(0, space)),
                                    std::string(line.substr(path_begin, path_end - path_begin))});
        }
    }

    void check_allowed() {
        for (const Allowed& allowed : allowed_)
            if (!allowed.is_used)
                problems_.push_back({"src/tools/allowed.txt", allowed.line, "allowed",
                                     allowed.path + " does not break the rule " + allowed.rule + "; remove the line"});
    }

    // ---- what streams tell

    /// Literals of the form "preview.status" stand in api/events.md.
    void check_events(const Source& file) {
        constexpr std::string_view nouns[] = {"block.",      "branch.",   "changes.", "chat.",    "database.",
                                              "generation.", "instance.", "job.",     "message.", "prepare.",
                                              "preview.",    "step.",     "version."};
        const Source* list = find("api/events.md");
        for (std::string_view noun : nouns) {
            std::string begin = "\"" + std::string(noun);
            for (size_t at = file.text.find(begin); at != std::string::npos; at = file.text.find(begin, at + 1)) {
                size_t end = at + begin.size();
                while (end < file.text.size() && is_word(file.text[end])) ++end;
                if (end == at + begin.size() || end == file.text.size() || file.text[end] != '"') continue;
                std::string type = file.text.substr(at + 1, end - at - 1);
                if (!list || list->text.find("`" + type + "`") == std::string::npos)
                    add(file, line_of(file.text, at), "event",
                        type + " is not in api/events.md; say there what it carries and when it comes");
            }
        }
    }

    // ---- who may include whom

    const Part* part_of(std::string_view path) const {
        const Part* best = nullptr;
        for (const Part& part : parts_)
            if (path.starts_with(part.prefix) && (!best || part.prefix.size() > best->prefix.size())) best = &part;
        return best;
    }

    const Part* part_named(std::string_view name) const {
        auto found = std::find_if(parts_.begin(), parts_.end(), [&](const Part& part) { return part.name == name; });
        return found == parts_.end() ? nullptr : &*found;
    }

    /// Everything that `names` link, directly or through others, and themselves.
    std::set<std::string> reach(const std::set<std::string>& names) const {
        std::set<std::string> all;
        std::vector<std::string> rest(names.begin(), names.end());
        while (!rest.empty()) {
            std::string name = rest.back();
            rest.pop_back();
            const Part* part = part_named(name);
            if (part && all.insert(name).second) rest.insert(rest.end(), part->links.begin(), part->links.end());
        }
        return all;
    }

    void check_rows() {
        const Source* rows = find("cmake/parts.cmake");
        for (const Part& part : parts_)
            for (const std::string& link : part.links)
                if (const Part* below = part_named(link); rows && below && below->order > part.order &&
                                                          part.prefix.ends_with('/') && below->prefix.ends_with('/')) {
                    size_t at = rows->text.find("(" + part.prefix.substr(4, part.prefix.size() - 5));
                    add(*rows, at == std::string::npos ? 1 : line_of(rows->text, at), "order",
                        part.name + " links " + link + ", which stands below it; a row links only rows above it");
                }
    }

    void check_includes() {
        for (const Source& file : files_) {
            const Part* part = file.is_cpp() || file.is_queries() ? part_of(file.path) : nullptr;
            if (!part) continue;
            std::set<std::string> roots = {part->name};
            if (file.is_test()) roots.insert(part->test_links.begin(), part->test_links.end());
            std::set<std::string> allowed = reach(roots);
            for (const Include& include : file.includes) {
                if (include.is_ours)
                    check_include(file, *part, allowed, include);
                else
                    check_library(file, *part, include);
            }
        }
    }

    void check_include(const Source& file, const Part& part, const std::set<std::string>& allowed,
                       const Include& include) {
        const Part* other = part_of("src/" + include.path);
        if (!other || other->name == part.name || file.path.starts_with(other->prefix)) return;
        if (!allowed.contains(other->name))
            return add(file, include.line, "ladder",
                       part.name + " includes " + include.path + ", but its row does not link " + other->name +
                           "; pass what it needs as a value or an interface, or add the link to cmake/parts.cmake");
        const Source* header = find("src/" + include.path);
        std::string name = include.path.substr(include.path.rfind('/') + 1);
        auto face = faces.find(other->name);
        bool is_values = name == "model.h" || name.ends_with("_model.h");
        if (face != faces.end() && !is_values && !face->second.contains(name))
            add(file, include.line, "inside",
                include.path + " is not a face of the module " + other->name + "; use " +
                    std::string(*face->second.begin()) + ", or move the type there");
        else if (header && header->text.starts_with("#pragma once\n// Inside"))
            add(file, include.line, "inside",
                include.path + " says that it is inside its part; include the part's public header");
    }

    void check_library(const Source& file, const Part& part, const Include& include) {
        for (const Library& library : libraries)
            if (include.path.starts_with(library.prefix) && !library.parts.contains(part.name))
                add(file, include.line, "library",
                    "<" + include.path + "> belongs to " + std::string(*library.parts.begin()) +
                        "; use what that part offers");
    }

    /// What another part includes, and what that includes in turn, is public: it carries std and our headers only.
    void check_public_headers() {
        std::set<std::string> is_public;
        std::vector<const Source*> rest;
        auto publish = [&](const std::string& path) {
            const Source* header = find("src/" + path);
            if (header && is_public.insert(header->path).second) rest.push_back(header);
        };
        for (const Source& file : files_)
            for (const Include& include : file.includes)
                if (include.is_ours && !file.is_test() && part_of(file.path) != part_of("src/" + include.path))
                    publish(include.path);
        while (!rest.empty()) {
            const Source* header = rest.back();
            rest.pop_back();
            for (const Include& include : header->includes) {
                if (include.is_ours)
                    publish(include.path);
                else if (std::any_of(std::begin(heavy), std::end(heavy),
                                     [&](std::string_view prefix) { return include.path.starts_with(prefix); }))
                    add(*header, include.line, "public",
                        "a header that other parts include carries <" + include.path +
                            ">; declare the type forward and include it in the .cpp");
            }
        }
    }

    void print_ladder() const {
        std::cout << "what each part may include:\n";
        for (const Part& part : parts_) {
            std::set<std::string> all = reach(part.links);
            if (!part.prefix.ends_with('/')) continue;
            std::cout << "  " << part.name << ":";
            for (const std::string& name : all) std::cout << " " << name;
            std::cout << "\n";
        }
    }

    // ---- code

    void check_code(const Source& file) {
        bool is_tool = file.path.starts_with("src/tools/"),
             is_alone = file.is_under("attacks") || file.is_under("relay");
        if (file.is_header() && !file.text.starts_with("#pragma once"))
            add(file, 1, "pragma", "a header begins with #pragma once");
        check_own_header(file);
        check_types(file);
        for (size_t at : find_words(file.code, "regex"))
            if (file.code.substr(0, at).ends_with("std::"))
                add(file, line_of(file.code, at), "call",
                    "std::regex takes exponential time on some patterns; write a scanner");
        for (size_t at = file.code.find("[=]"); at != std::string::npos; at = file.code.find("[=]", at + 1))
            add(file, line_of(file.code, at), "capture", "[=] hides what a lambda keeps; name its captures");
        for (const BannedCall& banned : banned_calls) {
            bool is_sleep = banned.rule == "sleep";
            if (is_tool || is_alone || (file.is_test() && !is_sleep)) continue;
            for (size_t at : find_words(file.code, banned.name))
                if (is_call(file.code, at, banned.name.size()))
                    add(file, line_of(file.code, at), std::string(banned.rule),
                        std::string(banned.name) + "() is not used here; " + std::string(banned.instead));
        }
        if (file.is_test() || is_tool) return;
        for (std::string_view word : {"throw", "catch"})
            for (size_t at : find_words(file.code, word))
                add(file, line_of(file.code, at), "throw",
                    "failures are values: return a Result with fail(), and pass it on with TRY");
    }

    /// A call of a free function: not a member, not a declaration.
    static bool is_call(std::string_view code, size_t at, size_t length) {
        size_t after = code.find_first_not_of(" \n", at + length);
        if (after == code.npos || code[after] != '(' || at == 0) return false;
        std::string_view before = trim(code.substr(at > 200 ? at - 200 : 0, std::min<size_t>(at, 200)));
        if (before.ends_with("::") || before.ends_with("return")) return true;
        return !before.empty() && std::string_view(";{}=(!&|?").find(before.back()) != std::string_view::npos;
    }

    void check_own_header(const Source& file) {
        if (!file.path.ends_with(".cpp") || file.includes.empty()) return;
        std::string own = file.path.substr(0, file.path.size() - 4) + ".h";
        if (find(own) && "src/" + file.includes[0].path != own)
            add(file, file.includes[0].line, "own_header",
                "the first include is the file's own header, " + own.substr(4) + ", which proves that it stands alone");
    }

    void check_types(const Source& file) {
        for (std::string_view keyword : {"class", "struct"})
            for (size_t at : find_words(file.code, keyword)) {
                size_t begin = file.code.find_first_not_of(" \n", at + keyword.size()), end = begin;
                while (end < file.code.size() && is_word(file.code[end])) ++end;
                std::string_view name =
                    std::string_view(file.code).substr(std::min(begin, file.code.size()), end - std::min(begin, end));
                for (std::string_view ending : banned_type_ends)
                    if (name.ends_with(ending))
                        add(file, line_of(file.code, at), "name",
                            std::string(name) + " says nothing; name it after what it is");
            }
    }

    // ---- names and places

    void check_names(const Source& file) {
        std::string stem = lower(file.file_name().substr(0, file.file_name().find('.')));
        std::replace(stem.begin(), stem.end(), '-', '_');
        if (file.path.starts_with("src/") || file.path.starts_with("web/src/"))
            for (std::string_view word : split(stem, '_'))
                for (std::string_view banned : banned_file_words)
                    if (word == banned)
                        add(file, 1, "name",
                            "a file called '" + stem + "' collects everything; name it after what is in it");
        if (file.path.ends_with(".md") || file.path.ends_with(".json")) return;
        for (std::string_view mark : {"TO"
                                      "DO",
                                      "FIX"
                                      "ME",
                                      "XX"
                                      "X",
                                      "HA"
                                      "CK"})
            for (size_t at : find_words(file.text, mark))
                if (is_comment_line(file.text, at))
                    add(file, line_of(file.text, at), "name",
                        std::string(mark) + " is not for the tree; do it, or open an issue");
    }

    static bool is_comment_line(std::string_view text, size_t at) {
        size_t begin = text.rfind('\n', at);
        std::string_view before =
            text.substr(begin == text.npos ? 0 : begin + 1, at - (begin == text.npos ? 0 : begin + 1));
        return before.find("//") != before.npos || before.find('#') != before.npos ||
               before.find("--") != before.npos || before.find('*') != before.npos;
    }

    /// Where somebody's machine or registry shows.
    void check_places(const Source& file) {
        if (file.path == "src/tools/tidy.cpp" || file.path.starts_with("src/tools/tests/")) return;
        for (std::string_view place : {"/work/", "/home/", "/Users/"})
            for (size_t at = file.text.find(place); at != file.text.npos; at = file.text.find(place, at + 1))
                if (at == 0 || std::string_view(" \"'`(=\n").find(file.text[at - 1]) != std::string_view::npos)
                    add(file, line_of(file.text, at), "place",
                        std::string(place) + "… is a path of one machine; make it relative, or ask for it");
        if (file.file_name() == "package-lock.json")
            if (size_t at = file.text.find("\"resolved\": \"http"); at != file.text.npos)
                add(file, line_of(file.text, at), "place",
                    "the lock file names a registry; make it with omit-lockfile-registry-resolved=true");
        if (file.file_name() == ".npmrc")
            if (size_t at = file.text.find("registry="); at != file.text.npos && (at == 0 || file.text[at - 1] == '\n'))
                add(file, line_of(file.text, at), "place", "the registry is the host's business; remove the line");
    }

    // ---- SQL

    void check_sql() {
        std::set<std::string> schemas;
        for (const Source& file : files_)
            if (file.path.starts_with("src/") && file.is_under("schema") && file.path.ends_with(".sql"))
                schemas.insert(schema_of(file));
        std::map<std::string, std::map<std::string, const Source*>> numbers;
        for (const Source& file : files_) {
            if (!file.path.ends_with(".sql") || !file.path.starts_with("src/")) continue;
            check_schemas(file, schemas);
            if (file.is_queries()) check_statements(file);
            if (file.is_under("schema")) check_migration(file, numbers[schema_of(file)]);
        }
    }

    /// src/modules/chats/message_queries.sql and src/modules/chats/schema/0001_chats.sql → chats.
    static std::string schema_of(const Source& file) {
        std::string folder = file.path.substr(0, file.path.rfind('/'));
        if (folder.ends_with("/schema")) folder.resize(folder.size() - 7);
        return folder.substr(folder.rfind('/') + 1);
    }

    void check_schemas(const Source& file, const std::set<std::string>& schemas) {
        for (const std::string& schema : schemas) {
            if (schema == schema_of(file) || schema == "store") continue;  // store's functions are how tables are made
            for (size_t at : find_words(file.code, schema))
                if (is_table(file.code, at + schema.size()) && (at == 0 || file.code[at - 1] != '.'))
                    add(file, line_of(file.code, at), "sql",
                        "a statement of " + schema_of(file) + " names the schema " + schema +
                            "; call the method of that part, or follow its events");
        }
    }

    /// ".table", and not ".function(", which its part offers.
    static bool is_table(std::string_view code, size_t at) {
        if (code.substr(at, 1) != ".") return false;
        size_t end = at + 1;
        while (end < code.size() && is_word(code[end])) ++end;
        return code.substr(end, 1) != "(";
    }

    void check_statements(const Source& file) {
        if (file.is_under("tests")) return;  // those are there to be prepared
        std::string folder = file.path.substr(0, file.path.rfind('/') + 1), code;
        for (const Source& user : files_)
            if (user.is_cpp() && user.path.starts_with(folder)) code += user.code;
        size_t line = 0;
        for (std::string_view text : split(file.text, '\n')) {
            ++line;
            if (!text.starts_with("-- ") || text.find('(') == text.npos) continue;
            std::string_view name = text.substr(3, text.find('(') - 3);
            if (name.empty() || !std::all_of(name.begin(), name.end(), is_word)) continue;
            if (find_words(code, "sql::" + std::string(name)).empty())
                add(file, line, "statement", "nobody runs " + std::string(name) + "; remove it");
        }
    }

    void check_migration(const Source& file, std::map<std::string, const Source*>& numbers) {
        std::string name = file.file_name(), number = name.substr(0, 4);
        if (!std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }) ||
            name.size() < 6 || name[4] != '_')
            return add(file, 1, "migration", "a migration is called NNNN_what.sql");
        if (!numbers.emplace(number, &file).second)
            add(file, 1, "migration", "there is already a migration " + number + " of this part; take the next number");
        if (parse_int(number) != int64_t(numbers.size()))
            add(file, 1, "migration", "numbers have no holes: the next one is " + std::to_string(numbers.size()));
    }

    // ---- what nobody uses

    void check_dead_files() {
        std::set<std::string> included;
        for (const Source& file : files_)
            for (const Include& include : file.includes)
                if (include.is_ours) included.insert("src/" + include.path);
        std::string lists;
        for (const Source& file : files_)
            if (file.path == "CMakeLists.txt" || file.path.starts_with("cmake/")) lists += file.text;
        for (const Source& file : files_) {
            if (!file.path.starts_with("src/")) continue;
            if (file.is_header() && !included.contains(file.path))
                add(file, 1, "dead", "nobody includes it; remove it");
            if (file.path.ends_with(".cpp") && !part_of(file.path) && lists.find(file.path) == lists.npos)
                add(file, 1, "dead", "no row of cmake/parts.cmake builds it; add a row or remove it");
        }
    }

    // ---- for the reader's judgement

    void list_long() const {
        for (const Source& file : files_) {
            bool is_ours =
                file.path.starts_with("src/") || file.path.starts_with("web/src/") || file.path.starts_with("bench/");
            if (!is_ours || file.path.find(".gen.") != file.path.npos) continue;
            size_t lines = size_t(std::count(file.text.begin(), file.text.end(), '\n'));
            if (lines > file_lines_max) std::cout << "long: " << file.path << " has " << lines << " lines\n";
            if (file.is_cpp() && !file.is_test()) list_long_functions(file);
        }
    }

    /// A function is an outermost block whose opening follows a parenthesis and is not a namespace's or a type's.
    void list_long_functions(const Source& file) const {
        std::vector<size_t> opened;   // lines of open braces
        std::optional<size_t> depth;  // of the function that is open
        size_t line = 1, statement = 0;
        for (size_t at = 0; at < file.code.size(); ++at) {
            char c = file.code[at];
            if (c == '\n') ++line;
            if (c == '{') {
                std::string_view head = trim(std::string_view(file.code).substr(statement, at - statement));
                bool is_type = false;
                for (std::string_view word : {"namespace", "class", "struct", "enum", "union"})
                    is_type |= !find_words(head, word).empty();
                if (!depth && !is_type && head.find(')') != head.npos) depth = opened.size();
                opened.push_back(line);
            }
            if (c == '}' && !opened.empty()) {
                if (depth == opened.size() - 1) {
                    if (line - opened.back() > function_lines_max)
                        std::cout << "long: " << file.path << ":" << opened.back() << " a function of "
                                  << line - opened.back() << " lines\n";
                    depth.reset();
                }
                opened.pop_back();
            }
            if (c == ';' || c == '{' || c == '}') statement = at + 1;
        }
    }

    std::vector<Source> files_;
    std::map<std::string, const Source*> by_path_;
    std::vector<Part> parts_;
    std::vector<Allowed> allowed_;
    std::vector<Problem> problems_;
};

}  // namespace
}  // namespace ry

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: tidy <root of the tree>\n";
        return 2;
    }
    return ry::Tidy(argv[1]).run();
}
