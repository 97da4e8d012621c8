#pragma once
// Inside liquibase: a document as elements, whatever its format. XML, YAML and JSON changelogs say the same things in
// elements with attributes; texts of elements are only in the bytes between `begin` and `end`.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ry::databases::liquibase {

namespace document_limit {
inline constexpr size_t bytes_max = 32 << 20;    ///< of one changelog: ten times the largest that people complain of
inline constexpr size_t elements_max = 400'000;  ///< some 200 bytes each: 80 MB
inline constexpr int depth_max = 64;             ///< Liquibase's own elements stand at most 12 deep
}  // namespace document_limit

struct Node {
    std::string name;  ///< without namespace: "changeSet"
    std::vector<std::pair<std::string, std::string>> attributes = {};
    std::vector<Node> children = {};
    int64_t line = 1;
    size_t begin = 0, end = 0;       ///< in the document's bytes
    bool depends_on_others = false;  ///< a YAML alias stands in it: what it says is written elsewhere

    /// The value of an attribute; null without it.
    const std::string* find(std::string_view attribute) const;
    std::string get(std::string_view attribute) const;
};

/// The root element. An Error says "line 7: …". No entity of another file is read.
Result<Node> read_xml(std::string_view bytes);
/// YAML, and JSON, which Liquibase reads as YAML too. Absent members are not the same as empty ones; scalars are texts.
Result<Node> read_yaml(std::string_view bytes);

Error malformed(int64_t line, std::string_view what);

}  // namespace ry::databases::liquibase
