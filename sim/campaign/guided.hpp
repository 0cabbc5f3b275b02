// SPDX-License-Identifier: Apache-2.0
// Guided runs: what led to something new is kept and changed a little. A log of a run is the list of its actions'
// identities, to the last state that was new; a new run follows a changed log as far as it fits and goes on by random or by pct. Changes:
// none; keep a beginning; move an action earlier; the beginning of one and the rest of another; one more fault. Feedback is a feature of states, an
// abstraction that few states share.
//
// Invariant: a run is a function of its draws and of the memory of its lane; runs depend on each other, so no bound on a
// probability follows from them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/campaign/choosers.hpp"
#include "sim/campaign/counts.hpp"

namespace flowtank::campaign {

using Log = std::vector<std::uint64_t>;  // identities

// What the runs of a lane have learnt: features seen, and the logs of runs that saw one first.
struct LaneMemory {
  Counts features;
  std::vector<Log> corpus;
  std::size_t bytes() const;
};

// What some runs add to it; one line of a campaign file.
struct LaneLesson {
  std::vector<std::uint64_t> features;
  std::vector<Log> logs;
  bool empty() const { return features.empty() && logs.empty(); }
  void clear() {
    features.clear();
    logs.clear();
  }
};
std::string to_text(const LaneLesson& lesson);
bool read_lesson(std::string_view text, LaneLesson& lesson);
void learn(LaneMemory& memory, const LaneLesson& lesson);

// A changed log, and where one more fault shall strike (end_here: nowhere).
struct Script {
  Log log;
  std::uint64_t strike_at = end_here;
};
void make_script(const LaneMemory& memory, const RunDraws& draws, Script& script);

template <class S>
class GuidedChooser {
 public:
  using Action = typename S::Action;

  // `depth`, `steps`: of pct, which half of the runs go on with after their script.
  GuidedChooser(std::uint32_t depth, std::uint64_t steps) : pct_(depth, steps) {}

  void begin(const RunDraws& draws, std::uint32_t faults, const LaneMemory& memory) {
    draws_ = &draws;
    by_pct_ = draws.plan(27) < Swarm::half;
    if (by_pct_) pct_.begin(draws, faults);
    else random_.begin(draws, faults);
    make_script(memory, draws, script_);
    at_ = 0;
  }

  bool wants_faults(std::uint64_t step) const {
    return at_ < script_.log.size() || step >= script_.strike_at || (by_pct_ ? pct_.wants_faults(step) : random_.wants_faults(step));
  }

  std::size_t choose(const S& system, std::span<const Action> actions, std::size_t plain, std::uint64_t step) {
    if (step >= script_.strike_at && plain < actions.size()) {
      script_.strike_at = end_here;
      return plain + below(draws_->step(step, 5), actions.size() - plain);
    }
    while (at_ < script_.log.size()) {
      const std::uint64_t wanted = script_.log[at_++];
      for (std::size_t i = 0; i < actions.size(); ++i) {
        if (identity_of(system, actions[i]) == wanted) return i;
      }
    }
    return by_pct_ ? pct_.choose(system, actions, plain, step) : random_.choose(system, actions, plain, step);
  }

 private:
  const RunDraws* draws_ = nullptr;
  bool by_pct_ = false;
  RandomChooser<S> random_;
  PctChooser<S> pct_;
  Script script_;
  std::size_t at_ = 0;
};

}  // namespace flowtank::campaign
