// SPDX-License-Identifier: Apache-2.0
// no_head_of_line_blocking: a message that fails again and again does not hold up messages of other keys. Of
// each message the time is measured during which it waited (accepted, not yet begun) while one message of
// another key was failing (its first handling had failed, it was not settled yet) for the same subscription.
// A statistic: only runs with time are judged.
#include <algorithm>

#include <fmt/format.h>

#include <sim/base/check.hpp>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

class BlockingRule final : public Rule {
 public:
  BlockingRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) {
    FLOWTANK_CHECK(spec.within.has_value(), "no_head_of_line_blocking needs a delay");
  }

  std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::runs); }

  void accepted(World& world, std::uint32_t channel, Word message) override {
    if (!world.timed()) return;
    for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
      if (system_.subscriptions[s].channel != channel || !selects(world, s, message)) continue;
      const std::uint32_t number = waiting_.number(numbered(world, s, message));
      if (waits_.size() < number) waits_.push_back({message, s, world.now(), false});
    }
  }

  void run_started(World& world, const Actor& actor) override {
    if (!world.timed() || actor.subscription == none) return;
    const std::uint32_t number = waiting_.number(numbered(world, actor.subscription, actor.input));
    if (waits_.size() < number) {
      waits_.push_back({actor.input, actor.subscription, world.now(), true});
      return;
    }
    Wait& wait = waits_[number - 1];
    if (wait.begun) return;
    wait.begun = true;
    look(world, wait, world.now(), false);
  }

  void run_ended(World& world, const Actor& actor, RunOutcome outcome) override {
    if (!world.timed() || outcome != RunOutcome::failed || actor.subscription == none) return;
    for (const Failing& failing : failing_) {
      if (!failing.over && failing.subscription == actor.subscription && failing.message == actor.input) return;
    }
    triggered_ = true;
    failing_.push_back({actor.input, actor.subscription, world.now(), {}, false});
  }

  void message_fate(World& world, std::uint32_t subscription, Word message, Fate) override {
    for (std::size_t i = 0; i < failing_.size(); ++i) {
      Failing& failing = failing_[i];
      if (failing.over || failing.subscription != subscription || failing.message != message) continue;
      failing.over = true;
      failing.until = world.now();
      // One that was shorter than the bound can have held up nobody for longer.
      if (failing.until - failing.from <= *spec_.within) failing_.erase(failing_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }

  void at_deadline(World& world, Time end, Findings& findings) override {
    if (!failing_.empty()) {
      for (const Wait& wait : waits_) {
        if (!wait.begun) look(world, wait, end, true);
      }
    }
    for (const KeyEvidence& e : held_up_) {
      if (findings.wrong()) findings.add(e);
    }
  }

  bool latches() const override { return true; }
  std::string why_not_explored() const override { return "how long a message waits is known only in runs with time"; }
  std::string measured(World&) override {
    return fmt::format("at most {} behind a failing message", seconds_text(longest_));
  }
  std::string why_vacuous() const override { return "no handling of a message failed"; }

 protected:
  void started(World&, bool) override {
    waiting_.clear();
    waits_.clear();
    failing_.clear();
    held_up_.clear();
    longest_ = Duration{};
  }

 private:
  struct Wait {
    Word message;
    std::uint32_t subscription;
    Time since;
    bool begun;
  };
  struct Failing {
    Word message;
    std::uint32_t subscription;
    Time from;
    Time until;
    bool over;
  };

  void look(World& world, const Wait& wait, Time now, bool still) {
    for (const Failing& failing : failing_) {
      if (failing.subscription != wait.subscription || key_of(world, failing.message) == key_of(world, wait.message)) continue;
      const Time until = failing.over ? std::min(failing.until, now) : now;
      const Time from = std::max(failing.from, wait.since);
      if (until <= from) continue;
      const Duration held_up = until - from;
      longest_ = std::max(longest_, held_up);
      if (held_up <= *spec_.within || held_up_.size() >= most_evidence) continue;
      KeyEvidence e;
      e.key = key_text(world, key_of(world, wait.message));
      e.subject = consumer_name(wait.subscription);
      e.before = message_name(world, failing.message);
      e.after = seconds_text(held_up);
      e.allowed = "<= " + seconds_text(*spec_.within);
      e.sentence = fmt::format("{}: {} {} for {} behind {}, which failed again and again at {}; allowed are {}", e.key,
                               message_name(world, wait.message), still ? "has been waiting" : "waited", e.after, e.before, e.subject,
                               seconds_text(*spec_.within));
      if (world.tracing()) e.record = world.last_record_of(wait.message);
      held_up_.push_back(std::move(e));
    }
  }

  SeenKeys waiting_;         // (subscription, message)
  std::vector<Wait> waits_;  // by number, from 0
  std::vector<Failing> failing_;
  std::vector<KeyEvidence> held_up_;
  Duration longest_;
};

}  // namespace

std::unique_ptr<Rule> make_blocking_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<BlockingRule>(system, spec, index);
}

}  // namespace flowtank
