// SPDX-License-Identifier: Apache-2.0
// See stage.hpp. The World is never rebuilt: each trial begins by undoing the last one.
#include "sim/shrink/stage.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include <sim/explore/breadth_first.hpp>
#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>

#include "sim/shrink/shapes.hpp"

namespace flowtank::shrinking {

std::pair<std::size_t, std::size_t> Trial::weight() const {
  const auto faults = std::count_if(steps.begin(), steps.end(), [](const LogStep& step) { return is_fault(step.kind); });
  return {static_cast<std::size_t>(faults), steps.size()};
}

std::unique_ptr<Stage> Stage::make(std::shared_ptr<const Scenario> scenario, const BrokerRegistry& registry, std::uint64_t seed,
                                   const std::string& property) {
  const auto found = std::find_if(scenario->properties.begin(), scenario->properties.end(),
                                  [&](const PropertySpec& spec) { return spec.name == property; });
  if (found == scenario->properties.end()) return nullptr;
  Diagnostics ignored;
  auto world = make_world(*scenario->system, registry, Mode::explore, seed, ignored);
  if (!world) return nullptr;
  std::unique_ptr<Stage> stage(new Stage);
  stage->property_ = static_cast<std::uint32_t>(found - scenario->properties.begin());
  stage->seed_ = seed;
  stage->checker_ = std::make_unique<Checker>(*scenario->system, scenario->properties);
  stage->checker_->attach(*world);
  world->reset(seed);
  stage->checker_->start(*world);
  stage->initial_ = world->mark();
  stage->world_ = std::move(world);
  stage->scenario_ = std::move(scenario);
  return stage;
}

bool Stage::violated_now() const {
  const auto& violated = checker_->violated_by_action();
  return std::find(violated.begin(), violated.end(), property_) != violated.end();
}

bool Stage::violated_at_rest() {
  const auto& violated = checker_->violated_at_quiescence(*world_);
  return std::find(violated.begin(), violated.end(), property_) != violated.end();
}

LogStep Stage::step_of(const Action& action) {
  LogStep step;
  step.kind = action.kind;
  step.logged.text = world_->describe(action);
  step.business = world_->business_label(action);
  form_of(*world_, action, step.logged.text, step.shape, step.names);
  return step;
}

std::optional<Trial> Stage::read(const std::vector<LoggedAction>& log, std::string& error) {
  rewind();
  Trial trial;
  for (std::size_t i = 0; i < log.size(); ++i) {
    Action action;
    if (!find_enabled(*world_, log[i], action)) {
      error = "action " + std::to_string(i + 1) + " of " + std::to_string(log.size()) + " is not enabled: " + log[i].text;
      return std::nullopt;
    }
    if (take(action, 0, trial)) {
      trial.fails = true;
      return trial;
    }
  }
  if (world_->quiescent() && violated_at_rest()) trial.fails = true;
  return trial;
}

bool Stage::take(const Action& action, std::uint32_t group, Trial& trial) {
  LogStep step = step_of(action);
  // Among equal descriptions its place counts; the enabled ones were listed to find it.
  if (enabled_.empty()) world_->enabled(enabled_);
  for (const Action& other : enabled_) {
    if (other == action) break;
    if (other.kind == action.kind && world_->describe(other) == step.logged.text) ++step.logged.occurrence;
  }
  enabled_.clear();
  step.group = group;
  trial.steps.push_back(std::move(step));
  const bool possible = world_->apply(action);
  FLOWTANK_CHECK(possible, "an enabled action is possible");
  checker_->after_action(*world_);
  return violated_now();
}

Trial Stage::attempt(std::span<const LogStep> steps, Moment moment, bool rename, bool patient) {
  rewind();
  bindings_.clear();
  waiting_.clear();
  Trial trial;
  const auto failed = [&trial] {
    trial.fails = true;
    return std::move(trial);
  };
  for (const LogStep& step : steps) {
    if (step.marker) waiting_.push_back(&step);
    if (strike_waiting(trial)) return failed();
    if (step.marker) continue;
    Action action;
    if (find(step, rename, action)) {
      if (take(action, step.group, trial)) return failed();
    } else if (patient && is_fault(step.kind)) {
      waiting_.push_back(&step);
    }
  }
  enabled_.clear();
  // What is wrong although nobody asked for anything is another failure.
  if (moment == Moment::rest) trial.fails = come_to_rest(trial) && !trial.steps.empty();
  return trial;
}

bool Stage::strike_waiting(Trial& trial) {
  for (std::size_t i = 0; i < waiting_.size();) {
    const LogStep& step = *waiting_[i];
    Action action;
    if (!(step.marker ? strike(step, action) : find(step, true, action))) {
      ++i;
      continue;
    }
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    if (take(action, step.group, trial)) return true;
  }
  return false;
}

// What is left to do, without going round in circles.
bool Stage::come_to_rest(Trial& trial) {
  const std::size_t most = 2000 + 20 * trial.steps.size();
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  const auto fresh = [&] {
    const uint128 print = world_->fingerprint();
    return seen.emplace(static_cast<std::uint64_t>(print >> 64), static_cast<std::uint64_t>(print)).second;
  };
  fresh();
  std::vector<Action> left;
  while (trial.completed < most) {
    if (strike_waiting(trial)) return true;
    left.clear();
    world_->enabled(left, false);
    if (left.empty()) {
      trial.rested = true;
      return violated_at_rest();
    }
    bool went = false;
    for (const Action& action : left) {
      const World::Mark mark = world_->mark();
      enabled_.clear();
      const bool violated = take(action, 0, trial);
      ++trial.completed;
      if (violated) return true;
      went = fresh();
      if (went) break;
      world_->undo(mark);
      trial.steps.pop_back();
      --trial.completed;
    }
    if (!went) return false;
  }
  return false;
}

// ---- finding the action that is meant -------------------------------------------------------------------

const std::string* Stage::bound(const std::string& name) const {
  for (const auto& [from, to] : bindings_) {
    if (from == name) return &to;
  }
  return nullptr;
}

// Are the names exchangeable: each old one for one new one, and no two for the same?
bool Stage::bind(const std::vector<std::string>& from, const std::vector<std::string>& to, bool only_look) {
  if (from.size() != to.size()) return false;
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (const auto& [old_name, new_name] : bindings_) {
      if ((old_name == from[i]) != (new_name == to[i])) return false;
    }
  }
  if (only_look) return true;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (bound(from[i]) == nullptr) bindings_.emplace_back(from[i], to[i]);
  }
  return true;
}

bool Stage::find(const LogStep& step, bool rename, Action& out) {
  enabled_.clear();
  world_->enabled(enabled_);
  bool exchanged = false;
  if (rename) {
    for (const std::string& name : step.names) {
      const std::string* now = bound(name);
      exchanged = exchanged || (now != nullptr && *now != name);
    }
  }
  if (!exchanged) {
    std::uint32_t occurrence = 0;
    const Action* last = nullptr;
    for (const Action& action : enabled_) {
      if (action.kind != step.kind || world_->describe(action) != step.logged.text) continue;
      last = &action;
      if (++occurrence == step.logged.occurrence) break;
    }
    if (last != nullptr && (rename || occurrence == step.logged.occurrence)) {
      if (rename && !bind(step.names, step.names, false)) return false;
      out = *last;
      return true;
    }
  }
  return rename && find_renamed(step, out);
}

bool Stage::find_renamed(const LogStep& step, Action& out) {
  std::string shape;
  std::vector<std::string> names;
  for (const Action& action : enabled_) {
    if (action.kind != step.kind) continue;
    names.clear();
    form_of(*world_, action, world_->describe(action), shape, names);
    if (shape != step.shape || !bind(step.names, names, true)) continue;
    bind(step.names, names, false);
    out = action;
    return true;
  }
  return false;
}

// The fault of a timed run as an action: the same fault, at the message that it struck there.
bool Stage::strike(const LogStep& marker, Action& out) {
  enabled_.clear();
  world_->enabled(enabled_);
  for (const Action& action : enabled_) {
    if (!is_fault(action.kind) || action.fault >= scenario_->system->faults.size()) continue;
    if (scenario_->system->faults[action.fault].name != marker.shape) continue;
    const std::string text = world_->describe(action);
    const bool speaks_of_one = text.find(")#") != std::string::npos;
    if (speaks_of_one && !marker.names.empty() && text.find(marker.names[0]) == std::string::npos) continue;
    out = action;
    return true;
  }
  return false;
}

// ---- searching ----------------------------------------------------------------------------------------

std::optional<Trial> Stage::search(std::uint64_t states, std::uint64_t depth, Moment moment, const std::function<bool()>& stop) {
  using explore::WorldSystem;
  rewind();
  WorldSystem system(*world_, [this](World& w) { checker_->after_action(w); });
  std::vector<explore::Property<WorldSystem>> questions;
  questions.push_back(explore::Property<WorldSystem>::always("", [this](const WorldSystem&) { return !violated_now(); }));
  if (moment == Moment::rest) {
    questions.push_back(explore::Property<WorldSystem>::terminal("", [this](const WorldSystem&) { return !violated_at_rest(); }));
  }
  explore::Options<WorldSystem> options;
  options.max_states = states;
  options.max_depth = depth;
  options.stop_when_decided = false;
  bool found = false;
  const auto once = [&found](auto holds) {
    return [&found, holds](const WorldSystem& at) {
      const bool fine = holds(at);
      found = found || !fine;
      return fine;
    };
  };
  for (auto& question : questions) question.holds = once(question.holds);
  options.poll_every = 16;
  options.cancelled = [&found] { return found; };
  options.out_of_time = stop;
  const auto outcome = explore::breadth_first(system, questions, options);
  const explore::Witness<Action>* shortest = nullptr;
  for (const auto& decision : outcome.decisions) {
    if (decision.found() && (shortest == nullptr || decision.witness.actions.size() < shortest->actions.size())) shortest = &decision.witness;
  }
  if (shortest == nullptr) return std::nullopt;
  rewind();
  Trial trial;
  for (const Action& action : shortest->actions) {
    enabled_.clear();
    if (take(action, 0, trial)) break;
  }
  trial.fails = violated_now() || (world_->quiescent() && violated_at_rest());
  return trial.fails ? std::optional(std::move(trial)) : std::nullopt;
}

}  // namespace flowtank::shrinking
