#include "modules/databases/script/closure.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "modules/databases/script/lexer.h"
#include "modules/databases/script/sha256.h"
#include "modules/databases/script/sql_scan.h"
#include "modules/databases/script/variables.h"

namespace ry::databases::script {
namespace {

using enum FindingKind;

constexpr std::string_view interactive_commands[] = {"e", "edit", "ef", "ev", "prompt", "password"};
constexpr std::string_view writing_commands[] = {"g", "gx", "o", "out", "w", "write", "s", "lo_export"};
/// In these a byte of a character can be a quote or a backslash.
constexpr std::string_view unsafe_encodings[] = {
    "sjis",       "shift_jis_2004", "shiftjis2004", "big5",       "gbk",    "uhc",    "gb18030", "johab", "mskanji",
    "windows932", "windows936",     "windows949",   "windows950", "win932", "win936", "win949",  "win950"};

template <size_t count>
bool is_one_of(std::string_view name, const std::string_view (&names)[count]) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// A cage has these for itself, so no file of a step can lie there.
bool is_of_the_sandbox(std::string_view name) {
    constexpr std::string_view tops[] = {"bin", "dev",  "etc", "lib", "lib64", "proc",
                                         "run", "sbin", "sys", "tmp", "usr"};
    return name.starts_with('/') && is_one_of(name.substr(1, name.find('/', 1) - 1), tops);
}

/// A file's name as psql keeps it: what \ir is relative to, and what errors show. Text only.
std::string kept_name(std::string_view name) {
    if (name.starts_with('/')) return joined_path("/", name);
    std::vector<std::string_view> parts;
    for (std::string_view part : split(name, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == ".." && !parts.empty() && parts.back() != "..")
            parts.pop_back();
        else
            parts.push_back(part);
    }
    std::string text;
    for (std::string_view part : parts) text.append(text.empty() ? "" : "/").append(part);
    return text.empty() ? "." : text;
}

class Walk {
public:
    Walk(const PsqlStep& step, const ClosureRequest& request, Files& files)
        : request_(request),
          files_(files),
          variables_(step.variables),
          working_dir_(joined_path("/", request.working_dir)) {}

    Closure run(const PsqlStep& step) {
        current_dir_ = working_dir_;
        for (const Source& source : step.sources) {
            switch (source.kind) {
                case Source::Kind::file:
                    // psql is started with relative names: where the folder lies is not in the key.
                    include({"-f", {}, Truth::yes}, relative_path(working_dir_, joined_path(working_dir_, source.text)),
                            "");
                    break;
                case Source::Kind::command:
                    command(source.text);
                    break;
                case Source::Kind::standard_input:
                    closure_.reads_standard_input = true;
                    break;
            }
        }
        is_dir_absolute_ = false;
        for (const std::string& input : request_.inputs) {
            std::string path = joined_path(working_dir_, input);
            add_input(path, shown(path), 0);
            // A script may name it either way.
            if (input.starts_with('/') && !is_of_the_sandbox(path)) add_input(path, path, 0);
        }
        for (auto& [name, file] : found_) closure_.files.push_back(std::move(file));
        return std::move(closure_);
    }

private:
    /// Where a file is named.
    struct From {
        std::string file;
        Place place;
        Truth is_active = Truth::yes;
    };

    /// One script while it is read.
    class Script final : public Sink {
    public:
        Script(Walk& walk, std::string shown, std::string kept, bool is_command)
            : walk_(walk),
              shown_(std::move(shown)),
              kept_(std::move(kept)),
              is_command_(is_command),
              scan_([this](Finding finding) {
                  finding.file = shown_;
                  if (found_.size() < walk_.request_.limits.findings_max) found_.push_back(std::move(finding));
              }) {}

        void token(const Token& token, Lines& lines) override { scan_.token(token, lines); }
        void body(std::string_view span, uint64_t offset, Lines& lines) override { scan_.body(span, offset, lines); }
        void body_end() override { scan_.body_end(); }
        void statement(const Statement& statement) override {
            scan_.statement(statement);
            bool is_sent = statement.is_active != Truth::no && statement.ended != Statement::Ended::discarded;
            if (is_sent) {
                for (Finding& finding : found_) walk_.say(std::move(finding));
                walk_.follow_statement(*this, statement);
            }
            found_.clear();
        }
        Truth meta_command(const MetaCommand& command) override { return walk_.follow_command(*this, command); }
        void problem(const Problem& problem) override {
            walk_.say({.kind = malformed, .file = shown_, .place = problem.place, .message = problem.message});
        }

        From from(const Place& place, Truth is_active) const { return {shown_, place, is_active}; }
        const std::string& kept() const { return kept_; }
        bool is_command() const { return is_command_; }

    private:
        Walk& walk_;
        std::string shown_, kept_;
        bool is_command_;
        std::vector<Finding> found_;  ///< in the statement being read, which may not be sent
        SqlScan scan_;
    };

    void say(Finding finding) {
        if (closure_.findings.size() < request_.limits.findings_max)
            closure_.findings.push_back(std::move(finding));
        else
            ++closure_.findings_left_out;
    }
    void say(const From& from, FindingKind kind, Weight weight, std::string message) {
        say({.kind = kind, .weight = weight, .file = from.file, .place = from.place, .message = std::move(message)});
    }
    /// What fails when it is reached, and may not be reached: in a branch of \if that is not known.
    static Weight problem_of(const From& from) {
        return from.is_active == Truth::yes ? Weight::problem : Weight::dynamic;
    }

    // ---- sources

    void command(const std::string& text) {
        bool is_meta = text.starts_with('\\');
        Script script(*this, "-c", "", true);
        Lexer lexer({.dialect = is_meta ? Dialect::psql : Dialect::server}, script);
        lexer.feed(text);
        lexer.finish();
    }

    void include(const From& from, const std::string& name, const std::string& kept_parent) {
        std::string kept = kept_name(kept_parent.empty() ? name : kept_parent + "/" + name);
        if (!kept.starts_with('/') && current_dir_.empty())
            return say(from, dynamic_file, Weight::dynamic,
                       name + " is relative to a directory that \\cd takes at run time; write the path without \\cd");
        std::string path = joined_path(current_dir_.empty() ? "/" : current_dir_, kept);
        if (std::find(open_.begin(), open_.end(), path) != open_.end())
            return say(from, recursive_include, problem_of(from),
                       shown(path) + " includes itself" +
                           (open_.back() == path ? "" : " through " + shown(open_.back())) +
                           "; remove one of the includes");
        std::string as_named = name_of(kept, path);
        if (!is_readable(from, path, name) || !is_visible(from, as_named)) return;
        if (open_.size() == request_.limits.depth_max)
            return say(from, limit, Weight::problem,
                       "more than " + std::to_string(request_.limits.depth_max) +
                           " scripts include each other; include " + name + " from a script further up");
        if (++scripts_ > request_.limits.scripts_max) {
            if (scripts_ == request_.limits.scripts_max + 1)
                say(from, limit, Weight::problem,
                    "more than " + std::to_string(request_.limits.scripts_max) +
                        " scripts are included; split the step");
            return;
        }
        open_.push_back(path);
        read_script(from, path, kept, as_named);
        open_.pop_back();
    }

    void read_script(const From& from, const std::string& path, const std::string& kept, const std::string& as_named) {
        Script script(*this, shown(path), kept, false);
        Lexer lexer({.is_active = from.is_active}, script);
        Sha256 hash;
        uint64_t bytes = 0;
        bool is_dump = false;
        auto done = files_.read(path, [&](std::string_view piece) {
            if (bytes == 0 && piece.starts_with("PGDMP")) is_dump = true;
            hash.add(piece);
            bytes += piece.size();
            if (!is_dump) lexer.feed(piece);
            return count(from, piece.size());
        });
        if (!done) return say(from, unreadable_file, problem_of(from), shown(path) + ": " + done.error().message);
        if (is_dump)
            say(from, binary_file, problem_of(from),
                shown(path) + " is a dump in custom format: prepare it with the kind dump");
        else
            lexer.finish();
        add(as_named, path, {hash.hex(), bytes}, ClosureFile::Role::script);
    }

    /// False when the limit of bytes is reached.
    bool count(const From& from, uint64_t bytes) {
        bool was_within = bytes_ <= request_.limits.bytes_max;
        bytes_ += bytes;
        bool is_within = bytes_ <= request_.limits.bytes_max;
        if (was_within && !is_within)
            say(from, limit, Weight::problem,
                "the files of the step have more than " + std::to_string(request_.limits.bytes_max >> 20) +
                    " MiB; split the step");
        return is_within;
    }

    // ---- files

    std::string shown(const std::string& path) const { return relative_path(working_dir_, path); }

    /// The name by which psql opens it: the step sees it there.
    std::string name_of(std::string_view name, const std::string& path) const {
        return name.starts_with('/') || is_dir_absolute_ ? path : shown(path);
    }

    bool is_visible(const From& from, const std::string& as_named) {
        if (!is_of_the_sandbox(as_named)) return true;
        say(from, refused, problem_of(from),
            as_named + " lies where the sandbox has files of its own; name it by a relative path, " + shown(as_named) +
                ", or with --input " + shown(as_named));
        return false;
    }

    bool is_readable(const From& from, const std::string& path, const std::string& name) {
        auto refuse = [&](FindingKind kind, const std::string& usual) {
            std::string reason = files_.reason(path);
            say(from, kind, problem_of(from), shown(path) + (reason.empty() ? usual : " " + reason));
            return false;
        };
        switch (files_.kind(path)) {
            case Files::Kind::file:
                return true;
            case Files::Kind::missing:
                return refuse(missing_file, " does not exist" + advice(path, name));
            case Files::Kind::directory:
                return refuse(not_a_file, " is a directory: name the file in it");
            case Files::Kind::unreadable:
                return refuse(unreadable_file, " cannot be read: give it the permission to be read");
            case Files::Kind::outside:
                return refuse(outside_file, " is not among the inputs: add it with --input " + shown(path));
            case Files::Kind::other:
                return refuse(not_a_file, " is no regular file: its content cannot be part of a key");
        }
        return false;
    }

    /// The nearest thing that exists, or why psql looks where it looks.
    std::string advice(const std::string& path, const std::string& name) {
        if (name.starts_with('"')) return ": psql keeps double quotes as part of the name; write single quotes";
        if (name.find(':') != name.npos && name.find('/') == name.npos)
            return ": a variable in the name is not set; give it with -v";
        std::string directory = path.substr(0, path.rfind('/')), file = path.substr(path.rfind('/') + 1);
        if (auto names = files_.list(directory.empty() ? "/" : directory)) {
            std::sort(names->begin(), names->end());
            for (const std::string& other : *names)
                if (equals_ignoring_case(other, file)) return "; there is " + other + ", and capital letters count";
        }
        for (size_t i = open_.size(); i-- > 0;) {
            std::string beside = joined_path(open_[i].substr(0, open_[i].rfind('/') + 1), name);
            if (beside != path && files_.kind(beside) == Files::Kind::file)
                return "; there is " + shown(beside) + ": \\i looks in the working directory, \\ir beside the script";
        }
        return "; correct the name, or create the file";
    }

    void add(const std::string& as_named, const std::string& path, Digest digest, ClosureFile::Role role) {
        auto [at, is_new] = found_.emplace(as_named, ClosureFile{as_named, path, std::move(digest), role});
        if (!is_new && role == ClosureFile::Role::script) at->second.role = role;
    }

    void add_data(const From& from, const std::string& name, ClosureFile::Role role = ClosureFile::Role::data) {
        if (!name.starts_with('/') && current_dir_.empty())
            return say(from, dynamic_file, Weight::dynamic,
                       name + " is relative to a directory that \\cd takes at run time");
        if (name.starts_with('~'))
            return say(from, refused, problem_of(from),
                       name + " is in somebody's home directory: write a path relative to the script");
        add_path(from, joined_path(current_dir_.empty() ? "/" : current_dir_, name), name, role);
    }

    void add_path(const From& from, const std::string& path, const std::string& name, ClosureFile::Role role) {
        std::string as_named = name_of(name, path);
        if (found_.contains(as_named) || !is_readable(from, path, name) || !is_visible(from, as_named)) return;
        if (found_.size() == request_.limits.files_max)
            return say(from, limit, Weight::problem,
                       "more than " + std::to_string(request_.limits.files_max) + " files: split the step");
        auto digest = files_.digest(path);
        if (!digest) return say(from, unreadable_file, problem_of(from), shown(path) + ": " + digest.error().message);
        (void)count(from, digest->bytes);
        add(as_named, path, std::move(*digest), role);
    }

    void add_input(const std::string& path, const std::string& name, size_t depth) {
        From from{"--input", {}, Truth::yes};
        if (files_.kind(path) != Files::Kind::directory) return add_path(from, path, name, ClosureFile::Role::input);
        if (depth == request_.limits.depth_max)
            return say(from, limit, Weight::problem, shown(path) + " is too deep a directory for an input");
        auto names = files_.list(path);
        if (!names) return say(from, unreadable_file, Weight::problem, shown(path) + ": " + names.error().message);
        std::sort(names->begin(), names->end());
        for (const std::string& each : *names) {
            if (found_.size() == request_.limits.files_max) {
                say(from, limit, Weight::problem,
                    "more than " + std::to_string(request_.limits.files_max) + " files: name fewer inputs");
                return;
            }
            add_input(joined_path(path, each),
                      name + "/" + (each.ends_with('/') ? each.substr(0, each.size() - 1) : each), depth + 1);
        }
    }

    // ---- statements

    void follow_statement(const Script& script, const Statement& statement) {
        for (const Copy& copy : statement.copies) {
            From from = script.from(copy.place, statement.is_active);
            std::string way = copy.is_from ? "reads" : "writes";
            if (copy.peer == Copy::Peer::program)
                say(from, server_program, Weight::warning,
                    "COPY … PROGRAM runs \"" + copy.name +
                        "\" inside the server's sandbox; what it does is not in the key");
            else if (copy.peer == Copy::Peer::file)
                say(from, server_file, Weight::warning,
                    "COPY " + way + " \"" + copy.name +
                        "\" in the server's sandbox, not from the inputs; use \\copy, which runs beside the script");
            else if (copy.is_from && script.is_command())
                closure_.reads_standard_input = true;
        }
    }

    // ---- commands

    Truth follow_command(const Script& script, const MetaCommand& command) {
        From from = script.from(command.place, command.is_active);
        bool is_condition = command.name == "if" || command.name == "elif";
        if (!command.is_known) {
            // psql stops here in every branch: it cannot know what to skip.
            say(from, malformed, command.is_active == Truth::unknown ? Weight::dynamic : Weight::problem,
                "psql has no command \\" + command.name + unknown_advice(command.name));
            return Truth::unknown;
        }
        if (command.is_active == Truth::no && !is_condition) return Truth::unknown;
        if (command.is_unterminated)
            say(from, malformed, problem_of(from),
                "a quote is not closed at the end of the line; psql drops the argument");
        if (command.has_backtick)
            say(from, program, Weight::dynamic,
                "`…` runs a program beside psql; it has only the sandbox, and its output is not in the key");
        if (is_condition) return variables_.truth_of(command.arguments);
        variables_.follow(command);
        carry_out(script, from, command);
        return Truth::unknown;
    }

    static std::string unknown_advice(std::string_view name) {
        if (name == ".") return ": no COPY … FROM STDIN is open here";
        if (name == "N" || name.find('\t') != name.npos)
            return ": this looks like a row of COPY data without its COPY statement";
        return "; correct the name";
    }

    void carry_out(const Script& script, const From& from, const MetaCommand& command) {
        const std::string& name = command.name;
        if (name == "i" || name == "include" || name == "ir" || name == "include_relative")
            include_named(script, from, command, name.starts_with("ir") || name == "include_relative");
        else if (name == "copy")
            client_copy(from, read_client_copy(command.rest));
        else if (name == "lo_import")
            named_file(from, command, [&](const std::string& file) { add_data(from, file); });
        else if (name == "cd")
            change_directory(from, command);
        else if (name == "!")
            say(from, program, Weight::dynamic,
                "\\! runs a program beside psql; it has only the sandbox, and what it does is not in the key");
        else if (name == "gexec")
            say(from, generated_sql, Weight::note,
                "\\gexec runs SQL that the database makes; it is not looked through");
        else if (name == "c" || name == "connect")
            connect(from, command);
        else if (name == "encoding")
            encoding(from, command);
        else if (name == "watch")
            watch(from, command);
        else if (is_one_of(name, interactive_commands))
            say(from, refused, problem_of(from), "\\" + name + " waits for a person; a step has nobody: remove it");
        else if (is_one_of(name, writing_commands))
            writes(from, command);
        else if (name == "set" || name == "unset")
            follow_setting(from, command);
    }

    void include_named(const Script& script, const From& from, const MetaCommand& command, bool is_relative) {
        named_file(from, command, [&](const std::string& file) {
            if (file.starts_with('~'))
                return say(from, refused, problem_of(from),
                           file + " is in somebody's home directory: write a path relative to the script");
            size_t slash = script.kept().rfind('/');
            bool is_beside = is_relative && !file.starts_with('/') && slash != std::string::npos;
            include(from, file, is_beside ? (slash == 0 ? "/" : script.kept().substr(0, slash)) : "");
        });
    }

    template <class Then>
    void named_file(const From& from, const MetaCommand& command, Then then) {
        if (command.arguments.empty())
            return say(from, malformed, problem_of(from), "\\" + command.name + " needs the name of a file");
        auto file = variables_.text_of(command.arguments[0], true);
        if (!file)
            return say(from, dynamic_file, Weight::dynamic,
                       "\\" + command.name +
                           ": the name of the file is only known at run time; give the files it may be with --input");
        then(*file);
    }

    void client_copy(const From& from, const ClientCopy& copy) {
        using Peer = ClientCopy::Peer;
        if (copy.is_malformed)
            return say(from, malformed, problem_of(from),
                       "psql does not understand this \\copy; write \\copy TABLE from 'FILE'");
        if (copy.peer == Peer::program)
            say(from, program, Weight::dynamic,
                "\\copy … program runs \"" + copy.name +
                    "\" beside psql; it has only the sandbox, and what it does is not in the key");
        else if (copy.peer == Peer::psql_stream && copy.is_from)
            closure_.reads_standard_input = true;
        else if (copy.peer == Peer::file && copy.is_from)
            add_data(from, copy.name);
        else if (copy.peer == Peer::file)
            say(from, writes_file, Weight::warning,
                "\\copy … to \"" + copy.name + "\" writes in the sandbox; the file is not kept: run it on an instance");
    }

    void change_directory(const From& from, const MetaCommand& command) {
        auto directory = command.arguments.empty() ? std::nullopt : variables_.text_of(command.arguments[0], true);
        bool is_known =
            directory && !directory->starts_with('~') && from.is_active == Truth::yes && !current_dir_.empty();
        current_dir_ = is_known ? joined_path(current_dir_, *directory) : "";
        if (is_known && directory->starts_with('/')) is_dir_absolute_ = true;
        if (is_known && files_.kind(current_dir_) != Files::Kind::directory)
            say(from, missing_file, Weight::problem,
                "\\cd: " + shown(current_dir_) + " is no directory among the inputs");
    }

    void connect(const From& from, const MetaCommand& command) {
        // \c [-reuse-previous=…] DATABASE USER HOST PORT; "-" keeps what was.
        size_t index = 0;
        for (const Argument& argument : command.arguments) {
            auto text = variables_.text_of(argument, false);
            if (text && text->starts_with("-reuse-previous")) continue;
            bool is_elsewhere = text && ((index >= 2 && *text != "-") || text->find('=') != text->npos ||
                                         text->find("://") != text->npos);
            if (is_elsewhere)
                return say(
                    from, refused, problem_of(from),
                    "\\" + command.name + " to another server leaves the state: name only a database and a user");
            ++index;
        }
    }

    void encoding(const From& from, const MetaCommand& command) {
        auto text = command.arguments.empty() ? std::nullopt : variables_.text_of(command.arguments[0], false);
        if (text && is_one_of(lower(*text), unsafe_encodings))
            say(from, refused, problem_of(from),
                "a script in " + *text + " cannot be taken apart with certainty: convert it to UTF-8");
    }

    void watch(const From& from, const MetaCommand& command) {
        for (const Argument& argument : command.arguments) {
            auto text = variables_.text_of(argument, true);
            if (!text || text->starts_with("c=") || text->starts_with("count=") || text->starts_with("m=") ||
                text->starts_with("min_rows="))
                return;
        }
        say(from, refused, problem_of(from), "\\watch never ends: remove it");
    }

    void writes(const From& from, const MetaCommand& command) {
        size_t index = command.name == "lo_export" ? 1 : 0;
        if (!command.rest.empty())
            return say(
                from, program, Weight::dynamic,
                "\\" + command.name + " " + command.rest + " runs a program beside psql; it has only the sandbox");
        while (index < command.arguments.size() && is_option(command.arguments[index])) ++index;
        if (index >= command.arguments.size()) return;
        auto file = variables_.text_of(command.arguments[index], true);
        say(from, writes_file, Weight::warning,
            "\\" + command.name + " writes " + (file ? "\"" + *file + "\"" : "a file") +
                " in the sandbox; it is not kept");
    }
    /// \g (format=csv border=1) FILE
    static bool is_option(const Argument& argument) {
        if (argument.pieces.empty() || argument.pieces[0].kind != Piece::Kind::text) return false;
        const std::string& text = argument.pieces[0].text;
        return text.starts_with('(') || text.ends_with(')');
    }

    void follow_setting(const From& from, const MetaCommand& command) {
        if (command.arguments.empty()) return;
        auto name = variables_.text_of(command.arguments[0], false);
        bool has_value = command.name == "set" && command.arguments.size() > 1;
        auto value = has_value ? variables_.text_of(command.arguments[1], false) : std::optional<std::string>("");
        Truth truth = value ? truth_of(*value) : Truth::unknown;
        if (name == "ON_ERROR_STOP" && truth != Truth::yes)
            say(from, setting, Weight::warning,
                "ON_ERROR_STOP is turned off: what fails after this line is not noticed");
        if ((name == "SINGLELINE" || name == "SINGLESTEP") && has_value && truth != Truth::no)
            say(from, refused, problem_of(from), *name + " is for a person at a terminal: remove it");
    }

    const ClosureRequest& request_;
    Files& files_;
    Variables variables_;
    const std::string working_dir_;
    std::string current_dir_;       ///< after \cd; empty: not known
    bool is_dir_absolute_ = false;  ///< after \cd /…: relative names are seen from there
    std::vector<std::string> open_;
    std::map<std::string, ClosureFile> found_;
    size_t scripts_ = 0;
    uint64_t bytes_ = 0;
    Closure closure_;
};

}  // namespace

StepIngredients ingredients_of(const PsqlStep& step, const Closure& closure, std::string_view working_dir) {
    PsqlStep canonical = step;
    std::string directory = joined_path("/", working_dir);
    for (Source& source : canonical.sources)
        if (source.kind == Source::Kind::file)
            source.text = relative_path(directory, joined_path(directory, source.text));
    StepIngredients ingredients{.kind = "psql", .arguments = canonical.arguments()};
    for (const ClosureFile& file : closure.files) ingredients.files[file.name] = file.digest.sha256;
    return ingredients;
}

bool Closure::has_problems() const {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.weight == Weight::problem; });
}

Closure closure_of(const PsqlStep& step, const ClosureRequest& request, Files& files) {
    return Walk(step, request, files).run(step);
}

}  // namespace ry::databases::script
