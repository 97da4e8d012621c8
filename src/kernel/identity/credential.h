#pragma once
// The texts that prove who somebody is: cookies and set-up tokens (256 random bits), and API tokens,
// "rmf_" + 43 letters of base64url (256 random bits) + 6 letters of a checksum. Pure, apart from the randomness.
#include <string>
#include <string_view>

#include "base/secret.h"

namespace ry::identity {

Secret new_cookie();
bool is_cookie_shaped(std::string_view text);

Secret new_api_token();
/// False for anything mistyped or cut, which then need not be looked for.
bool is_api_token_shaped(std::string_view text);

/// SHA-256, 32 bytes: what the database keeps. The texts are random, so no salt or slow hash is needed.
std::string digest_of(std::string_view text);
/// What a page must send back with every change: bound to the cookie, and no help in guessing it.
std::string csrf_token_of(std::string_view cookie);

}  // namespace ry::identity
