#pragma once
// A part as small as can be, for the store's own tests: notes of an organization, with every kind of column.
#include "base/fields.h"
#include "kernel/store/migration.h"

namespace ry::notes {

DECLARE_ID(NoteId, "note");

enum class Mood { calm, cross };
constexpr std::array<std::string_view, 2> names_of(Mood) { return {"calm", "cross"}; }

struct Link {
    std::string url;
    static const Fields& fields() {
        static const Field table[] = {field("url", &Link::url, "Where to.")};
        static const Fields all{"Link", table};
        return all;
    }
};

struct Note {
    NoteId id;
    std::string title;
    Mood mood = Mood::calm;
    int64_t stars = 0;
    double weight = 0;
    bool is_pinned = false;
    std::optional<std::string> body;
    std::vector<std::string> tags;
    std::vector<Link> links;
    Json extra;
    std::string picture;  // bytea
    Time made_at;
    std::optional<Time> seen_at;
    static const Fields& fields() {
        using S = Note;
        static const Field table[] = {
            field("id", &S::id, "Which."),
            field("title", &S::title, "Unique in the organization."),
            field("mood", &S::mood, "How it was written."),
            field("stars", &S::stars, "How good it is."),
            field("weight", &S::weight, "How heavy it is."),
            field("is_pinned", &S::is_pinned, "Whether it stays on top."),
            field("body", &S::body, "What it says."),
            field("tags", &S::tags, "Words to find it by."),
            field("links", &S::links, "Where it points."),
            field("extra", &S::extra, "Anything."),
            field("picture", &S::picture, "Bytes."),
            field("made_at", &S::made_at, "When it was made."),
            field("seen_at", &S::seen_at, "When it was read last."),
        };
        static const Fields all{"Note", table};
        return all;
    }
};

extern const store::Schema schema;

}  // namespace ry::notes
