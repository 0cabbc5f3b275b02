// SPDX-License-Identifier: Apache-2.0
// One property at work. A Rule is the only implementation of its kinds: the timed run and the exploration
// ask the same questions of it and differ in when they ask. It keeps nothing about the run except in
// monitors (cells of the World, part of the state, undone with it) and in observations that no question
// depends on: what was ever triggered, which keys were ever seen, since when something is owed.
//
// A Rule answers now() for what must hold in every state, at_quiescence() for what must hold when nothing
// more will happen, and owes() for what is still to come.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <sim/base/word_index.hpp>
#include <sim/world/world.hpp>

#include "sim/property/evaluation.hpp"
#include "sim/property/evidence.hpp"
#include "sim/property/spec.hpp"
#include "sim/property/verdict.hpp"

namespace flowtank {

class Rule {
 public:
  Rule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : system_(system), spec_(spec), index_(index), evaluation_(system) {}
  virtual ~Rule() = default;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;

  const PropertySpec& spec() const { return spec_; }
  std::uint32_t index() const { return index_; }

  // Asks the World to keep the observations that it reads.
  void watch_all(World& world) const;
  // A run or a replay begins: everything is to be looked at. `forget`: no word of an earlier run is valid.
  void start(World& world, bool forget);

  // ---- what happens (called by the checker; cheap, nothing is evaluated) ------------------------------
  // A row was committed, or an observation added (then before and after are empty).
  void changed(World& world, std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after) {
    if (table == quantified_) dirty_.add(key);
    evaluation_.dependencies().changed(table, key, dirty_);
    if (sees_rows_) row_changed(world, table, key, before, after);
  }
  virtual void effect(World&, std::uint32_t, Word, std::int64_t /*amount*/) {}
  virtual void accepted(World&, std::uint32_t, Word) {}
  virtual void message_fate(World&, std::uint32_t, Word, Fate) {}
  // The others only for rules that ask for them: a union of Interest, fixed from the beginning.
  virtual std::uint32_t interests() const { return 0; }
  virtual void made(World&, const Actor&, Word) {}
  virtual void sent(World&, const Actor&, std::uint32_t, Word) {}
  virtual void told(World&, const Actor&, std::uint32_t, Word, Told) {}
  virtual void run_started(World&, const Actor&) {}
  virtual void run_ended(World&, const Actor&, RunOutcome) {}
  virtual void transaction_ended(World&, const Actor&, bool) {}
  virtual void effect_asked(World&, const Actor&, std::uint32_t, Word, Word, std::int64_t, bool) {}
  virtual void disturbed(World&) {}
  virtual void session_asks(World&, const SessionEvent&) {}
  virtual void session_told(World&, const SessionEvent&) {}
  virtual void session_over(World&, std::uint32_t /*client*/, std::uint32_t /*session*/) {}

  // ---- questions ----------------------------------------------------------------------------------------
  // Brings the monitors up to date and looks at what the last action may have changed.
  void update(World& world, Findings& findings) {
    if (!dirty_.any()) return;
    examine(world, &dirty_, findings);
    dirty_.clear();
  }
  // Is it violated in this state, whatever led here?
  void now(World& world, Findings& findings) { examine(world, nullptr, findings); }
  // Is it violated if this state is the last one?
  virtual void at_quiescence(World&, Findings&) {}
  // Is it violated if a fair loop comes back to this state for ever, and what is owed here is owed all along?
  virtual void in_loop(World&, Findings&) {}
  // Is something still to come? Names the keys that wait if `keys` is given. Only promises owe.
  virtual bool owes(World&, std::vector<Word>* /*keys*/) { return false; }
  // Timed: promises whose deadline has passed at `end`.
  virtual void at_deadline(World&, Time /*end*/, Findings&) {}
  // A violation stays visible in every later state, so that evidence can wait for the end of a run.
  virtual bool latches() const { return false; }
  // Says something only about quiescent states.
  virtual bool needs_quiescence() const { return false; }
  virtual bool is_promise() const { return false; }
  // What it finds is not a violation but that it is reached.
  virtual bool is_goal() const { return false; }
  // Why an exploration (a run) can say nothing about it, in words; empty: it can. Neither may find it wrong then.
  virtual std::string why_not_explored() const { return {}; }
  virtual std::string why_not_run() const { return {}; }
  // What was measured, for the note of a PASS of a timed run: "largest gap 3.2 s". Empty: nothing.
  virtual std::string measured(World&) { return {}; }
  // Takes over what another rule of the same property has seen and this one must compare with.
  virtual void adopt(World&, const Rule&) {}
  // What did not happen when it is vacuous: "charge never happened".
  virtual std::string why_vacuous() const = 0;

  bool triggered() const { return triggered_; }
  void set_triggered() { triggered_ = true; }
  // The text of the first expression that had no value; empty when all had one.
  const std::string& error() const { return error_; }
  void set_error(const std::string& text) {
    if (error_.empty()) error_ = text;
  }
  // Neither is undone: both are over all states seen. start() keeps them; a timed run clears them.
  void forget_observations() {
    triggered_ = false;
    error_.clear();
  }

 protected:
  // Observation tables besides those its expressions name.
  virtual void watch(World&) const {}
  // Evaluates what must hold in every state, and brings monitors up to date, for the dirty subjects or
  // (nullptr) for all. Must be idempotent.
  virtual void examine(World&, const Dirty*, Findings&) {}
  virtual void row_changed(World&, std::uint32_t, Word, std::span<const Word>, std::span<const Word>) {}
  // `forget`: as in start(). Otherwise what only lists keys may stay: monitors say what is true of them.
  virtual void started(World&, bool /*forget*/) {}

  // Calls visit(key, item) for the rows of a table that are there: the dirty ones, or all of them sorted
  // by key (nullptr, or all are dirty).
  template <typename Visit>
  void each_row(World& world, std::uint32_t table, const Dirty* dirty, const Visit& visit) {
    Store& store = world.store();
    if (dirty != nullptr && !dirty->all) {
      for (const Word key : dirty->subjects) {
        const Cell row = store.find(table, key);
        if (row != no_cell && store.present(row)) visit(key, row_handle(table, row));
      }
    } else {
      scan_.clear();
      store.scan(table, scan_);
      for (const Cell row : scan_) visit(store.column(row, 0), row_handle(table, row));
    }
  }

  enum class Truth : std::uint8_t { no, yes, unknown };
  // The truth of a condition; unknown (and an error noted) when it has no value or is no bool.
  Truth truth(World& world, ExprId expression, const Value& item, const Value& key, Word subject);
  // `none` holds.
  Truth truth_or(World& world, ExprId expression, const Value& item, const Value& key, Word subject) {
    return expression == none ? Truth::yes : truth(world, expression, item, key, subject);
  }
  Value key_value(World& world, Word key) const;
  void note_error(const World& world, const Value& error, Word subject);

  // Monitors: one cell a key, and one for the property as a whole.
  std::uint64_t monitor(World& world, Word key) const;
  void set_monitor(World& world, Word key, std::uint64_t value);
  std::uint64_t total(World& world) const;
  void set_total(World& world, std::uint64_t value);

  // (number, content) as one key of a monitor; the identity of an event, which is the same for all its copies and
  // repetitions; its business key, never absent.
  static Word numbered(World& world, std::uint64_t number, Word content);
  static Word id_of(const World& world, Word message) { return world.pool().find(world.pool().value(message).items()[field_id]); }
  static Word key_of(const World& world, Word message);
  // "OrderPlaced(o-7)", "payment": how sentences name messages and who consumes.
  std::string message_name(const World& world, Word message) const;
  std::string consumer_name(std::uint32_t subscription) const;
  // Do the property's `event`, `channel`, `consumer` select it, and does the consumer take it?
  bool selects(const World& world, std::uint32_t subscription, Word message) const;

  // Record of what last concerned a row, for evidence.
  RecordId record_of_row(World& world, std::uint32_t table, Word key) const;
  const std::string& table_name(std::uint32_t table) const { return system_.tables[table].display; }

  const System& system_;
  const PropertySpec& spec_;
  std::uint32_t index_;
  Evaluation evaluation_;
  Dirty dirty_;
  std::uint32_t quantified_ = none;  // table whose changed rows are dirty subjects
  bool sees_rows_ = false;           // wants row_changed()
  bool triggered_ = false;

 private:
  std::string error_;
  std::vector<Cell> scan_;
};

// Keys ever seen by a property, numbered from 1 in order of discovery; never asked for an order.
class SeenKeys {
 public:
  std::uint32_t number(Word key) {
    if (const std::uint32_t known = index_.find(key)) return known;
    keys_.push_back(key);
    index_.put(key, static_cast<std::uint32_t>(keys_.size()));
    return static_cast<std::uint32_t>(keys_.size());
  }
  Word key(std::uint32_t number) const { return keys_[number - 1]; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(keys_.size()); }
  // All of them, sorted by content.
  std::vector<Word> sorted(const Pool& pool) const;
  void clear() {
    index_.clear();
    keys_.clear();
  }

 private:
  WordIndex index_;
  std::vector<Word> keys_;
};

// always, at_quiescence, conserved, no_ghost_event
std::unique_ptr<Rule> make_predicate_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// eventually, leads_to, not_stuck
std::unique_ptr<Rule> make_promise_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// at_most_once_effect, at_least_once_effect, exactly_once_effect, no_missing_event
std::unique_ptr<Rule> make_occurrence_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// converges
std::unique_ptr<Rule> make_agreement_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// nothing_dropped
std::unique_ptr<Rule> make_fate_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// legal_transitions
std::unique_ptr<Rule> make_transition_rule(const System& system, const PropertySpec& spec, std::uint32_t index);

// at_most_amount
std::unique_ptr<Rule> make_amount_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// no_acknowledged_loss
std::unique_ptr<Rule> make_acknowledged_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// no_aborted_read
std::unique_ptr<Rule> make_aborted_read_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// replay_is_silent
std::unique_ptr<Rule> make_replay_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// dedup_window
std::unique_ptr<Rule> make_gap_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// idempotency_key
std::unique_ptr<Rule> make_idempotency_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// stock
std::unique_ptr<Rule> make_stock_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// references
std::unique_ptr<Rule> make_reference_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// unique
std::unique_ptr<Rule> make_unique_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// dlq_empty
std::unique_ptr<Rule> make_dead_letter_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// bounded_queue, backlog_drains
std::unique_ptr<Rule> make_queue_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// bounded_amplification
std::unique_ptr<Rule> make_amplification_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// no_head_of_line_blocking
std::unique_ptr<Rule> make_blocking_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// failure_isolation
std::unique_ptr<Rule> make_isolation_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// per_key_order
std::unique_ptr<Rule> make_key_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// causal_order
std::unique_ptr<Rule> make_causal_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// agreement_on_order
std::unique_ptr<Rule> make_same_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// confluent
std::unique_ptr<Rule> make_outcome_rule(const System& system, const PropertySpec& spec, std::uint32_t index);

// read_your_writes, monotonic_reads
std::unique_ptr<Rule> make_session_guarantee_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// monotonic_writes, writes_follow_reads
std::unique_ptr<Rule> make_session_order_rule(const System& system, const PropertySpec& spec, std::uint32_t index);
// bounded_staleness, pbs
std::unique_ptr<Rule> make_staleness_rule(const System& system, const PropertySpec& spec, std::uint32_t index);

// sometimes
std::unique_ptr<Rule> make_goal_rule(const System& system, const PropertySpec& spec, std::uint32_t index);

std::unique_ptr<Rule> make_rule(const System& system, const PropertySpec& spec, std::uint32_t index);

}  // namespace flowtank
