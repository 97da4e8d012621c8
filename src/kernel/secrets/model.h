#pragma once
// Rows of queries.sql; nothing here is shown to anybody.
#include <string>

#include "base/fields.h"

namespace ry::secrets {

DECLARE_ID(DataKeyId, "key");

struct WrappedKey {
    DataKeyId id;
    std::string master_key_id;
    std::string nonce;
    std::string wrapped;

    static const Fields& fields() {
        using S = WrappedKey;
        static const Field table[] = {
            field("id", &S::id, "The data key's id."),
            field("master_key_id", &S::master_key_id, "Which master key wraps it."),
            field("nonce", &S::nonce, "24 bytes."),
            field("wrapped", &S::wrapped, "The sealed data key."),
        };
        static const Fields all{"WrappedKey", table};
        return all;
    }
};

/// A secret with the data key that opens it.
struct SealedSecret {
    std::string name;
    std::string nonce;
    std::string ciphertext;
    DataKeyId key_id;
    std::string master_key_id;
    std::string key_nonce;
    std::string wrapped;

    static const Fields& fields() {
        using S = SealedSecret;
        static const Field table[] = {
            field("name", &S::name, "The secret's name."),
            field("nonce", &S::nonce, "24 bytes."),
            field("ciphertext", &S::ciphertext, "The sealed value."),
            field("key_id", &S::key_id, "The data key that opens it."),
            field("master_key_id", &S::master_key_id, "The master key that opens the data key."),
            field("key_nonce", &S::key_nonce, "Of the data key."),
            field("wrapped", &S::wrapped, "The sealed data key."),
        };
        static const Fields all{"SealedSecret", table};
        return all;
    }
};

}  // namespace ry::secrets
