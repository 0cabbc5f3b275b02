// SPDX-License-Identifier: Apache-2.0
// See runner.hpp: one walk after the other, what it adds to the tally, and the trial runs that measure a plan.
#include "sim/campaign/runner.hpp"

#include <algorithm>

#include <sim/base/check.hpp>
#include <sim/run/world_builder.hpp>

namespace flowtank::campaign {
namespace {

// Words and cells of contents that only earlier runs met; beyond this the World is built anew.
constexpr std::size_t most_grown_bytes = std::size_t{64} << 20;
constexpr std::size_t most_enabled = 0xffff;  // a choice is a position in 16 bits
constexpr std::uint64_t trial_runs = 16;
constexpr std::uint64_t longest_trial = 20'000;

}  // namespace

Tally empty_tally(const Scenario& scenario) {
  Tally tally;
  tally.properties.resize(scenario.properties.size());
  tally.faults.resize(scenario.system->faults.size());
  std::size_t instructions = 0;
  for (const Handler& handler : scenario.system->handlers) instructions += handler.program.code.size();
  tally.reached.assign(instructions, false);
  return tally;
}

// Looks at what a run does: the properties after every action and at rest, the path for a witness, features.
class Runner::Watch {
 public:
  // `memory`: of a run that learns, else nullptr.
  Watch(Runner& runner, LaneMemory* memory, Patience* patience) : r_(runner), memory_(memory), patience_(patience) {}

  // Before the first action: what the initial state itself violates.
  void at_start() {
    for (const std::uint32_t p : r_.checker_->violated_by_action()) violated(p, false);
  }
  bool before(const WorldWalk& walk, std::span<const Action> enabled, std::size_t chosen) {
    if (enabled.size() > most_enabled) {
      r_.too_wide_ = true;
      return false;
    }
    r_.path_.push_back(static_cast<std::uint16_t>(chosen));
    if (memory_ != nullptr) r_.log_.push_back(walk.identity(enabled[chosen]));
    return patience_ == nullptr || !patience_->ends(enabled.size(), [this] { return r_.memory_bytes(); });
  }
  void after(const WorldWalk& walk) {
    for (const std::uint32_t p : r_.checker_->violated_by_action()) violated(p, false);
    if (memory_ == nullptr) return;
    const std::uint64_t feature = walk.feature();
    if (memory_->features.of(feature) != 0) return;
    memory_->features.add(feature);
    r_.features_.push_back(feature);
    r_.new_at_ = r_.log_.size();
  }
  void at_rest(const WorldWalk&) {
    for (const std::uint32_t p : r_.checker_->violated_at_quiescence(*r_.world_)) violated(p, true);
  }

 private:
  void violated(std::uint32_t p, bool at_rest) {
    if (!r_.violations_[p].any) r_.violations_[p] = {true, at_rest, r_.path_.size()};
  }

  Runner& r_;
  LaneMemory* memory_;
  Patience* patience_;
};

Runner::Runner(const Scenario& scenario, const BrokerRegistry& registry, const Plan& plan, Patience* patience)
    : scenario_(scenario), registry_(registry), plan_(plan), coverage_(*scenario.system),
      pct_(plan.bug_depth, plan.steps), guided_(plan.bug_depth, plan.steps), violations_(scenario.properties.size()) {
  std::size_t at = 0;
  for (const Handler& handler : scenario.system->handlers) {
    first_instruction_.push_back(at);
    at += handler.program.code.size();
  }
  if (plan_.strategy == Strategy::swarm) own_system_ = std::make_unique<System>(*scenario.system);
  build(patience);
}

Runner::~Runner() = default;

void Runner::build(Patience* patience) {
  walk_.reset();
  Diagnostics unread;
  world_ = timed() ? make_world(system(), registry_, Mode::timed, system().bounds.seed, unread)
                   : make_walking_world(*scenario_.system, registry_, unread);
  FLOWTANK_CHECK(world_ != nullptr, "the brokers could be made before");
  checker_ = std::make_unique<Checker>(system(), scenario_.properties);
  checker_->attach(*world_);
  world_->reset(scenario_.system->bounds.seed);
  checker_->start(*world_);
  built_bytes_ = world_->memory_bytes();
  if (timed()) return;
  walk_.emplace(*world_, *checker_);
  prime(patience);
}

// What compares the ends of all runs compares them with the first end that it meets: that of the first run that comes to
// rest, on every thread.
void Runner::prime(Patience* patience) {
  const bool compares = std::any_of(scenario_.properties.begin(), scenario_.properties.end(),
                                    [](const PropertySpec& spec) { return spec.kind == PropertyKind::confluent; });
  if (!compares) return;
  Tally unread = empty_tally(scenario_);
  LaneMemory memory;
  LaneLesson lesson;
  constexpr std::uint64_t most_tries = 64;
  priming_ = true;
  for (std::uint64_t first = 0; plan_.most_actions != 0 && unread.rested == 0 && first < most_tries; ++first) {
    if (!run(first, memory, lesson, unread, patience)) break;
  }
  priming_ = false;
  // These runs belong to whoever makes them: what they triggered and reached is not told of here.
  checker_->forget_observations();
  walk_.emplace(*world_, *checker_);
}

template <class Chooser>
void Runner::drive(Chooser& chooser, Watch& watch, WalkEnd& end) {
  end = walk(*walk_, chooser, actions_, plan_.most_actions, watch);
}

bool Runner::run(std::uint64_t run, LaneMemory& memory, LaneLesson& lesson, Tally& tally, Patience* patience) {
  if (!priming_ && world_->memory_bytes() > built_bytes_ + most_grown_bytes) {
    flush(tally);
    build(patience);
    if (patience != nullptr && patience->left() != Left::no) return false;
  }
  strikes_ = world_->faults().strikes();
  if (timed()) return run_timed(run, tally, patience);
  checker_->forget_errors();
  walk_->restart();
  too_wide_ = false;
  path_.clear();
  log_.clear();
  features_.clear();
  std::fill(violations_.begin(), violations_.end(), Violation{});
  const RunDraws draws(plan_.seed, run);
  const auto faults = static_cast<std::uint32_t>(tally.faults.size());
  const Strategy strategy = strategy_of_run(plan_.strategy, run);
  Watch watch(*this, strategy == Strategy::guided ? &memory : nullptr, patience);
  watch.at_start();
  WalkEnd end;
  switch (strategy) {
    case Strategy::pct:
      pct_.begin(draws, faults);
      drive(pct_, watch, end);
      break;
    case Strategy::pos:
      pos_.begin(draws, faults);
      drive(pos_, watch, end);
      break;
    case Strategy::guided:
      guided_.begin(draws, faults, memory);
      drive(guided_, watch, end);
      break;
    default:
      random_.begin(draws, faults);
      drive(random_, watch, end);
      break;
  }
  if (end.stopped) return false;
  if (!features_.empty()) {
    lesson.features.insert(lesson.features.end(), features_.begin(), features_.end());
    log_.resize(new_at_);
    lesson.logs.push_back(log_);
    learn(memory, {{}, {log_}});
  }
  ++tally.runs;
  ++tally.by_strategy[static_cast<std::size_t>(strategy)];
  tally.rested += end.rested ? 1 : 0;
  tally.cut += end.cut ? 1 : 0;
  tally.actions += end.actions;
  tally.longest = std::max(tally.longest, end.actions);
  tally.ends.add(walk_->end());
  note_strikes(tally);
  note_violations(run, tally);
  note_errors(run, tally);
  return true;
}

void Runner::note_strikes(Tally& tally) {
  for (std::size_t f = 0; f < tally.faults.size(); ++f) {
    const std::uint64_t strikes = world_->faults().strikes()[f] - strikes_[f];
    tally.faults[f].strikes += strikes;
    tally.faults[f].runs += strikes != 0 ? 1 : 0;
  }
}

void Runner::note_violations(std::uint64_t run, Tally& tally) {
  for (std::size_t p = 0; p < violations_.size(); ++p) {
    if (!violations_[p].any) continue;
    PropertyTally& property = tally.properties[p];
    ++property.failing;
    if (run >= property.first) continue;
    property.first = run;
    property.path.assign(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(violations_[p].actions));
    property.at_rest = violations_[p].at_rest;
  }
}

void Runner::note_errors(std::uint64_t run, Tally& tally) {
  for (std::uint32_t p = 0; p < tally.properties.size(); ++p) {
    if (run >= tally.properties[p].error_run || checker_->error(p).empty()) continue;
    tally.properties[p].error_run = run;
    tally.properties[p].error = checker_->error(p);
  }
}

void Runner::flush(Tally& tally) {
  if (records_ != nullptr) records_->finish();
  // Of a timed run the checker forgets the one before: each has told of itself.
  for (std::uint32_t p = 0; p < tally.properties.size() && !timed(); ++p) {
    if (checker_->triggered(p)) tally.properties[p].triggered = true;
  }
  for (std::size_t h = 0; h < first_instruction_.size(); ++h) {
    const std::size_t size = scenario_.system->handlers[h].program.code.size();
    for (std::size_t pc = 0; pc < size; ++pc) {
      if (timed() ? coverage_.reached(h, pc) : walk_->reached(h, pc)) tally.reached[first_instruction_[h] + pc] = true;
    }
  }
}

Runner::Trial Runner::trial(std::uint64_t number, std::uint64_t most, Patience* patience) {
  struct Counting {
    const World& world;
    Patience* patience;
    std::vector<std::uint64_t> chains = {};
    bool before(const WorldWalk& walk, std::span<const Action> enabled, std::size_t chosen) {
      chains.push_back(walk.chain(enabled[chosen]));
      if (enabled.size() > most_enabled) return false;  // no run of the campaign gets further
      return patience == nullptr || !patience->ends(enabled.size(), [this] { return world.memory_bytes(); });
    }
    void after(const WorldWalk&) {}
    void at_rest(const WorldWalk&) {}
  } counting{*world_, patience};
  walk_->restart();
  const RunDraws draws(plan_.seed, ~number);  // numbers that no campaign has
  random_.begin(draws, static_cast<std::uint32_t>(scenario_.system->faults.size()));
  const WalkEnd end = walk(*walk_, random_, actions_, most, counting);
  std::sort(counting.chains.begin(), counting.chains.end());
  const auto last = std::unique(counting.chains.begin(), counting.chains.end());
  return {end.actions, static_cast<std::uint64_t>(last - counting.chains.begin()), end.cut || end.stopped};
}

std::size_t Runner::memory_bytes() const { return world_->memory_bytes(); }

std::optional<Plan> measure(const Scenario& scenario, const BrokerRegistry& registry, Plan plan, Diagnostics& diagnostics, Patience* patience) {
  if (!make_world(*scenario.system, registry, Mode::timed, scenario.system->bounds.seed, diagnostics)) return std::nullopt;
  if (has_time(plan.strategy)) return plan;  // the scenario says where a run ends
  if (plan.steps != 0) return plan;  // measured already
  Runner runner(scenario, registry, plan, patience);
  const std::uint64_t most = plan.most_actions != 0 ? plan.most_actions : longest_trial;
  bool cut = false;
  for (std::uint64_t number = 0; number < trial_runs && (patience == nullptr || patience->left() == Left::no); ++number) {
    const Runner::Trial trial = runner.trial(number, most, patience);
    plan.steps = std::max(plan.steps, trial.actions);
    plan.chains = std::max(plan.chains, trial.chains);
    cut = cut || trial.cut;
  }
  plan.steps = std::max<std::uint64_t>(plan.steps, 1);
  // Far beyond what trials needed: what is longer goes round in circles.
  if (plan.most_actions == 0) plan.most_actions = cut ? longest_trial : std::max<std::uint64_t>(1'000, 16 * plan.steps);
  return plan;
}

}  // namespace flowtank::campaign
