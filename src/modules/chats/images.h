#pragma once
// Inside the part: the images of messages. They are sent before the message that has them, and lie in the database, as
// pictures of profiles do: each once in its chat, with which they go. Chats owns one, and carries its routes.
//
// Any thread.
#include <map>
#include <string>
#include <vector>

#include "kernel/http/route.h"
#include "kernel/llm/llm.h"
#include "modules/chats/prompt.h"
#include "modules/chats/written.h"

namespace ry::store {
class Store;
class Tx;
}  // namespace ry::store

namespace ry::chats {

class Images {
public:
    /// `store` outlives the Images.
    explicit Images(store::Store& store) : store_(store) {}
    std::vector<http::Route> routes();

    /// The body is the file. One that the chat has already is that one.
    Result<http::Created<Image>> create(Op& op, ChatId chat, const http::RequestInfo& info);
    Result<http::Bytes> file(Op& op, ImageId image);

    /// The files of the images that the prompt sends.
    Result<std::map<ImageId, llm::Image>> sent_with(const Op& op, const Prompt& prompt);

private:
    store::Store& store_;
};

/// Adds a file to a chat; `over_quota` when it has as many as it may.
Result<Image> add_image(store::Tx& tx, ChatId chat, std::string_view bytes);
/// Puts images of the chat behind what was written.
Result<void> attach_images(store::Tx& tx, ChatId chat, const std::vector<ImageId>& ids, Written& written);

}  // namespace ry::chats
