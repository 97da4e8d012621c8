-- #include "modules/chats/ids.h"
-- #include "modules/chats/image_model.h"

-- add_image(id ImageId, chat_id ChatId, sha256 std::string, media_type std::string, width int64_t, height int64_t, size_bytes int64_t, bytes store::Bytes) -> none
insert into chats.image (id, chat_id, sha256, media_type, width, height, size_bytes, bytes) values (:id, :chat_id, :sha256, :media_type, :width, :height, :size_bytes, :bytes);

-- image_of_hash(chat_id ChatId, sha256 std::string) -> maybe Image
select id, media_type, width, height, size_bytes from chats.image where chat_id = :chat_id and sha256 = :sha256;

-- images_of_chat(chat_id ChatId) -> many Image
select id, media_type, width, height, size_bytes from chats.image where chat_id = :chat_id order by id;

-- images_named(chat_id ChatId, ids std::vector<ImageId>) -> many Image
select id, media_type, width, height, size_bytes from chats.image where chat_id = :chat_id and id = any(:ids);

-- image_files(ids std::vector<ImageId>) -> many ImageFile
select id, media_type, sha256, encode(bytes, 'hex') as hex from chats.image where id = any(:ids);
