// SPDX-License-Identifier: Apache-2.0
// See threaded_states.hpp: a World, a checker and the counts of each thread, and how they are put together. Questions
// are asked on the thread whose World they are about; nothing is shared but the System and the scenario, which nobody writes.
#include "sim/check/threaded_states.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <sim/base/check.hpp>
#include <sim/explore/parallel_search.hpp>
#include <sim/run/world_builder.hpp>

#include "sim/check/watched_tables.hpp"

namespace flowtank {
namespace {

using explore::WorldSystem;
using Question = explore::Property<WorldSystem>;

// A thread's own everything.
class Explorer {
 public:
  Explorer(const Scenario& scenario, const BrokerRegistry& registry, const ThreadReduction& reduction)
      : world_(build(scenario, registry)), checker_(*scenario.system, scenario.properties), violated_(scenario.properties.size()) {
    checker_.attach(*world_);
    world_->reset(scenario.system->bounds.seed);
    checker_.start(*world_);
    system_.emplace(*world_, [this](World& w) { checker_.after_action(w); });
    system_->show_where([this] { return !checker_.violated_by_action().empty(); });
    if (reduction.runs) system_->reduce_runs(watched_by(*scenario.system, scenario.properties));
    system_->reduce(reduction.steps, reduction.passing);
    for (std::uint32_t f = 0; f < world_->system().faults.size(); ++f) full_budgets_.push_back(world_->faults().budget(f));
    struck_.assign(full_budgets_.size(), 0);
  }

  WorldSystem& system() { return *system_; }
  const World& world() const { return *world_; }
  const Checker& checker() const { return checker_; }
  const std::vector<char>& violated() const { return violated_; }
  const std::vector<std::uint64_t>& struck() const { return struck_; }
  bool reached_end() const { return reached_end_; }

  // Both look, and never fail: what they find is kept here.
  std::vector<Question> questions() {
    return {Question::always("", [this](const WorldSystem&) {
              for (std::uint32_t f = 0; f < full_budgets_.size(); ++f) {
                struck_[f] += world_->faults().budget(f) != full_budgets_[f] ? 1 : 0;
              }
              for (const std::uint32_t p : checker_.violated_by_action()) violated_[p] = 1;
              return true;
            }),
            Question::terminal("", [this](const WorldSystem&) {
              reached_end_ = true;
              for (const std::uint32_t p : checker_.violated_at_quiescence(*world_)) violated_[p] = 1;
              return true;
            })};
  }

 private:
  static std::unique_ptr<World> build(const Scenario& scenario, const BrokerRegistry& registry) {
    Diagnostics diagnostics;
    auto world = make_world(*scenario.system, registry, Mode::explore, scenario.system->bounds.seed, diagnostics);
    FLOWTANK_CHECK(world != nullptr, "brokers that could be made once can be made again");
    return world;
  }

  std::unique_ptr<World> world_;
  Checker checker_;
  std::optional<WorldSystem> system_;
  std::vector<char> violated_;
  std::vector<std::uint64_t> full_budgets_;
  std::vector<std::uint64_t> struck_;
  bool reached_end_ = false;
};

}  // namespace

ThreadedStates explore_in_threads(const Scenario& scenario, const BrokerRegistry& registry, unsigned threads, const ThreadReduction& reduction,
                                  const explore::Options<WorldSystem>& search, WorldSystem& system, Checker& checker, World& world) {
  std::vector<std::unique_ptr<Explorer>> explorers;
  std::vector<explore::ParallelWorker<WorldSystem>> workers;
  for (unsigned t = 0; t < threads; ++t) {
    explorers.push_back(std::make_unique<Explorer>(scenario, registry, reduction));
    workers.push_back({&explorers.back()->system(), explorers.back()->questions()});
  }
  ThreadedStates found;
  found.violated.assign(scenario.properties.size(), false);
  const auto gather = [&] {
    for (std::size_t p = 0; p < found.violated.size(); ++p) {
      for (const auto& explorer : explorers) found.violated[p] = found.violated[p] || explorer->violated()[p] != 0;
    }
    return !found.violated.empty() && std::all_of(found.violated.begin(), found.violated.end(), [](bool v) { return v; });
  };
  explore::Options<WorldSystem> options = search;
  options.stop_when_decided = false;
  const std::size_t worlds = options.memory_limit;
  options.out_of_time = [&] {
    std::size_t bytes = 0;
    for (const auto& explorer : explorers) bytes += explorer->world().memory_bytes();
    return bytes > worlds || (search.out_of_time && search.out_of_time());
  };
  const auto outcome = explore::ParallelSearch<WorldSystem>(workers, options, gather, false).run();
  gather();
  found.counts = outcome;
  found.complete = outcome.complete;
  found.limit = outcome.limit;
  found.fault = outcome.fault;
  found.bytes = outcome.bytes;
  found.states_struck.assign(world.system().faults.size(), 0);
  found.strikes.assign(world.system().faults.size(), 0);
  for (const auto& explorer : explorers) {
    system.merge_coverage(explorer->system());
    checker.merge(world, explorer->checker());
    found.reached_end = found.reached_end || explorer->reached_end();
    for (std::size_t f = 0; f < found.strikes.size(); ++f) {
      found.states_struck[f] += explorer->struck()[f];
      found.strikes[f] += explorer->world().faults().strikes()[f];
    }
  }
  return found;
}

}  // namespace flowtank
