#include <algorithm>

#include "modules/chats/liquid/json_text.h"
#include "modules/chats/liquid/reader.h"
#include "modules/chats/liquid/syntax.h"
#include "modules/chats/liquid/tokens.h"

namespace ry::chats::liquid {
namespace {

struct TokenStream {
    const std::vector<Token>& tokens;
    size_t next = 0;
    bool is_end() const { return next == tokens.size(); }
};

enum class Taken : uint8_t { no, yes, end };

class Parser {
public:
    Parser(std::string_view source, Arena& arena, const Limits& limits, size_t& nodes, size_t& depth, Failure& failure)
        : source_(source), arena_(arena), limits_(limits), nodes_(nodes), depth_(depth), failure_(failure) {}

    Nodes parse() {
        std::vector<Token> tokens = tokens_of(source_, failure_);
        TokenStream stream{tokens};
        return rest(stream);
    }

private:
    // ---- bodies

    Nodes rest(TokenStream& stream) {
        Nodes all{source_, {}};
        while (!stream.is_end() && !failure_.has_failed) all.list.push_back(node(stream.tokens[stream.next++], stream));
        return all;
    }

    /// Nodes up to the tag that ends them: `take` is asked about each tag, `put` gets each node. A failure when the
    /// tokens end.
    template <class Take, class Put>
    void body(const Token& opening, TokenStream& stream, Take take, Put put) {
        while (!failure_.has_failed) {
            if (stream.is_end()) return fail_unclosed(opening);
            const Token& token = stream.tokens[stream.next++];
            Taken taken = token.kind == Token::Kind::tag ? take(token) : Taken::no;
            if (taken == Taken::end) return;
            if (taken == Taken::no) put(node(token, stream));
        }
    }

    Nodes body(const Token& opening, TokenStream& stream, std::string_view end) {
        Nodes nodes{source_, {}};
        body(
            opening, stream, [&](const Token& token) { return token.name == end ? Taken::end : Taken::no; },
            [&](Node node) { nodes.list.push_back(std::move(node)); });
        return nodes;
    }

    void skip_to(const Token& opening, TokenStream& stream, std::string_view end) {
        while (!stream.is_end())
            if (stream.tokens[stream.next++].is_tag(end)) return;
        fail_unclosed(opening);
    }

    // ---- nodes

    Node node(const Token& token, TokenStream& stream) {
        Node node;
        node.at = uint32_t(token.begin);
        if (++nodes_ > limits_.nodes_max)
            failure_.fail("a template may have at most " + std::to_string(limits_.nodes_max) +
                          " pieces; make it shorter");
        if (++depth_ > limits_.nesting_max)
            failure_.fail("tags may be nested at most " + std::to_string(limits_.nesting_max) + " deep");
        if (!failure_.has_failed) {
            if (token.kind == Token::Kind::text) {
                node.kind = NodeKind::text;
                node.text = source_.substr(token.inner_begin, token.inner_end - token.inner_begin);
            } else if (token.kind == Token::Kind::output) {
                node.kind = NodeKind::output;
                node.value = reader(token.inner_begin, token.inner_end).expression();
            } else {
                tag(node, token, stream);
            }
        }
        if (failure_.has_failed) failure_.place(source_, token.begin);
        --depth_;
        return node;
    }

    void tag(Node& node, const Token& token, TokenStream& stream) {
        using Parse = void (Parser::*)(Node&, const Token&, TokenStream&);
        struct Row {
            std::string_view name;
            NodeKind kind;
            Parse parse;
        };
        static constexpr Row rows[] = {
            {"#", NodeKind::nothing, &Parser::inline_comment},
            {"assign", NodeKind::assign, &Parser::assign},
            {"block", NodeKind::block, &Parser::block},
            {"break", NodeKind::break_, &Parser::nothing},
            {"capture", NodeKind::capture, &Parser::capture},
            {"case", NodeKind::case_, &Parser::case_},
            {"comment", NodeKind::nothing, &Parser::comment},
            {"continue", NodeKind::continue_, &Parser::nothing},
            {"cycle", NodeKind::cycle, &Parser::cycle},
            {"decrement", NodeKind::decrement, &Parser::counter},
            {"echo", NodeKind::output, &Parser::echo},
            {"for", NodeKind::for_, &Parser::for_},
            {"if", NodeKind::if_, &Parser::if_},
            {"include", NodeKind::include, &Parser::include},
            {"increment", NodeKind::increment, &Parser::counter},
            {"layout", NodeKind::layout, &Parser::layout},
            {"liquid", NodeKind::liquid, &Parser::liquid},
            {"raw", NodeKind::text, &Parser::raw},
            {"render", NodeKind::render, &Parser::render},
            {"tablerow", NodeKind::tablerow, &Parser::tablerow},
            {"unless", NodeKind::if_, &Parser::unless},
        };
        const Row* row = std::ranges::find(rows, token.name, &Row::name);
        if (row == std::end(rows)) return failure_.fail("tag \"" + std::string(token.name) + "\" not found");
        node.kind = row->kind;
        (this->*row->parse)(node, token, stream);
    }

    // ---- each tag

    void nothing(Node&, const Token&, TokenStream&) {}

    void inline_comment(Node&, const Token& token, TokenStream&) {
        std::string_view text = arguments_of(token);
        for (size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos;) {
            while (at < text.size() && blank_bytes(text, at)) at += blank_bytes(text, at);
            if (at < text.size() && text[at] != '#')
                return failure_.fail("every line of an inline comment must start with a '#' character");
        }
    }

    void comment(Node&, const Token& token, TokenStream& stream) { skip_to(token, stream, "endcomment"); }

    void raw(Node& node, const Token& token, TokenStream& stream) {
        std::string text;
        while (!stream.is_end()) {
            const Token& next = stream.tokens[stream.next++];
            if (next.is_tag("endraw")) {
                node.text = arena_.copy(text);
                return;
            }
            text += text_of(next);
        }
        fail_unclosed(token);
    }

    void assign(Node& node, const Token& token, TokenStream&) {
        Reader reader = arguments_reader(token);
        node.text = reader.identifier();
        if (node.text.empty()) return reader.fail("expected variable name");
        reader.skip_blank();
        if (reader.peek() != '=') return reader.fail("expected \"=\"");
        reader.advance();
        node.value = reader.expression();
    }

    void counter(Node& node, const Token& token, TokenStream&) { node.text = arguments_reader(token).identifier(); }

    void echo(Node& node, const Token& token, TokenStream&) {
        Reader reader = arguments_reader(token);
        reader.skip_blank();
        if (reader.is_end())
            node.kind = NodeKind::nothing;
        else
            node.value = reader.expression();
    }

    void capture(Node& node, const Token& token, TokenStream& stream) {
        Reader reader = arguments_reader(token);
        node.text = reader.identifier();
        if (node.text.empty()) {
            std::optional<Operand> name = reader.quoted();
            if (!name) return reader.fail("invalid capture name");
            node.text = name->constant.text();
        }
        details(node).body = body(token, stream, "endcapture");
    }

    void cycle(Node& node, const Token& token, TokenStream&) {
        Tag& tag = details(node);
        Reader reader = arguments_reader(token);
        size_t begin = reader.at();
        Operand group = reader.value();
        reader.skip_blank();
        if (group && reader.peek() == ':') {
            tag.group = std::move(group);
            reader.advance();
        } else if (group) {
            reader.go_to(begin);
        }
        while (!reader.is_end()) {
            tag.candidates.push_back(reader.expression());
            reader.read_to(",");
        }
        if (tag.candidates.empty()) reader.fail("empty candidates: \"" + std::string(text_of(token)) + "\"");
    }

    void liquid(Node& node, const Token& token, TokenStream&) {
        std::vector<Token> lines = tokens_of_lines(source_, token.arguments_begin, token.inner_end, failure_);
        TokenStream stream{lines};
        details(node).body = rest(stream);
    }

    void if_(Node& node, const Token& token, TokenStream& stream) {
        Tag& tag = details(node);
        bool has_else = false;
        tag.branches.push_back({.value = arguments_reader(token).expression(), .body = {source_, {}}});
        tag.otherwise.source = source_;
        body(
            token, stream,
            [&](const Token& next) {
                if (next.name == "elsif") {
                    if (has_else) return failure_.fail("unexpected elsif after else"), Taken::yes;
                    tag.branches.push_back({.value = arguments_reader(next).expression(), .body = {source_, {}}});
                    return Taken::yes;
                }
                if (next.name != "else" && next.name != "endif") return Taken::no;
                expect_no_arguments(next);
                if (next.name == "endif") return Taken::end;
                if (std::exchange(has_else, true)) failure_.fail("duplicated else");
                return Taken::yes;
            },
            [&](Node next) { (has_else ? tag.otherwise : tag.branches.back().body).list.push_back(std::move(next)); });
    }

    /// What follows a second `else`, or an `elsif` after one, is parsed and left out.
    void unless(Node& node, const Token& token, TokenStream& stream) {
        Tag& tag = details(node);
        int elses = 0;
        bool is_left_out = false;
        tag.branches.push_back(
            {.value = arguments_reader(token).expression(), .wants_false = true, .body = {source_, {}}});
        tag.otherwise.source = source_;
        body(
            token, stream,
            [&](const Token& next) {
                if (next.name == "endunless") return Taken::end;
                if (next.name == "else") {
                    is_left_out = ++elses > 1;
                } else if (next.name != "elsif") {
                    return Taken::no;
                } else if (elses > 0) {
                    is_left_out = true;
                } else {
                    tag.branches.push_back({.value = arguments_reader(next).expression(), .body = {source_, {}}});
                }
                return Taken::yes;
            },
            [&](Node next) {
                if (!is_left_out) (elses ? tag.otherwise : tag.branches.back().body).list.push_back(std::move(next));
            });
    }

    void case_(Node& node, const Token& token, TokenStream& stream) {
        Tag& tag = details(node);
        int elses = 0;
        node.value = arguments_reader(token).expression();
        tag.otherwise.source = source_;
        body(
            token, stream,
            [&](const Token& next) {
                if (next.name == "endcase") return Taken::end;
                if (next.name == "else") return ++elses, Taken::yes;
                if (next.name != "when") return Taken::no;
                if (elses == 0) tag.branches.push_back({.values = when_values(next), .body = {source_, {}}});
                return Taken::yes;
            },
            [&](Node next) {
                if (elses == 1)
                    tag.otherwise.list.push_back(std::move(next));
                else if (elses == 0 && !tag.branches.empty())
                    tag.branches.back().body.list.push_back(std::move(next));
            });
    }

    std::vector<Operand> when_values(const Token& token) {
        std::vector<Operand> values;
        Reader reader = arguments_reader(token);
        while (!reader.is_end()) {
            values.push_back(reader.value_or_fail());
            reader.skip_blank();
            reader.read_to(reader.peek() == ',' ? "," : "or");
        }
        return values;
    }

    void for_(Node& node, const Token& token, TokenStream& stream) {
        Tag& tag = details(node);
        Reader reader = arguments_reader(token);
        node.text = reader.identifier();
        std::string_view in = reader.identifier();
        tag.collection = reader.value();
        if (node.text.empty() || in != "in" || !tag.collection)
            return failure_.fail("illegal tag: " + std::string(text_of(token)));
        tag.arguments = reader.arguments();
        tag.body.source = tag.otherwise.source = source_;
        bool has_else = false;
        body(
            token, stream,
            [&](const Token& next) {
                if (next.name != "else" && next.name != "endfor") return Taken::no;
                expect_no_arguments(next);
                if (next.name == "endfor") return Taken::end;
                has_else = true;
                return Taken::yes;
            },
            [&](Node next) { (has_else ? tag.otherwise : tag.body).list.push_back(std::move(next)); });
    }

    void tablerow(Node& node, const Token& token, TokenStream& stream) {
        Tag& tag = details(node);
        Reader reader = arguments_reader(token);
        node.text = reader.identifier();
        std::string_view in = reader.identifier();
        tag.collection = reader.value();
        if (in != "in" || !tag.collection) return failure_.fail("illegal tag: " + std::string(text_of(token)));
        tag.arguments = reader.arguments();
        tag.body = body(token, stream, "endtablerow");
    }

    // ---- other templates

    void block(Node& node, const Token& token, TokenStream& stream) {
        std::string_view text = arguments_of(token);
        auto is_letter = [](char c) {
            return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
        };
        auto begin = std::ranges::find_if(text, is_letter), end = std::find_if_not(begin, text.end(), is_letter);
        node.text = text.substr(size_t(begin - text.begin()), size_t(end - begin));
        details(node).body = body(token, stream, "endblock");
    }

    /// The name of a template: a quoted text is a template itself.
    void file(Tag& tag, Reader& reader) {
        Operand file = reader.value();
        if (!file) return reader.fail("illegal file path");
        tag.is_none = file.source == "none";
        if (tag.is_none) return;
        bool is_quoted = file.kind == Operand::Kind::constant && (file.source[0] == '"' || file.source[0] == '\'');
        if (!is_quoted) {
            tag.file = std::move(file);
            return;
        }
        tag.is_named = true;
        Nodes nodes = Parser(file.constant.text(), arena_, limits_, nodes_, depth_, failure_).parse();
        if (nodes.list.size() == 1 && nodes.list[0].kind == NodeKind::text)
            tag.file_text = nodes.list[0].text;
        else
            tag.file_nodes = std::move(nodes);
    }

    void layout(Node& node, const Token& token, TokenStream& stream) {
        Tag& tag = details(node);
        Reader reader = arguments_reader(token);
        file(tag, reader);
        tag.arguments = reader.arguments();
        tag.body = rest(stream);
    }

    void include(Node& node, const Token& token, TokenStream&) {
        Tag& tag = details(node);
        Reader reader = arguments_reader(token);
        file(tag, reader);
        size_t begin = reader.at();
        bool is_with = reader.identifier() == "with";
        reader.skip_blank();
        if (is_with && reader.peek() != ':')
            tag.with = reader.value();
        else
            reader.go_to(begin);
        tag.arguments = reader.arguments();
    }

    void render(Node& node, const Token& token, TokenStream&) {
        Tag& tag = details(node);
        Reader reader = arguments_reader(token);
        file(tag, reader);
        while (!reader.is_end() && binding(tag, reader)) {}
        tag.arguments = reader.arguments();
    }

    /// `with value as name`, `for values as name`. False when something else stands there.
    bool binding(Tag& tag, Reader& reader) {
        reader.skip_blank();
        size_t begin = reader.at();
        std::string_view keyword = reader.identifier();
        bool is_keyword = keyword == "with" || keyword == "for";
        reader.skip_blank();
        Operand value = is_keyword && reader.peek() != ':' ? reader.value() : Operand();
        if (!value) return reader.go_to(begin), false;
        size_t before_as = reader.at();
        std::string_view alias;
        if (reader.identifier() == "as")
            alias = reader.identifier();
        else
            reader.go_to(before_as);
        (keyword == "with" ? tag.with : tag.each) = std::move(value);
        (keyword == "with" ? tag.with_alias : tag.each_alias) = alias;
        reader.skip_blank();
        if (reader.peek() == ',') reader.advance();
        return true;
    }

    // ---- words about tokens

    Reader reader(size_t begin, size_t end) { return Reader(source_, begin, end, arena_, failure_); }
    Reader arguments_reader(const Token& token) { return reader(token.arguments_begin, token.inner_end); }
    std::string_view text_of(const Token& token) const { return source_.substr(token.begin, token.end - token.begin); }
    std::string_view arguments_of(const Token& token) const {
        if (token.arguments_begin >= token.inner_end) return {};
        return source_.substr(token.arguments_begin, token.inner_end - token.arguments_begin);
    }
    static Tag& details(Node& node) {
        node.tag = std::make_unique<Tag>();
        return *node.tag;
    }

    void expect_no_arguments(const Token& token) {
        std::string_view arguments = arguments_of(token);
        if (arguments.empty()) return;
        std::string message = "unexpected ";
        append_json(message, arguments);
        failure_.fail(std::move(message));
    }

    void fail_unclosed(const Token& opening) { failure_.fail("tag " + std::string(text_of(opening)) + " not closed"); }

    std::string_view source_;
    Arena& arena_;
    const Limits& limits_;
    size_t& nodes_;
    size_t& depth_;
    Failure& failure_;
};

}  // namespace

void parse_template(Template::Syntax& syntax, const Limits& limits, Failure& failure) {
    size_t nodes = 0, depth = 0;
    syntax.nodes = Parser(syntax.source, syntax.arena, limits, nodes, depth, failure).parse();
}

}  // namespace ry::chats::liquid
