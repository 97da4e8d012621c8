#pragma once
// Bytes as text: UTF-8, trimming, splitting, base64, hex. All functions are pure.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ry {

/// The length of the well-formed UTF-8 sequence at the front of `text` (1–4), or 0 (RFC 3629: no surrogates, no
/// overlong forms).
size_t utf8_length(std::string_view text);
bool is_utf8(std::string_view text);
/// Bytes of a program as text that can be kept: what is not UTF-8, and U+0000, becomes U+FFFD.
std::string utf8_text(std::string_view bytes);
/// The longest prefix of at most `bytes_max` bytes that does not cut a UTF-8 sequence.
std::string_view utf8_prefix(std::string_view text, size_t bytes_max);

/// Appends the code point; a surrogate, which is none, as the three bytes that it would have (WTF-8).
void append_utf8(std::string& text, char32_t code);

std::string_view trim(std::string_view text);  ///< without ASCII white space at both ends
std::vector<std::string_view> split(std::string_view text, char separator);
bool equals_ignoring_case(std::string_view a, std::string_view b);  ///< ASCII
std::string lower(std::string_view text);                           ///< ASCII

std::string hex(std::string_view bytes);
std::optional<std::string> unhex(std::string_view text);
std::string base64(std::string_view bytes);     ///< RFC 4648 §4, padded
std::string base64url(std::string_view bytes);  ///< RFC 4648 §5, without padding
std::optional<std::string> unbase64url(std::string_view text);

/// Reads a decimal number in full; absent when `text` is anything else or does not fit.
std::optional<int64_t> parse_int(std::string_view text);

}  // namespace ry
