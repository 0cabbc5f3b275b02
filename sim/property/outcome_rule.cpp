// SPDX-License-Identifier: Apache-2.0
// confluent: whatever the order of events, all ends are the same. An outcome is the contents of the named tables
// without the ignored columns; the first end that an exploration meets is what every other end is compared
// with. One run has one end and says nothing.
//
// The reference is kept outside of the state (it is about the exploration, not about a state) and handed to the
// checker that explains a counterexample (adopt).
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class OutcomeRule final : public Rule {
 public:
  using Rule::Rule;

  void at_quiescence(World& world, Findings& findings) override {
    if (world.timed()) return;
    triggered_ = true;
    std::vector<Line> outcome = outcome_of(world);
    if (!known_) {
      known_ = true;
      reference_ = std::move(outcome);
      return;
    }
    if (outcome == reference_ || !findings.wrong()) return;
    differences(world, outcome, findings);
  }
  bool needs_quiescence() const override { return true; }
  std::string why_not_run() const override { return "one run has one end; an exploration compares them"; }
  std::string why_vacuous() const override { return "no state was reached in which nothing more happens"; }

  void adopt(World&, const Rule& other) override {
    const auto& seen = static_cast<const OutcomeRule&>(other);
    if (!seen.known_) return;
    known_ = true;
    reference_ = seen.reference_;
  }

 protected:
  void started(World& world, bool) override {
    if (world.timed()) known_ = false;
  }

 private:
  // A row of an outcome, as text: outcomes are compared across Worlds, whose words differ.
  struct Line {
    std::uint32_t table;
    std::string key;
    std::string columns;
    friend bool operator==(const Line&, const Line&) = default;
  };

  std::vector<Line> outcome_of(World& world) {
    std::vector<Line> lines;
    for (const std::uint32_t table : spec_.tables) {
      each_row(world, table, nullptr, [&](Word key, const Value& item) {
        const auto& columns = system_.tables[table].columns;
        std::string text;
        for (std::uint32_t c = 1; c < columns.size(); ++c) {
          if (std::find(spec_.ignored.begin(), spec_.ignored.end(), std::pair{table, c}) != spec_.ignored.end()) continue;
          const Word word = world.store().column(static_cast<Cell>(item.u), c);
          const Value value = word == absent_word ? Value::of_null() : world.pool().value(word);
          text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", columns[c].name, quoted(value));
        }
        lines.push_back({table, key_text(world, key), text.empty() ? "there" : text});
      });
    }
    return lines;
  }

  void differences(World&, const std::vector<Line>& outcome, Findings& findings) const {
    const auto find = [](const std::vector<Line>& lines, const Line& like) -> const Line* {
      for (const Line& line : lines) {
        if (line.table == like.table && line.key == like.key) return &line;
      }
      return nullptr;
    };
    const auto add = [&](const Line& line, const Line* there, const Line* here) {
      KeyEvidence e;
      e.key = line.key;
      e.subject = table_name(line.table);
      e.before = there == nullptr ? "missing" : there->columns;
      e.after = here == nullptr ? "missing" : here->columns;
      e.allowed = "the same end";
      e.sentence = fmt::format("{}[{}] ends in two ways: {} in the order seen first, {} in this one", e.subject, e.key, e.before, e.after);
      findings.add(std::move(e));
    };
    for (const Line& line : outcome) {
      const Line* there = find(reference_, line);
      if (there == nullptr || !(*there == line)) add(line, there, &line);
    }
    for (const Line& line : reference_) {
      if (find(outcome, line) == nullptr) add(line, &line, nullptr);
    }
  }

  bool known_ = false;
  std::vector<Line> reference_;
};

}  // namespace

std::unique_ptr<Rule> make_outcome_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<OutcomeRule>(system, spec, index);
}

}  // namespace flowtank
