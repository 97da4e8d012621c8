// The command line against a real server, in this process and as the program itself.
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "cli/cli.h"
#include "server/product.h"
#include "testing/model_server.h"
#include "testing/reserved_port.h"
#include "testing/shared.h"

namespace ry::cli {
namespace {

namespace bj = boost::json;

struct Folder {
    Folder() {
        char name[] = "/tmp/ramify-cli-XXXXXX";
        ENSURE(::mkdtemp(name));
        path = name;
        std::filesystem::permissions(path, std::filesystem::perms(0711));
    }
    ~Folder() {
        std::error_code ignored;  // a server that was killed in a failed test may still be taking its files away
        std::filesystem::remove_all(path, ignored);
    }
    std::string path;
};

struct Outcome {
    Exit exit;
    std::string out;
    std::string err;
    bj::value json() const { return bj::parse(out); }
    std::string text(std::string_view name) const {
        return std::string(json().as_object().at(bj::string_view(name.data(), name.size())).as_string());
    }
};

/// One server for the tests of this file: starting it takes seconds.
struct Rig {
    Rig() {
        server::Settings settings;
        settings.data_dir = folder.path + "/data";
        settings.listen = "127.0.0.1:0";
        settings.insecure_dev = true;
        settings.demo_word_ms = 0;
        settings.fetch_private_hosts = models.url().substr(std::string_view("http://").size());
        auto started = server::Product::start(settings);
        if (!started) FAIL(started.error().message << " " << started.error().cause);
        product = *std::move(started);
    }
    ~Rig() { product->drain(); }

    Outcome run(std::vector<std::string> words, bool is_interactive = false) const {
        std::stringstream out, err;
        Terminal terminal{out, err, is_interactive, false, 100};
        Exit exit = cli::run(terminal, words, &server::Product::route_table, {.server = product->url()});
        return {exit, out.str(), err.str()};
    }
    static Rig& get() { return testing::shared<Rig>(); }

    Folder folder;
    ry::testing::ModelServer models;
    std::unique_ptr<server::Product> product;
};

/// The program as a child process; ended with the object.
class Program {
public:
    enum class As { ramify, is };  ///< `is`: the words name a program themselves
    explicit Program(std::vector<std::string> words, As as = As::ramify) {
        if (as == As::ramify) words.insert(words.begin(), RAMIFY_BINARY_DIR "/ramify");
        int out[2], err[2];
        ENSURE(::pipe(out) == 0 && ::pipe(err) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(out[1], STDOUT_FILENO);
            ::dup2(err[1], STDERR_FILENO);
            for (int fd : {out[0], out[1], err[0], err[1]}) ::close(fd);
            std::vector<char*> arguments;
            for (std::string& word : words) arguments.push_back(word.data());
            arguments.push_back(nullptr);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        ::close(out[1]);
        ::close(err[1]);
        out_ = out[0];
        err_ = err[0];
    }
    ~Program() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            wait();
        }
        ::close(out_);
        ::close(err_);
    }
    /// Standard output up to and with the first `wanted`, or to its end.
    std::string read_until(std::string_view wanted) { return read_until(out_, wanted); }  // to the end without any
    std::string read_errors_until(std::string_view wanted) { return read_until(err_, wanted); }
    std::string errors() {
        std::string text;
        char piece[4096];
        for (ssize_t n; (n = ::read(err_, piece, sizeof piece)) > 0;) text.append(piece, size_t(n));
        return text;
    }
    void signal(int number) { ::kill(pid_, number); }
    /// The exit code; minus the signal when one ended it.
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    static std::string read_until(int fd, std::string_view wanted) {
        std::string text;
        for (char c; (wanted.empty() || text.find(wanted) == std::string::npos) && ::read(fd, &c, 1) == 1;) text += c;
        return text;
    }

    pid_t pid_ = 0;
    int out_ = -1, err_ = -1;
};

TEST_CASE("the journey by commands") {
    Rig& rig = Rig::get();
    Outcome app = rig.run({"apps", "create", "My shop", "--template", "static"});
    REQUIRE(app.exit == Exit::ok);
    std::string app_id = app.text("id"), chat_id = app.text("chat_id");

    Outcome said = rig.run({"chats", "say", chat_id, "Make the heading blue", "--follow", "--output", "table"});
    CHECK(said.exit == Exit::ok);
    CHECK(said.out.starts_with("you  Make the heading blue\ndemo\n"));
    CHECK(said.out.find("  ✓ write index.html") != std::string::npos);
    CHECK(said.out.find("\nversion 2  ") != std::string::npos);
    CHECK(said.out.find("\ndone  demo, ") != std::string::npos);

    Outcome versions = rig.run({"versions", "ls", app_id});
    CHECK(versions.json().as_object().at("items").as_array().size() == 2);
    Outcome table = rig.run({"versions", "ls", app_id, "--output", "table"});
    CHECK(table.out.starts_with("number  title"));

    Outcome file = rig.run({"files", "cat", app_id, "index.html"});
    CHECK(file.exit == Exit::ok);
    CHECK(file.out.find("<html") != std::string::npos);

    std::string first =
        bj::value_to<std::string>(bj::parse(rig.run({"chats", "messages", chat_id}).out).at("items").at(1).at("id"));
    Outcome branch = rig.run({"branches", "create", chat_id, first, "--title", "Another way"});
    CHECK(branch.exit == Exit::ok);
    Outcome branches = rig.run({"branches", "ls", chat_id}, true);
    CHECK(branches.out.find("Another way") != std::string::npos);

    Outcome events = rig.run({"chats", "follow", chat_id, "--no-follow"});
    CHECK(events.json().as_object().at("items").as_array().size() > 5);

    Outcome preview = rig.run({"previews", "open", app_id, "--wait"});
    CHECK(preview.exit == Exit::ok);
    CHECK(preview.out.starts_with("http://preview-"));
    CHECK(preview.out.ends_with(".localhost:" + rig.product->url().substr(rig.product->url().rfind(':') + 1) + "/\n"));
    CHECK(rig.run({"apps", "rm", app_id}).exit == Exit::ok);
}

TEST_CASE("an answer can be followed as it is") {
    Rig& rig = Rig::get();
    std::string chat_id = rig.run({"chats", "create", "Talk"}).text("id");
    Outcome said = rig.run({"chats", "say", chat_id, "Hello", "--follow"});
    CHECK(said.exit == Exit::ok);
    std::stringstream lines(said.out);
    std::string line, last;
    while (std::getline(lines, line)) last = bj::value_to<std::string>(bj::parse(line).at("type"));
    CHECK(last == "generation.done");
}

TEST_CASE("exit codes say what kind of failure it was") {
    Rig& rig = Rig::get();
    Outcome model = rig.run({"models", "create", "away", "--provider", "openai", "--base-url", "http://127.0.0.1:1/v1",
                             "--model", "m", "--api-key", "sk-0123456789"});
    CHECK(model.exit == Exit::ok);
    CHECK(rig.run({"models", "test", model.text("id")}).exit == Exit::failed);
    CHECK(rig.run({"models", "rm", model.text("id")}).exit == Exit::ok);
    CHECK(rig.run({"audit", "verify"}).exit == Exit::ok);
    CHECK(rig.run({"apps", "show", "app_00000000000000000000000000"}).exit == Exit::not_found);
    Outcome wrong = rig.run({"apps", "create", "", "--template", "static"});
    CHECK(wrong.exit == Exit::failed);
    CHECK(wrong.err.find("/name") != std::string::npos);
    CHECK(rig.run({"apps", "create", "x"}).exit == Exit::usage);
    CHECK(rig.run({"apps", "crate"}).err.find("did you mean `ramify apps create`?") != std::string::npos);
    CHECK(rig.run({"ap"}).exit == Exit::usage);
    CHECK(rig.run({"apps"}).exit == Exit::ok);
    CHECK(rig.run({}).out.find("chats") != std::string::npos);
    CHECK(rig.run({"apps", "ls", "--token", "rmf_wrong"}).exit == Exit::refused);
    Outcome away = rig.run({"apps", "ls", "--server", "http://127.0.0.1:1"});
    CHECK(away.exit == Exit::unreachable);
    CHECK(away.err.find("ramify serve") != std::string::npos);
}

TEST_CASE("Ctrl-C stops watching, and the answer goes on") {
    Rig& rig = Rig::get();
    std::string chat_id = rig.run({"apps", "create", "Watched", "--template", "static"}).text("chat_id");
    REQUIRE(rig.run({"models", "create", "held-back", "--provider", "openai", "--base-url", rig.models.url(), "--model",
                     "held-back", "--api-key", "key"})
                .exit == Exit::ok);
    ry::testing::Gate gate;
    rig.models.next(ry::testing::Answer().say("It begins.\n").wait_for(gate).say("It ends."));
    Program program({"chats", "say", chat_id, "Make a page", "--model", "held-back", "--follow", "--output", "table",
                     "--server", rig.product->url()});
    std::string begun = program.read_until("held-back\n");
    REQUIRE_MESSAGE(begun.ends_with("held-back\n"), begun << program.errors());
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    gate.open();
    std::string errors = program.errors();
    CHECK(errors.find("The answer goes on") != std::string::npos);
    size_t at = errors.find("generation_");
    REQUIRE(at != std::string::npos);
    std::string id = errors.substr(at, 37);
    std::string status;
    while (status = rig.run({"generations", "show", id}).text("status"), status == "queued" || status == "streaming") {}
    CHECK(status == "done");
}

TEST_CASE("who follows a chat notices a restart of the server by nothing but a pause") {
    Folder folder;
    ry::testing::ReservedPort port;
    std::string listen = "127.0.0.1:" + std::to_string(port.number()), url = "http://" + listen;
    std::vector<std::string> serve = {"serve", "--data-dir",     folder.path + "/data", "--listen",
                                      listen,  "--insecure-dev", "--demo-word-ms",      "0"};
    auto server = std::make_unique<Program>(serve);
    std::string ready = server->read_until("\n");
    REQUIRE(ready == "ready " + url + "\n");
    auto run = [&](std::vector<std::string> words) {
        std::stringstream out, err;
        return std::pair(cli::run({out, err}, words, &server::Product::route_table, {.server = url}), out.str());
    };
    std::string chat_id = bj::value_to<std::string>(bj::parse(run({"chats", "create"}).second).at("id"));
    Program follower({"chats", "follow", chat_id, "--output", "table", "--server", url});
    REQUIRE(run({"chats", "say", chat_id, "first words", "--follow"}).first == Exit::ok);
    std::string first = follower.read_until("\ndone  ");
    CHECK(first.find("you  first words\n") != std::string::npos);

    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
    server = std::make_unique<Program>(serve);
    REQUIRE(server->read_until("\n") == ready);
    REQUIRE(run({"chats", "say", chat_id, "second words", "--follow"}).first == Exit::ok);
    std::string second = follower.read_until("\ndone  ");
    CHECK(second.find("you  second words\n") != std::string::npos);
    CHECK(second.find("first words") == std::string::npos);
    follower.signal(SIGINT);
    CHECK(follower.wait() == 130);
    server->signal(SIGTERM);
    CHECK(server->wait() == 0);
}

TEST_CASE("the server says one line, drains on SIGTERM, and says what is wrong with its settings") {
    Folder folder;
    {
        Program program({"serve", "--data-dir", folder.path + "/data", "--listen", "127.0.0.1:0", "--insecure-dev"});
        CHECK(program.read_until("\n").starts_with("ready http://127.0.0.1:"));
        program.signal(SIGTERM);
        CHECK(program.wait() == 0);
        CHECK(program.read_until("\n") == "");
    }
    {
        // A certificate is read again on SIGHUP; a bad one is said and changes nothing.
        std::string key = folder.path + "/key.pem", certificate = folder.path + "/certificate.pem";
        std::string make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout " + key +
                           " -out " + certificate + " 2>/dev/null";
        REQUIRE(std::system(make.c_str()) == 0);
        Program program({"serve", "--data-dir", folder.path + "/data", "--listen", "127.0.0.1:0", "--tls-cert",
                         certificate, "--tls-key", key});
        CHECK(program.read_until("\n").starts_with("ready https://127.0.0.1:"));
        program.signal(SIGHUP);
        std::ofstream(certificate) << "no certificate";
        program.signal(SIGHUP);
        CHECK(program.read_errors_until("certificates_not_reloaded").ends_with("certificates_not_reloaded"));
        program.signal(SIGTERM);
        CHECK(program.wait() == 0);
    }
    {
        Program program({"serve", "--data-dir", folder.path + "/data", "--listen", "127.0.0.1:0"});
        program.read_until("\n");
        program.signal(SIGINT);
        CHECK(program.wait() == 0);
        CHECK(program.errors().find("/setup?token=") != std::string::npos);
    }
    struct Row {
        std::vector<std::string> words;
        int exit;
        std::string_view says;
    };
    const Row rows[] = {
        {{"serve", "--insecure-dve"}, 2, "did you mean --insecure-dev?"},
        {{"serve", "--listen", "0.0.0.0:0", "--insecure-dev", "--data-dir", folder.path}, 1, "loopback"},
        {{"serve", "--listen", "nowhere", "--data-dir", folder.path}, 1, "--listen"},
        {{"serve", "--log-level", "loud", "--data-dir", folder.path}, 1, "--log-level"},
        {{"serve", "--config", folder.path + "/none.toml"}, 2, "none.toml"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.words);
        Program program(row.words);
        CHECK(program.read_until("\n") == "");
        CHECK(program.wait() == row.exit);
        CHECK(program.errors().find(row.says) != std::string::npos);
    }
}

TEST_CASE("what an answer would change is shown without doing it") {
    Folder folder;
    std::string file = folder.path + "/answer.md";
    std::ofstream(file)
        << "Hi <ramify-write path=\"a.txt\" description=\"d\">hello\n</ramify-write><ramify-write path=\"b\">un";
    Rig& rig = Rig::get();
    Outcome json = rig.run({"changes", "parse", file, "--output", "json"});
    CHECK(json.exit == Exit::ok);
    CHECK(json.json().at("changes").at(0).at("path") == "a.txt");
    CHECK(json.json().at("unfinished").at("path") == "b");
    Outcome table = rig.run({"changes", "parse", file});
    CHECK(table.out ==
          "change  path   size    description\nwrite   a.txt  1 line  d\n\nunfinished  line 2: write b; the answer "
          "ends inside it\n");
    CHECK(rig.run({"changes", "parse", folder.path + "/none"}).exit == Exit::not_found);
    CHECK(rig.run({"changes", "parse"}).exit == Exit::usage);
}

TEST_CASE("a template is rendered without a server, and what is wrong with it has a place") {
    Folder folder;
    Rig& rig = Rig::get();
    std::string file = folder.path + "/prompt.liquid", context = folder.path + "/context.json";
    std::ofstream(file) << "{{ name | upcase }}\n{% if";
    std::ofstream(context) << R"({"name": "Ada"})";
    Outcome hello = rig.run({"templates", "render", "--text", "Hi {{ name }}", "--context", context});
    CHECK(hello.exit == Exit::ok);
    CHECK(hello.out == "Hi Ada");
    Outcome unclosed = rig.run({"templates", "render", "--file", file, "--context=" + context});
    CHECK(unclosed.exit == Exit::failed);
    CHECK(unclosed.out.empty());
    CHECK(unclosed.err == "2:1: tag \"{% if\" not closed\n");
    CHECK(rig.run({"templates", "render", "--text", "{{ 0 | date: '%H' }}", "--time-zone", "Asia/Tokyo"}).out == "09");
    CHECK(rig.run({"templates", "render", "--text", "x", "--context", file}).err.find("not JSON at byte 1") !=
          std::string::npos);
    CHECK(rig.run({"templates", "render", "--text", "x", "--context", folder.path + "/none"}).exit == Exit::not_found);
    CHECK(rig.run({"templates", "render"}).exit == Exit::usage);
    CHECK(rig.run({"templates", "render", "--text", "x", "--file", file}).exit == Exit::usage);
}

TEST_CASE("a card changes its format without a server, and what is wrong with it is said") {
    Folder folder;
    Rig& rig = Rig::get();
    std::string json = folder.path + "/ada.json", png = folder.path + "/ada.PNG", charx = folder.path + "/ada.charx",
                back = folder.path + "/back.json";
    std::ofstream(json) << R"({"name":"Ada","description":"d","first_mes":"hi","extra":1.50})";
    CHECK(rig.run({"cards", "convert", json, png}).exit == Exit::ok);
    CHECK(rig.run({"cards", "convert", png, charx}).exit == Exit::ok);
    Outcome done = rig.run({"cards", "convert", charx, back, "--to", "v2"});
    CHECK(done.exit == Exit::ok);
    CHECK(done.err.empty());
    std::string written = *read_file(back);
    CHECK(written.starts_with(R"({"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Ada")"));
    CHECK(written.find(R"("extra":1.50)") != std::string::npos);
    std::ofstream(json) << "{}";
    Outcome bad = rig.run({"cards", "convert", json, png});
    CHECK(bad.exit == Exit::failed);
    CHECK(bad.err.starts_with("error: this is no character card"));
    CHECK(rig.run({"cards", "convert", charx, charx, "--to=v2"}).err.starts_with("error: /to must be v3"));
    CHECK(rig.run({"cards", "convert", folder.path + "/none.json", png}).exit == Exit::not_found);
    CHECK(rig.run({"cards", "convert", charx, folder.path + "/no/where.json"}).exit == Exit::failed);
    CHECK(rig.run({"cards", "convert", charx, folder.path + "/ada.webp"}).exit == Exit::usage);
    CHECK(rig.run({"cards", "convert", charx, back, "--to", "v1"}).exit == Exit::usage);
    CHECK(rig.run({"cards", "convert", charx}).exit == Exit::usage);
}

TEST_CASE("a lorebook is tested without a server: which entries activate, and why") {
    Folder folder;
    Rig& rig = Rig::get();
    std::string book = folder.path + "/book.json", text = folder.path + "/chat.txt",
                settings = folder.path + "/settings.json";
    std::ofstream(book)
        << R"({"entries": {"0": {"uid": 0, "key": ["Dragon", "/w[yi]rm/"], "content": "a hoard"}, "1": {"uid": 1, "key": ["hoard"], "comment": "Gold"},
        "2": {"uid": 2, "key": ["/x(?=y)/"]}}})";
    std::ofstream(text) << "The dragon, a wyrm.";
    std::ofstream(settings) << R"({"recursive": false})";
    Outcome json = rig.run({"lore", "test", "--book", book, "--text", text, "--seed", "7", "--output", "json"});
    CHECK(json.exit == Exit::ok);
    CHECK(
        json.out ==
        R"([{"uid":0,"activated":true,"reason":"keys","matched_keys":["Dragon","/w[yi]rm/"]},{"uid":1,"activated":true,"reason":"keys","matched_keys":["hoard"]},)"
        R"({"uid":2,"activated":false,"reason":"unusable_key","matched_keys":[]}])"
        "\n");
    CHECK(json.err.find("warning: entry 2: the key /x(?=y)/ looks ahead or behind") != std::string::npos);
    Outcome table = rig.run({"lore", "test", "--book=" + book, "--text=" + text, "--settings", settings});
    CHECK(table.out.find("no_match") != std::string::npos);
    CHECK(table.out.find("Gold") != std::string::npos);
    CHECK(rig.run({"lore", "test", "--book", text, "--text", text}).err.find("the lorebook is not valid JSON") !=
          std::string::npos);
    CHECK(rig.run({"lore", "test", "--book", folder.path + "/none", "--text", text}).exit == Exit::not_found);
    CHECK(rig.run({"lore", "test", "--book", book}).exit == Exit::usage);
    CHECK(rig.run({"lore", "test", "--book", book, "--text", text, "--seed", "x"}).exit == Exit::usage);
}

TEST_CASE("doctor and config") {
    Rig& rig = Rig::get();
    Outcome doctor = rig.run({"doctor", "--data-dir", rig.folder.path, "--listen", "127.0.0.1:0", "--output", "json"});
    bj::value checks = doctor.json().at("checks");
    CHECK(checks.as_array().size() > 7);
    for (const auto& check : checks.as_array()) {
        CHECK(!check.at("why").as_string().empty());
        CHECK((check.at("health") == "ok" || !check.at("fix").is_null()));
    }
    CHECK(rig.run({"config", "explain"}).out.find("RAMIFY_DATA_DIR") != std::string::npos);
    Outcome settings = rig.run({"config", "show", "--listen", "127.0.0.1:9", "--openai-api-key", "sk-hidden"}, true);
    CHECK(settings.out.find("127.0.0.1:9") != std::string::npos);
    CHECK(settings.out.find("sk-hidden") == std::string::npos);
}

TEST_CASE("databases by commands: without a server, with files, with failures that say where") {
    Folder folder;
    std::string data = folder.path + "/data";
    auto write = [&](const std::string& name, std::string_view text) {
        std::ofstream(folder.path + "/" + name) << text;
    };
    write("schema.sql", "create table item (id int primary key);\n\\ir more/seed.sql\n");
    std::filesystem::create_directories(folder.path + "/more");
    write("more/seed.sql", "insert into item values (1), (2);\n");
    write("bad.sql", "select 1;\n\nselect nonsense from item;\n");
    write("missing.sql", "\\i nowhere.sql\n");
    // Each in the folder of the files, with a data directory of its own.
    auto run = [&](std::vector<std::string> words) {
        words.insert(words.begin() + 2, {"--data-dir", data});
        std::string line = "cd " + folder.path + " && exec " RAMIFY_BINARY_DIR "/ramify";
        for (const std::string& word : words) line += " '" + word + "'";
        Program program({"/bin/sh", "-c", line}, Program::As::is);
        std::string out = program.read_until({});
        std::string err = program.errors();
        return std::tuple(program.wait(), out, err);
    };
    auto [first_exit, first, first_err] =
        run({"db", "prepare", "psql", "--name", "shop", "--output", "json", "--", "-f", "schema.sql"});
    REQUIRE_MESSAGE(first_exit == 0, first_err);
    bj::value made = bj::parse(first);
    CHECK_FALSE(made.at("cached").as_bool());
    CHECK(first_err.find("1/1  -f schema.sql") != std::string::npos);
    auto [exit, plan, err] =
        run({"db", "plan", "psql", "--output", "json", "--", "-f", "schema.sql", "-c", "select random()"});
    CHECK(exit == 0);
    CHECK(bj::parse(plan).at("steps").at(0).at("cached").as_bool());
    CHECK(bj::parse(plan).at("steps").at(1).at("reason").as_string() == "never_built");
    CHECK(bj::parse(plan).at("warnings").as_array().size() == 1);
    CHECK(std::get<1>(run(
              {"db", "run", "psql", "--instance", "shop", "--", "-At", "-c", "select count(*) from item"})) == "2\n");
    CHECK(std::get<0>(run({"db", "run", "--instance", "shop", "--", "sh", "-c", "exit 7"})) == 7);

    write("more/seed.sql", "insert into item values (1), (2), (3);\n");  // an input has changed
    CHECK(bj::parse(std::get<1>(run({"db", "plan", "psql", "--output", "json", "--", "-f", "schema.sql"})))
              .at("steps")
              .at(0)
              .at("reason")
              .as_string() == "input_changed: more/seed.sql");

    auto [bad_exit, bad_out, bad_err] = run({"db", "prepare", "psql", "--", "-f", "schema.sql", "-f", "bad.sql"});
    CHECK(bad_exit == 1);
    CHECK(bad_out == "");
    CHECK_MESSAGE(bad_err.find("step 2: bad.sql:3: column \"nonsense\" does not exist") != std::string::npos, bad_err);
    auto [missing_exit, missing_out, missing_err] = run({"db", "prepare", "psql", "--", "-f", "missing.sql"});
    CHECK(missing_exit == 2);
    CHECK_MESSAGE(missing_err.find("missing.sql:1: nowhere.sql does not exist") != std::string::npos, missing_err);
    CHECK(std::get<0>(run({"db", "stop", "--all"})) == 0);
    CHECK(std::get<2>(run({"db", "stop", "--all"})) == "No server runs.\n");
}

}  // namespace
}  // namespace ry::cli
