#pragma once
// Inside liquid: values of expressions, and what operators and filters need to know about values. Everything that can
// grow is charged; the first failure stays, and what is asked afterwards is undefined.
#include <chrono>
#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modules/chats/liquid/syntax.h"

namespace ry::chats::liquid {

struct BlockChain;

/// Who a name means, and what tags remember. `render` and `where` begin one of their own.
struct Context {
    Value environment = {};
    std::vector<Member> counters = {};  ///< of `increment`: they hide the environment's members
    std::vector<Member> assigned = {};
    std::vector<Member> bound = {};  ///< by loops and includes; the last one of a name counts
    bool is_broken = false;          ///< `break` was met
    bool is_continued = false;
    std::vector<std::pair<std::string, Value>> offsets = {};  ///< where `offset: continue` goes on
    std::vector<std::pair<std::string, size_t>> turns = {};   ///< of `cycle`
    bool stores_blocks = false;
    std::vector<std::pair<std::string_view, const BlockChain*>> blocks = {};
    std::vector<const Node*> open_blocks = {};
};

class Evaluator {
public:
    Evaluator(const Options& options, Arena& arena);
    Evaluator(const Evaluator&) = delete;
    virtual ~Evaluator() = default;

    Value value_of(const Expression& expression);
    Value value_of(const Operand& operand);
    /// The item's own member, or what `size` and the like mean, as in a template that is rendered with the item.
    Value value_of(const Operand& path, Value item);

    // ---- members
    Value member(Value value, Value key);
    Value member(Value value, const Name& name);
    /// "a.b.c" of a value.
    Value members(Value value, std::string_view dotted);
    Value variable(const Name& name);

    // ---- what values mean
    /// What the words nil, empty, blank and the loops stand for.
    Value plain(Value value);
    bool is_truthy(Value value) const;
    bool equal(Value a, Value b);
    /// As JavaScript compares: texts by their units, everything else as numbers.
    std::partial_ordering order(Value a, Value b);
    bool contains(Value value, Value part);
    /// The same value for a Set or a Map.
    bool is_same(Value a, Value b) const;

    /// What is printed: nothing for nil, the elements of an array one after the other.
    std::string_view text(Value value);
    /// String(value).
    std::string_view js_text(Value value);
    void append_text(std::string& out, Value value);
    void append_js_text(std::string& out, Value value);
    /// JSON.stringify; false for undefined.
    bool append_json_text(std::string& out, Value value, std::string_view indent, size_t depth = 0);
    /// Number(value).
    double number(Value value);
    /// a + b: texts are joined.
    Value sum(Value a, Value b);

    /// The elements of an array; nothing for nil; else the value alone.
    std::span<const Value> elements(Value value);
    /// What a loop goes over: members of objects become pairs.
    std::span<const Value> enumerated(Value value);

    // ---- new values
    Value string(std::string_view text);
    Value string(std::string text) { return string(std::string_view(text)); }
    Value array(std::span<const Value> items);
    Value pair(Value first, Value second) { return array(std::initializer_list<Value>{first, second}); }

    // ---- what may be spent
    bool charge(size_t steps) {
        steps_ += steps;
        return steps_ < next_look_ ? !failure_.has_failed : look();
    }
    /// Whether so many bytes may be made; a failure when not.
    bool fits(size_t bytes);
    void fail(std::string message) { failure_.fail(std::move(message)); }
    bool has_failed() const { return failure_.has_failed; }

    const Options& options() const { return options_; }
    Arena& arena() { return arena_; }
    Context& context() { return *context_; }
    Failure& failure() { return failure_; }
    uint64_t random();

protected:
    /// What `{{ block.super }}` prints.
    virtual Value super_of(const SuperBlock& block) = 0;

    const Options& options_;
    Arena& arena_;
    Context* context_ = nullptr;
    Failure failure_;

private:
    bool look();
    Value apply(const Filter& filter, Value value);
    Value operation(Operator operation, Value left, Value right);
    Value path(const Operand& operand);
    Value range(const Operand& operand);
    Value element(Value array, double index);
    Value loop_member(const Loop& loop, std::string_view name);
    std::span<const Value> written_out(const Range& range);
    bool is_deep();

    uint64_t steps_ = 0;
    uint64_t next_look_ = 0;
    uint64_t random_ = 0;
    size_t depth_ = 0;
    std::chrono::steady_clock::time_point end_;
    std::vector<Value> operands_;
};

}  // namespace ry::chats::liquid
