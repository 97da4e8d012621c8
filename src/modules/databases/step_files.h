#pragma once
// Inside: the inputs of a step, on the disk as its tool sees them in a cage. Their names are relative to a working
// directory that is deep enough for every "..", or absolute.
#include <string>
#include <vector>

#include "kernel/blob/blob.h"
#include "kernel/sandbox/sandbox.h"
#include "modules/databases/step_model.h"

namespace ry::databases {

/// `invalid` for a name that would lie outside of what the step sees.
Result<void> check_places(const Step& step, const std::string& pointer);

class StepFiles {
public:
    /// `dir` is made, and removed at the end.
    explicit StepFiles(std::string dir) : dir_(std::move(dir)) {}
    ~StepFiles();
    StepFiles(const StepFiles&) = delete;
    Result<void> write(const blob::Store& blobs, const Step& step);

    const std::string& working_dir() const { return working_dir_; }     ///< in the cage
    const std::vector<sandbox::Bind>& binds() const { return binds_; }  ///< what the cage needs for it
    std::string stdin_file() const {
        return dir_ + ".stdin";
    }  ///< on the host; there when the step has a standard input

private:
    std::string dir_;
    std::string working_dir_ = "/input";
    std::vector<sandbox::Bind> binds_;
};

}  // namespace ry::databases
