#include "kernel/secrets/secrets.h"

#include <sodium.h>

#include "kernel/secrets/queries.gen.h"
#include "kernel/secrets/remember.h"
#include "kernel/store/store.h"

namespace ry::secrets {
namespace {

constexpr size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string random_bytes(size_t size) {
    std::string bytes(size, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

std::string_view view_of(const Uuid& uuid) {
    return {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()};
}

/// What a sealed text is bound to. The uuids have a fixed length and the name comes last, so no two read the same.
std::string key_binding(OrganizationId organization, DataKeyId id) {
    return "ramify data key 1" + std::string(view_of(organization.uuid)) + std::string(view_of(id.uuid));
}
std::string secret_binding(OrganizationId organization, DataKeyId id, std::string_view name) {
    return "ramify secret 1" + std::string(view_of(organization.uuid)) + std::string(view_of(id.uuid)) +
           std::string(name);
}

struct Sealed {
    std::string nonce;
    std::string ciphertext;
};

Sealed seal_with(const Secret& key, const Secret& value, std::string_view binding) {
    Sealed sealed{random_bytes(nonce_bytes), std::string(value.reveal().size() + tag_bytes, '\0')};
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed.ciphertext), nullptr, bytes_of(value.reveal()),
                                               value.reveal().size(), bytes_of(binding), binding.size(), nullptr,
                                               bytes_of(std::string_view(sealed.nonce)), bytes_of(key.reveal()));
    return sealed;
}

/// Absent when it was changed, moved or sealed with another key.
std::optional<Secret> open_with(const Secret& key, const std::string& nonce, const std::string& ciphertext,
                                std::string_view binding) {
    if (nonce.size() != nonce_bytes || ciphertext.size() < tag_bytes) return {};
    std::string text(ciphertext.size() - tag_bytes, '\0');
    int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
        bytes_of(text), nullptr, nullptr, bytes_of(std::string_view(ciphertext)), ciphertext.size(), bytes_of(binding),
        binding.size(), bytes_of(std::string_view(nonce)), bytes_of(key.reveal()));
    if (opened != 0) return {};
    return Secret(std::move(text));
}

Result<void> check_name(std::string_view name) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/-";
    if (!name.empty() && name.size() <= name_bytes_max && name.find_first_not_of(allowed) == std::string_view::npos)
        return {};
    return fail(Code::invalid, "a secret's name has 1 to 200 letters, digits and _ . : / -");
}

Error damaged(std::string_view name) {
    return fail(Code::bug, "the secret " + std::string(name) +
                               " cannot be opened: it was changed or moved in the database; set it again");
}

Result<Secret> unwrap(const Secret& master_key, std::string_view master_key_id, OrganizationId organization,
                      const WrappedKey& wrapped) {
    if (wrapped.master_key_id != master_key_id)
        return fail(Code::unavailable,
                    "the organization's secrets are sealed with master key " + wrapped.master_key_id +
                        ", and the server has " + std::string(master_key_id) +
                        "; start it with that key (master.key in the data directory, or RAMIFY_MASTER_KEY)");
    auto key = open_with(master_key, wrapped.nonce, wrapped.wrapped, key_binding(organization, wrapped.id));
    if (!key || key->reveal().size() != key_bytes)
        return fail(
            Code::bug,
            "the organization's data key cannot be opened: it was changed or moved in the database; restore a backup");
    return *std::move(key);
}

Result<Secret> open_secret(const Secret& master_key, std::string_view master_key_id, OrganizationId organization,
                           const SealedSecret& row) {
    WrappedKey wrapped{row.key_id, row.master_key_id, row.key_nonce, row.wrapped};
    Secret key = TRY(unwrap(master_key, master_key_id, organization, wrapped));
    auto value = open_with(key, row.nonce, row.ciphertext, secret_binding(organization, row.key_id, row.name));
    if (!value) return damaged(row.name);
    remember(*value);
    return *std::move(value);
}

}  // namespace

struct Secrets::DataKey {
    DataKeyId id;
    Secret bytes;
};

Secrets::Secrets(MasterKey master_key) : master_key_(std::move(master_key)) {}

Result<Secrets::DataKey> Secrets::make_key(store::Tx& tx) {
    DataKey key{DataKeyId::fresh(), Secret(random_bytes(key_bytes))};
    Sealed sealed = seal_with(master_key_.bytes_, key.bytes, key_binding(tx.op().organization, key.id));
    tx.queue(
        sql::add_data_key,
        {.id = key.id, .master_key_id = master_key_.id(), .nonce = {sealed.nonce}, .wrapped = {sealed.ciphertext}});
    return key;
}

Result<Secrets::DataKey> Secrets::current_key(store::Tx& tx) {
    auto wrapped = TRY(tx.maybe(sql::current_data_key, {}));
    if (!wrapped) {
        TRY(make_key(tx));
        wrapped = TRY(tx.maybe(sql::current_data_key, {}));
    }
    if (!wrapped) return fail(Code::bug, "the organization has no data key; report this with the request id");
    return DataKey{wrapped->id, TRY(unwrap(master_key_.bytes_, master_key_.id(), tx.op().organization, *wrapped))};
}

Result<void> Secrets::seal(store::Tx& tx, const DataKey& key, std::string_view name, const Secret& value,
                           int64_t area_max) {
    Sealed sealed = seal_with(key.bytes, value, secret_binding(tx.op().organization, key.id, name));
    int64_t changed = TRY(tx.run(sql::put_secret, {.name = name,
                                                   .key_id = key.id,
                                                   .nonce = {sealed.nonce},
                                                   .ciphertext = {sealed.ciphertext},
                                                   .secrets_max = area_max}));
    if (changed == 0)
        return fail(Code::over_quota, "the organization keeps " + std::to_string(area_max) +
                                          " secrets of this kind already; remove one first");
    return {};
}

Result<void> Secrets::put(store::Tx& tx, std::string_view name, const Secret& value, int64_t area_max) {
    TRY(check_name(name));
    if (value.reveal().size() > secret_bytes_max) return fail(Code::too_large, "a secret has at most 65,536 bytes");
    remember(value);
    return seal(tx, TRY(current_key(tx)), name, value, area_max);
}

Result<std::optional<Secret>> Secrets::find(store::Tx& tx, std::string_view name) {
    auto row = TRY(tx.maybe(sql::secret, {.name = name}));
    if (!row) return std::optional<Secret>();
    return std::optional<Secret>(TRY(open_secret(master_key_.bytes_, master_key_.id(), tx.op().organization, *row)));
}

Result<Secret> Secrets::get(store::Tx& tx, std::string_view name) {
    auto value = TRY(find(tx, name));
    if (!value) return fail(Code::not_found, "there is no secret " + std::string(name) + "; set it first");
    return *std::move(value);
}

Result<bool> Secrets::remove(store::Tx& tx, std::string_view name) {
    return TRY(tx.run(sql::remove_secret, {.name = name})) > 0;
}

Result<std::vector<std::string>> Secrets::names(store::Tx& tx) { return tx.many(sql::secret_names, {}); }

Result<int64_t> Secrets::rotate(store::Tx& tx) {
    auto old = TRY(tx.maybe(sql::lock_current_data_key, {}));
    if (!old) return int64_t(0);
    auto rows = TRY(tx.many(sql::all_secrets, {}));
    tx.queue(sql::retire_data_key, {.id = old->id});
    DataKey key = TRY(make_key(tx));
    for (const SealedSecret& row : rows) {
        Secret value = TRY(open_secret(master_key_.bytes_, master_key_.id(), tx.op().organization, row));
        TRY(seal(tx, key, row.name, value, INT64_MAX));  // it is there already
    }
    tx.queue(sql::remove_retired_data_keys, {});
    return int64_t(rows.size());
}

Result<Redactor> Secrets::redactor(store::Tx& tx) {
    std::vector<Secret> values;
    for (const SealedSecret& row : TRY(tx.many(sql::all_secrets, {})))
        values.push_back(TRY(open_secret(master_key_.bytes_, master_key_.id(), tx.op().organization, row)));
    return Redactor(values);
}

}  // namespace ry::secrets
