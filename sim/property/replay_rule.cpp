// SPDX-License-Identifier: Apache-2.0
// replay_is_silent: nothing irreversible happens while history is played again. A scenario marks a replay in one
// of three ways: `handlers` that only replay; `when`, a condition over tables that holds as long as it goes on;
// or `fault`, the fault that makes history come again (then every message that the consumer had handled before
// it struck is replayed when it is handled anew).
//
// Monitors: (0, 0) the fault has struck; (1 + subscription, id) handled before (1) or after (2) that.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

class ReplayRule final : public LatchedRule {
 public:
  using LatchedRule::LatchedRule;

  std::uint32_t interests() const override {
    std::uint32_t all = spec_.fault != none ? static_cast<std::uint32_t>(Interest::disturbances) : 0;
    if (!spec_.handlers.empty() || spec_.fault != none) all |= static_cast<std::uint32_t>(Interest::runs);
    return all;
  }

  void disturbed(World& world) override {
    const std::uint64_t strikes = world.faults().strikes()[spec_.fault];
    if (strikes != strikes_) set_monitor(world, struck(world), 1);
    strikes_ = strikes;
  }

  void message_fate(World& world, std::uint32_t subscription, Word message, Fate fate) override {
    if (spec_.fault == none || fate != Fate::handled) return;
    const Word key = numbered(world, 1 + subscription, id_of(world, message));
    if (monitor(world, key) == 0) set_monitor(world, key, monitor(world, struck(world)) == 0 ? 1 : 2);
  }

  void run_started(World& world, const Actor& actor) override {
    if (!triggered_) triggered_ = replays(world, actor);
  }

  void effect(World& world, std::uint32_t effect, Word key, std::int64_t) override {
    if (spec_.effect != none && effect != spec_.effect) return;
    const Actor actor = world.actor();
    if (spec_.when != none) {
      if (truth(world, spec_.when, {}, {}, absent_word) != Truth::yes) return;
      triggered_ = true;
    } else if (!replays(world, actor)) {
      return;
    }
    latch(world, numbered(world, effect, key), [&] { return evidence(world, effect, key, actor); });
  }

  std::string why_vacuous() const override {
    if (spec_.when != none) return "the condition that marks a replay never held";
    if (!spec_.handlers.empty()) return "none of the handlers that replay ever ran";
    return "no message that was handled before the fault was handled again";
  }

 protected:
  void started(World& world, bool forget) override {
    LatchedRule::started(world, forget);
    if (spec_.fault != none) strikes_ = world.faults().strikes()[spec_.fault];
  }

  void examine(World& world, const Dirty* dirty, Findings& findings) override {
    if (spec_.when != none && !triggered_) triggered_ = truth(world, spec_.when, {}, {}, absent_word) == Truth::yes;
    LatchedRule::examine(world, dirty, findings);
  }

 private:
  static Word struck(World& world) { return numbered(world, 0, Pool::of_int_small(0)); }

  bool replays(World& world, const Actor& actor) const {
    if (!spec_.handlers.empty()) {
      return std::find(spec_.handlers.begin(), spec_.handlers.end(), actor.handler) != spec_.handlers.end();
    }
    return spec_.fault != none && actor.subscription != none && monitor(world, struck(world)) != 0 &&
           monitor(world, numbered(world, 1 + actor.subscription, id_of(world, actor.input))) == 1;
  }

  KeyEvidence evidence(World& world, std::uint32_t effect, Word key, const Actor& actor) {
    const EffectType& type = system_.effects[effect];
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = type.service == none ? type.name : system_.services[type.service].name + "." + type.name;
    e.after = "happened";
    e.allowed = "nothing during a replay";
    e.sentence = fmt::format("{}: {} happened during the replay", e.key, type.name);
    if (actor.subscription != none) e.sentence += fmt::format(", when {} was handled again", message_name(world, actor.input));
    if (world.tracing()) e.record = world.last_record_of(world.trail(World::Trail::effect, key, effect));
    return e;
  }

  std::uint64_t strikes_ = 0;
};

}  // namespace

std::unique_ptr<Rule> make_replay_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<ReplayRule>(system, spec, index);
}

}  // namespace flowtank
