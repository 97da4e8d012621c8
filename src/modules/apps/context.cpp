// What the model is told about an app, and how its answer is cut into blocks.
#include <algorithm>

#include "base/text.h"
#include "kernel/llm/llm.h"
#include "kernel/store/store.h"
#include "kernel/templates/templates.h"
#include "modules/apps/changes/changes.h"
#include "modules/apps/queries.gen.h"
#include "modules/apps/record.h"

namespace ry::apps {
namespace {

constexpr int64_t shown_file_bytes_max = 64 * 1024;
constexpr size_t map_files_max = 2'000;

constexpr std::string_view grammar = R"(You change the app by writing elements into your answer. Everything outside of them is shown to the person as Markdown.

<ramify-write path="src/App.tsx" description="what it is for">
the whole new content of the file
</ramify-write>
<ramify-search-replace path="src/App.tsx" description="what changes">
<<<<<<< SEARCH
lines exactly as they are
=======
lines as they shall be
>>>>>>> REPLACE
</ramify-search-replace>
<ramify-rename from="a.ts" to="b.ts"></ramify-rename>
<ramify-delete path="a.ts"></ramify-delete>
<ramify-copy from="a.ts" to="b.ts"></ramify-copy>
<ramify-add-dependency packages="zod date-fns"></ramify-add-dependency>
<ramify-chat-summary>Six words on what this answer does</ramify-chat-summary>

Rules:
- Answer in the language of the person. Say shortly what you do, then do it. End with one ramify-chat-summary.
- One write for each file, with its whole content and no code fence around it. Change what was asked for and nothing else.
- Paths are relative to the app's root. Use only packages that package.json names, or add them first.
- The app must run after your answer: no placeholders, every import exists.)";

bool is_secret_or_lock(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    return name.starts_with(".env") || name == "package-lock.json" || name == "pnpm-lock.yaml" || name == "yarn.lock" || name.ends_with(".pem") || name.ends_with(".key");
}

/// How much a file matters for a question: mentioned by path or name, then what a reader opens first.
int weight(std::string_view path, std::string_view question) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    if (question.contains(path)) return 4;
    if (name.size() > 3 && question.contains(name)) return 3;
    if (path.contains("components/ui/")) return 0;
    if (path.starts_with("src/") || !path.contains('/')) return 2;
    return 1;
}

/// Blocks from the change grammar. The summary is no block: it becomes the version's title.
class ChangeReader final : public chats::AnswerReader {
public:
    void feed(std::string_view text, chats::BlockSink& sink) override {
        Adapter adapter{*this, sink};
        scanner_.feed(text, adapter);
    }
    bool is_inside() const override { return open_ == Open::change; }
    void finish(chats::BlockSink& sink) override {
        Adapter adapter{*this, sink};
        scanner_.finish(adapter);
        close(sink, chats::BlockStatus::done);
    }

private:
    enum class Open { nothing, answer, reasoning, change, hidden };

    struct Adapter final : changes::Sink {
        Adapter(ChangeReader& of, chats::BlockSink& into) : reader(of), sink(into) {}
        ChangeReader& reader;
        chats::BlockSink& sink;

        void text(std::string_view span) override {
            reader.become(Open::answer, sink, {.type = chats::BlockType::answer});
            sink.grow(span);
        }
        void reasoning(std::string_view span) override {
            reader.become(Open::reasoning, sink, {.type = chats::BlockType::reasoning});
            sink.grow(span);
        }
        void change_started(changes::Kind kind, const std::vector<changes::Attribute>& attributes, size_t, int) override {
            reader.close(sink, chats::BlockStatus::done);
            if (kind == changes::Kind::chat_summary) {
                reader.open_ = Open::hidden;
                return;
            }
            chats::Block block{.type = chats::BlockType::code_change, .kind = std::string(changes::name_of(kind))};
            std::string from;
            for (const changes::Attribute& attribute : attributes) {
                if (attribute.name == "path" || attribute.name == "to" || attribute.name == "packages" || attribute.name == "type") block.path = attribute.value;
                if (attribute.name == "from") from = attribute.value;
                if (attribute.name == "description") block.description = attribute.value;
            }
            if (!from.empty() && !block.description) block.description = from + " → " + block.path.value_or("");
            reader.open_ = Open::change;
            sink.start(block);
        }
        void change_body(size_t, std::string_view span) override {
            if (reader.open_ == Open::change) sink.grow(span);
        }
        void change_done(size_t) override { reader.close(sink, chats::BlockStatus::done); }
        void unfinished(std::optional<size_t>, changes::Kind, int, bool) override { reader.close(sink, chats::BlockStatus::unfinished); }
        void problem(std::optional<size_t>, int, std::string) override {}
    };

    void become(Open wanted, chats::BlockSink& sink, const chats::Block& block) {
        if (open_ == wanted) return;
        close(sink, chats::BlockStatus::done);
        open_ = wanted;
        sink.start(block);
    }
    void close(chats::BlockSink& sink, chats::BlockStatus status) {
        if (open_ != Open::nothing && open_ != Open::hidden) sink.end(status);
        open_ = Open::nothing;
    }

    changes::Scanner scanner_;
    Open open_ = Open::nothing;
};

}  // namespace

std::unique_ptr<chats::AnswerReader> Apps::reader() { return std::make_unique<ChangeReader>(); }

Result<std::string> Apps::context(const Op& op, AppId id, std::optional<VersionId> version_id, std::string_view question, int64_t tokens_max) {
    auto app = TRY(store_.read(op, "apps.show", [&](store::Tx& tx) { return tx.maybe(sql::app, {.id = id}); }));
    if (!app) return fail(Code::not_found, "the app was deleted in the meantime");
    Version version = version_id ? TRY(find_version(op, id, *version_id)) : TRY(version_for(op, id, {}));
    git::Repository repository = TRY(this->repository(op, id));
    git::Oid commit = *git::Oid::parse(version.commit);
    std::vector<git::Entry> files = TRY(repository.list(commit));
    const templates::Template* origin = templates::find(app->template_name);

    std::string out = "You are the developer of the app \"" + app->name + "\" in Ramify. Template: " + app->template_name;
    if (origin) out += " (" + origin->manifest.stack + ")";
    ((out += "\n\n") += grammar) += "\n";
    if (origin && !origin->manifest.rules_file.empty())
        if (auto rules = repository.read(commit, origin->manifest.rules_file)) out += "\nRules of this app (" + origin->manifest.rules_file + "):\n" + *rules;
    out += "\nFiles of the app:\n";
    for (size_t i = 0; i < files.size() && i < map_files_max; ++i) out += files[i].path + " (" + std::to_string(files[i].size_bytes) + " bytes)\n";
    if (files.size() > map_files_max) out += "… and " + std::to_string(files.size() - map_files_max) + " more\n";

    // The contents that matter most, until the budget is used; then in the order of the map, so that a provider's prompt cache hits.
    std::vector<const git::Entry*> wanted;
    for (const git::Entry& file : files) {
        bool is_text_file = file.kind == git::EntryKind::file || file.kind == git::EntryKind::executable;
        bool is_rules = origin && file.path == origin->manifest.rules_file;
        if (is_text_file && !is_rules && file.size_bytes <= shown_file_bytes_max && !is_secret_or_lock(file.path)) wanted.push_back(&file);
    }
    std::stable_sort(wanted.begin(), wanted.end(), [&](auto a, auto b) { return weight(a->path, question) > weight(b->path, question); });
    int64_t tokens = llm::estimate_tokens(out);
    std::vector<std::pair<std::string, std::string>> contents;
    for (const git::Entry* file : wanted) {
        if (tokens + file->size_bytes / 6 > std::min(tokens_max, context_tokens_max)) continue;  // cannot fit: a token is rarely six bytes
        std::string content = TRY(repository.read_blob(file->oid));
        if (!is_utf8(content) || content.contains('\0')) continue;
        int64_t cost = llm::estimate_tokens(content) + 20;
        if (tokens + cost > std::min(tokens_max, context_tokens_max)) continue;
        tokens += cost;
        contents.emplace_back(file->path, std::move(content));
    }
    std::sort(contents.begin(), contents.end());
    for (const auto& [path, content] : contents) out += "\n<file path=\"" + path + "\">\n" + content + (content.ends_with('\n') ? "" : "\n") + "</file>\n";
    return out;
}

}  // namespace ry::apps
