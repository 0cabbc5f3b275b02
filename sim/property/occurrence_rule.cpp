// SPDX-License-Identifier: Apache-2.0
// How often something happened for a key: effects at most, at least, exactly once, and events that must
// have been published. Too often is seen at once, by a counter a key that saturates one above what is
// allowed; too seldom is seen at quiescence, by looking every row that asks for it up among the
// observations of the World.
#include <fmt/format.h>

#include <algorithm>

#include <sim/base/check.hpp>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

std::string times(std::uint64_t count) { return count == 1 ? "once" : fmt::format("{} times", count); }

class OccurrenceRule final : public Rule {
 public:
  OccurrenceRule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : Rule(system, spec, index),
        most_(spec.kind == PropertyKind::exactly_once_effect ? 1 : spec.at_most),
        bounded_(spec.kind == PropertyKind::at_most_once_effect || spec.kind == PropertyKind::exactly_once_effect),
        demanded_(spec.kind != PropertyKind::at_most_once_effect && spec.table != none) {
    const bool event = spec.kind == PropertyKind::no_missing_event;
    FLOWTANK_CHECK((event ? spec.message : spec.effect) != none, "a property without its effect or event");
    observed_ = event ? system.messages[spec.message].accepted_table : system.effects[spec.effect].table;
    quantified_ = demanded_ ? spec.table : none;
  }

  void watch(World& world) const override { world.watch(observed_); }
  bool latches() const override { return true; }

  void effect(World& world, std::uint32_t effect, Word key, std::int64_t) override {
    if (!bounded_ || effect != spec_.effect) return;
    if (!demanded_) triggered_ = true;
    const std::uint64_t count = monitor(world, key);
    if (count < most_) return set_monitor(world, key, count + 1);
    // Too often. The monitor saturates; what is listed here counts on, for the report of a timed run.
    const std::uint32_t number = too_often_.number(key);
    if (exact_.size() < number) exact_.resize(number);
    exact_[number - 1] = count == most_ ? count + 1 : exact_[number - 1] + 1;
    if (count > most_) return;
    set_monitor(world, key, count + 1);
    set_total(world, 1);
    dirty_.add(key);
  }

  void at_quiescence(World& world, Findings& findings) override {
    if (!demanded_) return;
    each_row(world, spec_.table, nullptr, [&](Word key, const Value& item) {
      const Value key_of_item = key_value(world, key);
      if (truth_or(world, spec_.when, item, key_of_item, key) != Truth::yes) return;
      triggered_ = true;
      if (spec_.unless != none && truth(world, spec_.unless, item, key_of_item, key) != Truth::no) return;
      const Word business = business_key(world, key, item, key_of_item);
      if (business != absent_word && !happened(world, business) && findings.wrong()) {
        findings.add(missing(world, key, business));
      }
    });
  }
  bool needs_quiescence() const override { return demanded_; }

  std::string why_vacuous() const override {
    if (!demanded_) return fmt::format("{} never happened", what());
    if (spec_.when != none) return fmt::format("its condition never held for a row of {}", table_name(spec_.table));
    return fmt::format("{} never had a row", table_name(spec_.table));
  }

 protected:
  void started(World&, bool forget) override {
    if (forget) too_often_.clear();
  }

  void examine(World& world, const Dirty*, Findings& findings) override {
    if (!bounded_ || total(world) == 0 || !findings.wrong()) return;
    for (const Word key : too_often_.sorted(world.pool())) {
      const std::uint64_t count = monitor(world, key);
      if (count > most_) findings.add(surplus(world, key, count));
    }
  }

 private:
  const std::string& what() const {
    return spec_.kind == PropertyKind::no_missing_event ? system_.messages[spec_.message].name
                                                        : system_.effects[spec_.effect].name;
  }
  // "payment.charge"
  std::string subject() const {
    if (spec_.kind == PropertyKind::no_missing_event) return what();
    const std::uint32_t service = system_.effects[spec_.effect].service;
    return service == none ? what() : system_.services[service].name + "." + what();
  }

  Word business_key(World& world, Word key, const Value& item, const Value& key_of_item) {
    if (spec_.key == none) return key;
    evaluation_.reset();
    const Value value = evaluation_.evaluate(world, spec_.key, item, key_of_item, key);
    if (value.is(Kind::error) || value.is(Kind::external)) {
      note_error(world, value, key);
      return absent_word;
    }
    return world.pool().intern(value);
  }

  bool happened(World& world, Word key) const {
    const Cell row = world.store().find(observed_, key);
    return row != no_cell && world.store().present(row);
  }

  KeyEvidence surplus(World& world, Word key, std::uint64_t count) {
    // The monitor saturates; timed runs have counted on.
    const std::uint64_t seen = world.timed() ? std::max(count, exact_[too_often_.number(key) - 1]) : count;
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = subject();
    e.before = fmt::format("{}", most_);
    e.after = fmt::format("{}", seen);
    e.allowed = spec_.kind == PropertyKind::exactly_once_effect ? "1" : fmt::format("<= {}", most_);
    e.sentence = fmt::format("{}: {} happened {}, {} {} is allowed", e.key, what(), times(seen),
                             spec_.kind == PropertyKind::exactly_once_effect ? "exactly" : "at most", most_);
    if (world.tracing()) e.record = world.last_record_of(world.trail(World::Trail::effect, key, spec_.effect));
    return e;
  }

  KeyEvidence missing(World& world, Word row, Word business) {
    KeyEvidence e;
    e.key = key_text(world, business);
    e.subject = subject();
    e.after = "0";
    const std::string because = describe_situation(world, spec_.table, row, spec_.source);
    if (spec_.kind == PropertyKind::no_missing_event) {
      e.allowed = ">= 1";
      e.sentence = fmt::format("{}: no {} was accepted by a broker, although {}", e.key, what(), because);
    } else {
      e.allowed = bounded_ ? "1" : ">= 1";
      e.sentence = fmt::format("{}: {} never happened, although {}", e.key, what(), because);
    }
    e.record = record_of_row(world, spec_.table, row);
    return e;
  }

  std::uint64_t most_;
  bool bounded_;   // too often is wrong
  bool demanded_;  // rows ask for it
  std::uint32_t observed_ = none;
  SeenKeys too_often_;
  std::vector<std::uint64_t> exact_;  // by number of the key, from 0
};

}  // namespace

std::unique_ptr<Rule> make_occurrence_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<OccurrenceRule>(system, spec, index);
}

}  // namespace flowtank
