// SPDX-License-Identifier: Apache-2.0
// See guided.hpp. The cuts of a goal must cut every history in which it was reached: they are joined as runs come in.
#include "sim/lineage/guided.hpp"

#include <algorithm>

namespace flowtank::lineage {

namespace {

class Search {
 public:
  Search(const std::function<Run(const FaultSet&)>& run, const GuidedOptions& options) : run_(run), options_(options) {
    if (!options_.allowed) options_.allowed = [](const FaultSet&) { return true; };
  }

  GuidedVerdict go() {
    GuidedVerdict verdict;
    std::optional<FaultSet> next = FaultSet{};
    while (next && verdict.tried.size() < options_.most_runs) {
      verdict.tried.push_back(*next);
      const Run run = run_(*next);
      if (run.violated) {
        verdict.found = true;
        verdict.faults = *next;
        return verdict;
      }
      if (next->empty() && std::none_of(run.goals.begin(), run.goals.end(), [](const auto& goal) { return goal.has_value(); })) {
        verdict.vacuous = true;
        return verdict;
      }
      learn(run, *next);
      next = smallest(verdict.tried);
    }
    verdict.exhausted = !next && complete_;
    return verdict;
  }

 private:
  void learn(const Run& run, const FaultSet& faults) {
    const bool first = cuts_.empty();
    cuts_.resize(std::max(cuts_.size(), run.goals.size()));
    bool reached = false;
    for (std::size_t g = 0; g < run.goals.size(); ++g) {
      if (!run.goals[g]) continue;
      reached = true;
      std::vector<FaultSet> cuts = run.history.minimal_cuts(*run.goals[g], options_.allowed, complete_);
      if (first) {
        cuts_[g] = std::move(cuts);
        continue;
      }
      std::vector<FaultSet> both;
      for (const FaultSet& one : cuts_[g]) {
        if (!contains(one, faults)) {
          both.push_back(one);  // strikes something else: this run says nothing new of it that its own would not
          continue;
        }
        for (const FaultSet& more : cuts) {
          FaultSet set = joined(one, more);
          if (options_.allowed(set)) both.push_back(std::move(set));
        }
      }
      keep_minimal(both);
      cuts_[g] = std::move(both);
    }
    if (!reached) hopeless_.push_back(faults);
  }

  std::optional<FaultSet> smallest(const std::vector<FaultSet>& tried) const {
    std::vector<FaultSet> all;
    for (const auto& cuts : cuts_) all.insert(all.end(), cuts.begin(), cuts.end());
    std::sort(all.begin(), all.end(), [](const FaultSet& a, const FaultSet& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
    for (FaultSet& set : all) {
      if (std::find(tried.begin(), tried.end(), set) != tried.end()) continue;
      if (std::any_of(hopeless_.begin(), hopeless_.end(), [&](const FaultSet& less) { return contains(set, less); })) continue;
      return std::move(set);
    }
    return std::nullopt;
  }

  const std::function<Run(const FaultSet&)>& run_;
  GuidedOptions options_;
  std::vector<std::vector<FaultSet>> cuts_;  // by goal
  std::vector<FaultSet> hopeless_;           // after these no goal is reached and nothing is wrong
  bool complete_ = true;
};

}  // namespace

GuidedVerdict guided_search(const std::function<Run(const FaultSet&)>& run, const GuidedOptions& options) { return Search(run, options).go(); }

}  // namespace flowtank::lineage
