#include "cli/database_call.h"

#include <boost/json.hpp>

#include "base/text.h"
#include "cli/connection.h"
#include "cli/database.h"
#include "cli/provenance.h"
#include "kernel/blob/blob.h"

namespace ry::cli {

namespace bj = boost::json;
using namespace databases;

std::string text_of(const bj::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const bj::value* found = value.find_pointer(bj::string_view(pointer.data(), pointer.size()), error);
    return found && found->is_string() ? std::string(found->as_string()) : "";
}
int64_t number_of(const bj::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const bj::value* found = value.find_pointer(bj::string_view(pointer.data(), pointer.size()), error);
    return found && found->is_int64() ? found->as_int64() : 0;
}
bool flag_of(const bj::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const bj::value* found = value.find_pointer(bj::string_view(pointer.data(), pointer.size()), error);
    return found && found->is_bool() && found->as_bool();
}
bj::value parsed(std::string_view json) {
    boost::system::error_code error;
    bj::value value = bj::parse(bj::string_view(json.data(), json.size()), error);
    return error ? bj::value() : value;
}

int wrong(const Terminal& terminal, std::string_view message) {
    terminal.err << styled(terminal, Style::red, "error:") << " " << message << "\n";
    return int(Exit::usage);
}
int failed(const Terminal& terminal, const Error& error) {
    terminal.err << styled(terminal, Style::red, "error:") << " " << error.message << "\n";
    if (error.code == Code::bug) return int(Exit::internal);
    if (error.code == Code::unavailable || error.code == Code::timed_out) return int(Exit::unreachable);
    return int(error.code == Code::invalid ? Exit::usage : Exit::failed);
}
int failed(const DatabaseCall& call, const Error& error) {
    if (call.provenance) call.provenance->take_error(error.message);
    return failed(call.terminal, error);
}
int refused(const DatabaseCall& call, const fetch::Response& response) {
    if (call.provenance) call.provenance->take_error(error_of(response).message);
    call.terminal.err << shown_problem(call.terminal, response.status, response.body)
                      << hint_of_refusal(call.found, response);
    return int(exit_of_database_status(response.status));
}

int misused(const DatabaseCall& call, std::string_view message) {
    wrong(call.terminal, message);
    call.terminal.err << "usage: ramify " << call.command.name << " " << call.command.usage << "    ramify "
                      << call.command.name << " --help explains it\n";
    return int(Exit::usage);
}

std::optional<int64_t> parse_duration_ms(std::string_view text) {
    int64_t unit_ms = 1'000;
    if (!text.empty() && !std::isdigit(static_cast<unsigned char>(text.back()))) {
        constexpr std::pair<char, int64_t> units[] = {{'s', 1'000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}};
        auto unit = std::ranges::find(units, text.back(), &std::pair<char, int64_t>::first);
        if (unit == std::end(units)) return {};
        unit_ms = unit->second;
        text.remove_suffix(1);
    }
    auto number = parse_int(text);
    if (!number || *number < 0 || *number > ttl_ms_max / unit_ms) return {};
    return *number * unit_ms;
}

namespace {

/// Dashes that a document's typography made of "-" and "--": U+2010 to U+2015 and U+2212.
std::string_view unicode_dash(std::string_view word) {
    for (std::string_view dash : {"\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"})
        if (word.starts_with(dash)) return dash;
    return {};
}

Result<void> check_dashes(std::span<const std::string> words) {
    for (const std::string& word : words)
        if (std::string_view dash = unicode_dash(word); !dash.empty())
            return fail(Code::invalid, "\"" + one_line(word) + "\" begins with \"" + std::string(dash) +
                                           "\", which a document has made of a hyphen; write " +
                                           (word.size() == dash.size() ? "--" : "- or --"));
    return {};
}

Error no_such_flag(const OwnCommand& command, const std::string& word) {
    std::vector<std::string> known = {"--help"};
    for (const OwnFlag& flag : command.flags) known.push_back("--" + std::string(flag.name));
    std::string near = nearest(word.substr(0, word.find('=')), known);
    std::string all = "; `ramify " + std::string(command.name) + " --help` lists them";
    if (!word.starts_with("--")) all += ", and a tool's own arguments stand after --";
    return fail(Code::invalid,
                "there is no flag " + one_line(word) + (near.empty() ? all : "; did you mean " + near + "?"));
}

Result<void> check_choice(const OwnFlag& flag, const std::string& value) {
    if (!flag.placeholder.contains('|')) return {};
    for (std::string_view choice : split(flag.placeholder, '|'))
        if (choice == value) return {};
    return fail(Code::invalid, "--" + std::string(flag.name) + " must be " + std::string(flag.placeholder) +
                                   ", not \"" + one_line(value) + "\"");
}

}  // namespace

Result<Words> read_words(const OwnCommand& command, std::span<const std::string> words) {
    Words read;
    TRY(check_dashes(words));
    for (size_t i = 0; i < words.size(); ++i) {
        std::string word = words[i];
        if (word == "--") {
            read.rest.assign(words.begin() + ptrdiff_t(i) + 1, words.end());
            break;
        }
        if (word == "-h") word = "--help";
        if (word == "-o") word = "--output";
        if (!word.starts_with('-') || word == "-") {
            read.positional.push_back(word);
            continue;
        }
        size_t equals = word.find('=');
        std::string name =
            word.starts_with("--") ? word.substr(2, equals == std::string::npos ? equals : equals - 2) : "";
        const OwnFlag* flag = find_flag(command, name);
        if (name == "help" || (flag && flag->placeholder.empty())) {
            if (equals != std::string::npos) return fail(Code::invalid, "--" + name + " takes no value");
            read.values[name] = "yes";
            continue;
        }
        if (!flag) return no_such_flag(command, word);
        if (equals == std::string::npos && i + 1 == words.size())
            return fail(Code::invalid, word + " needs a value: " + std::string(flag->placeholder));
        std::string value = equals == std::string::npos ? words[++i] : word.substr(equals + 1);
        TRY(check_choice(*flag, value));
        if (name == "before")
            read.before.push_back(value);
        else if (name == "mask")
            read.masks.push_back(value);
        else if (name == "table")
            read.tables.push_back(value);
        else if (flag->is_repeated)
            read.inputs.push_back(value);
        else
            read.values[name] = value;
    }
    return read;
}

Result<Endpoint> DatabaseCall::server(Unnamed unnamed) const {
    found =
        TRY(endpoint_of({.server = words.get("server"), .profile = words.get("profile"), .token = words.get("token")},
                        surroundings, unnamed));
    return found;
}

Error error_of(const fetch::Response& response) {
    std::string detail = text_of(parsed(response.body), "/detail");
    if (detail.empty())
        detail = "the server answered with status " + std::to_string(response.status) +
                 " and no explanation; is it a Ramify server?";
    Code code = response.status == 404   ? Code::not_found
                : response.status == 409 ? Code::conflict
                : response.status < 500  ? Code::invalid
                : response.status == 500 ? Code::bug
                                         : Code::unavailable;
    return fail(code, std::move(detail));
}

Result<bj::value> open_instance(ApiClient& api, const std::string& name) {
    auto response =
        TRY(api.send("POST", "/api/v1/database_instances", "{\"name\":" + bj::serialize(bj::value(name)) + "}"));
    if (!response.ok()) return error_of(response);
    return parsed(response.body);
}

Content content_of(std::string bytes) {
    return [bytes = std::move(bytes)](const std::function<bool(std::string_view)>& take) -> Result<void> {
        take(bytes);
        return {};
    };
}

namespace {

constexpr size_t part_bytes = 32 << 20;  // of a large content: what is held in memory, here and on the server

/// A content goes as one blob, or in parts that the server puts together.
Result<fetch::Response> send_content(ApiClient& api, const std::string& sha256, const Content& content) {
    std::string part;
    std::vector<std::string> parts;
    auto put = [&](const std::string& key) {
        return api.send("PUT", "/api/v1/blobs/" + key, std::exchange(part, {}), "application/octet-stream");
    };
    std::optional<Result<fetch::Response>> refused;
    auto send_part = [&] {
        parts.push_back(blob::key_of(part).text());
        auto sent = put(parts.back());
        if (!sent || !sent->ok()) refused = std::move(sent);
    };
    TRY(content([&](std::string_view piece) {
        while (!piece.empty() && !refused) {
            if (part.size() == part_bytes) send_part();
            size_t taken = std::min(piece.size(), part_bytes - part.size());
            part += piece.substr(0, taken);
            piece.remove_prefix(taken);
        }
        return !refused;
    }));
    if (parts.empty()) return put(sha256);
    if (!refused) send_part();
    if (refused) return *std::move(refused);
    std::string body = "{\"sha256\":\"" + sha256 + "\",\"parts\":[";
    for (const std::string& key : parts) body += (body.ends_with('[') ? "\"" : ",\"") + key + "\"";
    return api.send("POST", "/api/v1/blobs", body + "]}");
}

}  // namespace

Result<fetch::Response> ask(ApiClient& api, const std::string& path, const Asked& asked) {
    std::string body = to_json(asked.request);
    auto response = TRY(api.send("POST", path, body));
    if (response.status != 409) return response;
    bj::value problem = parsed(response.body);
    const auto* faults = problem.is_object() ? problem.as_object().if_contains("errors") : nullptr;
    if (!faults || !faults->is_array()) return response;
    for (const auto& fault : faults->as_array()) {
        std::string sha256 = text_of(fault, "/detail");
        auto content = asked.contents.find(sha256);
        if (content == asked.contents.end()) return response;
        auto sent = TRY(send_content(api, sha256, content->second));
        if (!sent.ok()) return sent;
    }
    return api.send("POST", path, body);
}

// ---- how to connect

void print_instance(const Terminal& terminal, const bj::value& value, const std::string& dsn,
                    const std::string& output) {
    terminal.out << (output == "json" ? bj::serialize(value) + "\n" : shown_connection(dsn, output)) << std::flush;
}

}  // namespace ry::cli
