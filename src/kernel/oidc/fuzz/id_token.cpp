// ID tokens and key sets: any bytes are read or refused, and no token is verified that nobody signed.
#include "kernel/oidc/id_token.h"

#include <cstdlib>

#include "base/text.h"
#include "kernel/oidc/key_set.h"

using namespace ry;
using namespace ry::oidc;

namespace {

/// Three lines as they stand before they are encoded: header, claims, signature.
std::string encoded(std::string_view lines) {
    std::string text;
    for (std::string_view line : split(lines, '\n')) text += (text.empty() ? "" : ".") + base64url(line);
    return text;
}

void read(const std::string& text) {
    auto token = parse_id_token(text);
    if (!token) return;
    bool is_part = text.starts_with(token->signed_part + ".");
    if (!is_part || token->issuer.empty() || token->audiences.empty()) abort();
    (void)check_times(*token, Time{1'700'000'000'000'000}).has_value();
}

/// The generator of P-256, whose private key is 1: nobody signed with it here.
const KeySet& one_key() {
    static const KeySet set = *KeySet::parse(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}]})");
    return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read(std::string(bytes));
    std::string text = encoded(bytes);
    read(text);
    if (one_key().keys().size() != 1) abort();
    if (auto token = parse_id_token(text))
        if (const Key* key = one_key().find(*token); key && verifies(*key, *token)) abort();
    if (auto set = KeySet::parse(bytes))
        for (const Key& key : set->keys())
            if (!key.key) abort();
    return 0;
}
