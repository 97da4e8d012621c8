#pragma once
// The prompt of an answer as it was sent, and what of knowledge and lore stood in it, as the API shows them.
#include <string>
#include <vector>

#include "modules/chats/generation_model.h"
#include "modules/chats/lorebook_model.h"
#include "modules/chats/prompt_model.h"

namespace ry::chats {

/// Some bytes of a message of a prompt.
struct PromptPlace {
    int64_t message = 0;
    int64_t from_byte = 0;
    int64_t to_byte = 0;
    static const Fields& fields() {
        using S = PromptPlace;
        static const Field table[] = {
            field("message", &S::message, "Which message of the prompt, from 0."),
            field("from_byte", &S::from_byte, "The byte of its text with which it begins."),
            field("to_byte", &S::to_byte, "The byte behind its last one."),
        };
        static const Fields all{"PromptPlace", table};
        return all;
    }
};

/// A passage of knowledge that stood in a prompt. `text` is what it said then.
struct CitedPassage : KnowledgePassage {
    int64_t number = 1;
    PromptPlace place;
    static const Fields& fields() {
        using S = CitedPassage;
        static const std::vector<Field> table = [] {
            std::vector<Field> list{field("number", &S::number, "Its number for the model: [1], [2] …")};
            list.insert(list.end(), KnowledgePassage::fields().list.begin(), KnowledgePassage::fields().list.end());
            list.push_back(field("place", &S::place, "Where it stood in the prompt."));
            return list;
        }();
        static const Fields all{"CitedPassage", table};
        return all;
    }
};

/// An entry of a lorebook that stood in a prompt. `text` is what it said then.
struct CitedEntry {
    LorebookId lorebook_id;
    std::string lorebook_name;
    int64_t uid = 0;
    std::string comment;
    lore::Reason reason = lore::Reason::keys;
    std::vector<std::string> matched_keys;
    std::string text;
    int64_t tokens = 0;
    PromptPlace place;
    static const Fields& fields() {
        using S = CitedEntry;
        static const Field table[] = {
            field("lorebook_id", &S::lorebook_id, "The lorebook."),
            field("lorebook_name", &S::lorebook_name, "Its name."),
            field("uid", &S::uid, "The entry's number in it."),
            field("comment", &S::comment, "The entry's title."),
            field("reason", &S::reason, "Why it was part of the prompt."),
            field("matched_keys", &S::matched_keys, "Its keys that were found."),
            field("text", &S::text, "What it said."),
            field("tokens", &S::tokens, "About how many tokens that took."),
            field("place", &S::place, "Where it stood in the prompt."),
        };
        static const Fields all{"CitedEntry", table};
        return all;
    }
};

struct Citations {
    std::vector<CitedPassage> passages;
    std::vector<CitedEntry> entries;
    static const Fields& fields() {
        static const Field table[] = {
            field("passages", &Citations::passages, "Passages of knowledge, by their numbers."),
            field("entries", &Citations::entries, "Entries of lorebooks."),
        };
        static const Fields all{"Citations", table};
        return all;
    }
};

/// A message of a prompt as it was sent.
struct SentMessage {
    Role role = Role::system;
    std::string text;
    std::vector<ImageId> image_ids;
    static const Fields& fields() {
        using S = SentMessage;
        static const Field table[] = {
            field("role", &S::role, "Who speaks."),
            field("text", &S::text, "The text, exactly as it was sent."),
            field("image_ids", &S::image_ids, "Images that were sent with it.", defaulted()),
        };
        static const Fields all{"SentMessage", table};
        return all;
    }
};

struct SentPrompt {
    std::string prompt_hash;
    GenerationSettings settings;
    std::vector<SentMessage> messages;
    static const Fields& fields() {
        static const Field table[] = {
            field("prompt_hash", &SentPrompt::prompt_hash, "SHA-256 of the messages."),
            field("settings", &SentPrompt::settings, "How the model was asked to answer."),
            field("messages", &SentPrompt::messages, "The messages as they were sent, in order."),
        };
        static const Fields all{"SentPrompt", table};
        return all;
    }
};

// ---- rows that only the service sees

/// What is kept of a generation's prompt.
struct KeptPrompt {
    std::string prompt_hash;
    std::string zstd_hex;  ///< of the messages as JSON
    GenerationSettings settings;
    std::optional<Json> citations;  ///< without their texts; absent when there are none
    static const Fields& fields() {
        using S = KeptPrompt;
        static const Field table[] = {field("prompt_hash", &S::prompt_hash, ""), field("zstd_hex", &S::zstd_hex, ""), field("settings", &S::settings, ""),
                                      field("citations", &S::citations, "")};
        static const Fields all{"KeptPrompt", table};
        return all;
    }
};

}  // namespace ry::chats
