#pragma once
// The databases of apps' branches: apps::DatabaseHost by instances of modules/databases.
#include "modules/apps/database_host.h"
#include "modules/databases/databases.h"

namespace ry::server {

class AppDatabases final : public apps::DatabaseHost {
public:
    explicit AppDatabases(databases::Databases& databases) : databases_(databases) {}

    Result<std::optional<std::string>> find(const Op& op, const std::string& name) override;
    Result<std::string> make(const Op& op, const std::string& name, const std::optional<std::string>& ref,
                             apps::Keeping keeping) override;
    Result<std::string> fork(const Op& op, const std::string& from, const std::string& name,
                             apps::Keeping keeping) override;
    Result<void> migrate(const Op& op, const std::string& name, const std::vector<apps::MigrationFile>& files) override;
    Result<void> keep(const Op& op, const std::string& name, const std::string& ref) override;
    Result<void> forget(const Op& op, const std::string& ref) override;
    Result<void> drop(const Op& op, const std::string& name) override;
    Result<Json> query(const Op& op, const std::string& name, const std::string& statement,
                       const std::vector<std::string>& parameters, int rows_max) override;
    Result<apps::DatabaseAccess> access(const Op& op, const std::string& name) override;

private:
    databases::Databases& databases_;
};

}  // namespace ry::server
