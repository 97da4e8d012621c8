// embed_web <directory> <out.cpp>: the files of a built web UI as constant data, compressed ones beside the plain ones.
// The directory may be absent: the program then has no UI and says so.
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string gzip(const std::string& bytes) {
    z_stream stream{};
    if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) return "";
    std::string out(deflateBound(&stream, uLong(bytes.size())) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = uInt(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = uInt(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string literal(const std::string& bytes) {
    constexpr char octal[] = "01234567";
    std::string out;
    size_t column = 0;
    out += '"';
    for (unsigned char c : bytes) {
        if (column > 100) out += "\"\n\"", column = 0;
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '?') out += char(c), ++column;
        else out += '\\', out += octal[c >> 6], out += octal[(c >> 3) & 7], out += octal[c & 7], column += 4;
    }
    return out + '"';
}

std::string type_of(const std::string& ending) {
    static const std::map<std::string, std::string> types = {
        {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"}, {".svg", "image/svg+xml"},
        {".json", "application/json"}, {".png", "image/png"}, {".ico", "image/x-icon"}, {".woff2", "font/woff2"}, {".webmanifest", "application/manifest+json"}, {".txt", "text/plain; charset=utf-8"}};
    auto found = types.find(ending);
    return found == types.end() ? "application/octet-stream" : found->second;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: embed_web DIRECTORY OUT.cpp\n";
        return 2;
    }
    std::map<std::string, std::string> files;
    if (fs::is_directory(argv[1]))
        for (const auto& entry : fs::recursive_directory_iterator(argv[1])) {
            if (!entry.is_regular_file() || entry.path().extension() == ".map") continue;
            std::stringstream content;
            content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
            files["/" + fs::relative(entry.path(), argv[1]).generic_string()] = content.str();
        }
    std::ofstream out(argv[2]);
    out << "// Made by tools/embed_web.\n#include \"web_files.h\"\n\nnamespace ry {\nnamespace {\nusing namespace std::string_view_literals;\nconstexpr http::StaticFile files[] = {\n";
    for (const auto& [path, bytes] : files) {
        std::string compressed = gzip(bytes);
        if (compressed.size() * 10 > bytes.size() * 9) compressed.clear();
        char etag[20];
        std::snprintf(etag, sizeof etag, "%08lx%08zx", crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), uInt(bytes.size())), bytes.size());
        out << "{.path = " << literal(path) << "sv, .content_type = " << literal(type_of(fs::path(path).extension())) << "sv, .etag = \"" << etag << "\"sv, .bytes = " << literal(bytes)
            << "sv, .gzip = " << literal(compressed) << "sv, .is_hashed = " << (path.starts_with("/assets/") ? "true" : "false") << "},\n";
    }
    if (files.empty()) out << "{.path = \"/index.html\"sv, .content_type = \"text/html; charset=utf-8\"sv, .etag = \"none\"sv, .bytes = \"<!doctype html><title>Ramify</title><p>This program was built without its web UI: build it with <code>./dev build</code>. The API is described at <a href=\\\"/api/docs\\\">/api/docs</a>.\"sv},\n";
    out << "};\n}  // namespace\nstd::span<const http::StaticFile> web_files() { return files; }\n}  // namespace ry\n";
    return out.good() ? 0 : 1;
}
