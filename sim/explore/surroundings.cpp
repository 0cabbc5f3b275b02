// SPDX-License-Identifier: Apache-2.0
// See surroundings.hpp: every expression and every specification of a program is gone through once.
#include "sim/explore/surroundings.hpp"

#include <algorithm>

#include "sim/explore/service_frames.hpp"

namespace flowtank::explore {
namespace {

constexpr std::uint32_t somebody_else = none - 1;  // no frame: a client, a crash, the World itself

void tidy(std::vector<std::uint32_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Which messages an expression that names a local gives, where nothing but the making of events ever sets it; else empty: any.
std::vector<std::uint32_t> messages_made(const System& system, const Program& program, ExprId event) {
  const auto slot = system.expressions[event].plain_slot();
  if (!slot || *slot < slot_local0) return {};
  const std::uint32_t local = *slot - slot_local0;
  std::vector<std::uint32_t> made;
  for (const Instruction& at : program.code) {
    if (at.op == Op::make_event && at.a == local) made.push_back(program.events[at.b].message);
    const bool sets = (at.op == Op::let || at.op == Op::read || at.op == Op::statement_let || at.op == Op::loop_start) && at.a == local;
    if (sets || (at.op == Op::loop_start && at.c == local)) return {};
  }
  const auto is_it = [local](std::uint32_t other) { return other == local; };
  const bool otherwise =
      std::any_of(program.eaches.begin(), program.eaches.end(), [&](const EachSpec& s) { return is_it(s.list_local) || is_it(s.position_local) || is_it(s.item_local); }) ||
      std::any_of(program.chooses.begin(), program.chooses.end(), [&](const ChooseSpec& s) { return is_it(s.local); }) ||
      std::any_of(program.updates.begin(), program.updates.end(), [&](const UpdateSpec& s) { return is_it(s.changed); }) ||
      std::any_of(program.calls.begin(), program.calls.end(), [&](const CallSpec& s) { return is_it(s.result) || is_it(s.outcome); });
  return otherwise ? std::vector<std::uint32_t>{} : made;
}

}  // namespace

Surroundings::Surroundings(const World& world) : system_(world.system()), handlers_(system_.handlers.size()) {
  for (std::uint32_t h = 0; h < handlers_.size(); ++h) look_into(system_, h);
  find_users(world);
  find_single_services(system_);
}

void Surroundings::add_expression(const System& system, ExprId expression, Use& use) const {
  if (expression == none) return;
  const expr::Program& text = system.expressions[expression];
  use.escapes = use.escapes || text.tables_escape();
  for (const expr::TableAccess& access : text.accesses()) use.tables.push_back(static_cast<std::uint32_t>(access.table.u));
}

void Surroundings::look_into(const System& system, std::uint32_t h) {
  const Handler& handler = system.handlers[h];
  const Program& program = handler.program;
  Use& use = handlers_[h];
  const auto reads = [&](ExprId expression) { add_expression(system, expression, use); };
  reads(handler.guard);
  for (const Instruction& at : program.code) {
    const bool evaluates = at.op == Op::let || at.op == Op::branch || at.op == Op::loop_start || at.op == Op::read || at.op == Op::statement_let;
    if (evaluates) reads(at.b);
  }
  for (const InsertSpec& spec : program.inserts) {
    use.writes.push_back(spec.table);
    for (const ExprId column : spec.columns) reads(column);
  }
  for (const UpdateSpec& spec : program.updates) {
    use.writes.push_back(spec.table);
    reads(spec.key);
    reads(spec.guard);
    for (const Assignment& set : spec.set) reads(set.value);
  }
  for (const EraseSpec& spec : program.erases) {
    use.writes.push_back(spec.table);
    reads(spec.key);
  }
  for (const EventSpec& spec : program.events) {
    for (const ExprId field : spec.fields) reads(field);
    reads(spec.id);
    reads(spec.key);
  }
  for (const ChooseSpec& spec : program.chooses) {
    for (const ExprId option : spec.options) reads(option);
  }
  for (const EffectSpec& spec : program.effects) {
    if (system.effects[spec.effect].table != none) use.observes.push_back(system.effects[spec.effect].table);
    reads(spec.key);
    reads(spec.amount);
    reads(spec.idempotency_key);
  }
  for (const CallSpec& spec : program.calls) {
    for (const ExprId field : spec.fields) reads(field);
  }
  for (const ReplySpec& spec : program.replies) reads(spec.value);
  for (const TimerSpec& spec : program.timers) {
    reads(spec.key);
    reads(spec.after_ms);
  }
  for (const FailSpec& spec : program.fails) reads(spec.reason);
  for (const PublishSpec& spec : program.publishes) {
    reads(spec.event);
    if (spec.channel != none) use.publishes.push_back(spec.channel);
    const std::vector<std::uint32_t> made = messages_made(system, program, spec.event);
    for (std::uint32_t m = 0; m < system.messages.size(); ++m) {
      const std::uint32_t channel = handler.service == none ? none : system.wiring[handler.service][m];
      const bool may = made.empty() ? spec.channel != none || channel != none : std::find(made.begin(), made.end(), m) != made.end();
      if (may && spec.channel == none && channel != none) use.publishes.push_back(channel);
      if (may && system.messages[m].accepted_table != none) use.observes.push_back(system.messages[m].accepted_table);
    }
  }
  for (const TransactionSpec& spec : program.transactions) has_snapshots_ = has_snapshots_ || spec.isolation == Isolation::snapshot;
  use.tables.insert(use.tables.end(), use.writes.begin(), use.writes.end());
  tidy(use.tables);
  tidy(use.writes);
  tidy(use.observes);
  tidy(use.publishes);
}

void Surroundings::find_users(const World& world) {
  users_.resize(system_.tables.size());
  writers_.resize(system_.tables.size());
  publishers_.resize(system_.channels.size());
  for (std::uint32_t h = 0; h < handlers_.size(); ++h) {
    const Use& use = handlers_[h];
    for (const std::uint32_t frame : frames_of(world, h)) {
      for (const std::uint32_t table : use.tables) users_[table].push_back(frame);
      for (const std::uint32_t table : use.writes) writers_[table].push_back(frame);
      for (const std::uint32_t table : use.observes) {
        users_[table].push_back(frame);
        writers_[table].push_back(frame);
      }
      for (const std::uint32_t channel : use.publishes) publishers_[channel].push_back(frame);
      for (std::uint32_t table = 0; use.escapes && table < users_.size(); ++table) users_[table].push_back(frame);
    }
  }
  const auto shared = [this](std::uint32_t table) {
    users_[table].push_back(somebody_else);
    writers_[table].push_back(somebody_else);
  };
  for (std::uint32_t t = 0; t < system_.tables.size(); ++t) {
    if (!system_.tables[t].durable) shared(t);  // a crash of whichever instance empties it
  }
  for (const Service& service : system_.services) {
    if (service.dead_letters != none) shared(service.dead_letters);
  }
  // A publish that nobody waits for takes effect without any run: where there can be one, accepted events are counted by nobody's frame.
  bool orphans = std::any_of(system_.faults.begin(), system_.faults.end(), [](const Fault& fault) { return fault.kind == FaultKind::crash; });
  for (const Handler& handler : system_.handlers) {
    for (const PublishSpec& spec : handler.program.publishes) orphans = orphans || !spec.confirm;
  }
  for (const MessageType& type : system_.messages) {
    if (orphans && type.accepted_table != none) shared(type.accepted_table);
  }
  const auto also_read = [&](ExprId expression) {
    Use use;
    add_expression(system_, expression, use);
    for (std::uint32_t t = 0; use.escapes && t < users_.size(); ++t) users_[t].push_back(somebody_else);
    for (const std::uint32_t table : use.tables) users_[table].push_back(somebody_else);
  };
  for (const Client& client : system_.clients) {
    for (const ExprId field : client.fields) also_read(field);
    for (const SessionStep& step : client.script) {
      for (const ExprId field : step.fields) also_read(field);
      for (const ExprId expression : {step.key, step.version, step.at_least}) also_read(expression);
      for (const SessionTarget& target : step.targets) {
        if (target.table != none) users_[target.table].push_back(somebody_else);
      }
    }
  }
  for (const Fault& fault : system_.faults) {
    also_read(fault.on.key);
    for (const FaultSelector& on : fault.also) also_read(on.key);
  }
  for (auto* lists : {&users_, &writers_, &publishers_}) {
    for (auto& frames : *lists) tidy(frames);
  }
}

void Surroundings::find_single_services(const System& system) {
  const bool sessions = std::any_of(system.clients.begin(), system.clients.end(), [](const Client& client) { return !client.script.empty(); });
  for (const Service& service : system.services) {
    const bool durable = std::all_of(service.tables.begin(), service.tables.end(), [&](std::uint32_t t) { return system.tables[t].durable; });
    single_.push_back(!sessions && durable && service.instances == 1 && service.concurrency == 1);
  }
}

bool Surroundings::keeps_to_itself(std::uint32_t handler, Frames frames) const {
  const Use& use = handlers_[handler];
  return !use.escapes && std::all_of(use.tables.begin(), use.tables.end(), [&](std::uint32_t table) { return is_own(table, frames); });
}

bool Surroundings::is_alone(const World& world, std::uint32_t frame) const {
  if (world.runs().poller_of(frame) != none) return true;
  const Service& service = system_.services[world.runs().service_of_frame(frame)];
  return service.instances == 1 && service.concurrency == 1;
}

}  // namespace flowtank::explore
