#include "modules/databases/liquibase/formatted_sql.h"

#include <algorithm>

#include "base/text.h"
#include "modules/databases/liquibase/node.h"

namespace ry::databases::liquibase {
namespace {

constexpr std::string_view blanks = " \t\r\f\v";

std::string_view after_blanks(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

/// What stands behind "--word" in a line, whatever the case; absent when the line does not begin so.
std::optional<std::string_view> after_directive(std::string_view line, std::string_view word) {
    line = after_blanks(line);
    if (!line.starts_with("--")) return {};
    line = after_blanks(line.substr(2));
    if (line.size() < word.size() || !equals_ignoring_case(line.substr(0, word.size()), word)) return {};
    return line.substr(word.size());
}

/// The word or "quoted text" at the front, taken off `text`; a word ends before one of `ends`.
std::string take_word(std::string_view& text, std::string_view ends) {
    text = after_blanks(text);
    bool is_quoted = text.starts_with('"') && text.find('"', 1) != text.npos;
    size_t from = is_quoted ? 1 : 0;
    size_t to = std::min(is_quoted ? text.find('"', 1) : text.find_first_of(ends), text.size());
    std::string word(text.substr(from, to - from));
    text.remove_prefix(std::min(to + from, text.size()));
    return word;
}

/// The value of "name:value" or "name:"quoted value"" in a line of attributes.
std::string attribute(std::string_view line, std::string_view name) {
    std::string wanted = lower(name) + ":", lowered = lower(line);
    for (size_t at = lowered.find(wanted); at != lowered.npos; at = lowered.find(wanted, at + 1)) {
        if (at > 0 && blanks.find(lowered[at - 1]) == blanks.npos) continue;
        std::string_view rest = line.substr(at + wanted.size());
        return take_word(rest, blanks);
    }
    return "";
}

class Reading {
public:
    explicit Reading(std::string_view bytes) : bytes_(bytes) {}

    Result<Changelog> run(std::string_view root) {
        made_.root = root;
        made_.logical_path = attribute(root, "logicalFilePath");
        for (at_ = 0; at_ < bytes_.size();) {
            size_t end = std::min(bytes_.find('\n', at_), bytes_.size());
            ++line_;
            TRY(take(bytes_.substr(at_, end - at_)));
            at_ = end + 1;
        }
        end_changeset(bytes_.size());
        return std::move(made_);
    }

private:
    Result<void> take(std::string_view line) {
        if (auto ignored = after_directive(line, "ignoreLines:")) return ignore(trim(*ignored));
        if (is_ignoring_ || left_to_ignore_ > 0) {
            left_to_ignore_ -= left_to_ignore_ > 0;
            return {};
        }
        if (auto rest = after_directive(line, "changeset");
            rest && !rest->empty() && blanks.find(rest->front()) != blanks.npos)
            return begin_changeset(*rest);
        if (auto rest = after_directive(line, "property");
            rest && !rest->empty() && blanks.find(rest->front()) != blanks.npos)
            take_property(*rest, line);
        else if (!changeset_ && after_directive(line, "precondition"))
            made_.entries.emplace_back(Other{line});
        return {};
    }

    Result<void> ignore(std::string_view how) {
        if (how == "start")
            is_ignoring_ = true;
        else if (how == "end")
            is_ignoring_ = false;
        else if (auto lines = parse_int(how))
            left_to_ignore_ = *lines;
        return {};
    }

    Result<void> begin_changeset(std::string_view rest) {
        end_changeset(at_);
        std::string_view all = rest;
        Changeset made{.author = take_word(rest, ":"), .line = line_};
        rest = after_blanks(rest);
        if (!rest.starts_with(':')) return malformed(line_, "a changeset is written \"--changeset author:id\"");
        rest.remove_prefix(1);
        made.id = take_word(rest, blanks);
        made.logical_path = attribute(all, "logicalFilePath");
        made.runs_always = equals_ignoring_case(attribute(all, "runAlways"), "true");
        if (made.id.empty() || made.author.empty())
            return malformed(line_, "a changeset is written \"--changeset author:id\"");
        if (++changesets_ > document_limit::elements_max)
            return malformed(line_, "it has more than 400,000 changesets; split it");
        changeset_ = std::move(made);
        changeset_at_ = at_;
        return {};
    }

    void end_changeset(size_t at) {
        if (!changeset_) return;
        changeset_->definition = trim(bytes_.substr(changeset_at_, at - changeset_at_));
        made_.entries.emplace_back(*std::move(changeset_));
        changeset_.reset();
    }

    void take_property(std::string_view attributes, std::string_view line) {
        Property made{
            .name = attribute(attributes, "name"), .value = attribute(attributes, "value"), .definition = trim(line)};
        std::string dbms = attribute(attributes, "dbms");
        made.is_for_postgresql = dbms.empty() || dbms.find("postgresql") != dbms.npos;
        made_.entries.emplace_back(std::move(made));
    }

    std::string_view bytes_;
    Changelog made_;
    std::optional<Changeset> changeset_;
    size_t at_ = 0, changeset_at_ = 0, changesets_ = 0;
    int64_t line_ = 0, left_to_ignore_ = 0;
    bool is_ignoring_ = false;
};

}  // namespace

Result<Changelog> read_formatted_sql(std::string_view bytes) {
    std::string_view first = bytes.substr(std::min(bytes.find_first_not_of("\n \t\r"), bytes.size()));
    first = first.substr(0, first.find('\n'));
    auto rest = after_directive(first, "liquibase");
    if (rest && after_blanks(*rest).starts_with("formatted")) return Reading(bytes).run(trim(first));
    Changelog whole;
    whole.entries.emplace_back(Changeset{.id = "raw", .author = "includeAll", .definition = trim(bytes)});
    return whole;
}

}  // namespace ry::databases::liquibase
