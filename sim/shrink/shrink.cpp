// SPDX-License-Identifier: Apache-2.0
// See shrink.hpp. Log and scenario take turns until neither becomes smaller; then a breadth first search in the small
// scenario looks for a shorter story, so that equal failures end in the same one.
#include "sim/shrink/shrink.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>

#include "sim/shrink/causes.hpp"
#include "sim/shrink/log_shrinker.hpp"
#include "sim/shrink/scenario_shrinker.hpp"
#include "sim/shrink/timed.hpp"

namespace flowtank {
namespace {

using namespace shrinking;

std::string hash_text(const Scenario& scenario) { return fmt::format("{:016x}{:016x}", scenario.content.hi, scenario.content.lo); }

void refuse(Diagnostics& diagnostics, std::string code, std::string message, std::string hint = "") {
  Diagnostic d;
  d.code = std::move(code);
  d.message = std::move(message);
  d.hint = std::move(hint);
  diagnostics.add(std::move(d));
}

std::vector<LoggedAction> logged(const Trial& trial) {
  std::vector<LoggedAction> log;
  for (const LogStep& step : trial.steps) log.push_back(step.logged);
  return log;
}

class Shrinking {
 public:
  Shrinking(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log, std::string property,
            const ShrinkOptions& options, Diagnostics& diagnostics)
      : scenario_(scenario), registry_(registry), log_(log), property_(std::move(property)), options_(options), diagnostics_(diagnostics) {
    LoadOptions load = options.load;
    tree_ = ScenarioTree::read(scenario.file, load);
    if (!options.scenario) tree_.reset();
    log_shrinker_.stop = [this] { return out_of_time(); };
    log_shrinker_.oracle = [this](const std::vector<LogStep>& steps, bool rename) { return stage_->attempt(steps, moment_, rename); };
  }

  std::optional<Shrunk> of_explored() {
    stage_ = Stage::make(std::make_shared<const Scenario>(scenario_), registry_, log_.seed, property_);
    if (!stage_) return refuse(diagnostics_, "FT-REF-011", "the brokers of this scenario cannot be made"), std::nullopt;
    std::string error;
    auto read = stage_->read(log_.actions, error);
    if (!read) return refuse(diagnostics_, "FT-LOG-006", error, "The log fits another version of the scenario."), std::nullopt;
    if (!read->fails) {
      if (options_.find_loop && violates(scenario_, registry_, log_, property_)) return of_loop();
      refuse(diagnostics_, "FT-SHRINK-001", fmt::format("the log does not violate \"{}\"", property_));
      return std::nullopt;
    }
    moment_ = stage_->violated_now() ? Moment::state : Moment::rest;
    control_passes_ = passes_undisturbed(*stage_);
    return explored(std::move(*read));
  }

  // A timed run first becomes an explored one; where that does not fail, the failure needs time.
  std::optional<Shrunk> of_timed() {
    const TimedRun run{log_.seed, log_.horizon};
    const auto outcome = run_timed(scenario_, registry_, run, property_, log_shrinker_.stop);
    if (!outcome && out_of_time()) {
      refuse(diagnostics_, "FT-SHRINK-001", fmt::format("time was up before seed {} was made again: whether it violates \"{}\" is not known", log_.seed, property_),
             "Give it a longer --time, or none.");
      return std::nullopt;
    }
    if (!outcome || !outcome->fails) {
      refuse(diagnostics_, "FT-SHRINK-001", fmt::format("seed {} does not violate \"{}\"", log_.seed, property_));
      return std::nullopt;
    }
    if (tree_ && outcome->actions <= options_.timed_actions) {
      if (auto converted = without_time(run)) {
        auto shrunk = explored(std::move(*converted));
        if (shrunk) {
          shrunk->actions_before = static_cast<std::size_t>(outcome->actions);
          shrunk->faults_before = static_cast<std::size_t>(outcome->strikes);
        }
        return shrunk;
      }
    }
    return timed(run, *outcome);
  }

  // What goes round for ever: the scenario is made small as long as some loop breaks the promise; each loop is found anew.
  // The log alone does not say whether its loop is fair: only one that an exploration finds counts.
  std::optional<Shrunk> of_loop() {
    auto first = options_.find_loop(scenario_, property_);
    if (!first || !violates(scenario_, registry_, *first, property_)) {
      refuse(diagnostics_, "FT-SHRINK-001", fmt::format("no fair loop was found that breaks \"{}\"", property_),
             "What could go round for ever is left by an action that is always possible; or there are more states than --states.");
      return std::nullopt;
    }
    Shrunk out;
    out.loops = true;
    out.actions_before = log_.actions.size();
    out.faults_before = faults_in(scenario_, log_);
    DecisionLog loop = std::move(*first);
    auto scenario = std::make_shared<const Scenario>(scenario_);
    if (tree_) {
      control_passes_ = passes_without_faults(*tree_);
      const auto accepts = [&](const ScenarioTree& tree) {
        auto candidate = tree.load(LoadPurpose::check);
        if (!candidate || (control_passes_ && !passes_without_faults(tree))) return false;
        auto found = options_.find_loop(*candidate, property_);
        if (!found || !violates(*candidate, registry_, *found, property_)) return false;
        loop = std::move(*found);
        scenario = std::move(candidate);
        return true;
      };
      ScenarioShrinker shrinker(*tree_, property_, Driver::check, accepts, log_shrinker_.stop);
      shrinker.fold();
      shrinker.fewer_requests();
      constexpr int most_rounds = 4;
      for (int round = 0; round < most_rounds && shrinker.shrink(); ++round) {
      }
      scenario_trials_ = shrinker.trials();
    }
    out.note = "it goes round for ever: a shortest way into a loop, and once round it";
    out.log.driver = Driver::check;
    out.log.seed = loop.seed;
    out.log.property = property_;
    out.log.actions = loop.actions;
    out.actions = loop.actions.size();
    out.faults = faults_in(*scenario, out.log);
    out.scenario = std::move(scenario);
    return finished(std::move(out));
  }

 private:
  std::size_t faults_in(const Scenario& scenario, const DecisionLog& log) const {
    const auto stage = Stage::make(std::make_shared<const Scenario>(scenario), registry_, log.seed, property_);
    std::string unread;
    const auto trial = stage ? stage->read(log.actions, unread) : std::nullopt;
    return trial ? trial->weight().first : 0;
  }

  bool out_of_time() const {
    return (options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed)) || (options_.out_of_time && options_.out_of_time());
  }

  // ---- logs of explorations -----------------------------------------------------------------------------
  std::optional<Shrunk> explored(Trial start) {
    Shrunk out;
    out.actions_before = start.steps.size();
    out.faults_before = start.weight().first;
    const Causes causes = find_causes(*stage_, registry_, start, moment_);
    for (const LogStep& step : start.steps) {
      if (is_fault(step.kind)) faults_.push_back(step);
    }
    current_ = std::move(start);
    for (const auto& keep : causes.about_each) hints_.push_back(kept(keep));
    if (!causes.about_it.empty()) {
      for (const auto* keep : {&causes.about_it_closely, &causes.about_it}) hints_.insert(hints_.begin(), kept(*keep));
      if (!log_shrinker_.keep_only(current_, causes.about_it_closely)) log_shrinker_.keep_only(current_, causes.about_it);
    }
    if (moment_ == Moment::state) log_shrinker_.leave_out_groups(current_);
    if (tree_) shrink_both();
    else shrink_log_alone();
    hints_.clear();
    out.log = DecisionLog{};
    out.log.driver = Driver::check;
    out.log.seed = log_.seed;
    out.log.property = property_;
    out.log.actions = logged(current_);
    out.scenario = stage_->shared_scenario();
    for (const LogStep& step : current_.steps) {
      if (!step.business.empty()) out.business.push_back(step.business);
    }
    out.actions = current_.steps.size();
    out.faults = current_.weight().first;
    return finished(std::move(out));
  }

  std::vector<LogStep> kept(const std::vector<bool>& keep) const {
    std::vector<LogStep> steps;
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (keep[i]) steps.push_back(current_.steps[i]);
    }
    return steps;
  }

  void shrink_log_alone() {
    log_shrinker_.leave_out_groups(current_);
    log_shrinker_.leave_out_steps(current_);
    shorter_story();
    log_shrinker_.leave_out_steps(current_);
    log_shrinker_.strike_late(current_);
    log_shrinker_.leave_out_steps(current_);
  }

  void shrink_both() {
    ScenarioShrinker scenario(*tree_, property_, Driver::check, [this](const ScenarioTree& tree) { return accepts(tree); }, log_shrinker_.stop);
    scenario.fold();
    scenario.fewer_requests();
    hints_.clear();
    faults_.clear();
    regroup();
    log_shrinker_.leave_out_groups(current_);
    log_shrinker_.leave_out_steps(current_);
    constexpr int most_rounds = 5;
    for (int round = 0; round < most_rounds && !out_of_time(); ++round) {
      const bool changed = scenario.shrink();
      log_shrinker_.leave_out_steps(current_);
      log_shrinker_.strike_late(current_);
      if (!shorter_story() && !changed && round != 0) break;
      log_shrinker_.leave_out_steps(current_);
    }
    scenario_trials_ = scenario.trials();
  }

  void regroup() { find_causes(*stage_, registry_, current_, moment_); }

  // The scenario of an edited tree still fails with what is known of the log.
  bool accepts(const ScenarioTree& tree) {
    auto scenario = tree.load(LoadPurpose::check);
    if (!scenario) return false;
    auto stage = Stage::make(std::move(scenario), registry_, log_.seed, property_);
    if (!stage) return false;
    std::optional<Trial> best = stage->attempt(current_.steps, moment_, true);
    for (const std::vector<LogStep>& hint : hints_) {
      if (best->fails) break;
      best = stage->attempt(hint, moment_, true);
    }
    for (const std::vector<LogStep>& hint : hints_) {
      if (best->fails) break;
      best = stage->attempt(hint, moment_, true, true);
    }
    if (!best->fails && !faults_.empty()) best = stage->attempt(faults_, Moment::rest, true, true);
    if (!best->fails || (control_passes_ && !passes_undisturbed(*stage))) return false;
    current_ = std::move(*best);
    stage_ = std::move(stage);
    return true;
  }

  // Nothing strikes and everything happens in its usual order: what passes so must go on passing so. Else a smaller scenario
  // would fail for another reason (who pays when nobody is left who charges?).
  static bool passes_undisturbed(Stage& stage) {
    const Trial trial = stage.attempt({}, Moment::rest, false);
    return trial.rested && !trial.fails;
  }

  // True when the search found a smaller one; an equal one is taken too, so that the order of steps is the usual one.
  bool shorter_story() {
    auto found = stage_->search(options_.search_states, current_.steps.size(), moment_, log_shrinker_.stop);
    if (!found || found->weight() > current_.weight()) return false;
    const bool smaller = found->weight() < current_.weight();
    current_ = std::move(*found);
    return smaller;
  }

  // ---- timed runs ---------------------------------------------------------------------------------------
  std::optional<Trial> without_time(const TimedRun& run) {
    const auto happened = timed_steps(scenario_, registry_, run, options_.timed_actions);
    if (!happened) return std::nullopt;
    ScenarioTree tree = *tree_;
    erase_member(tree.root, "check");  // its bounds are not those of the run
    if (JsonNode* faults = tree.root.find("faults")) {
      for (std::size_t f = 0; f < faults->items.size() && f < happened->strikes.size(); ++f) {
        if (happened->strikes[f] > 1) member(faults->items[f], "budget") = number_node(static_cast<std::int64_t>(happened->strikes[f]));
      }
    }
    auto scenario = tree.load(LoadPurpose::check);
    if (!scenario) return std::nullopt;
    auto stage = Stage::make(std::move(scenario), registry_, run.seed, property_);
    if (!stage) return std::nullopt;
    for (const Moment moment : {Moment::state, Moment::rest}) {
      Trial trial = stage->attempt(happened->steps, moment, true);
      if (!trial.fails) continue;
      moment_ = moment == Moment::state ? Moment::state : stage->violated_now() ? Moment::state : Moment::rest;
      control_passes_ = passes_undisturbed(*stage);
      stage_ = std::move(stage);
      *tree_ = std::move(tree);
      return trial;
    }
    return std::nullopt;
  }

  // Some faults strike wherever their condition holds: what passes undisturbed is the scenario without them.
  bool passes_without_faults(ScenarioTree tree) const {
    erase_member(tree.root, "faults");
    auto scenario = tree.load(LoadPurpose::check);
    const auto stage = scenario ? Stage::make(std::move(scenario), registry_, log_.seed, property_) : nullptr;
    return stage && passes_undisturbed(*stage);
  }

  bool passes_without_faults(ScenarioTree tree, const TimedRun& run) const {
    erase_member(tree.root, "faults");
    const auto scenario = tree.load(LoadPurpose::run);
    const auto outcome = scenario ? run_timed(*scenario, registry_, run, property_, log_shrinker_.stop) : std::nullopt;
    return outcome && !outcome->fails;
  }

  // The failure needs time: requests, faults and the scenario are made fewer over timed runs.
  std::optional<Shrunk> timed(const TimedRun& run, const TimedOutcome& before) {
    Shrunk out;
    out.actions_before = static_cast<std::size_t>(before.actions);
    out.faults_before = static_cast<std::size_t>(before.strikes);
    out.note = tree_ ? "it needs time: the scenario was made smaller, its actions were not" : "a log of a timed run alone cannot be made smaller";
    TimedRun now = run;
    TimedOutcome outcome = before;
    auto scenario = std::make_shared<const Scenario>(scenario_);
    if (tree_) {
      control_passes_ = passes_without_faults(*tree_, run);
      const auto accepts = [&](const ScenarioTree& tree) {
        auto candidate = tree.load(LoadPurpose::run);
        if (!candidate || (control_passes_ && !passes_without_faults(tree, now))) return false;
        for (const std::uint64_t seed : {now.seed, now.seed + 1, now.seed + 2}) {
          const TimedRun attempt{seed, now.horizon};
          const auto tried = run_timed(*candidate, registry_, attempt, property_, log_shrinker_.stop);
          if (!tried || !tried->fails) continue;
          now = attempt;
          outcome = *tried;
          scenario = std::move(candidate);
          return true;
        }
        return false;
      };
      ScenarioShrinker shrinker(*tree_, property_, Driver::run, accepts, log_shrinker_.stop);
      shrinker.fold();
      constexpr int most_rounds = 4;
      for (int round = 0; round < most_rounds && shrinker.shrink(); ++round) {
      }
      scenario_trials_ = shrinker.trials();
    }
    out.log.driver = Driver::run;
    out.log.seed = now.seed;
    out.log.horizon = now.horizon;
    out.log.property = property_;
    out.log.fingerprint = fmt::format("{:016x}", outcome.fingerprint);
    out.scenario = std::move(scenario);
    out.actions = static_cast<std::size_t>(outcome.actions);
    out.faults = static_cast<std::size_t>(outcome.strikes);
    return finished(std::move(out));
  }

  std::optional<Shrunk> finished(Shrunk out) {
    out.trials = log_shrinker_.trials + scenario_trials_;
    out.cut_short = out_of_time();
    out.minimal = !out.cut_short;
    if (tree_) {
      JsonNode& title = member(tree_->root, "title");
      title.text = "Shrunk: " + title.text;
      out.scenario_text = pretty_json(tree_->root);
    } else {
      out.log.scenario = scenario_.file;
      out.log.scenario_hash = hash_text(scenario_);
      out.log.overrides = options_.load.overrides;
    }
    if (!violates(*out.scenario, registry_, out.log, property_)) {
      refuse(diagnostics_, "FT-SHRINK-002", fmt::format("the smaller run does not violate \"{}\"; this is a fault of Flowtank", property_),
             "The counterexample itself is as good as before.");
      return std::nullopt;
    }
    if (out.loops) out.minimal = false;  // leaving out an action may leave an unfair loop, which says nothing
    else if (out.log.driver == Driver::check && out.minimal) out.minimal = !superfluous_action(*out.scenario, registry_, out.log, property_);
    return out;
  }

  const Scenario& scenario_;
  const BrokerRegistry& registry_;
  const DecisionLog& log_;
  std::string property_;
  const ShrinkOptions& options_;
  Diagnostics& diagnostics_;
  std::optional<ScenarioTree> tree_;
  std::unique_ptr<Stage> stage_;
  Trial current_;
  Moment moment_ = Moment::state;
  bool control_passes_ = false;
  std::vector<LogStep> faults_;  // alone, in an otherwise usual run, they may be enough
  std::vector<std::vector<LogStep>> hints_;  // parts of the first log that may be enough in a smaller scenario
  LogShrinker log_shrinker_;
  std::uint64_t scenario_trials_ = 0;
};

std::optional<std::uint32_t> index_of(const Scenario& scenario, const std::string& property) {
  for (std::uint32_t p = 0; p < scenario.properties.size(); ++p) {
    if (scenario.properties[p].name == property) return p;
  }
  return std::nullopt;
}

// The states of a walk and what a promise owes in them: does the walk end in a loop that owes one key all the way round?
class Round {
 public:
  Round(Checker& checker, std::uint32_t property) : checker_(checker), property_(property) {}

  void note(World& world) {
    if (!checker_.is_promise(property_)) return;
    owed_.push_back(checker_.owed(world, property_));
    std::sort(owed_.back().begin(), owed_.back().end());
    states_.push_back(world.fingerprint());
  }

  // The world is in the last state.
  bool breaks_promise(World& world) const {
    if (states_.empty() || owed_.back().empty()) return false;
    if (stays(world)) return true;
    for (std::size_t from = 0; from + 1 < states_.size(); ++from) {
      if (states_[from] != states_.back()) continue;
      std::vector<Word> always = owed_[from];
      for (std::size_t i = from + 1; i < owed_.size() && !always.empty(); ++i) {
        std::vector<Word> both;
        std::set_intersection(always.begin(), always.end(), owed_[i].begin(), owed_[i].end(), std::back_inserter(both));
        always = std::move(both);
      }
      if (!always.empty()) return true;
    }
    return false;
  }

 private:
  // A way round of one action: something can happen that changes nothing.
  static bool stays(World& world) {
    std::vector<Action> enabled;
    world.enabled(enabled, false);
    const uint128 here = world.fingerprint();
    const World::Mark mark = world.mark();
    for (const Action& action : enabled) {
      world.apply(action);
      const bool same = world.fingerprint() == here;
      world.undo(mark);
      if (same) return true;
    }
    return false;
  }

  Checker& checker_;
  std::uint32_t property_;
  std::vector<uint128> states_;
  std::vector<std::vector<Word>> owed_;
};

}  // namespace

std::optional<Shrunk> shrink(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log, const std::string& property,
                             const ShrinkOptions& options, Diagnostics& diagnostics) {
  if (!index_of(scenario, property)) {
    std::vector<std::string> names;
    for (const PropertySpec& spec : scenario.properties) names.push_back(spec.name);
    refuse(diagnostics, "FT-REF-011", fmt::format("there is no property \"{}\"", property), name_hint(property, names, "Properties"));
    return std::nullopt;
  }
  Shrinking shrinking(scenario, registry, log, property, options, diagnostics);
  return log.driver == Driver::check ? shrinking.of_explored() : shrinking.of_timed();
}

bool violates(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log, const std::string& property) {
  const auto index = index_of(scenario, property);
  if (!index) return false;
  if (log.driver == Driver::run) {
    const auto outcome = run_timed(scenario, registry, {log.seed, log.horizon}, property);
    return outcome && outcome->fails;
  }
  Diagnostics ignored;
  auto world = make_world(*scenario.system, registry, Mode::explore, log.seed, ignored);
  if (!world) return false;
  Checker checker(*scenario.system, scenario.properties);
  checker.attach(*world);
  world->reset(log.seed);
  checker.start(*world);
  Round round(checker, *index);
  round.note(*world);
  const Replayed replayed = replay_strictly(*world, log.actions, [&](World& w, const Action&, std::size_t, bool applied) {
    if (!applied) return;
    checker.after_action(w);
    round.note(w);
  });
  if (!replayed.complete) return false;
  return !checker.explain(*world, *index, world->quiescent() ? Ending::quiescent : Ending::open).empty() || round.breaks_promise(*world);
}

std::optional<std::size_t> superfluous_action(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log,
                                              const std::string& property) {
  for (std::size_t left_out = 0; left_out < log.actions.size(); ++left_out) {
    Diagnostics ignored;
    auto world = make_world(*scenario.system, registry, Mode::explore, log.seed, ignored);
    if (!world) return std::nullopt;
    DecisionLog fewer = log;
    fewer.actions.erase(fewer.actions.begin() + static_cast<std::ptrdiff_t>(left_out));
    fewer.actions = replay_leniently(*world, fewer.actions).log;
    if (violates(scenario, registry, fewer, property)) return left_out;
  }
  return std::nullopt;
}

}  // namespace flowtank
