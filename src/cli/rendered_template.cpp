#include "cli/rendered_template.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "cli/call.h"
#include "modules/chats/liquid/liquid.h"

namespace ry::cli {
namespace {

using namespace chats::liquid;

struct Arguments {
    std::optional<std::string> text, file, context, time_zone;
};

/// Absent when the words are not what the command takes.
std::optional<Arguments> arguments_of(std::span<const std::string> words) {
    Arguments arguments;
    for (size_t i = 0; i < words.size(); ++i) {
        size_t equals = words[i].find('=');
        std::string flag = words[i].substr(0, equals);
        std::optional<std::string>* value = flag == "--text"        ? &arguments.text
                                            : flag == "--file"      ? &arguments.file
                                            : flag == "--context"   ? &arguments.context
                                            : flag == "--time-zone" ? &arguments.time_zone
                                                                    : nullptr;
        if (!value || (equals == std::string::npos && i + 1 == words.size())) return std::nullopt;
        *value = equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
    }
    if (arguments.text.has_value() == arguments.file.has_value()) return std::nullopt;
    return arguments;
}

/// The zone of this machine, by its name.
std::string local_time_zone() {
    if (const char* zone = std::getenv("TZ"); zone && *zone) return zone[0] == ':' ? zone + 1 : zone;
    std::error_code error;
    std::string target = std::filesystem::read_symlink("/etc/localtime", error).string();
    size_t name = target.find("zoneinfo/");
    if (name == std::string::npos || target.ends_with("/UTC")) return "UTC";
    return target.substr(name + 9);
}

std::expected<std::string, Problem> rendered(std::string text, const Data& data, const Options& options) {
    auto parsed = Template::parse(std::move(text), options.limits);
    if (!parsed) return std::unexpected(parsed.error());
    return (*parsed)->render(data, options);
}

}  // namespace

Exit render_template(const Terminal& terminal, std::span<const std::string> words) {
    auto failed = [&](const std::string& message, Exit exit) {
        terminal.err << styled(terminal, Style::red, "error:") << " " << message << "\n";
        return exit;
    };
    auto exit_of = [](const Error& error) { return error.code == Code::not_found ? Exit::not_found : Exit::failed; };
    std::optional<Arguments> arguments = arguments_of(words);
    if (!arguments) {
        terminal.err
            << "usage: ramify templates render --text TEXT|--file FILE|- [--context FILE|-] [--time-zone ZONE]\n";
        return Exit::usage;
    }
    std::string text, context = "{}";
    if (arguments->text) {
        text = *arguments->text;
    } else {
        auto file = read_file(*arguments->file);
        if (!file) return failed(file.error().message, exit_of(file.error()));
        text = std::move(*file);
    }
    if (arguments->context) {
        auto file = read_file(*arguments->context);
        if (!file) return failed(file.error().message, exit_of(file.error()));
        context = std::move(*file);
    }
    auto data = Data::from_json(context);
    if (!data) return failed(data.error(), Exit::failed);

    auto now = std::chrono::system_clock::now().time_since_epoch();
    Options options;
    options.time_zone = arguments->time_zone.value_or(local_time_zone());
    options.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    options.seed = uint64_t(now.count());
    auto output = rendered(std::move(text), *data, options);
    if (!output) {
        const Problem& problem = output.error();
        terminal.err << problem.line << ":" << problem.column << ": " << printable(problem.message) << "\n";
        return Exit::failed;
    }
    terminal.out << *output << std::flush;
    return Exit::ok;
}

}  // namespace ry::cli
