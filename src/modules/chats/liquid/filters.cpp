#include "modules/chats/liquid/filters.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace ry::chats::liquid {

const FilterRow* find_filter(std::string_view name) {
    static const auto rows = [] {
        std::unordered_map<std::string_view, const FilterRow*> all;
        for (auto part :
             {array_filters(), date_filters(), number_filters(), selecting_filters(), text_filters(), web_filters()})
            for (const FilterRow& row : part) all.emplace(row.name, &row);
        return all;
    }();
    auto row = rows.find(name);
    return row == rows.end() ? nullptr : row->second;
}

bool is_js_true(Value value) {
    switch (value.type()) {
        case Type::undefined:
        case Type::null:
            return false;
        case Type::boolean:
            return value.is_true();
        case Type::number:
            return value.number() != 0 && !std::isnan(value.number());
        case Type::string:
            return !value.text().empty();
        default:
            return true;
    }
}

}  // namespace ry::chats::liquid
