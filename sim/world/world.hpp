// SPDX-License-Identifier: Apache-2.0
// The World: everything simulated, as one transition system. It offers actions and applies one; what an
// action does is implemented once, for every driver. A timed run takes the earliest from the agenda;
// an exploration asks for all that are enabled, applies, looks at the fingerprint and undoes.
//
// Concept: databases (Store), handler runs (Runs), requests in flight (Wire), brokers behind their port,
// clients and faults, all over one array of Cells. World ties them together and owns them.
//
// Determinism: a World is a function of its System, its mode, the seed and the actions applied.
// Ownership: the System and the brokers' registry outlive the World. Not thread-safe; one World a thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sim/base/keyed_random.hpp>
#include <sim/base/pool.hpp>
#include <sim/base/value.hpp>
#include <sim/trace/trace.hpp>

#include "sim/world/action.hpp"
#include "sim/world/agenda.hpp"
#include "sim/world/broker.hpp"
#include "sim/world/cells.hpp"
#include "sim/world/expression_plan.hpp"
#include "sim/world/faults.hpp"
#include "sim/world/observer.hpp"
#include "sim/world/runs.hpp"
#include "sim/world/store.hpp"
#include "sim/world/system.hpp"
#include "sim/world/wire.hpp"

namespace flowtank {

enum class Mode : std::uint8_t {
  timed,    // virtual time, agenda, draws; no undo log, no fingerprint of states
  explore,  // no time; undo and fingerprints
  forward,  // no time either, and only forward: what sampling needs, without the cost of going back
};

class World : private Cells::Watcher {
 public:
  // The brokers' options were checked when they were created; `brokers` is one object a BrokerSpec.
  World(const System& system, std::vector<std::unique_ptr<Broker>> brokers, Mode mode);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Back to the initial state, for a new run with this seed; nothing is rebuilt. What runs have interned and
  // allocated stays known, so that the next one finds it, until it has grown beyond a limit; then all is
  // dropped that was not there before the first action (since the last observer was added). Words and cells
  // met during a timed run are therefore good until the next reset.
  void reset(std::uint64_t seed);

  // ---- exploration -------------------------------------------------------------------------------
  // All enabled actions: kinds in the order of ActionKind, then by the indices of the System. With
  // `faults` false only what happens without the environment's ill will.
  void enabled(std::vector<Action>& out, bool faults = true) const;
  // No enabled action but faults changes the state.
  bool quiescent() const;
  struct Mark { Cells::Mark cells; };
  Mark mark() const { return {cells_.mark()}; }
  void undo(const Mark& mark) {
    runs_.state_changed();
    cells_.undo(mark.cells);
  }
  // What the actions since a mark changed, and the same again in the state of that mark without those actions: they did not take
  // place once more for observers, coverage or counts.
  void changes_since(const Mark& mark, std::vector<Cells::Change>& out) const { cells_.changes_since(mark.cells, out); }
  void redo(std::span<const Cells::Change> changes, uint128 fingerprint) {
    runs_.state_changed();
    cells_.redo(changes, fingerprint);
  }
  uint128 fingerprint() const { return cells_.fingerprint(); }
  void encode(std::string& out) const { cells_.encode(out); }
  uint128 recompute_fingerprint() const { return cells_.recomputed_fingerprint(); }

  // ---- both --------------------------------------------------------------------------------------
  // Applies an enabled action. Timed: false when it was not possible any more (stale), nothing changed.
  bool apply(const Action& action);
  // Is this action enabled now? (Strict replay.)
  bool is_enabled(const Action& action) const;

  // ---- timed -------------------------------------------------------------------------------------
  // Applies the earliest offered action; false when there is none before the horizon.
  bool advance(Time horizon);
  // Is nothing left that would change anything, whatever is still offered? O(size of the agenda).
  bool at_rest() const;
  Time now() const { return now_; }
  Agenda& agenda() { return agenda_; }
  // Events and commands whose handler run ended well and that were settled or answered; not polls.
  std::uint64_t handled_messages() const { return handled_; }
  std::uint64_t actions() const { return actions_; }

  // ---- parts -------------------------------------------------------------------------------------
  const System& system() const { return system_; }
  Mode mode() const { return mode_; }
  bool timed() const { return mode_ == Mode::timed; }
  Pool& pool() { return pool_; }
  const Pool& pool() const { return pool_; }
  Cells& cells() { return cells_; }
  const Cells& cells() const { return cells_; }
  Store& store() { return store_; }
  const Store& store() const { return store_; }
  Runs& runs() { return runs_; }
  const Runs& runs() const { return runs_; }
  Wire& wire() { return wire_; }
  const Wire& wire() const { return wire_; }
  Faults& faults() { return faults_; }
  const Faults& faults() const { return faults_; }
  Broker& broker(std::uint32_t index) { return *brokers_[index]; }
  const Broker& broker(std::uint32_t index) const { return *brokers_[index]; }
  Broker& broker_of(std::uint32_t subscription) {
    return *brokers_[system_.channels[system_.subscriptions[subscription].channel].broker];
  }
  const Broker& broker_of(std::uint32_t subscription) const {
    return *brokers_[system_.channels[system_.subscriptions[subscription].channel].broker];
  }

  // ---- for parts and brokers ---------------------------------------------------------------------
  // Timed: offers an action from now + delay on. Exploration: nothing to do.
  void offer(Duration delay, const Action& action, std::uint32_t epoch = 0) {
    if (mode_ == Mode::timed) agenda_.offer(now_, now_ + delay, action, epoch);
  }
  // Timed: a draw for a purpose, owned by a content (a message, a key).
  std::uint64_t draw(Purpose purpose, Word whose, std::uint32_t n = 0) const {
    const Hash128 content = pool_.content(whose);
    return flowtank::draw(seed_, purpose, Whose{content.hi, content.lo}, n);
  }
  Duration sample(std::uint32_t distribution, Purpose purpose, Word whose, std::uint32_t n = 0) const;
  Seed seed() const { return seed_; }

  // Evaluates an expression of the System over slots; rows it names are read from the store (with the
  // pending writes of `transaction`, if any). The result may point into arena() and into the store.
  Value evaluate(ExprId expression, std::span<const Value> slots, const Transaction* transaction = nullptr) const;
  // The result as a word: rows become records; an error or an external result gives nothing and sets
  // `error_text`.
  std::optional<Word> evaluate_word(ExprId expression, std::span<const Value> slots, const Transaction* transaction,
                                    std::string& error_text);
  Arena& arena() const { return arena_; }
  // compare() of two contents; what was compared lately is remembered.
  int order_of_contents(Word a, Word b) const;
  // Room for one scan at a time.
  std::pair<std::vector<Cell>, std::vector<Value>>& scan_scratch() const { return scan_scratch_; }
  ExpressionPlan& plan(ExprId expression) const { return plans_[expression]; }

  // A publish takes effect at the broker: it stores copies, observers and observations learn of it.
  // `sent`: what the publisher sent, where something else arrives; it is what observations count.
  PublishResult publish_takes_effect(std::uint32_t channel, Word message, RecordId cause, const Publisher& by,
                                     Word sent = absent_word);
  PublishResult accept_publish(std::uint32_t channel, Word message, RecordId cause, const Publisher& by, Word sent);
  Word stamped(Word message, std::uint32_t field, std::uint64_t copy);
  PublishManners manners(std::uint32_t channel) const { return brokers_[system_.channels[channel].broker]->manners(channel); }
  // The message type of a message record; the handler of a service for it (none: nobody takes it).
  std::uint32_t message_type(Word message) const;
  std::uint32_t handler_for(std::uint32_t service, std::uint32_t subscription, std::uint32_t message) const;
  // A frame of the instance (none: of any) became free, or what was offered for it was stale: what waits for one
  // is offered again, that of the instance and that of the service in the order of waiting (timed).
  void frame_freed(std::uint32_t service, std::uint32_t instance = none);
  // What was undeliverable may be deliverable now (a partition moved): the copies of the instance are offered again.
  void consumer_ready(std::uint32_t instance) { frame_freed(runs_.service_of_instance(instance), instance); }
  // The run of a frame is over: as above, or its poller looks again at its next tick.
  void run_over(std::uint32_t frame) {
    if (mode_ != Mode::timed) return;
    if (runs_.poller_of(frame) == none) return frame_freed(runs_.service_of_frame(frame), runs_.instance_of_frame(frame));
    if (poller_sleeps_[frame] != 0) wake_poller(frame);
  }
  // Timed: an instance can work again; a broker answers again. What waits for them is offered again.
  void instance_up(std::uint32_t instance);
  void broker_back(std::uint32_t broker);
  // A crash and a restart as the brokers see them.
  void tell_brokers_down(std::uint32_t instance) {
    for (auto& broker : brokers_) broker->instance_down(*this, instance);
  }
  void tell_brokers_up(std::uint32_t instance) {
    for (auto& broker : brokers_) broker->instance_up(*this, instance);
  }
  void message_fate(std::uint32_t subscription, Word message, Fate fate);
  // A row is again what it was before a commit that is lost (empty: not there), because of the record `cause`.
  void put_row_back(std::uint32_t table, Cell row, Word key, std::span<const Word> before, RecordId cause);

  // ---- observations ------------------------------------------------------------------------------
  // Observers are told in the order of adding. They must outlive the World's use.
  void add_observer(Observer* observer) {
    observers_.push_back(observer);
    interests_ |= observer->interests();
    kept_.reset();  // what it has interned so far is kept
  }
  const std::vector<Observer*>& observers() const { return observers_; }
  bool cares(Interest interest) const { return (interests_ & static_cast<std::uint32_t>(interest)) != 0; }
  // Tells every observer, when somebody cares: tell(Interest::events, [&](Observer& o) { ... }).
  template <typename Tell>
  void tell(Interest interest, Tell&& to) {
    if (!cares(interest)) [[likely]] return;
    for (Observer* observer : observers_) to(*observer);
  }
  // The run whose step is being taken: who changes a row or causes an effect. For observers.
  Actor actor() const { return runs_.acting() == none ? Actor{} : runs_.actor(runs_.acting()); }
  // Observation tables (effects, accepted, dead) are kept only when somebody reads them.
  void watch(std::uint32_t table) { watched_[table] = true; }
  bool watched(std::uint32_t table) const { return watched_[table]; }
  // Adds to {key, count, amount} of an observation table. Counts saturate here, amounts with them: no property compares a
  // count with more than 2. Whoever compares whole rows must take a row at the bound for "so many or more".
  static constexpr std::int64_t most_observed = 3;
  void observe(std::uint32_t table, Word key, std::int64_t amount);
  // A per-key monitor of an observer: one cell that holds a number, part of the state.
  std::uint64_t monitor(std::uint32_t observer, Word key) const;
  void set_monitor(std::uint32_t observer, Word key, std::uint64_t value);
  // Tells observers of a committed change.
  void row_changed(std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after);
  // Set by every committed change and observation of a table since the last clear; exploration sets all.
  bool changed(std::uint32_t table) const { return changed_[table]; }
  void clear_changed() { changed_.assign(changed_.size(), false); }
  void count_handled() { ++handled_; }

  // ---- trace -------------------------------------------------------------------------------------
  // Records go to `trace` from now on; nullptr stops. Records are observations, never part of the state.
  // `sentences`: also what the models' authors say of each step (Record::says); costs an evaluation a step.
  // What is recorded says the trace's scope.
  void record_into(Trace* trace, bool sentences = true);
  bool narrating() const { return sentences_; }
  // Are causes recorded? Not at the level `outcome`; what that level holds asks notes().
  bool tracing() const { return tracing_; }
  bool notes(RecordKind kind) const { return (noted_kinds_ & bit_of(kind)) != 0; }
  // Appends a record with time and id filled in. A kind that is not recorded gives a record that nobody will see; its id
  // is no_record.
  Record& note(RecordKind kind) {
    Record& r = notes(kind) ? trace_->append() : unseen_record();
    r.time = now_;
    r.kind = kind;
    return r;
  }
  Record& unseen_record() {
    unseen_ = Record{};
    return unseen_;
  }
  // Level full: what a component holds from now on, as a word or a small number; absent when it is not there. Brokers tell
  // of their own components (StateKind::broker) and of the copies they store and settle.
  bool tracing_states() const { return tracing_states_; }
  void holds(StateKind kind, std::uint32_t owner, Word key, std::uint8_t field, Word now) {
    if (tracing_states_) [[unlikely]] trace_->change({kind, field, owner, key}, now);
  }
  void holds_number(StateKind kind, std::uint32_t owner, Word key, std::uint8_t field, std::uint64_t number) {
    if (tracing_states_) [[unlikely]] trace_->change({kind, field, owner, key}, number == 0 ? absent_word : Pool::of_int_small(static_cast<std::int64_t>(number)));
  }
  // `more` copies of a message (negative: fewer) are stored for a subscription and not settled.
  void copies_change(std::uint32_t subscription, Word message, int more);
  RecordId last_record() const { return trace_->empty() ? no_record : static_cast<RecordId>(trace_->size() - 1); }
  Record& last_noted() { return trace_->back(); }
  // The record that last concerned a content (a message, a row's key); no_record if none.
  RecordId last_record_of(std::uint64_t what) const;
  void set_last_record_of(std::uint64_t what, RecordId id) { causes_.put(what, id + 1); }
  // Identities for last_record_of: of a row, of a timer set for a key, of an effect on a key, and of a copy that a fault is to
  // blame for (one that struck the copy itself, or one that struck its broker).
  enum class Trail : std::uint32_t { timer = 0x10000, effect = 0x20000, struck_copy = 0x30000, struck_broker = 0x30001 };
  std::uint64_t row_identity(std::uint32_t table, Word key) const;
  std::uint64_t trail(Trail kind, Word key, std::uint32_t index = 0) const { return row_identity(static_cast<std::uint32_t>(kind) + index, key); }
  // The order-sensitive fingerprint of everything applied so far: identifies a run.
  std::uint64_t run_fingerprint() const { return run_hash_; }

  // One line about an action: names, message ids, keys; what a decision log holds.
  std::string describe(const Action& action) const;
  // Does a person count this action (place, charge, crash), or is it machinery (begin, answer)? Empty when
  // it is machinery, else the business label.
  std::string business_label(const Action& action) const;

  std::size_t memory_bytes() const;

 private:
  void start_clients();
  void slow_timers(std::vector<Action>& out) const;
  void fold_into_run(const Action& action);
  // Level full, in traced_states.cpp.
  void bag_changed(std::uint64_t kind, std::uint64_t owner, Word item, std::uint64_t count) override;
  void trace_states();
  void trace_frame(std::uint32_t frame);
  void trace_row(std::uint32_t table, Word key, std::span<const Word> after);
  bool apply_now(const Action& action);
  void forget_contents();
  // A partition keeps the broker of a subscription from its service.
  bool cut_off(std::uint32_t subscription) const {
    const Subscription& s = system_.subscriptions[subscription];
    return faults_.cut_from_broker(s.channel, s.service);
  }
  bool deliver(const Action& action);
  bool deliver_command(const Action& action);
  bool fire_timer(const Action& action);
  bool poll(const Action& action);
  bool poll_due(std::uint32_t frame) const;
  struct Parked {  // timed: deliveries that wait for a free frame of a service, or of one instance
    struct Waiting {
      Action action;
      std::uint64_t since;
    };
    std::vector<Waiting> actions;
    std::size_t head = 0;
    bool empty() const { return head == actions.size(); }
    std::uint64_t since() const { return actions[head].since; }
    Action pop();
  };
  void park(Parked& place, const Action& action) { place.actions.push_back({action, parked_so_far_++}); }
  void wake_pollers(std::uint32_t service);
  void wake_poller(std::uint32_t frame);
  void find_pollers();

  const System& system_;
  Mode mode_;
  Pool pool_;
  Cells cells_;
  mutable Arena arena_;
  Store store_;
  Runs runs_;
  Wire wire_;
  Faults faults_;
  std::vector<std::unique_ptr<Broker>> brokers_;
  bool is_stale(const Agenda::Entry& entry) const;

  Agenda agenda_;
  Time now_;
  Seed seed_;
  std::uint64_t handled_ = 0;
  std::uint64_t actions_ = 0;
  std::uint64_t run_hash_ = 0;
  std::vector<Observer*> observers_;
  std::uint32_t interests_ = 0;
  std::vector<char> watched_;
  std::vector<char> changed_;
  std::vector<WordIndex> monitors_;  // by observer: key -> cell
  WordIndex idempotency_;            // keys that receivers of effects know
  Trace* trace_ = nullptr;
  bool tracing_ = false;
  bool tracing_states_ = false;
  KindSet noted_kinds_ = 0;
  Record unseen_;
  struct TracedFrame {
    std::uint64_t position = 0, waiting = 0;
    Word input = absent_word;
    std::uint32_t attempts = 0;
    friend bool operator==(const TracedFrame&, const TracedFrame&) = default;
  };
  std::vector<TracedFrame> traced_frames_;       // as the trace has them
  std::vector<std::uint64_t> traced_numbers_;    // instances, budgets, outages, clients, backlogs
  bool sentences_ = false;
  ContentIndex causes_;
  std::vector<std::uint32_t> message_handlers_;  // by subscription and message type
  std::vector<std::uint32_t> command_handlers_;  // by service and message type
  std::vector<std::uint32_t> types_;   // record type -> message type
  std::vector<Parked> parked_;              // by service
  std::vector<Parked> parked_at_instance_;  // by instance: copies that it alone may be handed
  std::vector<std::uint64_t> bound_waits_;  // by service: how many wait in parked_at_instance_
  std::uint64_t parked_so_far_ = 0;
  std::vector<std::vector<std::uint32_t>> pollers_of_table_;  // frames whose guard a change may make true
  mutable std::string guard_error_;    // why the guard looked at last has no value
  std::vector<char> poller_sleeps_;    // timed, by frame: no poll is offered until a table changes
  struct Compared {
    Word a = absent_word, b = absent_word;
    int order = 0;
  };
  mutable std::vector<Compared> compared_;  // by a hash of both; good until contents are dropped
  mutable std::pair<std::vector<Cell>, std::vector<Value>> scan_scratch_;
  mutable std::vector<ExpressionPlan> plans_;  // by ExprId
  std::size_t built_cells_ = 0;
  std::optional<Pool::Mark> kept_;     // contents that outlive resets
  // Timed: contents and cells beyond what is kept that a reset leaves known.
  static constexpr std::size_t most_contents_ = std::size_t{1} << 17, most_cells_ = std::size_t{1} << 19;
};

}  // namespace flowtank
