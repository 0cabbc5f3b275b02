// SPDX-License-Identifier: Apache-2.0
// converges: when nothing more will happen, two tables tell the same story. Rows belong together by primary
// key (or by `key`, an expression over the left row); the compared columns must be equal, numbers by value, and so
// must the pairs of `values`, one expression over the left row and one over the right. Left rows for which
// `when` does not hold are left out on both sides.
//
// While somebody records a trace it also notes, for evidence only, since when two rows differ and which message
// changed each of them last.
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
    quantified_ = spec.table;
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
  void row_changed(World& world, std::uint32_t table, Word key, std::span<const Word>, std::span<const Word>) override {
    if (table != spec_.table && table != spec_.right) return;
    triggered_ = true;
    if (!world.tracing()) return;
    const Word input = world.actor().input;
    History& history = history_of(table == spec_.table ? left_ : right_, key);
    history.last = input;
    if (table == spec_.right && spec_.key == none) dirty_.add(key);
  }

  void started(World&, bool) override {
    for (Side* side : {&left_, &right_}) {
      side->keys.clear();
      side->rows.clear();
    }
  }

  // Tracing: brings up to date since when a left row and its right one differ.
  void examine(World& world, const Dirty* dirty, Findings&) override {
    if (dirty == nullptr || !world.tracing()) return;
    each_row(world, spec_.table, dirty, [&](Word key, const Value& item) {
      Findings differ;
      compare(world, key, item, differ);
      History& history = history_of(left_, key);
      if (differ.any() && !history.differs) history.since = world.now();
      history.differs = differ.any();
    });
  }

 private:
  // What was seen of a row, for evidence.
  struct History {
    Word last = absent_word;  // the message whose handling changed it last
    Time since;               // left rows: since when it differs
    bool differs = false;
  };
  struct Side {
    SeenKeys keys;
    std::vector<History> rows;  // by number of the key, from 0
  };
  static History& history_of(Side& side, Word key) {
    const std::uint32_t number = side.keys.number(key);
    if (side.rows.size() < number) side.rows.resize(number);
    return side.rows[number - 1];
  }

  void match(World& world, Word key, const Value& item, Findings& findings) {
    triggered_ = true;
    const Word other = compare(world, key, item, findings);
    if (other != absent_word) matched_.put(other, 1);
  }

  // Compares a left row with its right one; the key of that, absent when it has none.
  Word compare(World& world, Word key, const Value& item, Findings& findings) {
    const Value key_of_item = key_value(world, key);
    Word other = key;
    if (spec_.key != none) {
      evaluation_.reset();
      const Value value = evaluation_.evaluate(world, spec_.key, item, key_of_item, key);
      if (value.is(Kind::error) || value.is(Kind::external)) {
        note_error(world, value, key);
        return absent_word;
      }
      other = world.pool().intern(value);
    }
    if (truth_or(world, spec_.when, item, key_of_item, key) != Truth::yes) return other;
    const Store& store = world.store();
    const Cell right = store.find(spec_.right, other);
    if (right == no_cell || !store.present(right)) {
      if (findings.wrong()) findings.add(only_one(world, key, spec_.table, spec_.right, other));
      return other;
    }
    const Cell left = static_cast<Cell>(item.u);
    for (const auto& [a, b] : spec_.compare) {
      const Word x = store.column(left, a), y = store.column(right, b);
      if (!same(world, x, y) && findings.wrong()) findings.add(different(world, key, a, x, other, b, y));
    }
    for (const ValuePair& pair : spec_.values) compare_values(world, key, item, other, row_handle(spec_.right, right), pair, findings);
    return other;
  }

  void compare_values(World& world, Word key, const Value& item, Word other, const Value& right, const ValuePair& pair, Findings& findings) {
    evaluation_.reset();
    const Value x = evaluation_.evaluate(world, pair.left, item, key_value(world, key), key);
    const Value y = evaluation_.evaluate(world, pair.right, right, key_value(world, other), other);
    for (const Value& side : {x, y}) {
      if (side.is(Kind::error)) return note_error(world, side, key);
    }
    if (expr::is_number(x) && expr::is_number(y) ? expr::equal_numbers(x, y) : identical(x, y)) return;
    if (!findings.wrong()) return;
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = table_name(spec_.table) + ": " + pair.name;
    e.before = quoted(x);
    e.after = quoted(y);
    e.allowed = "equal";
    e.sentence = fmt::format("{} is {} for {} and {} for {}{}", pair.name, e.before, row_name(world, spec_.table, key), e.after,
                             row_name(world, spec_.right, other), story(world, key, other));
    e.record = later(record_of_row(world, spec_.table, key), record_of_row(world, spec_.right, other));
    findings.add(std::move(e));
  }

  // " (different since 1.5 s; last on the left OrderPaid(o-3), on the right OrderPlaced(o-3))"; empty without a trace.
  std::string story(World& world, Word key, Word other) {
    if (!world.tracing()) return {};
    const History& left = history_of(left_, key);
    const Word on_right = history_of(right_, other).last;
    std::string text;
    if (world.timed() && left.differs) {
      text = "different since " + seconds_text(left.since - Time::start());
    }
    if (left.last != absent_word && on_right != absent_word) {
      text += fmt::format("{}last on the left {}, on the right {}", text.empty() ? "" : "; ", message_name(world, left.last),
                          message_name(world, on_right));
    }
    return text.empty() ? text : " (" + text + ")";
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
    e.sentence = fmt::format("{} is {} while {} is {}{}", cell_name(world, spec_.table, key, a), e.before,
                             cell_name(world, spec_.right, other, b), e.after, story(world, key, other));
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
  Side left_, right_;
};

}  // namespace

std::unique_ptr<Rule> make_agreement_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<AgreementRule>(system, spec, index);
}

}  // namespace flowtank
