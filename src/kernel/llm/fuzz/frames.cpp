// The readers of all providers' formats: any bytes, cut anywhere, give the same pieces as in one go.
// The first byte chooses the provider, the next two the cut; the corpus begins its samples with '0' (openai) to '4'
// (ollama).
#include <boost/json.hpp>

#include <cstdlib>

#include "kernel/llm/adapter.h"

using namespace ry;
using namespace ry::llm;

namespace {

std::string read(Provider provider, std::string_view bytes, size_t cut) {
    std::string seen;
    OnPiece on_piece = [&](const Piece& piece) {
        if (piece.kind == PieceKind::tool_call_done && !json::is_valid(piece.text)) abort();
        if (piece.text.contains('\0')) abort();
        seen += std::to_string(int(piece.kind)) + ":" + std::string(piece.text) + std::string(piece.id) +
                std::string(piece.name) + std::to_string(piece.usage.tokens_in) + "\n";
        return true;
    };
    Assembly assembly(on_piece);
    auto decoder = adapter_of(provider).decoder(assembly);
    for (std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)})
        if (assembly.goes_on()) decoder->feed(piece);
    if (assembly.goes_on()) decoder->finish();
    if (assembly.refusal()) {
        Model model{.name = "m", .api_key = Secret("sk-fuzz")};
        if (error_of(model, *assembly.refusal(), 0).message.contains("sk-fuzz")) abort();
        return seen + "refused";
    }
    return seen + std::string(name_of(assembly.finish().finish_reason));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 3) return 0;
    auto provider = Provider(uint8_t(data[0] - '0') % 5);
    std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
    size_t cut = (size_t(data[1]) << 8 | data[2]) % (bytes.size() + 1);
    if (read(provider, bytes, bytes.size()) != read(provider, bytes, cut)) abort();
    return 0;
}
