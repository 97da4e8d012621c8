#include "modules/databases/postgres/base.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/descriptor.h"
#include "base/text.h"
#include "modules/databases/postgres/cluster.h"
#include "modules/databases/postgres/data_directory.h"
#include "modules/databases/postgres/settings.h"

namespace ry::databases {
namespace {

constexpr int64_t initdb_ms_max = 300'000;
constexpr int builtin_locale_since = 17;
constexpr int wal_segment_mb_max = 64;  // max_wal_size of an instance (settings.cpp) must hold two
constexpr size_t settings_bytes_max = 1 << 20;

/// The settings that initdb derives from the locale; everything else in its file is a default.
constexpr std::string_view kept_settings[] = {"datestyle", "default_text_search_config", "lc_monetary", "lc_numeric",
                                              "lc_time"};

bool is_plain(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-@/") == text.npos;
}

Result<void> check(const BaseOptions& options) {
    for (auto [pointer, text] : {std::pair<const char*, std::string_view>{"/locale", options.locale},
                                 {"/encoding", options.encoding},
                                 {"/time_zone", options.time_zone}})
        if (!is_plain(text)) return invalid(pointer, "is a name like C.UTF-8, UTF8 or Europe/Berlin");
    bool is_power = options.wal_segment_mb >= 1 && options.wal_segment_mb <= wal_segment_mb_max &&
                    (options.wal_segment_mb & (options.wal_segment_mb - 1)) == 0;
    if (!is_power) return invalid("/wal_segment_mb", "is a power of two from 1 to 64");
    return {};
}

std::vector<std::string> initdb_arguments(const PostgresImage& image, const BaseOptions& options) {
    std::vector<std::string> arguments = {"-D",
                                          data_inside,
                                          "-U",
                                          superuser,
                                          "-A",
                                          "reject",
                                          "-E",
                                          options.encoding,
                                          "--locale=" + options.locale,
                                          "--wal-segsize=" + std::to_string(options.wal_segment_mb),
                                          "--no-sync",
                                          "--no-instructions"};
    if (image.major >= builtin_locale_since && options.locale == "C.UTF-8") {
        arguments.push_back("--locale-provider=builtin");
        arguments.push_back("--builtin-locale=C.UTF-8");
    }
    if (options.data_checksums) arguments.push_back("--data-checksums");
    if (!options.data_checksums && image.major >= 18) arguments.push_back("--no-data-checksums");
    return arguments;
}

/// A file that initdb wrote, which is not trusted to be no link.
Result<std::string> read_file(const std::string& path) {
    Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    std::string text(settings_bytes_max, '\0');
    ssize_t got = file ? read(file.get(), text.data(), text.size()) : -1;
    if (got < 0)
        return fail(Code::unavailable, "initdb left no usable data directory; try again",
                    path + ": " + std::strerror(errno));
    text.resize(static_cast<size_t>(got));
    return text;
}

Result<void> replace_file(sandbox::Sandbox& sandbox, const std::string& path, std::string_view text) {
    unlink(path.c_str());
    Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return fail(Code::unavailable,
                    "a file of the new data directory cannot be written; check space and permissions",
                    path + ": " + std::strerror(errno));
    file.reset();
    return sandbox.give(path);
}

/// postgresql.conf of the base: what changes what SQL answers, and nothing that depends on the host (which initdb
/// measures).
std::string settings_text(std::string_view made_by_initdb, const BaseOptions& options) {
    std::string text = "# How the server is tuned and reached stands on its command line.\n";
    for (std::string_view line : split(made_by_initdb, '\n')) {
        std::string_view name = line.substr(0, std::min(line.find_first_of(" ="), line.size()));
        if (std::ranges::find(kept_settings, name) == std::end(kept_settings)) continue;
        line = line.substr(0, line.find('#'));
        text.append(trim(line)).append("\n");
    }
    // No spare segments: a snapshot would carry them.
    return text + "timezone = '" + options.time_zone +
           "'\nlog_timezone = 'UTC'\nmin_wal_size = " + std::to_string(2 * options.wal_segment_mb) + "MB\n";
}

}  // namespace

std::string key_text(const BaseOptions& options) {
    return "locale=" + options.locale + "\nencoding=" + options.encoding + "\ntime_zone=" + options.time_zone +
           "\nwal_segment_mb=" + std::to_string(options.wal_segment_mb) +
           "\ndata_checksums=" + (options.data_checksums ? "on" : "off") + "\n";
}

Result<void> make_base(const Op& op, sandbox::Sandbox& sandbox, const PostgresImage& image, const BaseOptions& options,
                       const std::string& dir) {
    TRY(check(options));
    TRY(sandbox.give(dir));
    sandbox::Cage cage{.program = image.program("initdb"),
                       .arguments = initdb_arguments(image, options),
                       .environment = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}}};
    cage.read_only = image.binds;
    cage.writable = {{dir, data_inside}};
    cage.wall_ms_max = initdb_ms_max;
    sandbox::Outcome ran = TRY(sandbox.run(op, cage));
    if (!ran.succeeded()) {
        std::string_view words = trim(ran.err);
        size_t at = words.find("initdb: error: ");
        if (at != words.npos) words = words.substr(at + std::strlen("initdb: error: "));
        return fail(Code::invalid,
                    image.name + " cannot make a cluster with these options; initdb says: " +
                        std::string(words.substr(0, words.find('\n'))),
                    ran.err);
    }
    std::string made = TRY(read_file(dir + "/postgresql.conf"));
    TRY(replace_file(sandbox, dir + "/postgresql.conf", settings_text(made, options)));
    return forget_run(dir);
}

}  // namespace ry::databases
