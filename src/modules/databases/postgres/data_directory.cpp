#include "modules/databases/postgres/data_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/descriptor.h"

namespace ry::databases {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t page_bytes = 8192;      // XLOG_BLCKSZ
constexpr size_t segment_name_bytes = 24;  // time line and number, in hexadecimal digits

Descriptor open_control_file(const std::string& data_dir) {
    return Descriptor(::open((data_dir + "/global/pg_control").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

/// Where the replay begins. ControlFileData (pg_control.h, PostgreSQL 11 and later): the copy of the last checkpoint is at 40, and begins
/// with its redo position and its time line.
struct Checkpoint {
    uint64_t redo = 0;
    uint32_t time_line = 0;
};
std::optional<Checkpoint> last_checkpoint(const std::string& data_dir) {
    constexpr off_t redo_at = 40, time_line_at = 48;
    Descriptor file = open_control_file(data_dir);
    Checkpoint found;
    bool is_read = file && pread(file.get(), &found.redo, sizeof found.redo, redo_at) == sizeof found.redo &&
                   pread(file.get(), &found.time_line, sizeof found.time_line, time_line_at) == sizeof found.time_line;
    return is_read ? std::optional(found) : std::nullopt;
}

/// All segments of a cluster have one size, a power of two (initdb --wal-segsize). 0 when none can be looked at: a server that runs
/// removes and renames them meanwhile.
uint64_t segment_bytes_of(const std::string& wal_dir) {
    constexpr uint64_t bytes_min = 1 << 20, bytes_max = 1 << 30;
    std::error_code error;
    for (auto at = fs::directory_iterator(wal_dir, error); !error && at != fs::directory_iterator(); at.increment(error)) {
        if (at->path().filename().native().size() != segment_name_bytes) continue;
        std::error_code gone;
        const uint64_t bytes = at->file_size(gone);
        if (!gone && std::has_single_bit(bytes) && bytes >= bytes_min && bytes <= bytes_max) return bytes;
    }
    return 0;
}

Descriptor open_segment(const std::string& wal_dir, uint32_t time_line, uint64_t number, uint64_t segment_bytes) {
    const uint64_t segments_of_id = (uint64_t(1) << 32) / segment_bytes;
    char name[segment_name_bytes + 1];
    snprintf(name, sizeof name, "%08X%08X%08X", time_line, static_cast<uint32_t>(number / segments_of_id),
             static_cast<uint32_t>(number % segments_of_id));
    return Descriptor(::open((wal_dir + "/" + name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
}

/// A page begins with XLogPageHeaderData (xlog_internal.h), which has its own position at 8. One that was not written since its
/// segment served before has another.
bool is_written(const Descriptor& segment, uint64_t in_segment, uint64_t position) {
    constexpr off_t position_at = 8;
    uint64_t own = 0;
    return pread(segment.get(), &own, sizeof own, static_cast<off_t>(in_segment) + position_at) == sizeof own && own == position;
}

}  // namespace

Result<void> remove_file(const std::string& path) {
    if (unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return fail(Code::unavailable, "a file of the data directory cannot be removed; check its permissions",
                path + ": " + std::strerror(errno));
}

Result<void> forget_run(const std::string& data_dir) {
    for (const char* name : {"/postmaster.pid", "/postmaster.opts"}) TRY(remove_file(data_dir + name));
    return {};
}

/// ControlFileData, the same in all majors: a system identifier of 8 bytes, two versions of 4, then DBState.
Result<bool> is_shut_down(const std::string& data_dir) {
    constexpr off_t state_at = 16;
    constexpr uint32_t shut_down = 1;  // DB_SHUTDOWNED
    Descriptor file = open_control_file(data_dir);
    uint32_t state = 0;
    if (!file || pread(file.get(), &state, sizeof state, state_at) != sizeof state)
        return fail(Code::invalid, "this is no PostgreSQL data directory; build the state again",
                    data_dir + ": " + std::strerror(errno));
    return state == shut_down;
}

int64_t wal_since_checkpoint_bytes(const std::string& data_dir, int64_t bytes_max) {
    const std::string wal_dir = data_dir + "/pg_wal";
    auto last = last_checkpoint(data_dir);
    const uint64_t segment_bytes = segment_bytes_of(wal_dir);
    if (!last || segment_bytes == 0) return bytes_max;
    const uint64_t first = last->redo / page_bytes * page_bytes, end = first + static_cast<uint64_t>(bytes_max);
    Descriptor segment;
    for (uint64_t at = first; at < end; at += page_bytes) {
        const uint64_t in_segment = at % segment_bytes;
        if (!segment || in_segment == 0) segment = open_segment(wal_dir, last->time_line, at / segment_bytes, segment_bytes);
        if (!segment || !is_written(segment, in_segment, at)) return static_cast<int64_t>(at - first);
    }
    return bytes_max;
}

}  // namespace ry::databases
