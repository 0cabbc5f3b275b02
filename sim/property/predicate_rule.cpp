// SPDX-License-Identifier: Apache-2.0
// Conditions on single states: always, at_quiescence, conserved and no_ghost_event. The condition is over
// one row (for each row of a table), over one accepted key, or over all tables at once; it must hold in
// every state or only in quiescent ones. Nothing is remembered from state to state.
#include <fmt/format.h>

#include <sim/expr/equality.hpp>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class PredicateRule final : public Rule {
 public:
  PredicateRule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : Rule(system, spec, index),
        every_state_(spec.kind == PropertyKind::always || (spec.kind != PropertyKind::at_quiescence && spec.in_every_state)) {
    quantified_ = spec.kind == PropertyKind::no_ghost_event ? system.messages[spec.message].accepted_table : spec.table;
  }

  void watch(World& world) const override {
    if (quantified_ != none && system_.tables[quantified_].role == TableRole::observation) world.watch(quantified_);
  }

  void at_quiescence(World& world, Findings& findings) override {
    if (!every_state_) look(world, nullptr, findings);
  }
  bool needs_quiescence() const override { return !every_state_; }

  std::string why_vacuous() const override {
    if (spec_.kind == PropertyKind::no_ghost_event) {
      return fmt::format("no {} was ever accepted by a broker", system_.messages[spec_.message].name);
    }
    if (quantified_ == none) return "none of the tables it reads ever had a row";
    if (spec_.when != none) return fmt::format("its condition never held for a row of {}", table_name(quantified_));
    return fmt::format("{} never had a row", table_name(quantified_));
  }

 protected:
  void examine(World& world, const Dirty* dirty, Findings& findings) override {
    if (every_state_) look(world, dirty, findings);
    else if (!triggered_ && quantified_ != none && spec_.when == none) note_rows(world, dirty);
  }

 private:
  void note_rows(World& world, const Dirty* dirty) {
    each_row(world, quantified_, dirty, [&](Word, const Value&) { triggered_ = true; });
  }

  void look(World& world, const Dirty* dirty, Findings& findings) {
    if (quantified_ == none) {
      check(world, absent_word, {}, findings);
      if (!triggered_) triggered_ = evaluation_.read_rows() || !evaluation_.read_tables();
      return;
    }
    each_row(world, quantified_, dirty, [&](Word key, const Value& item) { check(world, key, item, findings); });
  }

  void check(World& world, Word subject, Value item, Findings& findings) {
    const Value key = key_value(world, subject);
    if (spec_.kind == PropertyKind::no_ghost_event && spec_.table != none) item = row_with_key(world, subject);
    if (spec_.when != none && truth(world, spec_.when, item, key, subject) != Truth::yes) return;
    if (quantified_ != none) triggered_ = true;
    if (spec_.kind == PropertyKind::conserved) {
      compare_sides(world, subject, item, key, findings);
    } else if (truth(world, spec_.predicate, item, key, subject) == Truth::no && findings.wrong()) {
      findings.add(evidence(world, subject));
    }
  }

  // no_ghost_event over a table: the row that the event announces, absent when there is none.
  Value row_with_key(World& world, Word key) {
    evaluation_.dependencies().read_row(spec_.table, key, key);
    const Cell row = world.store().find(spec_.table, key);
    return row != no_cell && world.store().present(row) ? row_handle(spec_.table, row) : Value::of_null();
  }

  void compare_sides(World& world, Word subject, const Value& item, const Value& key, Findings& findings) {
    evaluation_.reset();
    const Value left = evaluation_.evaluate(world, spec_.predicate, item, key, subject);
    const Value right = evaluation_.evaluate(world, spec_.other, item, key, subject);
    for (const Value& side : {left, right}) {
      if (side.is(Kind::error)) return note_error(world, side, subject);
    }
    const bool numbers = expr::is_number(left) && expr::is_number(right);
    if (numbers ? expr::equal_numbers(left, right) : identical(left, right)) return;
    if (!findings.wrong()) return;
    KeyEvidence e = evidence(world, subject);
    e.before = quoted(left);
    e.after = quoted(right);
    e.allowed = "equal";
    e.sentence = fmt::format("{}the left side is {}, the right side is {}", subject == absent_word ? "" : e.key + ": ",
                             e.before, e.after);
    if (!spec_.source.empty()) e.sentence += fmt::format(" in \"{}\"", spec_.source);
    findings.add(std::move(e));
  }

  KeyEvidence evidence(World& world, Word subject) {
    KeyEvidence e;
    e.key = key_text(world, subject);
    e.allowed = spec_.source;
    if (quantified_ != none) {
      e.subject = table_name(quantified_);
      e.record = record_of_row(world, quantified_, subject);
    }
    if (spec_.kind == PropertyKind::no_ghost_event) {
      const std::string situation = describe_situation(world, spec_.table, subject, spec_.source);
      e.subject = system_.messages[spec_.message].name;
      e.sentence = fmt::format("{}: {} was accepted by a broker, but the change it announces is not there{}{}", e.key,
                               e.subject, situation.empty() ? "" : ": ", situation);
    } else if (quantified_ != none) {
      e.sentence = fmt::format("{}: {}", e.key, describe_situation(world, quantified_, subject, spec_.source));
    } else {
      e.sentence = spec_.source.empty() ? "the condition does not hold" : fmt::format("\"{}\" does not hold", spec_.source);
    }
    return e;
  }

  bool every_state_;
};

}  // namespace

std::unique_ptr<Rule> make_predicate_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<PredicateRule>(system, spec, index);
}

}  // namespace flowtank
