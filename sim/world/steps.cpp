// SPDX-License-Identifier: Apache-2.0
// What each instruction does (program.hpp says what it means). One place per instruction: drivers choose
// when a step happens, never what it does.
#include <string>
#include <utility>

#include <sim/base/check.hpp>

#include "sim/world/component.hpp"
#include "sim/world/evaluation.hpp"
#include "sim/world/runs.hpp"
#include "sim/world/statements.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

// Fills the slots that the expression reads; the others hold what they held.
std::span<const Value> Runs::slots(World& world, std::uint32_t frame, ExprId expression, Value row) {
  for (const std::uint32_t slot : world.plan(expression).reads) {
    switch (slot) {
      case slot_input: slots_[slot] = pool_.value(input_of(frame)); break;
      case slot_now:
        slots_[slot] = world.timed() ? Value::of_duration((world.now() + world.faults().skew(world, frames_[frame].instance)).nanoseconds())
                                     : expr::error_value(expr::ErrorCode::undeclared);
        break;
      case slot_attempt: slots_[slot] = Value::of_int(origin_of(frame).attempts + 1); break;
      case slot_row: slots_[slot] = row; break;
      case slot_instance: slots_[slot] = Value::of_int(instances_[frames_[frame].instance].number + 1); break;
      default: {
        if (slot >= slots_.size()) break;  // not of this handler: the evaluator checks
        const Word word = local_of(frame, slot - slot_local0);
        slots_[slot] = word == absent_word ? Value::of_null() : pool_.value(word);
      }
    }
  }
  return {slots_.data(), slot_local0 + system_.handlers[handler_of(frame)].program.locals.size()};
}

std::optional<Word> Runs::word(World& world, std::uint32_t frame, ExprId expression, std::string& error, Value row) {
  ExpressionPlan& plan = world.plan(expression);
  if (plan.form == ExpressionPlan::Form::constant) return plan.word;
  if (plan.form != ExpressionPlan::Form::general && (plan.slot == slot_input || plan.slot >= slot_local0)) {
    const bool local = plan.slot != slot_input;
    const Word from = local ? local_of(frame, plan.slot - slot_local0) : input_of(frame);
    if (plan.form == ExpressionPlan::Form::slot) return local && from == absent_word ? Pool::of_null() : from;
    Value value;
    if (plan.follow(pool_.value(from), value)) return pool_.intern(value);
  }
  const bool inside = cells_.get(cell(frame, at_transaction)) != 0;
  return world.evaluate_word(expression, slots(world, frame, expression, row),
                             inside ? &frames_[frame].transaction : old_, error);
}

bool Runs::holds(World& world, std::uint32_t frame, ExprId expression, std::string& error, Value row) {
  const bool inside = cells_.get(cell(frame, at_transaction)) != 0;
  const Value value = world.evaluate(expression, slots(world, frame, expression, row),
                                     inside ? &frames_[frame].transaction : nullptr);
  if (value.kind == Kind::boolean) return value.b;
  error = value.kind == Kind::error ? std::string(value.text()) : "a condition is not true or false but " + to_text(value);
  return false;
}

// Executes one silent instruction and moves `pc`; false with `error` when the handler raises.
bool Runs::silent(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t& pc, std::string& error) {
  const Program& program = system_.handlers[handler_of(frame)].program;
  auto set_local = [&](std::uint32_t local, Word value) { cells_.set(cell(frame, at_local0 + local), value); };
  switch (at.op) {
    case Op::let: {
      const auto value = word(world, frame, at.b, error);
      if (!value) return false;
      set_local(at.a, *value);
      break;
    }
    case Op::make_event: {
      Word message = absent_word;
      if (!make_event(world, frame, program.events[at.b], at.step, message, error)) return false;
      set_local(at.a, message);
      break;
    }
    case Op::jump: pc = at.a; return true;
    case Op::branch: {
      const bool go = holds(world, frame, at.b, error);
      if (!error.empty()) return false;
      if (!go) {
        pc = at.a;
        return true;
      }
      break;
    }
    case Op::loop_start: {
      const auto list = word(world, frame, at.b, error);
      if (!list) return false;
      if (pool_.value(*list).kind != Kind::list) {
        error = "a loop needs a list, not " + to_text(pool_.value(*list));
        return false;
      }
      set_local(at.a, *list);
      set_local(at.c, Pool::of_int_small(0));
      break;
    }
    case Op::loop_next: {
      const EachSpec& each = program.eaches[at.a];
      const Value list = pool_.value(local_of(frame, each.list_local));
      const std::int64_t position_in_list = pool_.value(local_of(frame, each.position_local)).i;
      if (position_in_list >= static_cast<std::int64_t>(list.items().size())) {
        // The loop is over: its locals are not part of what may happen next.
        set_local(each.list_local, absent_word);
        set_local(each.position_local, absent_word);
        set_local(each.item_local, absent_word);
        pc = each.past;
        return true;
      }
      set_local(each.item_local, pool_.intern(list.items()[static_cast<std::size_t>(position_in_list)]));
      set_local(each.position_local, Pool::of_int_small(position_in_list + 1));
      break;
    }
    default: FLOWTANK_CHECK(false, "a visible instruction was run silently");
  }
  ++pc;
  return true;
}

bool Runs::make_event(World& world, std::uint32_t frame, const EventSpec& spec, std::uint32_t step, Word& out,
                      std::string& error) {
  const MessageType& type = system_.messages[spec.message];
  constexpr std::size_t few = 16;
  Word small[few];
  std::vector<Word> many;
  if (spec.fields.size() > few) many.resize(spec.fields.size());
  Word* data = spec.fields.size() > few ? many.data() : small;
  for (std::size_t f = 0; f < spec.fields.size(); ++f) {
    if (spec.fields[f] == none) {
      data[f] = Pool::of_null();
      continue;
    }
    const auto value = word(world, frame, spec.fields[f], error);
    if (!value) return false;
    data[f] = *value;
  }
  Word fields[message_fields];
  fields[field_data] = pool_.intern_record(type.data_type, {data, spec.fields.size()});
  fields[field_key] = type.key_field == none ? Pool::of_null() : data[type.key_field];
  if (spec.key != none) {
    const auto key = word(world, frame, spec.key, error);
    if (!key) return false;
    fields[field_key] = *key;
  }
  fields[field_type] = type_names_[spec.message];
  if (spec.id != none) {
    const auto id = word(world, frame, spec.id, error);
    if (!id) return false;
    fields[field_id] = *id;
    out = pool_.intern_record(type.record_type, fields);
  } else {
    // The cause's id, the step and the occurrence; a poll has no cause but what it found, so its events
    // are known by their content.
    const std::uint64_t occurrence = cells_.get(cell(frame, at_made));
    cells_.set(cell(frame, at_made), occurrence + 1);
    out = derived_event(world, frame, spec.message, std::uint64_t{step} << 32 | occurrence, fields);
  }
  if (world.tracing()) {
    Record& r = note(world, frame, RecordKind::event_made);
    r.subject = out;
    r.key = fields[field_key];
    world.set_last_record_of(out, r.id);
  }
  world.tell(Interest::events, [&](Observer& o) { o.made(world, actor(frame), out); });
  return true;
}

// The event with an id that follows from its cause. `fields` has all but the id. A search makes the same events again and again,
// a timed run each once.
Word Runs::derived_event(const World& world, std::uint32_t frame, std::uint32_t message, std::uint64_t place, std::span<Word> fields) {
  static constexpr std::size_t places = std::size_t{1} << 10;
  const Word cause = input_of(frame);
  const std::uint64_t maker = std::uint64_t{handler_of(frame)} << 32 | message;
  MadeEvent* known = nullptr;
  if (!world.timed()) {
    if (made_events_.empty()) made_events_.resize(places);
    const std::uint64_t hash = fold_multiply(fold_multiply(maker ^ 0x9e3779b97f4a7c15ULL, place ^ 0xd6e8feb86659fd93ULL) ^ cause,
                                             fields[field_data] ^ fields[field_key] << 32 ^ 0xa0761d6478bd642fULL);
    known = &made_events_[static_cast<std::size_t>(hash) % places];
    const MadeEvent wanted{maker, place, cause, fields[field_data], fields[field_key], known->event};
    if (*known == wanted && known->event != absent_word) return known->event;
    *known = wanted;
  }
  Hash128 identity = combine(identities_[handler_of(frame)], place);
  if (cause == absent_word) identity = combine(identity, pool_.content(fields[field_data]));
  else identity = combine(identity, pool_.content(pool_.find(pool_.value(cause).items()[field_id])));
  fields[field_id] = pool_.intern_string(event_id_text(identity));
  const Word event = pool_.intern_record(system_.messages[message].record_type, fields);
  if (known != nullptr) known->event = event;
  return event;
}

// The author's sentence is read before the step, while its locals are what it speaks of.
void Runs::note_says(World& world, std::uint32_t frame) {
  const Step& step = step_of(frame);
  frames_[frame].says = absent_word;
  if (step.says == none) return;
  if (cells_.get(cell(frame, at_transaction)) != 0) transaction(world, frame);
  std::string error;
  if (const auto text = word(world, frame, step.says, error)) frames_[frame].says = *text;
}

void Runs::step(World& world, std::uint32_t frame, std::uint32_t choice) {
  const std::uint32_t epoch_before = epoch(frame);
  run_on(world, frame, epoch_before, choice);
  fused_frame_ = none;
  frames_[frame].says = absent_word;
  if (epoch(frame) == epoch_before && active(frame)) offer_next(world, frame);
}

// The next visible instruction, and what belongs to the same action.
void Runs::run_on(World& world, std::uint32_t frame, std::uint32_t epoch_before, std::uint32_t choice) {
  bool first = true;
  fused_frame_ = frame;
  do {
    if (world.narrating() && (std::exchange(first, false) || system_.handlers[handler_of(frame)].atomic)) note_says(world, frame);
    if (cells_.get(cell(frame, at_transaction)) != 0) transaction(world, frame);
    if (executed_ != nullptr) [[unlikely]] (*executed_)[handler_of(frame)][pc_of(frame)] = 1;
    visible(world, frame, instruction(frame), choice);
    old_ = nullptr;  // a stale read strikes the instruction that it was aimed at, not what belongs to the same action behind it
  } while (epoch(frame) == epoch_before && is_fused(frame));
  if (!unsaved_) return;
  unsaved_ = false;
  if (cells_.get(cell(frame, at_transaction)) != 0) store_transaction(frame);
}

// Does the next instruction belong to the action of the one before? In a serializable transaction and in an atomic handler it
// does, unless the run has to wait for somebody, or the environment chooses.
bool Runs::is_fused(std::uint32_t frame) const {
  if (waiting_of(frame) != Waiting::nothing) return false;
  if (cells_.get(cell(frame, at_transaction)) == 1 + static_cast<std::uint64_t>(Isolation::serializable)) return true;
  if (!system_.handlers[handler_of(frame)].atomic) return false;
  const Op next = instruction(frame).op;
  return next != Op::choose && next != Op::wait;
}

void Runs::visible(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t choice) {
  const Program& program = system_.handlers[handler_of(frame)].program;
  const std::uint32_t next = pc_of(frame) + 1;
  std::string error;
  switch (at.op) {
    case Op::read:
    case Op::statement_let: {
      const auto value = word(world, frame, at.b, error);
      if (!value) return raise(world, frame, error, false);
      cells_.set(cell(frame, at_local0 + at.a), *value);
      return go_on(world, frame, next);
    }
    case Op::choose: {
      const ChooseSpec& spec = program.chooses[at.a];
      if (world.timed()) choice = draw_choice(world, frame, spec);
      const auto value = word(world, frame, spec.options[choice], error);
      if (!value) return raise(world, frame, error, false);
      cells_.set(cell(frame, at_local0 + spec.local), *value);
      if (world.tracing()) note(world, frame, RecordKind::chosen).detail = *value;
      return go_on(world, frame, next);
    }
    case Op::begin: {
      Transaction& open = transaction(world, frame);
      open.begin(program.transactions[at.a].isolation);
      if (open.isolation == Isolation::snapshot && !cells_.tracking()) ++open_snapshots_;
      cells_.set(cell(frame, at_transaction), 1 + static_cast<std::uint64_t>(open.isolation));
      save_transaction(frame);
      if (world.notes(RecordKind::txn_begin)) note(world, frame, RecordKind::txn_begin);
      return go_on(world, frame, next);
    }
    case Op::insert:
    case Op::update:
    case Op::erase: return statement(world, frame, at, next);
    case Op::commit:
      return commit(world, frame, next);
    case Op::rollback:
      abort_transaction(world, frame, "rollback");
      return go_on(world, frame, next);
    case Op::publish: return publish(world, frame, program.publishes[at.a]);
    case Op::effect: return do_effect(world, frame, program.effects[at.a]);
    case Op::call: return call(world, frame, program.calls[at.a]);
    case Op::reply: {
      const ReplySpec& spec = program.replies[at.a];
      Word value = absent_word;
      if (spec.value != none) {
        const auto given = word(world, frame, spec.value, error);
        if (!given) return raise(world, frame, error, false);
        value = *given;
      }
      const Word request = cells_.get(cell(frame, at_replies_to));
      cells_.set(cell(frame, at_replies_to), absent_word);
      go_on(world, frame, next);
      if (request != absent_word) respond(world, frame, request, spec.ok, value);
      return;
    }
    case Op::settle: {
      const Origin from = origin_of(frame);
      settle(world, frame, at.b == 0 ? Settle::ack : Settle::requeue);
      if (from.kind == OriginKind::message && !from.settled && at.b == 1) {
        if (world.tracing()) note(world, frame, RecordKind::handler_end);
        clear_frame(frame);
        world.run_over(frame);
        return;
      }
      return go_on(world, frame, next);
    }
    case Op::set_timer:
    case Op::cancel_timer: return timer(world, frame, at, next);
    case Op::wait: return go_on(world, frame, next);
    case Op::fail: {
      const FailSpec& spec = program.fails[at.a];
      std::string reason = "the handler gives up";
      if (spec.reason != none) {
        if (const auto text = word(world, frame, spec.reason, error)) reason = to_text(pool_.value(*text));
      }
      return raise(world, frame, reason, spec.poison);
    }
    case Op::end: return finish(world, frame);
    default: FLOWTANK_CHECK(false, "a silent instruction was scheduled as a step");
  }
}

void Runs::statement(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t next) {
  const Program& program = system_.handlers[handler_of(frame)].program;
  Statements statements(world, *this, frame);
  Statements::Result result = Statements::Result::done;
  if (world.faults().read_only(service_of_frame(frame))) {
    return fail_transaction(world, frame, "the database takes no writes");
  }
  switch (at.op) {
    case Op::insert: result = statements.insert(program.inserts[at.a]); break;
    case Op::update: result = statements.update(program.updates[at.a]); break;
    default: result = statements.erase(program.erases[at.a]); break;
  }
  switch (result) {
    case Statements::Result::done:
    case Statements::Result::ignored:
      save_transaction(frame);
      return go_on(world, frame, next);
    case Statements::Result::jumped: return go_on(world, frame, statements.target);
    case Statements::Result::waits: save_transaction(frame); return;
    case Statements::Result::failed: break;
  }
  fail_transaction(world, frame, statements.error);
}

// The transaction's own way out, if it has one: that of the latest begin up to here.
void Runs::fail_transaction(World& world, std::uint32_t frame, std::string_view why) {
  const Program& program = system_.handlers[handler_of(frame)].program;
  for (std::uint32_t pc = pc_of(frame) + 1; pc-- > 0;) {
    if (program.code[pc].op != Op::begin) continue;
    const std::uint32_t way_out = program.transactions[program.code[pc].a].on_abort;
    if (way_out == none) break;
    abort_transaction(world, frame, why);
    return go_on(world, frame, way_out);
  }
  raise(world, frame, why, false);
}

void Runs::commit(World& world, std::uint32_t frame, std::uint32_t next) {
  const bool wrote = !frames_[frame].transaction.writes().empty();
  if (wrote && world.faults().read_only(service_of_frame(frame))) {
    return fail_transaction(world, frame, "the database takes no writes");
  }
  const CommitFate fate = commit_fate_;
  commit_fate_ = CommitFate::visible;
  if (fate == CommitFate::aborts) return fail_transaction(world, frame, commit_error_);
  Statements(world, *this, frame).commit();
  if (fate == CommitFate::unseen) return fail_transaction(world, frame, commit_error_);
  go_on(world, frame, next);
}

void Runs::step_to_commit(World& world, std::uint32_t frame, CommitFate fate, std::string_view why) {
  commit_fate_ = fate;
  commit_error_ = why;
  step(world, frame, 0);
  commit_fate_ = CommitFate::visible;
}

void Runs::step_on_old(World& world, std::uint32_t frame, const Transaction& old) {
  old_ = &old;
  step(world, frame, 0);
  old_ = nullptr;
}

// Which draw of its input a choice or a length of time is. A poll has no input: there who polls, and when, tell one from
// another.
std::uint32_t Runs::choice_number(const World& world, std::uint32_t frame) const {
  const std::uint32_t pc = pc_of(frame) << 8 | origin_of(frame).attempts;
  if (input_of(frame) != absent_word) return pc;
  const Instance& instance = instances_[frames_[frame].instance];
  const Hash128 who = combine(hash_bytes(system_.services[instance.service].name), hash_bytes(system_.handlers[handler_of(frame)].name, instance.number));
  return pc ^ static_cast<std::uint32_t>(mix64(who.lo ^ mix64(static_cast<std::uint64_t>(world.now().nanoseconds()))));
}

std::uint32_t Runs::draw_choice(World& world, std::uint32_t frame, const ChooseSpec& spec) const {
  static constexpr Purpose choose_purpose("choose");
  std::uint64_t total = 0;
  for (const std::uint32_t weight : spec.weights) total += weight;
  std::uint64_t at = below(world.draw(choose_purpose, input_of(frame), choice_number(world, frame)), total);
  for (std::uint32_t i = 0; i < spec.weights.size(); ++i) {
    if (at < spec.weights[i]) return i;
    at -= spec.weights[i];
  }
  return 0;
}

void Runs::do_effect(World& world, std::uint32_t frame, const EffectSpec& spec) {
  std::string error;
  const std::uint32_t next = pc_of(frame) + 1;
  const auto key = word(world, frame, spec.key, error);
  std::int64_t amount = 0;
  std::optional<Word> idempotency = absent_word;
  if (key && spec.amount != none) {
    if (const auto given = word(world, frame, spec.amount, error)) {
      const Value value = pool_.value(*given);
      if (value.kind == Kind::int64) amount = value.i;
      else error = "the amount of an effect is not an integer: " + to_text(value);
    }
  }
  if (key && spec.idempotency_key != none) idempotency = word(world, frame, spec.idempotency_key, error);
  if (!key || !idempotency || !error.empty()) return raise(world, frame, error, false);
  const EffectType& type = system_.effects[spec.effect];
  bool repeated = false;
  if (*idempotency != absent_word && *idempotency != Pool::of_null()) {
    // The receiver knows the key: nothing happens again.
    repeated = world.monitor(0x8000U + spec.effect, *idempotency) != 0;
    world.set_monitor(0x8000U + spec.effect, *idempotency, 1);
  }
  if (world.notes(RecordKind::effect)) {
    Record& r = note(world, frame, RecordKind::effect);
    r.place = spec.effect;
    r.key = *key;
    r.detail = Pool::of_int_small(amount);
    r.outcome = repeated ? Outcome::ignored : Outcome::ok;
    r.other_parent = world.last_record_of(world.trail(World::Trail::effect, *key, spec.effect));
    if (!repeated) world.set_last_record_of(world.trail(World::Trail::effect, *key, spec.effect), r.id);
  }
  world.tell(Interest::asked_effects, [&](Observer& o) {
    o.effect_asked(world, actor(frame), spec.effect, *key, *idempotency, amount, repeated);
  });
  if (!repeated) {
    world.observe(type.table, *key, amount);
    for (Observer* observer : world.observers()) observer->effect(world, spec.effect, *key, amount);
  }
  go_on(world, frame, next);
}

void Runs::timer(World& world, std::uint32_t frame, const Instruction& at, std::uint32_t next) {
  const TimerSpec& spec = system_.handlers[handler_of(frame)].program.timers[at.a];
  std::string error;
  const auto key = word(world, frame, spec.key, error);
  if (!key) return raise(world, frame, error, false);
  Duration after;
  if (at.op == Op::set_timer && spec.after_ms != none) {
    const auto ms = word(world, frame, spec.after_ms, error);
    const Value value = ms ? pool_.value(*ms) : Value{};
    std::optional<Duration> given;
    if (value.kind == Kind::duration) given = Duration(value.i);
    else if (value.kind == Kind::int64) given = Duration(1'000'000) * value.i;
    else if (value.kind == Kind::real) given = checked_duration(value.d, Duration(1'000'000));
    if (!given) return raise(world, frame, error.empty() ? "a timer needs milliseconds or a duration" : error, false);
    after = *given;
    if (after < Duration{}) return raise(world, frame, "a timer cannot fire in the past", false);
  }
  if (world.tracing()) {
    Record& r = note(world, frame, at.op == Op::set_timer ? RecordKind::timer_set : RecordKind::timer_cancelled);
    r.place = spec.timer;
    r.key = *key;
    world.set_last_record_of(world.trail(World::Trail::timer, *key, spec.timer), r.id);
  }
  if (at.op == Op::set_timer) world.wire().set_timer(world, spec.timer, *key, after);
  else world.wire().cancel_timer(world, spec.timer, *key);
  go_on(world, frame, next);
}

}  // namespace flowtank
