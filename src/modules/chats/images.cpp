#include "modules/chats/images.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "kernel/store/store.h"
#include "modules/chats/chat_queries.gen.h"
#include "modules/chats/image_file.h"
#include "modules/chats/image_queries.gen.h"

namespace ry::chats {
namespace {

constexpr std::string_view no_such_image = "there is no such image; POST one to /api/v1/chats/{chat_id}/images first";

Result<void> check_room(store::Tx& tx, ChatId chat, int64_t more_bytes) {
    auto all = TRY(tx.many(sql::images_of_chat, {.chat_id = chat}));
    int64_t bytes = more_bytes;
    for (const Image& image : all) bytes += image.size_bytes;
    if (int64_t(all.size()) < chat_images_max && bytes <= chat_image_bytes_max) return {};
    return fail(Code::over_quota, "a chat may have " + std::to_string(chat_images_max) + " images of " +
                                      std::to_string(chat_image_bytes_max >> 20) + " MiB together; begin another chat");
}

}  // namespace

Result<Image> add_image(store::Tx& tx, ChatId chat, std::string_view bytes) {
    Image image = TRY(accepted_image(bytes));
    std::string hash = sha256_hex(bytes);
    if (auto known = TRY(tx.maybe(sql::image_of_hash, {.chat_id = chat, .sha256 = hash}))) return *std::move(known);
    TRY(check_room(tx, chat, image.size_bytes));
    image.id = ImageId::fresh();
    tx.queue(sql::add_image, {.id = image.id, .chat_id = chat, .sha256 = hash, .media_type = image.media_type, .width = image.width,
                              .height = image.height, .size_bytes = image.size_bytes, .bytes = {bytes}});
    return image;
}

Result<void> attach_images(store::Tx& tx, ChatId chat, const std::vector<ImageId>& ids, Written& written) {
    auto images = TRY(tx.many(sql::images_named, {.chat_id = chat, .ids = ids}));
    for (size_t i = 0; i < ids.size(); ++i) {
        auto image = std::ranges::find(images, ids[i], &Image::id);
        if (image == images.end()) return invalid("/image_ids/" + std::to_string(i), "is no image of this chat; POST it to /api/v1/chats/{chat_id}/images first");
        written.blocks.push_back({.type = BlockType::image, .image = *image});
    }
    return {};
}

Result<http::Created<Image>> Images::create(Op& op, ChatId chat, const http::RequestInfo& info) {
    Image made = TRY(store_.write(op, "chats.add_image", [&](store::Tx& tx) -> Result<Image> {
        if (!TRY(tx.maybe(sql::lock_chat, {.id = chat}))) return fail(Code::not_found, "there is no such chat; `ramify chats ls` lists those there are");
        return add_image(tx, chat, info.request.body);
    }));
    std::string location = "/api/v1/images/" + made.id.text();
    return http::Created<Image>{std::move(made), std::move(location)};
}

Result<http::Bytes> Images::file(Op& op, ImageId id) {
    auto files = TRY(store_.read(op, "chats.image", [&](store::Tx& tx) { return tx.many(sql::image_files, {.ids = {id}}); }));
    if (files.empty()) return fail(Code::not_found, std::string(no_such_image));
    ImageFile& file = files.front();
    return http::Bytes{.content_type = std::move(file.media_type), .bytes = unhex(file.hex).value_or(""), .etag = file.sha256.substr(0, 32)};
}

Result<std::map<ImageId, llm::Image>> Images::sent_with(const Op& op, const Prompt& prompt) {
    std::vector<ImageId> ids;
    for (const PromptPiece& piece : prompt.pieces)
        for (const Image& image : piece.images) ids.push_back(image.id);
    std::map<ImageId, llm::Image> images;
    if (ids.empty()) return images;
    for (ImageFile& file : TRY(store_.read(op, "chats.images_of_prompt", [&](store::Tx& tx) { return tx.many(sql::image_files, {.ids = ids}); })))
        images[file.id] = {.media_type = std::move(file.media_type), .bytes = unhex(file.hex).value_or("")};
    return images;
}

std::vector<http::Route> Images::routes() {
    namespace route = http::route;
    return {
        route::post("/api/v1/chats/{chat_id}/images", "chats.write", "images create", "An image for a message: a PNG, JPEG, WebP or GIF file.", &Images::create, *this)
            .with({.body_bytes_max = image_bytes_max, .deadline_ms = 60'000})
            .with_file(),
        route::get("/api/v1/images/{image_id}", "chats.read", "images get", "The file of an image.", &Images::file, *this),
    };
}

}  // namespace ry::chats
