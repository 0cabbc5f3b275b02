// SPDX-License-Identifier: Apache-2.0
// references and unique: keys between rows. Every key that a row refers to exists in another table or is noted
// there as deleted, when nothing more will happen. No two rows have the same business key, in every state.
//
// unique keeps, outside of the state, which rows ever had a business key: a superset of those that have it now,
// so that it stays right under undo; each candidate is looked at before anything is said.
#include <fmt/format.h>

#include <sim/base/check.hpp>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

// Both evaluate a key over a row.
class KeyedRowsRule : public Rule {
 public:
  KeyedRowsRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) {
    FLOWTANK_CHECK(spec.table != none && spec.key != none, "a property over rows without its table or key");
    quantified_ = spec.table;
  }
  std::string why_vacuous() const override {
    if (spec_.when != none) return fmt::format("its condition never held for a row of {}", table_name(spec_.table));
    return fmt::format("no row of {} ever had such a key", table_name(spec_.table));
  }

 protected:
  // The key of a row; absent when there is none (null, the condition does not hold, no value).
  Word key_in_row(World& world, Word row, const Value& item) {
    const Value key_of_item = key_value(world, row);
    if (truth_or(world, spec_.when, item, key_of_item, row) != Truth::yes) return absent_word;
    evaluation_.reset();
    const Value value = evaluation_.evaluate(world, spec_.key, item, key_of_item, row);
    if (value.is(Kind::error) || value.is(Kind::external)) {
      note_error(world, value, row);
      return absent_word;
    }
    if (value.is(Kind::null) || value.is(Kind::absent)) return absent_word;
    triggered_ = true;
    return world.pool().intern(value);
  }
};

class ReferenceRule final : public KeyedRowsRule {
 public:
  using KeyedRowsRule::KeyedRowsRule;

  void at_quiescence(World& world, Findings& findings) override {
    each_row(world, spec_.table, nullptr, [&](Word row, const Value& item) {
      const Word other = key_in_row(world, row, item);
      if (other == absent_word || exists(world, spec_.right, other)) return;
      for (const std::uint32_t table : spec_.tables) {
        if (exists(world, table, other)) return;
      }
      if (spec_.unless != none && truth(world, spec_.unless, item, key_value(world, row), row) != Truth::no) return;
      if (findings.wrong()) findings.add(dangling(world, row, other));
    });
  }
  bool needs_quiescence() const override { return true; }

 private:
  static bool exists(World& world, std::uint32_t table, Word key) {
    const Cell row = world.store().find(table, key);
    return row != no_cell && world.store().present(row);
  }

  KeyEvidence dangling(World& world, Word row, Word other) {
    KeyEvidence e;
    e.key = key_text(world, row);
    e.subject = table_name(spec_.table);
    e.before = key_text(world, other);
    e.after = "missing";
    e.allowed = "in " + table_name(spec_.right);
    for (const std::uint32_t table : spec_.tables) e.allowed += " or " + table_name(table);
    e.sentence = fmt::format("{} refers to {}, which does not exist", row_name(world, spec_.table, row), row_name(world, spec_.right, other));
    e.record = record_of_row(world, spec_.table, row);
    return e;
  }
};

class UniqueRule final : public KeyedRowsRule {
 public:
  using KeyedRowsRule::KeyedRowsRule;

 protected:
  void started(World&, bool forget) override {
    if (!forget) return;
    keys_.clear();
    rows_.clear();
  }

  void examine(World& world, const Dirty* dirty, Findings& findings) override {
    each_row(world, quantified_, dirty, [&](Word row, const Value& item) {
      const Word key = key_in_row(world, row, item);
      if (key == absent_word) return;
      const std::uint32_t number = keys_.number(key);
      if (rows_.size() < number) rows_.resize(number);
      bool known = false;
      for (const Word other : rows_[number - 1]) {
        if (other == row) known = true;
        else if (has_key(world, other, key) && findings.wrong()) findings.add(pair(world, key, other, row));
      }
      if (!known) rows_[number - 1].push_back(row);
    });
  }

 private:
  bool has_key(World& world, Word row, Word key) {
    const Cell cell = world.store().find(quantified_, row);
    return cell != no_cell && world.store().present(cell) && key_in_row(world, row, row_handle(quantified_, cell)) == key;
  }

  KeyEvidence pair(World& world, Word key, Word a, Word b) {
    if (compare(world.pool().value(b), world.pool().value(a)) < 0) std::swap(a, b);
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = table_name(quantified_);
    e.before = key_text(world, a);
    e.after = key_text(world, b);
    e.allowed = "one row";
    e.sentence = fmt::format("{} and {} are both {}", row_name(world, quantified_, a), row_name(world, quantified_, b),
                             quoted(world.pool().value(key)));
    e.record = record_of_row(world, quantified_, b);
    return e;
  }

  SeenKeys keys_;
  std::vector<std::vector<Word>> rows_;  // by number of the business key, from 0: rows that ever had it
};

}  // namespace

std::unique_ptr<Rule> make_reference_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<ReferenceRule>(system, spec, index);
}
std::unique_ptr<Rule> make_unique_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<UniqueRule>(system, spec, index);
}

}  // namespace flowtank
