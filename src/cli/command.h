#pragma once
// A row of the route table as a command: its arguments and flags, and what a command line asks of the server. Pure.
//
//     ramify chats say CHAT_ID TEXT [--branch-id ID] [--model TEXT] [--follow]
//
// Holes of the path are arguments, in their order. Members of the body or the query are flags; the positional ones may
// also stand as arguments after the holes.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/http/route.h"

namespace ry::cli {

enum class Takes { nothing, text, integer, number, json };

/// `--name VALUE` or, when it takes nothing, `--name` and `--no-name`.
struct Flag {
    std::string name;  ///< "branch-id"
    Takes takes = Takes::text;
    std::string placeholder;  ///< "ID", "TEXT", "oldest|newest"
    std::string doc;
    std::vector<std::string> choices;  ///< the only values, when not empty
    bool is_required = false;
    bool is_repeated = false;      ///< each further one adds an element
    const Field* field = nullptr;  ///< the member that it sets; null for flags of the command line itself
};

struct Argument {
    std::string placeholder;  ///< "CHAT_ID"
    std::string doc;
    bool is_required = true;
    bool is_tail = false;          ///< a path: its slashes stay
    const Field* field = nullptr;  ///< null for a hole of the path
};

struct Command {
    const http::Route* route = nullptr;
    std::string noun;
    std::string verb;
    std::vector<Argument> arguments;
    std::vector<Flag> flags;  ///< of the route; common_flags() are not among them
    std::string name() const { return noun + " " + verb; }
};

/// The routes that have a command, sorted by noun, in the order of the table within one. `routes` outlives them.
std::vector<Command> commands_of(std::span<const http::Route> routes);
const Command* find_command(std::span<const Command> commands, std::string_view noun, std::string_view verb);

/// The flags that every command of the API knows: --server, --profile, --token, --output and so on.
std::span<const Flag> common_flags();
/// Whether the command answers with a database that one can connect to: --output has more choices then.
bool answers_connection(const Command& command);
/// Whether a common flag means something for the command: --follow for streams, --body where a body is sent.
bool offers(const Command& command, const Flag& common_flag);
/// Whether what the flag sets may also stand as an argument.
bool is_argument(const Command& command, const Flag& flag);

/// "apps create NAME --template TEXT [--project-id ID]"
std::string usage_of(const Command& command);

enum class Output { automatic, table, json, dsn, env, assignment };

/// What a command line asks for, ready to be sent.
struct Invocation {
    const Command* command = nullptr;
    std::string target;                    ///< "/api/v1/chats/chat_…/messages?limit=5"
    std::string body;                      ///< JSON; "" for none
    std::optional<std::string> body_file;  ///< --body: read it from here instead; "-" is standard input
    std::string server;                    ///< "" when not named
    std::string profile;                   ///< "" when not named
    std::string token;                     ///< "" when not named
    std::string idempotency_key;
    std::string if_match;
    std::string after;  ///< events: the position to begin after
    Output output = Output::automatic;
    std::optional<bool> is_followed;  ///< --follow, --no-follow
    bool is_waited_for = false;       ///< --wait
    bool is_help_wanted = false;
    std::vector<std::string> holes;  ///< as given
};

/// Reads all of standard input; called when a value is "-".
using ReadInput = Result<std::string> (*)();

/// Code::invalid when the words are not what the command takes; the message says what it takes.
Result<Invocation> parse(const Command& command, std::span<const std::string> words, ReadInput read_input);

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3); "/" stays when `is_path`.
std::string percent_encoded(std::string_view text, bool is_path = false);

}  // namespace ry::cli
