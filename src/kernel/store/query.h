#pragma once
// What a statement is: its text, its arguments and its row, as sqlgen writes them from queries.sql, and how C++ values
// become SQL values and back. Values travel as text (PostgreSQL's text format, in UTC).
//
//   C++                                   SQL
//   bool, integers, double                boolean; smallint, integer, bigint; real, double precision, numeric
//   std::string, enum with names_of()     text   (std::string also reads bytea; Bytes writes it)
//   Id, Time, Json, described struct      uuid, timestamptz, jsonb, jsonb
//   std::vector<T>                        as an argument: an array (of structs: jsonb); as a column: jsonb or an array
//   std::optional<T>                      null
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

struct pg_result;  // libpq

namespace ry::store {

/// Bytes for a column of type bytea, as an argument. The caller keeps them alive during the call.
struct Bytes {
    std::string_view bytes;
};

/// The arguments of one execution, in the order of $1, $2 … A value; not shared between threads.
class Parameters {
public:
    void add_null();
    void add(std::string_view text);
    void add(const std::string& text) { add(std::string_view(text)); }
    void add(const char* text) { add(std::string_view(text)); }
    void add(Bytes bytes);
    template <class T>
    void add(const std::optional<T>& value) {
        value ? add(*value) : add_null();
    }
    template <class T>
    void add(const std::vector<T>& values) {
        if constexpr (Described<T> || std::is_same_v<T, Json>) return add_encoded(values);
        start();
        bytes_ += '{';
        for (size_t i = 0; i < values.size(); ++i) {
            std::string item;
            to_text(item, values[i]);
            add_item(item, i == 0);
        }
        bytes_ += '}';
        end();
    }
    template <class T>
    void add(const T& value) {
        start();
        to_text(bytes_, value);
        end();
    }

    size_t size() const { return starts_.size(); }
    /// Pointers to the values, zero-terminated, absent for null; valid until the next add().
    std::vector<const char*> pointers() const;
    /// True when a text contains U+0000, which PostgreSQL cannot store.
    bool has_zero_byte() const { return has_zero_byte_; }

private:
    void start();
    void end();
    void add_item(std::string_view item, bool is_first);
    template <class T>
    void add_encoded(const T& value) {
        start();
        encode(bytes_, value);
        end();
    }

    std::string bytes_;
    std::vector<size_t> starts_;  // SIZE_MAX: null
    bool has_zero_byte_ = false;
};

/// One named argument of a statement.
struct Parameter {
    std::string_view name;
    std::string_view kind;  ///< Ops::kind of its type; for std::vector the kind of its elements
    bool is_array;
    bool is_optional;
    /// Reads text as a path, a query string or the CLI gives it ("chat_01…") and adds the value; false when it does not read.
    bool (*add_from_text)(std::string_view text, Parameters& parameters);
};

namespace detail {

template <class T>
struct Element {
    using type = T;
    static constexpr bool is_array = false, is_optional = false;
};
template <class T>
struct Element<std::vector<T>> {
    using type = T;
    static constexpr bool is_array = true, is_optional = false;
};
template <class T>
struct Element<std::optional<T>> {
    using type = typename Element<T>::type;
    static constexpr bool is_array = Element<T>::is_array, is_optional = true;
};

template <class T>
constexpr std::string_view parameter_kind() {
    if constexpr (std::is_same_v<T, Bytes>) return "bytes";
    else return kind_of<T>();
}

template <class T>
bool add_from_text(std::string_view text, Parameters& parameters) {
    if constexpr (std::is_same_v<T, Bytes>) {
        parameters.add(Bytes{text});
    } else {
        T value{};
        if (!from_text(text, value)) return false;
        parameters.add(value);
    }
    return true;
}

}  // namespace detail

template <class T>
constexpr Parameter parameter(std::string_view name) {
    using Element = detail::Element<T>;
    return {name, detail::parameter_kind<typename Element::type>(), Element::is_array, Element::is_optional, &detail::add_from_text<T>};
}

/// How a row becomes a C++ value: a struct by the names of its fields, anything else from the first column.
struct RowType {
    const Fields& (*fields)();  ///< null for a scalar
    const Ops* ops;             ///< of the whole value
    size_t size;
    size_t alignment;
    void (*construct)(void* memory);
    void (*destroy)(void* value);
};

template <class T>
inline constexpr RowType row_of{
    [] { if constexpr (Described<T>) return +[]() -> const Fields& { return T::fields(); }; else return static_cast<const Fields& (*)()>(nullptr); }(),
    &ops_of<T>, sizeof(T), alignof(T),
    [](void* memory) { new (memory) T{}; },
    [](void* value) { static_cast<T*>(value)->~T(); },
};

/// One statement of a queries.sql. Constant data: its address lives as long as the program.
struct Statement {
    std::string_view name;  ///< "chats.add_message": metric label, log field
    std::string_view text;  ///< with $1 … in place of the names
    std::span<const Parameter> parameters;
    const RowType* row;     ///< null when the statement returns no rows
};

/// The signature's cardinality chooses the call: tx.one, tx.maybe, tx.many, tx.run.
template <class Args, class Row>
struct One : Statement {};
template <class Args, class Row>
struct Maybe : Statement {};
template <class Args, class Row>
struct Many : Statement {};
template <class Args>
struct None : Statement {};

/// What a statement returned. Moves; used by one thread at a time.
class Rows {
public:
    explicit Rows(pg_result* result);  ///< takes it over
    size_t size() const;
    int64_t affected() const;  ///< rows that insert, update or delete touched
    size_t columns() const;
    std::string_view column_name(size_t column) const;
    std::optional<size_t> find_column(std::string_view name) const;
    /// The value as text, absent for null. Valid as long as this object.
    std::optional<std::string_view> value(size_t row, size_t column) const;

    /// Reads one row into `out`, an object of the described type. A missing column or unreadable value is a bug.
    Result<void> read(size_t row, const RowType& type, void* out) const;
    template <class T>
    Result<T> read(size_t row) const {
        T out{};
        TRY(read(row, row_of<T>, &out));
        return out;
    }
    /// Appends one row as JSON, as the API shows the type.
    Result<void> write_json(std::string& out, size_t row, const RowType& type) const;

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    Result<void> read_value(size_t row, size_t column, const Ops& ops, void* value) const;
    /// The column of each field, found once for all rows.
    Result<std::span<const size_t>> columns_of(const RowType& type) const;

    std::unique_ptr<pg_result, Clear> result_;
    mutable const RowType* columns_for_ = nullptr;
    mutable std::vector<size_t> columns_;
};

}  // namespace ry::store
