#include "modules/databases/tools/dump_arguments.h"

#include <doctest/doctest.h>

#include "modules/databases/tools/restore_errors.h"

using namespace ry::databases::tools;

namespace {

std::string of(std::vector<std::string> arguments) {
    auto read = read_dump_arguments(arguments);
    if (!read) return "! " + read.error().message;
    std::string text;
    for (const std::string& option : read->options) text += option + " ";
    return text + read->file;
}

std::string format(std::string_view head) {
    auto read = format_of(head);
    return read ? std::string(names_of(*read)[size_t(*read)]) : "! " + read.error().message;
}

std::string tar_head() {
    std::string head(512, '\0');
    head.replace(0, 7, "toc.dat");
    head.replace(257, 5, "ustar");
    return head;
}

}  // namespace

TEST_CASE("what of pg_restore changes the result is kept, in one order") {
    CHECK(of({"shop.dump"}) == "shop.dump");
    CHECK(of({"-j", "8", "-Fc", "-ve", "-xO", "shop.dump"}) == "--no-owner --no-privileges shop.dump");
    CHECK(of({"shop.dump", "-t", "b", "--section=data", "-t", "a"}) == "--table=b --table=a --section=data shop.dump");
    CHECK(of({"-L", "some.list", "--", "-odd.dump"}) == "--use-list=some.list -odd.dump");
    CHECK(of({"-n", "sales", "-N", "audit", "-1", "d"}) ==
          "--schema=sales --exclude-schema=audit --single-transaction d");
}

TEST_CASE("what connects, lists or writes is no step") {
    CHECK(of({}) == "! name the dump: a file or folder that pg_dump wrote");
    CHECK(of({"a", "b"}).starts_with("! \"b\" is a second dump"));
    CHECK(of({"-d", "shop", "a"}) == "! --dbname says where to connect; every state has its own server: leave it away");
    CHECK(of({"-l", "a"}) == "! --list restores nothing; run pg_restore itself for it");
    CHECK(of({"-f", "out.sql", "a"}) == "! --file writes a script instead of restoring; name the dump at the end");
}

TEST_CASE("the format of a dump is known by its first bytes") {
    CHECK(format("PGDMP\x01\x0e") == "custom");
    CHECK(format(tar_head()) == "tar");
    CHECK(format("--\n-- PostgreSQL database dump\n--\n") == "plain");
    CHECK(format(std::string_view("\x1f\x8b\x08", 3)) == "! is compressed with gzip; unpack it first");
    CHECK(format(std::string_view("\x28\xb5\x2f\xfd", 4)) == "! is compressed with zstd; unpack it first");
    CHECK(format("") == "! is empty");
    CHECK(format(std::string_view("\x7f"
                                  "ELF\0\0",
                                  6)) == "! is no dump: neither SQL nor what pg_dump writes with -Fc, -Fd or -Ft");
    std::string other = tar_head();
    other.replace(0, 7, "readme\0");
    CHECK(format(other).starts_with("! is no dump"));
    CHECK(is_gzip("\x1f\x8b..."));
    CHECK_FALSE(is_gzip("\x1f"));
}

TEST_CASE("what pg_restore says when it fails is read, with what to do") {
    RestoreError error = restore_error(
        "pg_restore: while PROCESSING TOC:\n"
        "pg_restore: from TOC entry 214; 1259 16385 TABLE item shop\n"
        "pg_restore: error: could not execute query: ERROR:  role \"shop\" does not exist\n"
        "Command was: ALTER TABLE public.item\n OWNER TO shop;\n\n"
        "pg_restore: from TOC entry 215; 1259 16386 TABLE other shop\n");
    CHECK(error.message == "role \"shop\" does not exist");
    CHECK(error.statement == "ALTER TABLE public.item\n OWNER TO shop;");
    CHECK(error.hint ==
          "restore with --no-owner and --no-privileges, or make the role before the dump, with --before roles.sql");

    error = restore_error("pg_restore: error: unsupported version (1.16) in file header\n");
    CHECK(error.message == "unsupported version (1.16) in file header");
    CHECK(error.statement == "");
    CHECK(error.hint.starts_with("the dump was made by a newer pg_dump"));

    error = restore_error(
        "pg_restore: error: could not execute query: ERROR:  extension \"postgis\" is not available\nDETAIL:  …\nHINT: "
        " The extension must first be installed.\nCommand was: CREATE EXTENSION …;\n");
    CHECK(error.hint.starts_with("install the extension's package"));
    CHECK(restore_error("").message == "pg_restore failed and did not say why");
    CHECK(restore_hint("role \"shop\" does not exist", true).find("pg_dump --no-owner") != std::string::npos);
    CHECK(restore_hint("syntax error at or near \"x\"", true) == "");
}
