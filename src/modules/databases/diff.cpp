// The difference of two databases: each a state, of which a copy runs for as long as it takes, or an instance as it is
// now.
#include <filesystem>

#include "base/text.h"
#include "kernel/telemetry/telemetry.h"
#include "modules/databases/diff_objects.h"
#include "modules/databases/diff_rows.h"
#include "modules/databases/inside.h"
#include "modules/databases/queries.gen.h"

namespace ry::databases {
namespace {

/// What both sessions have alike, so that the same value is the same text; and nobody's objects are found without their
/// schema.
constexpr std::string_view reading_settings =
    "set search_path = ''; set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set "
    "bytea_output = 'hex'; set lc_monetary = 'C'; "
    "set extra_float_digits = 1; set row_security = off; set jit = off; begin isolation level repeatable read, read "
    "only";

}  // namespace

/// One of the two, while it is read.
class Databases::Inside::DiffSide {
public:
    explicit DiffSide(Inside& inside) : inside_(inside) {}
    DiffSide(const DiffSide&) = delete;
    ~DiffSide() {
        session_.reset();
        in_use_.reset();
        if (dir_.empty()) return;
        if (cluster_) cluster_->kill();
        cluster_.reset();
        if (auto gone = inside_.states.remove_clone(dir_); !gone)
            telemetry::log(telemetry::Level::warning, "work_left", {{"dir", dir_}, {"cause", gone.error().message}});
        std::error_code ignored;
        std::filesystem::remove_all(socket_dir_, ignored);
    }

    /// An instance by name or id; else a state or a ref.
    Result<void> find(const Op& op, const std::string& name) {
        return inside_.store.read(op, "databases.find_diff_side", [&](store::Tx& tx) -> Result<void> {
            auto found = inside_.instance_named(tx, name);
            if (found) {
                instance_ = *std::move(found);
                return {};
            }
            if (found.error().code != Code::not_found) return std::move(found).error();
            auto state = inside_.state_named(tx, name);
            if (!state && state.error().code == Code::not_found)
                return fail(Code::not_found,
                            "there is no instance, state or ref \"" + std::string(utf8_prefix(name, 100)) +
                                "\"; `ramify db ls`, `ramify db states` and `ramify db refs` list them");
            state_ = TRY(std::move(state));
            return {};
        });
    }
    std::optional<std::string> state_id() const { return state_ ? std::optional(state_->id) : std::nullopt; }

    Result<void> open(const Op& op, const std::string& database) {
        TRY(instance_ ? wake(op) : start_copy(op));
        session_ = TRY(cluster_->session(op, database));
        TRY(session_->run(op, reading_settings));
        return {};
    }
    Session& session() { return *session_; }

private:
    Result<void> wake(const Op& op) {
        SlotPtr slot = inside_.slot_of(instance_->id, op.organization);
        in_use_.emplace(slot);
        cluster_ = TRY(inside_.wake(op, slot));
        return {};
    }
    Result<void> start_copy(const Op& op) {
        if (!inside_.clusters) return no_clusters();
        TRY(inside_.make_room(op));
        auto tree = TRY(inside_.find_tree(op, state_->id));
        if (!tree)
            return fail(Code::conflict, "the state " + state_->id.substr(0, 12) + " was evicted; prepare it again");
        std::string name = uuid_text(PrepareId::fresh().uuid);
        dir_ = inside_.options.root + "/building/" + name;
        socket_dir_ = inside_.options.root + "/s/" + name;
        TRY(inside_.states.clone(op, *tree, dir_));
        TRY(inside_.sandbox.give(dir_));
        cluster_ = TRY(inside_.clusters->start(op, {.image = TRY(inside_.images.find(op, state_->image)),
                                                    .data_dir = dir_,
                                                    .socket_dir = socket_dir_,
                                                    .purpose = Purpose::build}));
        return {};
    }

    Inside& inside_;
    std::optional<InstanceRow> instance_;
    std::optional<StateRow> state_;
    std::optional<InUse> in_use_;   // of an instance
    std::string dir_, socket_dir_;  // of a state's copy
    std::shared_ptr<Cluster> cluster_;
    std::optional<Session> session_;
};

Result<DatabasesDiff> Databases::diff(Op& op, DiffRequest request) {
    int64_t began_ms = steady_ms();
    Op limited = op;
    limited.deadline = op.deadline.sooner(Deadline::in_ms(request.timeout_ms.value_or(diff_ms_default)));
    Inside::DiffSide from(*inside_), to(*inside_);
    TRY(from.find(op, request.from));
    TRY(to.find(op, request.to));
    DatabasesDiff diff{.state_id_from = from.state_id(), .state_id_to = to.state_id(), .objects = {}, .tables = {}};
    if (diff.state_id_from && diff.state_id_from == diff.state_id_to) return diff;  // a state never changes
    TRY(from.open(limited, request.database));
    TRY(to.open(limited, request.database));
    if (request.schema) {
        auto before = TRY(read_objects(limited, from.session())), after = TRY(read_objects(limited, to.session()));
        compare_objects(before, after, diff);
    }
    if (request.data) TRY(compare_rows(limited, from.session(), to.session(), request, diff));
    diff.ms = steady_ms() - began_ms;
    return diff;
}

}  // namespace ry::databases
