// SPDX-License-Identifier: Apache-2.0
// The goal "sometimes": a condition that some reachable state (for some row) meets. What it finds is no violation but
// that the goal is reached; the checker turns it round (Rule::is_goal). Nothing is remembered from state to state; of a
// timed run only the first time counts.
#include <fmt/format.h>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class GoalRule final : public Rule {
 public:
  GoalRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) { quantified_ = spec.table; }

  bool is_goal() const override { return true; }

  std::string why_vacuous() const override {
    return quantified_ == none ? "none of the tables it reads ever had a row" : fmt::format("{} never had a row", table_name(quantified_));
  }

 protected:
  void started(World&, bool) override { reached_in_run_ = false; }

  void examine(World& world, const Dirty* dirty, Findings& findings) override {
    if (dirty != nullptr && world.timed() && reached_in_run_) return;
    if (quantified_ == none) {
      look(world, absent_word, {}, findings);
      if (!triggered_) triggered_ = evaluation_.read_rows() || !evaluation_.read_tables();
      return;
    }
    each_row(world, quantified_, dirty, [&](Word key, const Value& item) {
      triggered_ = true;
      look(world, key, item, findings);
    });
  }

 private:
  void look(World& world, Word subject, const Value& item, Findings& findings) {
    if (truth(world, spec_.predicate, item, key_value(world, subject), subject) != Truth::yes) return;
    reached_in_run_ = true;
    if (!findings.wrong()) return;
    KeyEvidence e;
    e.key = key_text(world, subject);
    e.allowed = spec_.source;
    if (quantified_ != none) {
      e.subject = table_name(quantified_);
      e.record = record_of_row(world, quantified_, subject);
      e.sentence = fmt::format("{}: {}", e.key, describe_situation(world, quantified_, subject, spec_.source));
    } else {
      e.sentence = fmt::format("\"{}\" holds", spec_.source);
    }
    findings.add(std::move(e));
  }

  bool reached_in_run_ = false;  // timed runs
};

}  // namespace

std::unique_ptr<Rule> make_goal_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<GoalRule>(system, spec, index);
}

}  // namespace flowtank
