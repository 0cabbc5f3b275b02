// SPDX-License-Identifier: Apache-2.0
// stock: what lies in a store is never negative, in any state, and nothing comes or goes unseen: when nothing
// more will happen, the initial stock is what is on hand and all parts (reserved, sold) together. Nothing is
// remembered from state to state.
#include <fmt/format.h>

#include <sim/base/check.hpp>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class StockRule final : public Rule {
 public:
  StockRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) {
    FLOWTANK_CHECK(spec.table != none && spec.predicate != none, "stock needs a table and what is on hand");
    quantified_ = spec.table;
  }

  void at_quiescence(World& world, Findings& findings) override {
    if (spec_.other == none) return;
    each_row(world, quantified_, nullptr, [&](Word key, const Value& item) { add_up(world, key, item, findings); });
  }
  bool needs_quiescence() const override { return spec_.other != none; }
  std::string why_vacuous() const override { return fmt::format("{} never had a row", table_name(quantified_)); }

 protected:
  void examine(World& world, const Dirty* dirty, Findings& findings) override {
    each_row(world, quantified_, dirty, [&](Word key, const Value& item) {
      triggered_ = true;
      std::int64_t on_hand = 0;
      if (!number(world, spec_.predicate, key, item, on_hand) || on_hand >= 0 || !findings.wrong()) return;
      KeyEvidence e = about(world, key);
      e.after = fmt::format("{}", on_hand);
      e.allowed = ">= 0";
      e.sentence = fmt::format("{}: {} on hand ({})", e.key, on_hand, describe_row(world, quantified_, key, spec_.source));
      findings.add(std::move(e));
    });
  }

 private:
  bool number(World& world, ExprId expression, Word key, const Value& item, std::int64_t& out) {
    evaluation_.reset();
    const Value value = evaluation_.evaluate(world, expression, item, key_value(world, key), key);
    if (!value.is(Kind::int64)) {
      note_error(world, value, key);
      return false;
    }
    out = value.i;
    return true;
  }

  void add_up(World& world, Word key, const Value& item, Findings& findings) {
    std::int64_t initial = 0, on_hand = 0;
    if (!number(world, spec_.other, key, item, initial) || !number(world, spec_.predicate, key, item, on_hand)) return;
    std::int64_t sum = on_hand;
    std::string words = fmt::format("{} on hand", on_hand);
    for (const NamedExpr& part : spec_.parts) {
      std::int64_t amount = 0;
      if (!number(world, part.value, key, item, amount)) return;
      sum += amount;
      words += fmt::format(" + {} {}", amount, part.name);
    }
    if (sum == initial || !findings.wrong()) return;
    KeyEvidence e = about(world, key);
    e.before = fmt::format("{}", initial);
    e.after = fmt::format("{}", sum);
    e.allowed = "equal";
    e.sentence = fmt::format("{}: there were {} at first, now there are {} = {}", e.key, initial, words, sum);
    findings.add(std::move(e));
  }

  KeyEvidence about(World& world, Word key) {
    KeyEvidence e;
    e.key = key_text(world, key);
    e.subject = table_name(quantified_);
    e.record = record_of_row(world, quantified_, key);
    return e;
  }
};

}  // namespace

std::unique_ptr<Rule> make_stock_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<StockRule>(system, spec, index);
}

}  // namespace flowtank
