#pragma once
// Schemas and how they get into the database. A part's schema/NNNN_what.sql files are embedded by sqlgen as
// `const store::Schema schema` in the part's namespace; the part's header declares it `extern`.
//
// Files go forward only, are never edited after they were released (a changed checksum refuses the start), and are safe
// to run twice. A tenant's table is made like this:
//
//     create table if not exists notes.note (organization_id uuid not null, id uuid not null, …,
//                                            primary key (organization_id, id));
//     call store.isolate('notes.note');                       -- row-level security, default organization, grants
//     call store.allow_system('notes.note');                  -- only when the kernel's cross-tenant duties need it
//     call store.global('notes.kind', 'the same for all organizations');   -- a table without organization_id, and why
#include <span>
#include <string_view>

#include "base/result.h"

namespace ry::store {

struct Endpoint;

struct Migration {
    std::string_view name;  ///< "0001_chats"
    std::string_view text;
};

struct Schema {
    std::string_view part;
    std::span<const Migration> migrations;
};

/// The store's own schema: roles, the migration table, tenancy. Always applied first.
extern const Schema schema;

/// Brings the database up to date: every part's new files in the order given, each in a transaction, under a lock that
/// lets one server migrate at a time. Blocks; call before the Store is opened.
Result<void> migrate(const Endpoint& endpoint, std::span<const Schema* const> parts);

}  // namespace ry::store
