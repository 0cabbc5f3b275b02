// SPDX-License-Identifier: Apache-2.0
// See runs.hpp: places for runs, their start and end, what raises and what crashes. The instructions
// themselves are in steps.cpp, statements inside a transaction in statements.cpp.
#include "sim/world/runs.hpp"

#include <algorithm>
#include <utility>

#include <sim/base/check.hpp>

#include "sim/world/component.hpp"
#include "sim/world/statements.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

std::uint64_t Origin::pack() const {
  return static_cast<std::uint64_t>(kind) | std::uint64_t{settled} << 3 | std::uint64_t{attempts & 255} << 4 |
         std::uint64_t{token & 0xffffffU} << 12 | std::uint64_t{source & 0x7ffffffU} << 36 | std::uint64_t{fenced} << 63;
}

Runs::Runs(const System& system, Pool& pool, Cells& cells, Store& store)
    : system_(system), pool_(pool), cells_(cells), store_(store) {
  for (const Handler& handler : system.handlers) {
    identities_.push_back(combine(hash_bytes(system.services[handler.service].name), hash_bytes(handler.name)));
  }
  std::size_t most_locals = 0;
  for (std::uint32_t s = 0; s < system.services.size(); ++s) {
    const Service& service = system.services[s];
    std::size_t locals = 0;
    for (const auto* handlers : {&service.handlers, &service.pollers}) {
      for (const std::uint32_t h : *handlers) locals = std::max(locals, system.handlers[h].program.locals.size());
    }
    most_locals = std::max(most_locals, locals);
    services_.push_back({static_cast<std::uint32_t>(instances_.size()), static_cast<std::uint32_t>(locals)});
    for (std::uint32_t i = 0; i < service.instances; ++i) {
      const auto first = static_cast<std::uint32_t>(frames_.size());
      const auto instance = static_cast<std::uint32_t>(instances_.size());
      for (std::uint32_t f = 0; f < service.concurrency + service.pollers.size(); ++f) {
        Frame frame;
        frame.instance = instance;
        if (f >= service.concurrency) frame.poller = service.pollers[f - service.concurrency];
        const std::uint64_t owner = frames_.size();
        auto number = [&](Cell field) {
          return cells.allocate(Cells::Holds::number, component_key(ComponentKind::run, owner, field));
        };
        auto word = [&](Cell field) {
          return cells.allocate(Cells::Holds::word, component_key(ComponentKind::run, owner, field));
        };
        frame.base = number(at_position);
        word(at_input);
        number(at_origin);
        number(at_waiting);
        number(at_transaction);
        word(at_writes);
        word(at_snapshot);
        number(at_made);
        number(at_tries);
        word(at_asked);
        word(at_result);
        word(at_replies_to);
        for (Cell l = 0; l < locals; ++l) word(at_local0 + l);
        frames_.push_back(std::move(frame));
      }
      instances_.push_back({s, i, first, static_cast<std::uint32_t>(frames_.size())});
    }
  }
  slots_.resize(slot_local0 + most_locals);
  for (const MessageType& type : system.messages) type_names_.push_back(pool.intern_string(type.name));
  messages_.assign(system.types->record_count(), none);
  for (std::uint32_t m = 0; m < system.messages.size(); ++m) messages_[system.messages[m].record_type] = m;
}

void Runs::reset() {
  open_snapshots_ = 0;
  lock_waits_ = false;
  for (Frame& frame : frames_) {
    frame.epoch = 0;
    frame.late = {};
    frame.cause = no_record;
    frame.transaction.clear();
  }
}

std::uint32_t Runs::free_frame(const World& world, std::uint32_t service) const {
  const Service& spec = system_.services[service];
  const std::uint32_t first = services_[service].first_instance;
  for (std::uint32_t i = first; i < first + spec.instances; ++i) {
    if (const std::uint32_t frame = free_frame_of(world, i); frame != none) return frame;
  }
  return none;
}

std::uint32_t Runs::free_frame_of(const World& world, std::uint32_t instance) const {
  if (!world.faults().is_up(instance)) return none;
  const std::uint32_t begin = instances_[instance].first_frame;
  for (std::uint32_t f = begin; f < begin + system_.services[instances_[instance].service].concurrency; ++f) {
    if (cells_.get(cell(f, at_position)) == 0) return f;
  }
  return none;
}

const Step& Runs::step_of(std::uint32_t frame) const {
  return system_.handlers[handler_of(frame)].program.steps[instruction(frame).step];
}

Record& Runs::note(World& world, std::uint32_t frame, RecordKind kind) {
  if (!world.notes(kind)) {
    // What is not recorded is stood for by what came before it in the run.
    Record& unseen = world.unseen_record();
    unseen.id = frames_[frame].cause;
    return unseen;
  }
  Record& r = world.note(kind);
  const Instance& instance = instances_[frames_[frame].instance];
  r.service = static_cast<std::uint16_t>(instance.service);
  r.instance = static_cast<std::uint16_t>(instance.number);
  if (active(frame)) {
    r.handler = static_cast<std::uint16_t>(handler_of(frame));
    r.step = instruction(frame).step;
    r.subject = cells_.peek(cell(frame, at_input));
  }
  r.parent = frames_[frame].cause;
  r.says = frames_[frame].says;
  frames_[frame].cause = r.id;
  return r;
}

Actor Runs::actor(std::uint32_t frame) const {
  Actor actor;
  const Origin from = origin_of(frame);
  actor.frame = frame;
  actor.service = service_of_frame(frame);
  actor.handler = handler_of(frame);
  if (from.kind == OriginKind::message) actor.subscription = from.source;
  actor.attempts = from.attempts;
  actor.input = input_of(frame);
  actor.in_transaction = cells_.get(cell(frame, at_transaction)) != 0;
  return actor;
}

void Runs::start(World& world, std::uint32_t frame, std::uint32_t handler, Word message, const Origin& from, RecordId cause) {
  cells_.set(cell(frame, at_position), static_cast<std::uint64_t>(handler) << 32 | 1);
  cells_.set(cell(frame, at_input), message);
  cells_.set(cell(frame, at_origin), from.pack());
  frames_[frame].cause = cause;
  if (world.tracing()) note(world, frame, RecordKind::handler_begin);
  world.tell(Interest::runs, [&](Observer& o) { o.run_started(world, actor(frame)); });
  const Handler& spec = system_.handlers[handler];
  if (from.kind == OriginKind::message && spec.settlement == Settlement::before) settle(world, frame, Settle::ack);
  if (from.kind == OriginKind::message && world.faults().poisoned(world, spec.service, handler, message)) {
    raise(world, frame, "poison message", false);
    return;
  }
  if (from.kind == OriginKind::message) world.faults().run_started(world, frame);
  if (!spec.atomic) return go_on(world, frame, 0);
  const std::uint32_t epoch_before = epoch(frame);
  fused_frame_ = frame;
  go_on(world, frame, 0);
  if (epoch(frame) == epoch_before && is_fused(frame)) run_on(world, frame, epoch_before, 0);
  fused_frame_ = none;
  frames_[frame].says = absent_word;
  if (epoch(frame) == epoch_before && active(frame)) offer_next(world, frame);
}

void Runs::start_raising(World& world, std::uint32_t frame, std::uint32_t handler, const Origin& from, RecordId cause,
                         const std::string& reason) {
  cells_.set(cell(frame, at_position), static_cast<std::uint64_t>(handler) << 32 | 1);
  cells_.set(cell(frame, at_origin), from.pack());
  frames_[frame].cause = cause;
  if (world.tracing()) note(world, frame, RecordKind::handler_begin);
  raise(world, frame, "the condition of the poller has no value: " + reason, false);
}

// Runs silent instructions from `pc` on and stops before the next visible one.
void Runs::go_on(World& world, std::uint32_t frame, std::uint32_t pc) {
  const Program& program = system_.handlers[handler_of(frame)].program;
  std::string error;
  if (cells_.get(cell(frame, at_transaction)) != 0) transaction(world, frame);
  for (std::uint32_t steps = 0; !is_visible(program.code[pc].op); ++steps) {
    if (steps >= system_.bounds.max_steps_per_run) {
      move_to(frame, pc);
      raise(world, frame, "the handler did not come to a visible step within the limit: it loops for ever", true);
      return;
    }
    const Instruction& at = program.code[pc];
    if (!silent(world, frame, at, pc, error)) {
      move_to(frame, pc);
      raise(world, frame, error, false);
      return;
    }
  }
  move_to(frame, pc);
  if (program.code[pc].op == Op::end) {
    const Origin from = origin_of(frame);
    const bool over = from.kind != OriginKind::message || from.settled;
    const std::uint8_t ends = over ? world.faults().end_is_step(handler_of(frame)) : 0;
    if (over && !(ends == 2 || (ends == 1 && cells_.get(cell(frame, at_replies_to)) != absent_word))) {
      finish(world, frame);
      return;
    }
  }
  if (world.timed()) offer_next(world, frame);
}

void Runs::offer_next(World& world, std::uint32_t frame) {
  if (!world.timed() || frame == fused_frame_) return;
  const std::uint32_t epoch = frames_[frame].epoch;
  switch (waiting_of(frame)) {
    case Waiting::nothing: {
      const Handler& handler = system_.handlers[handler_of(frame)];
      const Instruction& at = instruction(frame);
      Duration takes;
      if (handler.durations != none || at.op == Op::wait) {
        static constexpr Purpose step_purpose("step"), wait_purpose("wait");
        const std::uint32_t n = choice_number(world, frame);
        if (handler.durations != none) takes = world.sample(handler.durations, step_purpose, input_of(frame), n);
        if (at.op == Op::wait) takes += world.sample(handler.program.waits[at.a].distribution, wait_purpose, input_of(frame), n);
      }
      takes = world.faults().slowed(frames_[frame].instance, takes);
      world.offer(takes, {.kind = ActionKind::step, .a = frame}, epoch);
      return;
    }
    case Waiting::request_left:
      world.offer(std::exchange(frames_[frame].late, {}), {.kind = ActionKind::request_effect, .a = frame}, epoch);
      return;
    case Waiting::backoff: {
      const auto& at = instruction(frame);
      world.offer(system_.handlers[handler_of(frame)].program.publishes[at.a].backoff,
                  {.kind = ActionKind::answer, .a = frame}, epoch);
      return;
    }
    case Waiting::call: {
      const CallSpec& spec = system_.handlers[handler_of(frame)].program.calls[instruction(frame).a];
      if (spec.timeout > Duration{}) world.offer(spec.timeout, {.kind = ActionKind::answer, .a = frame, .choice = 1}, epoch);
      return;
    }
    case Waiting::lock: return;  // offered when the lock is free
    default:
      world.offer(Duration{}, {.kind = ActionKind::answer, .a = frame}, epoch);
      return;
  }
}

void Runs::clear_frame(std::uint32_t frame) {
  Frame& f = frames_[frame];
  const Cell end = f.base + at_local0 + services_[instances_[f.instance].service].locals;
  for (Cell c = f.base; c < end; ++c) cells_.set(c, 0);
  ++f.epoch;
  if (f.transaction.open) {
    if (f.transaction.isolation == Isolation::snapshot && !cells_.tracking()) --open_snapshots_;
    f.transaction.clear();
  }
}

void Runs::settle(World& world, std::uint32_t frame, Settle how) {
  Origin from = origin_of(frame);
  if (from.kind != OriginKind::message || from.settled) return;
  const bool unheard = !from.fenced && world.faults().cut_to_broker(service_of_frame(frame), system_.subscriptions[from.source].channel);
  if (world.tracing()) {
    const bool ack = how == Settle::ack || how == Settle::discard;
    Record& r = note(world, frame, ack ? RecordKind::acked : RecordKind::nacked);
    r.place = from.source;
    r.outcome = from.fenced ? Outcome::error : unheard ? Outcome::unknown : Outcome::ok;
  }
  if (unheard) {
    // The broker does not hear of it, and hands the copy out again.
    from.fenced = true;
    how = Settle::requeue;
  }
  from.settled = true;
  cells_.set(cell(frame, at_origin), from.pack());
  if (from.fenced && !unheard) return;
  world.broker_of(from.source).settle(world, from.source, {input_of(frame), from.attempts, from.token}, how);
}

// The run ended well: the rest is settled, the caller gets an empty reply if it got none.
void Runs::finish(World& world, std::uint32_t frame) {
  Origin from = origin_of(frame);
  const Word message = input_of(frame);
  if (from.kind == OriginKind::message) {
    if (!from.settled) settle(world, frame, Settle::ack);
    from = origin_of(frame);
    if (!from.fenced) world.message_fate(from.source, message, Fate::handled);
  }
  const Word request = cells_.get(cell(frame, at_replies_to));
  world.tell(Interest::runs, [&](Observer& o) { o.run_ended(world, actor(frame), RunOutcome::well); });
  if (world.tracing()) note(world, frame, RecordKind::handler_end);
  if (from.kind == OriginKind::message || from.kind == OriginKind::command) {
    world.count_handled();
    world.faults().happened(world, message, service_of_frame(frame));
  }
  clear_frame(frame);
  if (request != absent_word) respond(world, frame, request, true, absent_word);
  world.run_over(frame);
}

void Runs::to_dead_letters(World& world, std::uint32_t frame, const Origin& from) {
  const Word message = input_of(frame);
  if (world.notes(RecordKind::dead_lettered)) note(world, frame, RecordKind::dead_lettered).place = from.source;
  settle(world, frame, Settle::discard);
  const Service& service = system_.services[service_of_frame(frame)];
  const Word key = pool_.find(pool_.value(message).items()[field_key]);
  if (service.dead_letters != none) world.observe(service.dead_letters, key, 0);
  world.message_fate(from.source, message, Fate::dead_letter);
}

void Runs::raise(World& world, std::uint32_t frame, std::string_view reason, bool poison) {
  const Origin from = origin_of(frame);
  const Handler& handler = system_.handlers[handler_of(frame)];
  const Word message = input_of(frame);
  const Word request = cells_.get(cell(frame, at_replies_to));
  if (world.notes(RecordKind::failed)) {
    const Word text = pool_.intern_string(reason);
    Record& r = note(world, frame, RecordKind::failed);
    r.outcome = Outcome::error;
    r.detail = text;
  }
  abort_transaction(world, frame, reason);
  switch (from.kind) {
    case OriginKind::message: {
      const RetryPolicy& retry = handler.retry;
      if (from.fenced) {
        settle(world, frame, Settle::requeue);  // refused: the copy is another consumer's now
      } else if (from.settled) {
        world.message_fate(from.source, message, Fate::lost);
      } else if (handler.settlement == Settlement::always) {
        settle(world, frame, Settle::ack);
        world.message_fate(from.source, message, Fate::ignored);
      } else if (poison || (retry.max_attempts != 0 && from.attempts + 1 >= retry.max_attempts)) {
        to_dead_letters(world, frame, from);
      } else {
        settle(world, frame, retry.max_attempts == 0 ? Settle::requeue : Settle::retry);
      }
      break;
    }
    case OriginKind::timer:  // it stays due
      world.wire().set_timer(world, from.source, pool_.find(pool_.value(message).items()[field_key]),
                             handler.retry.backoff > Duration{} ? handler.retry.backoff : Duration(1'000'000));
      break;
    case OriginKind::command:
    case OriginKind::poll:
    case OriginKind::nothing: break;
  }
  world.tell(Interest::runs, [&](Observer& o) { o.run_ended(world, actor(frame), RunOutcome::failed); });
  if (world.tracing()) note(world, frame, RecordKind::handler_end).outcome = Outcome::error;
  clear_frame(frame);
  if (request != absent_word) respond(world, frame, request, false, absent_word);
  world.run_over(frame);
}

void Runs::crash(World& world, std::uint32_t instance) {
  for (std::uint32_t frame = frames_begin(instance); frame < frames_end(instance); ++frame) {
    if (!active(frame)) continue;
    const Origin from = origin_of(frame);
    const Word message = input_of(frame);
    if (world.tracing()) note(world, frame, RecordKind::handler_end).outcome = Outcome::crashed;
    world.tell(Interest::runs, [&](Observer& o) { o.run_ended(world, actor(frame), RunOutcome::crashed); });
    if (waiting_of(frame) == Waiting::request_left) {
      // The request is on the way; nobody waits for its answer any more.
      world.wire().send_orphan(world, publish_channel(frame), cells_.get(cell(frame, at_asked)));
    }
    abort_transaction(world, frame, "crash");
    if (from.kind == OriginKind::timer) {
      world.wire().set_timer(world, from.source, pool_.find(pool_.value(message).items()[field_key]), Duration{});
    }
    const Word asked_by = cells_.get(cell(frame, at_replies_to));
    clear_frame(frame);
    if (asked_by != absent_word) world.wire().connection_broken(world, asked_by);
    if (from.kind != OriginKind::message || from.fenced) continue;
    if (from.settled) world.message_fate(from.source, message, Fate::lost);
    else world.broker_of(from.source).settle(world, from.source, {message, from.attempts, from.token}, Settle::abandon);
  }
  const std::uint32_t service = service_of_instance(instance);
  world.wire().sessions().connections_lost(service);
  for (const std::uint32_t table : system_.services[service].tables) {
    if (system_.tables[table].durable) continue;
    std::vector<Cell> rows;
    store_.scan(table, rows);
    for (const Cell row : rows) {
      std::vector<Word> before(system_.tables[table].columns.size());
      for (std::uint32_t c = 0; c < before.size(); ++c) before[c] = store_.column(row, c);
      store_.erase(table, row);
      world.row_changed(table, before[0], before, {});
    }
  }
}

void Runs::wake_waiters(World& world, std::uint32_t owner) {
  if (!cells_.tracking() && !lock_waits_) return;
  lock_waits_ = false;
  each_active([&](std::uint32_t frame) {
    const std::uint64_t bits = cells_.get(cell(frame, at_waiting));
    if (static_cast<Waiting>(bits & 15) != Waiting::lock) return;
    if (bits >> 4 != owner + 1) {
      lock_waits_ = true;
      return;
    }
    set_waiting(world, frame, Waiting::nothing);
    offer_next(world, frame);
  });
}

// An exploration may have undone what this object remembers: the cells are the truth.
void Runs::load_transaction(std::uint32_t frame) {
  Transaction& transaction = frames_[frame].transaction;
  frames_[frame].loaded_in = state_;
  const std::uint64_t state = cells_.get(cell(frame, at_transaction));
  transaction.open = state != 0;
  if (transaction.open) transaction.isolation = static_cast<Isolation>(state - 1);
  transaction.unpack(pool_, store_, cells_.get(cell(frame, at_writes)), cells_.get(cell(frame, at_snapshot)));
}

void Runs::store_transaction(std::uint32_t frame) {
  const Transaction& transaction = frames_[frame].transaction;
  cells_.set(cell(frame, at_transaction), transaction.open ? 1 + static_cast<std::uint64_t>(transaction.isolation) : 0);
  cells_.set(cell(frame, at_writes), transaction.pack(pool_, store_, false));
  cells_.set(cell(frame, at_snapshot), transaction.pack(pool_, store_, true));
}

void Runs::end_transaction(std::uint32_t frame) {
  if (!cells_.tracking() && frames_[frame].transaction.isolation == Isolation::snapshot) --open_snapshots_;
  cells_.set(cell(frame, at_transaction), 0);
  cells_.set(cell(frame, at_writes), absent_word);
  cells_.set(cell(frame, at_snapshot), absent_word);
}

void Runs::respond(World& world, std::uint32_t frame, Word request, bool ok, Word value) {
  if (!world.faults().reply_lost(world, service_of_frame(frame), request)) world.wire().respond(world, request, ok, value);
}

void Runs::abort_transaction(World& world, std::uint32_t frame, std::string_view why) {
  if (cells_.get(cell(frame, at_transaction)) == 0) return;
  Transaction& open = transaction(world, frame);
  if (world.tracing()) {
    const Word text = pool_.intern_string(why);
    Record& r = note(world, frame, RecordKind::txn_abort);
    r.detail = text;
  }
  Statements::release(world, *this, frame, open);
  open.clear();
  end_transaction(frame);
  world.tell(Interest::transactions, [&](Observer& o) { o.transaction_ended(world, actor(frame), false); });
}

}  // namespace flowtank
