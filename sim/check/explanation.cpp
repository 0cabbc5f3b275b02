// SPDX-License-Identifier: Apache-2.0
// See explanation.hpp. Continuations are those without further faults: what the system does by itself.
#include "sim/check/explanation.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <sim/run/replay.hpp>
#include <sim/shrink/stage.hpp>

namespace flowtank {
namespace {

using shrinking::LogStep;
using shrinking::Moment;
using shrinking::Stage;
using shrinking::Trial;

enum class Fate : std::uint8_t { escapes, doomed, undecided };

class Explaining {
 public:
  Explaining(Stage& stage, const Witness& witness, const ExplanationOptions& options) : stage_(stage), witness_(witness), options_(options) {}

  Explanation explain() {
    critical();
    std::string unread;
    if (const auto log = stage_.read(witness_.log.actions, unread); log && log->fails) {
      steps_ = log->steps;
      nearest();
    }
    return std::move(found_);
  }

 private:
  bool halt() const {
    return (options_.cancelled != nullptr && options_.cancelled->load(std::memory_order_relaxed)) || (options_.out_of_time && options_.out_of_time());
  }

  // From the end backwards, the last prefix after which some way to go on is fine.
  void critical() {
    const auto& log = witness_.log.actions;
    for (std::size_t length = log.size(); length-- > 0;) {
      const Fate fate = fate_after(length);
      if (fate == Fate::undecided) return;
      if (fate == Fate::doomed) continue;
      found_.critical = length;
      found_.decided = true;
      return;
    }
    found_.decided = true;
    found_.always = true;
  }

  Fate fate_after(std::size_t length) {
    stage_.rewind();
    World& world = stage_.world();
    for (std::size_t i = 0; i < length; ++i) {
      Action action;
      if (!find_enabled(world, witness_.log.actions[i], action)) return Fate::undecided;
      world.apply(action);
      stage_.checker().after_action(world);
      if (stage_.violated_now()) return Fate::doomed;
    }
    seen_.clear();
    return search();
  }

  struct Open {
    World::Mark mark;
    std::vector<Action> actions;
    std::size_t next = 0;
    bool* on_path = nullptr;  // of its state in seen_
  };

  // Depth first: the first end without the violation is enough. A way that comes back to a state on the path goes round for
  // ever and never fails; whether it counts as one that is fine is not decided here.
  Fate search() {
    World& world = stage_.world();
    std::vector<Open> path;
    bool round = false;
    const auto enter = [&] {
      const uint128 print = world.fingerprint();
      const auto [state, is_new] = seen_.try_emplace({static_cast<std::uint64_t>(print >> 64), static_cast<std::uint64_t>(print)}, true);
      round = round || (!is_new && state->second);
      if (!is_new) return false;
      ++found_.states;
      path.push_back({world.mark(), {}, 0, &state->second});
      world.enabled(path.back().actions, false);
      return true;
    };
    enter();
    while (!path.empty()) {
      if (path.back().actions.empty() && !stage_.violated_at_rest()) return Fate::escapes;
      if (seen_.size() > options_.states || ((seen_.size() & 63) == 0 && halt())) return Fate::undecided;
      bool deeper = false;
      while (!deeper && path.back().next < path.back().actions.size()) {
        const World::Mark mark = path.back().mark;
        const Action action = path.back().actions[path.back().next++];
        world.apply(action);
        stage_.checker().after_action(world);
        deeper = !stage_.violated_now() && enter();
        if (!deeper) world.undo(mark);
      }
      if (deeper) continue;
      *path.back().on_path = false;
      path.pop_back();
      if (!path.empty()) world.undo(path.back().mark);
    }
    return round ? Fate::undecided : Fate::doomed;
  }

  // ---- the nearest run that passes ------------------------------------------------------------------------
  void nearest() {
    const auto attempt = [&](std::size_t left_out, bool fault) {
      if (is_fault(steps_[left_out].kind) != fault || halt()) return false;
      std::vector<LogStep> rest = steps_;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(left_out));
      const Trial trial = stage_.attempt(rest, Moment::rest, false);
      if (trial.fails || !trial.rested) return false;
      part(left_out, trial);
      return true;
    };
    for (std::size_t i = steps_.size(); i-- > 0;) {
      if (attempt(i, true)) return;
    }
    for (std::size_t i = steps_.size(); i-- > 0;) {
      if (attempt(i, false)) return;
    }
  }

  void part(std::size_t left_out, const Trial& passes) {
    found_.passes = true;
    found_.left_out = left_out;
    const auto same = [](const LogStep& a, const LogStep& b) { return a.logged == b.logged; };
    const auto ends = std::mismatch(steps_.begin(), steps_.end(), passes.steps.begin(), passes.steps.end(), same);
    found_.differs = static_cast<std::size_t>(ends.first - steps_.begin());
    found_.instead = instead({ends.second, passes.steps.end()});
    const LogStep& moved = steps_[left_out];
    found_.later = std::any_of(ends.second, passes.steps.end(), [&](const LogStep& step) { return step.logged.text == moved.logged.text; });
  }

  // Of what happens there, the first thing that people count and that is about what fails here.
  std::string instead(const std::vector<LogStep>& there) const {
    const auto concerns = [this](const LogStep& step) {
      const auto from = steps_.begin() + static_cast<std::ptrdiff_t>(std::min(found_.differs, steps_.size()));
      return std::any_of(from, steps_.end(), [&step](const LogStep& failing) { return !step.names.empty() && failing.names == step.names; });
    };
    for (const bool about_it : {true, false}) {
      for (const LogStep& step : there) {
        if (!step.business.empty() && (!about_it || concerns(step))) return step.business;
      }
    }
    return there.empty() ? "" : there.front().logged.text;
  }

  Stage& stage_;
  const Witness& witness_;
  const ExplanationOptions& options_;
  Explanation found_;
  std::vector<LogStep> steps_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, bool> seen_;  // by fingerprint: is it on the path?
};

}  // namespace

void explain_failures(const Scenario& scenario, const BrokerRegistry& registry, const ExplanationOptions& options, Result& result) {
  if (result.interrupted || !result.our_fault.empty()) return;
  std::shared_ptr<const Scenario> shared;
  for (PropertyOutcome& property : result.properties) {
    if (property.verdict.kind != VerdictKind::fail || !property.witness) continue;
    const Witness& witness = *property.witness;
    if (witness.log.driver != Driver::check || witness.loop || witness.cycle_from < witness.steps.size()) continue;
    if (!shared) shared = std::make_shared<const Scenario>(scenario);
    auto stage = Stage::make(shared, registry, witness.log.seed, property.verdict.property);
    if (!stage) continue;
    property.explanation = std::make_shared<const Explanation>(Explaining(*stage, witness, options).explain());
  }
}

}  // namespace flowtank
