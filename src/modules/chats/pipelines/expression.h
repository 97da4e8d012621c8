#pragma once
// Texts of a definition: templates and conditions in Liquid, over what earlier steps yielded. Pure.
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "modules/chats/liquid/liquid.h"

namespace ry::chats::pipelines {

using ParsedText = std::expected<std::shared_ptr<const liquid::Template>, std::string>;

/// The template, or what is wrong with it: "cannot be read: 1:5: undefined filter: shout".
ParsedText parse_template(std::string_view text);
/// A template that prints "true" when the condition holds.
ParsedText parse_condition(std::string_view text);
/// Whether a text has a tag or an output of Liquid.
bool is_template(std::string_view text);

/// What a step's texts are rendered with; `context` is a JSON object. One per step that begins; one thread.
class Rendering {
public:
    static Result<Rendering> of(std::string_view context, int64_t now_ms, uint64_t seed);
    Result<std::string> text(const liquid::Template& parsed) const;
    Result<std::string> text(std::string_view text) const;
    Result<bool> is_true(const liquid::Template& condition) const;
    /// Parameters with their texts rendered. What `fields` want as something else than text is read as JSON from what
    /// its template prints. `conditions`: the member whose texts are conditions, which become true or false.
    Result<Json> parameters(const Json& parameters, const Fields& fields, std::string_view conditions) const;

private:
    explicit Rendering(liquid::Data data) : data_(std::move(data)) {}
    liquid::Data data_;
    liquid::Options options_;
};

}  // namespace ry::chats::pipelines
