// SPDX-License-Identifier: Apache-2.0
// What went wrong in the past and may look innocent now: a latch a subject (a cell of the World, part of the
// state) says that it did, the evidence is kept beside it. A latch is set once and never cleared.
//
// Evidence is exact for one history (a run, the replay of a counterexample); in a search it is whatever was
// seen first for the subject, and nobody asks for it there.
#pragma once

#include <string>
#include <vector>

#include "sim/property/rule.hpp"

namespace flowtank {

class LatchedRule : public Rule {
 public:
  using Rule::Rule;
  bool latches() const override { return true; }

 protected:
  // `subject` is a content that names what went wrong (a key, a message); `evidence()` makes the KeyEvidence.
  template <typename Evidence>
  void latch(World& world, Word subject, Evidence&& evidence) {
    const Word cell = numbered(world, latch_number, subject);
    if (monitor(world, cell) != 0) return;
    set_monitor(world, cell, 1);
    set_total(world, 1);
    dirty_.add(subject);
    const std::uint32_t number = seen_.number(cell);
    if (evidence_.size() >= number && !world.timed()) return;
    if (evidence_.size() < number) evidence_.resize(number);
    evidence_[number - 1] = evidence();
  }

  void examine(World& world, const Dirty*, Findings& findings) override {
    if (total(world) == 0) return;
    if (!findings.wrong()) return;
    for (std::uint32_t n = 1; n <= seen_.count(); ++n) {
      if (monitor(world, seen_.key(n)) != 0) findings.add(evidence_[n - 1]);
    }
  }

  void started(World&, bool) override {
    seen_.clear();
    evidence_.clear();
  }

 private:
  static constexpr std::uint64_t latch_number = 1U << 20;  // other monitors of the rule number from 0
  SeenKeys seen_;
  std::vector<KeyEvidence> evidence_;  // by number of the subject, from 0
};

}  // namespace flowtank
