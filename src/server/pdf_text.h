#pragma once
// What a PDF says: pdftotext of poppler-utils, in a cage that has the file and nothing else.
#include <string>
#include <string_view>

#include "base/result.h"
#include "kernel/op/op.h"

namespace ry::sandbox {
class Sandbox;
}

namespace ry::server {

/// Text in UTF-8, perhaps empty: of scans. The file stands in `dir` meanwhile. `unsupported` where the machine has no
/// pdftotext or no sandbox, `invalid` when the PDF cannot be read, `too_large` when its text is longer than a document
/// may be or takes too long. Blocks; honours the Op.
Result<std::string> pdf_text(const Op& op, sandbox::Sandbox& sandbox, const std::string& dir, std::string_view bytes);

}  // namespace ry::server
