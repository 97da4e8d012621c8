#include "cli/yaml_document.h"

#include <yaml.h>

#include <set>

#include "base/text.h"

namespace ry::cli {
namespace {

class Event {
public:
    Event() = default;
    ~Event() { yaml_event_delete(&event_); }
    Event(const Event&) = delete;
    yaml_event_t* get() { return &event_; }
    yaml_event_type_t type() const { return event_.type; }
    std::string text() const {
        return {reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length};
    }
    bool is_plain() const { return event_.data.scalar.style == YAML_PLAIN_SCALAR_STYLE; }
    std::string line() const { return "line " + std::to_string(event_.start_mark.line + 1) + ": "; }
    bool is_special() const {
        switch (event_.type) {
            case YAML_ALIAS_EVENT:
                return true;
            case YAML_SCALAR_EVENT:
                return event_.data.scalar.anchor || event_.data.scalar.tag;
            case YAML_SEQUENCE_START_EVENT:
                return event_.data.sequence_start.anchor || event_.data.sequence_start.tag;
            case YAML_MAPPING_START_EVENT:
                return event_.data.mapping_start.anchor || event_.data.mapping_start.tag;
            default:
                return false;
        }
    }

private:
    yaml_event_t event_{};
};

class Reading {
public:
    explicit Reading(std::string_view bytes) {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    }
    ~Reading() { yaml_parser_delete(&parser_); }
    Reading(const Reading&) = delete;

    Result<Json> run() {
        Event start, document, root, end, last;
        TRY(next(start));
        TRY(next(document));
        if (document.type() == YAML_STREAM_END_EVENT) return fail(Code::invalid, "it is empty");
        TRY(next(root));
        if (root.type() != YAML_MAPPING_START_EVENT)
            return fail(Code::invalid, root.line() + "it must be a mapping, such as `kind: psql`");
        TRY(mapping(1));
        TRY(next(end));
        TRY(next(last));
        if (last.type() != YAML_STREAM_END_EVENT)
            return fail(Code::invalid, last.line() + "a second document begins; write one a file");
        return Json{std::move(json_)};
    }

private:
    Result<void> next(Event& event) {
        if (!yaml_parser_parse(&parser_, event.get()))
            return fail(Code::invalid, "line " + std::to_string(parser_.problem_mark.line + 1) + ": " +
                                           (parser_.problem ? parser_.problem : "it is not YAML"));
        if (event.is_special())
            return fail(Code::invalid, event.line() + "anchors, aliases and tags are not taken; write the value out");
        return {};
    }

    Result<void> mapping(int depth) {
        json_ += '{';
        std::set<std::string> keys;
        while (true) {
            Event key;
            TRY(next(key));
            if (key.type() == YAML_MAPPING_END_EVENT) break;
            if (key.type() != YAML_SCALAR_EVENT) return fail(Code::invalid, key.line() + "a name must be a text");
            if (!keys.insert(key.text()).second)
                return fail(Code::invalid, key.line() + key.text() + " stands here twice; remove one");
            if (keys.size() > 1) json_ += ',';
            json::write_string(json_, key.text());
            json_ += ':';
            Event item;
            TRY(next(item));
            bool is_word = item.type() == YAML_SCALAR_EVENT && item.is_plain();
            if (is_word && (item.text() == "true" || item.text() == "false"))
                json_ += item.text();
            else if (is_word && (item.text() == "null" || item.text() == "~" || item.text().empty()))
                json_ += "null";
            else
                TRY(value(item, depth));
        }
        json_ += '}';
        return {};
    }

    Result<void> list(int depth) {
        json_ += '[';
        for (bool is_first = true;; is_first = false) {
            Event item;
            TRY(next(item));
            if (item.type() == YAML_SEQUENCE_END_EVENT) break;
            if (!is_first) json_ += ',';
            TRY(value(item, depth));
        }
        json_ += ']';
        return {};
    }

    Result<void> value(const Event& item, int depth) {
        if (depth == yaml_depth_max) return fail(Code::invalid, item.line() + "it is nested too deep");
        if (item.type() == YAML_MAPPING_START_EVENT) return mapping(depth + 1);
        if (item.type() == YAML_SEQUENCE_START_EVENT) return list(depth + 1);
        json::write_string(json_, item.text());
        return {};
    }

    yaml_parser_t parser_{};
    std::string json_;
};

}  // namespace

Result<Json> json_of_yaml(std::string_view bytes) {
    if (bytes.size() > yaml_bytes_max)
        return fail(Code::invalid, "it has more than 256 KiB, which is too much for what a person writes");
    if (!is_utf8(bytes)) return fail(Code::invalid, "it is not UTF-8; save it so");
    return Reading(bytes).run();
}

}  // namespace ry::cli
