// SPDX-License-Identifier: Apache-2.0
// per_key_order: for one key, each consumer applies events in the order in which their producer sent them first,
// or in the order of a number that they carry (`order`). Repetitions and copies of an event already applied do
// not count; an event that is never applied is no matter of order.
//
// Monitors: (0, (producer, key)) how many events were sent; (1, id) which of them this one is; (2, (producer,
// consumer, key)) the highest applied. With `order` the events say themselves which they are.
#include <array>

#include <fmt/format.h>

#include <sim/expr/equality.hpp>

#include "sim/property/application.hpp"

namespace flowtank {
namespace {

class KeyOrderRule final : public ApplicationRule {
 public:
  using ApplicationRule::ApplicationRule;

  std::uint32_t interests() const override { return spec_.order == none ? static_cast<std::uint32_t>(Interest::events) : 0; }

  void sent(World& world, const Actor& actor, std::uint32_t channel, Word message) override {
    if (spec_.order != none || (spec_.channel != none && channel != spec_.channel)) return;
    if (spec_.message != none && world.message_type(message) != spec_.message) return;
    const Word key = business_key(world, message);
    const Word which = numbered(world, 1, id_of(world, message));
    if (key == absent_word || monitor(world, which) != 0) return;
    // The number says which producer it belongs to: two producers of one key have no order.
    const Word line = numbered(world, 0, numbered(world, actor.service, key));
    const std::uint64_t n = monitor(world, line) + 1;
    set_monitor(world, line, n);
    set_monitor(world, which, n << 16 | (actor.service & 0xffffU));
  }

  std::string why_vacuous() const override { return "no consumer applied two events of one key"; }

 protected:
  void applies(World& world, std::uint32_t service, Word message) override {
    const Word key = business_key(world, message);
    if (key == absent_word) return;
    std::uint64_t number = 0, producer = 0;
    if (spec_.order == none) {
      const std::uint64_t known = monitor(world, numbered(world, 1, id_of(world, message)));
      if (known == 0) return;  // nobody saw it being sent
      number = known >> 16;
      producer = known & 0xffffU;
    } else if (!number_in(world, message, number)) {
      return;
    }
    const Word line = numbered(world, 2, numbered(world, producer << 16 | (service & 0xffffU), key));
    const std::uint64_t highest = monitor(world, line);
    if (highest != 0) triggered_ = true;
    if (number >= highest) {
      set_monitor(world, line, number);
      const std::uint32_t at = lines_.number(line);
      if (last_.size() < at) last_.resize(at);
      last_[at - 1] = message;
      return;
    }
    const Word before = lines_.number(line) <= last_.size() ? last_[lines_.number(line) - 1] : absent_word;
    latch(world, line, [&] { return inversion(world, service, key, message, before); });
  }

  void started(World& world, bool forget) override {
    LatchedRule::started(world, forget);
    lines_.clear();
    last_.clear();
  }

 private:
  Word business_key(World& world, Word message) {
    if (spec_.key == none) return key_of(world, message);
    evaluation_.reset();
    const Value value = evaluation_.evaluate(world, spec_.key, world.pool().value(message), {}, absent_word);
    if (value.is(Kind::error) || value.is(Kind::external)) {
      note_error(world, value, key_of(world, message));
      return absent_word;
    }
    return world.pool().intern(value);
  }

  // The number an event carries, from 1 on; smaller ones are 1.
  bool number_in(World& world, Word message, std::uint64_t& number) {
    evaluation_.reset();
    const Value value = evaluation_.evaluate(world, spec_.order, world.pool().value(message), {}, absent_word);
    if (value.is(Kind::int64)) number = value.i < 0 ? 1 : static_cast<std::uint64_t>(value.i) + 1;
    else if (value.is(Kind::uint64)) number = value.u + 1;
    else note_error(world, value, key_of(world, message));
    return number != 0;
  }

  KeyEvidence inversion(World& world, std::uint32_t service, Word key, Word message, Word before) {
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = service_name(service);
    e.before = before == absent_word ? "a later event" : message_name(world, before);
    e.after = message_name(world, message);
    e.allowed = spec_.order == none ? "in the order of sending" : "in the order of " + spec_.source;
    e.sentence = fmt::format("{}: {} applied {} after {}, although it was {} first", e.key, service_name(service), e.after,
                             e.before, spec_.order == none ? "sent" : "numbered");
    if (world.tracing()) e.record = world.last_record_of(message);
    return e;
  }

  SeenKeys lines_;
  std::vector<Word> last_;  // by number of the line, from 0: the message that was applied last
};

}  // namespace

std::unique_ptr<Rule> make_key_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<KeyOrderRule>(system, spec, index);
}

}  // namespace flowtank
