// What browsers get of previews: the way from a host name to the program, static sites, error reports of pages, and the page
// that is shown while there is nothing to show.
#include "modules/apps/preview_site.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/path.h"
#include "base/text.h"
#include "kernel/store/store.h"
#include "kernel/stream/stream.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/apps/preview_slot.h"
#include "modules/apps/queries.gen.h"

namespace ry::apps {
namespace {

constexpr int64_t wake_wait_ms = 15'000;   // a request waits for a sleeping preview; then the waiting page reloads itself
constexpr int waiting_max = 4;             // requests that may wait at once: each holds a worker
constexpr int64_t errors_max = 200;        // reports of pages, of one run
constexpr size_t fingerprint_digits = 16;   // 64 bits tell the errors of an app apart
constexpr std::string_view report_path = "/__ramify/error";
constexpr std::string_view label_start = "preview-";

/// Runtime errors of the page go to the preview's log, and to the page around the frame. Browsers that refuse storage to frames of
/// other sites (Debian's Chromium does) give the app a storage that lasts as long as the page.
constexpr std::string_view reporter = R"(<script>(()=>{for(const s of["localStorage","sessionStorage"])try{self[s].length}catch{const k=new Map;Object.defineProperty(self,s,{value:{getItem:i=>k.has(i=String(i))?k.get(i):null,
setItem:(i,v)=>{k.set(String(i),String(v))},removeItem:i=>{k.delete(String(i))},clear:()=>k.clear(),key:i=>[...k.keys()][i]??null,get length(){return k.size}}})}
let n=0;const r=(m,f,l,c)=>{if(n++>20)return;const q=new URLSearchParams({m:String(m).slice(0,1000),f:String(f||"").slice(0,300),l:l|0,c:c|0});
(new Image).src="/__ramify/error?"+q;parent!==window&&parent.postMessage({type:"ramify.error",message:String(m)},"*")};
addEventListener("error",e=>e.message&&r(e.message,e.filename,e.lineno,e.colno));addEventListener("unhandledrejection",e=>r(e.reason&&e.reason.message||e.reason,"",0,0))})()</script>)";

std::string html_escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else out += c;
    }
    return out;
}

std::string media_type(std::string_view path) {
    constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"}, {".htm", "text/html; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"}, {".mjs", "text/javascript; charset=utf-8"}, {".json", "application/json"},
        {".svg", "image/svg+xml"}, {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".gif", "image/gif"},
        {".webp", "image/webp"}, {".ico", "image/x-icon"}, {".txt", "text/plain; charset=utf-8"}, {".md", "text/plain; charset=utf-8"},
        {".woff2", "font/woff2"}, {".wasm", "application/wasm"}, {".xml", "application/xml"}};
    for (auto [ending, type] : types)
        if (path.ends_with(ending)) return std::string(type);
    return "application/octet-stream";
}

int64_t number_of(std::string_view text) { return parse_int(text).value_or(0); }

}  // namespace

std::optional<PreviewId> preview_of_host(std::string_view host, std::string_view domain) {
    std::string lowered = lower(host.substr(0, host.rfind(':') == std::string_view::npos ? host.size() : host.rfind(':')));
    host = lowered;
    if (!host.starts_with(label_start) || !host.ends_with(domain)) return {};
    host.remove_suffix(domain.size());
    if (!host.ends_with('.')) return {};
    host.remove_suffix(1);
    return PreviewId::parse("preview_" + std::string(host.substr(label_start.size())));
}

std::string host_of_preview(PreviewId preview, std::string_view domain) {
    return std::string(label_start) + preview.text().substr(PreviewId::prefix.size() + 1) + "." + std::string(domain);
}

Previews::StaticSite::StaticSite(Previews& previews) : previews_(previews) {}

size_t Previews::StaticSite::body_bytes_max(const http::Request&) { return 0; }

void Previews::StaticSite::handle(http::Request request, http::Responder responder) {
    auto shared = std::make_shared<http::Responder>(std::move(responder));
    bool accepted = previews_.inside_->static_workers->submit([this, request = std::move(request), shared] { shared->respond(answer(request)); });
    if (!accepted) shared->respond(http::text_response(503, "text/plain", "The server is busy; try again.\n"));
}

/// The file of the version that is shown; "/" and folders mean their index.html.
http::Response Previews::StaticSite::answer(const http::Request& request) {
    auto id = preview_of_host(request.host(), previews_.options_.domain);
    auto slot = id ? previews_.find_slot(*id) : nullptr;
    auto decoded = http::percent_decoded(request.path());
    if (!slot || !decoded) return http::text_response(404, "text/plain; charset=utf-8", "There is no such page.\n");
    std::string commit = slot->state.with([](auto& state) { return state.commit; });
    Op op = server_op("preview");
    op.organization = slot->organization;
    auto repository = previews_.apps_.repository(op, slot->app);
    auto oid = git::Oid::parse(commit);
    if (!repository || !oid) return http::text_response(503, "text/plain; charset=utf-8", "The preview is not ready.\n");
    std::string path = decoded->substr(1);
    if (path.empty() || path.ends_with('/')) path += "index.html";
    auto entry = is_app_path(path) ? repository->find(*oid, path) : Result<std::optional<git::Entry>>(std::nullopt);
    if (entry && !*entry && is_app_path(path + "/index.html")) entry = repository->find(*oid, path += "/index.html");
    bool is_file = entry && *entry && ((*entry)->kind == git::EntryKind::file || (*entry)->kind == git::EntryKind::executable);
    if (!is_file) return http::text_response(404, "text/html; charset=utf-8", "<!doctype html><title>Not found</title><p>This version has no file at <code>" + html_escaped(path) + "</code>.");
    http::Response response{.status = 200};
    std::string etag = "\"" + (*entry)->oid.text() + "\"";
    response.headers.add("ETag", etag);
    response.headers.add("Cache-Control", "no-cache");
    if (request.headers.get("If-None-Match") == etag) {
        response.status = 304;
        return response;
    }
    auto content = repository->read_blob((*entry)->oid);
    if (!content) return http::text_response(503, "text/plain; charset=utf-8", content.error().message + "\n");
    response.headers.add("Content-Type", media_type(path));
    response.body = *std::move(content);
    return response;
}

bool Previews::owns_host(std::string_view host) { return preview_of_host(host, options_.domain).has_value(); }

std::shared_ptr<Previews::Slot> Previews::find_slot(PreviewId id) {
    return inside_->slots.with([&](auto& slots) {
        auto found = slots.find(id);
        return found == slots.end() ? nullptr : found->second;
    });
}

std::shared_ptr<Previews::Slot> Previews::find_slot(std::string_view host) {
    auto id = preview_of_host(host, options_.domain);
    return id ? find_slot(*id) : nullptr;
}

void Previews::in_use(std::string_view host) {
    if (auto slot = find_slot(host)) slot->state.with([](Slot::State& state) { state.used_ms = steady_ms(); });
}

/// Reports of pages are taken here; only the page itself sends them, so they come from its own origin.
std::optional<http::Response> Previews::answer(const http::Request& head) {
    in_use(head.host());
    if (head.path() != report_path) return {};
    std::string_view site = head.headers.get("Sec-Fetch-Site");
    auto slot = find_slot(head.host());
    if (slot && (site.empty() || site == "same-origin")) inside_->static_workers->submit([this, slot, head] { report(*slot, head); });
    return http::Response{.status = 204};
}

/// A page said that something went wrong in it.
void Previews::report(Slot& slot, const http::Request& head) {
    auto query = http::parse_query(head.query());
    bool is_wanted = slot.state.with([](Slot::State& state) { return ++state.errors_reported <= errors_max; });
    if (!query || !is_wanted) return;
    auto value = [&](std::string_view name) -> std::string {
        for (const auto& parameter : *query)
            if (parameter.name == name) return parameter.value;
        return "";
    };
    std::string data = "{\"message\":";
    json::write_string(data, utf8_prefix(value("m"), 1000));
    data += ",\"file\":";
    json::write_string(data, utf8_prefix(value("f"), 300));
    data += ",\"line\":" + std::to_string(number_of(value("l"))) + ",\"column\":" + std::to_string(number_of(value("c"))) + ",\"fingerprint\":";
    json::write_string(data, sha256_hex(value("m") + "\n" + value("f") + "\n" + value("l")).substr(0, fingerprint_digits));
    data += "}";
    Op op = server_op("preview");
    op.organization = slot.organization;
    op.deadline = Deadline::in_ms(5'000);
    auto kept = store_.write(op, "apps.report_error", [&](store::Tx& tx) { return hub_.append(tx, stream_of(slot.id), "preview.error", {data}); });
    if (!kept) telemetry::log(telemetry::Level::warning, "preview_error_lost", {{"cause", kept.error().message}});
}

Result<http::Upstream> Previews::connect(const http::Request& head) {
    auto id = preview_of_host(head.host(), options_.domain);
    if (!id) return fail(Code::not_found, "there is no preview at this address");
    auto slot = find_slot(*id);
    Op op = server_op("preview");
    op.deadline = Deadline::in_ms(wake_wait_ms);
    if (!slot) {  // not seen since the server started
        auto owner = TRY(store_.system_read(op, "apps.preview_owner", [&](store::Tx& tx) { return tx.maybe(sql::preview_owner, {.id = *id}); }));
        if (!owner) return fail(Code::not_found, "there is no preview at this address; it may have been deleted");
        op.organization = owner->organization_id;
        slot = slot_of(*id, owner->organization_id, owner->app_id);
    }
    op.organization = slot->organization;
    PreviewStatus status = slot->state.with([](Slot::State& state) {
        state.used_ms = steady_ms();
        return state.status;
    });
    if (status == PreviewStatus::asleep) TRY(enqueue(op, *id, "wake", false));
    if (status != PreviewStatus::ready && status != PreviewStatus::failed) {
        struct Waiting {
            std::atomic<int>& count;
            bool is_one_of_few = ++count <= waiting_max;
            ~Waiting() { --count; }
        } waiting{inside_->waiting};
        auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(waiting.is_one_of_few ? wake_wait_ms : 0);
        bool has_settled = slot->state.wait_until(
            until, [](const Slot::State& state) { return state.status == PreviewStatus::ready || state.status == PreviewStatus::failed; },
            [&](Slot::State& state) { status = state.status; });
        if (!has_settled) return Error{Code::unavailable, "the preview is starting; this page tries again by itself", {}, {}, 1'000};
    }
    auto [program, is_static, error] = slot->state.with([](Slot::State& state) { return std::tuple(state.program, state.is_static, state.error); });
    if (status == PreviewStatus::failed) return fail(Code::unsupported, error.empty() ? "the preview failed; see its log, and restart it" : error);
    http::Upstream upstream{.host = "", .inject_into_head = std::string(reporter)};
    if (is_static) {
        upstream.fd = TRY(inside_->connect_static());
        return upstream;
    }
    if (!program) return Error{Code::unavailable, "the preview is starting; this page tries again by itself", {}, {}, 1'000};
    upstream.fd = TRY(program->connect_ingress(preview_port));
    return upstream;
}

http::Response Previews::away_page(const Error& error) {
    bool is_starting = error.code == Code::unavailable || error.code == Code::timed_out;
    std::string page =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Preview</title>"
        "<style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;padding:1rem}"
        "main{max-width:42rem}pre{white-space:pre-wrap}</style><main><h1>" +
        std::string(is_starting ? "One moment …" : "The preview is not running") + "</h1><pre>" + html_escaped(error.message) + "</pre></main></html>";
    int status = is_starting ? 503 : error.code == Code::not_found ? 404 : 502;
    http::Response response = http::text_response(status, "text/html; charset=utf-8", std::move(page));
    response.headers.add("Cache-Control", "no-store");
    if (is_starting) {
        response.headers.add("Refresh", "1");
        response.headers.add("Retry-After", "1");
    }
    return response;
}

}  // namespace ry::apps
