// SPDX-License-Identifier: Apache-2.0
// monotonic_writes and writes_follow_reads: wherever the later write of a session is visible, what the session had
// written (or read) before it is visible too. "Wherever" are the tables named; visible is a row whose version is
// at least that of the write. Judged from the moment the later write is acknowledged: before, nobody knows its
// version.
//
// Monitors: (2, [later key, later version, earlier key]) the earlier version that must come with it, + 1.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sim/property/session_rule.hpp"

namespace flowtank {
namespace {

class SessionOrderRule final : public SessionRule {
 public:
  SessionOrderRule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : SessionRule(system, spec, index), after_reads_(spec.kind == PropertyKind::writes_follow_reads) {}

  std::string why_vacuous() const override {
    return after_reads_ ? "no write that followed a read became visible" : "no second write of a session became visible";
  }

 protected:
  void read(World& world, const SessionEvent& event, std::uint64_t version) override {
    if (after_reads_ && version > 1) remember(world, event, version);
  }

  void written(World& world, const SessionEvent& event, std::uint64_t version) override {
    each_memory(world, event, [&](Word key, std::uint64_t earlier) { bind(world, event, version, key, earlier); });
    if (!after_reads_) remember(world, event, version);
  }

  void row_changed(World& world, std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after) override {
    SessionRule::row_changed(world, table, key, before, after);
    for (const auto& [place, column] : spec_.places) {
      if (place != table) continue;
      const std::uint64_t was = before.empty() ? 0 : version_in(world, before[column]);
      const auto found = of_key_.find(key);
      if (found == of_key_.end()) return;
      for (const std::size_t pair : found->second) look(world, pairs_[pair], table, column, was);
    }
  }

  void started(World& world, bool forget) override {
    SessionRule::started(world, forget);
    if (!forget && !world.timed()) return;
    pairs_.clear();
    of_key_.clear();
  }

 private:
  struct Pair {
    Word later_key;
    std::uint64_t later;  // version + 1
    Word earlier_key;
    Word monitor;
    SessionEvent event;   // of the later write that was seen first
  };

  static std::uint64_t version_in(World& world, Word word) { return word == absent_word ? 0 : number_of(world.pool().value(word)); }

  std::uint64_t version_at(World& world, std::uint32_t table, std::uint32_t column, Word key) const {
    const Cell row = world.store().find(table, key);
    return row == no_cell || !world.store().present(row) ? 0 : version_in(world, world.store().column(row, column));
  }

  void bind(World& world, const SessionEvent& event, std::uint64_t version, Word key, std::uint64_t earlier) {
    if (key == event.key && version <= earlier) {
      triggered_ = true;
      latch(world, subject_word(world, event), [&] {
        KeyEvidence e = evidence_of(world, event);
        e.before = version_text(earlier);
        e.after = version_text(version);
        e.allowed = "later than " + e.before;
        e.sentence = fmt::format("{}: {} {} {} and its next write became {}", e.key, session_name(event), after_reads_ ? "read" : "wrote", e.before, e.after);
        return e;
      });
      return;
    }
    const std::array<Word, 3> parts{event.key, Pool::of_int_small(static_cast<std::int64_t>(version)), key};
    const Word word = numbered(world, 2, world.pool().intern_list(parts));
    if (monitor(world, word) < earlier) set_monitor(world, word, earlier);
    auto known = std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& pair) { return pair.monitor == word; });
    if (known == pairs_.end()) {
      pairs_.push_back({event.key, version, key, word, event});
      known = pairs_.end() - 1;
      of_key_[event.key].push_back(pairs_.size() - 1);
      if (key != event.key) of_key_[key].push_back(pairs_.size() - 1);
    }
    const Pair pair = *known;
    for (const auto& [table, column] : spec_.places) look(world, pair, table, column, 0);
  }

  // Does this place show the later write without the earlier one? `was`: its version of the row before a change.
  void look(World& world, const Pair& pair, std::uint32_t table, std::uint32_t column, std::uint64_t was) {
    const std::uint64_t earlier = monitor(world, pair.monitor);
    if (earlier == 0) return;
    const std::uint64_t later_here = version_at(world, table, column, pair.later_key);
    const bool same = pair.later_key == pair.earlier_key;
    // Of one key, later versions contain earlier ones, unless an earlier one comes after it.
    const bool undone = same && was >= pair.later && later_here < pair.later;
    if (later_here < pair.later && !undone) return;
    triggered_ = true;
    const std::uint64_t earlier_here = same ? later_here : version_at(world, table, column, pair.earlier_key);
    if (!undone && earlier_here >= earlier) return;
    latch(world, subject_word(world, pair.event), [&] {
      KeyEvidence e = evidence_of(world, pair.event);
      const std::string place = table_name(table);
      e.before = key_text(world, pair.earlier_key) + " " + version_text(earlier);
      e.after = earlier_here == 0 ? std::string("nothing") : version_text(earlier_here);
      e.allowed = "at least " + e.before;
      const std::string did = fmt::format("{}: {} {} {} before it wrote {} {}", e.key, session_name(pair.event), after_reads_ ? "read" : "wrote",
                                          e.before, key_text(world, pair.later_key), version_text(pair.later));
      e.sentence = undone ? fmt::format("{}; {} had shown the later one and then went back to {}", did, place, e.after)
                          : fmt::format("{}; {} shows the later one, and of the earlier one {}", did, place, e.after);
      return e;
    });
  }

  bool after_reads_;
  std::vector<Pair> pairs_;  // ever seen; the monitor says whether it is of this history
  std::map<Word, std::vector<std::size_t>> of_key_;  // looked up only, never gone through
};

}  // namespace

std::unique_ptr<Rule> make_session_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<SessionOrderRule>(system, spec, index);
}

}  // namespace flowtank
