// SPDX-License-Identifier: Apache-2.0
// See world.hpp: building, applying, evaluating, observations and trace. What is enabled is in enabled.cpp,
// how actions are called in describe.cpp.
#include "sim/world/world.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <sim/base/check.hpp>
#include <sim/expr/error.hpp>

#include "sim/world/component.hpp"
#include "sim/world/evaluation.hpp"

namespace flowtank {

std::string event_id_text(Hash128 identity) {
  // Crockford's alphabet: no letters that look alike. 65 bits of 13 characters hold the 64 of the hash.
  static constexpr char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string text(13, '0');
  std::uint64_t bits = identity.lo;
  for (std::size_t i = text.size(); i-- > 0; bits >>= 5) text[i] = alphabet[bits & 31];
  return text;
}

World::World(const System& system, std::vector<std::unique_ptr<Broker>> brokers, Mode mode)
    : system_(system),
      mode_(mode),
      cells_(pool_, mode == Mode::explore),
      store_(system, pool_, cells_),
      runs_(system, pool_, cells_, store_),
      wire_(system, pool_, cells_),
      faults_(system, cells_),
      brokers_(std::move(brokers)) {
  FLOWTANK_CHECK(brokers_.size() == system.brokers.size(), "one broker object for each broker of the system");
  watched_.assign(system.tables.size(), 0);
  changed_.assign(system.tables.size(), 1);
  types_.assign(system.types->record_count(), none);
  for (std::uint32_t m = 0; m < system.messages.size(); ++m) types_[system.messages[m].record_type] = m;
  const std::size_t messages = system.messages.size();
  message_handlers_.assign(system.subscriptions.size() * messages, none);
  command_handlers_.assign(system.services.size() * messages, none);
  for (std::uint32_t h = 0; h < system.handlers.size(); ++h) {
    const Handler& handler = system.handlers[h];
    if (handler.message == none) continue;
    if (handler.subscription == none) command_handlers_[handler.service * messages + handler.message] = h;
    else message_handlers_[handler.subscription * messages + handler.message] = h;
  }
  for (const expr::Program& program : system.expressions) plans_.push_back(ExpressionPlan::of(program, pool_));
  parked_.resize(system.services.size());
  bound_waits_.resize(system.services.size());
  parked_at_instance_.resize(runs_.instance_count());
  poller_sleeps_.assign(runs_.frame_count(), 0);
  find_pollers();
  for (auto& broker : brokers_) broker->build(*this);
  built_cells_ = cells_.size();
  reset(system.bounds.seed);
}

World::~World() = default;

void World::reset(std::uint64_t seed) {
  // Contents and the places of rows and lanes stay known: zeroing is enough, absent is zero.
  const bool grown = kept_ && (pool_.size() > kept_->entries + most_contents_ || cells_.size() > built_cells_ + most_cells_);
  if (timed() && grown) forget_contents();
  cells_.truncate_and_zero(cells_.size());
  agenda_.clear();
  arena_.reset();
  now_ = Time::start();
  seed_ = Seed{seed};
  handled_ = actions_ = 0;
  run_hash_ = combine(Hash128{seed, 0x72756eULL}, system_.services.size()).lo;
  std::fill(changed_.begin(), changed_.end(), char{1});
  causes_.clear();
  for (Parked& parked : parked_) parked = {};
  for (Parked& parked : parked_at_instance_) parked = {};
  std::fill(bound_waits_.begin(), bound_waits_.end(), 0);
  parked_so_far_ = 0;
  runs_.reset();
  wire_.reset();
  faults_.reset(*this);
  for (auto& broker : brokers_) broker->reset(*this);
  start_clients();
  if (cells_.tracking()) cells_.forget_log();
}

void World::forget_contents() {
  pool_.truncate(*kept_);
  cells_.truncate_and_zero(built_cells_);
  store_.clear();
  runs_.forget();
  wire_.forget();
  monitors_.clear();
  idempotency_.clear();
  compared_.clear();
  for (auto& broker : brokers_) broker->forget(*this);
}

void World::start_clients() {
  if (!timed()) return;
  wire_.start(*this);
  for (std::uint32_t frame = 0; frame < runs_.frame_count(); ++frame) {
    poller_sleeps_[frame] = 0;
    const std::uint32_t poller = runs_.poller_of(frame);
    if (poller != none) offer(system_.handlers[poller].every, {.kind = ActionKind::poll, .a = frame});
  }
}

Duration World::sample(std::uint32_t distribution, Purpose purpose, Word whose, std::uint32_t n) const {
  const Distribution& d = system_.distributions[distribution];
  return d.at(draw(purpose, whose, n));
}

Value World::evaluate(ExprId expression, std::span<const Value> slots, const Transaction* transaction) const {
  ExpressionPlan& plan = plans_[expression];
  if (plan.form == ExpressionPlan::Form::constant) return pool_.value(plan.word);
  if (plan.slot < slots.size()) {
    if (plan.form == ExpressionPlan::Form::slot) return slots[plan.slot];
    Value value;
    if (plan.follow(slots[plan.slot], value)) return value;
  }
  StoreHost host(*this, transaction);
  return expr::evaluate(system_.expressions[expression], slots, host, arena_);
}

namespace {

constexpr std::size_t few = 16;

// Replaces rows by records, so that the result means the same later. False for tables and errors.
bool materialise(World& world, StoreHost& host, const Value& value, Word& out) {
  switch (value.kind) {
    case Kind::error: return false;
    case Kind::external: {
      if (!expr::is_row(value)) return false;
      const auto table = static_cast<std::uint32_t>(value.u >> 32);
      std::array<Word, few> small;
      const std::size_t count = world.system().tables[table].columns.size();
      std::vector<Word> many(count > few ? count : 0);
      const std::span<Word> columns(count > few ? many.data() : small.data(), count);
      for (std::uint32_t c = 0; c < count; ++c) columns[c] = host.field_word(value, c);
      out = row_word(world, table, columns);
      return true;
    }
    case Kind::list: {
      std::array<Word, few> small;
      const std::size_t count = value.items().size();
      std::vector<Word> many(count > few ? count : 0);
      const std::span<Word> items(count > few ? many.data() : small.data(), count);
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (!materialise(world, host, value.items()[i], items[i])) return false;
      }
      out = world.pool().intern_list(items);
      return true;
    }
    case Kind::map: {
      std::vector<Value> pairs(value.pairs().begin(), value.pairs().end());
      for (Value& item : pairs) {
        Word word = absent_word;
        if (!materialise(world, host, item, word)) return false;
        item = world.pool().value(word);
      }
      out = world.pool().intern(world.arena().make_map(pairs));
      return true;
    }
    default: out = world.pool().intern(value); return true;
  }
}

}  // namespace

std::optional<Word> World::evaluate_word(ExprId expression, std::span<const Value> slots, const Transaction* transaction,
                                         std::string& error_text) {
  const Value value = evaluate(expression, slots, transaction);
  if (value.kind < Kind::list || (value.has_object() && value.object->pooled != 0 && value.kind != Kind::error)) {
    return pool_.intern(value);
  }
  StoreHost host(*this, transaction);
  Word out = absent_word;
  if (materialise(*this, host, value, out)) return out;
  error_text = value.kind == Kind::error ? std::string(value.text()) : "a table is not a value that can be stored";
  return std::nullopt;
}

void World::fold_into_run(const Action& action) {
  // A broker's number of a copy depends on what it has seen in earlier runs; the message says which it is.
  const std::uint64_t b = action.kind == ActionKind::deliver ? 0 : action.b;
  const std::uint64_t place = std::uint64_t{action.a} << 32 | b << 12 |
                              std::uint64_t{action.choice} << 8 | static_cast<std::uint64_t>(action.kind);
  // Two multiplications: the fingerprint tells runs apart by accident, nobody forges one.
  const std::uint64_t what = fold_multiply(place + 0x9e3779b97f4a7c15ULL, pool_.content(action.word).lo ^ 0xa0761d6478bd642fULL);
  const auto when = static_cast<std::uint64_t>(now_.nanoseconds());
  run_hash_ = fold_multiply(run_hash_ ^ what, (when << 1 | 1) * 0xd6e8feb86659fd93ULL) + what;
}

bool World::apply(const Action& action) {
  if (!kept_) [[unlikely]] kept_ = pool_.mark();
  arena_.reset();
  runs_.state_changed();
  if (tracing_states_) [[unlikely]] trace_->begin_action();
  if (!apply_now(action)) return false;
  ++actions_;
  fold_into_run(action);
  if (tracing_states_) [[unlikely]] trace_states();
  return true;
}

bool World::apply_now(const Action& action) {
  switch (action.kind) {
    case ActionKind::client_send: return wire_.client_send(*this, action);
    case ActionKind::command_deliver: return deliver_command(action);
    case ActionKind::deliver:
      if (timed() && cut_off(action.a)) {
        park(parked_[system_.subscriptions[action.a].service], action);
        return false;
      }
      return deliver(action);
    case ActionKind::step: {
      if (!faults_.is_up(runs_.instance_of_frame(action.a))) return false;
      if (Action fault; faults_.strikes_step(*this, action.a, fault)) faults_.strike(*this, fault);
      else runs_.step(*this, action.a, action.choice);
      return true;
    }
    case ActionKind::request_effect:
      if (runs_.waiting_of(action.a) != Waiting::request_left) return false;
      runs_.request_effect(*this, action.a);
      return true;
    case ActionKind::answer:
      if (!faults_.is_up(runs_.instance_of_frame(action.a))) return false;
      // A timeout that lost the race against the reply.
      if (action.choice == 1 && runs_.waiting_of(action.a) != Waiting::call) return false;
      runs_.answer(*this, action.a);
      return true;
    case ActionKind::orphan_effect: wire_.orphan_effect(*this, action.word); return true;
    case ActionKind::timer_fire: return fire_timer(action);
    case ActionKind::poll: return poll(action);
    case ActionKind::client_retry: return wire_.client_retry(*this, action);
    case ActionKind::broker: brokers_[action.a]->apply(*this, action); return true;
    case ActionKind::restart: faults_.restart(*this, action.a); return true;
    case ActionKind::outage_over: faults_.outage_over(*this, action.a); return true;
    case ActionKind::pause_over: faults_.pause_over(*this, action.b); return true;
    case ActionKind::window_over: faults_.window_over(*this, action.a); return true;
    default:
      if (timed() && !faults_.possible(*this, action)) return false;
      faults_.strike(*this, action);
      return true;
  }
}

bool World::is_stale(const Agenda::Entry& entry) const {
  const ActionKind kind = entry.action.kind;
  const bool of_frame = kind == ActionKind::step || kind == ActionKind::request_effect || kind == ActionKind::answer ||
                        kind == ActionKind::fault_redeliver;
  return of_frame && runs_.epoch(entry.action.a) != entry.epoch;
}

bool World::advance(Time horizon) {
  Agenda::Entry entry;
  while (agenda_.next(now_, horizon, entry)) {
    if (is_stale(entry)) continue;
    if (apply(entry.action)) return true;
  }
  return false;
}

bool World::at_rest() const {
  return agenda_.all_of([this](const Agenda::Entry& entry) {
    if (is_stale(entry)) return true;
    return entry.action.kind == ActionKind::broker && brokers_[entry.action.a]->is_inert(*this, entry.action);
  });
}

// The message as the broker stores it: with the number of this copy, where its type has a place for it.
Word World::stamped(Word message, std::uint32_t field, std::uint64_t copy) {
  const Value record = pool_.value(message);
  Word fields[message_fields];
  for (std::uint32_t f = 0; f < message_fields; ++f) fields[f] = pool_.find(record.items()[f]);
  const Value data = record.items()[field_data];
  std::vector<Word> values;
  for (const Value& item : data.items()) values.push_back(pool_.find(item));
  values[field] = pool_.of_int(static_cast<std::int64_t>(copy));
  fields[field_data] = pool_.intern_record(data.tag, values);
  return pool_.intern_record(record.tag, fields);
}

PublishResult World::publish_takes_effect(std::uint32_t channel, Word message, RecordId cause, const Publisher& by, Word sent) {
  static constexpr std::uint32_t copies = 0xc000U;  // monitors: how often each event was accepted
  const std::uint32_t copy_field = system_.messages[message_type(message)].copy_field;
  if (copy_field == none) return accept_publish(channel, message, cause, by, sent);
  const Word id = pool_.find(pool_.value(message).items()[field_id]);
  const std::uint64_t before = monitor(copies, id);
  if (sent != absent_word) sent = stamped(sent, copy_field, before + 1);  // who is told of it knows it by what is handed out
  const PublishResult result = accept_publish(channel, stamped(message, copy_field, before + 1), cause, by, sent);
  if (result == PublishResult::accepted) set_monitor(copies, id, before + 1);
  return result;
}

PublishResult World::accept_publish(std::uint32_t channel, Word message, RecordId cause, const Publisher& by, Word sent) {
  const Channel& spec = system_.channels[channel];
  if (tracing()) {
    Record& r = note(RecordKind::accepted);
    r.place = channel;
    r.subject = message;
    r.key = pool_.find(pool_.value(message).items()[field_key]);
    r.parent = cause != no_record ? cause : last_record_of(message);
    set_last_record_of(message, r.id);
  }
  const PublishResult result = brokers_[spec.broker]->publish(*this, channel, message, by);
  if (result == PublishResult::refused) return result;
  if (sent != absent_word) message = sent;
  faults_.happened(*this, message, none);
  const MessageType& type = system_.messages[message_type(message)];
  if (type.accepted_table != none) {
    observe(type.accepted_table, pool_.find(pool_.value(message).items()[field_key]), 0);
  }
  for (Observer* observer : observers_) observer->accepted(*this, channel, message);
  return result;
}

std::uint32_t World::message_type(Word message) const { return types_[pool_.value(message).tag]; }

std::uint32_t World::handler_for(std::uint32_t service, std::uint32_t subscription, std::uint32_t message) const {
  const std::size_t messages = system_.messages.size();
  if (message >= messages) return none;
  return subscription == none ? command_handlers_[service * messages + message]
                              : message_handlers_[subscription * messages + message];
}

std::size_t World::memory_bytes() const {
  return pool_.memory_bytes() + cells_.memory_bytes() + store_.memory_bytes();
}

}  // namespace flowtank
