// SPDX-License-Identifier: Apache-2.0
// Faults: where the environment strikes. Under exploration every fault is an action that spends a budget;
// in timed runs the same strikes are drawn or counted where they can happen. A run without faults asks
// one empty list.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/keyed_random.hpp>

#include "sim/world/action.hpp"
#include "sim/world/cells.hpp"
#include "sim/world/system.hpp"
#include "sim/world/word_index.hpp"

namespace flowtank {

class World;

// What the environment does to a copy on its way to a subscription (timed runs).
struct CopyFate {
  bool lost = false;
  bool reordered = false;
  Duration delay;
  std::uint32_t duplicates = 0;
  std::uint16_t duplicate_fault = 0xffff;
  Duration duplicate_gap;
};

enum class StepFate : std::uint8_t { goes_on, crash, error, no_answer, no_request };

class Faults {
 public:
  Faults(const System& system, Cells& cells);

  std::uint64_t budget(std::uint32_t fault) const { return cells_.get(budgets_[fault]); }
  // How often each fault has taken effect since the World was built or the counts cleared; an
  // observation, not part of the state.
  const std::vector<std::uint64_t>& strikes() const { return strikes_; }
  void clear_strikes() { strikes_.assign(strikes_.size(), 0); }

  // Exploration: appends the fault actions enabled now.
  void enabled(const World& world, std::vector<Action>& out) const;
  // Applies a fault action: spends the budget and strikes.
  void strike(World& world, const Action& action);

  // Timed: the fate of a copy, of a publish, of the next step of a run. Cheap when there are no faults.
  CopyFate copy_fate(World& world, std::uint32_t subscription, Word message);
  StepFate publish_fate(World& world, std::uint32_t frame, std::uint32_t channel, Word message, std::uint16_t& fault);
  StepFate step_fate(World& world, std::uint32_t frame, std::uint16_t& fault);
  // Does a poison fault select this message for this handler?
  bool poisoned(World& world, std::uint32_t service, std::uint32_t handler, Word message);

  // A number for draws that belong to a subscription: it follows from its name, not from its index.
  std::uint32_t place_of(std::uint32_t subscription) const { return places_[subscription]; }

  bool is_up(std::uint32_t instance) const { return cells_.get(instance_state_[instance]) == 0; }
  void crash_instance(World& world, std::uint32_t instance, std::uint16_t fault);
  void restart(World& world, std::uint32_t instance);
  void pause_over(World& world, std::uint32_t instance);
  bool out(std::uint32_t broker) const { return cells_.get(outages_[broker]) != 0; }
  std::uint64_t outage_of(std::uint32_t broker) const { return cells_.get(outages_[broker]); }
  void outage_over(World& world, std::uint32_t fault);
  bool down(std::uint32_t instance) const { return cells_.get(instance_state_[instance]) == state_down; }
  bool paused(std::uint32_t instance) const { return cells_.get(instance_state_[instance]) >= state_paused; }

  void reset(World& world);

 private:
  static constexpr std::uint64_t state_up = 0, state_down = 1, state_paused = 2;
  static bool idle_matters(const Fault& fault, std::uint32_t service);
  bool remembers(const World& world, std::uint32_t service) const;
  bool out_of_service(const World& world, std::uint32_t channel) const;
  void note_restart(World& world, std::uint32_t instance);
  bool selects(const World& world, const Fault& fault, std::uint32_t channel, std::uint32_t consumer, Word message) const;
  bool selects_frame(const World& world, const Fault& fault, std::uint32_t frame) const;
  bool key_matches(const World& world, const Fault& fault, Word message) const;
  bool due(World& world, std::uint32_t fault, Word whose, std::uint32_t place);
  void took_effect(World& world, std::uint32_t fault);
  void copies(const World& world, std::uint32_t fault, ActionKind kind, std::vector<Action>& out) const;
  Duration length(const World& world, std::uint32_t fault, Word whose) const;

  const System& system_;
  Cells& cells_;
  std::vector<Cell> budgets_;
  std::vector<Cell> instance_state_;
  std::vector<Cell> outages_;  // by broker: 0 or 1 + fault
  std::vector<std::uint64_t> strikes_;
  std::vector<Purpose> fault_draws_;
  std::vector<std::uint32_t> places_;  // by subscription: its name as a number, for draws
  WordIndex occurrences_;              // timed: (fault, content, place) -> how often it was asked
  std::vector<std::uint64_t> seen_;  // timed: selected occurrences so far
  bool any_copy_fault_ = false;
  bool any_publish_fault_ = false;
  bool any_step_fault_ = false;
  bool any_poison_ = false;
};

}  // namespace flowtank
