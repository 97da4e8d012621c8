#pragma once
// Inside the part: entity profiles, who a chat is with. Chats owns one, and carries its routes.
//
// Any thread. Each method is one thing that a person can do.
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "modules/chats/profile_model.h"
#include "modules/chats/prompt_context.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store
namespace ry::identity {
class Identities;
}

namespace ry::chats {

class Lorebooks;

class Profiles {
public:
    Profiles(store::Store& store, identity::Identities& identities, Lorebooks& lorebooks)
        : store_(store), identities_(identities), lorebooks_(lorebooks) {}
    std::vector<http::Route> routes();

    Result<http::Created<EntityProfile>> create(Op& op, CreateProfile body);
    /// The body is a file of a card; its content tells of which kind.
    Result<http::Created<EntityProfile>> import(Op& op, const http::RequestInfo& info);
    /// The body is a zip archive of cards. Each is made a profile or not by itself.
    Result<ImportedCards> import_all(Op& op, const http::RequestInfo& info);
    Result<http::Page<ListedProfile>> list(Op& op, ListProfiles query);
    Result<EntityProfile> show(Op& op, EntityProfileId profile);
    Result<EntityProfile> change(Op& op, EntityProfileId profile, ChangeProfile body, http::IfMatch if_match);
    /// Puts it away, where its chats still find it; one that was put away and has no chats is deleted for good.
    Result<void> remove(Op& op, EntityProfileId profile, http::IfMatch if_match);
    Result<http::Bytes> write_card(Op& op, EntityProfileId profile, ExportProfile query);
    Result<http::Bytes> avatar(Op& op, EntityProfileId profile);
    Result<EntityProfile> set_avatar(Op& op, EntityProfileId profile, const http::RequestInfo& info,
                                     http::IfMatch if_match);

private:
    /// A card without its book, and what became of that.
    struct Taken {
        Json v3;
        std::optional<ProfileBook> book;
        std::vector<std::string> warnings;
    };
    /// Makes a lorebook of the book in a card, for the chats with the profile, or puts it into `lorebook`. A book that
    /// cannot be kept stays in the card, with a warning.
    Result<Taken> take_book(store::Tx& tx, EntityProfileId id, std::optional<LorebookId> lorebook, const Json& v3);
    /// The card with its files and its lorebook.
    Result<cards::Card> whole_card(store::Tx& tx, const EntityProfile& profile);
    Result<http::Created<EntityProfile>> add(Op& op, ProjectId project, const cards::Card& card, const Json& meta);

    store::Store& store_;
    identity::Identities& identities_;
    Lorebooks& lorebooks_;
};

/// The texts that a chat with the character may begin with, macros expanded: at most greetings_max, the first is shown.
std::vector<std::string> greetings_of(const cards::Character& character, std::string_view user_name, uint64_t seed);
/// What prompts say of the character, macros expanded; a field that is too long with them stays as it is.
PromptCharacter prompt_character_of(const cards::Character& character, std::string_view user_name, uint64_t seed);
/// What {{user}} is: the persona of the chat, else User.
std::string user_name_of(const PromptSetting& setting);
/// What chance in the texts of a chat follows: {{pick}} chooses the same in all of them.
uint64_t macro_seed(ChatId chat);

}  // namespace ry::chats
