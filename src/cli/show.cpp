#include "cli/show.h"

#include <algorithm>
#include <boost/json.hpp>
#include <span>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "cli/table.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

constexpr size_t hash_columns = 64;  // an id that is a hash is named by its beginning
constexpr size_t hash_columns_shown = 12;
constexpr size_t cell_bytes_max = 400;  // more never fits a line

/// The columns of a list, the ones that may be left out on a narrow terminal last.
struct View {
    std::string_view kind;
    std::vector<std::string_view> columns;
};
const View views[] = {
    {"App", {"name", "id", "template", "updated_at", "chat_id"}},
    {"Branch", {"title", "id", "messages_count", "is_main", "last_message_preview"}},
    {"Chat", {"title", "id", "status", "last_message_at"}},
    {"DatabaseImage", {"name", "version", "source", "digest"}},
    {"DatabaseState", {"id", "title", "image", "bytes", "build_ms", "uses", "instances", "refs", "created_at"}},
    {"ClusterDatabase", {"name", "bytes"}},
    {"DatabaseRun", {"id", "outcome", "command", "source", "exit_code", "ms", "created_at", "state_id"}},
    {"Entry", {"seq", "at", "action", "object", "outcome", "actor"}},
    {"File", {"path", "size", "kind"}},
    {"Found", {"chat_title", "excerpt", "role", "created_at", "chat_id", "branch_id", "seq"}},
    {"Instance", {"id", "name", "status", "image", "origin", "last_used_at", "expires_at", "state_id"}},
    {"Job", {"kind", "status", "id", "attempt", "created_at", "message"}},
    {"ListedProfile", {"name", "id", "tags", "creator", "updated_at"}},
    {"Message", {"seq", "role", "text", "id"}},
    {"Model", {"name", "provider", "model", "is_default", "has_api_key", "id"}},
    {"ModelPolicy", {"name", "position", "task", "data_class", "id", "cost_usd_max"}},
    {"LoreEntry", {"uid", "comment", "keys", "position", "insertion_order", "enabled"}},
    {"Lorebook", {"name", "id", "entries_count", "updated_at"}},
    {"Persona", {"name", "id", "is_default", "description"}},
    {"Pipeline", {"name", "id", "number", "next_run_at", "updated_at", "description"}},
    {"PipelineVersion", {"number", "created_at", "created_by"}},
    {"Prepare", {"id", "status", "image", "cached", "ms", "created_at"}},
    {"PromptTemplate", {"name", "id", "scope", "scope_id", "is_enabled", "updated_at"}},
    {"Preview", {"status", "url", "id", "branch_id"}},
    {"Ref", {"name", "state_id", "is_pinned", "keep_until", "tags"}},
    {"Run", {"id", "trigger", "status", "created_at"}},
    {"RunEffect", {"type", "step", "id", "created_at", "undone_at"}},
    {"StepType", {"name", "doc"}},
    {"SessionSummary", {"id", "address", "is_current", "last_seen_at", "user_agent"}},
    {"Template", {"name", "title", "description", "stack"}},
    {"Token", {"name", "id", "created_at", "last_used_at", "expires_at"}},
    {"Variant", {"number", "kind", "is_selected", "text", "id"}},
    {"Version", {"number", "title", "id", "created_at", "files_changed"}},
};

std::string_view text_of(const bj::value& value) {
    return value.is_string() ? std::string_view(value.as_string()) : std::string_view();
}

bool is_time(std::string_view name) { return name.ends_with("_at") || name == "at"; }
bool is_id(std::string_view name) { return name == "id" || name.ends_with("_id"); }

std::string title_of(std::string_view name) {
    if (name.starts_with("is_") || name.starts_with("has_")) name.remove_prefix(name.find('_') + 1);
    if (name.ends_with("_at") && name.size() > 3) name.remove_suffix(3);
    if (name.ends_with("_count")) name.remove_suffix(6);
    if (name == "ms") name = "time";
    if (name.ends_with("_ms")) name.remove_suffix(3);
    std::string title(name);
    std::ranges::replace(title, '_', ' ');
    return title;
}

Style style_of_status(std::string_view status) {
    constexpr std::string_view good[] = {"ready", "done", "added", "streaming"},
                               bad[] = {"failed", "error", "denied", "deleted", "aborted"},
                               moving[] = {"queued", "running", "installing", "starting", "waiting"};
    if (std::ranges::find(good, status) != std::end(good)) return Style::green;
    if (std::ranges::find(bad, status) != std::end(bad)) return Style::red;
    return std::ranges::find(moving, status) != std::end(moving) ? Style::yellow : Style::plain;
}

/// A value on one line; "" for null, objects and lists of objects.
std::string plain(std::string_view name, const bj::value& value, Time now) {
    if (auto time = is_time(name) ? parse_time(text_of(value)) : std::nullopt) return age(*time, now);
    if (value.is_string()) return one_line(utf8_prefix(text_of(value), cell_bytes_max));
    if (value.is_bool()) return value.as_bool() ? "yes" : "no";
    if (value.is_int64() && (name == "ms" || name.ends_with("_ms"))) return duration(value.as_int64());
    if (value.is_int64() && (name == "bytes" || name.ends_with("_bytes") || name.starts_with("bytes_")))
        return human_bytes(value.as_int64());
    if (auto number = value.if_double()) {
        std::string text;
        json::write_number(text, *number);
        return text;
    }
    if (value.is_number()) return bj::serialize(value);
    std::string list;
    if (auto array = value.if_array())
        for (const auto& item : *array)
            if (item.is_primitive() && !item.is_null()) list += (list.empty() ? "" : ", ") + plain("", item, now);
    return list;
}

Cell cell_of(std::string_view name, const bj::value& value, Time now) {
    std::string text = value.is_bool() && !value.as_bool() ? "" : plain(name, value, now);
    if (is_id(name) && text.size() == hash_columns) text.resize(hash_columns_shown);
    Style style = name == "status" || name == "outcome" ? style_of_status(text)
                  : is_id(name) || is_time(name)        ? Style::dim
                                                        : Style::plain;
    if (name == "name" || name == "title") style = Style::bold;
    return {std::move(text), style};
}

/// The columns of a kind without a view: every member that fits one.
std::vector<std::string_view> columns_of(std::string_view kind, const bj::array& items) {
    for (const View& view : views)
        if (view.kind == kind) return view.columns;
    std::vector<std::string_view> columns;
    if (!items.empty() && items[0].is_object())
        for (const auto& member : items[0].as_object())
            if (!member.value().is_structured()) columns.push_back({member.key().data(), member.key().size()});
    return columns;
}

std::string shown_list(const Terminal& terminal, std::string_view kind, const bj::array& items, Time now) {
    if (items.empty()) return styled(terminal, Style::dim, "Nothing here yet.") + "\n";
    std::vector<Column> columns;
    std::vector<std::string_view> names = columns_of(kind, items);
    std::vector<std::vector<Cell>> rows(items.size());
    for (std::string_view name : names) {
        bool is_number = false;
        for (size_t i = 0; i < items.size(); ++i) {
            const bj::value* value = items[i].is_object()
                                         ? items[i].as_object().if_contains(bj::string_view(name.data(), name.size()))
                                         : nullptr;
            rows[i].push_back(value ? cell_of(name, *value, now) : Cell{});
            is_number = is_number || (value && value->is_number());
        }
        columns.push_back({title_of(name), is_number ? Align::right : Align::left,
                           is_number || is_id(name) || is_time(name) || name == "url"});
    }
    return table(terminal, columns, rows);
}

std::string shown_patch(const Terminal& terminal, std::string_view patch) {
    std::string text;
    for (std::string_view line : split(patch.ends_with('\n') ? patch.substr(0, patch.size() - 1) : patch, '\n')) {
        Style style = line.starts_with("@@") ? Style::blue
                      : line.starts_with("+++") || line.starts_with("---") || line.starts_with("diff ") ||
                              line.starts_with("index ")
                          ? Style::dim
                      : line.starts_with('+') ? Style::green
                      : line.starts_with('-') ? Style::red
                                              : Style::plain;
        text += styled(terminal, style, printable(line)) + "\n";
    }
    return text;
}

std::string shown_diff(const Terminal& terminal, const bj::array& files) {
    if (files.empty()) return styled(terminal, Style::dim, "No difference.") + "\n";
    std::string text;
    for (const auto& item : files) {
        const bj::object& file = item.as_object();
        std::string counts = "+" + bj::serialize(file.at("additions")) + " -" + bj::serialize(file.at("deletions"));
        text += (text.empty() ? "" : "\n") + styled(terminal, Style::bold, one_line(text_of(file.at("path")))) + "  " +
                styled(terminal, style_of_status(text_of(file.at("status"))), text_of(file.at("status"))) + "  " +
                styled(terminal, Style::dim, counts) + "\n";
        text += file.at("is_binary").as_bool() ? styled(terminal, Style::dim, "  not text") + "\n"
                                               : shown_patch(terminal, text_of(file.at("patch")));
    }
    return text;
}

/// A member on one line; "" when it does not fit one.
std::string member_text(std::string_view name, const bj::value& value, Time now) {
    if (const bj::value* named = value.is_object() ? value.as_object().if_contains("name") : nullptr)
        return plain("name", *named, now);
    if (name == "token" || name == "url") return printable(text_of(value));
    return plain(name, value, now);
}

/// One member a line; lists of objects and long texts after them.
std::string shown_object(const Terminal& terminal, const bj::object& object, Time now) {
    struct Line {
        std::string title, text;
        Style style;
    };
    std::vector<Line> lines;
    std::string rest;
    size_t room = 0;
    for (const auto& member : object) {
        std::string_view name(member.key().data(), member.key().size());
        std::string title = title_of(name);
        const bj::value& value = member.value();
        if (auto list = value.if_array(); list && !list->empty() && (*list)[0].is_object()) {
            rest += "\n" + styled(terminal, Style::bold, title) + "\n" + shown_list(terminal, "", *list, now);
        } else if (text_of(value).find('\n') != std::string_view::npos) {
            rest += "\n" + styled(terminal, Style::bold, title) + "\n" + printable(text_of(value)) +
                    (text_of(value).ends_with('\n') ? "" : "\n");
        } else if (std::string text = member_text(name, value, now); !text.empty()) {
            room = std::max(room, width_of(title));
            lines.push_back({title, text, name == "status" ? style_of_status(text) : Style::plain});
        }
    }
    std::string all;
    for (const auto& [title, text, style] : lines) {
        std::string before = styled(terminal, Style::dim, padded(title, room)) + "  ";
        for (const std::string& line : wrapped(text, terminal.columns - std::min(terminal.columns, room + 2))) {
            all += before + styled(terminal, style, line) + "\n";
            before = std::string(room + 2, ' ');
        }
    }
    return all + rest;
}

}  // namespace

std::string shown(const Terminal& terminal, std::string_view kind, std::string_view json, Time now) {
    boost::system::error_code error;
    bj::value value = bj::parse(bj::string_view(json.data(), json.size()), error);
    if (error || !value.is_object()) return printable(json) + "\n";
    const bj::object& object = value.as_object();
    if (auto items = object.if_contains("items"); items && items->is_array())
        return shown_list(terminal, kind == "Files" ? "File" : kind, items->as_array(), now);
    if (kind == "Diff") return shown_diff(terminal, object.at("files").as_array());
    return shown_object(terminal, object, now);
}

std::string age(Time time, Time now) {
    int64_t seconds = (now.us - time.us) / 1'000'000;
    int64_t distance = seconds < 0 ? -seconds : seconds;
    constexpr int64_t minute = 60, hour = 3600, day = 86400;
    if (distance > 30 * day) return rfc3339(time).substr(0, 10);
    std::string text = distance < minute ? std::to_string(distance) + " s"
                       : distance < hour ? std::to_string(distance / minute) + " min"
                       : distance < day  ? std::to_string(distance / hour) + " h"
                                         : std::to_string(distance / day) + " d";
    return seconds < 0 ? "in " + text : text + " ago";
}

std::string human_bytes(int64_t bytes) {
    constexpr std::string_view units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    int64_t tenths = bytes * 10;
    while (tenths >= 10'000 && unit + 1 < std::size(units)) tenths /= 1'000, ++unit;
    std::string text = std::to_string(tenths / 10);
    if (unit > 0 && tenths < 100) text += "." + std::to_string(tenths % 10);
    return text + " " + std::string(units[unit]);
}

std::string duration(int64_t ms) {
    if (ms < 1'000) return std::to_string(ms) + " ms";
    if (ms < 60'000) return std::to_string(ms / 1'000) + "." + std::to_string(ms % 1'000 / 100) + " s";
    struct Unit {
        int64_t ms;
        std::string_view name;
    };
    constexpr Unit units[] = {{86'400'000, " d"}, {3'600'000, " h"}, {60'000, " min"}, {1'000, " s"}};
    size_t largest = 0;
    while (ms < units[largest].ms) ++largest;
    std::string text = std::to_string(ms / units[largest].ms) + std::string(units[largest].name);
    if (largest + 1 == std::size(units)) return text;
    const Unit& next = units[largest + 1];
    int64_t rest = ms % units[largest].ms / next.ms;
    return rest ? text + " " + std::to_string(rest) + std::string(next.name) : text;
}

std::string shown_problem(const Terminal& terminal, int status, std::string_view json) {
    boost::system::error_code error;
    bj::value value = bj::parse(bj::string_view(json.data(), json.size()), error);
    std::string label = styled(terminal, Style::red, "error:") + " ";
    const bj::value* detail = !error && value.is_object() ? value.as_object().if_contains("detail") : nullptr;
    if (!detail)
        return label + "the server answered with status " + std::to_string(status) +
               " and no explanation; is it a Ramify server?\n";
    std::string text = label + one_line(text_of(*detail)) + "\n";
    auto faults = value.as_object().if_contains("errors");
    if (!faults || !faults->is_array()) return text;
    for (const auto& fault : faults->as_array()) {
        const bj::object* one = fault.if_object();
        if (one && one->contains("pointer") && one->contains("detail"))
            text += "  " + one_line(text_of(one->at("pointer"))) + "  " + one_line(text_of(one->at("detail"))) + "\n";
    }
    return text;
}

Exit exit_of_status(int status) {
    if (status < 400) return Exit::ok;
    if (status == 404) return Exit::not_found;
    if (status == 401 || status == 403) return Exit::refused;
    return status >= 502 && status <= 504 ? Exit::unreachable : Exit::failed;
}

Exit exit_of_database_status(int status) {
    if (status < 400) return Exit::ok;
    if (status == 400 || status == 422) return Exit::usage;
    if (status == 401 || status == 403) return Exit::refused;
    if (status >= 502 && status <= 504)
        return Exit::unreachable;  // what a proxy says when the server is away, or the server while it starts
    return status == 500 ? Exit::internal : Exit::failed;
}

}  // namespace ry::cli
