#pragma once
// Inside liquibase: SQL changelogs. "--liquibase formatted sql" in the first line makes "--changeset author:id …" begin
// a changeset; a file without it is one changeset of its own.
#include "modules/databases/liquibase/changelog.h"

namespace ry::databases::liquibase {

Result<Changelog> read_formatted_sql(std::string_view bytes);

}  // namespace ry::databases::liquibase
