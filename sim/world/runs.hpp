// SPDX-License-Identifier: Apache-2.0
// Handler runs. A frame is a place where one handler run can be: each instance of a service has
// `concurrency` frames for messages, commands and timers, and one for each of its pollers. A run is
// (program, position, input, locals, transaction), all in cells.
//
// Remote work is three actions: the request leaves (step), it takes effect there (request_effect), its
// result is seen here (answer); the run waits in between. Crash, loss and timeout fall into the gaps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sim/trace/record.hpp>

#include "sim/world/action.hpp"
#include "sim/world/broker.hpp"
#include "sim/world/cells.hpp"
#include "sim/world/observer.hpp"
#include "sim/world/system.hpp"
#include "sim/world/transaction.hpp"

namespace flowtank {

class World;

// What becomes of the commit that a run comes to in its present step.
enum class CommitFate : std::uint8_t { visible, aborts, unseen };

// What a run was started by; kept packed in the frame's origin cell.
enum class OriginKind : std::uint8_t { nothing, command, message, timer, poll };

struct Origin {
  OriginKind kind = OriginKind::nothing;
  bool settled = false;
  bool fenced = false;             // the broker gave its copy to another consumer: its settlement is refused
  std::uint32_t attempts = 0;      // failed handlings before, saturated at 255
  std::uint32_t token = 0;         // of the Delivery
  std::uint32_t source = 0;        // subscription, timer
  std::uint64_t pack() const;
  static Origin unpack(std::uint64_t bits) {
    Origin origin;
    origin.kind = static_cast<OriginKind>(bits & 7);
    origin.settled = (bits >> 3 & 1) != 0;
    origin.attempts = static_cast<std::uint32_t>(bits >> 4 & 255);
    origin.token = static_cast<std::uint32_t>(bits >> 12 & 0xffffffU);
    origin.source = static_cast<std::uint32_t>(bits >> 36 & 0x7ffffffU);
    origin.fenced = bits >> 63 != 0;
    return origin;
  }
};

// Why a run does not take its next step by itself.
enum class Waiting : std::uint8_t {
  nothing,        // it can step
  request_left,   // its publish is on the way
  answer_ok,      // taken effect, the answer is on the way back
  answer_error,   // refused
  answer_unknown, // no answer will come; seen as a timeout
  call,           // its call is on the way or being handled
  call_ok,        // the reply is on the way back
  call_error,
  lock,           // for the transaction of another run
  backoff,        // before trying a publish again; timer class race
};

class Runs {
 public:
  Runs(const System& system, Pool& pool, Cells& cells, Store& store);

  // ---- places ------------------------------------------------------------------------------------
  std::uint32_t frame_count() const { return static_cast<std::uint32_t>(frames_.size()); }
  std::uint32_t instance_count() const { return static_cast<std::uint32_t>(instances_.size()); }
  std::uint32_t service_of_frame(std::uint32_t frame) const { return instances_[frames_[frame].instance].service; }
  std::uint32_t instance_of_frame(std::uint32_t frame) const { return frames_[frame].instance; }
  std::uint32_t service_of_instance(std::uint32_t instance) const { return instances_[instance].service; }
  std::uint32_t number_of_instance(std::uint32_t instance) const { return instances_[instance].number; }
  std::uint32_t first_instance(std::uint32_t service) const { return services_[service].first_instance; }
  std::uint32_t frames_begin(std::uint32_t instance) const { return instances_[instance].first_frame; }
  std::uint32_t frames_end(std::uint32_t instance) const { return instances_[instance].end_frame; }
  // The poller handler that owns the frame; none for ordinary frames.
  std::uint32_t poller_of(std::uint32_t frame) const { return frames_[frame].poller; }
  // A free frame of the service on an instance that is up and not paused; none if there is none. The
  // first one: instances without memory of their own are interchangeable.
  std::uint32_t free_frame(const World& world, std::uint32_t service) const;
  // A free frame of this instance; none if there is none or it is not up.
  std::uint32_t free_frame_of(const World& world, std::uint32_t instance) const;

  // ---- state of a frame --------------------------------------------------------------------------
  [[gnu::always_inline]] bool active(std::uint32_t frame) const { return cells_.peek(cell(frame, at_position)) != 0; }
  [[gnu::always_inline]] std::uint32_t handler_of(std::uint32_t frame) const {
    return static_cast<std::uint32_t>(cells_.get(cell(frame, at_position)) >> 32);
  }
  [[gnu::always_inline]] std::uint32_t pc_of(std::uint32_t frame) const {
    return static_cast<std::uint32_t>(cells_.get(cell(frame, at_position)) & 0xffffffffU) - 1;
  }
  Word input_of(std::uint32_t frame) const { return cells_.get(cell(frame, at_input)); }
  Origin origin_of(std::uint32_t frame) const { return Origin::unpack(cells_.get(cell(frame, at_origin))); }
  [[gnu::always_inline]] Waiting waiting_of(std::uint32_t frame) const {
    return static_cast<Waiting>(cells_.get(cell(frame, at_waiting)) & 15);
  }
  Word local_of(std::uint32_t frame, std::uint32_t local) const { return cells_.get(cell(frame, at_local0 + local)); }
  Word request_of(std::uint32_t frame) const { return cells_.get(cell(frame, at_asked)); }
  [[gnu::always_inline]] const Instruction& instruction(std::uint32_t frame) const {
    const std::uint64_t position = cells_.get(cell(frame, at_position));
    return system_.handlers[position >> 32].program.code[(position & 0xffffffffU) - 1];
  }
  const Step& step_of(std::uint32_t frame) const;
  std::uint32_t epoch(std::uint32_t frame) const { return frames_[frame].epoch; }
  // The run of a frame as observers see it; the frame whose step is being taken, none between steps.
  Actor actor(std::uint32_t frame) const;
  std::uint32_t acting() const { return fused_frame_; }
  // Calls f(frame) for every frame with a run, in order of the frames.
  template <typename F>
  void each_active(F&& f) const {
    for (std::uint32_t frame = 0; frame < frame_count(); ++frame) {
      if (active(frame)) f(frame);
    }
  }

  // ---- actions -----------------------------------------------------------------------------------
  // Starts the handler on a free frame and runs its silent beginning.
  void start(World& world, std::uint32_t frame, std::uint32_t handler, Word message, const Origin& from, RecordId cause);
  // Starts a handler that raises before its first step: its guard has no value.
  void start_raising(World& world, std::uint32_t frame, std::uint32_t handler, const Origin& from, RecordId cause, const std::string& reason);
  void step(World& world, std::uint32_t frame, std::uint32_t choice);
  // Marks the visible instructions that are executed from now on, by handler and instruction; nullptr: none. For coverage.
  using Executed = std::vector<std::vector<std::uint8_t>>;
  void mark_executed(Executed* executed) { executed_ = executed; }
  void request_effect(World& world, std::uint32_t frame);
  void answer(World& world, std::uint32_t frame);
  // A reply to a call arrived at its caller.
  void reply_arrived(World& world, std::uint32_t frame, Word request, bool ok, Word value);
  // The handler raises: the transaction rolls back, the message is refused or retried.
  void raise(World& world, std::uint32_t frame, std::string_view reason, bool poison);
  // A consumer lost what it was handed (its partition moved): runs of the instance that handle a copy of the
  // subscription, of which `lost(token)` says so, go on, but what they settle is refused.
  template <typename Lost>
  void fence(std::uint32_t instance, std::uint32_t subscription, Lost&& lost) {
    for (std::uint32_t frame = frames_begin(instance); frame < frames_end(instance); ++frame) {
      if (!active(frame)) continue;
      Origin from = origin_of(frame);
      if (from.kind != OriginKind::message || from.source != subscription || from.settled || !lost(from.token)) continue;
      from.fenced = true;
      cells_.set(cell(frame, at_origin), from.pack());
    }
  }
  // As fence(), for one run.
  void fence_run(std::uint32_t frame) {
    Origin from = origin_of(frame);
    from.fenced = true;
    cells_.set(cell(frame, at_origin), from.pack());
  }
  bool in_transaction(std::uint32_t frame) const { return cells_.get(cell(frame, at_transaction)) != 0; }
  // A step whose commit, if it comes to one, aborts or is not seen; a read step that sees the old contents.
  void step_to_commit(World& world, std::uint32_t frame, CommitFate fate, std::string_view why);
  void step_on_old(World& world, std::uint32_t frame, const Transaction& old);
  // The instance dies: runs are gone, transactions roll back, copies return to their brokers.
  void crash(World& world, std::uint32_t instance);
  void set_waiting(World&, std::uint32_t frame, Waiting why, std::uint64_t payload = 0) {
    cells_.set(cell(frame, at_waiting), static_cast<std::uint64_t>(why) | payload << 4);
  }

  // An action begins, or one was undone: what was remembered of the cells is not good any more.
  void state_changed() { ++state_; }

  // Timed: offers the next action of a run after the time its step takes.
  void offer_next(World& world, std::uint32_t frame);
  void reset();
  // The contents that runs remember are dropped.
  void forget() { made_events_.clear(); }

  // Offsets within a frame.
  enum Field : Cell {
    at_position, at_input, at_origin, at_waiting, at_transaction, at_writes, at_snapshot, at_made, at_tries, at_asked,
    at_result, at_replies_to, at_local0
  };
  Cell cell(std::uint32_t frame, Cell field) const { return frames_[frame].base + field; }

  // The publish of this frame arrives, as `message` (which may have another key than the one that left).
  void publish_arrives(World& world, std::uint32_t frame, Word message);
  void publish_answered(World& world, std::uint32_t frame, bool refused);
  // No answer will come to the publish of this frame, whether or not it took effect.
  void not_answered(World& world, std::uint32_t frame, bool took_effect);
  // Who publishes there: the client library of its instance.
  Publisher publisher(std::uint32_t frame) const;
  // The channel of the publish that the frame is at.
  std::uint32_t publish_channel(std::uint32_t frame) const;
  Word replies_to(std::uint32_t frame) const { return cells_.get(cell(frame, at_replies_to)); }
  void set_replies_to(std::uint32_t frame, Word request) { cells_.set(cell(frame, at_replies_to), request); }

  // The trace record of the run's last doing.
  RecordId cause(std::uint32_t frame) const { return frames_[frame].cause; }
  void set_cause(std::uint32_t frame, RecordId id) { frames_[frame].cause = id; }

 private:
  friend class Statements;  // statements.cpp: what runs inside a transaction
  struct Frame {
    Cell base = 0;
    std::uint32_t instance = 0;
    std::uint32_t poller = none;
    std::uint32_t epoch = 0;
    RecordId cause = no_record;
    Duration late;            // timed: how long the request that leaves is on the way
    Time asked_at;            // timed: when the publish that it waits for was first sent
    Word says = absent_word;  // tracing: what the model's author says of the present step
    Transaction transaction;  // timed runs keep it here; explorations in the cells `writes`, `snapshot`
    std::uint64_t loaded_in = 0;  // explorations: `transaction` is what the cells say as long as this is state_
  };
  struct Instance {
    std::uint32_t service = 0;
    std::uint32_t number = 0;
    std::uint32_t first_frame = 0;
    std::uint32_t end_frame = 0;
  };
  struct ServiceFrames {
    std::uint32_t first_instance = 0;
    std::uint32_t locals = 0;  // most locals of any handler
  };

  void go_on(World& world, std::uint32_t frame, std::uint32_t pc);
  void run_on(World& world, std::uint32_t frame, std::uint32_t epoch_before, std::uint32_t choice);
  bool is_fused(std::uint32_t frame) const;
  void finish(World& world, std::uint32_t frame);
  void clear_frame(std::uint32_t frame);
  void move_to(std::uint32_t frame, std::uint32_t pc) {
    const std::uint64_t handler = cells_.peek(cell(frame, at_position)) >> 32;
    cells_.set(cell(frame, at_position), handler << 32 | (pc + 1));
  }
  void settle(World& world, std::uint32_t frame, Settle how);
  bool silent(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t& pc, std::string& error);
  void visible(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t choice);
  void publish_at_once(World& world, std::uint32_t frame);
  bool make_event(World& world, std::uint32_t frame, const EventSpec& spec, std::uint32_t step, Word& out, std::string& error);
  Word derived_event(const World& world, std::uint32_t frame, std::uint32_t message, std::uint64_t place, std::span<Word> fields);
  void publish(World& world, std::uint32_t frame, const PublishSpec& spec);
  void call(World& world, std::uint32_t frame, const CallSpec& spec);
  void do_effect(World& world, std::uint32_t frame, const EffectSpec& spec);
  void note_says(World& world, std::uint32_t frame);
  void wake_waiters(World& world, std::uint32_t owner);
  std::span<const Value> slots(World& world, std::uint32_t frame, ExprId expression, Value row);
  std::optional<Word> word(World& world, std::uint32_t frame, ExprId expression, std::string& error, Value row = {});
  bool holds(World& world, std::uint32_t frame, ExprId expression, std::string& error, Value row = {});
  Transaction& transaction(World&, std::uint32_t frame) {
    if (cells_.tracking() && frames_[frame].loaded_in != state_) load_transaction(frame);
    return frames_[frame].transaction;
  }
  void load_transaction(std::uint32_t frame);
  void end_transaction(std::uint32_t frame);
  bool snapshots_open() const { return open_snapshots_ != 0 || cells_.tracking(); }
  void save_transaction(std::uint32_t frame) {
    if (!cells_.tracking()) return;
    // Nobody else sees a serializable transaction before its action is over, and then it seldom is open.
    if (frame == fused_frame_ && frames_[frame].transaction.isolation == Isolation::serializable) unsaved_ = true;
    else store_transaction(frame);
  }
  void store_transaction(std::uint32_t frame);
  void abort_transaction(World& world, std::uint32_t frame, std::string_view why);
  // The transaction of the run is over without having shown anything (to the run): its own way out, or the run raises.
  void fail_transaction(World& world, std::uint32_t frame, std::string_view why);
  void commit(World& world, std::uint32_t frame, std::uint32_t next);
  void respond(World& world, std::uint32_t frame, Word request, bool ok, Word value);
  Record& note(World& world, std::uint32_t frame, RecordKind kind);
  void statement(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t next);
  void timer(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t next);
  std::uint32_t choice_number(const World& world, std::uint32_t frame) const;
  std::uint32_t draw_choice(World& world, std::uint32_t frame, const ChooseSpec& spec) const;
  void retry_publish(World& world, std::uint32_t frame, const PublishSpec& spec);
  void to_dead_letters(World& world, std::uint32_t frame, const Origin& from);

  const System& system_;
  Pool& pool_;
  Cells& cells_;
  Store& store_;
  std::vector<Frame> frames_;
  std::vector<Instance> instances_;
  std::vector<ServiceFrames> services_;
  std::uint32_t fused_frame_ = none;  // its next action is offered once, when the present one is over
  CommitFate commit_fate_ = CommitFate::visible;  // of the step being taken
  std::string_view commit_error_;
  const Transaction* old_ = nullptr;  // what a read step sees instead of what is there
  bool lock_waits_ = false;           // timed: some run may wait for a lock
  Executed* executed_ = nullptr;
  std::uint64_t state_ = 1;           // goes up with each action and undo
  bool unsaved_ = false;              // the transaction of fused_frame_ is not in the cells yet
  std::uint32_t open_snapshots_ = 0;  // timed: transactions under snapshot isolation
  std::vector<Value> slots_;
  std::vector<Word> new_columns_, old_columns_;  // of the statement that runs
  std::vector<Word> type_names_;                 // by message type
  std::vector<std::uint32_t> messages_;          // by record type: the message type
  // Events made lately: what an event is made of decides it whole, so that making it again is looking it up. Contents that are
  // dropped (forget_contents) are forgotten here, too.
  struct MadeEvent {
    std::uint64_t maker = 0;  // handler and message type
    std::uint64_t place = 0;  // step and occurrence
    Word cause = absent_word, data = absent_word, key = absent_word;
    Word event = absent_word;
    friend bool operator==(const MadeEvent&, const MadeEvent&) = default;
  };
  std::vector<MadeEvent> made_events_;  // by a hash of all but the event
  std::vector<Hash128> identities_;  // by handler: (service, handler) as part of derived event ids
};

}  // namespace flowtank
