// SPDX-License-Identifier: Apache-2.0
// dlq_empty: when nothing more will happen, no more than `limit` messages are among the dead letters (of one
// service, of one kind of message, or of all). A message that is handled after all leaves them again.
//
// Monitor of (subscription, message): 1 while it is a dead letter; the total counts them.
#include <fmt/format.h>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class DeadLetterRule final : public Rule {
 public:
  using Rule::Rule;

  void accepted(World& world, std::uint32_t channel, Word message) override {
    for (std::uint32_t s = 0; !triggered_ && s < system_.subscriptions.size(); ++s) {
      triggered_ = system_.subscriptions[s].channel == channel && selects(world, s, message);
    }
  }

  void message_fate(World& world, std::uint32_t subscription, Word message, Fate fate) override {
    if ((fate != Fate::dead_letter && fate != Fate::handled) || !selects(world, subscription, message)) return;
    triggered_ = true;
    const Word key = numbered(world, subscription, message);
    const std::uint64_t is = fate == Fate::dead_letter ? 1 : 0;
    if (monitor(world, key) == is) return;
    if (is == 1) seen_.number(key);
    set_monitor(world, key, is);
    set_total(world, is == 1 ? total(world) + 1 : total(world) - 1);
  }

  void at_quiescence(World& world, Findings& findings) override {
    if (total(world) <= spec_.limit || !findings.wrong()) return;
    for (const Word key : seen_.sorted(world.pool())) {
      if (monitor(world, key) != 0) findings.add(evidence(world, key));
    }
  }
  bool needs_quiescence() const override { return true; }
  std::string measured(World& world) override {
    return spec_.limit == 0 ? std::string() : fmt::format("{} dead letters of {}", total(world), spec_.limit);
  }
  std::string why_vacuous() const override { return "no message that could become a dead letter was ever accepted"; }

 protected:
  void started(World&, bool forget) override {
    if (forget) seen_.clear();
  }

 private:
  KeyEvidence evidence(World& world, Word key) {
    const Value copy = world.pool().value(key);
    const auto subscription = static_cast<std::uint32_t>(copy.items()[0].i);
    const Word message = world.pool().find(copy.items()[1]);
    KeyEvidence e;
    e.key = key_text(world, key_of(world, message));
    e.subject = fmt::format("dead letters of {}", consumer_name(subscription));
    e.after = message_name(world, message);
    e.allowed = spec_.limit == 0 ? "none" : fmt::format("<= {}", spec_.limit);
    e.sentence = fmt::format("{}: {} is among the dead letters of {}", e.key, e.after, consumer_name(subscription));
    if (world.tracing()) e.record = world.last_record_of(message);
    return e;
  }

  SeenKeys seen_;
};

}  // namespace

std::unique_ptr<Rule> make_dead_letter_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<DeadLetterRule>(system, spec, index);
}

}  // namespace flowtank
