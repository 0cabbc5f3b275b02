// SPDX-License-Identifier: Apache-2.0
// When a consumer has applied a message: the first time that a run which handles it commits a change to a table
// of data or causes an effect. A run that only notes the message in an inbox, or finds that it is too old, has
// applied nothing. With `when_handled` a run that ended well counts whatever it did.
//
// The rules about order share it: they are told of the first application of each event by each service, and the
// monitor (consumer, id) remembers it.
#pragma once

#include "sim/property/latched_rule.hpp"

namespace flowtank {

class ApplicationRule : public LatchedRule {
 public:
  ApplicationRule(const System& system, const PropertySpec& spec, std::uint32_t index) : LatchedRule(system, spec, index) {
    sees_rows_ = true;
  }

  void effect(World& world, std::uint32_t, Word, std::int64_t) override { note(world, world.actor()); }
  void message_fate(World& world, std::uint32_t subscription, Word message, Fate fate) override {
    if (!spec_.when_handled || fate != Fate::handled || !selects(world, subscription, message)) return;
    apply(world, system_.subscriptions[subscription].service, message);
  }

 protected:
  static constexpr std::uint64_t applied = 1, overtaken = 2;

  // A service applies a message for the first time.
  virtual void applies(World& world, std::uint32_t service, Word message) = 0;

  void row_changed(World& world, std::uint32_t table, Word, std::span<const Word>, std::span<const Word>) override {
    if (system_.tables[table].role == TableRole::data) note(world, world.actor());
  }

  std::uint64_t state_of(World& world, std::uint32_t service, Word id) const {
    return monitor(world, numbered(world, first_consumer + service, id));
  }
  void set_state_of(World& world, std::uint32_t service, Word id, std::uint64_t state) {
    set_monitor(world, numbered(world, first_consumer + service, id), state);
  }
  std::string service_name(std::uint32_t service) const {
    return service == none ? "the consumer" : system_.services[service].name;
  }

 private:
  static constexpr std::uint64_t first_consumer = 1U << 16;

  void note(World& world, const Actor& actor) {
    if (spec_.when_handled || actor.subscription == none || !selects(world, actor.subscription, actor.input)) return;
    apply(world, actor.service, actor.input);
  }
  void apply(World& world, std::uint32_t service, Word message) {
    const Word id = id_of(world, message);
    if (state_of(world, service, id) == applied) return;
    applies(world, service, message);
    set_state_of(world, service, id, applied);
  }
};

}  // namespace flowtank
