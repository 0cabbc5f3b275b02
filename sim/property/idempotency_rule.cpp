// SPDX-License-Identifier: Apache-2.0
// idempotency_key: the discipline of asking for an effect. All attempts of one operation (one business key)
// carry one idempotency key, and one idempotency key is never used for two payloads: the receiver would take
// the second operation for a repetition of the first and do nothing. That a repeated request has the first
// answer and its effect exists holds by what a receiver of effects is here.
//
// Monitors: (0, business key) the idempotency key of its first attempt; (1, idempotency key) its first payload;
// both as hashes of contents.
#include <fmt/format.h>

#include <sim/base/check.hpp>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

class IdempotencyRule final : public LatchedRule {
 public:
  IdempotencyRule(const System& system, const PropertySpec& spec, std::uint32_t index) : LatchedRule(system, spec, index) {
    FLOWTANK_CHECK(spec.effect != none, "idempotency_key needs an effect");
  }

  std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::asked_effects); }

  void effect_asked(World& world, const Actor&, std::uint32_t effect, Word key, Word idempotency, std::int64_t amount, bool) override {
    if (effect != spec_.effect) return;
    const Word used = idempotency == absent_word ? Pool::of_null() : idempotency;
    const Word amount_word = world.pool().of_int(amount);
    const Word payload_parts[] = {key, amount_word};
    const Word payload = world.pool().intern_list(payload_parts);
    if (!same_as_first(world, numbered(world, 0, key), used) || (used == Pool::of_null() && asked_again_)) {
      latch(world, numbered(world, 0, key), [&] { return two_keys(world, key, used); });
    }
    if (used == Pool::of_null()) return;
    if (!same_as_first(world, numbered(world, 1, used), payload)) {
      latch(world, numbered(world, 1, used), [&] { return two_payloads(world, used, payload); });
    }
  }

  std::string why_vacuous() const override {
    return fmt::format("{} was never asked for twice", system_.effects[spec_.effect].name);
  }

 protected:
  void started(World& world, bool forget) override {
    LatchedRule::started(world, forget);
    first_.clear();
    contents_.clear();
  }

 private:
  // Notes what comes first under a name; says whether this is the same.
  bool same_as_first(World& world, Word name, Word content) {
    const std::uint64_t mark = world.pool().content(content).lo | 1;
    const std::uint64_t first = monitor(world, name);
    asked_again_ = first != 0;
    if (asked_again_) {
      triggered_ = true;
      return first == mark;
    }
    set_monitor(world, name, mark);
    const std::uint32_t number = first_.number(name);
    if (contents_.size() < number) contents_.resize(number);
    contents_[number - 1] = content;
    return true;
  }
  Word first_content(Word name) {
    const std::uint32_t number = first_.number(name);
    return number <= contents_.size() ? contents_[number - 1] : absent_word;
  }

  KeyEvidence about(World& world, Word key) {
    const EffectType& type = system_.effects[spec_.effect];
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = type.service == none ? type.name : system_.services[type.service].name + "." + type.name;
    if (world.tracing()) e.record = world.last_record_of(world.trail(World::Trail::effect, key, spec_.effect));
    return e;
  }

  KeyEvidence two_keys(World& world, Word key, Word used) {
    KeyEvidence e = about(world, key);
    const Word first = first_content(numbered(world, 0, key));
    const auto name = [&](Word word) { return word == Pool::of_null() ? std::string("no key") : key_text(world, word); };
    e.before = name(first);
    e.after = name(used);
    e.allowed = "one idempotency key";
    e.sentence = fmt::format("{}: {} was asked for with {} and again with {}; the receiver cannot tell that it is the same operation",
                             e.key, system_.effects[spec_.effect].name, e.before, e.after);
    return e;
  }

  KeyEvidence two_payloads(World& world, Word used, Word payload) {
    const Value now = world.pool().value(payload);
    const Word first = first_content(numbered(world, 1, used));
    const auto operation = [&](const Value& value) {
      return fmt::format("{}({}, {})", system_.effects[spec_.effect].name, to_text(value.items()[0]), to_text(value.items()[1]));
    };
    KeyEvidence e = about(world, world.pool().find(now.items()[0]));
    e.before = first == absent_word ? "another payload" : operation(world.pool().value(first));
    e.after = operation(now);
    e.allowed = "one payload for each key";
    e.sentence = fmt::format("{}: the idempotency key {} stood for {} and was used again for {}, which the receiver takes for a repetition",
                             e.key, key_text(world, used), e.before, e.after);
    return e;
  }

  bool asked_again_ = false;
  SeenKeys first_;
  std::vector<Word> contents_;  // by number in first_, from 0: for evidence
};

}  // namespace

std::unique_ptr<Rule> make_idempotency_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<IdempotencyRule>(system, spec, index);
}

}  // namespace flowtank
