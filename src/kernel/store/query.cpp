#include "kernel/store/query.h"

#include <libpq-fe.h>

#include "base/text.h"

namespace ry::store {
namespace {

// Type numbers of PostgreSQL's built-in types (pg_type.dat); they never change.
constexpr Oid bytea_oid = 17;
constexpr Oid text_array_oids[] = {1009 /*text*/, 1015 /*varchar*/};
constexpr Oid plain_array_oids[] = {1000 /*bool*/, 1005 /*int2*/, 1007 /*int4*/, 1016 /*int8*/, 1021 /*float4*/, 1022 /*float8*/};

bool is_one_of(Oid oid, std::span<const Oid> list) {
    for (Oid other : list)
        if (oid == other) return true;
    return false;
}

/// "{a,\"b c\",NULL}" as JSON: ["a","b c",null]. One dimension.
std::string array_as_json(std::string_view text, bool is_text) {
    std::string json = "[";
    size_t at = 1;
    while (at < text.size() && text[at] != '}') {
        if (text[at] == ',') {
            json += ',';
            ++at;
            continue;
        }
        bool is_quoted = text[at] == '"';
        std::string item;
        for (at += is_quoted; at < text.size() && (is_quoted ? text[at] != '"' : text[at] != ',' && text[at] != '}'); ++at) {
            if (text[at] == '\\') ++at;
            if (at < text.size()) item += text[at];
        }
        at += is_quoted;
        if (!is_quoted && item == "NULL") json += "null";
        else if (is_text) json::write_string(json, item);
        else json += item == "t" ? "true" : item == "f" ? "false" : item;
    }
    return json + "]";
}

}  // namespace

// ---- Parameters

void Parameters::start() { starts_.push_back(bytes_.size()); }

void Parameters::end() {
    if (bytes_.find('\0', starts_.back()) != std::string::npos) has_zero_byte_ = true;
    bytes_ += '\0';
}

void Parameters::add_null() { starts_.push_back(SIZE_MAX); }

void Parameters::add(std::string_view text) {
    start();
    bytes_ += text;
    end();
}

void Parameters::add(Bytes bytes) {
    start();
    bytes_ += "\\x";
    bytes_ += hex(bytes.bytes);
    end();
}

void Parameters::add_item(std::string_view item, bool is_first) {
    if (!is_first) bytes_ += ',';
    bytes_ += '"';
    for (char c : item) {
        if (c == '"' || c == '\\') bytes_ += '\\';
        bytes_ += c;
    }
    bytes_ += '"';
}

std::vector<const char*> Parameters::pointers() const {
    std::vector<const char*> all;
    all.reserve(starts_.size());
    for (size_t start : starts_) all.push_back(start == SIZE_MAX ? nullptr : bytes_.data() + start);
    return all;
}

// ---- Rows

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }

Rows::Rows(pg_result* result) : result_(result) {}

size_t Rows::size() const { return size_t(PQntuples(result_.get())); }
size_t Rows::columns() const { return size_t(PQnfields(result_.get())); }
int64_t Rows::affected() const { return parse_int(PQcmdTuples(result_.get())).value_or(0); }
std::string_view Rows::column_name(size_t column) const { return PQfname(result_.get(), int(column)); }

std::optional<size_t> Rows::find_column(std::string_view name) const {
    for (size_t column = 0; column < columns(); ++column)
        if (column_name(column) == name) return column;
    return {};
}

std::optional<std::string_view> Rows::value(size_t row, size_t column) const {
    if (PQgetisnull(result_.get(), int(row), int(column))) return {};
    return std::string_view(PQgetvalue(result_.get(), int(row), int(column)), size_t(PQgetlength(result_.get(), int(row), int(column))));
}

namespace {

Error unreadable(std::string_view column, std::string_view what) {
    return fail(Code::bug, "the server could not read its own data; report this with the request id",
                "column " + std::string(column) + " " + std::string(what));
}

}  // namespace

Result<void> Rows::read_value(size_t row, size_t column, const Ops& ops, void* out) const {
    auto text = value(row, column);
    if (!text && ops.is_optional) return {};
    if (!text) return unreadable(column_name(column), "is null, and its field is not optional");
    Oid oid = PQftype(result_.get(), int(column));
    bool is_read = false;
    if (oid == bytea_oid) {
        auto bytes = unhex(text->substr(2));
        is_read = bytes && ops.from_text(*bytes, out);
    } else if (ops.kind == "array" && (is_one_of(oid, text_array_oids) || is_one_of(oid, plain_array_oids))) {
        is_read = ops.from_text(array_as_json(*text, is_one_of(oid, text_array_oids)), out);
    } else {
        is_read = ops.from_text(*text, out);
    }
    if (!is_read) return unreadable(column_name(column), "does not read as " + std::string(ops.kind));
    return {};
}

Result<std::span<const size_t>> Rows::columns_of(const RowType& type) const {
    if (columns_for_ == &type) return columns_;
    columns_.clear();
    for (const Field& field : type.fields().list) {
        auto column = find_column(field.name);
        if (!column) return unreadable(field.name, "is not in the result");
        columns_.push_back(*column);
    }
    columns_for_ = &type;
    return columns_;
}

Result<void> Rows::read(size_t row, const RowType& type, void* out) const {
    if (!type.fields) return read_value(row, 0, *type.ops, out);
    auto columns = TRY(columns_of(type));
    auto column = columns.begin();
    for (const Field& field : type.fields().list) TRY(read_value(row, *column++, *field.ops, field.of(out)));
    return {};
}

Result<void> Rows::write_json(std::string& out, size_t row, const RowType& type) const {
    struct Value {
        const RowType& type;
        void* memory;
        explicit Value(const RowType& t) : type(t), memory(::operator new(t.size, std::align_val_t(t.alignment))) { type.construct(memory); }
        ~Value() {
            type.destroy(memory);
            ::operator delete(memory, std::align_val_t(type.alignment));
        }
    } value(type);
    TRY(read(row, type, value.memory));
    type.ops->encode(out, value.memory);
    return {};
}

}  // namespace ry::store
