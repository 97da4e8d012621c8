#include "modules/databases/script/psql_arguments.h"

#include <algorithm>

#include "base/text.h"
#include "modules/databases/script/meta_command.h"

namespace ry::databases::script {
namespace {

enum class Does {
    file,
    command,
    variable,
    single_transaction,
    sets_variable,  ///< the same as -v `value`
    sets_output,    ///< the same as -P `value`
    pset,
    nothing,  ///< is always so, or has no effect without a terminal
    connects,
    needs_terminal,
    writes,
    shows,
};

struct Option {
    char letter;
    std::string_view name;
    bool takes_value;
    Does does;
    std::string_view value = {};
};
constexpr Option options[] = {
    {'a', "echo-all", false, Does::sets_variable, "ECHO=all"},
    {'A', "no-align", false, Does::sets_output, "format=unaligned"},
    {'b', "echo-errors", false, Does::sets_variable, "ECHO=errors"},
    {'c', "command", true, Does::command},
    {'\0', "csv", false, Does::sets_output, "format=csv"},
    {'d', "dbname", true, Does::connects},
    {'e', "echo-queries", false, Does::sets_variable, "ECHO=queries"},
    {'E', "echo-hidden", false, Does::sets_variable, "ECHO_HIDDEN=on"},
    {'f', "file", true, Does::file},
    {'F', "field-separator", true, Does::sets_output, "fieldsep="},
    {'z', "field-separator-zero", false, Does::sets_output, "fieldsep_zero=on"},
    {'?', "help", false, Does::shows},
    {'h', "host", true, Does::connects},
    {'H', "html", false, Does::sets_output, "format=html"},
    {'l', "list", false, Does::shows},
    {'L', "log-file", true, Does::writes},
    {'n', "no-readline", false, Does::nothing},
    {'1', "single-transaction", false, Does::single_transaction},
    {'o', "output", true, Does::writes},
    {'p', "port", true, Does::connects},
    {'P', "pset", true, Does::pset},
    {'q', "quiet", false, Does::sets_variable, "QUIET=on"},
    {'R', "record-separator", true, Does::sets_output, "recordsep="},
    {'0', "record-separator-zero", false, Does::sets_output, "recordsep_zero=on"},
    {'s', "single-step", false, Does::needs_terminal},
    {'S', "single-line", false, Does::needs_terminal},
    {'t', "tuples-only", false, Does::sets_output, "tuples_only=on"},
    {'T', "table-attr", true, Does::sets_output, "tableattr="},
    {'U', "username", true, Does::connects},
    {'v', "set", true, Does::variable},
    {'v', "variable", true, Does::variable},
    {'V', "version", false, Does::shows},
    {'w', "no-password", false, Does::connects},
    {'W', "password", false, Does::connects},
    {'x', "expanded", false, Does::sets_output, "expanded=on"},
    {'X', "no-psqlrc", false, Does::nothing},
};

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            size_t next = std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] != b[j])});
            diagonal = std::exchange(row[j + 1], next);
        }
    }
    return row.back();
}

std::string unknown_option(const std::string& written, std::string_view name) {
    const Option* nearest = nullptr;
    size_t best = 4;  // further away it is another word
    for (const Option& option : options)
        if (size_t distance = edit_distance(name, option.name); name.size() > 1 && name.size() < 100 && distance < best)
            best = distance, nearest = &option;
    return "psql has no option " + written +
           (nearest ? "; did you mean --" + std::string(nearest->name) + "?" : "; `psql --help` lists them");
}

class Reader {
public:
    Reader(std::span<const std::string> arguments, const PsqlReading& reading)
        : arguments_(arguments), reading_(reading) {}

    Result<std::vector<PsqlStep>> read() {
        if (arguments_.size() > psql_arguments_max)
            return invalid("", "more than 1,000 arguments: put the commands into a file and give it with -f");
        for (; at_ < arguments_.size(); ++at_) {
            const std::string& argument = arguments_[at_];
            if (argument == "--") {
                ++at_;
                break;
            }
            if (argument.starts_with("--"))
                TRY(read_long(argument));
            else if (argument.size() > 1 && argument[0] == '-')
                TRY(read_short(argument));
            else
                return positional(argument);
        }
        if (at_ < arguments_.size()) return positional(arguments_[at_]);
        return steps();
    }

private:
    static Error positional(const std::string& argument) {
        return invalid("", "\"" + argument +
                               "\" names a database or user; every state has its own server: leave it away" +
                               (argument.ends_with(".sql") ? ", or write -f " + argument : ""));
    }

    Result<void> read_long(const std::string& argument) {
        size_t equals = argument.find('=');
        std::string_view name = std::string_view(argument).substr(2, equals == argument.npos ? equals : equals - 2);
        const Option* found = nullptr;
        size_t count = 0;
        for (const Option& option : options) {
            if (option.name == name) {
                found = &option, count = 1;
                break;
            }
            if (option.name.starts_with(name)) found = &option, ++count;
        }
        if (count == 0) return invalid("", unknown_option("--" + std::string(name), name));
        if (count > 1)
            return invalid("", "--" + std::string(name) + " can mean several options of psql; write the whole name");
        if (equals == argument.npos) return take(*found, "--" + std::string(found->name), {});
        if (!found->takes_value) return invalid("", "--" + std::string(found->name) + " takes no value");
        return take(*found, "--" + std::string(found->name), argument.substr(equals + 1));
    }

    /// "-qAt", "-fFILE", "-f FILE".
    Result<void> read_short(const std::string& argument) {
        for (size_t i = 1; i < argument.size(); ++i) {
            std::string written = "-" + argument.substr(i, 1);
            auto option = std::find_if(std::begin(options), std::end(options),
                                       [&](const Option& o) { return o.letter && o.letter == argument[i]; });
            if (option == std::end(options)) return invalid("", unknown_option(written, argument.substr(1)));
            bool has_rest = option->takes_value && i + 1 < argument.size();
            TRY(take(*option, written, has_rest ? std::optional(argument.substr(i + 1)) : std::nullopt));
            if (option->takes_value) break;
        }
        return {};
    }

    Result<void> take(const Option& option, const std::string& written, std::optional<std::string> value) {
        if (option.takes_value && !value) {
            if (++at_ == arguments_.size()) return invalid("", written + " needs a value after it");
            value = arguments_[at_];
        }
        std::string text = value.value_or("");
        switch (option.does) {
            case Does::file:
                return add_file(text);
            case Does::command:
                sources_.push_back({Source::Kind::command, text});
                return {};
            case Does::variable:
                return set_variable(text);
            case Does::single_transaction:
                is_single_transaction_ = true;
                return {};
            case Does::sets_variable:
                return set_variable(std::string(option.value));
            case Does::sets_output:
                outputs_.push_back(std::string(option.value) + text);
                return {};
            case Does::pset:
                outputs_.push_back(text);
                return {};
            case Does::nothing:
                return {};
            case Does::connects:
                return invalid("", written + " says where to connect; every state has its own server: leave it away");
            case Does::needs_terminal:
                return invalid(
                    "", written + " is for a person at a terminal: leave it away, and end statements with \";\"");
            case Does::writes:
                return invalid("", written + " writes a file; what psql prints is kept with the job: leave it away");
            case Does::shows:
                return invalid("", written + " prepares nothing: run psql itself for it");
        }
        return {};
    }

    Result<void> add_file(const std::string& path) {
        if (path.empty()) return invalid("", "-f needs the name of a file");
        if (path != "-") return sources_.push_back({Source::Kind::file, path}), Result<void>();
        for (const Source& source : sources_)
            if (source.kind == Source::Kind::standard_input)
                return invalid("", "standard input can be read once: give \"-f -\" once");
        sources_.push_back({Source::Kind::standard_input, ""});
        return {};
    }

    Result<void> set_variable(const std::string& assignment) {
        size_t equals = assignment.find('=');
        std::string name = assignment.substr(0, equals);
        bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
        });
        if (!is_name)
            return invalid(
                "", "-v " + assignment + ": a variable's name has letters, digits and \"_\"; write -v NAME=VALUE");
        std::optional<std::string> value;
        if (equals != assignment.npos) value = assignment.substr(equals + 1);
        if (name == "ON_ERROR_STOP") {
            if (!value || truth_of(*value) != Truth::yes)
                return invalid("",
                               "ON_ERROR_STOP is always on: a step that goes on after an error has no state to keep");
            return {};
        }
        if ((name == "SINGLELINE" || name == "SINGLESTEP") && value && truth_of(*value) != Truth::no)
            return invalid("", name + " is for a person at a terminal: leave it away, and end statements with \";\"");
        variables_[name] = value;
        return {};
    }

    Result<std::vector<PsqlStep>> steps() {
        if (sources_.empty()) {
            if (!reading_.has_standard_input)
                return invalid("", "there is nothing to run: give -f FILE or -c SQL, or pipe a script in");
            sources_.push_back({Source::Kind::standard_input, ""});
        }
        PsqlStep step;
        step.options = {"-X", "-v", "ON_ERROR_STOP=1"};
        if (is_single_transaction_) step.options.push_back("-1");
        for (const std::string& output : outputs_) step.options.insert(step.options.end(), {"-P", output});
        for (const auto& [name, value] : variables_)
            step.options.insert(step.options.end(), {"-v", value ? name + "=" + *value : name});
        step.variables = variables_;
        std::vector<PsqlStep> all;
        if (reading_.is_one_session) {
            step.sources = std::move(sources_);
            all.push_back(std::move(step));
            return all;
        }
        for (Source& source : sources_) {
            all.push_back(step);
            all.back().sources = {std::move(source)};
        }
        return all;
    }

    std::span<const std::string> arguments_;
    const PsqlReading& reading_;
    size_t at_ = 0;
    std::vector<Source> sources_;
    std::vector<std::string> outputs_;  ///< in their order: a later one replaces what an earlier one set
    std::map<std::string, std::optional<std::string>> variables_;
    bool is_single_transaction_ = false;
};

}  // namespace

std::vector<std::string> PsqlStep::arguments() const {
    std::vector<std::string> all = options;
    for (const Source& source : sources) {
        bool is_command = source.kind == Source::Kind::command;
        std::string text = source.kind == Source::Kind::standard_input ? "-" : source.text;
        all.insert(all.end(), {is_command ? "-c" : "-f", text});
    }
    return all;
}

Result<std::vector<PsqlStep>> read_psql_arguments(std::span<const std::string> arguments, const PsqlReading& reading) {
    return Reader(arguments, reading).read();
}

}  // namespace ry::databases::script
