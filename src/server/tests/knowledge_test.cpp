// Knowledge: documents come in, are found by their words, and stand in prompts with their numbers.
#include "server/tests/lab.h"

using namespace ry;
using namespace ry::server;

namespace {

const std::string sources = "/api/v1/knowledge_sources";

std::string at(const Told& source) { return sources + "/" + source.text("/id"); }

Told made(Lab& lab, const std::string& body) {
    Told source = lab.owner().post(sources, body);
    REQUIRE_MESSAGE(source.status == 201, source.seen.body);
    return source;
}

/// The source when its jobs have ended so.
Told indexed(Lab& lab, const Told& source, const std::string& ends = "done") {
    for (const value& job : lab.owner().all("/api/v1/jobs?subject=source:" + source.text("/id"))) {
        http::Client client(lab.port());
        client.get("/api/v1/jobs/" + text_at(job, "/id") + "/events?after=0", "Accept: text/event-stream\r\n");
        client.until("\"status\":\"" + ends + "\"");
    }
    return lab.owner().get(at(source));
}

Told put(Lab& lab, const Told& source, const std::string& path, const std::string& text,
         const std::string& type = "text/plain") {
    Told told;
    told.seen = http::Client(lab.port())
                    .request("PUT", at(source) + "/documents/" + path, text, "Content-Type: " + type + "\r\n")
                    .answer();
    told.status = told.seen.status;
    told.body = boost::json::parse(told.seen.body);
    return told;
}

Told searched(Lab& lab, const std::string& query, const Told& source) {
    return lab.owner().post(sources + "/search",
                            R"({"query":)" + in_quotes(query) + R"(,"source_ids":[")" + source.text("/id") + "\"]}");
}

/// Waits for all jobs about the subject.
void wait_for_jobs(Lab& lab, const std::string& subject) {
    for (const value& job : lab.owner().all("/api/v1/jobs?subject=" + subject)) {
        http::Client client(lab.port());
        client.get("/api/v1/jobs/" + text_at(job, "/id") + "/events?after=0", "Accept: text/event-stream\r\n");
        std::string told = client.until("\"status\":\"done\"");
        REQUIRE_MESSAGE(told.ends_with("\"status\":\"done\""), told);
    }
}

/// A PDF of one page with one line.
std::string pdf_of(const std::string& line) {
    std::string content = line.empty() ? "" : "BT /F1 24 Tf 72 700 Td (" + line + ") Tj ET";
    const std::string objects[] = {
        "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> "
        ">>",
        "<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
    std::string pdf = "%PDF-1.4\n", places;
    for (size_t i = 0; i < std::size(objects); ++i) {
        std::string at = std::to_string(pdf.size());
        places += std::string(10 - at.size(), '0') + at + " 00000 n \n";
        pdf += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
    }
    return pdf + "xref\n0 6\n0000000000 65535 f \n" + places + "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n" +
           std::to_string(pdf.size()) + "\n%%EOF\n";
}

/// Texts about eating lie in one direction, texts about trams in another, all others in a third.
std::vector<float> placed(std::string_view text) {
    for (std::string_view word : {"canteen", "eat", "hungry"})
        if (text.contains(word)) return {1, 0, 0.1f};
    if (text.contains("tram")) return {0, 1, 0.1f};
    return {0, 0, 1};
}

}  // namespace

TEST_CASE("a note is found by the words of a question in Russian and in English, with the reason") {
    Lab& lab = Lab::shared();
    Told note = made(
        lab,
        R"({"name":"Депо","text":"# Часы\nТрамваи выходят из депо в пять утра.\n\nThe drivers' canteen opens at six o'clock."})");
    note = indexed(lab, note);
    CHECK(note.text("/status") == "ready");
    CHECK(note.number("/documents_count") == 1);
    CHECK(note.number("/chunks_count") == 1);
    Told found = searched(lab, "Когда выходит первый трамвай?", note);
    REQUIRE_MESSAGE(found.status == 200, found.seen.body);
    CHECK(found.text("/passages/0/source_name") == "Депо");
    CHECK(found.text("/passages/0/heading") == "Часы");
    CHECK(found.number("/passages/0/position") == 0);
    CHECK(found.at("/passages/0/matched_words").as_array().size() == 2);
    CHECK(searched(lab, "Where do drivers open it?", note).text("/passages/0/text").contains("canteen"));
    CHECK(searched(lab, "unicorns", note).at("/passages").as_array().empty());
    CHECK(searched(lab, "' | \\ <-> :* !", note).status == 200);

    lab.owner().call("PATCH", at(note), R"({"text":"Unicorns only."})");
    indexed(lab, note);
    CHECK(searched(lab, "unicorns", note).text("/passages/0/text") == "Unicorns only.");
    CHECK(searched(lab, "трамвай", note).at("/passages").as_array().empty());

    Person stranger = lab.stranger();
    CHECK(stranger.get(at(note)).status == 404);
    CHECK(stranger.post(sources + "/search", R"({"query":"unicorns","source_ids":[")" + note.text("/id") + "\"]}")
              .at("/passages")
              .as_array()
              .empty());
    CHECK(lab.owner().call("DELETE", at(note)).status == 204);
    CHECK(lab.owner().get(at(note)).status == 404);
}

TEST_CASE("a folder has files, each at its path; the rarest words decide") {
    Lab& lab = Lab::shared();
    Told folder = made(lab, R"({"name":"Handbook","kind":"folder"})");
    CHECK(folder.text("/status") == "empty");
    std::string tram;
    for (int i = 0; i < 200; ++i) tram += "The tram goes to the depot every day. ";
    CHECK(put(lab, folder, "trams/all.md", "# Trams\n" + tram).status == 202);
    CHECK(put(lab, folder, "bell.html", "<title>The bell</title><script>tram()</script><p>The tram has a bell.",
              "text/html")
              .status == 202);
    CHECK(put(lab, folder, "numbers.csv", "line,colour\n7,ochre\n").status == 202);
    folder = indexed(lab, folder);
    CHECK(folder.number("/documents_count") == 3);
    CHECK(folder.number("/chunks_count") > 4);
    Told found = searched(lab, "Which tram has a bell?", folder);
    CHECK(found.text("/passages/0/document_title") == "The bell");
    CHECK(found.text("/passages/0/matched_words/0") == "bell");
    CHECK(searched(lab, "ochre", folder).text("/passages/0/document_path") == "numbers.csv");
    CHECK(lab.owner().get(at(folder) + "/documents?limit=1").text("/items/0/path") == "bell.html");
    CHECK(lab.owner().get(at(folder) + "/documents?limit=1&cursor=bell.html").text("/items/0/path") == "numbers.csv");
    const std::string document = "/api/v1/knowledge_documents/" + found.text("/passages/0/document_id");
    CHECK(lab.owner().get(document).text("/source_id") == folder.text("/id"));
    CHECK(lab.owner().get(document + "/chunks").text("/items/0/text") == "The tram has a bell.");
    const std::string long_one = "/api/v1/knowledge_documents/" + lab.owner().get(at(folder) + "/documents").text("/items/2/id");
    Told pieces = lab.owner().get(long_one + "/chunks?limit=2");
    CHECK(pieces.number("/items/1/position") == 1);
    CHECK(lab.owner().get(long_one + "/chunks?cursor=" + pieces.text("/next_cursor")).number("/items/0/position") == 2);
    CHECK(lab.owner().get(long_one + "/chunks?cursor=x").status == 400);
    CHECK(lab.stranger().get(document + "/chunks").status == 404);

    CHECK(lab.owner().call("DELETE", at(folder) + "/documents/bell.html").number("/documents_count") == 2);
    CHECK(lab.owner().call("DELETE", at(folder) + "/documents/bell.html").status == 404);
    CHECK_FALSE(searched(lab, "Which tram has a bell?", folder).text("/passages/0/document_title") == "The bell");
    CHECK(lab.owner().post(at(folder) + "/index").status == 202);
    CHECK(indexed(lab, folder).text("/status") == "ready");
    CHECK(searched(lab, "ochre", folder).text("/passages/0/document_path") == "numbers.csv");
    lab.owner().call("DELETE", at(folder));
}

TEST_CASE("with an embedding model, what a question means is found where its words alone would miss") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    lab.models().embed_by(placed);
    Told model = owner.post(
        "/api/v1/models",
        R"({"name":"places","provider":"openai","model":"embed-1","api_key":"sk-places-1","tokens_in_usd":1,"base_url":)" +
            in_quotes(lab.models().url()) + "}");
    REQUIRE_MESSAGE(model.status == 201, model.seen.body);
    Told note = indexed(lab, made(lab, R"({"name":"Canteen","text":"The canteen opens at six."})"));
    const std::string settings = "/api/v1/knowledge_settings", question = "I am hungry, where do I go?";
    CHECK(searched(lab, question, note).at("/passages").as_array().empty());
    CHECK(owner.get(settings).seen.body.contains(R"("embedding_model_id":null)"));

    CHECK(owner.call("PATCH", settings, R"({"embedding_model":"none"})").text("/detail").contains("ramify models ls"));
    CHECK(owner.call("PATCH", settings, R"({"embedding_model":"demo"})").text("/detail").contains("has no embeddings"));
    lab.models().next_embeddings(testing::refusal(401, "no"));
    CHECK(owner.call("PATCH", settings, R"({"embedding_model":"places"})").status == 403);
    Told set = owner.call("PATCH", settings, R"({"embedding_model":"places"})");
    REQUIRE_MESSAGE(set.text("/embedding_model_id") == model.text("/id"), set.seen.body);
    std::string subject = "model:" + model.text("/id");
    wait_for_jobs(lab, subject);
    CHECK(lab.models().requests().back().header("authorization") == "Bearer sk-places-1");
    set = owner.get(settings);
    CHECK(set.number("/vectors_count") == set.number("/chunks_count"));
    CHECK(set.number("/tokens_in") > 0);
    CHECK(set.at("/cost_usd").to_number<double>() > 0);

    // What is indexed from now on gets its vectors without being asked for.
    Told trams = indexed(lab, made(lab, R"({"name":"Trams","text":"A tram has a bell."})"));
    wait_for_jobs(lab, subject);
    int64_t tokens_in = owner.get(settings).number("/tokens_in");
    Told found = searched(lab, question, note);
    CHECK_MESSAGE(found.text("/passages/0/text") == "The canteen opens at six.", found.seen.body);
    CHECK(owner.get(settings).number("/tokens_in") > tokens_in);  // questions cost something, too
    CHECK(found.number("/passages/0/vector_rank") == 1);
    CHECK(found.number("/passages/0/words_rank") == -1);
    CHECK(found.at("/passages/0/similarity").to_number<double>() > 0.99);
    Told both = owner.post(sources + "/search", R"({"query":"Does the canteen have a bell?","source_ids":[")" +
                                                    note.text("/id") + "\",\"" + trams.text("/id") + "\"]}");
    CHECK(both.text("/passages/0/source_name") == "Canteen");  // by its word and by its meaning
    CHECK(both.at("/passages/0/score").to_number<double>() == doctest::Approx(1.0 / 61 + 1.0 / 62).epsilon(0.02));
    CHECK(both.text("/passages/1/source_name") == "Trams");  // by its word alone
    CHECK(both.number("/passages/1/vector_rank") == -1);
    CHECK(searched(lab, "Something else altogether", note).at("/passages").as_array().empty());

    // Chats ask it as far as their data may go.
    std::string id = owner.post("/api/v1/chats", "{}").text("/id"), chat = "/api/v1/chats/" + id;
    owner.post(at(note) + "/bindings", R"({"scope":"chat","scope_id":")" + id + "\"}");
    std::string asked = R"({"text":)" + in_quotes(question) + "}";
    CHECK(owner.post(chat + "/test_knowledge", asked).number("/passages/0/vector_rank") == 1);
    CHECK(owner.post(chat + "/prompt_preview", asked)
              .text("/messages/0/text")
              .contains("[1] Canteen\nThe canteen opens"));
    lab.models().next(testing::Answer().say("To the canteen [1]."));
    Told ended = lab.settled(owner.post(chat + "/messages", asked).text("/generation/id"));
    CHECK(ended.text("/status") == "done");
    CHECK(lab.models().requests().back().body.contains("The canteen opens at six."));

    // The answer keeps what it was made from, as it said then.
    CHECK(ended.number("/citations_count") == 1);
    CHECK(owner.get(chat + "/messages").number("/items/1/variant/generation/citations_count") == 1);
    owner.call("PATCH", at(note), R"({"name":"Mess","text":"The canteen is shut."})");
    indexed(lab, note);
    const std::string generation = "/api/v1/generations/" + ended.text("/id");
    Told cited = owner.get(generation + "/citations");
    CHECK_MESSAGE(cited.number("/passages/0/number") == 1, cited.seen.body);
    CHECK(cited.text("/passages/0/text") == "The canteen opens at six.");
    CHECK(cited.text("/passages/0/source_name") == "Canteen");
    CHECK(cited.text("/passages/0/source_id") == note.text("/id"));
    CHECK(cited.number("/passages/0/vector_rank") == 1);
    Told sent = owner.get(generation + "/prompt");
    CHECK(sent.text("/prompt_hash").size() == 64);
    CHECK(sent.text("/messages/1/text") == question);
    CHECK(sent.text("/messages/0/text").substr(size_t(cited.number("/passages/0/place/from_byte"))).starts_with("The canteen opens at six."));
    CHECK(lab.stranger().get(generation + "/citations").status == 404);
    CHECK(lab.stranger().get(generation + "/prompt").status == 404);
    owner.call("PATCH", at(note), R"({"name":"Canteen","text":"The canteen opens at six."})");
    indexed(lab, note);
    wait_for_jobs(lab, subject);
    owner.call("PATCH", "/api/v1/models/" + model.text("/id"), R"({"data_class_max":"open"})");
    size_t requests = lab.models().requests().size();
    CHECK(owner.post(chat + "/test_knowledge", asked).at("/passages").as_array().empty());
    CHECK(lab.models().requests().size() == requests);
    owner.call("PATCH", "/api/v1/models/" + model.text("/id"), R"({"data_class_max":"confidential"})");

    // A chat that is deleted for good takes its prompts along.
    auto prompts_kept = [&] { return lab.database().run_as_superuser("select count(*) from chats.prompt_snapshot where hash = '" + sent.text("/prompt_hash") + "'"); };
    CHECK(prompts_kept() == "1");
    owner.call("DELETE", chat);
    CHECK(prompts_kept() == "1");
    owner.call("DELETE", chat);
    CHECK(prompts_kept() == "0");

    // A model that is away, or too much to be compared, costs no more than the meaning.
    lab.models().next_embeddings(testing::refusal(503, "busy"));
    Told away = searched(lab, "When does the canteen open?", note);
    CHECK(away.text("/passages/0/source_name") == "Canteen");
    CHECK(away.text("/vector_error").contains("places"));
    std::string with_many =
        "update chats.knowledge_source set chunks_count = chunks_count + 200000 where name = 'Canteen'";
    lab.database().run_as_superuser(with_many);
    CHECK(searched(lab, question, note).text("/vector_error").contains("200001 pieces"));
    lab.database().run_as_superuser("update chats.knowledge_source set chunks_count = 1 where name = 'Canteen'");

    // Another model means other vectors.
    requests = lab.models().requests().size();
    owner.call("PATCH", "/api/v1/models/" + model.text("/id"), R"({"model":"embed-2"})");
    wait_for_jobs(lab, subject);
    CHECK(lab.models().requests().at(requests).body.contains(R"("model":"embed-2")"));
    CHECK(searched(lab, question, note).number("/passages/0/vector_rank") == 1);
    CHECK(lab.stranger().get(settings).number("/vectors_count") == 0);

    CHECK(owner.call("PATCH", settings, R"({"embedding_model":""})").number("/vectors_count") == 0);
    CHECK(searched(lab, question, note).at("/passages").as_array().empty());
    for (const Told& one : {note, trams}) owner.call("DELETE", at(one));
    owner.call("DELETE", "/api/v1/models/" + model.text("/id"));
}

TEST_CASE("a page of an allowed address becomes knowledge, and what it says later when it is fetched again") {
    Lab& lab = Lab::shared();
    lab.models().next(
        testing::Answer().body("<!doctype html><title>Fares</title><nav>Menu</nav><p>A ticket costs two coins.</p>"));
    Told page = made(
        lab, R"({"name":"Fares","kind":"url","url":)" + in_quotes(lab.models().url() + "/fares.html?line=7") + "}");
    page = indexed(lab, page);
    CHECK_MESSAGE(page.text("/status") == "ready", page.seen.body);
    Told found = searched(lab, "What does a ticket cost?", page);
    CHECK(found.text("/passages/0/document_title") == "Fares");
    CHECK(found.text("/passages/0/document_path") == lab.models().url() + "/fares.html?line=7");
    CHECK_FALSE(found.text("/passages/0/text").contains("Menu"));
    CHECK(lab.models().requests().back().method == "GET");
    CHECK(lab.models().requests().back().path == "/fares.html?line=7");

    lab.models().next(testing::Answer().body("<!doctype html><title>Fares</title><p>A ticket costs three coins."));
    CHECK(lab.owner().post(at(page) + "/index").status == 202);
    indexed(lab, page);
    CHECK(searched(lab, "ticket", page).text("/passages/0/text").contains("three coins"));

    // A page that leads elsewhere is not followed; what was there before stays.
    lab.models().next(testing::Answer().status(302).header("Location", "http://127.0.0.1:1/").body("elsewhere"));
    CHECK(lab.owner().post(at(page) + "/index").status == 202);
    http::Client client(lab.port());
    client.get("/api/v1/jobs/" +
                   lab.owner().get("/api/v1/jobs?limit=1&subject=source:" + page.text("/id")).text("/items/0/id") +
                   "/events?after=0",
               "Accept: text/event-stream\r\n");
    client.until("\"status\":\"failed\"");
    page = lab.owner().get(at(page));
    CHECK(page.text("/error").contains("status 302"));
    CHECK(searched(lab, "ticket", page).text("/passages/0/text").contains("three coins"));
    lab.owner().call("DELETE", at(page));
}

TEST_CASE("a PDF says its text; what cannot be read says what to do") {
    Lab& lab = Lab::shared();
    Told file = made(lab, R"({"name":"Timetable","kind":"folder"})");
    Told put_there = put(lab, file, "timetable.pdf", pdf_of("Last tram at midnight"), "application/pdf");
    if (put_there.status == 422) {
        CHECK(put_there.text("/detail").contains("poppler-utils"));
        MESSAGE("this machine has no pdftotext: no PDF was read");
    } else {
        REQUIRE_MESSAGE(put_there.status == 202, put_there.seen.body);
        file = indexed(lab, file);
        CHECK(searched(lab, "When does the last tram go?", file)
                  .text("/passages/0/text")
                  .contains("Last tram at midnight"));
        CHECK(put(lab, file, "broken.pdf", "%PDF-1.4 nothing").text("/detail").contains("cannot be read"));
        CHECK(put(lab, file, "scan.pdf", pdf_of("")).text("/detail").contains("no text"));
    }
    lab.owner().call("DELETE", at(file));
}

TEST_CASE("a step of a pipeline looks up what later steps say") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    Told note = indexed(lab, made(lab, R"({"name":"Bells","text":"A tram rings its bell before it starts."})"));
    Told pipeline = owner.post("/api/v1/pipelines", R"({"name":"quoting","definition":{"steps":[
        {"id":"look","type":"rag","parameters":{"query":"{{ input.question }}","source_ids":[")" +
                                                        note.text("/id") + R"("],"limit":2}},
        {"id":"say","type":"template","depends_on":["look"],
         "parameters":{"text":"{{ steps.look.passages.size }}: {{ steps.look.text }}; {{ steps.look.passages[0].source }}"}}]}})");
    REQUIRE_MESSAGE(pipeline.status == 201, pipeline.seen.body);
    auto run = [&](const std::string& question) {
        Told told = owner.post("/api/v1/pipelines/" + pipeline.text("/id") + "/runs",
                               R"({"input":{"question":)" + in_quotes(question) + "}}");
        http::Client client(lab.port());
        client.get("/api/v1/runs/" + told.text("/id") + "/events", "Accept: text/event-stream\r\n");
        client.until("event: run.ended");
        return owner.get("/api/v1/runs/" + told.text("/id"));
    };
    CHECK(run("When does the bell ring?").text("/steps/1/output/text") ==
          "1: [1] Bells\nA tram rings its bell before it starts.; Bells");
    Told nothing = run("unicorns");
    CHECK(nothing.text("/status") == "done");
    CHECK(nothing.text("/steps/1/output/text") == "0: ; ");
    CHECK(nothing.number("/steps/0/output/tokens") == 0);
    CHECK(owner.post("/api/v1/pipelines/check", R"({"definition":{"steps":[{"id":"a","type":"rag","parameters":{}}]}})")
              .text("/errors/0/pointer") == "/definition/steps/0/parameters/query");
    owner.call("DELETE", "/api/v1/pipelines/" + pipeline.text("/id"));
    owner.call("DELETE", at(note));
}

TEST_CASE("what cannot be knowledge is refused with what to do") {
    Lab& lab = Lab::shared();
    CHECK(lab.owner().post(sources, R"({"name":"a"})").text("/detail").contains("say what the note says"));
    CHECK(lab.owner().post(sources, R"({"name":"a","kind":"file","text":"x"})").status == 400);
    CHECK(lab.owner().post(sources, R"({"name":"a","kind":"url","url":"file:///etc/passwd"})").status == 400);
    Told file = made(lab, R"({"name":"One","kind":"file"})");
    CHECK(put(lab, file, "a.pdf", "%PDF-1.7").text("/detail").contains("PDF"));
    CHECK(put(lab, file, "a.txt", " ").text("/detail").contains("no text"));
    CHECK(put(lab, file, "a.txt", "one").status == 202);
    CHECK(put(lab, file, "a.txt", "another").status == 202);
    CHECK(put(lab, file, "b.txt", "two").status == 409);
    Told note = made(lab, R"({"name":"n","text":"x"})");
    CHECK(put(lab, note, "a.txt", "x").status == 422);
    // A page is fetched from public addresses alone.
    Told page = made(lab, R"({"name":"p","kind":"url","url":"http://127.0.0.1:1/"})");
    page = indexed(lab, page, "failed");
    CHECK(page.text("/status") == "failed");
    CHECK_MESSAGE(page.text("/error").contains("127.0.0.1"), page.seen.body);
    for (const Told& one : {file, note, page}) lab.owner().call("DELETE", at(one));
}

TEST_CASE("the prompt of a chat quotes what its knowledge says to the newest message, with numbers") {
    Lab& lab = Lab::shared();
    Person& owner = lab.owner();
    std::string id = owner.post("/api/v1/chats", "{}").text("/id"), chat = "/api/v1/chats/" + id;
    Told note = indexed(lab, made(lab, R"({"name":"Rules","text":"Whistling in the tram is forbidden."})"));
    auto previewed = [&](const std::string& text) {
        return owner.post(chat + "/prompt_preview", R"({"text":")" + text + "\"}");
    };
    CHECK_FALSE(previewed("May I whistle?").seen.body.contains("Whistling"));
    std::string binding = R"({"scope":"chat","scope_id":")" + id + "\"}";
    CHECK(owner.post(at(note) + "/bindings", binding).status == 200);
    CHECK(owner.get(at(note) + "/bindings").text("/items/0/scope_id") == id);
    Told preview = previewed("May I whistle?");
    REQUIRE_MESSAGE(preview.status == 200, preview.seen.body);
    CHECK(preview.text("/messages/0/text").contains("[1] Rules\nWhistling in the tram is forbidden."));
    CHECK(preview.text("/passages/0/source_id") == note.text("/id"));
    CHECK(preview.seen.body.contains(R"("source":"knowledge")"));
    CHECK_FALSE(previewed("Hello").seen.body.contains("Whistling"));
    CHECK(owner.post(chat + "/test_knowledge", R"({"text":"whistle"})").text("/passages/0/source_name") == "Rules");

    // What is sent is what was shown, and templates say it in their own words.
    lab.models().next(testing::Answer().say("No [1]."));
    Told posted = owner.post(chat + "/messages", R"({"text":"May I whistle?"})");
    Told ended = lab.settled(posted.text("/generation/id"));
    CHECK(ended.text("/status") == "done");
    CHECK(owner.get("/api/v1/runs/" + ended.text("/run_id")).seen.body.contains(preview.text("/prompt_hash")));
    Told scoped = owner.post(
        "/api/v1/prompt_templates",
        R"({"name":"Quoting","scope":"chat","scope_id":")" + id +
            R"(","text":"{% for p in rag.passages %}{{ p.number }} {{ p.source }}: {{ p.text }}{% endfor %}"})");
    CHECK_MESSAGE(scoped.status == 201, scoped.seen.body);
    CHECK(previewed("May I whistle?").text("/messages/0/text") == "1 Rules: Whistling in the tram is forbidden.");
    owner.call("DELETE", "/api/v1/prompt_templates/" + scoped.text("/id"));

    CHECK(owner.call("DELETE", at(note) + "/bindings?scope=chat&scope_id=" + id).status == 204);
    CHECK_FALSE(previewed("May I whistle?").seen.body.contains("Whistling"));
    CHECK(owner.post(at(note) + "/bindings", R"({"scope":"chat"})").status == 400);
    owner.call("DELETE", at(note));
}
