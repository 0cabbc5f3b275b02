// SPDX-License-Identifier: Apache-2.0
// The properties of a scenario watching one World. The same object serves both drivers:
//
//   timed run      start(); after every action after_action(); at the end at_end() gives the verdicts.
//   exploration    start() at the initial state; after every apply() after_action(), before the fingerprint
//                  is taken (it writes monitors, which are part of the state and undone with it); then
//                  violated_by_action(), in quiescent states violated_at_quiescence(); conclude() at the
//                  end. For the story of a violation: start(), replay the witness, explain().
//
// What a state says depends on the state alone. Outside of it the checker only remembers, for verdicts,
// what was ever triggered, which expressions had no value, and (timed) evidence as it came up.
// Ownership: the System and the World outlive the Checker's use; the Checker outlives the World's actions.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sim/world/observer.hpp>
#include <sim/world/system.hpp>

#include "sim/property/rule.hpp"
#include "sim/property/spec.hpp"
#include "sim/property/verdict.hpp"

namespace flowtank {

// How a history goes on after the state that is explained.
enum class Ending : std::uint8_t {
  open,       // somehow
  quiescent,  // not at all: nothing more happens
  loop,       // round and round: the witness is a lasso
};

// What an exploration found out about one property.
struct Exploration {
  bool violated = false;
  std::vector<KeyEvidence> evidence;  // explain() of the witness
  bool complete = false;              // every state within the bounds was seen
  std::string why_incomplete;         // "10,000,000 states were seen, the limit"
  bool reached_quiescence = true;     // some state was quiescent
};

class Checker final : public Observer {
 public:
  Checker(const System& system, std::vector<PropertySpec> properties);
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  // Once for each World: observes it and asks for the observations that the properties read.
  void attach(World& world);
  // After World::reset() (or construction), before the first action: looks at the initial state. Timed runs also forget what was triggered; an exploration keeps it.
  void start(World& world);

  // ---- both drivers ------------------------------------------------------------------------------------
  // After every action. Costs a test of one flag when nothing changed that a property reads.
  void after_action(World& world) {
    by_action_.clear();
    if (touched_) [[unlikely]] look(world);
  }

  std::size_t size() const { return rules_.size(); }
  const PropertySpec& property(std::uint32_t index) const { return properties_[index]; }

  // ---- timed -------------------------------------------------------------------------------------------
  // Verdicts of strength `observed`, in the order of the properties. `end`: when the run ended.
  std::vector<Verdict> at_end(World& world, bool quiescent, Time end);
  // Has some property failed already (a driver may stop)?
  bool failed_so_far() const;

  // ---- exploration -------------------------------------------------------------------------------------
  // Indices of the properties violated in this state, ascending; valid until the next call.
  const std::vector<std::uint32_t>& violated_now(World& world);
  // The same, but only what the last action (after_action) can have made so: a property that was violated
  // before and is not concerned may be missing. Nearly free.
  const std::vector<std::uint32_t>& violated_by_action() const { return by_action_; }
  // Those violated if nothing more happens after this state.
  const std::vector<std::uint32_t>& violated_at_quiescence(World& world);
  // For eventually, leads_to and not_stuck: nothing is owed in this state. Other kinds: true. A fair loop
  // all of whose states owe the same key is a violation; owed() names the keys.
  bool goal_holds(World& world, std::uint32_t property) { return !rules_[property]->owes(world, nullptr); }
  std::vector<Word> owed(World& world, std::uint32_t property);
  bool is_promise(std::uint32_t property) const { return rules_[property]->is_promise(); }
  // A goal ("sometimes"): where others are violated, it is reached; conclude() and at_end() turn it round.
  bool is_goal(std::uint32_t property) const { return rules_[property]->is_goal(); }

  // The evidence of a property's violation in the state the World is in.
  std::vector<KeyEvidence> explain(World& world, std::uint32_t property, Ending ending);
  std::vector<KeyEvidence> explain(World& world, std::uint32_t property, bool quiescent) {
    return explain(world, property, quiescent ? Ending::quiescent : Ending::open);
  }

  // Notes which properties are triggered in this state, outside of the state. after_action() and
  // violated_at_quiescence() do it by themselves for the states they see.
  void note_triggers(World& world);
  bool triggered(std::uint32_t property) const { return rules_[property]->triggered(); }
  // As if it had been triggered in a state that this checker has seen: of runs that others made.
  void set_triggered(std::uint32_t property) { rules_[property]->set_triggered(); }
  // Says something only about states in which nothing more happens.
  bool needs_quiescence(std::uint32_t property) const { return rules_[property]->needs_quiescence() || rules_[property]->is_promise(); }
  const std::string& error(std::uint32_t property) const { return rules_[property]->error(); }
  // As if no expression had been without a value so far: of the runs that follow.
  void forget_errors();
  // Nor anything triggered. What ends are compared with stays.
  void forget_observations();
  // What another checker of the same properties saw (a worker of a parallel search, the search whose counterexample
  // is replayed here) counts here too. `world` is the one this checker watches.
  void merge(World& world, const Checker& other);
  // The verdict of an exploration, of strength `proved` where it passes or fails.
  Verdict conclude(std::uint32_t property, const Exploration& found) const;

  // ---- Observer ----------------------------------------------------------------------------------------
  void row_changed(World& world, std::uint32_t table, Word key, std::span<const Word> before,
                   std::span<const Word> after) override;
  void effect(World& world, std::uint32_t effect, Word key, std::int64_t amount) override;
  void accepted(World& world, std::uint32_t channel, Word message) override;
  void message_fate(World& world, std::uint32_t subscription, Word message, Fate fate) override;
  std::uint32_t interests() const override { return interests_; }
  void made(World& world, const Actor& actor, Word message) override;
  void sent(World& world, const Actor& actor, std::uint32_t channel, Word message) override;
  void told(World& world, const Actor& actor, std::uint32_t channel, Word message, Told how) override;
  void run_started(World& world, const Actor& actor) override;
  void run_ended(World& world, const Actor& actor, RunOutcome outcome) override;
  void transaction_ended(World& world, const Actor& actor, bool committed) override;
  void effect_asked(World& world, const Actor& actor, std::uint32_t effect, Word key, Word idempotency,
                    std::int64_t amount, bool repeated) override;
  void disturbed(World& world) override;
  void session_asks(World& world, const SessionEvent& event) override;
  void session_told(World& world, const SessionEvent& event) override;
  void session_over(World& world, std::uint32_t client, std::uint32_t session) override;

 private:
  static Verdict goal_verdict(Verdict verdict, std::vector<KeyEvidence> evidence);
  void look(World& world);
  Verdict verdict(World& world, std::uint32_t property, bool quiescent, Time end);
  void observed(World& world, std::uint32_t table, Word key);

  const System& system_;
  std::vector<PropertySpec> properties_;
  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<Findings> findings_;  // timed: what came up during the run
  std::vector<std::uint32_t> by_action_;
  std::vector<std::uint32_t> violated_;
  std::uint32_t interests_ = 0;
  bool touched_ = false;
  const World* world_ = nullptr;   // of the last start()
  std::size_t words_ = 0;          // in its pool then
};

}  // namespace flowtank
