#pragma once
// Finds the row of a path: a trie of segments, fixed ones before holes, holes before tails.
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/http/route.h"

namespace ry::http {

class Router {
public:
    /// `routes` outlives it, and has passed check_routes().
    explicit Router(std::span<const Route> routes);

    struct Match {
        const Route* route = nullptr;      ///< null: no row has this path and method
        std::vector<std::string> holes;    ///< percent-decoded, in the order of the path
        std::vector<Method> allowed = {};  ///< the methods of the path when `route` is null; empty: no row has the path
    };
    /// `path` as on the wire, without the query. GET rows answer HEAD as well.
    Match find(Method method, std::string_view path) const;

private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
        std::unique_ptr<Node> hole;
        std::vector<const Route*> here;  ///< rows that end at this node
        std::vector<const Route*> tail;  ///< rows whose last hole takes all that follows
    };
    Node root_;

    static const std::vector<const Route*>* walk(const Node& node, std::span<const std::string_view> raw,
                                                 std::span<const std::string> decoded, std::vector<std::string>& holes);
};

}  // namespace ry::http
