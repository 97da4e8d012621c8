#include <algorithm>
#include <span>

#include "base/text.h"
#include "kernel/stream/stream.h"

namespace ry::stream {
namespace {

/// Digits without a leading zero, at most 18.
std::optional<int64_t> parse_number(std::string_view text) {
    if (text.empty() || text[0] == '-' || (text.size() > 1 && text[0] == '0')) return {};
    return parse_int(text);
}

std::optional<TextPosition> parse_text_position(std::string_view text) {
    size_t dot = text.find('.');
    if (dot == std::string_view::npos) return {};
    auto block = parse_number(text.substr(0, dot));
    auto bytes = parse_number(text.substr(dot + 1));
    if (!block || !bytes || *block == 0 || *bytes == 0) return {};
    return TextPosition{*block, *bytes};
}

void start_frame(std::string& frame, Encoding encoding, const Position& position, std::string_view type) {
    if (encoding == Encoding::sse) {
        ((frame += "id: ") += position.text()) += "\nevent: ";
        (frame += type) += "\ndata: ";
    } else {
        ((frame += R"({"id":")") += position.text()) += "\",";
    }
}

void end_frame(std::string& frame, Encoding encoding) { frame += encoding == Encoding::sse ? "\n\n" : "\n"; }

}  // namespace

std::string Position::text() const {
    std::string out = std::to_string(seq);
    for (const TextPosition& open : std::span(texts).first(std::min(texts.size(), texts_max))) ((out += '~') += std::to_string(open.block) += '.') += std::to_string(open.bytes);
    return out;
}

std::optional<Position> Position::parse(std::string_view text) {
    Position position;
    if (text.empty()) return position;
    std::vector<std::string_view> parts = split(text, '~');
    auto seq = parse_number(parts[0]);
    if (!seq || parts.size() > texts_max + 1) return {};
    position.seq = *seq;
    for (size_t i = 1; i < parts.size(); ++i) {
        auto open = parse_text_position(parts[i]);
        int64_t previous = position.texts.empty() ? 0 : position.texts.back().block;
        if (!open || open->block <= previous || open->block > position.seq) return {};
        position.texts.push_back(*open);
    }
    return position;
}

std::string frame_of(Encoding encoding, const Position& position, const Event& event) {
    std::string frame;
    frame.reserve(event.data.text.size() + event.type.size() + 64);
    start_frame(frame, encoding, position, event.type);
    if (encoding == Encoding::sse) frame += event.data.text;
    else ((frame += R"("seq":)") += std::to_string(event.seq) += ',').append(event.data.text, 1);
    end_frame(frame, encoding);
    return frame;
}

std::string delta_frame_of(Encoding encoding, const Position& position, int64_t block, int64_t from_byte, std::string_view text) {
    std::string frame;
    frame.reserve(text.size() + 128);
    start_frame(frame, encoding, position, "block.delta");
    if (encoding == Encoding::sse) frame += '{';
    (frame += R"("type":"block.delta","block":)") += std::to_string(block);
    (frame += R"(,"position":)") += std::to_string(from_byte);
    frame += R"(,"text":)";
    json::write_string(frame, text);
    frame += '}';
    end_frame(frame, encoding);
    return frame;
}

}  // namespace ry::stream
