// SPDX-License-Identifier: Apache-2.0
// See forks.hpp. A timed run's faults strike inside of other actions: they are done here as actions of their own, as soon as they
// are possible. Workloads are those of the timed run: its log says check={}, so that no section "check" makes them smaller.
#include "gui/session/forks.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <sim/base/thousands.hpp>
#include <sim/check/witness.hpp>
#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/shrink/timed.hpp>

#include "gui/session/choice_words.hpp"

namespace flowtank::gui {
namespace {

const std::string own_workload = branch_workload;

void fork_problem(Diagnostics& diagnostics, const ForkSource& source, std::string message, std::string hint = "") {
  Diagnostic d;
  d.code = "FT-LOG-006";
  d.file = source.file;
  d.message = std::move(message);
  d.hint = std::move(hint);
  diagnostics.add(std::move(d));
}

std::optional<Scenario> load(const ForkSource& source, LoadPurpose purpose, bool own, Diagnostics& diagnostics) {
  LoadOptions options;
  options.purpose = purpose;
  options.overrides = source.overrides;
  if (own) options.overrides.push_back(own_workload);
  options.model_path = source.model_path;
  return load_scenario(source.file, options, diagnostics);
}

std::unique_ptr<World> fresh(const Scenario& scenario, const BrokerRegistry& registry, Mode mode, std::uint64_t seed, Diagnostics& diagnostics) {
  auto world = make_world(*scenario.system, registry, mode, seed, diagnostics);
  if (world != nullptr) world->reset(seed);
  return world;
}

// How many actions were applied before the one that made the record `told`; `records` after each action.
std::size_t actions_before(const std::vector<std::size_t>& records, std::size_t told) {
  return static_cast<std::size_t>(std::upper_bound(records.begin(), records.end(), told) - records.begin());
}

// What is left to do without faults, in the documented order and not in circles, at most `most` actions.
void come_to_rest(World& world, std::vector<LoggedAction>& log, std::size_t most, const std::atomic<bool>& cancelled) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  const auto fresh_state = [&] {
    const uint128 print = world.fingerprint();
    return seen.emplace(static_cast<std::uint64_t>(print >> 64), static_cast<std::uint64_t>(print)).second;
  };
  fresh_state();
  std::vector<Action> left;
  for (std::size_t done = 0; done < most && !cancelled.load(std::memory_order_relaxed); ++done) {
    left.clear();
    world.enabled(left, false);
    const bool went = std::any_of(left.begin(), left.end(), [&](const Action& action) {
      const World::Mark mark = world.mark();
      LoggedAction logged = logged_action(world, action);
      world.apply(action);
      if (!fresh_state()) {
        world.undo(mark);
        return false;
      }
      log.push_back(std::move(logged));
      return true;
    });
    if (!went) return;
  }
}

// A timed run done again without time.
class Follower {
 public:
  explicit Follower(World& world) : world_(world) {}

  void take(const shrinking::LogStep& step) {
    if (step.marker) waiting_.push_back(&step);
    strike();
    if (step.marker) return;
    Action action;
    if (find_enabled(world_, step.logged, action)) apply(action);
    else ++lost;
    strike();
  }

  std::vector<LoggedAction> log;
  std::size_t lost = 0;

 private:
  void apply(const Action& action) {
    log.push_back(logged_action(world_, action));
    world_.apply(action);
  }

  // Faults that were seen and are possible now.
  void strike() {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      enabled_.clear();
      world_.enabled(enabled_);
      const auto found = std::find_if(enabled_.begin(), enabled_.end(), [&](const Action& action) { return is_meant(**at, action); });
      if (found == enabled_.end()) {
        ++at;
        continue;
      }
      apply(Action(*found));
      at = waiting_.erase(at);
    }
  }

  // The same fault, at the message that it struck there if it speaks of one.
  bool is_meant(const shrinking::LogStep& marker, const Action& action) const {
    const auto& faults = world_.system().faults;
    if (!is_fault(action.kind) || action.fault >= faults.size() || faults[action.fault].name != marker.shape) return false;
    const std::string text = world_.describe(action);
    return marker.names.empty() || text.find(")#") == std::string::npos || text.find(marker.names.front()) != std::string::npos;
  }

  World& world_;
  std::vector<const shrinking::LogStep*> waiting_;
  std::vector<Action> enabled_;
};

// How many records there are after each action of the timed run.
std::optional<std::vector<std::size_t>> timed_records(const Scenario& scenario, const BrokerRegistry& registry, const ForkSource& source, const std::atomic<bool>& cancelled, Diagnostics& diagnostics) {
  const auto world = make_world(*scenario.system, registry, Mode::timed, source.seed, diagnostics);
  if (world == nullptr) return std::nullopt;
  Trace trace;
  world->record_into(&trace);
  world->reset(source.seed);
  const Time horizon = source.horizon.value_or(scenario.system->bounds.horizon);
  std::vector<std::size_t> records;
  while (trace.size() <= source.told && records.size() <= most_fork_actions && !cancelled.load(std::memory_order_relaxed) && world->advance(horizon)) records.push_back(trace.size());
  world->record_into(nullptr);
  return records;
}

std::optional<Crossroads> of_timed(const ForkSource& source, const BrokerRegistry& registry, const std::atomic<bool>& cancelled, Diagnostics& diagnostics) {
  const auto timed = load(source, LoadPurpose::run, false, diagnostics);
  const auto explored = timed ? load(source, LoadPurpose::check, true, diagnostics) : std::nullopt;
  if (!explored) return std::nullopt;
  const auto records = timed_records(*timed, registry, source, cancelled, diagnostics);
  const auto steps = records ? shrinking::timed_steps(*timed, registry, {source.seed, source.horizon}, most_fork_actions) : std::nullopt;
  if (cancelled.load()) return std::nullopt;
  if (!steps) {
    fork_problem(diagnostics, source, fmt::format("the run has more than {} actions", thousands(most_fork_actions)), "Fork a counterexample of Check, or make the scenario smaller.");
    return std::nullopt;
  }
  const std::size_t before = actions_before(*records, source.told);
  const auto world = fresh(*explored, registry, Mode::explore, source.seed, diagnostics);
  if (world == nullptr) return std::nullopt;
  Follower follower(*world);
  Crossroads out;
  std::size_t done = 0;
  for (const shrinking::LogStep& step : steps->steps) {
    if (done >= before) {
      if (!step.marker) out.rest.push_back(step.logged);
      continue;
    }
    if (!step.marker) ++done;
    follower.take(step);
    if (cancelled.load(std::memory_order_relaxed)) return std::nullopt;
  }
  std::vector<std::string> overrides = source.overrides;
  overrides.push_back(own_workload);
  out.log = log_header(*explored, overrides, Driver::check, source.seed);
  out.log.actions = std::move(follower.log);
  out.lost = follower.lost;
  return out;
}

std::optional<Crossroads> of_explored(const ForkSource& source, const Scenario& scenario, const BrokerRegistry& registry, Diagnostics& diagnostics) {
  const auto world = make_world(*scenario.system, registry, Mode::explore, source.log->seed, diagnostics);
  if (world == nullptr) return std::nullopt;
  Trace trace;
  world->record_into(&trace);
  world->reset(source.log->seed);
  std::vector<std::size_t> records;
  const Replayed replayed = replay_strictly(*world, source.log->actions, [&](World&, const Action&, std::size_t, bool applied) {
    if (applied) records.push_back(trace.size());
  });
  world->record_into(nullptr);
  if (!replayed.complete) {
    fork_problem(diagnostics, source, replayed.error, "The scenario changed since. Run Check again.");
    return std::nullopt;
  }
  const std::size_t before = std::min(actions_before(records, source.told), source.log->actions.size());
  Crossroads out;
  out.log = *source.log;
  out.log.actions.resize(before);
  out.log.property.clear();
  out.log.fingerprint.clear();
  out.rest.assign(source.log->actions.begin() + static_cast<std::ptrdiff_t>(before), source.log->actions.end());
  return out;
}

// The log up to its end: `rest` as far as it is possible, then what is left.
DecisionLog to_the_end(World& world, DecisionLog log, const std::vector<LoggedAction>& rest, const std::atomic<bool>& cancelled) {
  const Replayed more = replay_leniently(world, rest);
  log.actions.insert(log.actions.end(), more.log.begin(), more.log.end());
  come_to_rest(world, log.actions, 2'000 + 4 * log.actions.size(), cancelled);
  log.property.clear();
  log.fingerprint.clear();
  return log;
}

}  // namespace

std::optional<Crossroads> crossroads_at(const ForkSource& source, const BrokerRegistry& registry, const std::atomic<bool>& cancelled, Diagnostics& diagnostics) {
  const bool own = source.log && std::find(source.log->overrides.begin(), source.log->overrides.end(), own_workload) != source.log->overrides.end();
  auto out = source.log ? std::optional<Crossroads>() : of_timed(source, registry, cancelled, diagnostics);
  const auto scenario = load(source, LoadPurpose::check, own || !source.log, diagnostics);
  if (!scenario) return std::nullopt;
  if (source.log) out = of_explored(source, *scenario, registry, diagnostics);
  if (!out) return std::nullopt;
  Trace trace;  // what is said of a choice looks back
  const auto world = make_world(*scenario->system, registry, Mode::explore, out->log.seed, diagnostics);
  if (world == nullptr) return std::nullopt;
  world->record_into(&trace);
  world->reset(out->log.seed);
  if (!replay_strictly(*world, out->log.actions).complete) return std::nullopt;
  std::vector<Action> enabled;
  world->enabled(enabled);
  for (const Action& action : enabled) {
    if (cancelled.load(std::memory_order_relaxed)) return std::nullopt;
    Choice choice;
    choice.action = logged_action(*world, action);
    choice.words = words_of_choice(*world, trace, action);
    choice.fault = is_fault(action.kind);
    choice.taken = !out->rest.empty() && out->rest.front() == choice.action;
    out->choices.push_back(std::move(choice));
  }
  world->record_into(nullptr);
  tell_apart(out->choices);
  return out;
}

std::optional<DecisionLog> branch_of(const ForkSource& source, const Crossroads& crossroads, const LoggedAction& choice, const BrokerRegistry& registry,
                                     const std::atomic<bool>& cancelled, Diagnostics& diagnostics) {
  const bool own = std::find(crossroads.log.overrides.begin(), crossroads.log.overrides.end(), own_workload) != crossroads.log.overrides.end();
  const auto scenario = load(source, LoadPurpose::check, own, diagnostics);
  if (!scenario) return std::nullopt;
  const auto world = fresh(*scenario, registry, Mode::explore, crossroads.log.seed, diagnostics);
  if (world == nullptr) return std::nullopt;
  DecisionLog log = crossroads.log;
  log.actions.push_back(choice);
  const Replayed replayed = replay_strictly(*world, log.actions);
  if (!replayed.complete) {
    fork_problem(diagnostics, source, replayed.error);
    return std::nullopt;
  }
  // Instead of what the run did here, not before it.
  std::vector<LoggedAction> rest = crossroads.rest;
  if (!rest.empty()) rest.erase(rest.begin());
  log = to_the_end(*world, std::move(log), rest, cancelled);
  return cancelled.load() ? std::nullopt : std::optional(std::move(log));
}

std::optional<DecisionLog> without_action(const Scenario& scenario, const DecisionLog& log, std::size_t left_out, const BrokerRegistry& registry,
                                          const std::atomic<bool>& cancelled) {
  Diagnostics ignored;
  const auto world = fresh(scenario, registry, Mode::explore, log.seed, ignored);
  if (world == nullptr || left_out >= log.actions.size()) return std::nullopt;
  DecisionLog out = log;
  std::vector<LoggedAction> rest(log.actions.begin() + static_cast<std::ptrdiff_t>(left_out) + 1, log.actions.end());
  out.actions.resize(left_out);
  if (!replay_strictly(*world, out.actions).complete) return std::nullopt;
  return to_the_end(*world, std::move(out), rest, cancelled);
}

}  // namespace flowtank::gui
