#pragma once
// Inside the part: lorebooks, their entries, and where they are used. Chats owns one, and carries its routes.
//
// Any thread. Each method is one thing that a person can do; work() is for whoever makes a prompt.
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "kernel/http/route.h"
#include "modules/chats/lorebook_model.h"
#include "modules/chats/paging.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store

namespace ry::chats {

/// Books that are ready, by version: the ones that were used last, of 100,000 entries together (some 200 MB at worst).
class ReadyBooks {
public:
    struct Key {
        OrganizationId organization;
        LorebookId id;
        int64_t version;
        lore::Reading reading;
        bool operator==(const Key&) const = default;
    };
    /// Null when it is not there.
    std::shared_ptr<const lore::CompiledBook> find(const Key& key);
    void keep(Key key, std::shared_ptr<const lore::CompiledBook> book);

private:
    struct Kept {
        Key key;
        std::shared_ptr<const lore::CompiledBook> book;
    };
    Guarded<std::list<Kept>> kept_;  ///< the one used last first
};

class Lorebooks {
public:
    explicit Lorebooks(store::Store& store) : store_(store) {}
    std::vector<http::Route> routes();

    Result<http::Page<Lorebook>> list(Op& op, ListLorebooks query);
    Result<http::Created<Lorebook>> create(Op& op, CreateLorebook body);
    /// The body is a file: world info, a character_book, a card with one, or a lorebook_v3.
    Result<http::Created<Lorebook>> import(Op& op, const http::RequestInfo& info);
    Result<Lorebook> show(Op& op, LorebookId book);
    Result<Lorebook> change(Op& op, LorebookId book, ChangeLorebook body, http::IfMatch if_match);
    Result<void> remove(Op& op, LorebookId book);
    Result<http::Bytes> write_file(Op& op, LorebookId book, ExportLorebook query);

    Result<http::Page<lore::Entry>> list_entries(Op& op, LorebookId book, Paging query);
    /// Adds the entry, or puts it in the place of the one with its uid.
    Result<Lorebook> put_entry(Op& op, LorebookId book, lore::Entry body, http::IfMatch if_match);
    Result<Lorebook> remove_entry(Op& op, LorebookId book, std::string uid);

    Result<http::Page<LorebookBinding>> list_bindings(Op& op, LorebookId book);
    Result<LorebookBinding> bind(Op& op, LorebookId book, LorebookBinding body);
    Result<void> unbind(Op& op, LorebookId book, LorebookBinding query);

    Result<LoreTest> test(Op& op, LorebookId book, TestLorebook body);
    /// With all books that are used in the chat, and its own messages.
    Result<LoreTest> test_chat(Op& op, ChatId chat, TestChatLore body);

    /// How prompts of the organization look for lore.
    Result<lore::Settings> settings(Op& op);
    Result<lore::Settings> set_settings(Op& op, lore::Settings body);

    // ---- for who makes prompts and imports cards, in their transactions

    /// A new book of the organization, used where `binding` says.
    Result<LorebookId> add(store::Tx& tx, const lore::Book& book, const std::optional<LorebookBinding>& binding);
    /// Puts other contents into a book; where it is used stays.
    Result<void> replace(store::Tx& tx, LorebookId id, const lore::Book& book);
    Result<lore::Book> book(store::Tx& tx, LorebookId id);
    /// The books that are used in `places`, and the global ones, ready; with the settings of the organization, or
    /// `settings`, and what the branch's history up to its message `last` has left.
    Result<LoreWork> work(store::Tx& tx, BranchId branch, int64_t last, const std::vector<LorebookBinding>& places,
                          lore::Reading reading, std::optional<lore::Settings> settings = {});

private:
    Result<http::Created<Lorebook>> make(Op& op, std::string_view name, const lore::Book& book);
    Result<std::shared_ptr<const lore::CompiledBook>> ready(store::Tx& tx, LorebookId id, int64_t version,
                                                            const lore::Reading& reading);

    store::Store& store_;
    ReadyBooks ready_books_;
};

}  // namespace ry::chats
