// sqlgen: SQL in .sql files becomes typed constants.
//
//   sqlgen queries <folder> <out folder> <files…>
//       -- #include "modules/chats/message_model.h"
//
//       -- add_message(chat_id ChatId, text std::string) -> one Message
//       -- Why the statement is as it is.
//       insert into chats.message (chat_id, text) values (:chat_id, :text) returning *;
//     becomes `sql::add_message`, a store::One<add_message_args, Message>. After the arrow: `one T`, `maybe T`, `many T`
//     or `none`; T is a struct with fields() or a scalar type. A long signature continues on further `--` lines. A file
//     includes the headers of the types that it names. message_queries.sql becomes message_queries.gen.h;
//     all_queries.gen.h lists the statements of all files of the part, as `sql::all`.
//
//   sqlgen schema <folder> <out.cpp> <files…>
//     embeds migration files, NNNN_what.sql, as `ry::<part>::schema`.
//
// Whatever is wrong is reported as file:line: message, and nothing is written.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace ry {
namespace {

struct Parameter {
    std::string name;
    std::string type;
};

struct Statement {
    std::string name;
    std::vector<Parameter> parameters;
    std::string cardinality;  // one, maybe, many, none
    std::string row_type;     // empty for none
    std::string comment;
    std::string sql;  // with $1… in place of :names
    int line = 0;
};

struct QueryFile {
    std::string name;  // message_queries
    std::vector<std::string> includes;
    std::vector<Statement> statements;
};

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

std::string_view take_name(std::string_view text) {
    size_t length = 0;
    if (!text.empty() && is_name_start(text[0]))
        while (length < text.size() && is_name(text[length])) ++length;
    return text.substr(0, length);
}

/// "ChatId", "std::optional<std::string>": letters, digits, _, ::, <>, commas inside <>.
bool is_type(std::string_view text) {
    int depth = 0;
    for (char c : text) {
        if (c == '<') ++depth;
        if (c == '>' && --depth < 0) return false;
        bool is_word = (c >= 'A' && c <= 'Z') || is_name(c) || c == ':' || c == '<' || c == '>';
        if (!is_word && !(depth > 0 && (c == ',' || c == ' '))) return false;
    }
    return !text.empty() && depth == 0;
}

/// The length of the token at the front of `sql` in which a :name means nothing: a string, a quoted identifier, a
/// comment, a dollar-quoted text or a cast. 0 when there is none.
size_t opaque_length(std::string_view sql) {
    auto until = [&](std::string_view end, size_t from) {
        size_t at = sql.find(end, from);
        return at == std::string_view::npos ? sql.size() : at + end.size();
    };
    if (sql.starts_with("--")) return until("\n", 2);
    if (sql.starts_with("/*")) return until("*/", 2);
    if (sql.starts_with("::")) return 2;
    if (sql[0] == '\'' || sql[0] == '"') return until(sql.substr(0, 1), 1);  // a doubled quote is two tokens in a row
    if (sql[0] == '$') {
        std::string_view tag = take_name(sql.substr(1));
        if (sql.size() > tag.size() + 1 && sql[tag.size() + 1] == '$') return until(sql.substr(0, tag.size() + 2), tag.size() + 2);
    }
    return 0;
}

class Reader {
public:
    Reader(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {}

    /// `names`: of the statements that the part has already.
    Result<QueryFile> read(std::set<std::string>& names) {
        QueryFile file{.name = std::filesystem::path(path_).stem().string()};
        while (TRY(skip_to_signature(file))) {
            Statement statement = TRY(read_statement());
            if (statement.name == "all") return error(statement.line, "'all' is the list of all statements; choose another name");
            if (!names.insert(statement.name).second) return error(statement.line, "there is already a statement '" + statement.name + "'");
            file.statements.push_back(std::move(statement));
        }
        return file;
    }

private:
    Error error(int line, std::string message) const { return fail(Code::invalid, path_ + ":" + std::to_string(line) + ": " + message); }

    std::string_view rest() const { return std::string_view(text_).substr(at_); }
    std::string_view line_text() const { return rest().substr(0, rest().find('\n')); }
    void next_line() {
        at_ = std::min(text_.size(), at_ + line_text().size() + 1);
        ++line_;
    }
    bool is_comment_line() const { return trim(line_text()).starts_with("--"); }
    std::string_view comment_text() const { return trim(trim(line_text()).substr(2)); }

    bool is_signature_line() const {
        if (!is_comment_line()) return false;
        std::string_view text = comment_text();
        std::string_view name = take_name(text);
        return !name.empty() && text.substr(name.size()).starts_with("(");
    }

    Result<bool> skip_to_signature(QueryFile& file) {
        for (; at_ < text_.size(); next_line()) {
            if (is_signature_line()) return true;
            if (is_comment_line() && comment_text().starts_with("#include ")) file.includes.emplace_back(comment_text());
            if (!trim(line_text()).empty() && !is_comment_line())
                return error(line_, "a statement needs a signature before it: -- name(argument Type) -> one Row");
        }
        return false;
    }

    Result<Statement> read_statement() {
        Statement statement{.line = line_};
        std::string signature(comment_text());
        for (next_line(); signature.find("->") == std::string::npos && is_comment_line(); next_line())
            signature += " " + std::string(comment_text());
        TRY(read_signature(signature, statement));
        for (; is_comment_line() && !is_signature_line(); next_line())
            statement.comment += "/// " + std::string(comment_text()) + "\n";
        TRY(read_sql(statement));
        return statement;
    }

    Result<void> read_signature(std::string_view text, Statement& statement) {
        statement.name = take_name(text);
        size_t close = text.rfind(")", text.find("->"));
        size_t arrow = text.find("->");
        if (close == std::string_view::npos || arrow == std::string_view::npos || !trim(text.substr(close + 1, arrow - close - 1)).empty())
            return error(statement.line, "a signature reads: -- name(argument Type, …) -> one Row");
        TRY(read_parameters(text.substr(statement.name.size() + 1, close - statement.name.size() - 1), statement));
        std::string_view returns = trim(text.substr(arrow + 2));
        statement.cardinality = take_name(returns);
        statement.row_type = trim(returns.substr(statement.cardinality.size()));
        bool is_none = statement.cardinality == "none";
        if (!is_none && statement.cardinality != "one" && statement.cardinality != "maybe" && statement.cardinality != "many")
            return error(statement.line, "after the arrow comes one, maybe, many or none, not '" + std::string(returns) + "'");
        if (is_none != statement.row_type.empty() || (!is_none && !is_type(statement.row_type)))
            return error(statement.line, is_none ? "'none' has no row type" : "'" + statement.row_type + "' is not a type");
        return {};
    }

    Result<void> read_parameters(std::string_view text, Statement& statement) {
        int depth = 0;
        size_t start = 0;
        for (size_t i = 0; i <= text.size(); ++i) {
            if (i < text.size() && text[i] == '<') ++depth;
            if (i < text.size() && text[i] == '>') --depth;
            if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
            std::string_view declaration = trim(text.substr(start, i - start));
            start = i + 1;
            if (declaration.empty() && statement.parameters.empty() && i == text.size()) return {};
            Parameter parameter{std::string(take_name(declaration)), {}};
            parameter.type = trim(declaration.substr(parameter.name.size()));
            if (parameter.name.empty() || !is_type(parameter.type))
                return error(statement.line, "an argument reads 'name Type', not '" + std::string(declaration) + "'");
            for (const Parameter& other : statement.parameters)
                if (other.name == parameter.name) return error(statement.line, "argument '" + parameter.name + "' is named twice");
            statement.parameters.push_back(std::move(parameter));
        }
        return {};
    }

    /// Reads up to the ';' and turns every :name into the number of its argument.
    Result<void> read_sql(Statement& statement) {
        std::set<size_t> used;
        while (at_ < text_.size()) {
            char c = text_[at_];
            if (c == ';') {
                next_line_after_statement();
                return finish(statement, used);
            }
            if (size_t length = opaque_length(rest())) {
                copy(statement, length);
            } else if (std::string_view name = c == ':' ? take_name(rest().substr(1)) : std::string_view(); !name.empty()) {
                auto found = std::ranges::find(statement.parameters, name, &Parameter::name);
                if (found == statement.parameters.end()) return error(line_, ":" + std::string(name) + " is not an argument of " + statement.name);
                size_t index = size_t(found - statement.parameters.begin());
                used.insert(index);
                statement.sql += "$" + std::to_string(index + 1);
                at_ += name.size() + 1;
            } else {
                copy(statement, 1);
            }
        }
        return error(statement.line, "the statement " + statement.name + " does not end with ';'");
    }

    void copy(Statement& statement, size_t length) {
        std::string_view piece = rest().substr(0, length);
        line_ += int(std::ranges::count(piece, '\n'));
        statement.sql += piece;
        at_ += length;
    }

    void next_line_after_statement() {
        ++at_;
        if (trim(line_text()).empty()) next_line();
    }

    Result<void> finish(Statement& statement, const std::set<size_t>& used) {
        statement.sql = trim(statement.sql);
        if (statement.sql.empty()) return error(statement.line, "the statement " + statement.name + " is empty");
        for (size_t i = 0; i < statement.parameters.size(); ++i)
            if (!used.contains(i)) return error(statement.line, "argument '" + statement.parameters[i].name + "' of " + statement.name + " is not used");
        return {};
    }

    std::string path_, text_;
    size_t at_ = 0;
    int line_ = 1;
};

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return fail(Code::invalid, path + ": cannot be read");
    return text.str();
}

/// A file that says so already is left alone, so that what includes it is not built again.
Result<void> write_file(const std::string& path, const std::string& text) {
    if (std::filesystem::exists(path) && TRY(read_file(path)) == text) return {};
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) return fail(Code::invalid, path + ": cannot be written");
    return {};
}

std::string part_name(const std::string& folder) { return folder.substr(folder.rfind('/') + 1); }

/// `text` as C++ raw string literals; several when it is longer than one may be.
std::string literal(std::string_view text) {
    constexpr size_t piece_bytes_max = 16'000;  // compilers need not accept literals beyond 65,536 bytes
    std::string out;
    do {
        std::string_view piece = utf8_prefix(text, piece_bytes_max);
        out += "R\"__sql__(" + std::string(piece) + ")__sql__\"";
        text.remove_prefix(piece.size());
        if (!text.empty()) out += "\n";
    } while (!text.empty());
    return out;
}

/// Arguments are only read during the call, so texts are taken by view.
std::string argument_type(std::string type) {
    if (type == "std::string") return "std::string_view";
    if (type == "std::optional<std::string>") return "std::optional<std::string_view>";
    return type;
}

std::string query_text(const Statement& statement, const std::string& part) {
    std::string out;
    std::string args = statement.name + "_args";
    out += "struct " + args + " {\n";
    for (const Parameter& parameter : statement.parameters) out += "    " + argument_type(parameter.type) + " " + parameter.name + ";\n";
    out += "    void bind(store::Parameters& parameters) const {\n";
    for (const Parameter& parameter : statement.parameters) out += "        parameters.add(" + parameter.name + ");\n";
    if (statement.parameters.empty()) out += "        (void)parameters;\n";
    out += "    }\n};\n";
    std::string parameters = "{}";
    if (!statement.parameters.empty()) {
        parameters = statement.name + "_parameters";
        out += "inline constexpr store::Parameter " + parameters + "[] = {";
        for (const Parameter& parameter : statement.parameters)
            out += "\n    store::parameter<" + parameter.type + ">(\"" + parameter.name + "\"),";
        out += "\n};\n";
    }
    std::map<std::string, std::string> kinds{{"one", "One"}, {"maybe", "Maybe"}, {"many", "Many"}, {"none", "None"}};
    bool is_none = statement.cardinality == "none";
    out += statement.comment;
    out += "inline constexpr store::" + kinds[statement.cardinality] + "<" + args + (is_none ? "" : ", " + statement.row_type) + "> " + statement.name + "{{\n";
    out += "    \"" + part + "." + statement.name + "\",\n    " + literal(statement.sql) + ",\n    " + parameters + ",\n    ";
    out += is_none ? "nullptr" : "&store::row_of<" + statement.row_type + ">";
    out += "}};\n\n";
    return out;
}

std::string queries_text(const QueryFile& file, const std::string& folder) {
    std::string part = part_name(folder);
    std::string text = "// Made by sqlgen from " + folder + "/" + file.name + ".sql.\n#pragma once\n#include \"kernel/op/op.h\"\n#include \"kernel/store/query.h\"\n";
    for (const std::string& include : file.includes) text += include + "\n";
    text += "\nnamespace ry::" + part + "::sql {\n\n";
    for (const Statement& statement : file.statements) text += query_text(statement, part);
    return text + "}  // namespace ry::" + part + "::sql\n";
}

std::string all_queries_text(const std::vector<QueryFile>& files, const std::string& folder) {
    std::string part = part_name(folder), includes, names;
    size_t count = 0;
    for (const QueryFile& file : files) {
        includes += "#include \"" + folder + "/" + file.name + ".gen.h\"\n";
        count += file.statements.size();
        for (const Statement& statement : file.statements) names += "\n    &" + statement.name + ",";
    }
    return "// Made by sqlgen from " + folder + ".\n#pragma once\n" + includes + "\nnamespace ry::" + part + "::sql {\n\n" +
           "/// Every statement of the part, for the test that prepares them against a real server.\n" +
           "inline constexpr std::array<const store::Statement*, " + std::to_string(count) + "> all{" + names +
           "\n};\n\n}  // namespace ry::" + part + "::sql\n";
}

Result<void> generate_queries(const std::string& folder, const std::string& out, std::vector<std::string> paths) {
    std::ranges::sort(paths);
    std::vector<QueryFile> files;
    std::set<std::string> names;
    for (const std::string& path : paths) {
        Reader reader(path, TRY(read_file(path)));
        files.push_back(TRY(reader.read(names)));
    }
    for (const QueryFile& file : files) TRY(write_file(out + "/" + file.name + ".gen.h", queries_text(file, folder)));
    return write_file(out + "/all_queries.gen.h", all_queries_text(files, folder));
}

/// NNNN_what.sql
bool is_migration_name(std::string_view name) {
    return name.size() > 9 && name.ends_with(".sql") && name[4] == '_' && std::ranges::all_of(name.substr(0, 4), [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> generate_schema(const std::string& folder, const std::string& out, std::vector<std::string> files) {
    std::string part = part_name(folder);
    std::ranges::sort(files);
    std::string text = "// Made by sqlgen from " + folder + "/schema.\n#include \"kernel/store/migration.h\"\n\nnamespace ry::" + part + " {\nnamespace {\n\n";
    text += "constexpr store::Migration files[] = {\n";
    std::string last_number;
    for (const std::string& file : files) {
        std::string name = std::filesystem::path(file).filename();
        if (!is_migration_name(name)) return fail(Code::invalid, file + ":1: a migration's file name reads NNNN_what.sql");
        if (name.substr(0, 4) == last_number) return fail(Code::invalid, file + ":1: there are two migrations " + last_number);
        last_number = name.substr(0, 4);
        text += "    {\"" + name.substr(0, name.size() - 4) + "\",\n     " + literal(TRY(read_file(file))) + "},\n";
    }
    text += "};\n\n}  // namespace\n\nextern const store::Schema schema;\nconst store::Schema schema{\"" + part + "\", files};\n\n}  // namespace ry::" + part + "\n";
    return write_file(out, text);
}

Result<void> run(const std::vector<std::string>& arguments) {
    if (arguments.size() >= 4 && arguments[0] == "queries")
        return generate_queries(arguments[1], arguments[2], {arguments.begin() + 3, arguments.end()});
    if (arguments.size() >= 3 && arguments[0] == "schema")
        return generate_schema(arguments[1], arguments[2], {arguments.begin() + 3, arguments.end()});
    return fail(Code::invalid, "usage: sqlgen queries <folder> <out folder> <files…>\n       sqlgen schema <folder> <out.cpp> <files…>");
}

}  // namespace
}  // namespace ry

int main(int count, char** values) {
    auto done = ry::run({values + 1, values + count});
    if (done) return 0;
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return 1;
}
