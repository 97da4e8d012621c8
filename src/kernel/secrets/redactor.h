#pragma once
// Redactor: replaces secrets in text that leaves the server (logs of sandboxes, streams, artifacts, shares): their exact
// values and the encodings in which programs print them.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace ry::secrets {

/// The forms in which a secret may appear: itself, hexadecimal, percent-encoded (RFC 3986), JSON-escaped, and base64 and
/// base64url (RFC 4648) at each of the three places a byte can have in a group, so that "user:key" of Basic
/// authentication is found too. Forms shorter than 4 bytes are left out: they would take ordinary text apart.
std::vector<std::string> forms_of(const Secret& secret);

/// An immutable set of forms. Any thread; a copy is a pointer. Building costs some 40 bytes a byte of the forms.
class Redactor {
public:
    class Stream;

    /// Knows no secret and changes nothing.
    Redactor();
    explicit Redactor(std::span<const Secret> secrets);

    /// `text` with "[redacted]" in place of every secret. Costs one pass, whatever the number of secrets.
    std::string redact(std::string_view text) const;
    /// The same for text that comes in pieces.
    Stream stream() const;

private:
    struct Automaton;
    std::shared_ptr<const Automaton> automaton_;
};

/// One text in pieces; a secret is found wherever the pieces are cut. Used by one thread at a time.
class Redactor::Stream {
public:
    /// What can be shown after `piece`. Holds back only an ending which may be the beginning of a secret.
    std::string feed(std::string_view piece);
    /// The rest, at the end of the text. The stream may then be used for another text.
    std::string flush();

private:
    friend class Redactor;
    explicit Stream(std::shared_ptr<const Automaton> automaton) : automaton_(std::move(automaton)) {}
    std::string show(size_t length);

    std::shared_ptr<const Automaton> automaton_;
    int node_ = 0;
    std::string held_;             // seen, not shown yet
    std::vector<bool> is_secret_;  // of each held byte
    bool is_inside_ = false;       // the last shown byte was part of a secret
};

}  // namespace ry::secrets
