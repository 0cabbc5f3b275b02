// SPDX-License-Identifier: Apache-2.0
// failure_isolation: a flow that does not depend on what fails goes on. The flow is a table whose rows are to
// reach a condition; while faults strike elsewhere, the share of rows that have reached it at the end is at
// least the demanded one. Vacuous unless a fault struck.
#include <fmt/format.h>

#include <sim/base/check.hpp>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

constexpr std::uint64_t million = 1000000;

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:.4g} %", static_cast<double>(part * million / whole) / 10000);
}

class IsolationRule final : public Rule {
 public:
  IsolationRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) {
    FLOWTANK_CHECK(spec.table != none && spec.predicate != none, "failure_isolation needs a table and a condition");
  }

  std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::disturbances); }
  void disturbed(World&) override { disturbed_ = true; }

  void at_quiescence(World& world, Findings& findings) override {
    const Share share = count(world, nullptr);
    if (share.rows == 0) return;
    if (disturbed_) triggered_ = true;
    if (share.reached * million >= spec_.parts_per_million * share.rows || !findings.wrong()) return;
    std::vector<Word> missing;
    count(world, &missing);
    for (const Word key : missing) {
      KeyEvidence e;
      e.key = key_text(world, key);
      e.subject = table_name(spec_.table);
      e.allowed = fmt::format("{} of the rows", percent(spec_.parts_per_million, million));
      e.sentence = fmt::format("{} of {} rows of {} ({}) have reached \"{}\", {} are demanded; {}", share.reached, share.rows,
                               table_name(spec_.table), percent(share.reached, share.rows), spec_.source,
                               percent(spec_.parts_per_million, million), describe_situation(world, spec_.table, key, spec_.source));
      e.record = record_of_row(world, spec_.table, key);
      findings.add(std::move(e));
    }
  }
  bool needs_quiescence() const override { return true; }
  std::string measured(World& world) override {
    const Share share = count(world, nullptr);
    return share.rows == 0 ? std::string() : fmt::format("{} of {} rows", share.reached, share.rows);
  }
  std::string why_vacuous() const override {
    return disturbed_ ? fmt::format("{} had no row that counts", table_name(spec_.table)) : "no fault struck";
  }

 private:
  struct Share {
    std::uint64_t rows = 0;
    std::uint64_t reached = 0;
  };

  Share count(World& world, std::vector<Word>* missing) {
    Share share;
    each_row(world, spec_.table, nullptr, [&](Word key, const Value& item) {
      const Value key_of_item = key_value(world, key);
      if (truth_or(world, spec_.when, item, key_of_item, key) != Truth::yes) return;
      ++share.rows;
      if (truth(world, spec_.predicate, item, key_of_item, key) == Truth::yes) ++share.reached;
      else if (missing != nullptr) missing->push_back(key);
    });
    return share;
  }

  bool disturbed_ = false;
};

}  // namespace

std::unique_ptr<Rule> make_isolation_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<IsolationRule>(system, spec, index);
}

}  // namespace flowtank
