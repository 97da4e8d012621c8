#pragma once
// Inside liquid: strings and numbers as JavaScript has them, over UTF-8. Lengths and places are UTF-16 units where
// JavaScript shows them.
#include <string>
#include <string_view>
#include <vector>

namespace ry::chats::liquid {

/// The code point at the front of `text`, which is not empty, and how many bytes it takes. Bytes that are not UTF-8
/// count as one each.
struct CodePoint {
    char32_t code = 0;
    size_t bytes = 1;
};
CodePoint front(std::string_view text);
/// UTF-16 units.
size_t length_of(std::string_view text);
size_t code_points_of(std::string_view text);
/// Bytes that `count` code points from the front take.
size_t bytes_of_code_points(std::string_view text, double count);
/// Units from `begin` on, at most `count`: a pair can be cut in two.
std::string units(std::string_view text, size_t begin, size_t count);
/// Each unit by itself, as `split("")` gives them.
std::vector<std::string> all_units(std::string_view text);
/// Halves of surrogate pairs that came together become their code point; halves that are alone become U+FFFD when
/// `is_final`.
std::string joined_surrogates(std::string text, bool is_final);
bool has_surrogates(std::string_view text);
/// What decoding bytes gives: a wrong sequence becomes U+FFFD, as the Encoding standard says.
std::string decoded_utf8(std::string_view bytes);

bool is_space(char32_t code);         ///< \s
bool is_word_of_slug(char32_t code);  ///< letters, marks and digits of all scripts
std::string_view trimmed_front(std::string_view text);
std::string_view trimmed_back(std::string_view text);
std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);
/// Negative, 0 or positive: by UTF-16 units.
int compare(std::string_view a, std::string_view b);

/// String(number).
std::string_view number_text(double number, char (&buffer)[32]);
/// Number(text).
double number_of(std::string_view text);
/// ToIntegerOrInfinity.
double integer_of(double number);
/// Array.prototype.slice's idea of a place in `size` elements.
size_t place_of(double place, size_t size);

}  // namespace ry::chats::liquid
