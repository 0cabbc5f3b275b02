// SPDX-License-Identifier: Apache-2.0
// The exhaustive driver: one breadth first search decides every property that a state or an end can
// violate; where promises remain, the explicit graph is searched for fair loops that never keep them, always
// without reduction.
#include <algorithm>
#include <limits>
#include <span>

#include <fmt/format.h>

#include <sim/base/bytes_text.hpp>
#include <sim/base/thousands.hpp>
#include <sim/explore/breadth_first.hpp>
#include <sim/explore/liveness.hpp>
#include <sim/explore/world_system.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/world/fault_kinds.hpp>

#include "sim/check/fairness.hpp"
#include "sim/check/scenario_check.hpp"
#include "sim/check/threaded_states.hpp"
#include "sim/check/watched_tables.hpp"
#include "sim/check/witness.hpp"

namespace flowtank {
namespace {

using explore::WorldSystem;
using Search = explore::Options<WorldSystem>;

// A path that violates a property.
struct Found {
  bool any = false;
  bool loop = false;     // what goes on after the path never keeps the promise
  bool at_end = false;   // violated because nothing more happens
  bool any_length = false;  // the path is not known to be a shortest one
  std::vector<Action> path;
  std::vector<Action> cycle_actions;  // not empty: a loop follows the path
};

class ScenarioCheck {
 public:
  ScenarioCheck(const Scenario& scenario, const BrokerRegistry& registry, const CheckOptions& options, World& world,
                Diagnostics& diagnostics)
      : scenario_(scenario), registry_(registry), options_(options), world_(world), diagnostics_(diagnostics),
        checker_(*scenario.system, scenario.properties), found_(scenario.properties.size()), met_(scenario.properties.size()),
        held_by_loops_(scenario.properties.size()) {
    checker_.attach(world_);
    world_.reset(scenario.system->bounds.seed);
    checker_.start(world_);
    system_.emplace(world_, [this](World& w) { checker_.after_action(w); });
    system_->show_where([this] { return !checker_.violated_by_action().empty(); });
    if (options.reduce_runs) system_->reduce_runs(watched_by(*scenario.system, scenario.properties));
    for (std::uint32_t f = 0; f < world_.system().faults.size(); ++f) {
      full_budgets_.push_back(world_.faults().budget(f));
    }
    states_struck_.assign(full_budgets_.size(), 0);
  }

  Result run() {
    limits();
    search();
    loops();
    conclude();
    return std::move(result_);
  }

 private:
  void limits() {
    const CheckBounds& bounds = scenario_.check;
    search_.max_states = options_.states.value_or(bounds.states != 0 ? bounds.states : default_check_states);
    if (options_.depth) search_.max_depth = *options_.depth;
    else if (bounds.depth != 0) search_.max_depth = bounds.depth;
    memory_ = options_.memory.value_or(bounds.memory_mb != 0 ? bounds.memory_mb << 20 : default_check_memory);
    search_.memory_limit = memory_;
    search_.stop_when_decided = false;
    search_.self_check = options_.self_check;
    search_.exact = options_.exact;
    search_.cancelled = [this] {
      if (options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed)) {
        result_.interrupted = true;
        return true;
      }
      return everything_found();
    };
    search_.out_of_time = [this] {
      if (world_.memory_bytes() > memory_) {
        world_too_large_ = true;
        return true;
      }
      return options_.out_of_time && options_.out_of_time();
    };
    search_.progress = options_.progress;
  }

  bool everything_found() const {
    if (met_.empty()) return false;
    for (std::uint32_t p = 0; p < met_.size(); ++p) {
      if (!met_[p] && (sought_.empty() || sought_[p])) return false;
    }
    return true;
  }

  // Called once for each state: what it says, and which faults had struck in it.
  void visit() {
    for (std::uint32_t f = 0; f < full_budgets_.size(); ++f) {
      states_struck_[f] += world_.faults().budget(f) != full_budgets_[f] ? 1 : 0;
    }
    violated_.assign(found_.size(), false);
    for (const std::uint32_t p : checker_.violated_by_action()) violated_[p] = true;
  }
  void visit_end() {
    reached_end_ = true;
    violated_.assign(found_.size(), false);
    for (const std::uint32_t p : checker_.violated_at_quiescence(world_)) violated_[p] = true;
  }

  // Two questions of each kind come first and do the work, the others only look.
  std::vector<explore::Property<WorldSystem>> questions() {
    using Question = explore::Property<WorldSystem>;
    std::vector<Question> out;
    out.push_back(Question::always("", [this](const WorldSystem&) { visit(); return true; }));
    out.push_back(Question::terminal("", [this](const WorldSystem&) { visit_end(); return true; }));
    for (std::uint32_t p = 0; p < found_.size(); ++p) {
      const auto holds = [this, p](const WorldSystem&) {
        if (violated_[p]) met_[p] = true;
        return !violated_[p];
      };
      out.push_back(Question::always(scenario_.properties[p].name, holds));
      out.push_back(Question::terminal(scenario_.properties[p].name, holds));
    }
    return out;
  }

  void search() {
    const bool reduces = asks_reduction() && !options_.self_check && !options_.exact;
    if (options_.threads > 1 && !options_.self_check && !options_.exact) return search_in_threads(reduces);
    system_->reduce(reduces, passes());
    const auto outcome = search_once(search_);
    system_->reduce(false);
    result_.counts = outcome;
    result_.complete = outcome.complete;
    result_.limit = outcome.limit;
    result_.bytes = outcome.bytes;
    if (!outcome.fault.empty()) result_.our_fault = outcome.fault;
    result_.limit_words = limit_words();
    if (asks_reduction()) say_reduction();
    if (system_->reduced() != 0) shorten();
  }

  // A bound on the depth is one on actions: then every state on the way is a level.
  bool passes() const { return search_.max_depth == std::numeric_limits<std::uint64_t>::max(); }

  // Which properties are violated, by several threads; how, by this one, no deeper than those looked: first as they did, then
  // unreduced.
  void search_in_threads(bool reduces) {
    system_->reduce(reduces, passes());
    const ThreadedStates found = explore_in_threads(scenario_, registry_, options_.threads, {reduces, reduces && options_.reduce_runs, passes()}, search_, *system_, checker_, world_);
    result_.counts = found.counts;
    result_.complete = found.complete;
    result_.limit = found.limit;
    result_.bytes = found.bytes;
    result_.our_fault = found.fault;
    reached_end_ = found.reached_end;
    states_struck_ = found.states_struck;
    strikes_elsewhere_ = found.strikes;
    result_.limit_words = limit_words();
    if (asks_reduction()) say_reduction();
    if (std::none_of(found.violated.begin(), found.violated.end(), [](bool v) { return v; }) || result_.interrupted) {
      system_->reduce(false);
      return;
    }
    sought_ = found.violated;
    Search bounded = search_;
    bounded.progress = nullptr;
    bounded.max_depth = std::min<std::uint64_t>(search_.max_depth, found.counts.depth);
    search_once(bounded);
    system_->reduce(false);
    states_struck_ = found.states_struck;
    for (std::uint32_t p = 0; p < found_.size(); ++p) {
      if (sought_[p] && !found_[p].any && result_.limit_words.empty()) {
        result_.our_fault = "threads saw a violation of \"" + scenario_.properties[p].name + "\" that one thread did not find again";
      }
      if (result_.complete && !sought_[p] && found_[p].any) {
        result_.our_fault = "threads missed a violation of \"" + scenario_.properties[p].name + "\" that one thread found";
      }
    }
    sought_.clear();
    if (system_->reduced() != 0) shorten();
  }

  // Keeps what is found first of each property. A search that is after some of them may come upon others, where a limit kept
  // an earlier search from them.
  explore::Outcome<Action> search_once(const Search& search) {
    const auto asked = questions();
    met_.assign(met_.size(), false);
    auto outcome = explore::breadth_first(*system_, asked, search);
    for (std::uint32_t p = 0; p < found_.size(); ++p) {
      auto& now = outcome.decisions[2 + 2 * p];
      auto& at_end = outcome.decisions[3 + 2 * p];
      if (found_[p].any || (!now.found() && !at_end.found())) continue;
      const bool end_is_shorter = at_end.found() && (!now.found() || at_end.witness.actions.size() < now.witness.actions.size());
      found_[p].any = true;
      found_[p].at_end = end_is_shorter;
      found_[p].path = system_->unfold(end_is_shorter ? at_end.witness.actions : now.witness.actions);
    }
    return outcome;
  }

  bool asks_reduction() const { return options_.reduce || options_.reduce_runs; }

  void say_reduction() {
    if (options_.self_check || options_.exact) result_.reduction = "not reduced: the self-check and the exact mode compare single states";
    else if (!system_->why_not_reduced().empty()) result_.reduction = "not reduced: " + system_->why_not_reduced();
    else if (system_->reduced() == 0) result_.reduction = "not reduced: no step is private to its run";
    else result_.reduction = "steps that nobody else can notice taken at once";
    if (!options_.reduce_runs || result_.reduction.starts_with("not reduced")) return;
    if (const std::string why = system_->why_no_run_sets(); !why.empty()) result_.reduction += "; not by runs: " + why;
    else if (system_->reduced_by_runs() == 0) result_.reduction += "; not by runs: each may meet another at every step";
    else result_.reduction += ", runs that nobody can meet go on alone";
  }

  // What a reduced search found is searched for once more without reduction, no deeper than it was found (one more
  // level: a state is only known to be an end when it is expanded): so that its witness is a shortest one. Where
  // a limit stops that, the longer witness stays. What the initial state shows has a shortest witness already.
  void shorten() {
    if (result_.interrupted) return;
    std::uint64_t deepest = 0;
    sought_.assign(found_.size(), false);
    std::vector<Found> before = found_;
    for (std::uint32_t p = 0; p < found_.size(); ++p) {
      if (!before[p].any || before[p].path.empty()) continue;
      sought_[p] = true;
      deepest = std::max<std::uint64_t>(deepest, before[p].path.size());
      found_[p] = {};
    }
    if (deepest == 0) return;
    Search bounded = search_;
    bounded.max_depth = std::min<std::uint64_t>(search_.max_depth, deepest + 1);
    const std::vector<std::uint64_t> struck = states_struck_;
    system_->enter_initial(0);
    checker_.after_action(world_);  // forgets what the last action of the first search violated
    const auto outcome = search_once(bounded);
    states_struck_ = struck;
    if (!outcome.fault.empty()) result_.our_fault = outcome.fault;
    for (std::uint32_t p = 0; p < found_.size(); ++p) {
      if (result_.complete && !before[p].any && found_[p].any) result_.our_fault = "the reduced search missed a violation of \"" + scenario_.properties[p].name + "\"";
      if (!sought_[p] || found_[p].any) continue;
      found_[p] = std::move(before[p]);
      found_[p].any_length = true;
    }
    sought_.clear();
  }

  std::string limit_words() const {
    const auto& counts = result_.counts;
    switch (result_.limit) {
      case explore::Limit::none: return "";
      case explore::Limit::states: return fmt::format("{} states, depth {}", thousands(counts.states), counts.depth);
      case explore::Limit::depth: return fmt::format("depth {}, {} states", counts.depth, thousands(counts.states));
      case explore::Limit::memory: return fmt::format("{} of memory, {} states, depth {}", bytes_text(memory_), thousands(counts.states), counts.depth);
      case explore::Limit::time:
        return fmt::format("{}, {} states, depth {}", world_too_large_ ? bytes_text(memory_) + " of memory" : "out of time",
                           thousands(counts.states), counts.depth);
      case explore::Limit::cancelled:
        if (!result_.interrupted) return fmt::format("{} states: stopped, every property is decided", thousands(counts.states));
        return fmt::format("interrupted at {} states, depth {}", thousands(counts.states), counts.depth);
      case explore::Limit::branching: return fmt::format("a state with more than 65,535 enabled actions, depth {}", counts.depth);
      case explore::Limit::decided:
      case explore::Limit::fault: return std::string(explore::name_of(result_.limit));
    }
    return "";
  }

  // Promises that no end violates may still be broken by a run that never ends.
  void loops() {
    if (!result_.complete) return;
    std::vector<std::uint32_t> promises;
    for (std::uint32_t p = 0; p < found_.size(); ++p) {
      if (checker_.is_promise(p) && !found_[p].any) promises.push_back(p);
    }
    constexpr std::size_t at_once = 16;  // two predicates each, and a graph holds 32
    for (std::size_t first = 0; first < promises.size(); first += at_once) {
      loops_of(std::span(promises).subspan(first, std::min(at_once, promises.size() - first)));
    }
  }

  void loops_of(std::span<const std::uint32_t> promises) {
    const FairnessRules fairness = fairness_of(world_);
    explore::GraphQuestions<WorldSystem> asked;
    std::vector<explore::Fairness> kinds;
    for (const auto& rule : fairness.rules) {
      asked.labels.push_back(rule.covers);
      kinds.push_back(rule.fairness);
    }
    for (const std::uint32_t p : promises) {
      // Whenever something is owed, there must come a state in which nothing is.
      asked.marks.push_back([this, p](const WorldSystem&) { return checker_.goal_holds(world_, p); });
      asked.marks.push_back([this, p](const WorldSystem&) { return !checker_.goal_holds(world_, p); });
    }
    Search limited = search_;
    limited.progress = nullptr;
    limited.cancelled = [this] { return options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed); };
    const explore::StateGraph graph = explore::StateGraphBuilder<WorldSystem>(*system_, asked, limited).build();
    for (std::size_t i = 0; i < promises.size(); ++i) {
      const std::uint32_t p = promises[i];
      const auto lasso = explore::find_lasso(graph, kinds, static_cast<unsigned>(2 * i + 1), static_cast<unsigned>(2 * i));
      if (!lasso) {
        held_by_loops_[p] = graph.complete() ? "" : fmt::format("no end violates it, but loops were not searched to the end ({})", explore::name_of(graph.limit));
        continue;
      }
      take_lasso(p, graph, *lasso, *fairness.coarse);
    }
  }

  void take_lasso(std::uint32_t p, const explore::StateGraph& graph, const explore::GraphLasso& lasso, bool coarse) {
    Found found;
    system_->enter_initial(graph.roots[lasso.root]);
    std::vector<Action> actions;
    const auto walk = [&](const std::vector<explore::GraphLasso::Step>& steps, std::vector<Action>& path, auto&& at_each) {
      for (const auto& [node, edge] : steps) {
        actions.clear();
        system_->enabled(actions);
        path.push_back(actions[graph.edges_of(node)[edge].choice]);
        system_->apply(path.back());
        at_each();
      }
    };
    walk(lasso.prefix, found.path, [] {});
    // The same key must be owed all the way round: otherwise each promise is kept, one after the other.
    std::vector<Word> owed = checker_.owed(world_, p);
    walk(lasso.cycle, found.cycle_actions, [&] {
      const std::vector<Word> here = checker_.owed(world_, p);
      std::erase_if(owed, [&here](Word key) { return std::find(here.begin(), here.end(), key) == here.end(); });
    });
    if (owed.empty() && !checker_.owed(world_, p).empty()) {
      held_by_loops_[p] = "a loop owes one key after the other; which of them for ever is not decided";
      return;
    }
    if (coarse) {
      held_by_loops_[p] = "a loop never gets there, but it may be unfair: there are too many services to treat each fairly";
      return;
    }
    found.any = true;
    found.loop = true;
    found.at_end = true;
    found_[p] = std::move(found);
  }

  void conclude() {
    for (std::uint32_t f = 0; f < full_budgets_.size(); ++f) {
      const FaultKind kind = world_.system().faults[f].kind;
      FaultOutcome outcome{f, world_.faults().strikes()[f], states_struck_[f], false, true};
      if (!strikes_elsewhere_.empty()) outcome.strikes += strikes_elsewhere_[f];
      outcome.took_effect = outcome.strikes != 0;
      const FaultExplored explored = fault_kind(kind).explored;
      outcome.applies = explored != FaultExplored::orders && explored != FaultExplored::never;
      result_.faults.push_back(outcome);
    }
    for (const BrokerKind& kind : registry_) {
      const auto is_it = [&kind](const BrokerSpec& broker) { return broker.kind == kind.name; };
      const std::vector<BrokerSpec>& used = world_.system().brokers;
      if (!kind.unexplored.empty() && std::any_of(used.begin(), used.end(), is_it)) result_.unexplored.push_back(std::string(kind.name) + ": " + std::string(kind.unexplored));
    }
    say_grain(world_, result_);
    result_.driver = Driver::check;
    result_.seed = world_.system().bounds.seed;
    if (result_.complete) {
      result_.not_reached = not_reached(world_.system(), [this](std::uint32_t h, std::uint32_t pc) { return system_->reached(h, pc); });
    }
    for (std::uint32_t p = 0; p < found_.size(); ++p) result_.properties.push_back(outcome_of(p));
    if (result_.complete) demand_faults(world_.system(), result_);
    judge(scenario_, result_);
  }

  PropertyOutcome outcome_of(std::uint32_t p) {
    PropertyOutcome outcome;
    explore::Counts const& counts = result_.counts;
    Exploration exploration;
    exploration.complete = result_.complete && held_by_loops_[p].empty();
    exploration.why_incomplete = result_.complete ? held_by_loops_[p] : result_.limit_words;
    exploration.reached_quiescence = reached_end_ || counts.terminal != 0;
    if (found_[p].any) {
      outcome.witness = witness_of(p, exploration);
      exploration.violated = true;
    }
    outcome.verdict = checker_.conclude(p, exploration);
    if (checker_.is_promise(p) && outcome.verdict.kind == VerdictKind::pass) outcome.assumption = "under strong fairness";
    return outcome;
  }

  std::shared_ptr<const Witness> witness_of(std::uint32_t p, Exploration& exploration) {
    Found& found = found_[p];
    DecisionLog log = log_header(scenario_, options_.overrides, Driver::check, world_.system().bounds.seed);
    log.property = scenario_.properties[p].name;
    const std::size_t cycle_from = found.path.size();
    std::vector<Action> all = found.path;
    all.insert(all.end(), found.cycle_actions.begin(), found.cycle_actions.end());
    system_->enter_initial(0);
    log.actions = log_of_path(world_, all);
    WitnessReplay replay = replay_witness(scenario_, registry_, std::move(log), diagnostics_);
    if (!replay.witness) return nullptr;
    if (!replay.replayed.complete) {
      result_.our_fault = "a counterexample cannot be replayed: " + replay.replayed.error;
      return replay.witness;
    }
    replay.checker->merge(*replay.witness->world, checker_);
    exploration.evidence = replay.checker->explain(*replay.witness->world, p, found.at_end);
    if (exploration.evidence.empty()) {
      if (found.cycle_actions.empty()) result_.our_fault = "the replay of a counterexample does not violate \"" + scenario_.properties[p].name + "\"";
      exploration.evidence.push_back({});
      exploration.evidence.back().sentence = "The run goes round for ever and never keeps the promise.";
    }
    if (!found.cycle_actions.empty()) replay.witness->cycle_from = cycle_from;
    replay.witness->at_end = found.at_end;
    replay.witness->loop = found.loop;
    replay.witness->any_length = found.any_length;
    return replay.witness;
  }

  const Scenario& scenario_;
  const BrokerRegistry& registry_;
  const CheckOptions& options_;
  World& world_;
  Diagnostics& diagnostics_;
  Checker checker_;
  std::optional<WorldSystem> system_;
  Search search_;
  std::size_t memory_ = default_check_memory;
  bool world_too_large_ = false;
  bool reached_end_ = false;
  std::vector<Found> found_;
  std::vector<bool> met_;                   // by property: violated in some state of the present search
  std::vector<bool> sought_;                // by property: what a search is for; empty: all
  std::vector<std::string> held_by_loops_;  // by property: why loops leave it undecided
  std::vector<bool> violated_;              // in the state being visited
  std::vector<std::uint64_t> full_budgets_;
  std::vector<std::uint64_t> states_struck_;
  std::vector<std::uint64_t> strikes_elsewhere_;  // by fault: in the Worlds of other threads; empty: there were none
  Result result_;
};

}  // namespace

std::optional<Result> check_scenario(const Scenario& scenario, const BrokerRegistry& registry,
                                     const CheckOptions& options, Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  auto world = make_world(*scenario.system, registry, Mode::explore, scenario.system->bounds.seed, diagnostics);
  if (!world) return std::nullopt;
  return ScenarioCheck(scenario, registry, options, *world, diagnostics).run();
}

}  // namespace flowtank
