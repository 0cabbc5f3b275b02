// SPDX-License-Identifier: Apache-2.0
// Promises: what must come about later. eventually, leads_to and not_stuck owe something for a key from the
// moment it is asked for until it holds. One monitor a key says whether something is owed, one total how
// many keys wait; both are functions of the run so far with two or three values, so that state spaces
// stay finite, and neither holds a time. Since when a key waits is an observation of timed runs.
//
// leads_to: asked for whenever `when` holds (again and again), owed until `predicate` holds, also if the row
// is deleted meanwhile. not_stuck: asked for while the row exists. eventually: asked for once.
#include <fmt/format.h>

#include <algorithm>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

constexpr std::uint64_t not_asked = 0, owed = 1, kept = 2;

class PromiseRule final : public Rule {
 public:
  PromiseRule(const System& system, const PropertySpec& spec, std::uint32_t index) : Rule(system, spec, index) {
    quantified_ = spec.table;
  }

  bool is_promise() const override { return true; }
  std::uint32_t interests() const override { return spec_.after_faults ? static_cast<std::uint32_t>(Interest::disturbances) : 0; }
  void disturbed(World& world) override {
    disturbed_ = true;
    disturbed_at_ = world.now();
  }

  bool owes(World& world, std::vector<Word>* keys) override {
    if (total(world) == 0) return false;
    if (keys != nullptr) {
      for (const Word key : seen_.sorted(world.pool())) {
        if (monitor(world, key) == owed) keys->push_back(key);
      }
    }
    return true;
  }

  void at_quiescence(World& world, Findings& findings) override { owed_for_ever(world, findings, "and nothing more will happen"); }
  void in_loop(World& world, Findings& findings) override { owed_for_ever(world, findings, "and what happens goes round in a circle"); }

  void at_deadline(World& world, Time end, Findings& findings) override {
    if (!spec_.within || total(world) == 0) return;
    for (const Word key : seen_.sorted(world.pool())) {
      if (monitor(world, key) != owed) continue;
      const Duration waited = end - since_[seen_.number(key) - 1];
      if (too_long(world, waited, end) && findings.wrong()) findings.add(late(world, key, waited, true));
    }
  }

  std::string why_vacuous() const override {
    if (quantified_ == none) return "none of the tables it reads ever had a row";
    if (spec_.when != none) return fmt::format("its condition never held for a row of {}", table_name(quantified_));
    return fmt::format("{} never had a row", table_name(quantified_));
  }

 protected:
  void started(World&, bool forget) override {
    if (forget) seen_.clear();
    disturbed_ = false;
  }

  void examine(World& world, const Dirty* dirty, Findings& findings) override {
    if (quantified_ == none) {
      triggered_ = true;
      advance(world, Pool::of_null(), {}, false, findings);
      return;
    }
    each_row(world, quantified_, dirty, [&](Word key, const Value& item) { advance(world, key, item, true, findings); });
    if (spec_.kind == PropertyKind::not_stuck) forget_deleted(world, dirty);
  }

 private:
  // One key's monitor, after something it depends on may have changed.
  void advance(World& world, Word key, const Value& item, bool has_row, Findings& findings) {
    const std::uint64_t was = monitor(world, key);
    if (was == kept) return;
    const Word subject = has_row ? key : absent_word;
    const Value key_of_item = key_value(world, subject);
    bool asked = was == owed && spec_.kind != PropertyKind::not_stuck;
    if (!asked) {
      asked = truth_or(world, spec_.when, item, key_of_item, subject) == Truth::yes;
      if (asked) triggered_ = true;
    }
    bool holds = false;
    if (asked) {
      const Truth predicate = truth(world, spec_.predicate, item, key_of_item, subject);
      if (predicate == Truth::unknown) return;
      holds = predicate == Truth::yes;
    }
    std::uint64_t is = asked && !holds ? owed : not_asked;
    if (asked && holds && spec_.kind == PropertyKind::eventually) is = kept;
    if (is == was) return;
    if (was == owed) in_time(world, key, findings);
    put(world, key, was, is);
  }

  void owed_for_ever(World& world, Findings& findings, const char* how) {
    if (total(world) == 0 || !findings.wrong()) return;
    for (const Word key : seen_.sorted(world.pool())) {
      if (monitor(world, key) == owed) findings.add(evidence(world, key, how));
    }
  }

  void forget_deleted(World& world, const Dirty* dirty) {
    auto forget = [&](Word key) {
      const Cell row = world.store().find(quantified_, key);
      if (row != no_cell && world.store().present(row)) return;
      if (monitor(world, key) == owed) put(world, key, owed, not_asked);
    };
    if (dirty != nullptr && !dirty->all) {
      for (const Word key : dirty->subjects) forget(key);
    } else {
      for (std::uint32_t n = 1; n <= seen_.count(); ++n) forget(seen_.key(n));
    }
  }

  void put(World& world, Word key, std::uint64_t was, std::uint64_t is) {
    const std::uint32_t number = seen_.number(key);
    if (since_.size() < number) since_.resize(number);
    if (is == owed) {
      since_[number - 1] = world.now();
      set_total(world, total(world) + 1);
    } else if (was == owed) {
      set_total(world, total(world) - 1);
    }
    set_monitor(world, key, is);
  }

  // A promise was kept: in time?
  void in_time(World& world, Word key, Findings& findings) {
    if (!world.timed() || !spec_.within) return;
    const Duration took = world.now() - since_[seen_.number(key) - 1];
    if (too_long(world, took, world.now()) && findings.wrong()) findings.add(late(world, key, took, false));
  }

  // Later than allowed, and (with `after_faults`) also later than allowed after the last fault was over.
  bool too_long(const World& world, Duration took, Time now) const {
    if (took <= *spec_.within) return false;
    if (!spec_.after_faults || !disturbed_) return true;
    for (std::uint32_t i = 0; i < world.runs().instance_count(); ++i) {
      if (!world.faults().is_up(i)) return false;
    }
    for (std::uint32_t b = 0; b < system_.brokers.size(); ++b) {
      if (world.faults().out(b)) return false;
    }
    return now - disturbed_at_ > *spec_.after_faults;
  }

  // The key as it appears in sentences; the promise of a whole System has none.
  std::string name(World& world, Word key) const { return quantified_ == none ? std::string() : key_text(world, key); }

  KeyEvidence evidence(World& world, Word key, const std::string& how) {
    KeyEvidence e;
    e.key = name(world, key);
    e.allowed = spec_.source;
    if (quantified_ == none) {
      e.sentence = fmt::format("{} never held {}", spec_.source.empty() ? "the condition" : '"' + spec_.source + '"', how);
      return e;
    }
    e.subject = table_name(quantified_);
    e.record = record_of_row(world, quantified_, key);
    const char* what = spec_.kind == PropertyKind::not_stuck ? "is stuck" : "waits for ever";
    e.sentence = fmt::format("{} {}: {} {}", e.key, what, describe_situation(world, quantified_, key, spec_.source), how);
    return e;
  }

  KeyEvidence late(World& world, Word key, Duration took, bool still) {
    KeyEvidence e = evidence(world, key, "");
    e.after = seconds_text(took);
    e.allowed = "within " + seconds_text(*spec_.within);
    if (spec_.after_faults) e.allowed += fmt::format(" or {} after the last fault", seconds_text(*spec_.after_faults));
    const std::string who = e.key.empty() ? std::string() : e.key + ": ";
    if (still) {
      e.sentence = fmt::format("{}{} for {}, allowed are {}", who,
                               quantified_ == none ? std::string("it has not come") : describe_row(world, quantified_, key, spec_.source),
                               e.after, seconds_text(*spec_.within));
    } else {
      e.sentence = fmt::format("{}it took {}, allowed are {}", who, e.after, seconds_text(*spec_.within));
    }
    return e;
  }

  SeenKeys seen_;
  std::vector<Time> since_;  // by number of the key, from 0
  bool disturbed_ = false;   // a fault struck or ended, last at
  Time disturbed_at_;
};

}  // namespace

std::unique_ptr<Rule> make_promise_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<PromiseRule>(system, spec, index);
}

}  // namespace flowtank
