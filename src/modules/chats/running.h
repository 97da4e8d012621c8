#pragma once
// The generations that this process is streaming, so that an abort reaches them at once.
#include <atomic>
#include <map>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>

#include "base/guarded.h"
#include "kernel/llm/llm.h"
#include "modules/chats/chats.h"

namespace ry::chats {

struct Chats::Running {
    /// Stops one attempt, for two reasons: a person aborted it, or its job was told to stop.
    class Stop {
    public:
        explicit Stop(std::stop_token job) : on_job_stop_(std::move(job), [this] { source_.request_stop(); }) {}
        std::stop_token token() const { return source_.get_token(); }
        bool is_abort() const { return is_abort_; }
        void abort() {
            is_abort_ = true;
            source_.request_stop();
        }

    private:
        std::stop_source source_;
        std::atomic<bool> is_abort_ = false;
        std::stop_callback<std::function<void()>> on_job_stop_;
    };

    std::shared_ptr<Stop> enter(GenerationId id, std::stop_token job) {
        auto stop = std::make_shared<Stop>(std::move(job));
        all_.with([&](auto& all) { all[id] = stop; });
        return stop;
    }
    void leave(GenerationId id) {
        all_.with([&](auto& all) { all.erase(id); });
    }
    void abort(GenerationId id) {
        auto stop = all_.with([&](auto& all) -> std::shared_ptr<Stop> {
            auto found = all.find(id);
            return found == all.end() ? nullptr : found->second;
        });
        if (stop) stop->abort();
    }

private:
    Guarded<std::map<GenerationId, std::shared_ptr<Stop>>> all_;
};

/// The models that every organization has, and the organizations whose rows of them are up to date.
struct Chats::Adopted {
    std::vector<llm::Model> models;
    Guarded<std::set<OrganizationId>> by;
};

}  // namespace ry::chats
