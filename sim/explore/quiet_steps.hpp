// SPDX-License-Identifier: Apache-2.0
// Partial-order reduction for the World: steps that nobody else can notice are taken at once, alone.
//
// A QUIET step t of a run in frame f is one that touches nothing but f's own cells, and rows and locks of tables
// that no other frame ever writes; it commits nothing, ends no run, and sends nothing that a fault could strike.
// Then {t} is enough to take in state s (the argument of stubborn.hpp, with one thing added for crashes):
//  - No other action writes what t reads or writes, or reads what t writes. Others read tables as committed; t
//    changes only locks and its transaction's pending writes. So t stays enabled, does the same, and commutes.
//  - A crash of f's instance (or an error raised in f) does not commute with t, but ABSORBS it: what t did is
//    gone with the run, so "t, then the crash" ends in the very state of "the crash". A path that crashes before t
//    therefore goes on, unchanged, from after t. Required: the fault can strike after t wherever it could before.
//    For every such fault that is enabled in s both orders are tried and their fingerprints compared.
//  - t changes no committed row, no observation and no monitor: no property reads what it changes, and what a
//    property says of t itself is seen when t is taken.
//  - t is no fault and stays enabled, so no state without it is quiescent: ends are kept. Slow timers fire only when
//    nothing else can happen, which is never the case while t can.
//  - t moves its run to a later instruction. A cycle of states therefore has an action that is not quiet, and the
//    state where that is taken is expanded whole: nobody is put off for ever.
// Everything depends on the state alone. Kinds of faults whose strikes look into runs in other ways, or at older
// states of tables, switch it off while they have strikes left; see concern() in the .cpp.
//
// Two more steps are quiet, each with an argument of its own:
//  - THE END OF A RUN that acknowledges nothing (a command, a timer, a poll), where its frame is the only one that its service
//    has for what comes in. It frees the frame. Until then nothing is handed to that service, so nobody can do
//    otherwise without it; with two frames it would decide which of them is next. A crash after it finds nothing to
//    take away and keeps its budget: required is that no crash or error with strikes left is about the service.
//  - A CLIENT'S REQUEST LEAVES, of a client without a script: a number of its own goes up, and a content joins a bag that is
//    handed out in any order, and without bound. Adding commutes with taking what is there, and nothing is disabled.
//  For both, whatever else is enabled must be so afterwards, in the very state: what looks at them is then seen.
//
// What a fault can strike is decided service by service: a crash of another service takes nothing from this one's runs but
// what they were handed by it, and no quiet step reads that.
//
// A CHAIN of quiet steps need not be stored: each state in it has one way on, shows nothing new, and is no end. next()
// gives the links; WorldSystem takes them with the action before.
//
// Fair loops are not kept, so promises are searched for loops unreduced.
// Invariant: with this reduction, the reachable verdicts, ends and taken steps are those without it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <sim/world/world.hpp>

namespace flowtank::explore {

class QuietSteps {
 public:
  explicit QuietSteps(const World& world);

  /// Leaves of the enabled `actions`, from `begin` on, one quiet step if there is one. `after_action` is what belongs
  /// to every transition (properties). Tries actions and undoes them. True if any was left out.
  bool reduce(World& world, const std::function<void(World&)>& after_action, std::vector<Action>& actions, std::size_t begin);

  /// The quiet step that is to be taken in the present state, at once; nullptr: there is none. Good until the next call.
  const Action* next(World& world, const std::function<void(World&)>& after_action);

  /// Could it ever leave out anything here? Why not, in words; empty: it could.
  const std::string& why_not() const { return why_not_; }

 private:
  struct Place {            // an instruction of a handler
    bool quiet = false;     // of a kind that can be quiet
    bool publishes = false;
    std::vector<std::uint32_t> tables;  // all that it may touch
  };
  struct Strikes {        // what faults with strikes left can do to runs of a service in the present state
    bool kills = false;     // crash
    bool raises = false;    // handler_error
    bool on_publish = false;
  };

  void find_writers(const World& world);
  void find_places(const System& system);
  void find_named_places(const System& system);
  bool is_private(std::uint32_t table, std::uint32_t frame) const;
  bool blocked(const World& world) const;
  Strikes strikes_left(const World& world, std::uint32_t service) const;
  bool has_candidate(const World& world) const;
  bool may_be_quiet(const World& world, const Action& action, const Strikes& strikes) const;
  bool may_be_quiet(const World& world, const Action& action) const;
  std::uint32_t find(World& world, const std::function<void(World&)>& after_action, const std::vector<Action>& actions, std::size_t begin);
  bool is_quiet(World& world, const std::function<void(World&)>& after_action, const Action& action,
                const std::vector<Action>& actions, std::size_t begin, const Strikes& strikes);
  bool is_quiet_request(World& world, const std::function<void(World&)>& after_action, const Action& action,
                        const std::vector<Action>& actions, std::size_t begin);
  bool leaves_others(const std::vector<Action>& actions, std::size_t begin, const Action& taken) const;
  bool touches_own_only(const World& world, std::uint32_t frame, const Place& place, bool ends) const;
  bool is_alone(const World& world, std::uint32_t frame) const;
  bool absorbed(World& world, const std::function<void(World&)>& after_action, const Action& step, const Action& fault);

  const System& system_;
  std::vector<std::vector<std::uint32_t>> writers_;  // by table: frames that may write it
  std::vector<std::vector<Place>> places_;           // by handler, by instruction
  std::vector<std::size_t> locals_;                  // by service: of its frames
  std::vector<std::vector<bool>> about_;             // by fault, by service: may strike its runs
  std::vector<bool> named_;                          // by handler: a crash or an error is aimed at some of its steps
  std::vector<std::uint64_t> up_;                    // components that say whether an instance is up
  std::string why_not_;
  Footprint footprint_;
  std::vector<Action> enabled_, enabled_after_;
  // What was found in states looked at lately: a walk over the search tree comes through the same ones again and again.
  struct Known {
    uint128 state = 0;
    std::uint32_t quiet = none;  // position among the enabled actions
    Action action;
  };
  static constexpr std::size_t known_states = std::size_t{1} << 15;
  std::vector<Known> known_;
};

}  // namespace flowtank::explore
