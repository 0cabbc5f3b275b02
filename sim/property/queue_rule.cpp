// SPDX-License-Identifier: Apache-2.0
// bounded_queue and backlog_drains: how many messages wait for a consumer. Counted are messages that a broker
// accepted and the consumer has neither handled, ignored, put among its dead letters nor lost; a second copy of
// one counts once. That is what every broker and every observer agrees on, so no broker is asked.
//
// Monitors: (0, subscription) how many wait; (1 + subscription, message) whether this one does; the total of
// bounded_queue is 1 once the bound was broken. backlog_drains is a promise: it owes while more than `limit`
// wait. Its deadline counts from the last fault, or from when there were too many, whichever is later.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

std::string messages_text(std::uint64_t count) { return count == 1 ? "1 message" : fmt::format("{} messages", count); }

class QueueRule final : public Rule {
 public:
  QueueRule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : Rule(system, spec, index), drains_(spec.kind == PropertyKind::backlog_drains),
        subscriptions_of_(system.channels.size()) {
    for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
      subscriptions_of_[system.subscriptions[s].channel].push_back(s);
    }
  }

  std::uint32_t interests() const override { return drains_ ? static_cast<std::uint32_t>(Interest::disturbances) : 0; }

  void accepted(World& world, std::uint32_t channel, Word message) override {
    for (const std::uint32_t s : subscriptions_of_[channel]) {
      if (!selects(world, s, message)) continue;
      if (!drains_) triggered_ = true;
      ++lines_[s].arrived;
      const Word key = numbered(world, 1 + s, message);
      if (monitor(world, key) != 0) continue;
      set_monitor(world, key, 1);
      put(world, s, length(world, s) + 1);
    }
  }

  void message_fate(World& world, std::uint32_t subscription, Word message, Fate) override {
    const Word key = numbered(world, 1 + subscription, message);
    if (monitor(world, key) == 0) return;
    set_monitor(world, key, 0);
    ++lines_[subscription].left;
    put(world, subscription, length(world, subscription) - 1);
  }

  void disturbed(World& world) override {
    triggered_ = true;
    disturbed_ = true;
    disturbed_at_ = world.now();
  }

  bool latches() const override { return !drains_; }
  bool is_promise() const override { return drains_; }

  bool owes(World& world, std::vector<Word>* keys) override {
    if (!drains_) return false;
    bool any = false;
    for (std::uint32_t s = 0; s < lines_.size(); ++s) {
      if (length(world, s) <= spec_.limit) continue;
      any = true;
      if (keys != nullptr) keys->push_back(Pool::of_int_small(s));
    }
    return any;
  }
  void at_quiescence(World& world, Findings& findings) override { full_for_ever(world, findings, "and nothing more will happen"); }
  void in_loop(World& world, Findings& findings) override { full_for_ever(world, findings, "and what happens goes round in a circle"); }

  void at_deadline(World& world, Time end, Findings& findings) override {
    if (!drains_ || !spec_.within || !disturbed_) return;
    for (const Late& late : late_) {
      if (findings.wrong()) findings.add(slow(late));
    }
    for (std::uint32_t s = 0; s < lines_.size(); ++s) {
      if (length(world, s) <= spec_.limit) continue;
      const Duration took = end - std::max(disturbed_at_, lines_[s].above_since);
      if (took > *spec_.within && findings.wrong()) findings.add(slow({s, took, length(world, s), true}));
    }
  }

  std::string measured(World& world) override {
    std::uint32_t longest = 0;
    for (std::uint32_t s = 1; s < lines_.size(); ++s) {
      if (lines_[s].peak > lines_[longest].peak) longest = s;
    }
    if (lines_.empty() || lines_[longest].peak == 0) return {};
    std::string text = fmt::format("at most {} waited for {}", lines_[longest].peak, consumer_name(longest));
    if (world.timed()) text += fmt::format(", at {}", seconds_text(lines_[longest].peak_at - Time::start()));
    return text;
  }

  std::string why_vacuous() const override {
    return drains_ ? "no fault struck" : "no message that somebody takes was ever accepted";
  }

 protected:
  void started(World&, bool) override {
    lines_.assign(system_.subscriptions.size(), {});
    late_.clear();
    disturbed_ = false;
    disturbed_at_ = Time::start();
  }

  void examine(World& world, const Dirty*, Findings& findings) override {
    if (drains_ || total(world) == 0 || !findings.wrong()) return;
    for (std::uint32_t s = 0; s < lines_.size(); ++s) {
      if (lines_[s].peak > spec_.limit) findings.add(too_long(world, s));
    }
  }

 private:
  // What was seen of a subscription's queue: for evidence, no part of the state.
  struct Line {
    std::uint64_t peak = 0;
    Time peak_at;
    std::uint64_t arrived = 0, left = 0;
    std::uint64_t arrived_then = 0, left_then = 0;  // at the peak
    Time above_since;
  };
  struct Late {
    std::uint32_t subscription;
    Duration took;
    std::uint64_t length;
    bool still;
  };

  std::uint64_t length(World& world, std::uint32_t s) const { return monitor(world, numbered(world, 0, Pool::of_int_small(s))); }

  void put(World& world, std::uint32_t s, std::uint64_t length_now) {
    Line& line = lines_[s];
    const std::uint64_t was = length(world, s);
    set_monitor(world, numbered(world, 0, Pool::of_int_small(s)), length_now);
    if (length_now > line.peak) {
      line.peak = length_now;
      line.peak_at = world.now();
      line.arrived_then = line.arrived;
      line.left_then = line.left;
    }
    if (was <= spec_.limit && length_now > spec_.limit) {
      line.above_since = world.now();
      if (drains_) return;
      set_total(world, 1);
      dirty_.add(Pool::of_int_small(s));
    }
    if (drains_ && was > spec_.limit && length_now <= spec_.limit && spec_.within && disturbed_ && world.timed()) {
      const Duration took = world.now() - std::max(disturbed_at_, line.above_since);
      if (took > *spec_.within) late_.push_back({s, took, line.peak, false});
    }
  }

  void full_for_ever(World& world, Findings& findings, const char* how) {
    if (!owes(world, nullptr) || !findings.wrong()) return;
    for (std::uint32_t s = 0; s < lines_.size(); ++s) {
      if (length(world, s) <= spec_.limit) continue;
      KeyEvidence e = about(s);
      e.after = fmt::format("{}", length(world, s));
      e.sentence = fmt::format("{} {} for {} {}", messages_text(length(world, s)), length(world, s) == 1 ? "waits" : "wait", consumer_name(s), how);
      findings.add(std::move(e));
    }
  }

  KeyEvidence about(std::uint32_t s) const {
    KeyEvidence e;
    e.subject = fmt::format("{} waiting for {}", system_.channels[system_.subscriptions[s].channel].name, consumer_name(s));
    e.allowed = fmt::format("<= {}", spec_.limit);
    return e;
  }

  KeyEvidence too_long(World& world, std::uint32_t s) const {
    const Line& line = lines_[s];
    KeyEvidence e = about(s);
    e.after = fmt::format("{}", line.peak);
    e.sentence = fmt::format("{} waited for {}, at most {} are allowed", messages_text(line.peak), consumer_name(s), spec_.limit);
    if (world.timed()) {
      e.sentence += fmt::format(" (at {}; until then {} had arrived and {} were done)", seconds_text(line.peak_at - Time::start()),
                                line.arrived_then, line.left_then);
    }
    return e;
  }

  KeyEvidence slow(const Late& late) const {
    KeyEvidence e = about(late.subscription);
    e.after = seconds_text(late.took);
    e.allowed = fmt::format("<= {} within {}", spec_.limit, seconds_text(*spec_.within));
    e.sentence = fmt::format("{} after the last fault, or since there were more than {}, {} {}; allowed are {}", e.after, spec_.limit,
                             late.still ? fmt::format("{} still waiting for", messages_text(late.length))
                                        : fmt::format("the backlog (at most {}) was worked off by", late.length),
                             consumer_name(late.subscription), seconds_text(*spec_.within));
    return e;
  }

  bool drains_;
  std::vector<std::vector<std::uint32_t>> subscriptions_of_;  // by channel
  std::vector<Line> lines_;  // by subscription
  std::vector<Late> late_;
  bool disturbed_ = false;
  Time disturbed_at_;
};

}  // namespace

std::unique_ptr<Rule> make_queue_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<QueueRule>(system, spec, index);
}

}  // namespace flowtank
