#pragma once
// Liquid: text with {{ values }} and {% tags %}, rendered as LiquidJS 10 does in its default, non-strict mode.
// docs/liquid.md has the table of tags and filters and what differs; tests/liquid holds the two beside each other.
//
// One pass: what a value contains is written as it is and never read as a template. A template names other templates
// (`include`, `render`, `layout`) only through a function of the caller; nothing here opens files but the host's time
// zones.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ry::chats::liquid {

/// What a template may cost. Each has its own message.
struct Limits {
    size_t template_bytes_max = 1 << 20;  ///< a long prompt is 20 KB
    size_t nodes_max = 100'000;           ///< pieces of text, outputs and tags of one template
    size_t nesting_max = 100;           ///< tags in tags, templates in templates, values in values; 1 KB of stack each
    size_t output_bytes_max = 4 << 20;  ///< four times the text of the largest model's window
    size_t memory_bytes_max =
        64 << 20;                     ///< of all values that one rendering makes; nothing is given back before its end
    uint64_t steps_max = 20'000'000;  ///< turns of loops, elements that filters look at, 64 bytes of text: about 1 s
    int64_t time_ms_max = 5'000;
};

/// Why a template cannot be parsed or rendered, and where.
struct Problem {
    std::string message;             ///< in the words of LiquidJS where it has some
    size_t line = 1;                 ///< from 1
    size_t column = 1;               ///< from 1, in UTF-16 units
    std::string template_name = {};  ///< the template it is in; empty for one without a name
    bool operator==(const Problem&) const = default;
};

/// What a template is rendered with: a JSON object, read once. Immutable: threads may share it.
class Data {
public:
    /// An error says at which byte the text stops being JSON. At most `Limits::nesting_max` levels deep.
    /// The objects that stand under the names in `named` print as their member `name`, which JavaScript's do not:
    /// {{ char }} is {{ char.name }}.
    static std::expected<Data, std::string> from_json(std::string_view json,
                                                      std::span<const std::string_view> named = {});

    struct Tree;
    const Tree& tree() const { return *tree_; }

private:
    std::shared_ptr<const Tree> tree_;
};

/// `a.b["c"].d[0]` is {"a", "b", "c", "d"}: up to the first step that is no constant name.
using NamePath = std::vector<std::string>;

class Template;
/// A template by its name: null when there is none. Called while rendering, on the thread that renders.
using FindTemplate = std::function<std::expected<std::shared_ptr<const Template>, Problem>(std::string_view name)>;

struct Options {
    Limits limits = {};
    FindTemplate find_template = {};  ///< without it there are no other templates
    std::string time_zone = "UTC";    ///< of `date`: a name of the IANA database
    int64_t now_ms = 0;               ///< what `"now" | date` prints: milliseconds since 1970
    uint64_t seed = 0;                ///< of `sample`: the same seed gives the same choice
};

/// A parsed template. Immutable: threads may share it. Parsing is linear in the text.
class Template {
public:
    /// `text` is UTF-8. `name` stands in problems.
    static std::expected<std::shared_ptr<const Template>, Problem> parse(std::string text, const Limits& limits = {},
                                                                         std::string name = {});
    std::expected<std::string, Problem> render(const Data& data, const Options& options) const;

    /// The first name in it that stands for nothing: a filter, which rendering passes over, or a template, of those
    /// that are named by a constant. Absent when there is none.
    std::optional<Problem> unknown_name(const std::function<bool(std::string_view name)>& is_template) const;
    /// What it reads, in the order of its text; names that it makes itself are among them.
    std::vector<NamePath> paths() const;

    struct Syntax;
    const Syntax& syntax() const { return *syntax_; }

private:
    std::shared_ptr<const Syntax> syntax_;
};

}  // namespace ry::chats::liquid
