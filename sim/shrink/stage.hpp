// SPDX-License-Identifier: Apache-2.0
// Where trials are made: one scenario, one World in explore mode, one property. A trial applies the steps of
// a log as far as they are possible and says whether the property is violated; what it gives back replays
// strictly. Only the property asked for counts: another one that breaks on the way is not looked at.
//
// A step that is not enabled any more may be done by something else of the same shape ("send shoppers 3" instead
// of 16, o-1 instead of o-17), as long as names are exchanged consistently: that is how the failing
// order of forty becomes the only one. Otherwise it is skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sim/explore/world_system.hpp>
#include <sim/property/checker.hpp>
#include <sim/run/decision_log.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/world.hpp>

namespace flowtank::shrinking {

// An action of a log, and what is needed to recognise the same thing done to something else.
struct LogStep {
  LoggedAction logged;
  ActionKind kind = ActionKind::step;
  bool marker = false;             // "fault F strikes about here": of timed runs, whose faults are no actions
  std::string shape;               // the text without names and places among equals; marker: the fault's name
  std::vector<std::string> names;  // keys, ids of messages, keys of timers, sessions, in the order of the text
  std::string business;            // World::business_label(); empty for machinery
  std::uint32_t group = 0;         // steps that have one cause: what one request brought about
};

struct Trial {
  bool fails = false;           // the property is violated after the last step
  std::vector<LogStep> steps;      // what was applied: a strict log, which ends where the property is violated
  std::size_t completed = 0;    // so many at the end were added to come to rest
  bool rested = false;          // and it came to rest

  // Fewer faults first, then fewer actions: each accepted trial is smaller, so that shrinking ends.
  std::pair<std::size_t, std::size_t> weight() const;
};

// When a property can be seen to be violated.
enum class Moment : std::uint8_t { state, rest };

class Stage {
 public:
  // nullptr when the scenario has no such property or its World cannot be made.
  static std::unique_ptr<Stage> make(std::shared_ptr<const Scenario> scenario, const BrokerRegistry& registry,
                                     std::uint64_t seed, const std::string& property);

  const Scenario& scenario() const { return *scenario_; }
  std::shared_ptr<const Scenario> shared_scenario() const { return scenario_; }
  std::uint32_t property() const { return property_; }
  std::uint64_t seed() const { return seed_; }

  // A log as steps; nothing when it does not replay strictly. `error` says why.
  std::optional<Trial> read(const std::vector<LoggedAction>& log, std::string& error);
  // Lenient. With `rename`, steps may be done by others of their shape. `patient`: a fault that cannot strike yet waits until it
  // can (else it is skipped, as all other steps are). Moment::rest: what is left to do is
  // done first (in the documented order) when the property has not been violated before.
  Trial attempt(std::span<const LogStep> steps, Moment moment, bool rename, bool patient = false);
  // The shortest violation within so many states and actions, breadth first; nothing when none is found.
  std::optional<Trial> search(std::uint64_t states, std::uint64_t depth, Moment moment, const std::function<bool()>& stop);

  World& world() { return *world_; }
  Checker& checker() { return *checker_; }
  // Back to the initial state.
  void rewind() { world_->undo(initial_); }
  // Is the property violated by what was last applied; if nothing more happens?
  bool violated_now() const;
  bool violated_at_rest();
  LogStep step_of(const Action& action);

 private:
  Stage() = default;
  bool find(const LogStep& step, bool rename, Action& out);
  bool find_renamed(const LogStep& step, Action& out);
  bool strike(const LogStep& marker, Action& out);
  // Applies, and adds to `trial`; true when the property is violated then.
  bool take(const Action& action, std::uint32_t group, Trial& trial);
  bool come_to_rest(Trial& trial);
  // What waits and can strike now does. True when the property is violated then.
  bool strike_waiting(Trial& trial);
  const std::string* bound(const std::string& name) const;
  bool bind(const std::vector<std::string>& from, const std::vector<std::string>& to, bool only_look);

  std::shared_ptr<const Scenario> scenario_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Checker> checker_;
  World::Mark initial_{};
  std::uint32_t property_ = 0;
  std::uint64_t seed_ = 1;
  std::vector<std::pair<std::string, std::string>> bindings_;
  std::vector<const LogStep*> waiting_;  // faults that could not strike yet
  std::vector<Action> enabled_;
};

}  // namespace flowtank::shrinking
