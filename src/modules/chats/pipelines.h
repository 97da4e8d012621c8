#pragma once
// Inside the part: pipelines as people keep them: definitions with their versions, and where each answers. Chats owns
// one, and carries its routes. What a pipeline is and how it runs: pipelines/ and run_steps.h.
//
// Any thread, once the step types are registered.
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "kernel/jobs/jobs.h"
#include "modules/chats/paging.h"
#include "modules/chats/pipeline_model.h"
#include "modules/chats/pipeline_steps.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store

namespace ry::chats {

/// What the job `chats.begin_scheduled_run` is given. It does nothing when the pipeline was planned for another time
/// since.
struct BeginScheduledRun {
    static constexpr std::string_view kind = "chats.begin_scheduled_run";
    PipelineId pipeline_id;
    Time at;
    static const Fields& fields() {
        using S = BeginScheduledRun;
        static const Field table[] = {field("pipeline_id", &S::pipeline_id, "Which pipeline."),
                                      field("at", &S::at, "When the run shall begin.")};
        static const Fields all{"BeginScheduledRun", table};
        return all;
    }
};

/// Whether messages are answered by it.
bool answers(const pipelines::Definition& definition);

class Pipelines {
public:
    Pipelines(store::Store& store, jobs::Jobs& jobs) : store_(store), jobs_(jobs) {}
    std::vector<http::Route> routes();

    /// Before the first request.
    void add(StepKind kind);
    const StepKind* find(std::string_view type) const;
    const pipelines::StepTypes& types() const { return types_; }

    Result<http::Page<Pipeline>> list(Op& op, Paging query);
    Result<http::Created<Pipeline>> create(Op& op, CreatePipeline body);
    Result<Pipeline> show(Op& op, PipelineId pipeline);
    Result<Pipeline> change(Op& op, PipelineId pipeline, ChangePipeline body, http::IfMatch if_match);
    Result<void> remove(Op& op, PipelineId pipeline);

    Result<http::Page<PipelineVersion>> list_versions(Op& op, PipelineId pipeline, Paging query);
    Result<PipelineVersion> show_version(Op& op, PipelineId pipeline, std::string number);
    Result<pipelines::Graph> graph(Op& op, PipelineId pipeline);
    /// The graph of what is not saved, or everything that is wrong with it.
    Result<pipelines::Graph> check(Op& op, CheckPipeline body);
    Result<http::Page<StepTypeShown>> list_types(Op& op);

    Result<http::Page<PipelineBinding>> list_bindings(Op& op, PipelineId pipeline);
    /// In the place of the pipeline that answered there.
    Result<PipelineBinding> bind(Op& op, PipelineId pipeline, PipelineBinding body);
    Result<void> unbind(Op& op, PipelineId pipeline, PipelineBinding query);

    // ---- for who runs pipelines
    /// The job that begins the run of a schedule, when its time comes; nothing without a time.
    Result<void> plan_run(store::Tx& tx, PipelineId pipeline, std::optional<Time> at);

private:
    Result<void> check_definition(const pipelines::Definition& definition) const;

    store::Store& store_;
    jobs::Jobs& jobs_;
    pipelines::StepTypes types_;
    std::map<std::string, StepKind, std::less<>> kinds_;
};

}  // namespace ry::chats
