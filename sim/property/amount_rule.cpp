// SPDX-License-Identifier: Apache-2.0
// at_most_amount: what an effect adds up to for a key never exceeds a limit, an expression over the key that is
// read when the effect happens: three refunds of 30 for an order of 100 are right, four are not.
//
// Monitor of (0, key): the sum so far, plus one, which stops at what broke the limit, so that states stay finite.
#include <fmt/format.h>

#include <sim/base/check.hpp>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

class AmountRule final : public LatchedRule {
 public:
  AmountRule(const System& system, const PropertySpec& spec, std::uint32_t index) : LatchedRule(system, spec, index) {
    FLOWTANK_CHECK(spec.effect != none && spec.predicate != none, "at_most_amount needs an effect and a limit");
  }

  void effect(World& world, std::uint32_t effect, Word key, std::int64_t amount) override {
    if (effect != spec_.effect || monitor(world, numbered(world, 1, key)) != 0) return;
    triggered_ = true;
    const Word cell = numbered(world, 0, key);
    const std::uint64_t known = monitor(world, cell);
    const std::int64_t was = known == 0 ? 0 : static_cast<std::int64_t>(known - bias);
    std::int64_t sum = 0;
    if (__builtin_add_overflow(was, amount, &sum)) sum = was;
    set_monitor(world, cell, static_cast<std::uint64_t>(sum) + bias);
    evaluation_.reset();
    const Value limit = evaluation_.evaluate(world, spec_.predicate, {}, key_value(world, key), key);
    if (!limit.is(Kind::int64)) return note_error(world, limit, key);
    if (sum <= limit.i) return;
    set_monitor(world, numbered(world, 1, key), 1);
    latch(world, key, [&] { return evidence(world, key, was, sum, limit.i); });
  }

  std::string why_vacuous() const override { return fmt::format("{} never happened", system_.effects[spec_.effect].name); }

 private:
  static constexpr std::uint64_t bias = std::uint64_t{1} << 63;  // so that a sum of nothing is not an absent cell

  KeyEvidence evidence(World& world, Word key, std::int64_t was, std::int64_t sum, std::int64_t limit) {
    const EffectType& type = system_.effects[spec_.effect];
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = type.service == none ? type.name : system_.services[type.service].name + "." + type.name;
    e.before = fmt::format("{}", was);
    e.after = fmt::format("{}", sum);
    e.allowed = fmt::format("<= {}", limit);
    e.sentence = fmt::format("{}: {} adds up to {}, at most {} is allowed", e.key, type.name, sum, limit);
    if (world.tracing()) e.record = world.last_record_of(world.trail(World::Trail::effect, key, spec_.effect));
    return e;
  }
};

}  // namespace

std::unique_ptr<Rule> make_amount_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<AmountRule>(system, spec, index);
}

}  // namespace flowtank
