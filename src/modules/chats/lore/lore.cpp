#include "modules/chats/lore/lore.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
#include "modules/chats/lore/inclusion_groups.h"
#include "modules/chats/lore/matcher.h"
#include "modules/chats/lore/roll.h"

namespace ry::chats::lore {
namespace {

constexpr int64_t for_ever = std::numeric_limits<int64_t>::max();
constexpr size_t warnings_max = 100;

enum class Round { initial, recursion, looking_back };

int64_t quarter_of_letters(std::string_view text) {
    auto letters = std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    return (letters + 3) / 4;
}

/// An entry on its way through the rounds.
struct Candidate {
    size_t book = 0;
    size_t at = 0;  ///< among the book's compiled entries
    const CompiledEntry* compiled = nullptr;
    const Entry* entry = nullptr;
    size_t turn = 0;  ///< in which turn it is considered; once active, in which it was admitted
    bool is_active = false;
    bool is_out = false;  ///< lost its draw: not asked again
    bool is_sticky = false;
    bool is_resting = false;
    Reason reason = Reason::no_match;
    std::string detail = {};
    std::string text = {};  ///< once active
    int64_t tokens = 0;
};

class Resolution {
public:
    Resolution(const std::vector<BookInUse>& books, const Settings& settings, const Scene& scene)
        : books_(books),
          settings_(settings),
          scene_(scene),
          matcher_(books, scene, settings.include_names),
          messages_count_(std::max(scene.messages_count, int64_t(scene.lines.size()))),
          depth_(settings.scan_depth),
          book_tokens_(books.size()) {
        outcome_.budget =
            std::max<int64_t>(1, std::llround(settings.budget_percent * double(settings.context_tokens) / 100));
        if (settings.budget_cap > 0) outcome_.budget = std::min(outcome_.budget, settings.budget_cap);
        collect();
        read_effects();
    }

    Outcome run() {
        std::optional<Round> round = Round::initial;
        for (size_t count = 0; round; ++count) {
            if (settings_.max_recursion_steps > 0 && count >= size_t(settings_.max_recursion_steps)) break;
            if (count == rounds_max) {
                warn("stopped after " + std::to_string(rounds_max) +
                     " rounds: entries activate each other in a long chain");
                break;
            }
            std::vector<Candidate*> chosen = matched(*round);
            std::ranges::sort(chosen, {}, [](const Candidate* candidate) {
                return std::pair(!candidate->is_sticky, candidate->turn);
            });
            decide_groups(chosen, *round, count);
            std::string said = admit(chosen);
            round = next(*round, said);
        }
        return finish();
    }

private:
    // ---- before the first round

    /// In the order in which they are considered: by scope, then higher insertion_order first.
    void collect() {
        size_t count = 0;
        for (const BookInUse& book : books_) count += book.compiled->entries.size();
        candidates_.reserve(count);
        for (size_t book = 0; book < books_.size(); ++book) {
            const CompiledBook& compiled = *books_[book].compiled;
            for (size_t at = 0; at < compiled.entries.size(); ++at)
                candidates_.push_back({.book = book,
                                       .at = at,
                                       .compiled = &compiled.entries[at],
                                       .entry = &compiled.book.entries[compiled.entries[at].at]});
        }
        if (books_.size() > 1)  // within a book they stand in order
            std::ranges::sort(candidates_, {}, [&](const Candidate& candidate) {
                return std::tuple(rank_of(books_[candidate.book].scope), -candidate.entry->insertion_order,
                                  candidate.book, candidate.entry->uid);
            });
        std::set<int64_t> levels;
        for (size_t turn = 0; turn < candidates_.size(); ++turn) {
            candidates_[turn].turn = turn;
            if (!candidates_[turn].compiled->is_plain && candidates_[turn].entry->delay_until_recursion > 0)
                levels.insert(candidates_[turn].entry->delay_until_recursion);
        }
        levels_.assign(levels.rbegin(), levels.rend());
        open_level();
    }

    int rank_of(Scope scope) const {
        if (scope == Scope::chat) return 0;
        if (scope == Scope::persona) return 1;
        if (settings_.insertion_strategy == InsertionStrategy::evenly) return 2;
        return (scope == Scope::entity_profile) == (settings_.insertion_strategy == InsertionStrategy::character_first)
                   ? 2
                   : 3;
    }

    bool open_level() {
        if (levels_.empty()) return false;
        level_ = levels_.back();
        levels_.pop_back();
        return true;
    }

    using EffectKey = std::tuple<std::string, int64_t, TimedEffectKind>;

    /// Keeps the effects that still hold. A sticky entry whose time is over rests, if it has a cooldown.
    void read_effects() {
        for (const TimedEffect& effect : scene_.effects) {
            if (messages_count_ <= effect.from && !effect.is_protected) continue;  // the chat was cut back before it
            if (messages_count_ < effect.to) effects_.try_emplace({effect.book, effect.uid, effect.kind}, effect);
        }
        if (scene_.effects.empty()) return;
        std::map<std::pair<std::string_view, int64_t>, Candidate*> by_uid;
        for (Candidate& candidate : candidates_) by_uid[{books_[candidate.book].id, candidate.entry->uid}] = &candidate;
        for (const TimedEffect& effect : scene_.effects) {
            bool is_over =
                effect.kind == TimedEffectKind::sticky && messages_count_ > effect.from && messages_count_ >= effect.to;
            auto found = by_uid.find({effect.book, effect.uid});
            if (is_over && found != by_uid.end() && found->second->entry->cooldown > 0)
                effects_[{effect.book, effect.uid, TimedEffectKind::cooldown}] = {
                    effect.book,
                    effect.uid,
                    TimedEffectKind::cooldown,
                    messages_count_,
                    messages_count_ + found->second->entry->cooldown,
                    true};
        }
        for (const auto& [key, effect] : effects_)
            if (auto found = by_uid.find({effect.book, effect.uid}); found != by_uid.end())
                (effect.kind == TimedEffectKind::sticky ? found->second->is_sticky : found->second->is_resting) = true;
    }

    /// A further variant of an answer is what SillyTavern calls a swipe, and regenerating it.
    bool is_triggered(const std::vector<std::string>& triggers) const {
        auto has = [&](std::string_view trigger) { return std::ranges::find(triggers, trigger) != triggers.end(); };
        return has(scene_.trigger) || (scene_.trigger == "regenerate" && has("swipe"));
    }

    // ---- one round: who matches

    std::vector<Candidate*> matched(Round round) {
        for (const BookInUse& book : books_)
            matcher_.look_back(std::max(book.compiled->scan_depth_max, depth_of(*book.compiled)));
        std::vector<Candidate*> chosen;
        for (Candidate& candidate : candidates_) {
            if (candidate.is_active || candidate.is_out || is_idle(candidate)) continue;
            if (activates(candidate, round)) chosen.push_back(&candidate);
        }
        return chosen;
    }

    /// Most of a large book: there is nothing that could activate it.
    bool is_idle(const Candidate& candidate) const {
        return candidate.compiled->is_plain && !candidate.is_sticky && !candidate.is_resting &&
               !matcher_.has_word(candidate.book, candidate.at);
    }

    int64_t depth_of(const CompiledBook& compiled) const {
        return compiled.book.scan_depth.value_or(settings_.scan_depth) + (depth_ - settings_.scan_depth);
    }

    int64_t depth_of(const Candidate& candidate) const {
        const auto& decorated = candidate.compiled->decorators.scan_depth;
        if (decorated) return *decorated;
        if (candidate.entry->scan_depth) return *candidate.entry->scan_depth;
        return depth_of(*books_[candidate.book].compiled);
    }

    bool is_recursive(const Candidate& candidate) const {
        return books_[candidate.book].compiled->book.recursive_scanning.value_or(settings_.recursive);
    }

    static bool no(Candidate& candidate, Reason reason, std::string detail = {}) {
        candidate.reason = reason;
        candidate.detail = std::move(detail);
        return false;
    }
    static bool yes(Candidate& candidate, Reason reason) {
        candidate.reason = reason;
        candidate.detail.clear();
        return true;
    }

    bool activates(Candidate& candidate, Round round) {
        const Entry& entry = *candidate.entry;
        const Decorators& decorators = candidate.compiled->decorators;
        if (!entry.enabled) return no(candidate, Reason::disabled);
        if (!entry.triggers.empty() && !is_triggered(entry.triggers))
            return no(candidate, Reason::trigger, "it is not for generations of the kind " + scene_.trigger);
        if (!is_for_character(entry.character_filter)) return no(candidate, Reason::character_filter);
        if (messages_count_ < entry.delay)
            return no(
                candidate, Reason::delay,
                "the chat has " + std::to_string(messages_count_) + " of " + std::to_string(entry.delay) + " messages");
        if (candidate.is_resting && !candidate.is_sticky) return no(candidate, Reason::cooldown);
        if (entry.delay_until_recursion > 0 && !candidate.is_sticky &&
            (round != Round::recursion || entry.delay_until_recursion > level_))
            return no(candidate, Reason::waits_for_recursion,
                      "its level is " + std::to_string(entry.delay_until_recursion));
        if (round == Round::recursion && !is_recursive(candidate) && !candidate.is_sticky)
            return entry.delay_until_recursion > 0 ? no(candidate, Reason::recursion_off) : false;
        if (decorators.activate) return yes(candidate, Reason::decorator);
        if (!meets_conditions(candidate)) return false;
        if (round == Round::recursion && entry.exclude_recursion && !candidate.is_sticky)
            return matches(candidate, round) ? no(candidate, Reason::excluded_from_recursion) : false;
        if (candidate.is_sticky) return yes(candidate, Reason::sticky);
        if (!meets_key_conditions(candidate, round)) return false;
        if (entry.constant) return yes(candidate, Reason::constant);
        return matches(candidate, round) && yes(candidate, Reason::keys);
    }

    bool is_for_character(const CharacterFilter& filter) const {
        if (!filter.names.empty()) {
            bool is_named = std::ranges::find(filter.names, scene_.character_name) != filter.names.end();
            if (is_named == filter.is_exclude) return false;
        }
        if (filter.tags.empty()) return true;
        bool has_tag = std::ranges::any_of(scene_.character_tags, [&](const std::string& tag) {
            return std::ranges::find(filter.tags, tag) != filter.tags.end();
        });
        return has_tag != filter.is_exclude;
    }

    bool meets_conditions(Candidate& candidate) const {
        const Decorators& decorators = candidate.compiled->decorators;
        int64_t answers = scene_.assistant_messages_count;
        if (decorators.dont_activate) return no(candidate, Reason::dont_activate);
        if (decorators.activate_only_after && answers < *decorators.activate_only_after)
            return no(candidate, Reason::only_after,
                      "there are " + std::to_string(answers) + " of " +
                          std::to_string(*decorators.activate_only_after) + " answers");
        if (decorators.activate_only_every && answers % *decorators.activate_only_every != 0)
            return no(candidate, Reason::only_every,
                      "there are " + std::to_string(answers) + " answers, not a multiple of " +
                          std::to_string(*decorators.activate_only_every));
        if (decorators.is_greeting && scene_.greeting && *decorators.is_greeting != *scene_.greeting)
            return no(candidate, Reason::greeting);
        if (decorators.is_user_icon && scene_.user_icon && *decorators.is_user_icon != *scene_.user_icon)
            return no(candidate, Reason::user_icon);
        if (decorators.ignore_on_max_context && scene_.is_context_full) return no(candidate, Reason::context_full);
        return true;
    }

    Reach reach_of(const Candidate& candidate, Round round) const {
        return {depth_of(candidate), candidate.compiled->fields, round == Round::recursion && is_recursive(candidate)};
    }

    bool is_found(const Candidate& candidate, const Key& key, Round round) {
        return matcher_.is_found(candidate.book, key, reach_of(candidate, round),
                                 candidate.entry->match_whole_words.value_or(settings_.match_whole_words));
    }

    int64_t count_found(const Candidate& candidate, const std::vector<Key>& keys, Round round) {
        return std::ranges::count_if(keys, [&](const Key& key) { return is_found(candidate, key, round); });
    }

    bool any_found(const Candidate& candidate, const std::vector<Key>& keys, Round round) {
        return std::ranges::any_of(keys, [&](const Key& key) { return is_found(candidate, key, round); });
    }

    bool meets_key_conditions(Candidate& candidate, Round round) {
        const CompiledEntry& compiled = *candidate.compiled;
        if (!compiled.additional_keys.empty() && !any_found(candidate, compiled.additional_keys, round))
            return no(candidate, Reason::additional_keys);
        return !any_found(candidate, compiled.exclude_keys, round) || no(candidate, Reason::exclude_keys);
    }

    bool matches(Candidate& candidate, Round round) {
        const CompiledEntry& compiled = *candidate.compiled;
        if (compiled.keys.empty()) return no(candidate, Reason::no_keys);
        if (!any_found(candidate, compiled.keys, round))
            return compiled.key_problem.empty() ? no(candidate, Reason::no_match)
                                                : no(candidate, Reason::unusable_key, compiled.key_problem);
        if (compiled.secondary_keys.empty()) return true;
        int64_t found = count_found(candidate, compiled.secondary_keys, round),
                all = int64_t(compiled.secondary_keys.size());
        bool is_met = true;
        switch (candidate.entry->selective_logic) {
            case Logic::and_any:
                is_met = found > 0;
                break;
            case Logic::not_all:
                is_met = found < all;
                break;
            case Logic::not_any:
                is_met = found == 0;
                break;
            case Logic::and_all:
                is_met = found == all;
                break;
        }
        return is_met || no(candidate, Reason::secondary_keys,
                            std::to_string(found) + " of " + std::to_string(all) + " are there; the logic is " +
                                std::string(names_of(Logic())[size_t(candidate.entry->selective_logic)]));
    }

    // ---- one round: who of them wins its group

    /// How many keys were found, as far as they speak for the entry.
    int64_t score_of(const Candidate& candidate, Round round) {
        const CompiledEntry& compiled = *candidate.compiled;
        if (compiled.keys.empty()) return 0;
        int64_t primary = count_found(candidate, compiled.keys, round),
                secondary = count_found(candidate, compiled.secondary_keys, round);
        Logic logic = candidate.entry->selective_logic;
        bool is_all = secondary == int64_t(compiled.secondary_keys.size());
        return logic == Logic::and_any || (logic == Logic::and_all && is_all) ? primary + secondary : primary;
    }

    void decide_groups(std::vector<Candidate*>& chosen, Round round, size_t count) {
        std::vector<Contender> contenders;
        bool is_grouped = false;
        for (Candidate* candidate : chosen) {
            const Entry& entry = *candidate->entry;
            bool is_scored = entry.use_group_scoring.value_or(settings_.use_group_scoring);
            is_grouped |= !candidate->compiled->groups.empty();
            contenders.push_back({.groups = &candidate->compiled->groups,
                                  .is_override = entry.group_override,
                                  .order = entry.insertion_order,
                                  .weight = entry.group_weight,
                                  .is_sticky = candidate->is_sticky,
                                  .is_scored = is_scored,
                                  .score = 0});
        }
        if (!is_grouped) return;
        bool is_scoring = std::ranges::any_of(
            contenders, [](const Contender& contender) { return contender.is_scored && !contender.groups->empty(); });
        for (size_t at = 0; at < chosen.size() && is_scoring; ++at)
            if (!contenders[at].groups->empty()) contenders[at].score = score_of(*chosen[at], round);
        decide(contenders, won_groups_, scene_.seed, count);
        std::vector<Candidate*> left;
        for (size_t at = 0; at < chosen.size(); ++at) {
            if (contenders[at].lost_to.empty())
                left.push_back(chosen[at]);
            else
                no(*chosen[at], Reason::group, contenders[at].lost_to);
        }
        chosen = std::move(left);
    }

    // ---- one round: who of them is drawn and has room

    /// What the admitted ones say to others, joined by line ends.
    std::string admit(const std::vector<Candidate*>& chosen) {
        std::string said;
        for (Candidate* candidate : chosen) {
            const Entry& entry = *candidate->entry;
            if (outcome_.is_overflowed && !entry.ignore_budget) {
                no(*candidate, Reason::budget);
                continue;
            }
            if (!is_drawn(*candidate)) continue;
            std::string text =
                scene_.expand ? scene_.expand(candidate->compiled->content) : candidate->compiled->content;
            int64_t tokens = text.empty()          ? 0
                             : scene_.count_tokens ? scene_.count_tokens(text)
                                                   : quarter_of_letters(text);
            if (!has_room(*candidate, tokens)) continue;
            candidate->is_active = true;
            candidate->tokens = tokens;
            outcome_.tokens += tokens;
            book_tokens_[candidate->book] += tokens;
            if (!entry.prevent_recursion && !text.empty()) (said += said.empty() ? "" : "\n") += text;
            candidate->text = std::move(text);
            for (const std::string& group : candidate->compiled->groups) won_groups_.insert(group);
            candidate->turn = activated_.size();
            activated_.push_back(candidate);
        }
        return said;
    }

    bool is_drawn(Candidate& candidate) const {
        const Entry& entry = *candidate.entry;
        if (!entry.use_probability || entry.probability >= 100 || candidate.is_sticky) return true;
        double rolled = roll(scene_.seed, {"probability", books_[candidate.book].id, std::to_string(entry.uid)}) * 100;
        if (rolled < entry.probability) return true;
        candidate.is_out = true;
        return no(
            candidate, Reason::probability,
            "drew " + std::to_string(int(rolled)) + ", and activates below " + std::to_string(int(entry.probability)));
    }

    bool has_room(Candidate& candidate, int64_t tokens) {
        if (candidate.entry->ignore_budget) return true;
        auto book_budget = books_[candidate.book].compiled->book.token_budget;
        if (book_budget && book_tokens_[candidate.book] + tokens > *book_budget)
            return no(candidate, Reason::budget, "its book may take " + std::to_string(*book_budget) + " tokens");
        if (outcome_.tokens + tokens < outcome_.budget) return true;
        outcome_.is_overflowed = true;
        return no(candidate, Reason::budget, "lore may take " + std::to_string(outcome_.budget) + " tokens");
    }

    // ---- between rounds

    bool any_recursive() const {
        return std::ranges::any_of(books_, [&](const BookInUse& book) {
            return book.compiled->book.recursive_scanning.value_or(settings_.recursive);
        });
    }

    std::optional<Round> next(Round round, const std::string& said) {
        if (!said.empty()) matcher_.look_at_activated(said);
        bool may_go_on = !outcome_.is_overflowed;
        if (may_go_on && any_recursive() &&
            (!said.empty() || (round == Round::looking_back && matcher_.has_activated())))
            return Round::recursion;
        if (may_go_on && may_look_back()) {
            ++depth_;
            return Round::looking_back;
        }
        return open_level() ? std::optional(Round::recursion) : std::nullopt;
    }

    bool may_look_back() const {
        if (settings_.max_recursion_steps > 0 || int64_t(activated_.size()) >= settings_.min_activations) return false;
        int64_t most =
            settings_.min_activations_depth_max > 0 ? settings_.min_activations_depth_max : int64_t(messages_max);
        return depth_ < std::min({most, int64_t(scene_.lines.size()), int64_t(messages_max)});
    }

    // ---- after the last round

    void warn(std::string text) {
        if (outcome_.warnings.size() < warnings_max) outcome_.warnings.push_back(std::move(text));
    }

    Outcome finish() {
        place();
        std::vector<size_t> begins;  // of each book's verdicts
        for (size_t count = 0; const BookInUse& book : books_) {
            begins.push_back(count);
            count += book.compiled->entries.size();
        }
        outcome_.verdicts.resize(candidates_.size());
        for (Candidate& candidate : candidates_)
            judge(candidate, outcome_.verdicts[begins[candidate.book] + candidate.compiled->at]);
        for (Candidate* candidate : activated_) keep_effects(*candidate);
        for (auto& [key, effect] : effects_) outcome_.effects.push_back(std::move(effect));
        for (const Candidate& candidate : candidates_) {
            if (!candidate.compiled->is_faulty) continue;
            if (!candidate.compiled->key_problem.empty())
                warn(called(candidate) + ": " + candidate.compiled->key_problem);
            for (const std::string& line : candidate.compiled->decorators.ignored)
                warn(called(candidate) + ": the decorator " + line + " is not known, or has no such value");
        }
        if (matcher_.is_cut())
            warn("only the first " + std::to_string(scanned_bytes_max >> 20) +
                 " MiB of messages, fields and activated texts were looked at");
        if (matcher_.is_regex_cut()) warn("regular expressions took too long; the last ones were not looked for");
        return std::move(outcome_);
    }

    std::string called(const Candidate& candidate) const {
        return "entry " + std::to_string(candidate.entry->uid) +
               (candidate.entry->comment.empty() ? ""
                                                 : " (" + std::string(utf8_prefix(candidate.entry->comment, 60)) + ")");
    }

    /// Each position has lower orders first; of equal ones, the one that was admitted last.
    void place() {
        std::vector<Candidate*> placed = activated_;
        std::ranges::sort(placed, std::ranges::greater(), [](const Candidate* candidate) {
            return std::pair(-candidate->entry->insertion_order, candidate->turn);
        });
        for (Candidate* candidate : placed) {
            for (const std::string& prompt : candidate->compiled->decorators.disabled_prompts)
                if (std::ranges::find(outcome_.disabled_prompts, prompt) == outcome_.disabled_prompts.end())
                    outcome_.disabled_prompts.push_back(prompt);
            if (!candidate->text.empty()) outcome_.pieces.push_back(piece_of(*candidate));
        }
    }

    Piece piece_of(Candidate& candidate) const {
        const Entry& entry = *candidate.entry;
        const Decorators& decorators = candidate.compiled->decorators;
        Piece piece{.book = books_[candidate.book].id,
                    .uid = entry.uid,
                    .position = entry.position,
                    .depth = 0,
                    .role = decorators.role.value_or(entry.role),
                    .outlet_name = {},
                    .text = std::move(candidate.text),
                    .tokens = candidate.tokens};
        std::optional<int64_t> depth = decorators.depth;
        if (!depth && decorators.reverse_depth)
            depth = std::max<int64_t>(0, messages_count_ - *decorators.reverse_depth);
        if (decorators.position)
            piece.position = *decorators.position;
        else if (depth)
            piece.position = Position::at_depth;
        if (piece.position == Position::at_depth) piece.depth = depth.value_or(entry.depth);
        if (piece.position == Position::outlet)
            piece.outlet_name = entry.outlet_name.empty() ? "default" : entry.outlet_name;
        return piece;
    }

    void judge(Candidate& candidate, Verdict& verdict) {
        verdict.book = books_[candidate.book].id;
        verdict.uid = candidate.entry->uid;
        verdict.comment = candidate.entry->comment;
        verdict.activated = candidate.is_active;
        verdict.reason = candidate.reason;
        verdict.detail = std::move(candidate.detail);
        if (is_idle(candidate) || !candidate.entry->enabled) return;
        for (const std::vector<Key>* keys :
             {&candidate.compiled->keys, &candidate.compiled->secondary_keys, &candidate.compiled->additional_keys})
            for (const Key& key : *keys)
                if (is_found(candidate, key, Round::recursion)) verdict.matched_keys.push_back(key.text);
    }

    void keep_effects(const Candidate& candidate) {
        const Entry& entry = *candidate.entry;
        const Decorators& decorators = candidate.compiled->decorators;
        auto keep = [&](TimedEffectKind kind, int64_t count) {
            const std::string& book = books_[candidate.book].id;
            if (count > 0)
                effects_.try_emplace({book, entry.uid, kind},
                                     TimedEffect{book, entry.uid, kind, messages_count_,
                                                 count == for_ever ? for_ever : messages_count_ + count, false});
        };
        keep(TimedEffectKind::sticky, decorators.keep_activate_after_match ? for_ever : entry.sticky);
        keep(TimedEffectKind::cooldown, decorators.dont_activate_after_match ? for_ever : entry.cooldown);
    }

    const std::vector<BookInUse>& books_;
    const Settings& settings_;
    const Scene& scene_;
    Matcher matcher_;
    int64_t messages_count_;
    int64_t depth_;                      ///< grows while looking back
    int64_t level_ = 0;                  ///< of recursion: entries that wait for a higher one stay out
    std::vector<int64_t> levels_;        ///< those to come, the next one last
    std::vector<Candidate> candidates_;  ///< in the order in which they are considered
    std::vector<Candidate*> activated_;
    std::set<std::string, std::less<>> won_groups_;
    std::vector<int64_t> book_tokens_;
    std::map<EffectKey, TimedEffect> effects_;
    Outcome outcome_;
};

}  // namespace

Outcome resolve(const std::vector<BookInUse>& books, const Settings& settings, const Scene& scene) {
    std::vector<BookInUse> distinct;
    for (const BookInUse& book : books)
        if (std::ranges::find(distinct, book.id, &BookInUse::id) == distinct.end()) distinct.push_back(book);
    return Resolution(distinct, settings, scene).run();
}

std::string text_at(const Outcome& outcome, Position position) {
    std::string text;
    for (const Piece& piece : outcome.pieces)
        if (piece.position == position) (text += text.empty() ? "" : "\n") += piece.text;
    return text;
}

}  // namespace ry::chats::lore
