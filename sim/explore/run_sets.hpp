// SPDX-License-Identifier: Apache-2.0
// Partial-order reduction for the World: in a state, what one handler run can do next, together with every fault that can strike
// it there, is often enough to take. Stubborn sets (stubborn.hpp) whose only enabled members are those of one run.
//
// The set T of a run in frame f: its next actions t, none of them a fault, and the enabled faults that end it, strike its publish or
// its commit, or need the copy that it lets go. Where a service has one frame for what comes in and pollers beside it, also the
// set of all these runs together: then f is any of them, and "the run" all of them. That needs the frame for what comes in to be
// busy and no poller about to start, so that nobody joins them from outside.
// In state s, T is enough if no b1...bn outside T can meet it:
//  - WHAT T TOUCHES IS THE RUN'S. f's own cells; rows, locks and claims of tables that no other frame, poller's guard or session
//    ever names (surroundings.hpp, static); of a broker that keeps lanes apart (SeparateLanes) the lane of the copy that it
//    handles, and the ends of lanes to which nobody else publishes; a fault's budget; orphans of its own publish. Looking is
//    allowed at what nothing changes. A copy that waits among orphans for the end of the same lane must be equal: then nobody can
//    tell which of them came first. The footprint of every member is recorded in s and compared with that list; anything
//    else, and T is not used.
//  - So b1...bn then a (a in T) gives what a then b1...bn gives, and a could happen before them (D1): appending to a lane commutes
//    with taking its head, settling the head with appending, and a budget that nobody refills was larger before.
//    Nothing outside T disables t or changes what T is: only what is in T ends the run (D2; crashes that may strike the service
//    are in T, which needs T to have all frames of a single instance, and brokers that do not care who dies; what fences runs,
//    pauses them or shows old rows switches all of this off).
//    What members disable is in T: duplicates of the copy at the head of its lane, when a member settles it (also where an equal
//    copy still offers the same duplicate: that copy may be lost first). Copies behind it
//    move up by one; faults that name them by position strike the same copies before and after.
//  - ENDS OF RUNS, of whatever is in T, free the frame: only where the frame is all that its service has for what comes in, or a
//    poller's, and where nobody waits for an answer of the run.
//    Until then nothing is handed to that service, so nobody outside T needs the frame.
//  - VISIBILITY, one property at a time. A property that reads no table that T writes does not see it. Of one that does,
//    every table must be written by f alone: then whatever it sees change, f does, in the same order as without the
//    reduction. Properties that listen to more than tables (sends, deliveries, sessions) switch this off: see Watched.
//  - ENDS. t is no fault and stays enabled: no state before it is quiescent. Slow timers fire only when nothing else can.
//  - CYCLES. t moves the run on: a later instruction, or from a request that leaves to its answer; or the run ends. Runs start
//    by actions that are in no T, so every cycle has a state that is expanded whole. A run that goes back in its
//    program is not reduced there.
// All conditions are static, are about the run's own cells, or about budgets, which only fall: if they hold in s they hold after any
// b outside T. `audit` in tests/check/reduction_audit.hpp takes this literally, in every state of an unreduced search.
//
// T depends on the state alone. Where it is one action, the state need not be stored (WorldSystem passes through).
// Invariant: verdicts, ends and taken steps are those without it; fair loops are not kept.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sim/world/separate_lanes.hpp>
#include <sim/world/world.hpp>

#include "sim/explore/surroundings.hpp"

namespace flowtank::explore {

/// What properties look at before the end of a path.
struct Watched {
  std::vector<std::vector<std::uint32_t>> properties;  ///< of each: the tables that decide it in a state
  std::string beyond;  ///< not empty: one listens to more than tables; which, in words
};

class RunSets {
 public:
  using AfterAction = std::function<void(World&)>;

  RunSets(const World& world, Watched watched);

  /// Leaves of the enabled `actions`, from `begin` on, those of one set where there is one: the smallest, of the first frame. Tries
  /// actions and undoes them. True if any was left out.
  bool reduce(World& world, const AfterAction& after_action, std::vector<Action>& actions, std::size_t begin);
  /// The one action of the present state's set, if that has one member; nullptr: it has none or more. Good until the next call.
  const Action* next(World& world, const AfterAction& after_action);

  /// The set of some frames' runs in the present state, whose enabled actions are `enabled` from `begin` on. Its first members
  /// are the runs' own, then faults. False: there is none.
  bool set_of(World& world, const AfterAction& after_action, Frames frames, const std::vector<Action>& enabled, std::size_t begin, std::vector<Action>& out);
  /// Frames that may have a set of their own: each alone, and those of each instance that has pollers.
  const std::vector<Frames>& groups() const { return groups_; }

  /// Why it leaves nothing out here, in words; empty: it could.
  const std::string& why_not() const { return why_not_; }

 private:
  void find_faults();
  void find_harmless_looks(const World& world);
  bool off(const World& world) const;
  bool crashes_left(const World& world, std::uint32_t service) const;
  void find_groups(const World& world);
  bool may_have_set(const World& world, Frames frames) const;
  bool may_go_on(const World& world, std::uint32_t frame, Frames frames) const;
  bool may_step(const World& world, std::uint32_t frame, Frames frames) const;
  bool may_publish(const World& world, std::uint32_t frame, Frames frames) const;
  bool is_of_runs(const World& world, const Action& action, Frames frames) const;
  bool is_duplicate_of_held(const World& world, const Action& action, Frames frames) const;
  bool reorders(const World& world, std::uint32_t subscription) const;
  struct Held {  // what is known of a run before a member is tried
    std::uint32_t frame = 0, handler = 0, pc = 0, subscription = none;  // subscription: of the copy that it has not settled
    unsigned phase = 0;
    bool owes_answer = false;
  };
  bool try_member(World& world, const AfterAction& after_action, Frames frames, const Action& action);
  bool has_let_go(const World& world, const Held& before) const;
  bool leaves_well(const World& world, const Held& before, const Action& action) const;
  void allow_components(World& world, Frames frames, const Action& action);
  bool touches_own_only(World& world, Frames frames, bool to_itself);
  bool is_seen_alone(Frames frames) const;
  bool disables_own_only(const World& world, Frames frames, const std::vector<Action>& enabled, std::size_t begin,
                         const std::vector<Action>& set, const Action& taken, bool& duplicates);
  const SeparateLanes* lanes(const World& world, std::uint32_t channel) const;

  struct Known {  // of a state looked at lately
    uint128 state = 0;
    std::vector<Action> set;
  };
  const Known& known(World& world, const AfterAction& after_action, const std::vector<Action>* actions, std::size_t begin);

  const System& system_;
  Watched watched_;
  Surroundings around_;
  std::string why_not_;
  bool lanes_disturbed_ = false;                // by faults that decide what a publish does, or where it goes
  bool only_lanes_ = true;                      // every broker keeps them apart: no instance's death matters to one
  bool any_at_once_ = false;                    // some publish takes effect in the step that asks for it
  std::vector<Frames> groups_;
  std::vector<std::size_t> locals_;             // by service: of its frames
  std::vector<std::vector<bool>> about_;        // by fault, by service: may strike its runs
  std::vector<std::uint64_t> harmless_;         // components that anybody may look at, ascending
  std::vector<Cell> harmless_cells_;            // the same, of other frames, ascending
  std::vector<std::uint64_t> allowed_;          // of the member that is tried
  Footprint footprint_, after_footprint_;
  std::vector<std::uint32_t> written_;          // tables that the member changed visibly
  std::vector<Held> held_;
  bool lets_go_ = false;                        // the member that was tried settles a copy that a run handles, or ends that run
  std::vector<Action> enabled_, enabled_after_, candidate_;
  static constexpr std::size_t known_states = std::size_t{1} << 15;
  std::vector<Known> known_;
};

}  // namespace flowtank::explore
