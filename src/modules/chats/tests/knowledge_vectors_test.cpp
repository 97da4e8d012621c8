// Vectors in the database: what lies close is found, of one's own organization alone, with pgvector and without it.
#include <cmath>
#include <numeric>

#include "kernel/store/store.h"
#include "modules/chats/knowledge_queries.gen.h"
#include "modules/chats/knowledge_vector_model.h"
#include "modules/chats/knowledge_vector_queries.gen.h"
#include "modules/chats/tests/rig.h"

using namespace ry;
using namespace ry::chats;

namespace {

constexpr size_t dimensions = 5;

/// A folder of one document, whose pieces lie where the vectors say.
struct Placed {
    KnowledgeSourceId source = KnowledgeSourceId::fresh();
    KnowledgeDocumentId document = KnowledgeDocumentId::fresh();
};

Placed placed(Rig& rig, const Op& op, const std::vector<std::vector<double>>& vectors) {
    Placed made;
    auto done = rig.database.store().write(op, "test.place", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::add_knowledge_source,
                 {.id = made.source, .kind = KnowledgeKind::folder, .name = "places", .url = {}});
        tx.queue(sql::put_knowledge_document,
                 {.id = made.document, .source_id = made.source, .path = "a", .title = "a", .text = "text"});
        std::string chunks;
        std::vector<int64_t> positions(vectors.size()), revisions(vectors.size(), 1);
        std::iota(positions.begin(), positions.end(), 0);
        std::vector<double> numbers;
        std::vector<KnowledgeChunk> rows;
        for (int64_t position : positions) {
            rows.push_back({.position = position, .text = "piece " + std::to_string(position)});
            numbers.insert(numbers.end(), vectors[size_t(position)].begin(), vectors[size_t(position)].end());
        }
        encode(chunks, rows);
        tx.queue(sql::add_chunks, {.source_id = made.source, .document_id = made.document, .chunks = Json{chunks}});
        tx.queue(sql::document_indexed, {.id = made.document, .revision = 1, .chunks_count = int64_t(vectors.size())});
        TRY(tx.run(sql::add_vectors, {.embedder = "openai/e",
                                      .document_ids = std::vector(vectors.size(), made.document),
                                      .positions = positions,
                                      .revisions = revisions,
                                      .numbers = numbers,
                                      .dimensions = int64_t(dimensions)}));
        return {};
    });
    REQUIRE_MESSAGE(done, (done ? "" : done.error().message + done.error().cause));
    return made;
}

/// "position:rank:similarity" of what is found by meaning, the closest first.
std::string nearest(Rig& rig, const Op& op, const std::vector<KnowledgeSourceId>& sources,
                    const std::vector<double>& vector, const std::string& embedder = "openai/e") {
    auto found = rig.database.store().read(op, "test.nearest", [&](store::Tx& tx) {
        return tx.many(sql::knowledge_found, {.query = "zebra",
                                              .vector = vector,
                                              .embedder = embedder,
                                              .source_ids = sources,
                                              .candidates = candidates_max,
                                              .limit = 10});
    });
    REQUIRE_MESSAGE(found, (found ? "" : found.error().message + found.error().cause));
    std::string told;
    for (const KnowledgePassage& passage : *found)
        told += std::to_string(passage.position) + ":" + std::to_string(passage.vector_rank.value_or(0)) + ":" +
                std::to_string(std::lround(passage.similarity.value_or(0) * 100)) + " ";
    return told;
}

}  // namespace

TEST_CASE("what lies closest is found first, as far as it is close enough, the same with pgvector and without it") {
    Rig rig;
    Placed mine = placed(rig, rig.op, {{0, 1, 0, 0, 0}, {0.6, 0.8, 0, 0, 0}, {-1, 0, 0, 0, 0}, {1, 0, 0, 0, 0}});
    auto look = [&] { return nearest(rig, rig.op, {mine.source}, {1, 0, 0, 0, 0}); };
    // Without settings whatever does not point away is close enough.
    CHECK(look() == "3:1:100 1:2:60 0:3:0 ");
    REQUIRE(rig.database.store().write(rig.op, "test.set", [&](store::Tx& tx) {
        return tx.run(sql::set_knowledge_settings, {.embedding_model_id = {}, .similarity_min = 0.5});
    }));
    CHECK(look() == "3:1:100 1:2:60 ");
    CHECK(nearest(rig, rig.op, {mine.source}, {1, 0, 0, 0, 0}, "openai/other") == "");
    CHECK(nearest(rig, rig.op, {mine.source}, {1, 0, 0}) == "");  // a model of another size
    CHECK(nearest(rig, rig.op, {mine.source}, {}) == "");
    CHECK(nearest(rig, rig.op, {KnowledgeSourceId::fresh()}, {1, 0, 0, 0, 0}) == "");
    std::string has = "select exists (select from pg_extension where extname = 'vector')";
    if (rig.database.run_as_superuser(has) == "f") {
        MESSAGE("this PostgreSQL has no pgvector: vectors were compared plainly alone");
        return;
    }
    rig.database.run_as_superuser("drop extension vector");
    CHECK(look() == "3:1:100 1:2:60 ");
    rig.database.run_as_superuser(
        "create schema elsewhere; create extension vector schema elsewhere; "
        "grant usage on schema elsewhere to public");
    CHECK(look() == "3:1:100 1:2:60 ");
}

TEST_CASE(
    "nobody finds the vectors of another organization; they go with their pieces, and pieces that changed get none") {
    Rig rig;
    Op stranger = rig.database.stranger();
    Placed mine = placed(rig, rig.op, {{1, 0, 0, 0, 0}});
    Placed theirs = placed(rig, stranger, {{1, 0, 0, 0, 0}});
    CHECK(nearest(rig, rig.op, {mine.source, theirs.source}, {1, 0, 0, 0, 0}) == "0:1:100 ");
    CHECK(nearest(rig, stranger, {mine.source}, {1, 0, 0, 0, 0}) == "");
    auto count = [&] { return rig.database.run_as_superuser("select count(*) from chats.knowledge_vector"); };
    CHECK(count() == "2");
    auto changed = rig.database.store().write(rig.op, "test.change", [&](store::Tx& tx) -> Result<void> {
        tx.queue(sql::delete_chunks, {.document_id = mine.document});
        std::string rows;
        encode(rows, std::vector<KnowledgeChunk>{{.text = "another piece"}});
        tx.queue(sql::add_chunks, {.source_id = mine.source, .document_id = mine.document, .chunks = Json{rows}});
        tx.queue(sql::document_indexed, {.id = mine.document, .revision = 2, .chunks_count = 1});
        auto unembedded =
            TRY(tx.many(sql::unembedded_chunks,
                        {.embedder = "openai/e", .after_document_id = {}, .after_position = -1, .limit = 10}));
        CHECK(unembedded.size() == 1);
        CHECK(unembedded.front().text == "a\nanother piece");
        // A vector of what the piece said before comes too late.
        CHECK(TRY(tx.run(sql::add_vectors, {.embedder = "openai/e",
                                            .document_ids = {mine.document},
                                            .positions = {0},
                                            .revisions = {1},
                                            .numbers = {1, 0, 0, 0, 0},
                                            .dimensions = 5})) == 0);
        return {};
    });
    REQUIRE_MESSAGE(changed, (changed ? "" : changed.error().message + changed.error().cause));
    CHECK(count() == "1");
}
