#include "modules/databases/tools/options.h"

#include <algorithm>

#include "base/text.h"

namespace ry::databases::tools {
namespace {

class Reader {
public:
    Reader(std::span<const std::string> words, const Reading& reading)
        : words_(words), reading_(reading), values_(reading.options.size()) {}

    Result<ReadOptions> read() {
        if (words_.size() > words_max) return invalid("", "more than 1,000 arguments");
        for (; at_ < words_.size(); ++at_) {
            const std::string& word = words_[at_];
            if (word.find('\0') != word.npos) return invalid("", "an argument has a zero byte");
            if (word == "--") {
                read_.operands.insert(read_.operands.end(), words_.begin() + ptrdiff_t(at_) + 1, words_.end());
                break;
            }
            if (word.starts_with("--"))
                TRY(read_long(word));
            else if (word.size() > 1 && word[0] == '-')
                TRY(read_letters(word));
            else
                read_.operands.push_back(word);
        }
        for (size_t i = 0; i < values_.size(); ++i)
            for (const std::string& value : values_[i]) read_.kept.push_back(written(reading_.options[i], value));
        return std::move(read_);
    }

private:
    static std::string written(const Option& option, const std::string& value) {
        std::string text = "--" + std::string(option.name);
        return option.takes_value ? text + "=" + value : text;
    }

    Error unknown(const std::string& word) const {
        return invalid("", std::string(reading_.tool) + " has no option " + word + "; `" + std::string(reading_.tool) +
                               " --help` lists them");
    }

    /// By its whole name, or the one name that begins so.
    Result<size_t> option_named(const std::string& word, std::string_view name) const {
        std::vector<size_t> found;
        for (size_t i = 0; i < reading_.options.size(); ++i) {
            if (reading_.options[i].name == name) return i;
            if (reading_.options[i].name.starts_with(name)) found.push_back(i);
        }
        if (found.size() > 1)
            return invalid("", word + " begins more than one option: --" +
                                   std::string(reading_.options[found[0]].name) + " and --" +
                                   std::string(reading_.options[found[1]].name));
        if (found.empty() || name.empty()) return unknown(word);
        return found.front();
    }

    Result<void> read_long(const std::string& word) {
        size_t equals = word.find('=');
        size_t at = TRY(option_named(word.substr(0, equals),
                                     std::string_view(word).substr(2, equals == word.npos ? equals : equals - 2)));
        const Option& option = reading_.options[at];
        if (equals != word.npos && !option.takes_value)
            return invalid("", "--" + std::string(option.name) + " takes no value");
        if (equals != word.npos) return take(at, word.substr(equals + 1));
        return take(at, TRY(next_value(option)));
    }

    Result<void> read_letters(const std::string& word) {
        for (size_t i = 1; i < word.size(); ++i) {
            auto option = std::ranges::find(reading_.options, word[i], &Option::letter);
            if (option == reading_.options.end()) return unknown(std::string("-") + word[i]);
            size_t at = size_t(option - reading_.options.begin());
            if (option->takes_value && i + 1 < word.size()) return take(at, word.substr(i + 1));
            std::string value = TRY(next_value(*option));
            TRY(take(at, std::move(value)));
        }
        return {};
    }

    Result<std::string> next_value(const Option& option) {
        if (!option.takes_value) return std::string();
        if (at_ + 1 == words_.size()) return invalid("", "--" + std::string(option.name) + " needs a value");
        return words_[++at_];
    }

    Result<void> take(size_t at, std::string value) {
        const Option& option = reading_.options[at];
        if (option.use == Use::refused)
            return invalid("", "--" + std::string(option.name) + " " + std::string(option.why));
        if (option.use == Use::dropped) return {};
        if (option.use == Use::kept) values_[at].clear();
        values_[at].push_back(std::move(value));
        return {};
    }

    std::span<const std::string> words_;
    const Reading& reading_;
    std::vector<std::vector<std::string>> values_;  // of each option
    size_t at_ = 0;
    ReadOptions read_;
};

}  // namespace

bool ReadOptions::has(std::string_view name) const {
    return std::ranges::find(kept, "--" + std::string(name)) != kept.end() || value(name).has_value();
}

std::optional<std::string_view> ReadOptions::value(std::string_view name) const {
    std::string beginning = "--" + std::string(name) + "=";
    for (const std::string& option : kept)
        if (option.starts_with(beginning)) return std::string_view(option).substr(beginning.size());
    return {};
}

Result<ReadOptions> read_options(std::span<const std::string> words, const Reading& reading) {
    return Reader(words, reading).read();
}

}  // namespace ry::databases::tools
