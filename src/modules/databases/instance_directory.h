#pragma once
// Inside: the proxy's view of the instances.
#include "modules/databases/inside.h"

namespace ry::databases {

/// Any thread. Lives inside Databases.
class InstanceDirectory final : public Directory {
public:
    explicit InstanceDirectory(Databases::Inside& inside);
    Result<Login> login(const Op& op, const Wanted& wanted) override;
    Result<Target> open(const Op& op, const Wanted& wanted, const Proof& proof) override;

private:
    Result<InstanceRow> find(const Op& op, const Wanted& wanted);
    Result<InstanceRow> named_fork(const Op& op, const InstanceRow& of, const Wanted& wanted);
    void drop_later(InstanceId id, OrganizationId organization);

    Databases::Inside& inside_;
};

}  // namespace ry::databases
