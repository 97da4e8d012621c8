#include "modules/chats/model_chain.h"

#include "base/json.h"
#include "modules/chats/prompt.h"

namespace ry::chats {

bool may_fall_back(Code code) {
    return code == Code::unavailable || code == Code::timed_out || code == Code::over_quota ||
           code == Code::forbidden || code == Code::not_found || code == Code::unsupported;
}

std::string ModelChain::obstacle(const Link& link) const {
    int64_t answer = answer_tokens(link.model.context_tokens);
    if (prompt_tokens_ + answer > link.model.context_tokens)
        return "the prompt of " + std::to_string(prompt_tokens_) + " tokens does not fit into its window of " +
               std::to_string(link.model.context_tokens);
    if (has_images_ && !link.model.takes_images) return "it takes no images";
    double cost_usd = llm::cost_usd(link.endpoint.price, {.tokens_in = prompt_tokens_, .tokens_out = answer});
    if (cost_usd_max_ && cost_usd > *cost_usd_max_) {
        std::string text = "an answer may cost ";
        json::write_number(text, cost_usd);
        text += " US dollars, and the policy allows ";
        json::write_number(text, *cost_usd_max_);
        return text;
    }
    return {};
}

bool ModelChain::skip_to_fitting() {
    for (; at_ < links_.size(); ++at_) {
        std::string reason = obstacle(links_[at_]);
        if (reason.empty()) return true;
        passed_over_.push_back({links_[at_].model.name, std::move(reason)});
    }
    return false;
}

Result<void> ModelChain::begin(int64_t prompt_tokens, std::optional<double> cost_usd_max, bool has_images) {
    prompt_tokens_ = prompt_tokens;
    has_images_ = has_images;
    cost_usd_max_ = cost_usd_max;
    if (skip_to_fitting()) return {};
    at_ = 0;
    return fail(Code::over_quota, "no model of the policy may answer: of \"" + passed_over_.front().model + "\", " +
                                      passed_over_.front().reason +
                                      "; shorten the conversation, name a model, or change the policy");
}

bool ModelChain::go_on(const Error& error) {
    if (!may_fall_back(error.code)) return false;
    size_t failed = at_++;
    passed_over_.push_back({links_[failed].model.name, error.message});
    if (skip_to_fitting()) return true;
    at_ = failed;
    return false;
}

std::string ModelChain::passed_over_json() const {
    std::string out = "[";
    for (const PassedOver& one : passed_over_) {
        if (out.size() > 1) out += ',';
        out += "{\"model\":";
        json::write_string(out, one.model);
        out += ",\"reason\":";
        json::write_string(out, one.reason);
        out += '}';
    }
    return out + "]";
}

}  // namespace ry::chats
