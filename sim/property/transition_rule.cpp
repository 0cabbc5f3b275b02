// SPDX-License-Identifier: Apache-2.0
// legal_transitions: a column of a table only ever changes along the allowed pairs. Seen when a change
// commits; the first illegal change of a key is latched in its monitor (as a hash of the two contents),
// because the state after it may look innocent. First values are restricted only if some allowed pair has
// no `from`; deleting a row is no transition.
#include <fmt/format.h>

#include <algorithm>

#include <sim/base/check.hpp>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class TransitionRule final : public Rule {
 public:
  TransitionRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) {
    FLOWTANK_CHECK(spec.table != none && spec.column != none, "legal_transitions needs a table and a column");
    sees_rows_ = true;
    for (const auto& [from, to] : spec.allowed) restricts_first_ = restricts_first_ || from.is(Kind::absent);
  }

  bool latches() const override { return true; }
  std::string why_vacuous() const override {
    return fmt::format("{}.{} never changed", table_name(spec_.table), column().name);
  }

 protected:
  void started(World& world, bool forget) override {
    broken_.clear();
    if (!forget) return;
    allowed_.clear();
    for (const auto& [from, to] : spec_.allowed) {
      allowed_.push_back({from.is(Kind::absent) ? absent_word : world.pool().intern(from), world.pool().intern(to)});
    }
  }

  void row_changed(World& world, std::uint32_t table, Word key, std::span<const Word> before,
                   std::span<const Word> after) override {
    if (table != spec_.table || after.empty()) return;
    const Word from = before.empty() ? absent_word : value_of(before);
    const Word to = value_of(after);
    if (from == to) return;
    // An insert is a transition only where first values are restricted.
    if (from == absent_word && !restricts_first_) return;
    triggered_ = true;
    if (std::find(allowed_.begin(), allowed_.end(), Pair{from, to}) != allowed_.end()) return;
    if (monitor(world, key) != 0) return;
    const std::uint64_t mark = mark_of(world, from, to);
    set_monitor(world, key, mark);
    set_total(world, 1);
    remember(world, key, mark, from, to);
    dirty_.add(key);
  }

  void examine(World& world, const Dirty*, Findings& findings) override {
    if (total(world) == 0 || !findings.wrong()) return;
    for (const Broken& broken : broken_) {
      if (monitor(world, broken.key) == broken.mark) findings.add(evidence(world, broken));
    }
  }

 private:
  struct Pair {
    Word from;
    Word to;
    friend bool operator==(const Pair&, const Pair&) = default;
  };
  // An illegal change seen in some state; the monitor says whether it belongs to this one.
  struct Broken {
    Word key;
    std::uint64_t mark;
    Word from;
    Word to;
    RecordId record;
  };

  const Column& column() const { return system_.tables[spec_.table].columns[spec_.column]; }
  Word value_of(std::span<const Word> columns) const {
    const Word word = columns[spec_.column];
    return word == absent_word ? Pool::of_null() : word;
  }
  static std::uint64_t mark_of(World& world, Word from, Word to) {
    return combine(combine(Hash128{1, 2}, world.pool().content(from)), world.pool().content(to)).lo | 1;
  }

  void remember(World& world, Word key, std::uint64_t mark, Word from, Word to) {
    if (!world.timed()) {  // an exploration comes here again and again
      for (const Broken& known : broken_) {
        if (known.key == key && known.mark == mark) return;
      }
    }
    broken_.push_back({key, mark, from, to, record_of_row(world, spec_.table, key)});
  }

  KeyEvidence evidence(World& world, const Broken& broken) {
    KeyEvidence e;
    e.key = key_text(world, broken.key);
    e.subject = table_name(spec_.table) + "." + column().name;
    e.before = broken.from == absent_word ? std::string() : quoted(world.pool().value(broken.from));
    e.after = quoted(world.pool().value(broken.to));
    for (const auto& [from, to] : allowed_) {
      if (from == broken.from) e.allowed += (e.allowed.empty() ? "" : " or ") + quoted(world.pool().value(to));
    }
    const std::string name = row_name(world, spec_.table, broken.key) + "." + column().name;
    const std::string rest = e.allowed.empty() ? "nothing may follow" : "only " + e.allowed + " may follow";
    if (broken.from == absent_word) {
      e.sentence = fmt::format("{} began as {}, but must begin as {}", name, e.after, e.allowed);
    } else {
      e.sentence = fmt::format("{} went from {} to {}, but {}", name, e.before, e.after, rest);
    }
    e.record = broken.record;
    return e;
  }

  bool restricts_first_ = false;
  std::vector<Pair> allowed_;
  std::vector<Broken> broken_;
};

}  // namespace

std::unique_ptr<Rule> make_transition_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<TransitionRule>(system, spec, index);
}

}  // namespace flowtank
