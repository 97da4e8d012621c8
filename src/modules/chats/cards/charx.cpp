#include "modules/chats/cards/charx.h"

#include <zip.h>

#include <memory>
#include <set>

#include "base/text.h"

namespace ry::chats::cards {
namespace {

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
    void operator()(zip_file_t* file) const { zip_fclose(file); }
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Source = std::unique_ptr<zip_source_t, Discard>;
using OpenFile = std::unique_ptr<zip_file_t, Discard>;

constexpr zip_uint16_t no_time = 0, no_date = 1 << 5 | 1;  // 1980-01-01, where the format begins

Error damaged() { return fail(Code::invalid, "the archive is damaged; export the card again"); }
Error no_memory() { return fail(Code::unavailable, "there is no memory to pack the card; try again later"); }

/// A file's name, shortened, for a message.
std::string shown(std::string_view path) { return "\"" + std::string(utf8_prefix(utf8_text(path), 80)) + "\""; }

/// What an archive says about a file, before anything of it is unpacked.
Result<void> check_entry(const zip_stat_t& stat) {
    constexpr zip_uint64_t wanted =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((stat.valid & wanted) != wanted) return damaged();
    if (stat.encryption_method != ZIP_EM_NONE)
        return fail(Code::invalid, "the archive is encrypted; export the card without a password");
    if (!is_inside(stat.name))
        return fail(Code::invalid, "the archive has a file that leads outside: " + shown(stat.name) +
                                       "; it looks like an attack, and was not unpacked");
    if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
        return fail(Code::invalid, "the archive's file " + shown(stat.name) +
                                       " is compressed in a way that CHARX does not have; pack it with deflate");
    if (stat.size > (1 << 20) && stat.size / limit::inflate_ratio_max > stat.comp_size)
        return fail(Code::too_large, "the archive's file " + shown(stat.name) + " unpacks to more than " +
                                         std::to_string(limit::inflate_ratio_max) +
                                         " times its size; it looks like an attack");
    return {};
}

Result<std::string> read_entry(zip_t* archive, const zip_stat_t& stat) {
    OpenFile file(zip_fopen_index(archive, stat.index, 0));
    if (!file) return damaged();
    std::string bytes(stat.size, '\0');
    char further = 0;
    if (zip_fread(file.get(), bytes.data(), stat.size) != zip_int64_t(stat.size)) return damaged();
    if (zip_fread(file.get(), &further, 1) != 0) return damaged();  // also tells that the CRC is wrong
    return bytes;
}

}  // namespace

bool is_zip(std::string_view bytes) { return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06"); }

bool is_inside(std::string_view path) {
    if (path.empty() || path.size() > limit::path_bytes_max || path[0] == '/' || !is_utf8(path)) return false;
    for (char c : path)
        if (static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == ':') return false;
    for (std::string_view step : split(path, '/'))
        if (step == ".." || step == ".") return false;
    return true;
}

Result<std::vector<File>> unpack(std::string_view archive_bytes) {
    zip_error_t error;
    zip_error_init(&error);
    Source source(zip_source_buffer_create(archive_bytes.data(), archive_bytes.size(), 0, &error));
    if (!source) return no_memory();
    Archive archive(zip_open_from_source(source.get(), ZIP_RDONLY, &error));
    zip_error_fini(&error);
    if (!archive) return damaged();
    source.release();  // the archive's own now
    zip_int64_t count = zip_get_num_entries(archive.get(), 0);
    if (count > zip_int64_t(limit::files_max))
        return fail(Code::too_large, "the archive has more than " + std::to_string(limit::files_max) +
                                         " files, the most a card may have");
    std::vector<File> files;
    std::set<std::string, std::less<>> paths;
    size_t unpacked = 0, packed = 0;
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t stat;
        if (zip_stat_index(archive.get(), zip_uint64_t(i), 0, &stat) != 0) return damaged();
        TRY(check_entry(stat));
        if (std::string_view(stat.name).ends_with('/')) continue;
        // Sizes are checked one by one before they are added up, so that no sum overflows.
        if (stat.size > limit::unpacked_bytes_max || (unpacked += stat.size) > limit::unpacked_bytes_max)
            return fail(Code::too_large, "the archive unpacks to more than " +
                                             std::to_string(limit::unpacked_bytes_max >> 20) +
                                             " MiB, the most a card may have");
        if (stat.comp_size > archive_bytes.size() || (packed += stat.comp_size) > archive_bytes.size())
            return fail(Code::invalid, "the files of the archive overlap; it looks like an attack");
        if (!paths.insert(stat.name).second)
            return fail(Code::invalid, "the archive has two files " + shown(stat.name) + "; pack it again");
        files.push_back({stat.name, TRY(read_entry(archive.get(), stat))});
    }
    return files;
}

namespace {

/// JSON is worth compressing; pictures are compressed already.
Result<void> add(zip_t* archive, const File& file) {
    Source source(zip_source_buffer(archive, file.bytes.data(), file.bytes.size(), 0));
    if (!source) return no_memory();
    zip_int64_t index = zip_file_add(archive, file.path.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
    if (index < 0) return fail(Code::invalid, "the card has two files " + shown(file.path) + "; rename one of them");
    source.release();
    bool is_json = file.path.ends_with(".json");
    zip_set_file_compression(archive, zip_uint64_t(index), is_json ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    zip_file_set_dostime(archive, zip_uint64_t(index), no_time, no_date, 0);
    return {};
}

}  // namespace

Result<std::string> pack(const std::vector<File>& files) {
    zip_error_t error;
    zip_error_init(&error);
    Source target(zip_source_buffer_create(nullptr, 0, 0, &error));
    if (!target) return no_memory();
    zip_source_keep(target.get());  // what was written is read from it after the archive is closed
    Archive archive(zip_open_from_source(target.get(), ZIP_CREATE | ZIP_TRUNCATE, &error));
    zip_error_fini(&error);
    if (!archive) {
        zip_source_free(target.get());
        return no_memory();
    }
    for (const File& file : files) TRY(add(archive.get(), file));
    if (zip_close(archive.get()) != 0) return no_memory();
    (void)archive.release();
    zip_stat_t stat;
    if (zip_source_stat(target.get(), &stat) != 0 || zip_source_open(target.get()) != 0) return no_memory();
    std::string bytes(stat.size, '\0');
    bool is_whole = zip_source_read(target.get(), bytes.data(), bytes.size()) == zip_int64_t(bytes.size());
    zip_source_close(target.get());
    if (!is_whole) return no_memory();
    return bytes;
}

}  // namespace ry::chats::cards
