#pragma once
// Secrets: provider keys, deploy tokens, database passwords, sealed in the database. Each organization has a data key,
// which the master key wraps; both seal with XChaCha20-Poly1305, and the associated data names the organization, the
// data key and the secret's name, so a row moved elsewhere does not open.
//
//     store.write(op, "models.create", [&](Tx& tx) -> Result<void> { return secrets.put(tx, "models/" + id.text(),
//     key); }); Secret key = TRY(store.read(op, "llm.key", [&](Tx& tx) { return secrets.get(tx, "models/" + id.text());
//     }));
//
// Whatever passes through is registered with telemetry::redact in all its forms (redactor.h), so no log line shows it.
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "kernel/secrets/redactor.h"

namespace ry::store {
struct Schema;
class Tx;
}  // namespace ry::store

namespace ry::secrets {

extern const store::Schema schema;

/// The key that wraps all data keys. A value.
class MasterKey {
public:
    /// The first of: the environment's RAMIFY_MASTER_KEY; the file ramify_master_key in $CREDENTIALS_DIRECTORY (systemd
    /// LoadCredential); `data_dir`/master.key, which is made with mode 0600 when it does not exist. All hold 64 hex
    /// digits. Fails when the key is malformed, or the file is readable by others.
    static Result<MasterKey> load(const std::filesystem::path& data_dir);
    static Result<MasterKey> from_text(const Secret& hex_digits);
    static MasterKey fresh();

    /// 32 hex digits that tell keys apart and reveal nothing of them.
    const std::string& id() const { return id_; }
    /// 64 hex digits.
    Secret text() const;

private:
    friend class Secrets;
    explicit MasterKey(Secret bytes);
    Secret bytes_;
    std::string id_;
};

/// What an organization may keep of one area, which is the part of the names before the first slash: 1,000 secrets of
/// 64 KiB are 64 MiB.
inline constexpr size_t secret_bytes_max = 64 * 1024;
inline constexpr int64_t secrets_max = 1'000;
inline constexpr size_t name_bytes_max = 200;

/// Any thread. All functions act for the organization of the transaction.
class Secrets {
public:
    explicit Secrets(MasterKey master_key);

    /// Keeps `value` under `name` (letters, digits and _ . : / -), in place of what was there. Two round trips.
    /// `area_max`: for areas whose secrets are small and whose number has a limit of its own.
    Result<void> put(store::Tx& tx, std::string_view name, const Secret& value, int64_t area_max = secrets_max);
    /// not_found when there is none; unavailable, with the fix, when it was sealed under another master key. One round
    /// trip.
    Result<Secret> get(store::Tx& tx, std::string_view name);
    Result<std::optional<Secret>> find(store::Tx& tx, std::string_view name);
    /// Whether there was one.
    Result<bool> remove(store::Tx& tx, std::string_view name);
    Result<std::vector<std::string>> names(store::Tx& tx);

    /// Gives the organization a new data key, seals every secret anew and destroys the old key; returns how many.
    /// Other transactions' puts wait for it; gets do not.
    Result<int64_t> rotate(store::Tx& tx);
    /// Knows every secret of the organization.
    Result<Redactor> redactor(store::Tx& tx);

private:
    struct DataKey;
    Result<DataKey> current_key(store::Tx& tx);
    Result<DataKey> make_key(store::Tx& tx);
    Result<void> seal(store::Tx& tx, const DataKey& key, std::string_view name, const Secret& value, int64_t area_max);

    MasterKey master_key_;
};

}  // namespace ry::secrets
