// The steps of `db prepare migrations`: a session of psql for each migration, with the rows that its tool keeps.
#include <map>

#include "base/text.h"
#include "cli/database_kinds.h"
#include "modules/databases/migrations/migrations.h"

namespace ry::cli {

using namespace databases;
using migrations::Layout;
using migrations::Migration;

namespace {

/// Files of which some are seen with another content.
class OverlaidFiles final : public script::Files {
public:
    OverlaidFiles(std::shared_ptr<script::Files> files, std::map<std::string, std::string> contents)
        : files_(std::move(files)), contents_(std::move(contents)) {}
    Kind kind(const std::string& path) override { return files_->kind(path); }
    std::string reason(const std::string& path) override { return files_->reason(path); }
    Result<void> read(const std::string& path, const std::function<bool(std::string_view piece)>& take) override {
        auto found = contents_.find(path);
        if (found == contents_.end()) return files_->read(path, take);
        take(found->second);
        return {};
    }
    Result<script::Digest> digest(const std::string& path) override {
        return contents_.contains(path) ? Files::digest(path) : files_->digest(path);
    }
    Result<std::vector<std::string>> list(const std::string& path) override { return files_->list(path); }

private:
    const std::shared_ptr<script::Files> files_;
    const std::map<std::string, std::string> contents_;
};

Result<Layout> layout_of(script::Files& files, const std::string& folder, const std::string& named) {
    if (named.empty()) return migrations::detect_layout(files, folder);
    if (auto layout = migrations::layout_named(named)) return *layout;
    std::string all;
    for (std::string_view name : migrations::names_of(Layout{})) all += (all.empty() ? "" : ", ") + std::string(name);
    return fail(Code::invalid, "\"" + named + "\" is no layout of migrations; there are " + all);
}

std::vector<std::string> psql_words(const Migration& migration) {
    std::vector<std::string> words;
    if (migration.is_in_transaction) words.push_back("-1");
    if (!migration.before.empty()) words.insert(words.end(), {"-c", migration.before});
    words.insert(words.end(), {"-f", migration.name});
    if (!migration.after.empty()) words.insert(words.end(), {"-c", migration.after});
    return words;
}

}  // namespace

Result<DatabaseInputs> read_migration_inputs(std::span<const std::string> arguments,
                                             const std::vector<std::string>& inputs, const std::string& layout_name,
                                             const InputPlace& place) {
    if (arguments.size() != 1)
        return fail(Code::invalid, "name the folder of the migrations, and nothing else, after --");
    std::string folder = script::joined_path(place.working_dir, arguments[0]);
    Layout layout = TRY(layout_of(*place.files, folder, layout_name));
    migrations::Migrations read = TRY(migrations::read_migrations(*place.files, folder, layout));
    std::map<std::string, std::string> contents;
    for (Migration& migration : read.migrations)
        if (migration.content) contents[migration.path] = *std::move(migration.content);
    // psql runs in the folder: where that lies is not in the keys.
    InputPlace inside = place;
    inside.working_dir = folder;
    inside.files = std::make_shared<OverlaidFiles>(place.files, std::move(contents));
    std::vector<std::string> further;
    for (const std::string& input : inputs)
        further.push_back(script::relative_path(folder, script::joined_path(place.working_dir, input)));
    DatabaseInputs all;
    all.notes = std::move(read.notes);
    for (const Migration& migration : read.migrations) {
        DatabaseInputs one = TRY(read_database_inputs(psql_words(migration), further, true, false, inside));
        std::erase_if(one.warnings, [](const std::string& warning) {
            return warning.starts_with("-c:");
        });  // the books' defaults, which our rows do not take
        for (Step& step : one.steps) {
            step.kind = StateKind::migrations;
            step.title = std::string(
                utf8_prefix(std::string(migrations::name_of(layout)) + " " + migration.name, title_bytes_max));
        }
        append(all, std::move(one));
    }
    return all;
}

}  // namespace ry::cli
