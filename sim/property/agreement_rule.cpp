// SPDX-License-Identifier: Apache-2.0
// converges: when nothing more will happen, two tables tell the same story. Rows belong together by primary
// key (or by `key`, an expression over the left row); the compared columns must be equal, numbers by value.
// Left rows for which `when` does not hold are left out on both sides.
#include <fmt/format.h>

#include <algorithm>

#include <sim/base/check.hpp>
#include <sim/expr/equality.hpp>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class AgreementRule final : public Rule {
 public:
  AgreementRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) {
    FLOWTANK_CHECK(spec.table != none && spec.right != none, "converges needs two tables");
    sees_rows_ = true;
  }

  void watch(World& world) const override {
    for (const std::uint32_t table : {spec_.table, spec_.right}) {
      if (system_.tables[table].role == TableRole::observation) world.watch(table);
    }
  }

  void at_quiescence(World& world, Findings& findings) override {
    matched_.clear();
    each_row(world, spec_.table, nullptr, [&](Word key, const Value& item) { match(world, key, item, findings); });
    each_row(world, spec_.right, nullptr, [&](Word key, const Value&) {
      triggered_ = true;
      if (matched_.find(key) != 0) return;
      if (findings.wrong()) findings.add(only_one(world, key, spec_.right, spec_.table, key));
    });
  }
  bool needs_quiescence() const override { return true; }
  std::string why_vacuous() const override {
    return fmt::format("neither {} nor {} ever had a row", table_name(spec_.table), table_name(spec_.right));
  }

 protected:
  void row_changed(World&, std::uint32_t table, Word, std::span<const Word>, std::span<const Word>) override {
    if (table == spec_.table || table == spec_.right) triggered_ = true;
  }

 private:
  void match(World& world, Word key, const Value& item, Findings& findings) {
    triggered_ = true;
    const Value key_of_item = key_value(world, key);
    Word other = key;
    if (spec_.key != none) {
      evaluation_.reset();
      const Value value = evaluation_.evaluate(world, spec_.key, item, key_of_item, key);
      if (value.is(Kind::error) || value.is(Kind::external)) return note_error(world, value, key);
      other = world.pool().intern(value);
    }
    if (other != absent_word) matched_.put(other, 1);
    if (truth_or(world, spec_.when, item, key_of_item, key) != Truth::yes) return;
    const Store& store = world.store();
    const Cell right = store.find(spec_.right, other);
    if (right == no_cell || !store.present(right)) {
      if (findings.wrong()) findings.add(only_one(world, key, spec_.table, spec_.right, other));
      return;
    }
    const Cell left = static_cast<Cell>(item.u);
    for (const auto& [a, b] : spec_.compare) {
      const Word x = store.column(left, a), y = store.column(right, b);
      if (!same(world, x, y) && findings.wrong()) findings.add(different(world, key, a, x, other, b, y));
    }
  }

  static bool same(const World& world, Word x, Word y) {
    if (x == y) return true;
    if (x == absent_word) x = Pool::of_null();
    if (y == absent_word) y = Pool::of_null();
    const Value a = world.pool().value(x), b = world.pool().value(y);
    return expr::is_number(a) && expr::is_number(b) ? expr::equal_numbers(a, b) : identical(a, b);
  }

  std::string cell_name(const World& world, std::uint32_t table, Word key, std::uint32_t column) const {
    return row_name(world, table, key) + "." + system_.tables[table].columns[column].name;
  }
  static std::string text(const World& world, Word word) {
    return quoted(word == absent_word ? Value::of_null() : world.pool().value(word));
  }

  KeyEvidence different(World& world, Word key, std::uint32_t a, Word x, Word other, std::uint32_t b, Word y) {
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = table_name(spec_.table) + "." + system_.tables[spec_.table].columns[a].name;
    e.before = text(world, x);
    e.after = text(world, y);
    e.allowed = "equal";
    e.sentence = fmt::format("{} is {} while {} is {}", cell_name(world, spec_.table, key, a), e.before,
                             cell_name(world, spec_.right, other, b), e.after);
    e.record = later(record_of_row(world, spec_.table, key),
                     record_of_row(world, spec_.right, other));
    return e;
  }

  KeyEvidence only_one(World& world, Word key, std::uint32_t there, std::uint32_t not_there, Word other) {
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = table_name(not_there);
    e.allowed = "equal";
    std::string columns;
    for (const auto& [a, b] : spec_.compare) {
      columns += " " + system_.tables[there].columns[there == spec_.table ? a : b].name;
    }
    e.before = there == spec_.table ? "there" : "missing";
    e.after = there == spec_.table ? "missing" : "there";
    e.sentence = fmt::format("{} while {} does not exist", describe_row(world, there, key, columns),
                             row_name(world, not_there, other));
    e.record = record_of_row(world, there, key);
    return e;
  }

  static RecordId later(RecordId a, RecordId b) {
    if (a == no_record) return b;
    return b == no_record ? a : std::max(a, b);
  }

  WordIndex matched_;  // right keys that belong to a left row
};

}  // namespace

std::unique_ptr<Rule> make_agreement_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<AgreementRule>(system, spec, index);
}

}  // namespace flowtank
