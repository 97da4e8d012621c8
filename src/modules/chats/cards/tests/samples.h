#pragma once
// Cards as people have them, and pieces of JSON that no reader should lose.
#include <random>
#include <string>

#include "modules/chats/cards/charx.h"
#include "modules/chats/cards/png.h"

namespace ry::chats::cards::samples {

inline std::string text_chunk(std::string_view keyword, std::string_view text) {
    return std::string(keyword) + '\0' + std::string(text);
}

/// The small picture with further chunks.
inline std::string png_with(const std::vector<Chunk>& further) {
    std::string plain = plain_png();
    Png png = *read_png(plain);
    png.chunks.insert(png.chunks.end(), further.begin(), further.end());
    return write_png(png.chunks);
}

inline const std::string v2 =
    R"({"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Vera","description":"Rides {{user}}'s tram.","personality":"dry","scenario":"","first_mes":"Tickets, please.","mes_example":"","creator_notes":"","system_prompt":"","post_history_instructions":"","alternate_greetings":["Evening."],"tags":["tram"],"creator":"Ada","character_version":"1","extensions":{"talkativeness":0.5}}})";

/// Values that a reader which knows only its own fields and numbers would lose.
class Odd {
public:
    explicit Odd(uint64_t seed) : random_(seed) {}

    std::string value(int depth) {
        size_t kind = random_() % (depth > 0 ? 12 : 8);
        constexpr std::string_view simple[] = {"null",
                                               "true",
                                               "-0.0",
                                               "1E400",
                                               "123456789012345678901234567890",
                                               "0.1",
                                               R"("\u0000 \ud83d \ud83d\ude00 \/")",
                                               R"("Straße 😀 {{char}}")"};
        if (kind < 8) return std::string(simple[kind]);
        std::string out = kind < 10 ? "[" : "{";
        for (size_t i = 0, count = random_() % 4; i < count; ++i) {
            if (i) out += ',';
            if (kind >= 10) out += name() + ":";
            out += value(depth - 1);
        }
        return out + (kind < 10 ? "]" : "}");
    }

    /// Members that no version of the format knows, each after a comma.
    std::string members() {
        std::string out;
        for (size_t i = random_() % 4; i > 0; --i) out += "," + name() + ":" + value(3);
        return out;
    }

    /// A V3 card with odd members wherever members may be.
    std::string card() {
        return R"({"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"Odd","description":"\u0000","personality":"","scenario":"","first_mes":"Hi","mes_example":"","creator_notes":"","system_prompt":"","post_history_instructions":"","creator":"","character_version":"","tags":["a","b"],"alternate_greetings":["x",""],"group_only_greetings":["g"],"nickname":"O","creator_notes_multilingual":{"ru":"Привет","de":"Hallo"},"source":["https://example.org"],"creation_date":1700000000,"assets":[{"type":"x_odd","uri":"https://example.org/a.png","name":"a","ext":"png")" +
               members() + R"(}],"extensions":{"depth_prompt":{"prompt":"p","depth":4}})" +
               R"(,"character_book":{"name":"b","scan_depth":5,"extensions":{"o":)" + value(3) +
               R"(},"entries":[{"keys":["k"],"content":"@@depth 4\nc","extensions":{"position":4,"o":)" + value(3) +
               R"(},"enabled":false,"use_regex":true,"insertion_order":-3.5)" + members() + "}]" + members() + "}" +
               members() + "}" + members() + "}";
    }

private:
    std::string name() {
        constexpr std::string_view names[] = {"\"fav\"",  "\"\"",          R"("a\u0041")",
                                              "\"ключ\"", "\"__proto__\"", "\"chat\""};
        std::string out(names[random_() % std::size(names)]);
        return out.insert(out.size() - 1, std::to_string(random_() % 100));
    }

    std::mt19937_64 random_;
};

}  // namespace ry::chats::cards::samples
