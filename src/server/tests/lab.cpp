#include "server/tests/lab.h"

#include <stdlib.h>
#include <string.h>

#include <filesystem>

#include "base/json.h"
#include "kernel/access/access.h"
#include "kernel/git/git.h"
#include "kernel/identity/identity.h"
#include "modules/apps/apps.h"
#include "testing/shared.h"

namespace ry::server {
namespace {

namespace fs = std::filesystem;

constexpr int64_t patience_ms = 180'000;  // a hang becomes a failure

std::string fresh_dir() {
    std::string dir = "/tmp/ramify-server-XXXXXX";
    REQUIRE(mkdtemp(dir.data()) != nullptr);
    fs::permissions(dir, fs::perms::others_exec | fs::perms::group_exec, fs::perm_options::add);
    return dir;
}

template <class Id>
Id id_of(const std::string& text) {
    auto id = Id::parse(text);
    REQUIRE(id);
    return *id;
}

/// True when these events tell of the generation's end.
bool is_ended(std::string_view events, const std::string& generation) {
    for (std::string_view type : {"done", "aborted", "error"})
        for (size_t at = 0;
             (at = events.find("event: generation." + std::string(type) + "\n", at)) != std::string_view::npos; ++at)
            if (size_t end = events.find("\n\n", at);
                end != std::string_view::npos && events.substr(at, end - at).contains("\"" + generation + "\""))
                return true;
    return false;
}

// ---- folding

struct Shown {
    std::string id, role, variant, text, blocks;
    int64_t seq = 0;
    bool operator==(const Shown&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Shown& shown) {
    return out << shown.seq << ' ' << shown.role << ' ' << shown.id << ' ' << shown.variant << " \"" << shown.text
               << "\" " << shown.blocks << '\n';
}

std::string block_text(const value& block) {
    return text_at(block, "/type") + ":" + text_at(block, "/content") + ":" + text_at(block, "/status") + "|";
}

/// Empty when they are not told: the last event of a generation leaves that to its block.done.
std::string blocks_text(const value& variant) {
    std::string all;
    if (auto blocks = variant.as_object().if_contains("blocks"))
        for (const value& block : blocks->as_array()) all += block_text(block);
    return all;
}

Shown shown_of(const value& message) {
    return {text_at(message, "/id"),   text_at(message, "/role"),          text_at(message, "/variant/id"),
            text_at(message, "/text"), blocks_text(message.at("variant")), message.at("seq").as_int64()};
}

struct Fold {
    struct Entry {
        Shown shown;
        std::string branch;
        size_t born = 0;
    };
    struct Cut {
        std::string branch;
        int64_t seq = 0;
        size_t at = 0;
    };
    std::map<std::string, Entry> messages;
    std::map<std::string, std::pair<std::string, std::string>> variants;  // text and blocks
    std::vector<Cut> cuts;
    std::map<std::string, size_t> branch_born;
    std::map<std::string, value> branches;

    Fold(const array& events, const array& all_branches) {
        for (const value& branch : all_branches) branches[text_at(branch, "/id")] = branch;
        for (size_t i = 0; i < events.size(); ++i) take(events[i], i);
    }

    void take(const value& event, size_t at) {
        std::string type = text_at(event, "/type");
        if (auto message = event.as_object().if_contains("message"); message && message->is_object()) {
            Shown shown = shown_of(*message);
            auto& [text, blocks] = variants[shown.variant];
            text = shown.text;
            if (message->at("variant").as_object().contains("blocks")) blocks = shown.blocks;
            Entry& entry = messages[shown.id];
            entry.shown = shown;
            entry.branch = text_at(*message, "/branch_id");
            if (type == "message.created") entry.born = at;
        }
        if (type == "block.done") variants[text_at(event, "/variant_id")].second += block_text(event.at("block"));
        if (type == "message.deleted")
            cuts.push_back({text_at(event, "/branch_id"), event.at("message_seq").as_int64(), at});
        if (type == "branch.created") branch_born[text_at(event, "/branch/id")] = at;
    }

    bool is_cut(const Entry& entry, size_t until) const {
        return std::any_of(cuts.begin(), cuts.end(), [&](const Cut& cut) {
            return cut.branch == entry.branch && cut.seq <= entry.shown.seq && cut.at > entry.born && cut.at < until;
        });
    }

    std::map<int64_t, Shown> history(const std::string& branch_id, size_t until, int64_t seq_max) const {
        std::map<int64_t, Shown> told;
        const value& branch = branches.at(branch_id);
        if (branch.at("parent_branch_id").is_string()) {
            int64_t fork = branch.at("forked_from_seq").as_int64();
            auto born = branch_born.find(branch_id);
            told = history(text_at(branch, "/parent_branch_id"), born == branch_born.end() ? until : born->second,
                           std::min(fork, seq_max));
            if (auto pinned = told.find(fork); pinned != told.end() && branch.at("forked_from_variant_id").is_string())
                pinned->second.variant = text_at(branch, "/forked_from_variant_id");
        }
        for (const auto& [id, entry] : messages)
            if (entry.branch == branch_id && entry.born < until && entry.shown.seq <= seq_max && !is_cut(entry, until))
                told[entry.shown.seq] = entry.shown;
        return told;
    }

    std::vector<Shown> folded(const std::string& branch_id) const {
        std::vector<Shown> all;
        for (auto& [seq, shown] : history(branch_id, SIZE_MAX, INT64_MAX)) {
            all.push_back(shown);
            if (auto known = variants.find(shown.variant); known != variants.end())
                std::tie(all.back().text, all.back().blocks) = known->second;
        }
        return all;
    }
};

}  // namespace

// ---- answers

std::string text_at(const value& json, std::string_view pointer) {
    boost::system::error_code error;
    const value* found = json.find_pointer(pointer, error);
    return found && found->is_string() ? std::string(found->as_string()) : "";
}

value Told::at(std::string_view pointer) const {
    boost::system::error_code error;
    const value* found = body.find_pointer(pointer, error);
    return found ? *found : value();
}
std::string Told::text(std::string_view pointer) const { return text_at(body, pointer); }
int64_t Told::number(std::string_view pointer) const {
    value found = at(pointer);
    return found.is_int64() ? found.as_int64() : -1;
}
const array& Told::items() const { return body.at("items").as_array(); }

Told Person::call(std::string_view method, const std::string& target, std::string_view body,
                  std::string_view fields) const {
    http::Client client(port_);
    std::string all(fields);
    if (!token_.empty()) all += "Authorization: Bearer " + token_ + "\r\n";
    all += "Connection: close\r\n";
    if (method == "GET")
        client.get(target, all);
    else
        client.request(method, target, body, all + "Content-Type: application/json\r\n");
    Told told{.seen = client.answer()};
    told.status = told.seen.status;
    boost::system::error_code error;
    told.body = boost::json::parse(told.seen.body, error);
    return told;
}

array Person::all(const std::string& target) const {
    array items;
    for (std::string cursor;;) {
        Told page =
            get(target + (target.contains('?') ? "&" : "?") + "limit=100" + (cursor.empty() ? "" : "&cursor=" + cursor),
                "Accept: application/json\r\n");
        REQUIRE_MESSAGE(page.status == 200, page.seen.body);
        items.insert(items.end(), page.items().begin(), page.items().end());
        cursor = page.text("/next_cursor");
        if (cursor.empty()) return items;
    }
}

// ---- the lab

Lab& Lab::shared() { return testing::shared<Lab>(); }

Lab::Lab(const LabSettings& lab) : data_dir_(fresh_dir()), database_(schemas()) {
    Settings settings;
    settings.data_dir = data_dir_;
    settings.listen = "127.0.0.1:0";
    settings.insecure_dev = true;
    settings.database_url = database_.endpoint().owner.conninfo;
    // A login that may become ramify_app and ramify_system, as --database-url asks for.
    settings.database_url.replace(settings.database_url.find("ramify_owner"), strlen("ramify_owner"), "ramify_admin");
    settings.demo_word_ms = 0;
    settings.fetch_private_hosts = models_.url().substr(strlen("http://"));
    settings.drain_ms = lab.drain_ms;
    settings.databases_warm_max = lab.databases_warm_max;
    settings.databases_max = lab.databases_max;
    settings.states_mb_max = lab.states_mb_max;
    settings.databases_instance_disk_mb_max = lab.databases_instance_disk_mb_max;
    if (lab.change) lab.change(settings);
    auto started = Product::start(settings);
    REQUIRE_MESSAGE(started, started.error().message << " " << started.error().cause);
    product_ = *std::move(started);
    owner_ = std::make_unique<Person>(port());
    Told made = owner_->post("/api/v1/models", R"({"name":"scripted","provider":"openai","base_url":)" +
                                                   in_quotes(models_.url()) +
                                                   R"(,"model":"any","api_key":"right key","is_default":true})");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
}

Lab::~Lab() {
    product_.reset();
    std::error_code ignored;
    fs::remove_all(data_dir_, ignored);
}

uint16_t Lab::port() const {
    std::string url = product_->url();
    return uint16_t(std::atoi(url.c_str() + url.rfind(':') + 1));
}

Person Lab::stranger() {
    access::Access access(database_.store());
    identity::Identities identities(database_.store(), access);
    std::string email = "stranger-" + OrganizationId::fresh().text() + "@example.com";
    Op op = server_op("test");
    op.deadline = Deadline::in_ms(patience_ms);
    auto identity = identities.create_organization(
        op, "Another",
        {.name = "Stranger", .email = email, .password = "a long password", .role = access::Role::owner});
    REQUIRE_MESSAGE(identity, identity.error().message);
    op.actor = identity->actor;
    op.organization = identity->organization.id;
    auto token =
        identities.create_token(op, {.name = "test", .permissions = {}, .expires_at = {}}, identity->permissions);
    REQUIRE_MESSAGE(token, token.error().message);
    return Person(port(), token->token);
}

AppMade Lab::app(std::string_view template_name) {
    Told made = owner_->post("/api/v1/apps", R"({"name":"Story","template":)" + in_quotes(template_name) + "}");
    REQUIRE_MESSAGE(made.status == 201, made.seen.body);
    return {made.text("/id"), made.text("/chat_id"), made.text("/branch_id"), made.text("/current_version_id")};
}

Told Lab::say(const AppMade& app, std::string_view text, std::string_view more) {
    Told posted = owner_->post("/api/v1/chats/" + app.chat + "/messages",
                               "{\"text\":" + in_quotes(text) + std::string(more) + "}");
    REQUIRE_MESSAGE(posted.status == 202, posted.seen.body);
    return posted;
}

Told Lab::ask(const AppMade& app, testing::Answer answer, std::string_view text, std::string_view more) {
    models_.next(std::move(answer));
    return settled(say(app, text, more).text("/generation/id"));
}

Told Lab::settled(const std::string& generation) {
    // A reader who falls behind is sent away, and comes again.
    for (int visits = 0; visits < 20; ++visits) {
        Told told = owner_->get("/api/v1/generations/" + generation);
        REQUIRE_MESSAGE(told.status == 200, told.seen.body);
        if (told.at("/ended_at").is_string()) return told;
        http::Client client(port());
        client.get("/api/v1/chats/" + told.text("/chat_id") + "/events", "Accept: text/event-stream\r\n");
        client.head();
        for (std::string seen, piece = " "; !piece.empty() && !is_ended(seen, generation); seen += piece)
            piece = client.chunk();
    }
    FAIL("the generation never ended");
    return {};
}

std::string Lab::file(const AppMade& app, const std::string& path, const std::string& branch) {
    return owner_->get("/api/v1/apps/" + app.id + "/files/" + path + (branch.empty() ? "" : "?branch_id=" + branch))
        .seen.body;
}

size_t Lab::versions(const AppMade& app) { return owner_->all("/api/v1/apps/" + app.id + "/versions").size(); }

void Lab::check_laws(const AppMade& app) {
    array branches = owner_->all("/api/v1/chats/" + app.chat + "/branches");
    array events;
    for (std::string after = "0";;) {
        Told page = owner_->get("/api/v1/chats/" + app.chat + "/events?limit=100&after=" + after,
                                "Accept: application/json\r\n");
        REQUIRE_MESSAGE(page.status == 200, page.seen.body);
        for (const value& event : page.items())
            if (event.as_object().contains("seq")) events.push_back(event);
        after = page.text("/next_cursor");
        if (after.empty()) break;
    }
    for (size_t i = 0; i < events.size(); ++i) CHECK(events[i].at("seq").as_int64() == int64_t(i) + 1);
    Fold fold(events, branches);
    auto organization = id_of<OrganizationId>(owner_->get("/api/v1/session").text("/organization/id"));
    auto repository = git::Repository::open(data_dir_ + "/organizations/" + uuid_text(organization.uuid) + "/apps/" +
                                            uuid_text(id_of<apps::AppId>(app.id).uuid) + ".git");
    REQUIRE(repository);
    for (const value& branch : branches) {
        std::string id = text_at(branch, "/id");
        std::vector<Shown> shown;
        for (const value& message : owner_->all("/api/v1/chats/" + app.chat + "/messages?branch_id=" + id))
            shown.push_back(shown_of(message));
        for (size_t i = 0; i < shown.size(); ++i) CHECK(shown[i].seq == int64_t(i) + 1);
        std::vector<Shown> folded = fold.folded(id);
        CHECK(folded.size() == shown.size());
        for (size_t i = 0; i < std::min(folded.size(), shown.size()); ++i) CHECK(folded[i] == shown[i]);
        auto stands = repository->resolve("chat/" + id);
        REQUIRE(stands);
        Told version = owner_->get("/api/v1/apps/" + app.id + "/versions/" + text_at(branch, "/current_version_id"));
        CHECK((*stands ? (*stands)->text() : "") == version.text("/commit"));
    }
}

std::string in_quotes(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

std::string change(std::string_view path, std::string_view content) {
    return "<ramify-write path=\"" + std::string(path) + "\">\n" + std::string(content) + "\n</ramify-write>\n";
}

}  // namespace ry::server
