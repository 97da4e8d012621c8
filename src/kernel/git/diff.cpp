#include <algorithm>

#include "base/path.h"
#include "base/text.h"
#include "kernel/git/handle.h"

namespace ry::git {
namespace {

constexpr size_t rename_candidates_max = 200;  // pairs of files that are compared: 200 × 200

struct Text {
    git_buf buffer{};
    ~Text() { git_buf_dispose(&buffer); }
    std::string_view view() const { return {buffer.ptr ? buffer.ptr : "", buffer.size}; }
};

std::optional<FileStatus> status_of(git_delta_t status) {
    switch (status) {
        case GIT_DELTA_ADDED:
            return FileStatus::added;
        case GIT_DELTA_DELETED:
            return FileStatus::deleted;
        case GIT_DELTA_RENAMED:
            return FileStatus::renamed;
        case GIT_DELTA_MODIFIED:
        case GIT_DELTA_TYPECHANGE:
            return FileStatus::modified;
        default:
            return {};
    }
}

/// Adds counts and text of one file, as far as `text_bytes_left` reaches.
Result<void> describe(git_diff* diff, size_t index, FileDiff& file, int64_t& text_bytes_left) {
    if (text_bytes_left <= 0) {
        file.is_cut = true;
        return {};
    }
    PatchHandle patch;
    if (int status = receive(patch, git_patch_from_diff, diff, index))
        return git_error(status, "the difference cannot be read");
    if (!patch) return {};
    file.is_binary = git_patch_get_delta(patch.get())->flags & GIT_DIFF_FLAG_BINARY;
    if (file.is_binary) return {};
    size_t added = 0, deleted = 0;
    git_patch_line_stats(nullptr, &added, &deleted, patch.get());
    file.lines_added = int64_t(added), file.lines_deleted = int64_t(deleted);
    Text text;
    if (int status = git_patch_to_buf(&text.buffer, patch.get()))
        return git_error(status, "the difference cannot be read");
    auto bytes_max = size_t(std::min(text_bytes_left, limit::diff_file_bytes_max));
    file.is_cut = text.view().size() > bytes_max;
    file.text = utf8_prefix(text.view(), bytes_max);
    text_bytes_left -= int64_t(file.text.size());
    return {};
}

}  // namespace

Result<Diff> Repository::diff(const Oid& before, const Oid& after, std::string_view path) const {
    auto handle = TRY(shared_->borrow());
    TreeHandle old_tree, new_tree;
    if (!before.is_nil()) old_tree = TRY(tree_at(handle, before));
    if (!after.is_nil()) new_tree = TRY(tree_at(handle, after));
    git_diff_options options;
    git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.max_size = limit::diff_file_bytes_max * 8;
    std::string only(path);
    char* spec = only.data();
    if (!path.empty()) {
        options.pathspec = {&spec, 1};
        options.flags |= GIT_DIFF_DISABLE_PATHSPEC_MATCH;
    }
    DiffHandle diff;
    int status = receive(diff, git_diff_tree_to_tree, static_cast<git_repository*>(handle), old_tree.get(),
                         new_tree.get(), &options);
    git_diff_find_options similar;
    git_diff_find_options_init(&similar, GIT_DIFF_FIND_OPTIONS_VERSION);
    similar.flags = GIT_DIFF_FIND_RENAMES;
    similar.rename_limit = rename_candidates_max;
    if (!status) status = git_diff_find_similar(diff.get(), &similar);
    if (status) return git_error(status, "the difference cannot be read");
    Diff result;
    int64_t text_bytes_left = limit::diff_bytes_max;
    for (size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
        auto* delta = git_diff_get_delta(diff.get(), i);
        auto kind = status_of(delta->status);
        if (!kind) continue;
        FileDiff file;
        file.status = *kind;
        file.old_path = delta->old_file.path;
        file.path = *kind == FileStatus::deleted ? delta->old_file.path : delta->new_file.path;
        TRY(describe(diff.get(), i, file, text_bytes_left));
        result.lines_added += file.lines_added;
        result.lines_deleted += file.lines_deleted;
        result.files.push_back(std::move(file));
    }
    return result;
}

}  // namespace ry::git
