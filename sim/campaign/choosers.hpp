// SPDX-License-Identifier: Apache-2.0
// Who chooses the next action of a run. Each chooser is begun with the draws of one run and then asked at every step; it is
// a template over the system, so that the World and a ten-line model are sampled by the same code. Nothing here
// allocates once its vectors have grown.
//
// RandomChooser  each enabled action alike; faults as the swarm says; slow chains only now and then.
// PctChooser     probabilistic concurrency testing (Burckhardt et al., 2010): each chain has a random priority, the highest
//                acts; at depth-1 random steps who acted falls below all others. A bug that depends on `depth` ordered
//                points is found by a run with probability at least 1 / (chains * steps^(depth-1)).
// PosChooser     partial-order sampling (Yuan et al., 2018): each event has a random priority, drawn anew whenever
//                another event took place where it would.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "sim/campaign/swarm.hpp"
#include "sim/campaign/walkable.hpp"

namespace flowtank::campaign {

inline constexpr std::size_t end_here = static_cast<std::size_t>(-1);

// Finds the faults that are on among the enabled actions, and picks one: each fault alike, then each of its places.
class FaultPicker {
 public:
  template <class S>
  bool find(const S& system, std::span<const typename S::Action> actions, std::size_t plain, const Swarm& swarm) {
    groups_.clear();
    for (std::size_t i = plain; i < actions.size();) {
      const std::uint32_t fault = fault_of(system, actions[i]);
      std::size_t end = i + 1;
      while (end < actions.size() && fault_of(system, actions[end]) == fault) ++end;
      if (swarm.on(fault)) groups_.push_back({fault, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end)});
      i = end;
    }
    return !groups_.empty();
  }
  std::size_t pick(std::uint64_t which, std::uint64_t where) const {
    const FaultGroup& group = groups_[below(which, groups_.size())];
    return group.begin + below(where, group.end - group.begin);
  }
  const FaultGroup* of(std::uint32_t fault) const {
    for (const FaultGroup& group : groups_) {
      if (group.fault == fault) return &group;
    }
    return nullptr;
  }

 private:
  std::vector<FaultGroup> groups_;
};

template <class S>
class RandomChooser {
 public:
  using Action = typename S::Action;

  void begin(const RunDraws& draws, std::uint32_t faults) {
    draws_ = &draws;
    swarm_.begin(draws, faults);
  }

  // May a fault strike at this step, while something else can happen? Who says no need not be shown any.
  bool wants_faults(std::uint64_t step) const { return swarm_.any() && swarm_.strikes(step, draws_->step(step, 0)); }

  // A fault that strikes now, or end_here. At rest it is tried by the toss of a coin.
  std::size_t strike(const S& system, std::span<const Action> actions, std::size_t plain, std::uint64_t step) {
    if (plain == actions.size() || !swarm_.any()) return end_here;
    const std::uint64_t toss = draws_->step(step, 0);
    const bool now = plain == 0 ? toss < Swarm::half : swarm_.strikes(step, toss);
    if (!now || !picker_.find(system, actions, plain, swarm_)) return end_here;
    swarm_.struck(step);
    return picker_.pick(draws_->step(step, 1), draws_->step(step, 2));
  }

  std::size_t choose(const S& system, std::span<const Action> actions, std::size_t plain, std::uint64_t step) {
    const std::size_t fault = strike(system, actions, plain, step);
    if (fault != end_here || plain == 0) return fault;
    if (plain == 1) return 0;
    if (swarm_.any_slow() && draws_->step(step, 3) >= now_and_then) {
      quick_.clear();
      for (std::size_t i = 0; i < plain; ++i) {
        if (!swarm_.slow(draws_->key(chain_of(system, actions[i])))) quick_.push_back(static_cast<std::uint32_t>(i));
      }
      if (!quick_.empty()) return quick_[below(draws_->step(step, 4), quick_.size())];
    }
    return below(draws_->step(step, 4), plain);
  }

 private:
  static constexpr std::uint64_t now_and_then = Swarm::half >> 4;  // one step of 32 asks nobody whether he is slow

  const RunDraws* draws_ = nullptr;
  Swarm swarm_;
  FaultPicker picker_;
  std::vector<std::uint32_t> quick_;
};

template <class S>
class PctChooser {
 public:
  using Action = typename S::Action;

  // `depth` >= 1: of the bugs that the bound is about; `steps` >= 1: actions of a run, at most; what comes after is random.
  PctChooser(std::uint32_t depth, std::uint64_t steps) : depth_(depth), steps_(std::max<std::uint64_t>(steps, 1)) {}

  void begin(const RunDraws& draws, std::uint32_t faults) {
    enum What : std::uint32_t { points = 11, strikes = 12, how_many = 13 };
    draws_ = &draws;
    swarm_.begin(draws, faults);
    taken_ = 0;
    fallen_.clear();
    points_.clear();
    planned_.clear();
    for (std::uint32_t i = 0; i + 1 < depth_; ++i) points_.push_back(below(draws.plan(points, i), steps_));
    for (std::uint32_t f = 0; f < faults; ++f) {
      if (!swarm_.on(f)) continue;
      // One strike in half of the runs, two in a quarter, ...: a strike is one more ordered point of a bug.
      std::uint64_t toss = draws.plan(how_many, f);
      for (std::uint32_t n = 0; n < most_strikes; ++n, toss <<= 1) {
        planned_.push_back({below(draws.plan(strikes, std::uint64_t{f} << 8 | n), steps_ + 1), f});
        if (toss >> 63 == 0) break;
      }
    }
    std::sort(planned_.begin(), planned_.end(), [](const Strike& a, const Strike& b) { return a.at != b.at ? a.at < b.at : a.fault < b.fault; });
  }

  bool wants_faults(std::uint64_t) const { return !planned_.empty() && planned_.front().at <= taken_; }

  std::size_t choose(const S& system, std::span<const Action> actions, std::size_t plain, std::uint64_t step) {
    const std::size_t fault = strike(system, actions, plain, step);
    if (fault != end_here || plain == 0) return fault;
    if (taken_ >= steps_) return below(draws_->step(step, 4), plain);  // nothing is promised of longer runs; none is to starve
    std::size_t best = 0;
    std::uint64_t highest = 0;
    std::uint64_t chain = 0;
    for (std::size_t i = 0; i < plain; ++i) {
      const std::uint64_t candidate = chain_of(system, actions[i]);
      const std::uint64_t priority = priority_of(candidate);
      // Outcomes of one choice share a chain: any of them.
      const bool better = i == 0 || priority > highest || (candidate == chain && draws_->step(step, 8 + static_cast<std::uint32_t>(i)) >> 63 != 0);
      if (!better) continue;
      best = i;
      highest = priority;
      chain = candidate;
    }
    for (std::size_t p = 0; p < points_.size(); ++p) {
      if (points_[p] == taken_) fall(chain, p);
    }
    ++taken_;
    return best;
  }

 private:
  struct Strike {
    std::uint64_t at;
    std::uint32_t fault;
  };
  struct Fallen {
    std::uint64_t chain;
    std::uint64_t priority;
  };
  static constexpr std::uint32_t most_strikes = 4;
  static constexpr std::uint64_t above = std::uint64_t{1} << 63;

  // Those that have fallen stand below all others, the point that came first in the drawing lowest.
  std::uint64_t priority_of(std::uint64_t chain) const {
    for (const Fallen& one : fallen_) {
      if (one.chain == chain) return one.priority;
    }
    return draws_->key(chain) | above;
  }
  void fall(std::uint64_t chain, std::uint64_t priority) {
    for (Fallen& one : fallen_) {
      if (one.chain != chain) continue;
      one.priority = priority;
      return;
    }
    fallen_.push_back({chain, priority});
  }
  // The first planned strike that is due and possible. At rest all are due.
  std::size_t strike(const S& system, std::span<const Action> actions, std::size_t plain, std::uint64_t step) {
    if (plain == actions.size() || planned_.empty() || (plain != 0 && planned_.front().at > taken_)) return end_here;
    if (!picker_.find(system, actions, plain, swarm_)) return end_here;
    for (auto planned = planned_.begin(); planned != planned_.end() && (plain == 0 || planned->at <= taken_); ++planned) {
      const FaultGroup* group = picker_.of(planned->fault);
      if (group == nullptr) continue;
      planned_.erase(planned);
      return group->begin + below(draws_->step(step, 2), group->end - group->begin);
    }
    return end_here;
  }

  std::uint32_t depth_;
  std::uint64_t steps_;
  const RunDraws* draws_ = nullptr;
  Swarm swarm_;
  FaultPicker picker_;
  std::uint64_t taken_ = 0;
  std::vector<std::uint64_t> points_;
  std::vector<Strike> planned_;
  std::vector<Fallen> fallen_;
};

template <class S>
class PosChooser {
 public:
  using Action = typename S::Action;

  void begin(const RunDraws& draws, std::uint32_t faults) {
    draws_ = &draws;
    faults_.begin(draws, faults);
    generations_.clear();
  }
  bool wants_faults(std::uint64_t step) const { return faults_.wants_faults(step); }

  std::size_t choose(const S& system, std::span<const Action> actions, std::size_t plain, std::uint64_t step) {
    const std::size_t fault = faults_.strike(system, actions, plain, step);
    if (fault != end_here || plain == 0) return fault;
    std::size_t best = 0;
    std::uint64_t highest = 0;
    for (std::size_t i = 0; i < plain; ++i) {
      const std::uint64_t priority = draws_->key(identity_of(system, actions[i]), 1 + generation(place_of(system, actions[i])));
      if (i != 0 && priority <= highest) continue;
      best = i;
      highest = priority;
    }
    ++generation(place_of(system, actions[best]));
    return best;
  }

 private:
  struct Place {
    std::uint64_t place;
    std::uint64_t generation;
  };
  std::uint64_t& generation(std::uint64_t place) {
    for (Place& one : generations_) {
      if (one.place == place) return one.generation;
    }
    generations_.push_back({place, 0});
    return generations_.back().generation;
  }

  const RunDraws* draws_ = nullptr;
  RandomChooser<S> faults_;
  std::vector<Place> generations_;
};

}  // namespace flowtank::campaign
