#pragma once
// Inside the part: the models that may write one answer, in turn. Pure.
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/llm/llm.h"
#include "modules/chats/model_model.h"

namespace ry::chats {

class ModelChain {
public:
    struct Link {
        Model model;
        llm::Model endpoint;  ///< of it, with its key
    };
    void add(Model model, llm::Model endpoint) { links_.push_back({std::move(model), std::move(endpoint)}); }
    bool is_empty() const { return links_.empty(); }
    const Link& current() const { return links_[at_]; }

    /// The question is made: models that may cost more than `cost_usd_max`, into whose window it does not fit, or that
    /// take none of its images, are passed over. over_quota when none is left.
    Result<void> begin(int64_t prompt_tokens, std::optional<double> cost_usd_max, bool has_images = false);
    /// The current one could not answer, because of `error`: whether there is another, which is now the current one.
    bool go_on(const Error& error);

    /// Those that were passed over or could not answer: [{"model","reason"}], "[]" when the first answers.
    std::string passed_over_json() const;

private:
    struct PassedOver {
        std::string model, reason;
    };
    /// Why it cannot be asked; empty when it can.
    std::string obstacle(const Link& link) const;
    bool skip_to_fitting();

    std::vector<Link> links_;
    size_t at_ = 0;
    int64_t prompt_tokens_ = 0;
    std::optional<double> cost_usd_max_;
    bool has_images_ = false;
    std::vector<PassedOver> passed_over_;
};

/// Another model may succeed where one has failed so: it is away, refuses, or knows neither key nor name.
bool may_fall_back(Code code);

}  // namespace ry::chats
