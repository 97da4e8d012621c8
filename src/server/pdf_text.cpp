#include "server/pdf_text.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "base/id.h"
#include "base/text.h"
#include "kernel/sandbox/sandbox.h"

namespace ry::server {
namespace {

namespace fs = std::filesystem;

constexpr const char* program = "/usr/bin/pdftotext";
constexpr const char* file_inside = "/document.pdf";
constexpr int64_t text_kb_max = 4 << 10;  // of a document of knowledge
constexpr int64_t cpu_ms_max = 20'000;    // books of 1,000 pages take two seconds
constexpr int64_t memory_mb_max = 512;

/// A file for the time of one run, which the cage's account may read.
class PdfFile {
public:
    static Result<PdfFile> write(const std::string& dir, std::string_view bytes) {
        std::error_code error;
        fs::create_directories(dir, error);
        PdfFile file(dir + "/pdf-" + uuid_text(new_uuid()));
        std::ofstream out(file.path_, std::ios::binary);
        out.write(bytes.data(), std::streamsize(bytes.size()));
        out.close();
        fs::permissions(file.path_, fs::perms(0644), error);
        if (!out || error)
            return fail(Code::unavailable, "the PDF cannot be put into the data directory; see that it has room",
                        error.message());
        return file;
    }
    PdfFile(PdfFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    ~PdfFile() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove(path_, ignored);
    }
    const std::string& path() const { return path_; }

private:
    explicit PdfFile(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

Error error_of(const sandbox::Outcome& ran) {
    bool is_too_much = ran.ended != sandbox::Ended::by_itself;
    if (is_too_much)
        return fail(Code::too_large,
                    "the PDF takes too much to be read (" + sandbox::describe(ran) + "); divide it, and add its parts");
    std::string_view reason = trim(std::string_view(ran.err).substr(0, ran.err.find('\n')));
    return fail(Code::invalid,
                "the PDF cannot be read: " + utf8_text(reason.empty() ? sandbox::describe(ran) : std::string(reason)) +
                    "; open it, save it anew without a password, and add that, or its text",
                ran.err);
}

}  // namespace

Result<std::string> pdf_text(const Op& op, sandbox::Sandbox& sandbox, const std::string& dir, std::string_view bytes) {
    if (!fs::exists(program))
        return fail(Code::unsupported,
                    "PDFs are read by pdftotext, which the server does not have; install it (Debian: apt install "
                    "poppler-utils), or save the document as text and add that");
    PdfFile file = TRY(PdfFile::write(dir, bytes));
    sandbox::Cage cage{.program = program,
                       .arguments = {"-enc", "UTF-8", "-eol", "unix", "-nopgbrk", file_inside, "-"},
                       .read_only = {{file.path(), file_inside}},
                       .cpu_ms_max = cpu_ms_max,
                       .wall_ms_max = 2 * cpu_ms_max,
                       .memory_mb_max = memory_mb_max,
                       .processes_max = 4,
                       .output_kb_max = text_kb_max};
    sandbox::Outcome ran = TRY(sandbox.run(op, cage));
    if (!ran.succeeded()) return error_of(ran);
    return utf8_text(ran.out);
}

}  // namespace ry::server
