#pragma once
// The values of lorebooks, as the API shows them and as the database's rows hold them. An entry is lore::Entry.
#include <optional>
#include <string>
#include <vector>

#include "modules/chats/ids.h"
#include "modules/chats/lore/lore.h"

namespace ry::chats {

DECLARE_ID(LorebookId, "lorebook");

constexpr int64_t lorebooks_max = 1'000;         ///< of an organization
constexpr int64_t bindings_max = 1'000;          ///< of a book
constexpr int64_t books_in_use_max = 20;         ///< of one scope; a chat has at most four: 80 books
constexpr size_t test_text_bytes_max = 500'000;  ///< of a test: half of a request's body

struct Lorebook {
    LorebookId id;
    std::string name;
    std::string description;
    std::optional<int64_t> scan_depth;
    std::optional<int64_t> token_budget;
    std::optional<bool> recursive_scanning;
    int64_t entries_count = 0;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = Lorebook;
        static const Field table[] = {
            field("id", &S::id, "Which lorebook."),
            field("name", &S::name, "Its name."),
            field("description", &S::description, "What it is about; no model sees it."),
            field("scan_depth", &S::scan_depth,
                  "How many of the newest messages are looked at, instead of the setting."),
            field("token_budget", &S::token_budget, "How many tokens its entries may take."),
            field("recursive_scanning", &S::recursive_scanning,
                  "Whether activated texts activate its entries, instead of the setting."),
            field("entries_count", &S::entries_count, "How many entries it has."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it or an entry last changed."),
            field("version", &S::version, "Counts changes, of its entries too; the ETag."),
        };
        static const Fields all{"Lorebook", table};
        return all;
    }
};

struct CreateLorebook {
    std::string name;
    std::optional<std::string> description;
    std::optional<int64_t> scan_depth;
    std::optional<int64_t> token_budget;
    std::optional<bool> recursive_scanning;
    static const Fields& fields() {
        using S = CreateLorebook;
        static const Field table[] = {
            field("name", &S::name, "Its name.", length(1, lore::name_bytes_max), positional()),
            field("description", &S::description, "What it is about; no model sees it.",
                  length(0, lore::content_bytes_max)),
            field("scan_depth", &S::scan_depth,
                  "How many of the newest messages are looked at; the setting's when absent.",
                  range(0, lore::messages_max)),
            field("token_budget", &S::token_budget,
                  "How many tokens its entries may take; no limit of its own when absent.", range(0, 1e9)),
            field("recursive_scanning", &S::recursive_scanning,
                  "Whether activated texts activate its entries; the setting's when absent."),
        };
        static const Fields all{"CreateLorebook", table};
        return all;
    }
};

struct ChangeLorebook {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<int64_t> scan_depth;
    std::optional<int64_t> token_budget;
    std::optional<bool> recursive_scanning;
    static const Fields& fields() {
        using S = ChangeLorebook;
        static const Field table[] = {
            field("name", &S::name, "The new name.", length(1, lore::name_bytes_max)),
            field("description", &S::description, "The new description.", length(0, lore::content_bytes_max)),
            field("scan_depth", &S::scan_depth, "How many of the newest messages are looked at.",
                  range(0, lore::messages_max)),
            field("token_budget", &S::token_budget, "How many tokens its entries may take.", range(0, 1e9)),
            field("recursive_scanning", &S::recursive_scanning, "Whether activated texts activate its entries."),
        };
        static const Fields all{"ChangeLorebook", table};
        return all;
    }
};

struct ExportLorebook {
    std::optional<lore::BookFormat> format;
    static const Fields& fields() {
        using S = ExportLorebook;
        static const Field table[] = {
            field("format", &S::format, "As which kind of file: SillyTavern's world info when absent.")};
        static const Fields all{"ExportLorebook", table};
        return all;
    }
};

struct ListLorebooks {
    std::optional<lore::Scope> scope;
    std::optional<std::string> scope_id;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListLorebooks;
        static const Field table[] = {
            field("scope", &S::scope, "Only lorebooks that are used there: in all chats, with a profile, with a persona, or in one chat."),
            field("scope_id", &S::scope_id, "The profile, the persona or the chat; any when absent.", length(0, 60)),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListLorebooks", table};
        return all;
    }
};

/// Where a book is used.
struct LorebookBinding {
    lore::Scope scope = lore::Scope::global;
    std::string scope_id;
    static const Fields& fields() {
        using S = LorebookBinding;
        static const Field table[] = {
            field("scope", &S::scope, "In all chats, in those with a profile or a persona, or in one.", defaulted(), positional()),
            field("scope_id", &S::scope_id, "The profile, the persona or the chat; left out when it is global.",
                  defaulted(), length(0, 60)),
        };
        static const Fields all{"LorebookBinding", table};
        return all;
    }
};

struct TestLorebook {
    std::vector<std::string> messages;
    std::optional<int64_t> seed;
    std::optional<lore::Settings> settings;
    static const Fields& fields() {
        using S = TestLorebook;
        static const Field table[] = {
            field("messages", &S::messages, "What is looked at, the oldest message first.",
                  length(0, lore::messages_max), positional()),
            field("seed", &S::seed, "Of all that is drawn; 0 when absent."),
            field("settings", &S::settings, "How it is looked at; the organization's settings when absent."),
        };
        static const Fields all{"TestLorebook", table};
        return all;
    }
};

struct TestChatLore {
    std::optional<BranchId> branch_id;
    std::optional<std::string> text;
    std::optional<int64_t> seed;
    std::optional<lore::Settings> settings;
    static const Fields& fields() {
        using S = TestChatLore;
        static const Field table[] = {
            field("branch_id", &S::branch_id, "Which branch; the active one when absent."),
            field("text", &S::text, "What would be said next, looked at after the messages.",
                  length(0, test_text_bytes_max), positional()),
            field("seed", &S::seed, "Of all that is drawn; 0 when absent."),
            field("settings", &S::settings, "How it is looked at; the organization's settings when absent."),
        };
        static const Fields all{"TestChatLore", table};
        return all;
    }
};

/// What would activate, and why.
struct LoreTest {
    std::vector<lore::Verdict> entries;
    std::vector<lore::Piece> pieces;
    int64_t tokens = 0;
    int64_t budget = 0;
    bool is_overflowed = false;
    std::vector<std::string> warnings;
    static const Fields& fields() {
        using S = LoreTest;
        static const Field table[] = {
            field("entries", &S::entries, "Every entry, with the reason why it activated or did not."),
            field("pieces", &S::pieces, "The texts that activated, in the order in which each position has them."),
            field("tokens", &S::tokens, "How many tokens they take."),
            field("budget", &S::budget, "How many they may take."),
            field("is_overflowed", &S::is_overflowed, "Whether entries were left out for want of room."),
            field("warnings", &S::warnings, "What of the books cannot be used."),
        };
        static const Fields all{"LoreTest", table};
        return all;
    }
};

/// What the lore of a chat is looked for with.
struct LoreWork {
    std::vector<lore::BookInUse> books;
    lore::Settings settings;
    std::vector<lore::TimedEffect> effects;  ///< that the history has left
    std::string trigger = "normal";          ///< what kind of answer is asked for
};

// ---- rows

struct LorebookRow {
    LorebookId id;
    std::string name;
    std::string description;
    std::optional<int64_t> scan_depth;
    std::optional<int64_t> token_budget;
    std::optional<bool> recursive_scanning;
    Json extensions;
    Json unknown;
    static const Fields& fields() {
        using S = LorebookRow;
        static const Field table[] = {
            field("id", &S::id, ""),
            field("name", &S::name, ""),
            field("description", &S::description, ""),
            field("scan_depth", &S::scan_depth, ""),
            field("token_budget", &S::token_budget, ""),
            field("recursive_scanning", &S::recursive_scanning, ""),
            field("extensions", &S::extensions, ""),
            field("unknown", &S::unknown, ""),
        };
        static const Fields all{"LorebookRow", table};
        return all;
    }
};

struct LorebookInUse {
    LorebookId id;
    lore::Scope scope = lore::Scope::global;
    int64_t version = 0;
    static const Fields& fields() {
        using S = LorebookInUse;
        static const Field table[] = {field("id", &S::id, ""), field("scope", &S::scope, ""),
                                      field("version", &S::version, "")};
        static const Fields all{"LorebookInUse", table};
        return all;
    }
};

}  // namespace ry::chats
