// SPDX-License-Identifier: Apache-2.0
// Faults: where the environment strikes. Under exploration every fault is an action that spends a budget;
// in timed runs the same strikes are drawn or counted where they can happen. What kinds there are and what each
// does is in fault_kinds.hpp. A run without faults asks one empty list, or a flag.
//
// The files follow the places where faults strike: faults_copies (and queues), faults_publishes, faults_steps
// (handler runs, instances, timers), faults_links (calls, partitions, outages), faults_stores (databases, clocks);
// faults.cpp decides when a fault is due, faults_enabled.cpp lists what an exploration may do.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/keyed_random.hpp>
#include <sim/trace/record.hpp>

#include "sim/world/action.hpp"
#include "sim/world/cells.hpp"
#include "sim/world/system.hpp"
#include "sim/world/transaction.hpp"
#include <sim/base/word_index.hpp>

namespace flowtank {

class World;

// What the environment does to a copy on its way to a subscription (timed runs, and in both what lasts).
struct CopyFate {
  bool lost = false;
  bool reordered = false;
  Duration delay;
  std::uint32_t duplicates = 0;
  std::uint16_t duplicate_fault = 0xffff;
  Duration duplicate_gap;
};

// What becomes of a publish that is about to take effect.
enum class PublishFate : std::uint8_t { arrives, no_answer, no_request };

// Whether the queues behind a channel take one more copy.
enum class Room : std::uint8_t { free, refuse, wait };

class Faults {
 public:
  Faults(const System& system, Cells& cells);

  std::uint64_t budget(std::uint32_t fault) const { return cells_.get(budgets_[fault]); }
  // Strikes that are left.
  std::uint64_t budget_of(std::uint32_t fault) const { return cells_.get(budgets_[fault]); }
  // How often each fault has taken effect since the World was built or the counts cleared; an
  // observation, not part of the state.
  const std::vector<std::uint64_t>& strikes() const { return strikes_; }
  void clear_strikes() { strikes_.assign(strikes_.size(), 0); }

  // Exploration: appends the fault actions enabled now; the ends of what lasts (not faults).
  void enabled(const World& world, std::vector<Action>& out) const;
  void windows_over(std::vector<Action>& out) const;
  // Applies a fault action: spends the budget and strikes.
  void strike(World& world, const Action& action);
  // Timed: can the action still strike? Asked when its time has come.
  bool possible(const World& world, const Action& action) const;
  void window_over(World& world, std::uint32_t fault);
  void reset(World& world);

  // For "after": an event was accepted by a broker (`service` none), a message handled by a service.
  void happened(World& world, Word message, std::uint32_t service) {
    if (any_after_) note_happened(world, message, service);
  }

  // ---- copies and queues -------------------------------------------------------------------------
  CopyFate copy_fate(World& world, std::uint32_t subscription, Word message) {
    if (!any_copy_fault_) return {};
    return fate_of_copy(world, subscription, message);
  }
  // A number for draws that belong to a subscription: it follows from its name, not from its index.
  std::uint32_t place_of(std::uint32_t subscription) const { return places_[subscription]; }
  Room room(World& world, std::uint32_t channel, Word message) {
    return any_room_fault_ ? room_in(world, channel, message) : Room::free;
  }
  // Exploration: is a publish not enabled, because it waits for room?
  bool must_wait(const World& world, std::uint32_t channel, Word message) const {
    return any_room_fault_ && waits(world, channel, message);
  }
  // Timed: the action is offered again when there may be room.
  void wait_for_room(const Action& action, std::uint32_t epoch) { blocked_.emplace_back(action, epoch); }
  // A copy has met its end.
  void copy_done(World& world, std::uint32_t subscription) {
    if (any_room_fault_) leave_queue(world, subscription);
  }

  // ---- publishes ---------------------------------------------------------------------------------
  // Timed. `message` is replaced where another one arrives; `heard`: its sender waits for the answer.
  PublishFate publish_fate(World& world, std::uint32_t frame, std::uint32_t channel, Word& message, bool heard) {
    if (!any_publish_fault_ || !world_is_timed_) return PublishFate::arrives;
    return fate_of_publish(world, frame, channel, message, heard);
  }
  Duration publish_delay(World& world, std::uint32_t frame, std::uint32_t channel, Word message);

  // ---- handler runs, instances, timers -----------------------------------------------------------
  // Timed: the fault action that strikes instead of the next step of a run.
  bool strikes_step(World& world, std::uint32_t frame, Action& out) {
    return any_step_fault_ && world_is_timed_ && strikes_before_step(world, frame, out);
  }
  // Does a poison fault select this message for this handler?
  bool poisoned(World& world, std::uint32_t service, std::uint32_t handler, Word message);
  void run_started(World& world, std::uint32_t frame) {
    if (any_deadline_ && world_is_timed_) set_deadlines(world, frame);
  }
  // Somebody can tell a crash before the end of this handler from one after it: 1 = when an answer is owed, 2 = always.
  std::uint8_t end_is_step(std::uint32_t handler) const { return ends_.empty() ? 0 : ends_[handler]; }
  Duration slowed(std::uint32_t instance, Duration takes) const { return any_slow_ ? slow_down(instance, takes) : takes; }
  Duration timer_after(World& world, std::uint32_t timer, Word key, Duration after);
  bool fires_again(World& world, std::uint32_t timer, Word key, Duration& gap);

  // 0: up, 1: down, 2 + fault: paused by it.
  std::uint64_t state_of(std::uint32_t instance) const { return cells_.get(instance_state_[instance]); }
  bool is_up(std::uint32_t instance) const { return cells_.get(instance_state_[instance]) == 0; }
  bool down(std::uint32_t instance) const { return cells_.get(instance_state_[instance]) == state_down; }
  bool paused(std::uint32_t instance) const { return cells_.get(instance_state_[instance]) >= state_paused; }
  void crash_instance(World& world, std::uint32_t instance, std::uint16_t fault);
  void restart(World& world, std::uint32_t instance);
  void pause_over(World& world, std::uint32_t instance);

  // ---- links -------------------------------------------------------------------------------------
  bool out(std::uint32_t broker) const { return cells_.get(outages_[broker]) != 0; }
  std::uint64_t outage_of(std::uint32_t broker) const { return cells_.get(outages_[broker]); }
  void outage_over(World& world, std::uint32_t fault);
  // Does nothing get from one node to the other now?
  bool cut(FaultNode from, FaultNode to) const { return !partitions_.empty() && is_cut(from, to); }
  bool cut_to_broker(std::uint32_t service, std::uint32_t channel) const {
    return !partitions_.empty() && is_cut({NodeKind::service, service}, {NodeKind::broker, system_.channels[channel].broker});
  }
  bool cut_from_broker(std::uint32_t channel, std::uint32_t service) const {
    return !partitions_.empty() && is_cut({NodeKind::broker, system_.channels[channel].broker}, {NodeKind::service, service});
  }
  // Is a request lost on its way to a service, an answer on its way back?
  bool request_lost(World& world, std::uint32_t service, Word request) {
    return any_link_fault_ && loses_request(world, service, request);
  }
  bool reply_lost(World& world, std::uint32_t service, Word request) {
    return any_link_fault_ && loses_reply(world, service, request);
  }

  // ---- databases and clocks ----------------------------------------------------------------------
  bool read_only(std::uint32_t service) const { return any_read_only_ && is_read_only(service); }
  bool keeps_history(const World& world, std::uint32_t service) const {
    return !history_depth_.empty() && wants_history(world, service);
  }
  // What a commit overwrote, in order; then that it is complete.
  struct Change {
    std::uint32_t table = 0;
    Cell row = 0;
    Word key = absent_word;
    std::vector<Word> before;  // empty: the row was not there
  };
  void committed(World& world, std::uint32_t service, std::vector<Change> changes);
  std::uint32_t commits_kept(const World& world, std::uint32_t service) const;
  // What all tables of the service looked like `back` commits ago, as old contents over what is there.
  Transaction as_of(World& world, std::uint32_t service, std::uint32_t back) const;
  // Timed: what the clock of an instance shows too much.
  Duration skew(const World& world, std::uint32_t instance) const {
    return any_clock_ ? clock_error(world, instance) : Duration{};
  }

 private:
  static constexpr std::uint64_t state_up = 0, state_down = 1, state_paused = 2;
  static constexpr std::uint32_t most_versions = 64, most_lagging = 1024;

  // Selection (faults.cpp).
  template <typename F>
  static bool any_place(const Fault& fault, F&& f) {
    if (f(fault.on)) return true;
    for (const FaultSelector& on : fault.also) {
      if (f(on)) return true;
    }
    return false;
  }
  bool key_matches(const World& world, const FaultSelector& on, Word message) const;
  bool condition_met(const World& world, std::uint32_t fault, Word message) const;
  bool selects(const World& world, std::uint32_t fault, std::uint32_t channel, std::uint32_t consumer, Word message) const;
  bool selects_publish(const World& world, std::uint32_t fault, std::uint32_t service, std::uint32_t channel, Word message) const;
  bool selects_frame(const World& world, std::uint32_t fault, std::uint32_t frame) const;
  bool selects_service(std::uint32_t fault, std::uint32_t service, std::uint32_t instance_number) const;
  bool at_position(const World& world, const FaultSelector& on, std::uint32_t frame) const;
  bool due(World& world, std::uint32_t fault, Word whose, std::uint32_t place);
  bool struck_by_clock(const Fault& fault) const;
  void offer_by_clock(World& world, std::uint32_t fault);
  void took_effect(World& world, std::uint32_t fault);
  void noted(World& world, std::uint32_t fault);  // as took_effect, without spending
  void noted_about(World& world, Word message);   // the record just made is about a message
  Duration length(const World& world, std::uint32_t fault, Word whose) const;
  Duration lasting(const World& world, std::uint32_t fault) const;
  void note_happened(World& world, Word message, std::uint32_t service);
  bool open(std::uint32_t fault) const { return cells_.get(windows_[fault]) != 0; }

  CopyFate fate_of_copy(World& world, std::uint32_t subscription, Word message);
  void fate_in_time(World& world, std::uint32_t fault, Word message, CopyFate& fate);
  bool drops(World& world, std::uint32_t fault, std::uint32_t subscription, Word message);
  Room room_in(World& world, std::uint32_t channel, Word message);
  Room room_of(const World& world, std::uint32_t channel, Word message) const;
  bool waits(const World& world, std::uint32_t channel, Word message) const;
  bool full(const World& world, std::uint32_t fault, std::uint32_t subscription, Word message) const;
  void leave_queue(World& world, std::uint32_t subscription);

  PublishFate fate_of_publish(World& world, std::uint32_t frame, std::uint32_t channel, Word& message, bool heard);
  Word rekeyed(World& world, std::uint32_t fault, Word message) const;
  void strike_publish(World& world, const Action& action, RecordId record);

  bool strikes_before_step(World& world, std::uint32_t frame, Action& out);
  bool step_can_be_struck(const World& world, std::uint32_t fault, std::uint32_t frame) const;
  bool can_redeliver(const World& world, std::uint32_t frame) const;
  void set_deadlines(World& world, std::uint32_t frame);
  void redeliver(World& world, std::uint32_t frame);
  void strike_run(World& world, const Action& action, RecordId record);
  Duration slow_down(std::uint32_t instance, Duration takes) const;
  void note_restart(World& world, std::uint32_t instance);
  bool idle_matters(std::uint32_t fault, std::uint32_t service) const;
  bool remembers(const World& world, std::uint32_t service) const;
  void find_ends();
  void find_positions();

  bool is_cut(FaultNode from, FaultNode to) const;
  bool selects_call(const World& world, std::uint32_t fault, std::uint32_t service, Word request) const;
  bool loses_request(World& world, std::uint32_t service, Word request);
  bool loses_reply(World& world, std::uint32_t service, Word request);

  bool is_read_only(std::uint32_t service) const;
  bool wants_history(const World& world, std::uint32_t service) const;
  void strike_tail(World& world, std::uint32_t service, std::uint32_t commits, RecordId record);
  void forget_history(World& world);
  Duration clock_error(const World& world, std::uint32_t instance) const;

  void strike_window(World& world, const Action& action);
  void strike_broker(World& world, const Action& action);

  void copies(const World& world, std::uint32_t fault, ActionKind kind, std::vector<Action>& out) const;
  void publishes(const World& world, std::uint32_t fault, ActionKind kind, std::vector<Action>& out) const;
  bool out_of_reach(const World& world, std::uint32_t service, std::uint32_t channel, Word message) const;
  void steps(const World& world, std::uint32_t fault, ActionKind kind, std::vector<Action>& out) const;
  void crashes(const World& world, std::uint32_t fault, std::vector<Action>& out) const;
  void timers(const World& world, std::uint32_t fault, std::vector<Action>& out) const;
  void calls(const World& world, std::uint32_t fault, std::vector<Action>& out) const;
  void windows(const World& world, std::uint32_t fault, std::vector<Action>& out) const;
  void reads(const World& world, std::uint32_t fault, std::vector<Action>& out) const;
  void tails(const World& world, std::uint32_t fault, std::vector<Action>& out) const;

  mutable std::vector<Action> struck_copies_;  // scratch of copies()
  const System& system_;
  Cells& cells_;
  std::vector<Cell> budgets_;
  std::vector<Cell> instance_state_;
  std::vector<Cell> outages_;  // by broker: 0 or 1 + fault
  std::vector<Cell> windows_;  // by fault: 1 while what lasts lasts
  std::vector<Cell> counts_;   // by fault: copies dropped (unroutable)
  std::vector<Cell> depths_;   // by subscription: copies that have not met their end; only with queue limits
  mutable std::vector<std::uint64_t> strikes_;  // a publish that waits is seen where actions are listed
  std::vector<Purpose> fault_draws_;
  std::vector<std::uint32_t> places_;  // by subscription: its name as a number, for draws
  WordIndex occurrences_;              // timed: (fault, content, place) -> how often it was asked
  std::vector<std::uint64_t> seen_;    // timed: selected occurrences so far
  std::vector<Time> next_free_;        // timed, by fault: when a throttled link takes the next copy
  std::vector<std::pair<Action, std::uint32_t>> blocked_;  // timed: publishes that wait for room
  std::vector<std::uint32_t> partitions_;                  // faults of that kind
  std::vector<std::uint8_t> ends_;                         // by handler; empty: no end is a step
  struct Positions {
    std::vector<std::uint32_t> first;                                   // instructions that come first
    std::vector<std::pair<std::uint32_t, std::uint32_t>> after_commit;  // (instruction, which commit)
  };
  std::vector<Positions> positions_;          // by handler; empty unless a fault strikes at one
  std::vector<std::uint32_t> history_depth_;  // by service: commits to keep; empty: none at all
  struct Commit {
    Time at;
    std::vector<Change> changes;
  };
  std::vector<std::deque<Commit>> history_;   // timed, by service
  std::vector<Cell> history_cells_;           // exploration, by service: the same as one word
  std::vector<Commit> unpack_history(const World& world, std::uint32_t service) const;
  Word pack_history(World& world, const std::vector<Commit>& commits) const;
  bool world_is_timed_ = false;
  bool any_after_ = false;
  bool any_copy_fault_ = false;
  bool any_room_fault_ = false;
  bool any_publish_fault_ = false;
  bool any_publish_delay_ = false;
  bool any_step_fault_ = false;
  bool any_poison_ = false;
  bool any_deadline_ = false;
  bool any_slow_ = false;
  bool any_timer_fault_ = false;
  bool any_link_fault_ = false;
  bool any_read_only_ = false;
  bool any_clock_ = false;
};

}  // namespace flowtank
