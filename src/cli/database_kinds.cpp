#include "cli/database_kinds.h"

#include "base/text.h"
#include "cli/gzip_files.h"
#include "modules/databases/tools/dump_arguments.h"
#include "modules/databases/tools/pgbench_arguments.h"

namespace ry::cli {

using namespace databases;
using script::Files;

namespace {

Result<std::string> head_of(Files& files, const std::string& path) {
    std::string head;
    TRY(files.read(path, [&](std::string_view piece) {
        head += piece.substr(0, tools::head_bytes - head.size());
        return head.size() < tools::head_bytes;
    }));
    return head;
}

Error named(const std::string& file, const Error& error) { return fail(Code::invalid, file + " " + error.message); }

Result<void> add_file(DatabaseInputs& all, Step& step, const InputPlace& place, const std::string& name,
                      const std::string& path) {
    script::Digest digest = TRY(place.files->digest(path));
    step.inputs.push_back({name, digest.sha256, int64_t(digest.bytes)});
    all.contents[digest.sha256] = content_of(place, path);
    return {};
}

/// The one name by which a step knows its dump: where it lies does not belong to its key.
std::string name_of_dump(std::string_view path) { return "dump/" + std::string(path.substr(path.rfind('/') + 1)); }

/// A dump in pg_dump's own formats.
Result<DatabaseInputs> archive_inputs(tools::DumpArguments dump, tools::DumpFormat format, const InputPlace& place,
                                      const std::string& path) {
    DatabaseInputs all;
    Step step{.kind = StateKind::dump, .title = "restore " + dump.file};
    std::string name = name_of_dump(path);
    if (format == tools::DumpFormat::directory) {
        for (const std::string& file : TRY(place.files->list(path)))
            TRY(add_file(all, step, place, name + "/" + file, path + "/" + file));
        std::ranges::sort(step.inputs, {}, &Input::path);
    } else {
        TRY(add_file(all, step, place, name, path));
    }
    step.arguments = {"--format=" + std::string(tools::names_of(format)[size_t(format)])};
    for (const std::string& option : dump.options) {
        step.arguments.push_back(option.starts_with("--use-list=") ? "--use-list=dump.list" : option);
        *step.title += " " + option;
    }
    if (!dump.use_list.empty())
        TRY(add_file(all, step, place, "dump.list", script::joined_path(place.working_dir, dump.use_list)));
    step.arguments.push_back(name);
    step.title = std::string(utf8_prefix(*step.title, title_bytes_max));
    all.steps.push_back(std::move(step));
    return all;
}

/// A dump that is a script: psql's, with the files that it reads.
Result<DatabaseInputs> script_inputs(const tools::DumpArguments& dump, InputPlace place, bool is_gzip) {
    if (!dump.options.empty() && dump.options != std::vector<std::string>{"--single-transaction"})
        return fail(Code::invalid, dump.file + " is a script, which is restored as it is: leave " +
                                       dump.options.front() + " away, or dump with pg_dump -Fc");
    if (is_gzip) place.files = std::make_shared<GzipFiles>(place.files);
    std::vector<std::string> arguments = {"-f", dump.file};
    if (!dump.options.empty()) arguments.insert(arguments.begin(), "-1");
    DatabaseInputs all = TRY(read_database_inputs(arguments, {}, false, false, place));
    for (Step& step : all.steps) {
        step.kind = StateKind::dump;
        step.title = std::string(utf8_prefix("restore " + dump.file, title_bytes_max));
        step.arguments.insert(step.arguments.begin(), "--format=plain");
    }
    return all;
}

}  // namespace

Result<DatabaseInputs> read_pgbench_inputs(std::span<const std::string> arguments) {
    DatabaseInputs all;
    Step step{.kind = StateKind::pgbench};
    step.arguments = TRY(tools::read_pgbench_arguments(arguments));
    all.steps.push_back(std::move(step));
    return all;
}

Result<DatabaseInputs> read_dump_inputs(std::span<const std::string> arguments, const InputPlace& place) {
    tools::DumpArguments dump = TRY(tools::read_dump_arguments(arguments));
    std::string path = script::joined_path(place.working_dir, dump.file);
    switch (place.files->kind(path)) {
        case Files::Kind::file:
            break;
        case Files::Kind::directory:
            if (place.files->kind(path + "/toc.dat") != Files::Kind::file)
                return fail(Code::invalid, dump.file + " is a folder without toc.dat: not what pg_dump -Fd writes");
            return archive_inputs(std::move(dump), tools::DumpFormat::directory, place, path);
        case Files::Kind::unreadable:
            return fail(Code::invalid, dump.file + " may not be read; see its permissions");
        default:
            return fail(Code::invalid, "there is no dump " + dump.file);
    }
    std::string head = TRY(head_of(*place.files, path));
    if (tools::is_gzip(head)) {
        GzipFiles unpacked(place.files);
        head = TRY(head_of(unpacked, path));
        auto inside = tools::format_of(head);
        if (!inside) return named(dump.file, inside.error());
        if (*inside != tools::DumpFormat::plain)
            return fail(Code::invalid, dump.file + " is a compressed archive; unpack it first (gunzip)");
        return script_inputs(dump, place, true);
    }
    auto format = tools::format_of(head);
    if (!format) return named(dump.file, format.error());
    if (*format == tools::DumpFormat::plain) return script_inputs(dump, place, false);
    return archive_inputs(std::move(dump), *format, place, path);
}

}  // namespace ry::cli
