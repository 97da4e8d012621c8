// Changelogs of all formats, properties and plans out of any bytes: no crash, no endless work, and definitions lie
// inside of what was read. The first byte says which.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "modules/databases/liquibase/changelog.h"
#include "modules/databases/liquibase/plan.h"
#include "modules/databases/liquibase/wire_watch.h"

using namespace ry::databases::liquibase;

namespace {

void read(Format format, std::string_view bytes) {
    auto changelog = read_changelog(format, bytes);
    if (!changelog) return;
    for (const auto& entry : changelog->entries) {
        const auto* changeset = std::get_if<Changeset>(&entry);
        if (!changeset || changeset->definition.empty()) continue;
        const char* begin = changeset->definition.data();
        if (begin < bytes.data() || begin + changeset->definition.size() > bytes.data() + bytes.size()) std::abort();
    }
}

void watch(std::string_view bytes) {
    WireWatch watch;
    watch.from_client(bytes);
    while (!bytes.empty()) {
        size_t taken = watch.from_server(bytes);
        if (taken == 0 || taken > bytes.size()) std::abort();
        bytes.remove_prefix(taken);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0]) {
        case 'x':
            read(Format::xml, bytes);
            break;
        case 'y':
            read(Format::yaml, bytes);
            break;
        case 's':
            read(Format::sql, bytes);
            break;
        case 'p':
            (void)read_properties(bytes);
            break;
        case 'c':
            (void)read_plan(bytes, bytes);
            break;
        default:
            watch(bytes);
            break;
    }
    return 0;
}
