#include "modules/chats/cards/png.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "modules/chats/cards/cards.h"

namespace ry::chats::cards {
namespace {

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";
constexpr size_t frame_bytes = 12;                            // length, type and CRC around a chunk's data
constexpr size_t text_bytes_max = limit::card_bytes_max * 2;  // base64, with line breaks perhaps

uint32_t number_at(std::string_view bytes, size_t at) {
    uint32_t number = 0;
    for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

std::string number_bytes(uint32_t number) {
    return {char(number >> 24), char(number >> 16 & 0xFF), char(number >> 8 & 0xFF), char(number & 0xFF)};
}

uint32_t crc_of(std::string_view bytes) {
    return uint32_t(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

bool is_type(std::string_view type) {
    return std::ranges::all_of(type, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

/// Cuts what stands before the next zero byte off `rest`; absent when there is none.
std::optional<std::string_view> cut_word(std::string_view& rest) {
    size_t end = rest.find('\0');
    if (end == std::string_view::npos) return {};
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return word;
}

struct EndInflate {
    void operator()(z_stream* stream) const { inflateEnd(stream); }
};

}  // namespace

bool is_png(std::string_view bytes) { return bytes.starts_with(signature); }

Result<Png> read_png(std::string_view bytes) {
    Png png{.is_cut_off = true};
    for (std::string_view rest = bytes.substr(signature.size()); rest.size() >= frame_bytes;) {
        size_t length = number_at(rest, 0);
        std::string_view type = rest.substr(4, 4);
        if (length > rest.size() - frame_bytes || !is_type(type)) break;
        if (type == "IEND") {
            png.is_cut_off = false;
            break;
        }
        if (png.chunks.size() == limit::chunks_max)
            return fail(Code::too_large, "the picture has more than " + std::to_string(limit::chunks_max) +
                                             " chunks; save it again with an image editor");
        png.chunks.push_back(
            {type, rest.substr(8, length), crc_of(rest.substr(4, 4 + length)) == number_at(rest, 8 + length)});
        rest.remove_prefix(frame_bytes + length);
    }
    return png;
}

std::string write_png(const std::vector<Chunk>& chunks) {
    std::string out(signature);
    auto write = [&](std::string_view type, std::string_view data) {
        out += number_bytes(uint32_t(data.size()));
        size_t begin = out.size();
        (out += type) += data;
        out += number_bytes(crc_of(std::string_view(out).substr(begin)));
    };
    for (const Chunk& chunk : chunks) write(chunk.type, chunk.data);
    write("IEND", "");
    return out;
}

TextChunk text_of(const Chunk& chunk) {
    std::string_view rest = chunk.data;
    if (chunk.type != "tEXt" && chunk.type != "zTXt" && chunk.type != "iTXt") return {};
    auto keyword = cut_word(rest);
    if (!keyword) return {};
    if (chunk.type == "tEXt") return {*keyword, rest};
    if (chunk.type == "zTXt")
        return rest.empty() || rest[0] != 0 ? TextChunk{} : TextChunk{*keyword, rest.substr(1), true};
    if (rest.size() < 2) return {};
    bool is_deflated = rest[0] == 1;
    rest.remove_prefix(2);
    if (!cut_word(rest) || !cut_word(rest)) return {};  // language, and the keyword in it
    return {*keyword, rest, is_deflated};
}

Result<std::string> inflated(const TextChunk& text) {
    if (!text.is_deflated) return std::string(text.content);
    z_stream stream{};
    if (inflateInit(&stream) != Z_OK)
        return fail(Code::unavailable, "there is no memory to unpack the card; try again later");
    std::unique_ptr<z_stream, EndInflate> guard(&stream);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.content.data()));
    stream.avail_in = uInt(text.content.size());
    size_t size_max =
        std::min(text_bytes_max, std::max<size_t>(1 << 20, text.content.size() * limit::inflate_ratio_max));
    std::string out, piece(64 << 10, '\0');
    for (;;) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = uInt(piece.size());
        int status = inflate(&stream, Z_NO_FLUSH);
        out.append(piece.data(), piece.size() - stream.avail_out);
        if (out.size() > size_max)
            return fail(
                Code::too_large,
                "a compressed text of the picture unpacks to more than a card may have; it looks like an attack");
        if (status == Z_STREAM_END) return out;
        if (status != Z_OK) return fail(Code::invalid, "a compressed text of the picture is damaged");
    }
}

std::string plain_png() {
    constexpr uint32_t side = 64;
    // Filter 0 and one index a pixel, all of the one colour of the palette.
    std::string rows((side + 1) * side, '\0'), packed(compressBound(rows.size()), '\0');
    uLongf size = packed.size();
    compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size());
    std::string header = number_bytes(side) + number_bytes(side) + std::string("\x08\x03\x00\x00\x00", 5);
    return write_png({{"IHDR", header}, {"PLTE", "\x64\x74\x8b"}, {"IDAT", std::string_view(packed).substr(0, size)}});
}

}  // namespace ry::chats::cards
