#pragma once
// Files whose gzip content is read as what is packed in it; others are read as they are.
#include <memory>

#include "modules/databases/script/files.h"

namespace ry::cli {

class GzipFiles final : public databases::script::Files {
public:
    explicit GzipFiles(std::shared_ptr<databases::script::Files> files) : files_(std::move(files)) {}
    Kind kind(const std::string& path) override { return files_->kind(path); }
    std::string reason(const std::string& path) override { return files_->reason(path); }
    /// `invalid` for a file that is damaged or cut off.
    Result<void> read(const std::string& path, const std::function<bool(std::string_view piece)>& take) override;
    Result<std::vector<std::string>> list(const std::string& path) override { return files_->list(path); }

private:
    const std::shared_ptr<databases::script::Files> files_;
};

}  // namespace ry::cli
