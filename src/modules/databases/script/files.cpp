#include "modules/databases/script/files.h"

#include "base/text.h"
#include "modules/databases/script/sha256.h"

namespace ry::databases::script {

Result<Digest> Files::digest(const std::string& path) {
    Sha256 hash;
    uint64_t bytes = 0;
    TRY(read(path, [&](std::string_view piece) {
        hash.add(piece);
        bytes += piece.size();
        return true;
    }));
    return Digest{hash.hex(), bytes};
}

namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    for (std::string_view part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..")
            parts.push_back(part);
        else if (!parts.empty())
            parts.pop_back();
    }
    return parts;
}

}  // namespace

std::string joined_path(std::string_view from, std::string_view path) {
    std::string whole = path.starts_with('/') ? std::string(path) : std::string(from) + "/" + std::string(path), text;
    for (std::string_view part : parts_of(whole)) text.append("/").append(part);
    return text.empty() ? "/" : text;
}

std::string relative_path(std::string_view from, std::string_view path) {
    auto here = parts_of(from), there = parts_of(path);
    size_t same = 0;
    while (same < here.size() && same < there.size() && here[same] == there[same]) ++same;
    std::string text;
    for (size_t i = same; i < here.size(); ++i) text += text.empty() ? ".." : "/..";
    for (size_t i = same; i < there.size(); ++i) text.append(text.empty() ? "" : "/").append(there[i]);
    return text.empty() ? "." : text;
}

}  // namespace ry::databases::script
