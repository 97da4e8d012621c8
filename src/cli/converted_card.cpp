#include "cli/converted_card.h"

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/text.h"
#include "cli/call.h"
#include "modules/chats/cards/cards.h"

namespace ry::cli {
namespace {

using namespace chats::cards;

struct Arguments {
    std::string in, out;
    Format format = Format::json;
    Spec spec = Spec::v3;
};

template <NamedEnum E>
bool read_name(std::string_view name, E& value) {
    for (size_t i = 0; i < names_of(E{}).size(); ++i) {
        if (names_of(E{})[i] != name) continue;
        value = E(i);
        return true;
    }
    return false;
}

/// Absent when the words are not what the command takes.
std::optional<Arguments> arguments_of(std::span<const std::string> words) {
    Arguments arguments;
    std::vector<std::string> files;
    for (size_t i = 0; i < words.size(); ++i) {
        std::string_view word = words[i];
        if (word == "--to" && i + 1 < words.size())
            word = words[++i];
        else if (word.starts_with("--to="))
            word.remove_prefix(5);
        else if (word.starts_with("--"))
            return {};
        else {
            files.emplace_back(word);
            continue;
        }
        if (!read_name(word, arguments.spec)) return {};
    }
    if (files.size() != 2) return {};
    arguments.in = files[0];
    arguments.out = files[1];
    std::string extension = lower(std::filesystem::path(arguments.out).extension().string());
    if (extension.empty() || !read_name(std::string_view(extension).substr(1), arguments.format)) return {};
    return arguments;
}

/// Whole, or not at all: a card that is there stays until the new one is complete.
Result<void> write_file(const std::string& path, std::string_view bytes) {
    std::string fresh = path + ".new";
    std::ofstream file(fresh, std::ios::binary);
    file << bytes;
    file.close();
    std::error_code error;
    if (file) std::filesystem::rename(fresh, path, error);
    if (file && !error) return {};
    std::filesystem::remove(fresh, error);
    return fail(Code::unavailable, path + " cannot be written; see that its folder is there, writable, and has room");
}

Result<Card> convert(const Arguments& arguments) {
    std::string file = TRY(read_file(arguments.in));
    Card card = TRY(read(file));
    std::string converted = TRY(write(card, arguments.format, arguments.spec));
    TRY(write_file(arguments.out, converted));
    return card;
}

}  // namespace

Exit convert_card(const Terminal& terminal, std::span<const std::string> words) {
    std::optional<Arguments> arguments = arguments_of(words);
    if (!arguments) {
        terminal.err << "usage: ramify cards convert IN OUT [--to v2|v3]\nOUT ends in .json, .png or .charx\n";
        return Exit::usage;
    }
    auto card = convert(*arguments);
    if (!card) {
        terminal.err << styled(terminal, Style::red, "error:") << " " << printable(card.error().message) << "\n";
        return card.error().code == Code::not_found ? Exit::not_found : Exit::failed;
    }
    for (const std::string& warning : card->warnings)
        terminal.err << styled(terminal, Style::yellow, "warning:") << " " << printable(warning) << "\n";
    return Exit::ok;
}

}  // namespace ry::cli
