#include "kernel/secrets/remember.h"

#include <sodium.h>

#include <set>
#include <string>

#include "base/guarded.h"
#include "kernel/secrets/redactor.h"
#include "kernel/telemetry/telemetry.h"

namespace ry::secrets {
namespace {

/// telemetry keeps 10,000 texts and a secret has at most 15 forms. Beyond that all are registered again when next used.
constexpr size_t remembered_max = 600;

std::string fingerprint(const Secret& value) {
    std::string hash(crypto_generichash_BYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), reinterpret_cast<const unsigned char*>(value.reveal().data()),
                       value.reveal().size(), nullptr, 0);
    return hash;
}

}  // namespace

void remember(const Secret& value) {
    static Guarded<std::set<std::string>> remembered;
    bool is_new = remembered.with([&](std::set<std::string>& known) {
        if (known.size() == remembered_max) known.clear();
        return known.insert(fingerprint(value)).second;
    });
    if (!is_new) return;
    for (std::string& form : forms_of(value)) telemetry::redact(std::move(form));
}

}  // namespace ry::secrets
