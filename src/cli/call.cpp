#include "cli/call.h"

#include <boost/json.hpp>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>

#include "base/text.h"
#include "cli/connection.h"
#include "cli/events.h"
#include "cli/interrupts.h"
#include "kernel/fetch/fetch.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

constexpr size_t input_bytes_max = 64 << 20;
constexpr size_t answer_bytes_max = 256 << 20;  // files cat of the largest file that an app may have, and more
constexpr size_t line_bytes_max = 64 << 20;     // of one event
constexpr int64_t poll_ms = 200;                // --wait
constexpr int64_t reconnect_pause_ms = 500;

std::string text_of(const bj::value& object, std::string_view name) {
    const bj::value* value =
        object.is_object() ? object.as_object().if_contains(bj::string_view(name.data(), name.size())) : nullptr;
    return value && value->is_string() ? std::string(value->as_string()) : "";
}
bj::value parsed(const std::string& json) {
    boost::system::error_code error;
    bj::value value = bj::parse(json, error);
    return error ? bj::value() : value;
}

/// Whether what was tested does not work: a model that did not answer, an audit log that was changed.
bool says_no(const bj::value& answer) {
    for (std::string_view name : {"ok", "is_valid"})
        if (const bj::value* value = answer.is_object()
                                         ? answer.as_object().if_contains(bj::string_view(name.data(), name.size()))
                                         : nullptr)
            if (value->is_bool() && !value->as_bool()) return true;
    return false;
}

/// False when somebody asked to stop while it waited.
bool pause(std::stop_token stop, int64_t ms) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
    return !stop.stop_requested();
}

/// One command on its way: what it sends, how it prints.
class Call {
public:
    Call(const Terminal& terminal, const Invocation& invocation, const Endpoint& endpoint)
        : terminal_(terminal),
          invocation_(invocation),
          command_(*invocation.command),
          route_(*command_.route),
          endpoint_(endpoint),
          printer_(terminal),
          fetch_({.ca_file = endpoint.ca_file}) {
        is_json_ =
            invocation.output == Output::json || (invocation.output == Output::automatic && !terminal.is_interactive);
        op_ = server_op("command line");
        op_.stop = interrupts_.token();
    }

    Exit run() {
        bool is_stream = route_.answers == http::Answers::events;
        if (invocation_.is_followed.value_or(is_stream)) return is_stream ? follow_events() : follow_answer();
        fetch::Request wanted = request();
        if (is_stream) wanted.headers.emplace_back("Accept", "application/json");  // a page
        auto response = fetch_.send(op_, std::move(wanted));
        if (!response) return not_reached(response.error());
        if (!response->ok()) return refused(*response);
        if (command_.name() == "previews open") return print_address(std::move(response->body));
        if (invocation_.output >= Output::dsn) return print_connection(parsed(response->body));
        print(*response);
        return says_no(parsed(response->body)) ? Exit::failed : Exit::ok;
    }

    /// --body's content, when it is asked for.
    Result<void> read_body() {
        body_ = invocation_.body_file ? TRY(read_file(*invocation_.body_file)) : invocation_.body;
        return {};
    }

private:
    fetch::Request request() const {
        fetch::Request request{.method = std::string(http::name_of(route_.method)),
                               .url = endpoint_.url + invocation_.target,
                               .body = body_,
                               .addresses = fetch::Addresses::any,
                               .body_bytes_max = answer_bytes_max};
        request.first_byte_timeout_ms = route_.limits.deadline_ms + 10'000;  // the server's own deadline answers first
        if (!body_.empty())
            request.headers.emplace_back("Content-Type",
                                         route_.takes_file ? "application/octet-stream" : "application/json");
        if (!endpoint_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + endpoint_.token);
        if (!invocation_.idempotency_key.empty())
            request.headers.emplace_back("Idempotency-Key", invocation_.idempotency_key);
        if (!invocation_.if_match.empty())
            request.headers.emplace_back("If-Match",
                                         invocation_.if_match == "*" ? "*" : "\"" + invocation_.if_match + "\"");
        return request;
    }

    void say(Style style, std::string_view text) { terminal_.err << styled(terminal_, style, text) << "\n"; }

    Exit not_reached(const Error& error) {
        if (interrupts_.happened()) return Exit::interrupted;
        terminal_.err << styled(terminal_, Style::red, "error:") << " " << unreached(endpoint_, error).message << "\n";
        return error.code == Code::unavailable || error.code == Code::timed_out ? Exit::unreachable : Exit::failed;
    }

    Exit refused(const fetch::Response& response) {
        if (is_json_ && !response.body.empty())
            terminal_.out << response.body << (response.body.ends_with('\n') ? "" : "\n");
        terminal_.err << shown_problem(terminal_, response.status, response.body);
        Exit exit = command_.noun == "db" ? exit_of_database_status(response.status) : exit_of_status(response.status);
        terminal_.err << hint_of_refusal(endpoint_, response);
        return exit;
    }

    Exit print_connection(const bj::value& answer) {
        std::string dsn = text_of(answer, "dsn");
        if (dsn.empty()) {
            say(Style::red, "nobody can connect to it yet; --output json says how it is");
            return Exit::failed;
        }
        constexpr std::pair<Output, std::string_view> names[] = {
            {Output::dsn, "dsn"}, {Output::env, "env"}, {Output::assignment, "assignment"}};
        for (auto [output, name] : names)
            if (output == invocation_.output) terminal_.out << shown_connection(dsn, name) << std::flush;
        return Exit::ok;
    }

    void print(const fetch::Response& response) {
        bool is_raw = route_.answers == http::Answers::bytes || route_.answers == http::Answers::response;
        if (is_raw) {
            terminal_.out << response.body << std::flush;
        } else if (is_json_) {
            if (!response.body.empty()) terminal_.out << response.body << "\n" << std::flush;
        } else if (response.body.empty()) {
            say(Style::dim, "Done.");
        } else {
            terminal_.out << shown(terminal_, route_.response ? route_.response->name : "", response.body, now())
                          << std::flush;
            hint(parsed(response.body));
        }
    }

    /// What a person may want to do next.
    void hint(const bj::value& answer) {
        if (std::string cursor = text_of(answer, "next_cursor"); !cursor.empty())
            say(Style::dim, "There are more: --cursor " + cursor);
        if (command_.name() == "apps create") {
            say(Style::dim,
                "\nSay what to change:  ramify chats say " + text_of(answer, "chat_id") + " \"…\" --follow");
            say(Style::dim, "See it running:      ramify previews open " + text_of(answer, "id") + " --wait");
        }
        if (route_.answers == http::Answers::following)
            say(Style::dim, "\nThe answer is being written. --follow prints it as it comes.");
    }

    // ---- previews

    Exit print_address(std::string body) {
        while (invocation_.is_waited_for) {
            bj::value preview = parsed(body);
            std::string status = text_of(preview, "status");
            if (status != "queued" && status != "installing" && status != "starting") break;
            if (terminal_.is_interactive && status != waited_status_) say(Style::dim, status + " …");
            waited_status_ = status;
            if (!pause(op_.stop, poll_ms)) return Exit::interrupted;
            auto response = fetch_.send(op_, preview_request(text_of(preview, "id")));
            if (!response) return not_reached(response.error());
            if (!response->ok()) return refused(*response);
            body = std::move(response->body);
        }
        bj::value preview = parsed(body);
        bool has_failed = invocation_.is_waited_for && text_of(preview, "status") != "ready" &&
                          text_of(preview, "status") != "asleep";
        if (invocation_.output == Output::json)
            terminal_.out << body << "\n" << std::flush;
        else if (!has_failed)
            terminal_.out << text_of(preview, "url") << "\n" << std::flush;
        if (has_failed) say(Style::red, "the preview " + text_of(preview, "status") + ": " + text_of(preview, "error"));
        return has_failed ? Exit::failed : Exit::ok;
    }

    fetch::Request preview_request(const std::string& id) const {
        fetch::Request wanted = request();
        wanted.method = "GET";
        wanted.url = endpoint_.url + "/api/v1/previews/" + percent_encoded(id);
        wanted.body.clear();
        return wanted;
    }

    // ---- streams

    /// Takes pieces of NDJSON; false when nothing more is wanted.
    bool take(std::string_view bytes) {
        pending_ += bytes;
        size_t start = 0;
        for (size_t end; (end = pending_.find('\n', start)) != std::string::npos; start = end + 1) {
            std::string_view line = std::string_view(pending_).substr(start, end - start);
            if (line.empty()) continue;  // the stream says that it lives
            std::string text = printer_.print(line);
            if (is_json_)
                terminal_.out << line << "\n";
            else
                terminal_.out << text;
        }
        pending_.erase(0, start);
        terminal_.out << std::flush;
        return terminal_.out.good() && pending_.size() < line_bytes_max && !printer_.is_over();
    }

    Result<fetch::Response> stream(fetch::Request wanted) {
        wanted.headers.emplace_back("Accept", "application/x-ndjson");
        pending_.clear();
        return fetch_.stream(op_, std::move(wanted), [&](std::string_view bytes) { return take(bytes); });
    }

    /// An answer that is written on the POST itself.
    Exit follow_answer() {
        auto response = stream(request());
        if (!is_json_) terminal_.out << printer_.end_line() << std::flush;
        if (interrupts_.happened()) return interrupted();
        if (!response && printer_.position().empty()) return not_reached(response.error());
        if (!response || (response->ok() && !printer_.is_answered())) {
            say(Style::red,
                "the connection was lost; the answer goes on. Read it with: ramify chats follow " + printer_.chat_id());
            return Exit::unreachable;
        }
        if (!response->ok()) return refused(*response);
        return printer_.has_failed() ? Exit::failed : Exit::ok;
    }

    Exit follow_events() {
        std::string after = invocation_.after;
        int64_t lost_ms = 0;  // when the connection was lost; 0: it was not
        while (true) {
            fetch::Request wanted = request();
            if (!after.empty()) wanted.headers.emplace_back("Last-Event-ID", after);
            std::string before = printer_.position();
            int64_t began_ms = steady_ms();
            auto response = stream(std::move(wanted));
            if (interrupts_.happened()) return interrupted();
            if (response && !response->ok() && response->status != 503) return refused(*response);
            if (printer_.is_over() || !terminal_.out.good()) return printer_.has_failed() ? Exit::failed : Exit::ok;
            if (!response && printer_.position().empty()) return not_reached(response.error());
            if (printer_.position() != before || steady_ms() - began_ms > reconnect_ms_max) lost_ms = 0;
            if (!lost_ms) lost_ms = steady_ms();
            if (steady_ms() - lost_ms > reconnect_ms_max)
                return not_reached(response ? fail(Code::unavailable, "it ended the stream again and again")
                                            : response.error());
            after = printer_.position().empty() ? after : printer_.position();
            if (!pause(op_.stop, reconnect_pause_ms)) return interrupted();
        }
    }

    Exit interrupted() {
        if (!is_json_) terminal_.out << printer_.end_line() << std::flush;
        if (route_.answers == http::Answers::following && !printer_.generation_id().empty())
            say(Style::dim, "The answer goes on. Watch it:  ramify chats follow " + printer_.chat_id() +
                                "\n                Stop it:   ramify generations abort " + printer_.generation_id());
        return Exit::interrupted;
    }

    const Terminal& terminal_;
    const Invocation& invocation_;
    const Command& command_;
    const http::Route& route_;
    const Endpoint& endpoint_;
    std::string body_, pending_, waited_status_;
    bool is_json_ = false;
    EventPrinter printer_;
    Interrupts interrupts_;
    fetch::Fetch fetch_;
    Op op_;
};

Result<std::string> read_all(std::istream& in, const std::string& name) {
    std::string text;
    char piece[65536];
    while (in.read(piece, sizeof piece) || in.gcount() > 0) {
        text.append(piece, size_t(in.gcount()));
        if (text.size() > input_bytes_max) return fail(Code::too_large, name + " is larger than 64 MiB");
    }
    return text;
}

}  // namespace

Exit call(const Terminal& terminal, const Invocation& invocation, const Endpoint& endpoint) {
    Call one(terminal, invocation, endpoint);
    if (auto read = one.read_body(); !read) {
        terminal.err << styled(terminal, Style::red, "error:") << " " << read.error().message << "\n";
        return Exit::usage;
    }
    return one.run();
}

Result<std::string> read_standard_input() { return read_all(std::cin, "standard input"); }

Result<std::string> read_file(const std::string& path) {
    if (path == "-") return read_standard_input();
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(Code::not_found, path + " cannot be read; see whether it is there");
    return read_all(file, path);
}

}  // namespace ry::cli
