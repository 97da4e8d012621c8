// Documents as text, and texts in chunks.
#include <doctest/doctest.h>

#include <random>

#include "base/text.h"
#include "modules/chats/knowledge/chunks.h"
#include "modules/chats/knowledge/document_text.h"
#include "modules/chats/knowledge/html_text.h"

using namespace ry;
using namespace ry::chats::knowledge;

namespace {

std::string read(std::string_view html) {
    auto page = html_text(html);
    return page ? page->text : page.error().message;
}

std::string refused(std::string_view bytes, std::string_view name = "") {
    auto read = document_text(bytes, name, "");
    return read ? "" : std::string(name_of(read.error().code)) + ": " + read.error().message;
}

std::string repeated(std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
}

/// Everything that chunks promise.
void check(std::string_view text) {
    size_t covered = 0;
    std::optional<size_t> begin;
    for (const Chunk& chunk : chunks_of(text)) {
        REQUIRE(chunk.from <= covered);
        REQUIRE(covered - chunk.from <= overlap_bytes_max);
        REQUIRE(chunk.to > covered);
        REQUIRE(chunk.to - chunk.from <= chunk_bytes_max);
        REQUIRE((!begin || chunk.from > *begin));
        REQUIRE(is_utf8(text.substr(chunk.from, chunk.to - chunk.from)));
        begin = chunk.from;
        covered = chunk.to;
    }
    REQUIRE(covered == text.size());
}

}  // namespace

TEST_CASE("chunks cover any text, keep their bounds, and cut no character") {
    std::mt19937 random(7);
    const std::vector<std::string> pieces = {"a",         "word ", "Слово ", "。", "\n",  "\n\n", ". ",  "! ",
                                             "# Title\n", "🙂",    "x̌",      "\t", "»  ", "#",    "\r\n"};
    for (int round = 0; round < 300; ++round) {
        std::string text;
        size_t variety = 1 + random() % pieces.size(), length = random() % 3'000;
        for (size_t i = 0; i < length; ++i) text += pieces[random() % variety];
        check(text);
    }
    check("");
    check(std::string(50'000, 'x'));
    check(repeated("ё", 5'000));
    check(repeated("\n", 5'000));
}

TEST_CASE("a chunk ends at the best border there is, and the next one repeats the last sentence") {
    std::string sentence = "The tram of line seven goes to the depot. ";
    std::string prose = repeated(sentence, 100);
    auto chunks = chunks_of(prose);
    REQUIRE(chunks.size() > 2);
    CHECK(chunks[0].to % sentence.size() == 0);
    CHECK(chunks[1].from < chunks[0].to);
    CHECK(chunks[1].from % sentence.size() == 0);

    std::string with_heading = repeated(sentence, 30) + "\n\n## Depot\n" + repeated(sentence, 40);
    chunks = chunks_of(with_heading);
    CHECK(with_heading.substr(chunks[1].from).starts_with("## Depot"));
    CHECK(chunks[0].to == chunks[1].from);
    CHECK(chunks[0].heading == "");
    CHECK(chunks[1].heading == "Depot");
    CHECK(chunks.back().heading == "Depot");
    CHECK(chunks_of("# A\n\nshort")[0].heading == "A");
    CHECK(chunks_of("#hashtag\n")[0].heading == "");
}

TEST_CASE("HTML is read as people see it") {
    CHECK(read("<p>One\n  two</p><p>three") == "One two\n\nthree");
    CHECK(read("<h2>Depot</h2>At the <b>ri</b>ver.<ul><li>a<li>b</ul>") == "## Depot\n\nAt the river.\n\n- a\n- b");
    CHECK(read("<table><tr><td>a<td>b<tr><td>c</table>") == "a b\nc");
    CHECK(read("<pre>a\n  b</pre>") == "a\n  b");
    CHECK(read("<script>alert(1)</script><style>p{}</style><nav>menu</nav>x<br>y") == "x\ny");
    CHECK(read("&lt;tag&gt; &amp; &eacute;") == "<tag> & é");
    CHECK(read("<p>трамвай") == "трамвай");
    CHECK(read("").find('<') == std::string::npos);
    CHECK(html_text("<head><title> The\n depot </title></head><p>x")->title == "The depot");
    CHECK(html_text("<p>\xF2\xF0\xE0\xEC", "windows-1251")->text == "трам");
    CHECK(html_text("<meta charset=windows-1251><p>\xF2\xF0\xE0\xEC")->text == "трам");
    CHECK_FALSE(read(repeated("<div>", 100'000) + "x").contains("<div>"));
    // Nothing outside of the page is ever read.
    CHECK_FALSE(read("<!DOCTYPE html [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><p>&x;</p>").contains("root:"));
}

TEST_CASE("files are texts, or refused with what to do") {
    CHECK(document_text("\xEF\xBB\xBF# Depot\r\nx\ry", "a.md", "")->text == "# Depot\nx\ny");
    CHECK(document_text("# Depot\nx", "a.md", "")->title == "Depot");
    CHECK(document_text("{\"a\": 1}", "a.json", "application/json")->text == "{\"a\": 1}");
    CHECK(document_text("<p>x", "a.htm", "")->text == "x");
    CHECK(document_text("<p>x", "a.txt", "")->text == "<p>x");
    CHECK(document_text(" <!DOCTYPE HTML><p>x", "", "")->text == "x");
    CHECK(document_text("<p>\xF2", "", "text/html; charset=windows-1251")->text == "т");
    CHECK(refused("%PDF-1.7").starts_with("unsupported: the document is a PDF"));
    CHECK(refused("PK\x03\x04").contains("an office document"));
    CHECK(refused(std::string("a\0b", 3)).contains("no text"));
    CHECK(refused("\xFF\xFE").contains("UTF-8"));
    CHECK(refused(std::string(document_bytes_max + 1, 'x')).starts_with("too_large"));
}
