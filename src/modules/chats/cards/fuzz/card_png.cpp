// Any bytes as a card in a PNG: see round_trip.h.
#include "modules/chats/cards/fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    ry::chats::cards::round_trip({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
