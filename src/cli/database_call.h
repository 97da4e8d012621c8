#pragma once
// Inside: what every `db` command does alike: its flags, the server it speaks to, what it says when something is wrong.
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/api_client.h"
#include "cli/call.h"
#include "cli/database.h"
#include "cli/database_ref.h"
#include "cli/own_commands.h"
#include "cli/show.h"
#include "cli/terminal.h"
#include "modules/databases/prepare_model.h"

namespace ry::cli {

/// A member of JSON by its pointer, such as "/failure/line"; empty, 0 or false when it is not there or of another type.
std::string text_of(const boost::json::value& value, std::string_view pointer);
int64_t number_of(const boost::json::value& value, std::string_view pointer);
bool flag_of(const boost::json::value& value, std::string_view pointer);
/// null for what is not JSON.
boost::json::value parsed(std::string_view json);

/// What is wrong, on standard error; the exit code that says so.
int wrong(const Terminal& terminal, std::string_view message);
int failed(const Terminal& terminal, const Error& error);

/// The answer's problem as an error: 404 is not_found, 409 conflict, 4xx otherwise invalid, 500 bug, 5xx otherwise
/// unavailable.
Error error_of(const fetch::Response& response);

/// "90s", "30m", "2h", "1d"; a number alone is seconds.
std::optional<int64_t> parse_duration_ms(std::string_view text);

/// The flags of a command before "--", and the words after it.
struct Words {
    std::map<std::string, std::string> values;
    std::vector<std::string> inputs, before, masks,
        tables;  ///< --input, --before, --mask and --table, which may be repeated
    std::vector<std::string> positional;
    std::vector<std::string> rest;
    std::string folder;  ///< of a recipe, absolute: names are relative to it; empty: the working directory
    bool has(const std::string& flag) const { return values.contains(flag); }
    std::string get(const std::string& flag) const { return has(flag) ? values.at(flag) : ""; }
};
/// Code::invalid when a word is no flag of the command, lacks its value, or has one that it may not have.
Result<Words> read_words(const OwnCommand& command, std::span<const std::string> words);

class Provenance;

/// One `db` command on its way.
struct DatabaseCall {
    const Terminal& terminal;
    const OwnCommand& command;
    const Words& words;
    const Surroundings& surroundings;
    Provenance* provenance = nullptr;  ///< with --provenance
    mutable Endpoint found = {};       ///< what server() has found: what is refused may be the token's fault
    /// The server that was named, else that of the data directory, started now when none runs; asked for once.
    Result<Endpoint> server(Unnamed unnamed = Unnamed::started) const;
    bool wants_json() const { return words.has("output") ? words.get("output") == "json" : !terminal.is_interactive; }
};
/// As those of a terminal; --provenance has the reason too.
int failed(const DatabaseCall& call, const Error& error);
int refused(const DatabaseCall& call, const fetch::Response& response);
/// What is wrong with the words, and how they should be; 2.
int misused(const DatabaseCall& call, std::string_view message);

/// The instance of a name, an id or a ref, awake, with its DSN.
Result<boost::json::value> open_instance(ApiClient& api, const std::string& name);

/// A content in pieces, until `take` returns false; whenever the server wants to have it.
using Content = std::function<Result<void>(const std::function<bool(std::string_view piece)>& take)>;
/// By SHA-256.
using Contents = std::map<std::string, Content>;
/// What is in memory already.
Content content_of(std::string bytes);
/// A clone that is wanted of a running server.
struct CloneWanted {
    std::string dsn;                   ///< without the password
    std::string password;              ///< for pg_dump's environment alone
    std::string shown;                 ///< "app@db.example.com/shop"
    std::vector<std::string> options;  ///< of pg_dump
    bool is_refresh = false;           ///< take it again
};
/// What is asked for goes to the server; what it does not have of the inputs is sent, and it is asked again.
struct Asked {
    databases::PrepareRequest request;
    Contents contents;
    std::vector<std::string> warnings;
    InputPlace place;                       ///< where its inputs come from
    std::optional<CloneWanted> clone = {};  ///< of the step of this kind, whose input resolve_clone() finds
    std::string recipe;                     ///< the file that says what is asked for; empty without one
};
Result<fetch::Response> ask(ApiClient& api, const std::string& path, const Asked& asked);

/// How to connect, as --output says: all of `value` as JSON, or what connection.h makes of the DSN.
void print_instance(const Terminal& terminal, const boost::json::value& value, const std::string& dsn,
                    const std::string& output);

}  // namespace ry::cli
