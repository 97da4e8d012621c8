#include "kernel/reads/kept.h"

#include "base/hash.h"

namespace ry::reads {

void Kept::Entries::forget(std::list<Entry>::iterator entry) {
    bytes -= entry->bytes();
    by_key.erase(entry->key);
    newest_first.erase(entry);
}

std::optional<http::Reply> Kept::find(const std::string& key, std::string_view mark) {
    return entries_.with([&](Entries& all) -> std::optional<http::Reply> {
        auto known = all.by_key.find(key);
        if (known == all.by_key.end() || known->second->mark != mark) return std::nullopt;
        all.newest_first.splice(all.newest_first.begin(), all.newest_first, known->second);
        return known->second->reply;
    });
}

void Kept::keep(std::string key, std::string mark, const http::Reply& reply) {
    entries_.with([&](Entries& all) {
        if (auto known = all.by_key.find(key); known != all.by_key.end()) all.forget(known->second);
        Entry entry{std::move(key), std::move(mark), reply};
        if (entry.bytes() > bytes_max_) return;
        all.bytes += entry.bytes();
        all.newest_first.push_front(std::move(entry));
        all.by_key.emplace(all.newest_first.front().key, all.newest_first.begin());
        while (all.bytes > bytes_max_) all.forget(std::prev(all.newest_first.end()));
    });
}

namespace {

/// One read on its way: first the mark, then, unless its reply is kept, the question.
struct Reading {
    store::Store& store;
    std::shared_ptr<Kept> kept;
    store::ReadContext context;
    Question question;
    std::string key;
    http::ReadDone done;
};

std::string key_of(const http::ReadRequest& request) {
    std::string key = request.op.organization.text();
    for (const std::string& hole : request.holes) key.append("/").append(hole);
    return key.append("?").append(request.query);
}

void ask_whole(const std::shared_ptr<Reading>& reading, std::optional<std::string> mark) {
    reading->store.read_async(
        reading->context, *reading->question.statement, std::move(reading->question.parameters),
        [reading, mark = std::move(mark)](Result<store::Rows> rows) {
            if (!rows) return reading->done(std::move(rows).error());
            auto reply = reading->question.answer(*rows);
            if (reply && mark) {
                reply->etag = sha256_hex(reply->body).substr(0, 32);
                reading->kept->keep(reading->key, *mark, *reply);
            }
            reading->done(std::move(reply));
        });
}

}  // namespace

http::Read read(store::Store& store, std::shared_ptr<Kept> kept, Ask ask_mark, Ask ask) {
    return [&store, kept = std::move(kept), ask_mark = std::move(ask_mark), ask = std::move(ask)](http::ReadRequest request, http::ReadDone done) {
        auto marking = ask_mark(request);
        auto question = ask(request);
        if (!marking) return done(std::move(marking).error());
        if (!question) return done(std::move(question).error());
        auto reading = std::make_shared<Reading>(Reading{
            .store = store, .kept = kept, .context = {.organization = request.op.organization, .deadline = request.op.deadline},
            .question = *std::move(question), .key = key_of(request), .done = std::move(done)});
        store.read_async(reading->context, *marking->statement, std::move(marking->parameters), [reading](Result<store::Rows> rows) {
            if (!rows) return reading->done(std::move(rows).error());
            std::optional<std::string_view> value = rows->size() > 0 ? rows->value(0, 0) : std::nullopt;
            if (!value) return ask_whole(reading, std::nullopt);
            if (auto reply = reading->kept->find(reading->key, *value)) return reading->done(*std::move(reply));
            ask_whole(reading, std::string(*value));
        });
    };
}

}  // namespace ry::reads
