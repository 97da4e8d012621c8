#include "kernel/llm/demo.h"

#include <algorithm>
#include <optional>

#include "base/json.h"
#include "base/text.h"

namespace ry::llm {
namespace {

constexpr size_t quote_bytes_max = 160;
constexpr size_t title_bytes_max = 60;
constexpr size_t wishes_max = 12;

// ---- words of people

/// ASCII and Russian letters in lower case.
std::string lower_words(std::string_view text) {
    std::string out = lower(text);
    for (size_t i = 0; i + 1 < out.size(); ++i) {
        auto first = static_cast<unsigned char>(out[i]), second = static_cast<unsigned char>(out[i + 1]);
        if (first != 0xd0) continue;
        if (second >= 0x90 && second <= 0x9f)
            out[i + 1] = char(second + 0x20);  // А–П
        else if (second >= 0xa0 && second <= 0xaf)
            out[i] = '\xd1', out[i + 1] = char(second - 0x20);  // Р–Я
        else if (second == 0x81)
            out[i] = '\xd1', out[i + 1] = '\x91';  // Ё
    }
    return out;
}

std::string capitalised(std::string text) {
    if (text.empty()) return text;
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = char(text[0] - 0x20);
    if (text.size() < 2) return text;
    auto first = static_cast<unsigned char>(text[0]), second = static_cast<unsigned char>(text[1]);
    if (first == 0xd0 && second >= 0xb0)
        text[1] = char(second - 0x20);  // а–п
    else if (first == 0xd1 && second <= 0x8f)
        text[0] = '\xd0', text[1] = char(second + 0x20);  // р–я
    return text;
}

bool is_russian(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) == 0xd0 || static_cast<unsigned char>(c) == 0xd1; });
}

bool is_letter(char c) { return isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80; }

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (char c : lower_words(text) + " ") {
        if (is_letter(c))
            word += c;
        else if (!word.empty())
            words.push_back(std::exchange(word, {}));
    }
    return words;
}

/// `patterns` are words separated by spaces; a '*' at the end stands for any ending.
bool says(const std::vector<std::string>& words, std::string_view patterns) {
    for (std::string_view pattern : split(patterns, ' ')) {
        bool is_beginning = pattern.ends_with('*');
        if (is_beginning) pattern.remove_suffix(1);
        for (const std::string& word : words)
            if (is_beginning ? word.starts_with(pattern) : word == pattern) return true;
    }
    return false;
}

/// A request as the answer and the app quote it: one line, no marks that could be read as an element.
std::string quoted_request(std::string_view text) {
    std::string line;
    for (char c : trim(text)) {
        if (c == '<' || c == '>') continue;
        bool is_blank = static_cast<unsigned char>(c) <= ' ';
        if (!is_blank)
            line += c;
        else if (!line.ends_with(' '))
            line += ' ';
    }
    std::string_view cut = utf8_prefix(line, quote_bytes_max);
    return std::string(cut) + (cut.size() < line.size() ? "…" : "");
}

/// What stands between quotation marks.
std::optional<std::string> find_quotation(std::string_view text) {
    static constexpr std::pair<std::string_view, std::string_view> marks[] = {{"\"", "\""}, {"«", "»"},  {"“", "”"},
                                                                              {"„", "“"},   {" '", "'"}, {"`", "`"}};
    for (const auto& [open, close] : marks) {
        size_t from = text.find(open);
        if (from == text.npos) continue;
        from += open.size();
        size_t end = text.find(close, from);
        if (end != text.npos && end > from)
            return quoted_request(utf8_prefix(text.substr(from, end - from), title_bytes_max));
    }
    return {};
}

/// The words after `lead_in`, up to the end of the sentence.
std::optional<std::string> find_words_after(std::string_view text, std::string_view lead_in) {
    size_t at = lower_words(text).find(lead_in);  // Russian letters keep their length in lower case
    if (at == std::string::npos) return {};
    std::string_view rest = text.substr(at + lead_in.size());
    rest = trim(rest.substr(0, rest.find_first_of(".,;:!?\n")));
    for (std::string_view article : {"a ", "an ", "the ", "my ", "our "})
        if (rest.starts_with(article)) rest.remove_prefix(article.size());
    if (rest.empty()) return {};
    return capitalised(quoted_request(utf8_prefix(rest, title_bytes_max)));
}

// ---- the app that the words describe

struct SectionWords {
    DemoSection section;
    std::string_view patterns;
    std::string_view english, russian;              ///< "a counter"
    std::string_view title_english, title_russian;  ///< of an app that begins with it
};
constexpr SectionWords section_words[] = {
    {DemoSection::todo, "todo todos task tasks checklist list lists shopping туду задач* список списк* дела дел покуп*",
     "a list of tasks", "список дел", "My tasks", "Мои дела"},
    {DemoSection::counter, "counter counters count counting tally clicker счетчик* счётчик* кликер*", "a counter",
     "счётчик", "Counter", "Счётчик"},
    {DemoSection::button, "button buttons surprise confetti кнопк* сюрприз* конфетти", "a button", "кнопку",
     "Push the button", "Нажми на кнопку"},
    {DemoSection::clock, "clock clocks time часы часов* время", "a clock", "часы", "The time", "Который час"},
    {DemoSection::notepad, "note notes notepad diary journal заметк* записк* дневник* блокнот*", "a notepad", "блокнот",
     "My notes", "Мои заметки"},
};

struct ColumnWords {
    DemoColumn column;
    std::string_view patterns;
};
constexpr ColumnWords column_words[] = {
    {DemoColumn::done,
     "done todo task tasks check checkbox tick completed finished готов* выполн* сделан* задач* галоч*"},
    {DemoColumn::important, "important star stars priority urgent важн* срочн* звёзд* звезд*"},
    {DemoColumn::due, "due date dates deadline deadlines срок* дат* дедлайн*"},
};

constexpr std::string_view dark_words = "dark night black тёмн* темн* ночн* чёрн* черн*";
constexpr std::string_view light_words = "light bright white светл* бел*";
constexpr std::string_view remove_words = "remove delete drop hide убер* убрать удал* скро* спря*";
constexpr std::string_view add_words = "add include insert put also добав* встав* ещё еще";
constexpr std::string_view title_words =
    "title heading headline header rename call name заголов* назов* назван* переимен*";

/// One request, applied. What was understood is told in `done`, as parts of a sentence.
struct Change {
    DemoApp& app;
    bool russian;  ///< the request's language; the app keeps its own
    std::vector<std::string> done = {};

    void tell(std::string_view in_english, std::string_view in_russian, std::string_view what = {}) {
        done.push_back(std::string(russian ? in_russian : in_english) + std::string(what));
    }
    void tell_colour() {
        const DemoColour& colour = demo_colours()[app.colour];
        tell("changed the colour to ", "поменял цвет на ",
             russian ? colour.in_russian : split(colour.words, ' ').front());
    }

    void sections(const std::vector<std::string>& words, std::string_view text) {
        bool removes = says(words, remove_words);
        for (const SectionWords& row : section_words) {
            bool is_meant =
                says(words, row.patterns) || (row.section == DemoSection::todo && lower(text).contains("to-do"));
            if (!is_meant) continue;
            auto at = std::ranges::find(app.sections, row.section);
            std::string_view name = russian ? row.russian : row.english;
            if (removes && at != app.sections.end()) {
                app.sections.erase(at);
                tell("removed ", "убрал ", name);
            } else if (!removes && at == app.sections.end()) {
                app.sections.push_back(row.section);
                tell("added ", "добавил ", name);
            }
        }
    }

    /// Columns stay: people's data is in them.
    void columns(const std::vector<std::string>& words) {
        for (const ColumnWords& row : column_words) {
            if (!says(words, row.patterns) || std::ranges::find(app.columns, row.column) != app.columns.end()) continue;
            app.columns.push_back(row.column);
            tell("added ", "добавил ", column_name(row.column, russian));
        }
    }

    void parts(const std::vector<std::string>& words, std::string_view text) {
        if (app.has_database)
            columns(words);
        else
            sections(words, text);
    }

    void looks(const std::vector<std::string>& words) {
        bool wants_dark = says(words, dark_words);
        if (wants_dark && !app.dark) tell("made it dark", "сделал тему тёмной");
        bool wants_light = !wants_dark && says(words, light_words);
        if (wants_light && app.dark) tell("made it light", "сделал тему светлой");
        if (wants_dark || wants_light) app.dark = wants_dark;
        const auto& colours = demo_colours();
        for (size_t i = 0; i < colours.size(); ++i) {
            if (!says(words, colours[i].words) || app.colour == i) continue;
            app.colour = i;
            return tell_colour();
        }
        // A wish for colour that names none still gets a visible answer.
        if (!says(words, "colour color colours colors colorful colourful theme цвет* тем* ярк*") || wants_dark ||
            wants_light || !done.empty())
            return;
        app.colour = (app.colour + 2) % colours.size();
        tell_colour();
    }

    void title(const std::vector<std::string>& words, std::string_view text) {
        if (!says(words, title_words)) return;
        auto title = find_quotation(text);
        for (std::string_view lead_in : {"call it ", " to ", " name it ", " на ", " в "})
            if (!title) title = find_words_after(text, lead_in);
        if (!title || *title == app.title) return;
        app.title = *title;
        tell("changed the title to ", "поменял заголовок на ", "“" + *title + "”");
    }
};

std::string first_title(const DemoApp& app, std::string_view text) {
    if (auto title = find_quotation(text)) return *title;
    for (const SectionWords& row : section_words)
        if (!app.sections.empty() && app.sections.front() == row.section)
            return std::string(app.say(row.title_english, row.title_russian));
    for (std::string_view lead_in : {" for ", " about ", " для ", " про "})
        if (auto title = find_words_after(text, lead_in)) return *title;
    if (app.has_database) return std::string(app.say("My notes", "Мои заметки"));
    return std::string(app.say("Hello from the demo", "Привет из демо"));
}

DemoApp begun(std::string_view text, bool has_database) {
    auto words = words_of(text);
    DemoApp app{.lead = quoted_request(text), .russian = is_russian(text), .has_database = has_database};
    Change change{app, app.russian};
    change.parts(words, text);
    change.looks(words);
    app.title = first_title(app, text);
    if (has_database && app.columns.empty()) app.columns.push_back(DemoColumn::done);
    if (!has_database && app.sections.empty()) app.sections.push_back(DemoSection::button);
    return app;
}

/// Later requests. Nothing understood: the request itself appears in the app.
std::vector<std::string> applied(DemoApp& app, std::string_view text) {
    auto words = words_of(text);
    Change change{app, is_russian(text)};
    change.title(words, text);
    change.looks(words);
    // "Call it Counter" and "make the buttons green" add nothing; "make it green and add a button" does.
    if (change.done.empty() || says(words, add_words) || says(words, remove_words)) change.parts(words, text);
    if (!change.done.empty()) return std::move(change.done);
    app.wishes.push_back(quoted_request(text));
    if (app.wishes.size() > wishes_max) app.wishes.erase(app.wishes.begin());
    return {};
}

// ---- the conversation

enum class Template { none, static_files, react_vite, react_vite_postgres };

std::optional<Template> template_named(std::string_view name) {
    if (name == "react-vite") return Template::react_vite;
    if (name == "react-vite-postgres") return Template::react_vite_postgres;
    if (name == "static") return Template::static_files;
    return {};
}

/// The word after "Template:"; without such a line, the files in the list of files tell.
Template template_of(std::string_view system) {
    constexpr std::string_view label = "template:";
    bool has_react = false, has_page = false;
    for (std::string_view line : split(system, '\n')) {
        size_t at = lower(line).rfind(label);
        if (at != std::string::npos) {
            std::string_view rest = trim(line.substr(at + label.size()));
            if (auto named = template_named(rest.substr(0, rest.find_first_of(" .,;(\r")))) return *named;
        }
        has_react = has_react || line.starts_with("src/App.tsx");
        has_page = has_page || line.starts_with("index.html");
    }
    if (has_react) return Template::react_vite;
    return has_page || system.contains("ramify-write") ? Template::static_files : Template::none;
}

struct Conversation {
    std::string system;
    std::vector<std::string> requests;
};

Conversation conversation_of(const Ask& ask) {
    Conversation conversation;
    for (const Message& message : ask.messages) {
        if (message.role == Role::system) conversation.system += text_of(message) + "\n";
        if (message.role == Role::user) conversation.requests.push_back(text_of(message));
    }
    if (conversation.requests.empty()) conversation.requests.emplace_back();
    return conversation;
}

std::string joined(const std::vector<std::string>& parts, std::string_view last_separator) {
    std::string text;
    for (size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) text += i + 1 == parts.size() ? last_separator : ", ";
        text += parts[i];
    }
    return text;
}

std::string chat_answer(std::string_view request) {
    std::string quote = quoted_request(request);
    if (is_russian(request))
        return "Это встроенное демо Ramify: сценарий, а не языковая модель, поэтому на «" + quote +
               "» я ответить не могу. Укажите настоящую модель в **Настройки → Модели** (Settings → Models), или "
               "создайте "
               "приложение: в нём я покажу, как из разговора растёт работающая программа.\n";
    return "This is Ramify's built-in demo: a script, not a language model, so I cannot answer “" + quote +
           "”. Set a real model in **Settings → Models**, or create an app: there I can show how a conversation grows "
           "running "
           "software.\n";
}

std::string first_words(const DemoApp& app) {
    if (app.russian)
        return "Я — встроенное демо Ramify: сценарий, а не языковая модель, и умею немногое. По запросу «" + app.lead +
               "» я собрал маленькое работающее приложение. Настоящую модель можно указать в **Настройки → Модели** "
               "(Settings → Models).\n\n";
    return "I am Ramify's built-in demo: a script, not a language model, and I know only a few tricks. From “" +
           app.lead + "” I made a small app that works. A real model can be set in **Settings → Models**.\n\n";
}

std::string later_words(const DemoApp& app, const std::vector<std::string>& done, bool russian) {
    if (done.empty() && russian)
        return "Я — встроенное демо и не понял «" + app.wishes.back() +
               "», поэтому добавил это на страницу как пожелание. Настоящая модель из **Настройки → Модели** (Settings "
               "→ Models) это сделает.\n\n";
    if (done.empty())
        return "I am the built-in demo and did not understand “" + app.wishes.back() +
               "”, so I put it on the page as a wish. A real model, set in **Settings → Models**, would build it.\n\n";
    if (russian)
        return "Сделано встроенным демо: я " + joined(done, " и ") +
               ". Для большего укажите настоящую модель в **Настройки → Модели** (Settings → Models).\n\n";
    return "Done by the built-in demo: I " + joined(done, " and ") +
           ". For anything beyond such tricks set a real model in **Settings → Models**.\n\n";
}

/// What the answer does, in a few words: the title of the version that it makes.
std::string summary(const DemoApp& app, const std::vector<std::string>& done, bool is_first, bool russian) {
    if (is_first) return (russian ? "Создал «" : "Made “") + app.title + (russian ? "»" : "”");
    if (done.empty()) return (russian ? "Пожелание: " : "A wish: ") + app.wishes.back();
    return capitalised(joined(done, russian ? " и " : " and "));
}

std::string_view ideas(bool has_database, bool russian) {
    if (has_database && russian) return "Попробуйте: «добавь срок», «отмечай важные», «сделай тему тёмной».\n\n";
    if (has_database) return "Try next: “add a due date”, “mark important notes”, “make it dark”.\n\n";
    if (russian)
        return "Попробуйте: «сделай тему тёмной», «сделай зелёным», «добавь счётчик», «назови \"Мой день\"».\n\n";
    return "Try next: “make it dark”, “make it green”, “add a counter”, “call it \"My day\"”.\n\n";
}

std::string attribute(std::string_view text) {
    std::string out;
    for (char c : text) out += c == '"' ? "&quot;" : c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
    return out;
}

/// What turns the files of `before` into those of `after`.
std::string changes(const std::vector<DemoFile>& before, const std::vector<DemoFile>& after) {
    std::string out;
    for (const DemoFile& file : after) {
        auto old = std::ranges::find(before, file.path, &DemoFile::path);
        if (old != before.end() && old->text == file.text) continue;
        out += "<ramify-write path=\"" + file.path + "\" description=\"" + attribute(file.description) + "\">\n" +
               file.text + "</ramify-write>\n\n";
    }
    for (const DemoFile& file : before)
        if (std::ranges::find(after, file.path, &DemoFile::path) == after.end())
            out += "<ramify-delete path=\"" + file.path + "\"></ramify-delete>\n\n";
    return out;
}

}  // namespace

const std::vector<DemoColour>& demo_colours() {
    static const std::vector<DemoColour> colours = {
        {"red", "#dc2626", "#fee2e2", "красный", "red красн*"},
        {"orange", "#ea580c", "#ffedd5", "оранжевый", "orange оранж*"},
        {"amber", "#d97706", "#fef3c7", "жёлтый", "yellow gold golden amber желт* жёлт* золот*"},
        {"emerald", "#059669", "#d1fae5", "зелёный", "green emerald зелен* зелён*"},
        {"teal", "#0d9488", "#ccfbf1", "бирюзовый", "teal turquoise cyan бирюз*"},
        {"blue", "#2563eb", "#dbeafe", "синий", "blue navy син* голуб*"},
        {"indigo", "#4f46e5", "#e0e7ff", "индиго", "indigo индиго"},
        {"violet", "#7c3aed", "#ede9fe", "фиолетовый", "violet purple lilac фиолет* сирен* лилов*"},
        {"pink", "#db2777", "#fce7f3", "розовый", "pink rose розов*"},
    };
    return colours;
}

std::string fill(std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& values) {
    std::string out;
    while (true) {
        size_t open = text.find('@');
        size_t close = open == text.npos ? text.npos : text.find('@', open + 1);
        if (close == text.npos) return out += text;
        std::string_view name = text.substr(open + 1, close - open - 1);
        auto value = std::ranges::find_if(values, [&](const auto& row) { return row.first == name; });
        bool is_known = value != values.end();
        out += text.substr(0, open);
        out += is_known ? value->second : "@";
        text.remove_prefix(is_known ? close + 1 : open + 1);
    }
}

std::string html_text(std::string_view text) {
    std::string out;
    for (char c : text)
        out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
    return out;
}

std::string script_text(std::string_view text) {
    std::string quoted, out;
    json::write_string(quoted, text);
    for (char c : quoted) out += c == '<' ? "\\u003c" : std::string(1, c);
    return out;
}

std::string demo_answer(const Ask& ask) {
    Conversation conversation = conversation_of(ask);
    Template kind = template_of(conversation.system);
    const auto& requests = conversation.requests;
    if (kind == Template::none) return chat_answer(requests.back());
    auto files_of = [&](const DemoApp& app) {
        if (kind == Template::react_vite_postgres) return postgres_files(app);
        return kind == Template::react_vite ? react_files(app) : static_files(app);
    };

    DemoApp app = begun(requests.front(), kind == Template::react_vite_postgres);
    std::vector<DemoFile> before;
    std::vector<std::string> done;
    for (size_t i = 1; i < requests.size(); ++i) {
        if (i + 1 == requests.size()) before = files_of(app);
        done = applied(app, requests[i]);
    }
    bool is_first = requests.size() == 1, russian = is_russian(requests.back());
    return (is_first ? first_words(app) : later_words(app, done, russian)) + changes(before, files_of(app)) +
           std::string(ideas(app.has_database, russian)) + "<ramify-chat-summary>" +
           summary(app, done, is_first, russian) + "</ramify-chat-summary>\n";
}

std::vector<std::string_view> demo_pieces(std::string_view answer) {
    std::vector<std::string_view> pieces;
    bool in_file = false;
    while (!answer.empty()) {
        if (answer.starts_with("<ramify-write")) in_file = true;
        if (answer.starts_with("</ramify-write")) in_file = false;
        size_t end = answer.find_first_of(in_file || answer.front() == '<' ? "\n" : " \n");
        end = end == answer.npos ? answer.size() : end + 1;
        pieces.push_back(answer.substr(0, end));
        answer.remove_prefix(end);
    }
    return pieces;
}

}  // namespace ry::llm
