// SPDX-License-Identifier: Apache-2.0
// agreement_on_order: any two consumers of a channel begin to handle the messages that both get in the same
// order, for each key or (`whole_channel`) over all of them. Only the first handling of a message counts. With a `limit` the two
// sequences must also end with the same messages: what one has begun and the other never begins counts against it, as where
// replicas of a broker disagree for ever and each serves consumers of its own.
//
// Monitors: (subscription, line) how many messages it has begun; (subscriptions + subscription, (line, id)) which
// of them this one was; (pair, line) the highest such number among the messages that both have begun. A message
// that the second of the two begins now has the highest number there; here it must have it too.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

class SameOrderRule final : public LatchedRule {
 public:
  using LatchedRule::LatchedRule;

  std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::runs); }

  void run_started(World& world, const Actor& actor) override {
    const std::uint32_t s = actor.subscription;
    if (s == none || !selects(world, s, actor.input)) return;
    const Word line = spec_.whole_channel ? Pool::of_null() : key_of(world, actor.input);
    const Word message = numbered(world, system_.subscriptions[s].channel, numbered_pair(world, line, id_of(world, actor.input)));
    const Word mine = numbered(world, count() + s, message);
    if (monitor(world, mine) != 0) return;
    const std::uint64_t n = monitor(world, numbered(world, s, line)) + 1;
    set_monitor(world, numbered(world, s, line), n);
    set_monitor(world, mine, n);
    if (compares_ends() && begun_.number(message) > messages_.size()) messages_.push_back({message, actor.input, system_.subscriptions[s].channel});
    std::vector<Word>& begun = history(world, s, line);
    if (begun.size() < n) begun.resize(n, absent_word);
    begun[n - 1] = actor.input;
    for (std::uint32_t other = 0; other < count(); ++other) {
      if (other == s || system_.subscriptions[other].channel != system_.subscriptions[s].channel) continue;
      if (compares_ends() && selects(world, other, actor.input)) triggered_ = true;
      const std::uint64_t there = monitor(world, numbered(world, count() + other, message));
      if (there != 0) both_began(world, s, n, other, there, line, actor.input);
    }
  }

  // Whom each message reached, when nothing more will happen.
  void at_quiescence(World& world, Findings& findings) override {
    if (!compares_ends()) return;
    for (std::uint32_t s = 0; s < count(); ++s) {
      for (std::uint32_t other = 0; other < count(); ++other) {
        if (other != s && system_.subscriptions[other].channel == system_.subscriptions[s].channel) compare_ends(world, s, other, findings);
      }
    }
  }
  bool needs_quiescence() const override { return compares_ends(); }

  std::string why_vacuous() const override { return "no two messages of one key were handled by two consumers of a channel"; }

 protected:
  void started(World& world, bool forget) override {
    LatchedRule::started(world, forget);
    lines_.clear();
    histories_.clear();
    begun_.clear();
    messages_.clear();
  }

 private:
  std::uint32_t count() const { return static_cast<std::uint32_t>(system_.subscriptions.size()); }

  bool compares_ends() const { return spec_.limit != 0; }  // one more than may be missing; 0: ends are not compared

  // What `s` has begun and `other` has not, although its service takes it.
  void compare_ends(World& world, std::uint32_t s, std::uint32_t other, Findings& findings) {
    std::uint64_t missing = 0;
    const Begun* first = nullptr;
    for (const Begun& begun : messages_) {
      if (begun.channel != system_.subscriptions[s].channel || !selects(world, other, begun.message) || !selects(world, s, begun.message)) continue;
      if (monitor(world, numbered(world, count() + s, begun.name)) == 0 || monitor(world, numbered(world, count() + other, begun.name)) != 0) continue;
      ++missing;
      if (first == nullptr) first = &begun;
    }
    if (missing < spec_.limit || !findings.wrong()) return;
    KeyEvidence e;
    e.key = key_text(world, key_of(world, first->message));
    e.subject = system_.channels[first->channel].name;
    e.before = consumer_name(s) + ": " + message_name(world, first->message);
    e.after = consumer_name(other) + ": nothing in its place";
    e.allowed = "the same messages";
    e.sentence = fmt::format("{}: {} saw {}, {} never did{}", e.key, consumer_name(s), message_name(world, first->message), consumer_name(other),
                             missing == 1 ? std::string() : fmt::format(" ({} such messages)", missing));
    if (world.tracing()) e.record = world.last_record_of(first->message);
    findings.add(std::move(e));
  }

  static Word numbered_pair(World& world, Word a, Word b) {
    const Word parts[] = {a, b};
    return world.pool().intern_list(parts);
  }

  // `mine` has begun `message` as its n-th now, `other` as its `there`-th before.
  void both_began(World& world, std::uint32_t mine, std::uint64_t n, std::uint32_t other, std::uint64_t there, Word line, Word message) {
    const auto highest_of = [&](std::uint32_t of, std::uint32_t with) {
      return numbered(world, (2 + of) * std::uint64_t{count()} + with, line);
    };
    const std::uint64_t highest = monitor(world, highest_of(other, mine));
    if (highest != 0) triggered_ = true;
    set_monitor(world, highest_of(mine, other), n);
    if (there > highest) return set_monitor(world, highest_of(other, mine), there);
    const Word pair = numbered(world, std::uint64_t{std::min(mine, other)} * count() + std::max(mine, other), line);
    latch(world, pair, [&] { return disagreement(world, mine, other, there, highest, line, message); });
  }

  std::vector<Word>& history(World& world, std::uint32_t s, Word line) {
    const std::uint32_t number = lines_.number(numbered(world, s, line));
    if (histories_.size() < number) histories_.resize(number);
    return histories_[number - 1];
  }

  KeyEvidence disagreement(World& world, std::uint32_t mine, std::uint32_t other, std::uint64_t there, std::uint64_t highest,
                           Word line, Word message) {
    const std::vector<Word>& theirs = history(world, other, line);
    const std::string first = message_name(world, message);
    const std::string second = highest <= theirs.size() && theirs[highest - 1] != absent_word ? message_name(world, theirs[highest - 1]) : "another message";
    KeyEvidence e;
    e.key = spec_.whole_channel ? std::string() : key_text(world, line);
    e.subject = system_.channels[system_.subscriptions[mine].channel].name;
    e.before = fmt::format("{}: {}, {}", consumer_name(other), first, second);
    e.after = fmt::format("{}: {}, {}", consumer_name(mine), second, first);
    e.allowed = "the same order";
    e.sentence = fmt::format("{}{} saw {} (its {}.) before {} (its {}.), {} saw them the other way round", e.key.empty() ? "" : e.key + ": ",
                             consumer_name(other), first, there, second, highest, consumer_name(mine));
    if (world.tracing()) e.record = world.last_record_of(message);
    return e;
  }

  // A message that somebody has begun, in whatever state of an exploration; the monitors say who has in this one.
  struct Begun {
    Word name = absent_word;     // as the monitors number it
    Word message = absent_word;
    std::uint32_t channel = 0;
  };
  SeenKeys begun_;
  std::vector<Begun> messages_;
  SeenKeys lines_;  // (subscription, line)
  std::vector<std::vector<Word>> histories_;  // by number of the line, from 0: what was begun, for evidence
};

}  // namespace

std::unique_ptr<Rule> make_same_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<SameOrderRule>(system, spec, index);
}

}  // namespace flowtank
