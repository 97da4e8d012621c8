#pragma once
// The parts of a message.
#include <array>
#include <optional>
#include <string>

#include "base/fields.h"
#include "modules/chats/image_model.h"

namespace ry::chats {

enum class BlockType { answer, reasoning, code_change, image };
constexpr std::array<std::string_view, 4> names_of(BlockType) { return {"answer", "reasoning", "code_change", "image"}; }

/// Who sees a block: people, models, or both.
enum class Visibility { ui_only, prompt_only, both };
constexpr std::array<std::string_view, 3> names_of(Visibility) { return {"ui_only", "prompt_only", "both"}; }

enum class BlockStatus { streaming, done, unfinished };
constexpr std::array<std::string_view, 3> names_of(BlockStatus) { return {"streaming", "done", "unfinished"}; }

constexpr size_t text_bytes_max = 1'000'000;  ///< of one message: just under the 1 MiB of a request's body
constexpr size_t written_blocks_max = 100;    ///< of what a person writes at once

/// A part of a message. `kind`, `path` and `description` belong to code changes.
struct Block {
    BlockType type = BlockType::answer;
    std::string content;
    std::optional<std::string> kind;
    std::optional<std::string> path;
    std::optional<std::string> description;
    BlockStatus status = BlockStatus::done;
    std::optional<Visibility> visibility = {};
    std::optional<Image> image = {};
    static const Fields& fields() {
        using S = Block;
        static const Field table[] = {
            field("type", &S::type, "What it is."),
            field("content", &S::content, "Its text; for a code change the new content or the edit."),
            field("kind", &S::kind, "Of a code change: write, search_replace, rename, delete, copy, add_dependency, execute_sql or command."),
            field("path", &S::path, "Of a code change: the file."),
            field("description", &S::description, "Of a code change: what it is for."),
            field("status", &S::status, "Whether it is complete."),
            field("visibility", &S::visibility, "Who sees it: people (ui_only), models (prompt_only), or both. Absent: people alone of reasoning, both of all else."),
            field("image", &S::image, "Of an image: which one."),
        };
        static const Fields all{"Block", table};
        return all;
    }
};

// ---- what a person sends

/// A part of what a person writes.
struct WrittenBlock {
    std::string content;
    std::optional<BlockType> type;
    std::optional<Visibility> visibility;
    static const Fields& fields() {
        using S = WrittenBlock;
        static const Field table[] = {
            field("content", &S::content, "Its text.", length(1, text_bytes_max)),
            field("type", &S::type, "answer (when absent) or reasoning."),
            field("visibility", &S::visibility, "Who sees it: people (ui_only), models (prompt_only), or both; people alone of reasoning, both of all else, when absent."),
        };
        static const Fields all{"WrittenBlock", table};
        return all;
    }
};

}  // namespace ry::chats
