#pragma once
// Files that exist in a map only: a path that ends with "/" is an empty directory, the content "unreadable" cannot be
// read.
#include <algorithm>
#include <map>
#include <set>

#include "modules/databases/script/files.h"

namespace ry::databases::script::testing {

class MemoryFiles final : public Files {
public:
    explicit MemoryFiles(std::map<std::string, std::string> contents, std::string root = "")
        : contents_(std::move(contents)), root_(std::move(root)) {}

    Kind kind(const std::string& path) override {
        if (!path.starts_with(root_)) return Kind::outside;
        if (auto found = contents_.find(path); found != contents_.end())
            return found->second == "unreadable" ? Kind::unreadable
                   : found->second == "socket"   ? Kind::other
                                                 : Kind::file;
        std::string prefix = path == "/" ? path : path + "/";
        auto below = contents_.lower_bound(prefix);
        return below != contents_.end() && below->first.starts_with(prefix) ? Kind::directory : Kind::missing;
    }
    Result<void> read(const std::string& path, const std::function<bool(std::string_view)>& take) override {
        std::string_view content = contents_.at(path);
        if (content.starts_with("breaks")) return fail(Code::unavailable, "the disk does not answer");
        while (!content.empty()) {
            std::string_view piece = content.substr(0, piece_bytes);
            content.remove_prefix(piece.size());
            if (!take(piece)) break;
        }
        return {};
    }
    Result<std::vector<std::string>> list(const std::string& path) override {
        std::string prefix = path == "/" ? path : path + "/";
        std::set<std::string> names;
        for (const auto& [name, content] : contents_) {
            if (!name.starts_with(prefix) || name == prefix) continue;
            size_t slash = name.find('/', prefix.size());
            names.insert(name.substr(prefix.size(), slash == name.npos ? slash : slash + 1 - prefix.size()));
        }
        std::vector<std::string> all(names.begin(), names.end());
        if (is_reversed) std::reverse(all.begin(), all.end());
        return all;
    }

    size_t piece_bytes = 7;
    bool is_reversed = false;

private:
    std::map<std::string, std::string> contents_;
    std::string root_;
};

}  // namespace ry::databases::script::testing
