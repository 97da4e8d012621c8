// embed: the project templates become constants of the program.
//
//   embed <root> <out.cpp> <files…>
//     Each file is <root>/<template>/<path>. <template>/template.json is the manifest; the rest are the template's
//     files.
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

struct Source {
    std::string path;
    std::string content;
    bool is_executable = false;
};

/// The bytes as a string literal; octal escapes have three digits at most, so what follows never joins them.
std::string literal(const std::string& bytes) {
    std::string out = "\"";
    for (unsigned char c : bytes) {
        if (c == '\n')
            out += "\\n\"\n\"";
        else if (c == '"' || c == '\\')
            (out += '\\') += char(c);
        else if (c < 0x20 || c >= 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\%03o", c);
            out += escape;
        } else
            out += char(c);
    }
    return out + "\"";
}

std::string view(const std::string& bytes) { return "{" + literal(bytes) + ", " + std::to_string(bytes.size()) + "}"; }

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) return std::fprintf(stderr, "embed <root> <out.cpp> <files…>\n"), 2;
    std::string root = arguments[1];
    std::map<std::string, std::map<std::string, Source>> templates;
    for (int i = 3; i < count; ++i) {
        std::string file = arguments[i], inside = file.substr(root.size() + 1);
        std::ifstream in(file, std::ios::binary);
        struct stat info;
        if (!in || stat(file.c_str(), &info) < 0) return std::fprintf(stderr, "%s: cannot be read\n", file.c_str()), 1;
        size_t slash = inside.find('/');
        if (slash == inside.npos) continue;
        auto path = inside.substr(slash + 1);
        templates[inside.substr(0, slash)][path] = {
            path, {std::istreambuf_iterator<char>(in), {}}, (info.st_mode & S_IXUSR) != 0};
    }
    std::ofstream out(arguments[2], std::ios::binary);
    out << "// Made by embed from templates/; not to be edited.\n#include \"kernel/templates/embedded.h\"\n\nnamespace "
           "ry::templates {\nnamespace {\n";
    std::string table;
    for (auto& [name, files] : templates) {
        std::string symbol = "files_" + std::to_string(std::distance(templates.begin(), templates.find(name)));
        out << "\nconst File " << symbol << "[] = {\n";
        for (auto& [path, source] : files)
            if (path != "template.json")
                out << "{" << view(path) << ", " << view(source.content) << ", "
                    << (source.is_executable ? "true" : "false") << "},\n";
        out << "};\n";
        if (!files.contains("template.json"))
            return std::fprintf(stderr, "%s/%s has no template.json\n", root.c_str(), name.c_str()), 1;
        table += "    {" + view(name) + ", " + view(files["template.json"].content) + ", " + symbol + "},\n";
    }
    out << "\nconst Embedded table[] = {\n"
        << table
        << "};\n\n}  // namespace\n\nconst std::span<const Embedded> embedded(table);\n\n}  // namespace "
           "ry::templates\n";
    return out.flush() ? 0 : 1;
}
