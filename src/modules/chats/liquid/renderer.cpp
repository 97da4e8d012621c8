// Renders nodes. Output goes to one string; what is captured, to another.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "modules/chats/liquid/data.h"
#include "modules/chats/liquid/evaluator.h"
#include "modules/chats/liquid/filters.h"
#include "modules/chats/liquid/js_text.h"

namespace ry::chats::liquid {

/// A block of a layout, around the one of the template that uses it: the innermost is rendered, the others are its
/// `super`.
struct BlockChain {
    const Node* node = nullptr;
    const BlockChain* inner = nullptr;
    std::string_view text = {};  ///< without a node: the whole template, for the block without a name
};
struct SuperBlock {
    const Node* node = nullptr;  ///< null when there is nothing above
    const SuperBlock* above = nullptr;
};

namespace {

/// What a loop goes over, without writing it out.
class Sequence {
public:
    explicit Sequence(std::span<const Value> items) : items_(items), size_(items.size()) {}
    explicit Sequence(const Range& range) : first_(range.first), size_(range.size), is_range_(true) {}
    size_t size() const { return size_; }
    Value operator[](size_t index) const {
        if (is_reversed_) index = size_ - 1 - index;
        return is_range_ ? Value::number(first_ + double(index)) : items_[index];
    }
    /// Array.prototype.slice
    void keep(double begin, double end) {
        size_t from = place_of(begin, size_), to = std::max(from, place_of(end, size_));
        if (is_range_)
            first_ += double(from);
        else
            items_ = items_.subspan(from, to - from);
        size_ = to - from;
    }
    void reverse() { is_reversed_ = true; }

private:
    std::span<const Value> items_;
    double first_ = 0;
    size_t size_ = 0;
    bool is_range_ = false;
    bool is_reversed_ = false;
};

class Renderer final : public Evaluator {
public:
    Renderer(const Options& options, Arena& arena) : Evaluator(options, arena) {}

    std::expected<std::string, Problem> run(const Template::Syntax& syntax, Value root) {
        Context context{.environment = root};
        context_ = &context;
        template_name_ = syntax.name;
        std::string out;
        render(syntax.nodes, out);
        if (failure_.has_failed) return std::unexpected(failure_.problem);
        return joined_surrogates(std::move(out), true);
    }

private:
    void render(const Nodes& nodes, std::string& out) {
        if (failure_.has_failed) return;  // its place is the tag that these nodes belong to
        for (const Node& node : nodes.list) {
            if (charge(1)) render(node, out);
            if (failure_.has_failed) {
                if (!failure_.is_placed) failure_.problem.template_name = template_name_;
                failure_.place(nodes.source, node.at);
                return;
            }
            if (context_->is_broken || context_->is_continued) return;
        }
    }

    void render(const Node& node, std::string& out) {
        switch (node.kind) {
            case NodeKind::text:
                write(out, node.text);
                return;
            case NodeKind::output:
                write(out, value_of(node.value));
                return;
            case NodeKind::assign:
                set(context_->assigned, Name(node.text), value_of(node.value));
                return;
            case NodeKind::block:
                block(node, out);
                return;
            case NodeKind::break_:
                context_->is_broken = true;
                return;
            case NodeKind::capture:
                set(context_->assigned, Name(node.text), captured(node.tag->body));
                return;
            case NodeKind::case_:
                case_(node, out);
                return;
            case NodeKind::continue_:
                context_->is_continued = true;
                return;
            case NodeKind::cycle:
                cycle(*node.tag, out);
                return;
            case NodeKind::decrement:
                count(node, -1, out);
                return;
            case NodeKind::for_:
                for_(node, out);
                return;
            case NodeKind::if_:
                if_(*node.tag, out);
                return;
            case NodeKind::include:
                include(*node.tag, out);
                return;
            case NodeKind::increment:
                count(node, 1, out);
                return;
            case NodeKind::layout:
                layout(*node.tag, out);
                return;
            case NodeKind::liquid:
                render(node.tag->body, out);
                return;
            case NodeKind::nothing:
                return;
            case NodeKind::render:
                render_template(*node.tag, out);
                return;
            case NodeKind::tablerow:
                tablerow(node, out);
                return;
        }
    }

    // ---- output and variables

    void write(std::string& out, std::string_view text) {
        out += text;
        written_ += text.size();
        if (written_ > options_.limits.output_bytes_max)
            fail("the output is longer than " + std::to_string(options_.limits.output_bytes_max) +
                 " bytes; shorten what the template prints");
    }
    void write(std::string& out, Value value) {
        if (value.is(Type::string)) return write(out, value.text());
        size_t before = out.size();
        append_text(out, value);
        std::string_view added = std::string_view(out).substr(before);
        written_ += added.size();
        write(out, std::string_view());
    }

    static void set(std::vector<Member>& members, const Name& name, Value value) {
        auto member = std::ranges::find(members, name, &Member::name);
        if (member == members.end())
            members.push_back({name, value});
        else
            member->value = value;
    }

    Value captured(const Nodes& nodes) {
        std::string text;
        render(nodes, text);
        return string(joined_surrogates(std::move(text), false));
    }

    void count(const Node& node, int step, std::string& out) {
        Name name(node.text);
        auto counter = std::ranges::find(context_->counters, name, &Member::name);
        Value before;
        if (counter != context_->counters.end())
            before = counter->value;
        else if (context_->environment.is(Type::object))
            if (const Value* given = context_->environment.object().find(name)) before = *given;
        double number = before.is(Type::number) ? before.number() : 0;
        set(context_->counters, name, Value::number(number + step));
        write(out, Value::number(step > 0 ? number : number + step));
    }

    void cycle(const Tag& tag, std::string& out) {
        std::string key = "cycle:" + std::string(js_text(plain(value_of(tag.group)))) + ":";
        for (const Expression& candidate : tag.candidates) key.append(candidate.source).append(",");
        auto& turns = context_->turns;
        charge(turns.size() / 4);
        auto turn = std::ranges::find(turns, key, &std::pair<std::string, size_t>::first);
        if (turn == turns.end()) turn = turns.insert(turns.end(), {key, 0});
        size_t index = std::exchange(turn->second, (turn->second + 1) % tag.candidates.size());
        Value value = plain(value_of(tag.candidates[index]));
        if (is_js_true(value)) write(out, value);  // LiquidJS leaves out false and 0 here
    }

    // ---- branches

    void if_(const Tag& tag, std::string& out) {
        for (const Branch& branch : tag.branches) {
            bool is_true = is_truthy(value_of(branch.value));
            if (failure_.has_failed) return;
            if (is_true != branch.wants_false) return render(branch.body, out);
        }
        render(tag.otherwise, out);
    }

    void case_(const Node& node, std::string& out) {
        Value target = plain(value_of(node.value));
        bool is_hit = false;
        for (const Branch& branch : node.tag->branches) {
            bool is_equal = std::ranges::any_of(branch.values,
                                                [&](const Operand& value) { return equal(target, value_of(value)); });
            if (failure_.has_failed) return;
            if (is_equal) render(branch.body, out);
            is_hit = is_hit || is_equal;
        }
        if (!is_hit) render(node.tag->otherwise, out);
    }

    // ---- loops

    Sequence sequence(Value value) {
        return value.is(Type::range) ? Sequence(value.range()) : Sequence(enumerated(value));
    }

    /// The argument of a tag: true when it has no value, undefined when it is not there.
    Value argument_of(const Tag& tag, std::string_view key) {
        for (const Argument& argument : tag.arguments)
            if (argument.key == key) return argument.value ? value_of(argument.value) : Value::boolean(true);
        return {};
    }

    void for_(const Node& node, std::string& out) {
        const Tag& tag = *node.tag;
        Sequence items = sequence(value_of(tag.collection));
        if (items.size() == 0) return render(tag.otherwise, out);
        if (!tag.arguments.empty()) choose(node, items);
        remember_offset(node, items.size());

        Loop* loop = arena_.make(
            Loop{.length = double(items.size()), .variable = node.text, .collection = tag.collection.source});
        size_t bound = context_->bound.size();
        context_->bound.push_back({Name("forloop"), Value::loop(loop)});
        context_->bound.push_back({Name(node.text), {}});
        for (size_t i = 0; i < items.size() && charge(1); ++i) {
            context_->bound[bound + 1].value = items[i];
            context_->is_broken = context_->is_continued = false;
            render(tag.body, out);
            if (context_->is_broken) break;
            ++loop->index;
        }
        context_->is_broken = context_->is_continued = false;
        context_->bound.resize(bound);
    }

    /// `offset`, `limit` and `reversed`, in this order.
    void choose(const Node& node, Sequence& items) {
        const Tag& tag = *node.tag;
        context_->bound.push_back({Name("continue"), continued(node)});
        offset_ = argument_of(tag, "offset");
        Value limit = argument_of(tag, "limit"), reversed = argument_of(tag, "reversed");
        context_->bound.pop_back();
        if (!offset_.is(Type::undefined)) items.keep(number(offset_), INFINITY);
        if (!limit.is(Type::undefined)) items.keep(0, number(limit));
        if (!reversed.is(Type::undefined)) items.reverse();
    }

    static std::string offset_key(const Node& node) {
        return std::string(node.text) + "-" + std::string(node.tag->collection.source);
    }
    Value continued(const Node& node) {
        auto& offsets = context_->offsets;
        charge(offsets.size() / 4);
        auto offset = std::ranges::find(offsets, offset_key(node), &std::pair<std::string, Value>::first);
        return offset == offsets.end() || !is_js_true(offset->second) ? arena_.object_of({}) : offset->second;
    }
    void remember_offset(const Node& node, size_t size) {
        Value from = std::exchange(offset_, Value());
        Value next = is_js_true(from) ? sum(from, Value::number(double(size))) : Value::number(double(size));
        auto& offsets = context_->offsets;
        charge(offsets.size() / 4);
        auto offset = std::ranges::find(offsets, offset_key(node), &std::pair<std::string, Value>::first);
        if (offset == offsets.end())
            offsets.emplace_back(offset_key(node), next);
        else
            offset->second = next;
    }

    void tablerow(const Node& node, std::string& out) {
        const Tag& tag = *node.tag;
        Sequence items = sequence(value_of(tag.collection));
        Value offset = argument_of(tag, "offset"), limit = argument_of(tag, "limit"),
              columns = argument_of(tag, "cols");
        if (!is_js_true(offset)) offset = Value::number(0);
        if (limit.is(Type::undefined)) limit = Value::number(double(items.size()));
        items.keep(number(offset), number(sum(offset, limit)));
        if (!is_js_true(columns)) columns = Value::number(double(items.size()));

        Loop* loop = arena_.make(Loop{.length = double(items.size()),
                                      .variable = node.text,
                                      .collection = tag.collection.source,
                                      .is_table = true,
                                      .columns = columns});
        size_t bound = context_->bound.size();
        context_->bound.push_back({Name("tablerowloop"), Value::loop(loop)});
        context_->bound.push_back({Name(node.text), {}});
        Value loop_value = Value::loop(loop);
        for (size_t i = 0; i < items.size() && charge(1); ++i, ++loop->index) {
            context_->bound[bound + 1].value = items[i];
            double row = member(loop_value, Name("row")).number(), column = member(loop_value, Name("col0")).number();
            if (column == 0) {
                if (row != 1) write(out, "</tr>");
                write(out, "<tr class=\"row");
                write(out, Value::number(row));
                write(out, "\">");
            }
            write(out, "<td class=\"col");
            write(out, Value::number(column + 1));
            write(out, "\">");
            render(tag.body, out);
            if (failure_.has_failed) return;
            write(out, "</td>");
        }
        if (items.size()) write(out, "</tr>");
        context_->bound.resize(bound);
    }

    // ---- other templates

    std::string_view file_name(const Tag& tag) {
        if (!tag.is_named) {
            Value value = value_of(tag.file);
            bool is_nothing = !is_js_true(value);
            std::string_view name = js_text(value);
            if (is_nothing) fail("illegal file path \"" + std::string(name) + "\"");
            return name;
        }
        if (tag.file_nodes.source.empty()) {
            if (tag.file_text.empty()) fail("illegal file path \"\"");
            return tag.file_text;
        }
        std::string_view name = captured(tag.file_nodes).text();
        if (name.empty()) fail("illegal file path \"\"");
        return name;
    }

    std::shared_ptr<const Template> find(std::string_view name) {
        if (failure_.has_failed) return nullptr;
        auto found = options_.find_template ? options_.find_template(name) : std::shared_ptr<const Template>();
        if (!found) {
            failure_.fail("");
            failure_.is_placed = true;
            failure_.problem = found.error();
            return nullptr;
        }
        if (!*found) fail("ENOENT: Failed to lookup \"" + std::string(name) + "\" in \".\"");
        return *found;
    }

    /// Renders another template in the context that holds.
    void render_found(const Template& found, std::string& out) {
        if (depth_ >= options_.limits.nesting_max)
            return fail("templates may be nested at most " + std::to_string(options_.limits.nesting_max) + " deep");
        ++depth_;
        std::string_view outer = std::exchange(template_name_, std::string_view(found.syntax().name));
        render(found.syntax().nodes, out);
        template_name_ = outer;
        --depth_;
    }

    /// Names that a tag gives to the other template.
    void bind_arguments(const Tag& tag, std::vector<Member>& members) {
        for (const Argument& argument : tag.arguments)
            set(members, Name(argument.key), argument.value ? value_of(argument.value) : Value::boolean(true));
    }

    void include(const Tag& tag, std::string& out) {
        std::string_view name = file_name(tag);
        auto blocks = std::exchange(context_->blocks, {});
        bool stored_blocks = std::exchange(context_->stores_blocks, false);
        std::vector<Member> members;
        bind_arguments(tag, members);
        if (tag.with) set(members, Name(name), value_of(tag.with));
        if (std::shared_ptr<const Template> found = find(name)) {
            size_t bound = context_->bound.size();
            context_->bound.insert(context_->bound.end(), members.begin(), members.end());
            keep(found);
            render_found(*found, out);
            context_->bound.resize(bound);
        }
        context_->blocks = std::move(blocks);
        context_->stores_blocks = stored_blocks;
    }

    void render_template(const Tag& tag, std::string& out) {
        std::string_view name = file_name(tag);
        Context own{.environment = arena_.object_of({})};
        bind_arguments(tag, own.assigned);
        if (tag.with) set(own.assigned, Name(tag.with_alias.empty() ? name : tag.with_alias), value_of(tag.with));
        if (!tag.each) {
            if (std::shared_ptr<const Template> found = find(name)) {
                keep(found);
                render_in(own, *found, out);
            }
            return;
        }
        Sequence items = sequence(value_of(tag.each));
        std::string_view alias = tag.each_alias.empty() ? "undefined" : tag.each_alias;
        Loop* loop =
            arena_.make(Loop{.length = double(items.size()), .variable = alias, .collection = tag.each.source});
        set(own.assigned, Name("forloop"), Value::loop(loop));
        for (size_t i = 0; i < items.size() && charge(1); ++i, ++loop->index) {
            set(own.assigned, Name(alias), items[i]);
            std::shared_ptr<const Template> found = find(name);
            if (!found) return;
            keep(found);
            render_in(own, *found, out);
        }
    }

    void render_in(Context& own, const Template& found, std::string& out) {
        Context* outer = std::exchange(context_, &own);
        render_found(found, out);
        context_ = outer;
    }

    /// Values may point into a template: it lives as long as they.
    void keep(std::shared_ptr<const Template> found) {
        if (kept_.empty() || kept_.back() != found) kept_.push_back(std::move(found));
    }

    // ---- layouts

    void layout(const Tag& tag, std::string& out) {
        if (tag.is_none) {
            context_->stores_blocks = false;
            return render(tag.body, out);
        }
        std::string_view name = file_name(tag);
        std::shared_ptr<const Template> found = find(name);
        if (!found) return;
        keep(found);
        context_->stores_blocks = true;
        Value all = captured(tag.body);
        if (failure_.has_failed) return;
        if (!stored("")) context_->blocks.emplace_back("", arena_.make(BlockChain{.text = all.text()}));
        context_->stores_blocks = false;
        size_t bound = context_->bound.size();
        std::vector<Member> members;
        bind_arguments(tag, members);
        context_->bound.insert(context_->bound.end(), members.begin(), members.end());
        render_found(*found, out);
        context_->bound.resize(bound);
    }

    const BlockChain* stored(std::string_view name) {
        auto block = std::ranges::find(context_->blocks, name, &std::pair<std::string_view, const BlockChain*>::first);
        return block == context_->blocks.end() ? nullptr : block->second;
    }

    void block(const Node& node, std::string& out) {
        const BlockChain* inner = stored(node.text);
        const BlockChain* chain = arena_.make(BlockChain{.node = &node, .inner = inner});
        if (!context_->stores_blocks) return render_chain(*chain, SuperBlock(), out);
        auto block =
            std::ranges::find(context_->blocks, node.text, &std::pair<std::string_view, const BlockChain*>::first);
        if (block == context_->blocks.end())
            context_->blocks.emplace_back(node.text, chain);
        else
            block->second = chain;
    }

    void render_chain(const BlockChain& chain, SuperBlock above, std::string& out) {
        if (!chain.node) return write(out, chain.text);
        const SuperBlock* super = arena_.make(above);
        if (chain.inner) return render_chain(*chain.inner, SuperBlock{chain.node, super}, out);
        render_block(*chain.node, super, out);
    }

    void render_block(const Node& node, const SuperBlock* super, std::string& out) {
        auto& open = context_->open_blocks;
        if (std::ranges::find(open, &node) != open.end()) return fail("block tag cannot be nested");
        open.push_back(&node);
        context_->bound.push_back({Name("block"), Value::block(super)});
        render(node.tag->body, out);
        context_->bound.pop_back();
        open.pop_back();
    }

    Value super_of(const SuperBlock& block) override {
        if (!block.node) return Value::string("");
        std::string text;
        render_block(*block.node, block.above, text);
        return string(joined_surrogates(std::move(text), false));
    }

    std::string_view template_name_;
    size_t written_ = 0;  ///< captured text too
    size_t depth_ = 0;
    Value offset_;  ///< of the loop that begins
    std::vector<std::shared_ptr<const Template>> kept_;
};

}  // namespace

Place place_of(std::string_view source, size_t offset) {
    std::string_view before = source.substr(0, std::min(offset, source.size()));
    size_t line = before.rfind('\n');
    std::string_view row = line == std::string_view::npos ? before : before.substr(line + 1);
    return {1 + size_t(std::ranges::count(before, '\n')),
            1 + length_of(row) + (offset > source.size() ? offset - source.size() : 0)};
}

std::expected<std::shared_ptr<const Template>, Problem> Template::parse(std::string text, const Limits& limits,
                                                                        std::string name) {
    if (text.size() > limits.template_bytes_max)
        return std::unexpected(Problem{.message = "a template may be " + std::to_string(limits.template_bytes_max) +
                                                  " bytes long; this one has " + std::to_string(text.size()),
                                       .template_name = std::move(name)});
    if (!is_utf8(text))
        return std::unexpected(
            Problem{.message = "a template is UTF-8 text, and this is not", .template_name = std::move(name)});
    auto syntax = std::make_shared<Syntax>();
    syntax->name = std::move(name);
    syntax->source = std::move(text);
    Failure failure;
    parse_template(*syntax, limits, failure);
    if (failure.has_failed) {
        failure.problem.template_name = syntax->name;
        return std::unexpected(std::move(failure.problem));
    }
    auto parsed = std::make_shared<Template>();
    parsed->syntax_ = std::move(syntax);
    return parsed;
}

std::expected<std::string, Problem> Template::render(const Data& data, const Options& options) const {
    Arena arena;
    return Renderer(options, arena).run(*syntax_, data.tree().root);
}

}  // namespace ry::chats::liquid
