#pragma once
// The values of entity profiles: who a chat is with.
#include "modules/chats/cards/cards.h"
#include "modules/chats/lorebook_model.h"

namespace ry::chats {

enum class ProfileKind { CharSpec };
constexpr std::array<std::string_view, 1> names_of(ProfileKind) { return {"CharSpec"}; }
enum class ProfileStatus { active, archived };
constexpr std::array<std::string_view, 2> names_of(ProfileStatus) { return {"active", "archived"}; }

constexpr size_t profile_name_bytes_max = 200;
constexpr size_t picture_bytes_max = 16 << 20;
constexpr size_t meta_bytes_max = 64 << 10;
constexpr size_t cards_max = 500;  ///< of one archive: each is a transaction of its own
constexpr size_t greetings_max =
    100;  ///< of a card that become variants of a chat's first message; the others stay in the card

struct EntityProfile {
    EntityProfileId id;
    std::string name;
    ProfileKind kind = ProfileKind::CharSpec;
    Json spec;
    Json meta{"{}"};
    ProfileStatus status = ProfileStatus::active;
    bool has_avatar = false;
    std::vector<std::string> warnings;
    std::optional<LorebookId> lorebook_id;
    ProjectId project_id;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = EntityProfile;
        static const Field table[] = {
            field("id", &S::id, "Which profile."),
            field("name", &S::name, "What it is called."),
            field("kind", &S::kind, "What it describes: CharSpec is a character."),
            field("spec", &S::spec, "The character card, in its third version: {spec, spec_version, data}."),
            field("meta", &S::meta, "What clients keep beside the card."),
            field("status", &S::status, "Whether it is in use."),
            field("has_avatar", &S::has_avatar, "Whether there is a picture: GET …/avatar."),
            field("warnings", &S::warnings, "Of an import: what was wrong with the file and could be mended."),
            field("lorebook_id", &S::lorebook_id, "The lorebook that its card came with: it is kept there, not in spec."),
            field("project_id", &S::project_id, "The project that it belongs to."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes; the ETag."),
        };
        static const Fields all{"EntityProfile", table};
        return all;
    }
};

/// A profile in a list: without its card, which may be large.
struct ListedProfile {
    EntityProfileId id;
    std::string name;
    ProfileKind kind = ProfileKind::CharSpec;
    std::vector<std::string> tags;
    std::string creator;
    ProfileStatus status = ProfileStatus::active;
    bool has_avatar = false;
    ProjectId project_id;
    Time created_at;
    Time updated_at;
    int64_t version = 1;
    static const Fields& fields() {
        using S = ListedProfile;
        static const Field table[] = {
            field("id", &S::id, "Which profile."),
            field("name", &S::name, "What it is called."),
            field("kind", &S::kind, "What it describes."),
            field("tags", &S::tags, "The tags of its card."),
            field("creator", &S::creator, "Who made its card."),
            field("status", &S::status, "Whether it is in use."),
            field("has_avatar", &S::has_avatar, "Whether there is a picture."),
            field("project_id", &S::project_id, "The project that it belongs to."),
            field("created_at", &S::created_at, "When it was created."),
            field("updated_at", &S::updated_at, "When it last changed."),
            field("version", &S::version, "Counts its changes."),
        };
        static const Fields all{"ListedProfile", table};
        return all;
    }
};

struct CreateProfile {
    std::optional<std::string> name;
    std::optional<ProfileKind> kind;
    std::optional<Json> spec;
    std::optional<Json> meta;
    std::optional<ProjectId> project_id;
    static const Fields& fields() {
        using S = CreateProfile;
        static const Field table[] = {
            field("name", &S::name, "What it is called; the name of its card when absent.",
                  length(1, profile_name_bytes_max), positional()),
            field("kind", &S::kind, "What it describes."),
            field("spec", &S::spec, "A character card of any version, or the fields of one; an empty one when absent."),
            field("meta", &S::meta, "What to keep beside it: an object."),
            field("project_id", &S::project_id, "The project that it belongs to; the caller's own when absent."),
        };
        static const Fields all{"CreateProfile", table};
        return all;
    }
};

struct ChangeProfile {
    std::optional<std::string> name;
    std::optional<Json> spec;
    std::optional<Json> meta;
    std::optional<ProfileStatus> status;
    static const Fields& fields() {
        using S = ChangeProfile;
        static const Field table[] = {
            field("name", &S::name, "The new name, of the card too.", length(1, profile_name_bytes_max)),
            field("spec", &S::spec, "A character card of any version, instead of the one that it has."),
            field("meta", &S::meta, "What to keep beside it, instead of what is kept: an object."),
            field("status", &S::status, "archived puts it away; active brings it back."),
        };
        static const Fields all{"ChangeProfile", table};
        return all;
    }
};

struct ListProfiles {
    std::optional<ProfileStatus> status;
    std::optional<int> limit;
    std::optional<std::string> cursor;
    static const Fields& fields() {
        using S = ListProfiles;
        static const Field table[] = {
            field("status", &S::status, "Only profiles of this status (active when absent)."),
            field("limit", &S::limit, "How many at most (50 when absent).", range(1, 200)),
            field("cursor", &S::cursor, "Continues after the page that gave it."),
        };
        static const Fields all{"ListProfiles", table};
        return all;
    }
};

/// What became of one file of an archive of cards.
struct ImportedCard {
    std::string file;
    std::optional<EntityProfileId> profile_id;
    std::string name;
    std::vector<std::string> warnings;
    std::optional<std::string> error;
    static const Fields& fields() {
        using S = ImportedCard;
        static const Field table[] = {
            field("file", &S::file, "Its path in the archive."),
            field("profile_id", &S::profile_id, "The profile that was made of it; absent when it could not be."),
            field("name", &S::name, "What the character is called."),
            field("warnings", &S::warnings, "What was wrong with it and could be mended."),
            field("error", &S::error, "Why it is no profile now."),
        };
        static const Fields all{"ImportedCard", table};
        return all;
    }
};

struct ImportedCards {
    std::vector<ImportedCard> items;
    static const Fields& fields() {
        static const Field table[] = {field("items", &ImportedCards::items, "What became of each file, in the order of the archive.")};
        static const Fields all{"ImportedCards", table};
        return all;
    }
};

struct ExportProfile {
    std::optional<cards::Format> format;
    std::optional<cards::Spec> to;
    static const Fields& fields() {
        using S = ExportProfile;
        static const Field table[] = {
            field("format", &S::format, "The file: json (when absent), png or charx."),
            field("to", &S::to, "The version of the card: v3 (when absent) or v2."),
        };
        static const Fields all{"ExportProfile", table};
        return all;
    }
};

/// The book of a card as it came, and the lorebook that it became.
struct ProfileBook {
    Json book;
    LorebookId lorebook_id;
    bool is_changed = false;  ///< the lorebook, since then
    static const Fields& fields() {
        using S = ProfileBook;
        static const Field table[] = {field("book", &S::book, ""), field("lorebook_id", &S::lorebook_id, ""),
                                      field("is_changed", &S::is_changed, "")};
        static const Fields all{"ProfileBook", table};
        return all;
    }
};

/// A row of chats.profile_file; the picture has the path "".
struct ProfileFile {
    std::string path;
    std::string hex;
    static const Fields& fields() {
        using S = ProfileFile;
        static const Field table[] = {
            field("path", &S::path, "Of the file in its card."),
            field("hex", &S::hex, "Its bytes."),
        };
        static const Fields all{"ProfileFile", table};
        return all;
    }
};

}  // namespace ry::chats
