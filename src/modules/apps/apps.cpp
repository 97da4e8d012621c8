// Apps: from a template to a repository with its chat; their files; their place on the disk.
#include "modules/apps/apps.h"

#include <filesystem>

#include "base/path.h"
#include "base/text.h"
#include "kernel/identity/identity.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "kernel/templates/templates.h"
#include "modules/apps/branch_databases.h"
#include "modules/apps/previews.h"
#include "modules/apps/queries.gen.h"
#include "modules/apps/record.h"
#include "modules/chats/chats.h"
#include "modules/chats/pipeline_steps.h"

namespace ry::apps {
namespace {

constexpr std::string_view no_such_app = "there is no such app; `ramify apps ls` lists those there are";
constexpr int page_default = 50;

std::string cursor_of(const App& app) { return std::to_string(app.updated_at.us) + "." + app.id.text(); }

/// The media type by the file's ending. Text of unknown kind is shown as text, other bytes as bytes.
std::string content_type_of(std::string_view path, std::string_view content) {
    constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"}, {".json", "application/json"}, {".svg", "image/svg+xml"}, {".png", "image/png"},
        {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"}, {".webp", "image/webp"}, {".ico", "image/x-icon"},
        {".md", "text/markdown; charset=utf-8"}, {".woff2", "font/woff2"}};
    for (auto [ending, type] : types)
        if (path.ends_with(ending)) return std::string(type);
    return is_utf8(content) ? "text/plain; charset=utf-8" : "application/octet-stream";
}

}  // namespace

Apps::Apps(store::Store& store, stream::Hub& hub, chats::Chats& chats, identity::Identities& identities, std::string root)
    : store_(store), hub_(hub), chats_(chats), identities_(identities), root_(std::move(root)) {
    chats_.set_subject(*this);
    chats_.add_step_kind(apply_changes_kind());
}

std::string Apps::directory(OrganizationId organization, AppId app) const {
    return root_ + "/" + uuid_text(organization.uuid) + "/apps/" + uuid_text(app.uuid) + ".git";
}

Result<git::Repository> Apps::repository(const Op& op, AppId app) const { return git::Repository::open(directory(op.organization, app)); }

Result<http::Page<Template>> Apps::list_templates(Op&) {
    http::Page<Template> page;
    for (const templates::Template& known : templates::list()) {
        Template shown{.name = known.manifest.name, .title = known.manifest.title, .description = known.manifest.description};
        for (std::string_view part : split(known.manifest.stack, ',')) shown.stack.emplace_back(trim(part));
        page.items.push_back(std::move(shown));
    }
    return page;
}

Result<http::Created<App>> Apps::create(Op& op, CreateApp body) {
    const templates::Template* chosen = templates::find(body.template_name);
    if (!chosen) return invalid("/template", "names no template; `ramify templates ls` lists those there are");
    std::string name(trim(body.name));
    if (name.empty()) return invalid("/name", "must not be empty");
    ProjectId project = TRY(identities_.project_for(op, body.project_id, "apps.write"));

    AppId id = AppId::fresh();
    op.object = "app:" + id.text();
    BranchId branch = BranchId::fresh();
    std::string path = directory(op.organization, id);
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error) return fail(Code::unavailable, "the app's folder cannot be made in the data directory; see that it is writable and has room", error.message());
    git::Repository repository = TRY(git::Repository::create(path));
    std::vector<git::Operation> operations;
    for (const templates::File& file : chosen->files)
        operations.push_back({.action = git::Action::write, .path = std::string(file.path), .content = std::string(file.content), .is_executable = file.is_executable});
    std::string title = "Created from the template " + chosen->manifest.title;
    auto made = [&]() -> Result<App> {
        git::Oid commit = TRY(repository.commit(git_branch(branch), {}, operations, author_of(op), title));
        return store_.write(op, "apps.create", [&](store::Tx& tx) -> Result<App> {
            ChatId chat = ChatId::fresh();
            VersionId version = VersionId::fresh();
            std::optional<UserId> user = op.actor.user.is_nil() ? std::nullopt : std::optional(op.actor.user);
            tx.queue(sql::add_app, {.id = id, .project_id = project, .name = name, .template_name = body.template_name, .chat_id = chat, .branch_id = branch, .created_by = user});
            TRY(tx.maybe(sql::next_number, {.id = id}));
            tx.queue(sql::add_version, {.id = version, .app_id = id, .branch_id = branch, .number = 1, .commit = commit.text(), .parent_id = {}, .message_id = {},
                                        .variant_id = {}, .title = title, .restored_from_id = {}, .author = author_of(op).name, .files_changed = int64_t(operations.size())});
            tx.queue(sql::add_branch, {.id = branch, .app_id = id, .head_version_id = version});
            TRY(chats_.add_chat(tx, {.id = chat, .main_branch = branch, .project = project, .title = name, .app = id, .version = version}));
            if (databases_ && !chosen->manifest.migrations.empty()) TRY(databases_->add(tx, id, branch));
            return *TRY(tx.maybe(sql::app, {.id = id}));
        });
    }();
    if (!made) {
        if (auto gone = git::Repository::destroy(path); !gone) telemetry::log(telemetry::Level::warning, "app_folder_left", {{"app_id", id.text()}, {"cause", gone.error().message}});
        return std::move(made).error();
    }
    return http::Created<App>{*std::move(made), "/api/v1/apps/" + id.text()};
}

Result<reads::Question> Apps::ask_list(const http::ReadRequest& request) {
    auto query = TRY(http::query_of<ListApps>(request));
    int limit = query.limit.value_or(page_default);
    std::optional<Time> at;
    std::optional<AppId> before;
    if (query.cursor) {
        size_t dot = query.cursor->find('.');
        auto us = parse_int(std::string_view(*query.cursor).substr(0, dot));
        if (dot != std::string::npos) before = AppId::parse(std::string_view(*query.cursor).substr(dot + 1));
        if (!us || !before) return invalid("/cursor", "is not a cursor of this list; leave it out to start from the beginning");
        at = Time{*us};
    }
    return reads::many(sql::apps_page, {.before_at = at, .before_id = before, .limit = limit + 1}, [limit](std::vector<App> apps) -> Result<http::Page<App>> {
        http::Page<App> page;
        if (int(apps.size()) > limit) {
            apps.pop_back();
            page.next_cursor = cursor_of(apps.back());
        }
        page.items = std::move(apps);
        return page;
    });
}

Result<App> Apps::show(const Op& op, AppId id) {
    auto app = TRY(store_.read(op, "apps.show", [&](store::Tx& tx) { return tx.maybe(sql::app, {.id = id}); }));
    if (!app) return fail(Code::not_found, std::string(no_such_app));
    return *std::move(app);
}

Result<App> Apps::change(Op& op, AppId id, ChangeApp body, http::IfMatch if_match) {
    return store_.write(op, "apps.change", [&](store::Tx& tx) -> Result<App> {
        auto version = TRY(tx.maybe(sql::lock_app, {.id = id}));
        if (!version) return fail(Code::not_found, std::string(no_such_app));
        TRY(if_match.check(*version));
        tx.queue(sql::rename_app, {.id = id, .name = body.name});
        return *TRY(tx.maybe(sql::app, {.id = id}));
    });
}

Result<void> Apps::remove(Op& op, AppId id) {
    TRY(store_.write(op, "apps.delete", [&](store::Tx& tx) -> Result<void> {
        if (!TRY(tx.maybe(sql::lock_app, {.id = id}))) return fail(Code::not_found, std::string(no_such_app));
        App app = *TRY(tx.maybe(sql::app, {.id = id}));
        std::vector<chats::Branch> branches = TRY(chats_.branches(tx, app.chat_id));
        TRY(chats_.remove_chat(tx, app.chat_id));
        TRY(remove_previews(tx, id, {}));
        for (const BranchDatabase& database : TRY(tx.many(sql::branch_databases, {.app_id = id}))) TRY(databases_->remove(tx, database.branch_id));
        TRY(tx.run(sql::delete_app, {.id = id}));
        tx.after_commit([this, branches, organization = op.organization, id] {
            for (const chats::Branch& branch : branches)
                if (on_moved_) on_moved_({organization, id, branch.id, {}});
        });
        return {};
    }));
    // The rows are gone, so nothing finds the repository any more; what cannot be deleted now is only room on the disk.
    if (auto gone = git::Repository::destroy(directory(op.organization, id)); !gone)
        telemetry::log(telemetry::Level::warning, "app_folder_left", {{"app_id", id.text()}, {"cause", gone.error().message}});
    return {};
}

/// The rows and streams of the app's previews, or of one branch's; what runs ends when on_moved_ is told.
Result<void> Apps::remove_previews(store::Tx& tx, AppId app, std::optional<BranchId> only_branch) {
    for (PreviewId preview : TRY(tx.many(sql::delete_previews, {.app_id = app, .branch_id = only_branch}))) TRY(hub_.remove(tx, Previews::stream_of(preview)));
    return {};
}

Result<Head> Apps::head(const Op& op, AppId app, BranchId branch) {
    auto head = TRY(store_.read(op, "apps.head", [&](store::Tx& tx) { return tx.maybe(sql::head, {.id = branch}); }));
    if (!head || head->app_id != app) return fail(Code::not_found, "the app has no such branch");
    return *std::move(head);
}

Result<Version> Apps::find_version(const Op& op, AppId app, VersionId id) {
    auto version = TRY(store_.read(op, "apps.version", [&](store::Tx& tx) { return tx.maybe(sql::version, {.id = id, .app_id = app}); }));
    if (!version) return fail(Code::not_found, "the app has no such version; `ramify versions ls` lists those there are");
    return *std::move(version);
}

Result<Version> Apps::version_for(const Op& op, AppId app, const ReadFiles& query) {
    if (query.version) return find_version(op, app, *query.version);
    return store_.read(op, "apps.shown_version", [&](store::Tx& tx) -> Result<Version> {
        auto found = TRY(tx.maybe(sql::app, {.id = app}));
        if (!found) return fail(Code::not_found, std::string(no_such_app));
        auto head = TRY(tx.maybe(sql::head, {.id = query.branch_id.value_or(found->branch_id)}));
        if (!head || head->app_id != app) return fail(Code::not_found, "the app has no such branch");
        return *TRY(tx.maybe(sql::version, {.id = head->version_id, .app_id = app}));
    });
}

Result<Files> Apps::list_files(Op& op, AppId app, ReadFiles query) {
    Version version = TRY(version_for(op, app, query));
    git::Repository files = TRY(repository(op, app));
    Files listed{.version_id = version.id};
    for (git::Entry& entry : TRY(files.list(*git::Oid::parse(version.commit)))) listed.items.push_back({std::move(entry.path), entry.kind, entry.size_bytes});
    return listed;
}

Result<http::Bytes> Apps::read_file(Op& op, AppId app, std::string path, ReadFiles query) {
    if (!is_app_path(path)) return fail(Code::not_found, "the version has no file at this path");
    Version version = TRY(version_for(op, app, query));
    git::Repository files = TRY(repository(op, app));
    auto entry = TRY(files.find(*git::Oid::parse(version.commit), path));
    if (!entry) return fail(Code::not_found, "the version has no file at this path");
    if (entry->kind == git::EntryKind::symlink || entry->kind == git::EntryKind::submodule)
        return fail(Code::unsupported, "a link is shown in the list of files, and not followed");
    std::string content = TRY(files.read_blob(entry->oid));
    std::string type = content_type_of(path, content);
    return http::Bytes{.content_type = std::move(type), .bytes = std::move(content), .etag = entry->oid.text()};
}

Result<void> Apps::repair(const Op& op) {
    auto heads = TRY(store_.system_read(op, "apps.repair", [&](store::Tx& tx) { return tx.many(sql::all_heads, {}); }));
    AppId swept;
    for (const AnyHead& head : heads) {
        auto repository = git::Repository::open(directory(head.organization_id, head.app_id));
        auto moved = repository ? move_git_branch(*repository, head.branch_id, head.commit) : Result<void>(repository.error());
        if (moved && std::exchange(swept, head.app_id) != head.app_id) moved = sweep(op, head.organization_id, head.app_id, *repository);
        if (!moved)
            telemetry::log(telemetry::Level::error, "branch_not_repaired",
                           {{"app_id", head.app_id.text()}, {"branch_id", head.branch_id.text()}, {"cause", moved.error().message + " " + moved.error().cause}});
    }
    return {};
}

/// Git branches that held a commit until it was recorded, of attempts that died.
Result<void> Apps::sweep(const Op& op, OrganizationId organization, AppId app, git::Repository& repository) {
    for (std::string_view prefix : {"variant/", "aside/"}) {
        for (const git::Branch& left : TRY(repository.branches(prefix))) {
            bool is_version = TRY(store_.system_read(op, "apps.repair", [&](store::Tx& tx) {
                return tx.one(sql::is_version, {.organization_id = organization, .app_id = app, .commit = left.commit.text()});
            }));
            if (is_version) TRY(keep_commit(repository, left.commit));
            TRY(repository.delete_branch(left.name));
        }
    }
    return {};
}

std::vector<http::Route> Apps::routes() {
    namespace route = http::route;
    return {
        route::get("/api/v1/templates", "apps.read", "templates ls", "What an app can begin as.", &Apps::list_templates, *this),
        route::read("/api/v1/apps", "apps.read", "apps ls", "Apps, the one that changed last first.",
                    {.query = &ListApps::fields(), .response = &App::fields(), .answers = http::Answers::page}, reads::read(store_, &Apps::ask_list)),
        route::post("/api/v1/apps", "apps.write", "apps create", "Create an app from a template.", &Apps::create, *this),
        route::get("/api/v1/apps/{app_id}", "apps.read", "apps show", "An app.", &Apps::show, *this),
        route::patch("/api/v1/apps/{app_id}", "apps.write", "apps rename", "Rename an app.", &Apps::change, *this),
        route::del("/api/v1/apps/{app_id}", "apps.write", "apps rm", "Delete an app with its chat, its versions and its previews.", &Apps::remove, *this),
        route::get("/api/v1/apps/{app_id}/files", "apps.read", "files ls", "The files of a version.", &Apps::list_files, *this),
        route::put("/api/v1/apps/{app_id}/files", "apps.write", "files write", "Edit a file by hand: makes a version.", &Apps::write_file, *this),
        route::get("/api/v1/apps/{app_id}/files/{path...}", "apps.read", "files cat", "A file as it is.", &Apps::read_file, *this),
        route::get("/api/v1/apps/{app_id}/versions", "apps.read", "versions ls", "The versions of an app, newest first.", &Apps::list_versions, *this),
        route::get("/api/v1/apps/{app_id}/versions/{version_id}", "apps.read", "versions show", "A version.", &Apps::show_version, *this),
        route::patch("/api/v1/apps/{app_id}/versions/{version_id}", "apps.write", "versions mark", "Note or favourite a version.", &Apps::mark_version, *this),
        route::get("/api/v1/apps/{app_id}/versions/{version_id}/diff", "apps.read", "versions diff", "What a version changed.", &Apps::diff, *this),
        route::post("/api/v1/apps/{app_id}/versions/{version_id}/restore", "apps.write", "versions restore", "Make a new version that equals this one.", &Apps::restore, *this),
    };
}

}  // namespace ry::apps
