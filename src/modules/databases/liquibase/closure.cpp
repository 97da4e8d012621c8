#include "modules/databases/liquibase/closure.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "modules/databases/liquibase/changelog.h"
#include "modules/databases/liquibase/node.h"
#include "modules/databases/script/sha256.h"

namespace ry::databases::liquibase {
namespace {

using Kind = script::Files::Kind;

/// Texts, each with its length, so that different ones never give the same bytes.
class Digest {
public:
    Digest& add(std::string_view text) {
        hash_.add(std::to_string(text.size()) + ":");
        hash_.add(text);
        return *this;
    }
    std::string hex() { return hash_.hex(); }

private:
    script::Sha256 hash_;
};

/// "db/../a.xml" → "a.xml"; what leads above the folder stays.
std::string normal_name(std::string_view name) {
    std::vector<std::string_view> parts;
    for (std::string_view part : split(name, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == ".." && !parts.empty() && parts.back() != "..")
            parts.pop_back();
        else
            parts.push_back(part);
    }
    std::string text;
    for (std::string_view part : parts) text.append(text.empty() ? "" : "/").append(part);
    return text;
}

std::string folder_of(std::string_view name) {
    return std::string(name.substr(0, name.rfind('/') == name.npos ? 0 : name.rfind('/')));
}

class Walk {
public:
    Walk(const Arguments& arguments, const std::string& working_dir, script::Files& files, const ClosureLimits& limits)
        : arguments_(arguments),
          working_dir_(script::joined_path("/", working_dir)),
          files_(files),
          limits_(limits),
          parameters_(arguments.parameters) {
        for (const std::string& folder : arguments.search_path())
            roots_.push_back(script::joined_path(working_dir_, folder));
    }

    Closure run(const std::vector<std::string>& inputs) {
        begin();
        std::vector<std::string> further = inputs;
        for (std::string_view jar : split(arguments_.option("classpath"), ':'))
            for (std::string_view one : split(jar, ','))
                if (!trim(one).empty()) further.emplace_back(trim(one));
        for (const std::string& input : further) add_input(script::joined_path(working_dir_, input), 0);
        closure_.everywhere_sha256 = everywhere_.hex();
        for (auto& [path, file] : found_) closure_.files.push_back(std::move(file));
        std::ranges::sort(closure_.files, {}, &ClosureFile::name);
        return std::move(closure_);
    }

private:
    /// A file by the name that Liquibase has for it.
    struct Place {
        std::string name, path;
    };

    void begin() {
        std::string name = arguments_.changelog_file();
        if (name.empty()) return say({true, "", 0, "no changelog is named; write --changelog-file=FILE"});
        if (name.starts_with('/'))
            return say({true, name, 0,
                        "Liquibase looks for changelogs in the search path; write --changelog-file=" +
                            script::relative_path(roots_.front(), name)});
        auto place = find_file(normal_name(name));
        if (!place)
            return say({true, name, 0,
                        "is not in the search path (" + roots_shown() +
                            "); write its name as it is there, or name the folder with --search-path"});
        changelog(*place, "", false);
    }

    std::string roots_shown() const {
        std::string shown;
        for (const std::string& root : roots_)
            shown += (shown.empty() ? "" : ", ") + script::relative_path(working_dir_, root);
        return shown;
    }

    void say(Finding finding) {
        if (closure_.findings.size() < limits_.findings_max) closure_.findings.push_back(std::move(finding));
    }
    void problem(const Place& in, int64_t line, std::string message) { say({true, in.name, line, std::move(message)}); }
    void warning(const Place& in, int64_t line, std::string message) {
        say({false, in.name, line, std::move(message)});
    }

    void too_many_files(const Place& in, int64_t line) {
        problem(in, line, "the changelog reads more than " + std::to_string(limits_.files_max) + " files; split it");
    }

    std::optional<Place> find_file(const std::string& name) const {
        for (const std::string& root : roots_)
            if (std::string path = script::joined_path(root, name);
                files_.kind(path) != Kind::missing && files_.kind(path) != Kind::directory)
                return Place{name, path};
        return {};
    }
    std::optional<Place> find_folder(const std::string& name) const {
        for (const std::string& root : roots_)
            if (std::string path = script::joined_path(root, name); files_.kind(path) == Kind::directory)
                return Place{name, path};
        return {};
    }

    /// With parameters put in; absent when one is not known before the run.
    std::optional<std::string> expanded(std::string_view text) const {
        constexpr int rounds_max = 10;  // a value may name others
        std::string whole(text);
        for (int round = 0; whole.find("${") != whole.npos; ++round) {
            size_t begin = whole.find("${"), end = whole.find('}', begin);
            if (end == whole.npos || round == rounds_max) return {};
            auto value = parameters_.find(whole.substr(begin + 2, end - begin - 2));
            if (value == parameters_.end()) return {};
            whole.replace(begin, end + 1 - begin, value->second);
        }
        return whole;
    }

    std::optional<std::string> name_of(const Place& in, const Reference& reference) const {
        auto path = expanded(reference.path);
        if (!path) return {};
        std::ranges::replace(*path, '\\', '/');
        if (path->starts_with("classpath:")) path->erase(0, 10);
        return normal_name(reference.is_relative ? folder_of(in.name) + "/" + *path : *path);
    }

    /// Takes a file into the closure; empty, with a finding, when it cannot be read.
    const ClosureFile* take(const Place& in, int64_t line, const Place& place, std::string* content = nullptr) {
        Kind kind = files_.kind(place.path);
        if (kind != Kind::file) {
            problem(in, line,
                    place.name + (kind == Kind::outside
                                      ? " is not among the files that were given; add it with --input " + place.name
                                      : " cannot be read; see whether it is a file that you may read"));
            return nullptr;
        }
        if (content) {
            bool is_whole = true;
            auto read = files_.read(place.path, [&](std::string_view piece) {
                is_whole = content->size() + piece.size() <= document_limit::bytes_max;
                if (is_whole) content->append(piece);
                return is_whole;
            });
            if (!read)
                problem(in, line, read.error().message);
            else if (!is_whole)
                problem(in, line, place.name + " is a changelog of more than 32 MB; split it");
            if (!read || !is_whole) return nullptr;
        }
        if (auto known = found_.find(place.path); known != found_.end()) return &known->second;
        if (found_.size() >= limits_.files_max) {
            too_many_files(in, line);
            return nullptr;
        }
        auto digest = files_.digest(place.path);
        if (!digest) {
            problem(in, line, digest.error().message);
            return nullptr;
        }
        bytes_ += digest->bytes;
        if (bytes_ > limits_.bytes_max) {
            problem(in, line,
                    "the files of the changelog are larger than " + std::to_string(limits_.bytes_max >> 30) +
                        " GB together");
            return nullptr;
        }
        return &found_
                    .emplace(place.path,
                             ClosureFile{script::relative_path(working_dir_, place.path), place.path, *digest})
                    .first->second;
    }

    /// `around`: what the changelogs that lead here say of themselves. `is_filtered`: perhaps Liquibase does not read
    /// it.
    void changelog(const Place& place, const std::string& around, bool is_filtered) {
        if (std::ranges::find(open_, place.path, &Place::path) != open_.end())
            return problem(open_.back(), line_, place.name + " includes itself: " + open_shown() + " → " + place.name);
        if (int(open_.size()) >= limits_.depth_max)
            return problem(open_.back(), line_,
                           "changelogs include each other more than " + std::to_string(limits_.depth_max) + " deep");
        auto format = format_of(place.name);
        Place in = open_.empty() ? place : open_.back();
        if (++read_ > limits_.files_max) return too_many_files(in, line_);
        if (!format)
            return problem(in, line_,
                           place.name + " is no changelog: its name ends with none of .xml, .yaml, .yml, .json, .sql");
        std::string content;
        if (!take(in, line_, place, &content)) return;
        auto read = read_changelog(*format, content);
        if (!read) return malformed_file(place, read.error().message, is_filtered);
        open_.push_back(place);
        std::string here = Digest().add(around).add(read->root).hex();
        for (const auto& entry : read->entries)
            std::visit([&](const auto& one) { follow(place, *read, one, here); }, entry);
        open_.pop_back();
    }

    void malformed_file(const Place& place, std::string_view message, bool is_filtered) {
        int64_t line = 0;
        if (message.starts_with("line ")) {  // as malformed() writes it
            size_t colon = message.find(':');
            line = parse_int(message.substr(5, colon - 5)).value_or(0);
            message = trim(message.substr(colon + 1));
        }
        say({!is_filtered, place.name, line, std::string(message)});
    }

    std::string open_shown() const {
        std::string shown;
        for (const Place& place : open_) shown += (shown.empty() ? "" : " → ") + place.name;
        return shown;
    }

    void follow(const Place& in, const Changelog& changelog, const Changeset& changeset, const std::string& around) {
        Definition made{
            .id = changeset.id,
            .author = changeset.author,
            .file = in.name,
            .logical_path = changeset.logical_path.empty() ? changelog.logical_path : changeset.logical_path,
            .line = changeset.line,
            .definition_sha256 = Digest().add(around).add(changeset.definition).hex(),
            .runs_always = changeset.runs_always,
            .is_opaque = changeset.is_opaque};
        for (const Reference& reference : changeset.references) {
            if (trim(reference.path).empty()) continue;
            auto place = place_of(in, reference);
            if (!place) {
                warning(in, reference.line,
                        "the changeset " + changeset.id + "::" + changeset.author + " reads " + reference.path +
                            ", which is not there; add it with --input if it has another name when it runs");
                made.is_opaque = true;
            } else if (const ClosureFile* file = take(in, reference.line, *place)) {
                made.files.push_back(file->name);
            }
        }
        closure_.changesets.push_back(std::move(made));
    }

    /// Of a file that a changeset reads: some attributes are looked up beside the changelog whatever it says.
    std::optional<Place> place_of(const Place& in, Reference reference) const {
        for (bool is_relative : {reference.is_relative, true}) {
            reference.is_relative = is_relative;
            auto name = name_of(in, reference);
            if (!name) return {};
            if (auto found = find_file(*name)) return found;
        }
        return {};
    }

    void follow(const Place& in, const Changelog&, const Include& include, const std::string& around) {
        line_ = include.reference.line;
        std::string here = Digest().add(around).add(include.definition).hex();
        auto name = name_of(in, include.reference);
        if (!name)
            return problem(
                in, line_,
                "what ${…} stands for in \"" + include.reference.path + "\" is not known; give it with -Dname=value");
        if (include.is_folder) return include_folder(in, include, *name, here);
        auto place = find_file(*name);
        if (place) return changelog(*place, here, false);
        if (!include.may_be_missing)
            problem(in, line_,
                    "includes " + *name + ", which is not in the search path (" + roots_shown() + ")" +
                        (include.reference.is_relative
                             ? ""
                             : "; set relativeToChangelogFile=\"true\" when it lies beside the changelog"));
    }

    void include_folder(const Place& in, const Include& include, const std::string& name, const std::string& around) {
        auto folder = find_folder(name);
        if (!folder) {
            if (!include.may_be_missing)
                problem(
                    in, line_,
                    "includes all of the folder " + name + ", which is not in the search path (" + roots_shown() + ")");
            return;
        }
        std::vector<Place> all;
        list(in, *folder, all, 0);
        std::ranges::sort(all, {}, &Place::name);
        int64_t line = line_;
        for (const Place& place : all) {
            line_ = line;
            if (format_of(place.name))
                changelog(place, around, include.is_filtered);
            else
                take(in, line, place);  // Liquibase looks at it too
        }
    }

    void list(const Place& in, const Place& folder, std::vector<Place>& all, int depth) {
        if (depth > limits_.depth_max)
            return problem(in, line_,
                           folder.name + " has folders more than " + std::to_string(limits_.depth_max) + " deep");
        auto names = files_.list(folder.path);
        if (!names) return problem(in, line_, names.error().message);
        for (const std::string& entry : *names) {
            Place place{folder.name + (folder.name.empty() ? "" : "/") + entry, folder.path + "/" + entry};
            if (!entry.ends_with('/')) {
                if (all.size() <= limits_.files_max) all.push_back(std::move(place));
                continue;
            }
            place.name.pop_back();
            place.path.pop_back();
            list(in, place, all, depth + 1);
        }
    }

    void follow(const Place& in, const Changelog&, const Property& property, const std::string&) {
        everywhere_.add(in.name).add(property.definition);
        if (!property.is_for_postgresql) return;
        if (!property.file) {
            parameters_.try_emplace(property.name, property.value);
            return;
        }
        auto name = name_of(in, *property.file);
        auto place = name ? find_file(*name) : std::nullopt;
        if (!place)
            return problem(in, property.file->line,
                           "takes properties from " + property.file->path + ", which is not in the search path (" +
                               roots_shown() + ")");
        std::string content;
        if (!take(in, property.file->line, *place, &content)) return;
        everywhere_.add(content);
        for (auto& [key, value] : read_properties(content)) parameters_.try_emplace(key, value);
    }

    void follow(const Place& in, const Changelog&, const Other& other, const std::string&) {
        everywhere_.add(in.name).add(other.definition);
    }

    void add_input(const std::string& path, int depth) {
        Place place{script::relative_path(working_dir_, path), path};
        if (files_.kind(path) == Kind::directory) {
            std::vector<Place> all;
            list({"--input", ""}, place, all, depth);
            for (const Place& each : all) add_input_file(each);
            return;
        }
        if (files_.kind(path) == Kind::missing) return say({true, place.name, 0, "is not there; see its name"});
        add_input_file(place);
    }
    void add_input_file(const Place& place) {
        if (const ClosureFile* file = take(place, 0, place)) everywhere_.add(file->name).add(file->digest.sha256);
    }

    const Arguments& arguments_;
    const std::string working_dir_;
    script::Files& files_;
    const ClosureLimits limits_;
    std::vector<std::string> roots_;  // absolute
    std::map<std::string, std::string> parameters_;
    std::map<std::string, ClosureFile> found_;  // by absolute path
    std::vector<Place> open_;                   // the changelogs that are being read, the outermost first
    int64_t line_ = 0;                          // of the include that is followed
    size_t read_ = 0;
    uint64_t bytes_ = 0;
    Digest everywhere_;
    Closure closure_;
};

}  // namespace

bool Closure::has_problems() const { return std::ranges::any_of(findings, &Finding::is_problem); }

Closure closure_of(const Arguments& arguments, const std::string& working_dir, const std::vector<std::string>& inputs,
                   script::Files& files, const ClosureLimits& limits) {
    return Walk(arguments, working_dir, files, limits).run(inputs);
}

}  // namespace ry::databases::liquibase
