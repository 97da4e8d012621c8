// A branch as Markdown for people: what it shows, with its images as data URLs at the end of the file.
#include <algorithm>

#include "base/text.h"
#include "modules/chats/transfer/parts.h"

namespace ry::chats::transfer {
namespace {

/// A block of code whose fence nothing in it closes.
std::string fenced(std::string_view code) {
    size_t ticks = 2, run = 0;
    for (char c : code) ticks = std::max(ticks, run = c == '`' ? run + 1 : 0);
    std::string fence(ticks + 1, '`');
    return fence + "\n" + std::string(code) + (code.ends_with('\n') ? "" : "\n") + fence;
}

class Markdown {
public:
    explicit Markdown(const History& history) : history_(history) {}

    std::string write() {
        out_ = "# " + (history_.title.empty() ? std::string("Chat") : history_.title) + "\n";
        for (const Message& message : history_.messages) add(message);
        out_ += references_;
        return std::move(out_);
    }

private:
    void add(const Message& message) {
        std::string said;
        bool is_hidden = true;
        for (const Part& part : parts_of(message.variants[size_t(message.selected)])) {
            is_hidden = is_hidden && !part.is_for_people;
            std::string shown = part.is_for_people ? shown_of(part) : "";
            if (!shown.empty()) (said += said.empty() ? "" : "\n\n") += shown;
        }
        if (is_hidden) return;
        std::string who = message.role == "user"        ? history_.user_name
                          : message.role == "assistant" ? history_.character_name
                                                        : message.role;
        out_ += "\n## " + who;
        if (message.created_at) out_ += " · " + rfc3339(*message.created_at).substr(0, 16).replace(10, 1, " ");
        out_ += "\n\n" + said + "\n";
    }

    std::string shown_of(const Part& part) {
        std::string content(trim(part.content));
        switch (part.type) {
            case Part::Type::answer:
                return content;
            case Part::Type::reasoning:
                return content.empty() ? "" : "<details><summary>Reasoning</summary>\n\n" + content + "\n\n</details>";
            case Part::Type::code_change:
                if (part.kind.contains("summary")) return {};
                return "**" + part.kind + "** `" + part.path + "`" + (content.empty() ? "" : "\n\n" + fenced(part.content));
            case Part::Type::image:
                return image(part);
        }
        return {};
    }

    /// Referred to by its id, so that the text stays one that people read; the file of each stands once.
    std::string image(const Part& part) {
        std::string reference = "\n[" + part.image_id + "]: ";
        if (!references_.contains(reference)) {
            std::string url = data_url(part, history_.images);
            if (url.empty()) return "*[image]*";
            references_ += reference + url + "\n";
        }
        return "![image][" + part.image_id + "]";
    }

    const History& history_;
    std::string out_;
    std::string references_;
};

}  // namespace

std::string write_markdown(const History& history) { return Markdown(history).write(); }

}  // namespace ry::chats::transfer
