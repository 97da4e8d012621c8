#pragma once
// Small books and what became of their entries, as text.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/lore/lore.h"

namespace ry::chats::lore {

/// `entries` are SillyTavern's, between the brackets of an array.
inline Book sillytavern_book(std::string_view entries) {
    auto book = read_book(R"({"entries": [)" + std::string(entries) + "]}");
    REQUIRE_MESSAGE(book, (book ? "" : book.error().message));
    return *std::move(book);
}

inline Settings settings_of(std::string_view json) {
    auto settings = from_json<Settings>(json);
    REQUIRE_MESSAGE(settings, (settings ? "" : settings.error().message));
    return *settings;
}

inline Scene scene_of(std::vector<std::string> lines) {
    Scene scene;
    for (std::string& line : lines) scene.lines.push_back({"", std::move(line)});
    return scene;
}

inline Outcome resolved(Book book, const Scene& scene, std::string_view settings = "{}") {
    return resolve({{"book", Scope::global, compile(std::move(book))}}, settings_of(settings), scene);
}

/// "1:keys 2:-no_match": uid, a minus for what did not activate, and the reason.
inline std::string told(const Outcome& outcome) {
    std::string all;
    for (const Verdict& verdict : outcome.verdicts)
        all += (all.empty() ? "" : " ") + std::to_string(verdict.uid) + (verdict.activated ? ":" : ":-") +
               std::string(names_of(verdict.reason)[size_t(verdict.reason)]);
    return all;
}

inline std::string told(std::string_view entries, const Scene& scene, std::string_view settings = "{}") {
    return told(resolved(sillytavern_book(entries), scene, settings));
}

/// The texts of a position, between bars.
inline std::string placed(const Outcome& outcome) {
    std::string all;
    for (const Piece& piece : outcome.pieces) {
        all += (all.empty() ? "" : " | ") + std::string(names_of(piece.position)[size_t(piece.position)]);
        if (piece.position == Position::at_depth)
            all += " " + std::to_string(piece.depth) + " " + std::string(names_of(piece.role)[size_t(piece.role)]);
        if (piece.position == Position::outlet) all += " " + piece.outlet_name;
        all += ": " + piece.text;
    }
    return all;
}

}  // namespace ry::chats::lore
