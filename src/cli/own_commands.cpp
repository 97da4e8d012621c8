#include "cli/own_commands.h"

#include <algorithm>
#include <string>

namespace ry::cli {
namespace {

// Flags that several commands have.
constexpr OwnFlag server{
    "server", "URL",
    "The server; else RAMIFY_SERVER, a profile, or the one of the data directory, which is started when none runs."};
constexpr OwnFlag profile{"profile", "NAME",
                          "The server and token of a profile (ramify profile add); else RAMIFY_PROFILE, else the one "
                          "in use. \"local\" is the server of the data directory."};
constexpr OwnFlag token{"token", "TOKEN", "An API token (ramify tokens create); else RAMIFY_TOKEN."};
constexpr OwnFlag data_dir{"data-dir", "DIR",
                           "The data directory of the local server; else RAMIFY_DATA_DIR, else ~/.local/share/ramify."};
constexpr OwnFlag connection_output{
    "output", "dsn|env|json|assignment",
    "How to print the connection: the DSN, variables for a shell, JSON, or the one line DSN=…"};
constexpr OwnFlag table_output{"output", "table|json", "How to print. On a terminal a table, else JSON."};
constexpr OwnFlag image{"image", "NAME",
                        "The PostgreSQL to run on, such as postgres:15; the newest of the host without it."};
constexpr OwnFlag from_state{"from", "REF", "Begin with this state or ref instead of an empty cluster."};
constexpr OwnFlag input{"input", "FILE",
                        "A file or folder that the steps may read besides those that their scripts name.", true};
constexpr OwnFlag before{"before", "FILE", "A psql script that runs before the kind's own steps, as a step.", true};
constexpr OwnFlag mask{"mask", "FILE", "A psql script that runs after them, as a step.", true};
constexpr OwnFlag layout{"layout", "NAME", "Of migrations: which tool's folder it is, when that is not seen."};
constexpr OwnFlag deterministic{"deterministic", "",
                                "Refuse scripts whose result may vary by itself, such as with random()."};
constexpr OwnFlag source{
    "source", "DSN",
    "Of clone: the server that is copied; else RAMIFY_SOURCE. A password goes into RAMIFY_SOURCE alone."};
constexpr OwnFlag refresh{"refresh", "", "Of clone: copy the server again, instead of what was copied before."};
constexpr OwnFlag one_session{"one-session", "", "All sources are one step, in one session of psql."};
constexpr OwnFlag ref{"ref", "REV", "Read the inputs at this revision of the repository, without a checkout."};
constexpr OwnFlag ref_mode{
    "ref-mode", "blob|worktree",
    "With --ref: read objects where they are, or write the commit's files for programs that need them."};
constexpr OwnFlag provenance{
    "provenance", "FILE",
    "Write what was read, what was cached and what came of it to this file, as JSON; also when it fails."};
constexpr OwnFlag run_ref{"ref", "REV", "Start the program in the files of this revision."};
constexpr OwnFlag database{"database", "NAME", "Which database of its cluster; postgres without it."};
constexpr OwnFlag timeout{"timeout", "TIME", "End the program after 90s, 30m, 2h or 1d; the exit code is 124."};
constexpr OwnFlag max_rows{"max-rows", "N",
                           "End the program after so many lines of standard output; the exit code is 1."};
constexpr OwnFlag max_bytes{"max-bytes", "N",
                            "End the program after so many bytes of standard output; the exit code is 1."};

constexpr OwnFlag prepare_flags[] = {
    image,
    from_state,
    {"name", "NAME", "A name for the instance; one that exists is switched to the state."},
    {"ttl", "TIME", "How long after its last use the instance is kept: 90s, 30m, 2h or 1d; 2h without it."},
    {"lease", "TIME", "How long the instance is kept in any case."},
    input,
    before,
    mask,
    layout,
    source,
    refresh,
    deterministic,
    one_session,
    ref,
    ref_mode,
    provenance,
    {"no-watch", "", "Do not wait: print the id of the prepare. `ramify db watch` follows it."},
    connection_output,
    server,
    profile,
    token,
    data_dir};
constexpr OwnFlag plan_flags[] = {image,      from_state,   input,         before,      mask,  layout,
                                  source,     refresh,      deterministic, one_session, ref,   ref_mode,
                                  provenance, table_output, server,        profile,     token, data_dir};
constexpr OwnFlag run_flags[] = {{"instance", "NAME", "The instance to run against, as it is: by name, id or ref."},
                                 {"from", "REF", "Instead: a copy of this state or ref, dropped at the end."},
                                 database,
                                 run_ref,
                                 timeout,
                                 max_rows,
                                 max_bytes,
                                 provenance,
                                 server,
                                 profile,
                                 token,
                                 data_dir};
constexpr OwnFlag diff_flags[] = {
    {"from", "NAME", "A state, a ref or an instance."},
    {"to", "NAME", "What it is compared with."},
    {"from-ref", "REV", "Instead: the kind's or recipe's inputs at this revision of the repository."},
    {"to-ref", "REV", "The other revision; the working directory without it."},
    {"schema", "", "Compare the objects; what is done without --schema and --data."},
    {"data", "", "Compare the rows."},
    {"table", "NAME", "Only the rows of this table, such as public.item.", true},
    {"database", "NAME", "Which database of the clusters; postgres without it."},
    {"rows", "N", "How many rows of each table are shown at most; 20 without it."},
    {"timeout", "TIME", "How long comparing may take; 1m without it."},
    image,
    input,
    before,
    mask,
    one_session,
    layout,
    ref_mode,
    table_output,
    server,
    profile,
    token,
    data_dir};
constexpr OwnFlag compare_flags[] = {
    {"from", "REF", "The one state or ref."},
    {"to", "REF", "The other."},
    run_ref,
    timeout,
    max_rows,
    max_bytes,
    {"output", "text|table|json", "What differs between the lines, side by side, or as JSON."},
    server,
    profile,
    token,
    data_dir};
constexpr OwnFlag discover_flags[] = {{"recipes", "", "Only recipes; the same for --ignores and --splits."},
                                      {"ignores", "", "Only rules for .gitignore."},
                                      {"splits", "", "Only better steps."},
                                      table_output,
                                      data_dir};
constexpr OwnFlag connection_flags[] = {connection_output, server, profile, token, data_dir};
constexpr OwnFlag dsn_flags[] = {database, connection_output, server, profile, token, data_dir};
constexpr OwnFlag psql_flags[] = {database, server, profile, token, data_dir};
constexpr OwnFlag remove_flags[] = {{"recurse", "", "Also the states and instances that come from it."},
                                    {"force", "", "Also while somebody is connected, or a prepare needs it."},
                                    {"dry-run", "", "Only say what would be removed."},
                                    {"missing-ok", "", "What is not there is a warning."},
                                    table_output,
                                    server,
                                    profile,
                                    token,
                                    data_dir};
constexpr OwnFlag list_flags[] = {{"instances", "", "Instances; what is listed when nothing else is asked for."},
                                  {"refs", "", "The names of states."},
                                  {"states", "", "States."},
                                  {"prepares", "", "Prepares."},
                                  {"runs", "", "Runs."},
                                  {"images", "", "PostgreSQL distributions."},
                                  {"all", "", "All of these."},
                                  {"limit", "N", "How many of each; 50 without it."},
                                  table_output,
                                  server,
                                  profile,
                                  token,
                                  data_dir};
constexpr OwnFlag status_flags[] = {
    {"cache", "", "Also what the states take, hits and misses."}, table_output, server, profile, token, data_dir};
constexpr OwnFlag init_flags[] = {image, table_output, server, profile, token, data_dir};
constexpr OwnFlag collect_flags[] = {
    {"all", "", "Also states for which there is room, if nothing names or copies them."},
    {"dry-run", "", "Only say what would go."},
    table_output,
    server,
    profile,
    token,
    data_dir};
constexpr OwnFlag lore_flags[] = {
    {"book", "FILE|-", "A lorebook: SillyTavern's world info, a card's character_book, or a lorebook_v3."},
    {"text", "FILE|-", "What is looked at, as one message."},
    {"seed", "N", "Of all that is drawn; the same seed draws the same. 0 without it."},
    {"settings", "FILE", "Settings as JSON; docs/lore.md lists them."},
    {"output", "table|json", "How to print; a table without it."}};
constexpr OwnFlag stop_flags[] = {{"all", "", "Yes, all of its instances with it; they wake with the next command."},
                                  data_dir};
constexpr OwnFlag convert_flags[] = {{"to", "v2|v3",
                                      "The version of the card that is written; v3 without it, which a PNG carries "
                                      "beside V2 for programs that know no other."}};
constexpr OwnFlag profile_flags[] = {
    {"token-env", "NAME", "The variable of the environment that has its token."},
    {"token-file", "FILE", "Or the file that has it."},
    {"token-command", "COMMAND", "Or a command of the shell that prints it, such as 'pass show ramify'."},
    {"service-account", "ID", "Or the service account that CI signs in as, with the ID token of its job."},
    {"id-token-env", "NAME", "The variable that has the ID token; without it RAMIFY_ID_TOKEN, else GitHub is asked."},
    {"ca-file", "FILE", "Certificates (PEM) to trust besides the system's, for a server that has its own."},
    {"use", "", "Use it from now on."}};
constexpr OwnFlag profile_list_flags[] = {table_output};

constexpr OwnCommand commands[] = {
    {"serve", "[--data-dir DIR] [--listen ADDRESS:PORT] [--insecure-dev] [--config FILE] [settings]", "Start a server.",
     "Prints one line on standard output when it serves: ready http://127.0.0.1:PORT. SIGTERM or Ctrl-C ends it after "
     "the requests that run; a second one ends it at once.\n\nEvery setting that `ramify config explain` lists is a "
     "flag: data_dir is --data-dir."},
    {"migrate", "[--data-dir DIR | --database-url URL]", "Bring the database up to date without serving.",
     "`ramify serve` does it by itself; this is for upgrades in steps."},
    {"doctor", "[--data-dir DIR] [--output json]", "Say what this machine lacks, why it matters and how to mend it.",
     "Exits with 1 when something that is needed is missing."},
    {"config explain", "", "Every setting with its default and meaning.", ""},
    {"config show", "[--config FILE] [settings]", "The settings as `serve` would use them, and where each came from.",
     ""},
    {"templates render", "--text TEXT|--file FILE|- [--context FILE|-] [--time-zone ZONE]",
     "What a Liquid template prints.",
     "The context is a JSON object. A template that cannot be rendered is an error, with line:column. Dates are shown "
     "in the machine's time zone unless "
     "--time-zone names another."},
    {"cards convert", "IN OUT", "A character card in another format: .json, .png or .charx, as the name of OUT ends.",
     "Reads cards of V1, V2 and V3 from JSON, PNG and CHARX; the content tells which. What programs wrote beside the "
     "fields of the format stays as it was. "
     "Exits with 1 when the card cannot be read, and says what is wrong with it.\n\nramify cards convert vera.png "
     "vera.charx\nramify cards convert vera.charx vera.json --to v2",
     convert_flags},
    {"lore test", "--book FILE --text FILE [--seed N] [--settings FILE] [--output table|json]",
     "Which entries of a lorebook a text activates, and why.",
     "Each entry is listed with the reason why it activated or did not, and with those of its keys that were found. "
     "What of the book cannot be used is said on standard error.",
     lore_flags},
    {"changes parse", "FILE|- [--output json]", "What a model's answer would change, without doing it.",
     "Reads an answer in the change grammar from a file or, with -, from standard input. What is unfinished or wrong "
     "is said."},
    {"db init", "", "Make this machine ready for databases: the server, and an empty cluster.",
     "What is ready already stays as it is.", init_flags},
    {"db status", "", "What runs, and what there is; starts nothing.", "", status_flags},
    {"db ls", "", "Instances, or what else there is.", "", list_flags},
    {"db prepare", "psql|lb|pgbench|dump|migrations|clone|RECIPE [flags] -- [the tool's arguments] [run …]",
     "A database in a prepared state: prints its DSN.",
     "psql takes psql's arguments, and each -f and -c is a step; pgbench takes -i and its options; dump takes "
     "pg_restore's options and a dump of any format; migrations takes a "
     "folder of Flyway, golang-migrate, dbmate, goose, sqitch, Prisma, Drizzle, Rails (SQL), or of numbered files. A "
     "recipe's name may stand for the kind. What was built once is handed out in milliseconds.\n\n"
     "ramify db prepare psql -- -f schema.sql -f seed.sql\n"
     "ramify db prepare psql --image postgres:15 --name shop -- -v rows=100 -f schema.sql -c analyze\n"
     "ramify db prepare dump --before roles.sql --mask mask.sql -- --no-owner shop.dump\n"
     "ramify db prepare psql -- -f schema.sql run -- npm test\n\n"
     "With `run` the command gets the database, which is dropped when it ends; the exit code is the command's.\n\n"
     "Ctrl-C at a terminal offers to stop it or to leave it running; elsewhere it stops it. "
     "Without --server or RAMIFY_SERVER, `db` commands use the server of the data directory, and start it when none "
     "runs.",
     prepare_flags},
    {"db plan", "psql|lb|pgbench|dump|migrations|clone|RECIPE [flags] -- [the tool's arguments]",
     "Which steps are cached, and why the others are not.", "Starts nothing.", plan_flags},
    {"db watch", "PREPARE", "Follow a prepare, and print its DSN when it is done.", "", connection_flags,
     Names::prepare},
    {"db run", "[psql|pgbench|RECIPE [RUN]] --instance NAME|--from REF [flags] -- COMMAND",
     "Run a program with the database in its environment.",
     "The program finds the database by DATABASE_URL and PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE. Its exit "
     "code is this command's. `ramify db runs` lists what ran.",
     run_flags},
    {"db compare", "[psql|pgbench] --from REF --to REF [flags] -- COMMAND",
     "Run one command on two states, and show how the results differ.", "Both runs stay in `ramify db runs`.",
     compare_flags},
    {"db diff", "--from NAME --to NAME | --from-ref REV [--to-ref REV] psql|RECIPE [-- the tool's arguments]",
     "What differs between two databases, or between two commits.",
     "Of databases: objects (tables with their columns, constraints and indexes, views, functions, privileges, and so "
     "on) and, with --data, rows by their keys. Of commits: the inputs that "
     "were added, modified and removed, and the steps that would be built; with --schema or --data the databases are "
     "made, and compared too.\n\n"
     "ramify db diff --from shop@v1 --to shop@v2 --data\nramify db diff --from-ref main psql --schema -- -f schema.sql",
     diff_flags},
    {"db discover", "[FOLDER]",
     "What here could be prepared: recipes, ignore rules and better steps, each with a command to paste.",
     "Looks at scripts that no other includes, changelogs of Liquibase, folders of migrations and the history of large "
     "scripts. It only reads.",
     discover_flags},
    {"db dsn", "NAME|ID|REF", "How to connect to an instance; one that sleeps is woken.", "", dsn_flags,
     Names::instance},
    {"db psql", "NAME|ID|REF [-- psql's arguments]", "psql on an instance.", "", psql_flags, Names::instance},
    {"db rm", "NAME|ID…", "Remove instances, states and prepares.",
     "By name or a unique beginning of the id, of 8 letters or more. Each is removed with all that it asks for, or not "
     "at all: an instance that somebody is connected to, a state "
     "that others come from, one that is pinned, and a prepare that runs stay, and the exit code is 4.",
     remove_flags, Names::anything},
    {"db gc", "", "Drop instances whose time is over, and states for which there is no room.", "", collect_flags},
    {"db stop", "--all", "End the server that a `db` command started.", "", stop_flags},
    {"profile add", "NAME URL", "Remember a server and where its token comes from.",
     "Commands with --profile NAME go there. The token itself is never written down: it is read anew for each "
     "command.\n\n"
     "ramify profile add team https://ramify.example.com --token-env TEAM_TOKEN\nramify db prepare psql --profile team "
     "-- -f schema.sql",
     profile_flags},
    {"profile ls", "", "The servers that are remembered.", "", profile_list_flags},
    {"profile rm", "NAME", "Forget one.", "", {}, Names::profile},
    {"profile use",
     "NAME|local",
     "Go there whenever no server is named; `local` goes back to the server of the data directory.",
     "",
     {},
     Names::profile},
    {"sqlrs", "COMMAND", "The spellings of sqlrs, for scripts that have them.",
     "What it takes is `ramify db`'s: prepare:psql, plan:psql, run:psql, run:pgbench, ls, rm, status, watch, logs, "
     "config, init, apply, "
     "destroy. A link called sqlrs to this program does the same."},
    {"openapi", "[--typescript | --access | --config]", "Print what is generated from the code.",
     "Without a flag the OpenAPI document; else the typed client of the web UI, the table of routes and roles, or the "
     "manual of the settings."},
    {"completion", "bash|zsh|fish", "Print a completion script.",
     "bash: source <(ramify completion bash)\nzsh: source <(ramify completion zsh)\nfish: ramify completion fish | "
     "source"},
    {"man", "[NOUN [VERB]]", "Print a manual page.", "ramify man db prepare | man -l -"},
    {"version", "", "Print the version.", ""},
    {"help", "[NOUN [VERB]]", "Explain a command.", ""},
};

}  // namespace

std::span<const OwnCommand> own_commands() { return commands; }

const OwnCommand* find_own(std::string_view noun, std::string_view verb) {
    for (const OwnCommand& command : commands)
        if (command.name == noun || command.name == std::string(noun) + " " + std::string(verb)) return &command;
    return nullptr;
}

const OwnFlag* find_flag(const OwnCommand& command, std::string_view name) {
    auto flag = std::ranges::find(command.flags, name, &OwnFlag::name);
    return flag == command.flags.end() ? nullptr : &*flag;
}

Names names_of_flag(std::string_view flag) {
    if (flag == "instance") return Names::instance;
    if (flag == "profile") return Names::profile;
    return flag == "from" || flag == "to" ? Names::ref : Names::nothing;
}

}  // namespace ry::cli
