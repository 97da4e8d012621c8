// XML by expat, which knows no other file: external entities and DTDs are not read, and internal ones cannot grow
// without bounds (expat's own protection against amplification).
#include <expat.h>

#include <memory>

#include "modules/databases/liquibase/node.h"

namespace ry::databases::liquibase {
namespace {

std::string local_name(const char* qualified) {
    std::string_view name = qualified;
    return std::string(name.substr(name.rfind(':') + 1));
}

class Reading {
public:
    explicit Reading(std::string_view bytes) : parser_(XML_ParserCreate(nullptr), XML_ParserFree), bytes_(bytes) {
        XML_SetUserData(parser_.get(), this);
        XML_SetElementHandler(
            parser_.get(),
            [](void* self, const char* name, const char** attributes) {
                static_cast<Reading*>(self)->open(name, attributes);
            },
            [](void* self, const char*) { static_cast<Reading*>(self)->close(); });
        XML_SetStartDoctypeDeclHandler(parser_.get(), [](void* self, const char*, const char*, const char*, int) {
            static_cast<Reading*>(self)->has_doctype_ = true;
        });
    }

    Result<Node> run() {
        constexpr size_t piece_bytes = 1 << 20;  // XML_Parse takes an int
        for (size_t at = 0; at <= bytes_.size(); at += piece_bytes) {
            std::string_view piece = bytes_.substr(at, piece_bytes);
            bool is_last = at + piece_bytes >= bytes_.size();
            auto status = XML_Parse(parser_.get(), piece.data(), int(piece.size()), is_last);
            if (!refusal_.empty()) return malformed(refused_line_, refusal_);
            if (status == XML_STATUS_ERROR) return malformed(line(), XML_ErrorString(XML_GetErrorCode(parser_.get())));
            if (is_last) break;
        }
        return std::move(root_);
    }

private:
    int64_t line() const { return int64_t(XML_GetCurrentLineNumber(parser_.get())); }
    size_t position() const { return size_t(XML_GetCurrentByteIndex(parser_.get())); }

    void refuse(std::string_view why) {
        refusal_ = why;
        refused_line_ = line();
        XML_StopParser(parser_.get(), XML_FALSE);
    }

    void open(const char* name, const char** attributes) {
        if (open_.size() >= size_t(document_limit::depth_max)) return refuse("elements are nested too deep");
        if (++elements_ > document_limit::elements_max) return refuse("it has more than 400,000 elements; split it");
        Node node{.name = local_name(name), .line = line(), .begin = position(), .depends_on_others = has_doctype_};
        for (; *attributes; attributes += 2) node.attributes.emplace_back(local_name(attributes[0]), attributes[1]);
        open_.push_back(std::move(node));
    }

    void close() {
        Node node = std::move(open_.back());
        open_.pop_back();
        node.end = position() + size_t(XML_GetCurrentByteCount(parser_.get()));
        if (open_.empty())
            root_ = std::move(node);
        else
            open_.back().children.push_back(std::move(node));
    }

    std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
    std::string_view bytes_;
    std::vector<Node> open_;
    Node root_;
    size_t elements_ = 0;
    bool has_doctype_ = false;  // it may define entities, which elements then depend on
    std::string refusal_;
    int64_t refused_line_ = 0;
};

}  // namespace

const std::string* Node::find(std::string_view attribute) const {
    for (const auto& [key, value] : attributes)
        if (key == attribute) return &value;
    return nullptr;
}

std::string Node::get(std::string_view attribute) const {
    const std::string* value = find(attribute);
    return value ? *value : "";
}

Error malformed(int64_t line, std::string_view what) {
    return fail(Code::invalid, "line " + std::to_string(line) + ": " + std::string(what));
}

Result<Node> read_xml(std::string_view bytes) { return Reading(bytes).run(); }

}  // namespace ry::databases::liquibase
