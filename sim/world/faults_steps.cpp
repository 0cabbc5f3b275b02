// SPDX-License-Identifier: Apache-2.0
// Faults of handler runs, instances and timers: crashes, errors, aborts and old reads before a step, copies handed out
// again while they are handled, instances that stand still or are slow, timers that are not on time.
#include <algorithm>

#include "sim/world/fault_kinds.hpp"
#include "sim/world/faults.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

// The visible instructions that follow `pc` without another one in between.
void visible_after(const Program& program, std::uint32_t pc, std::vector<std::uint32_t>& out) {
  std::vector<std::uint32_t> open{pc};
  std::vector<char> seen(program.code.size());
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    open.pop_back();
    if (at >= program.code.size() || seen[at] != 0) continue;
    seen[at] = 1;
    const Instruction& instruction = program.code[at];
    if (is_visible(instruction.op)) {
      out.push_back(at);
      continue;
    }
    if (instruction.op == Op::jump || instruction.op == Op::branch) open.push_back(instruction.a);
    if (instruction.op == Op::loop_next) open.push_back(program.eaches[instruction.a].past);
    if (instruction.op != Op::jump) open.push_back(at + 1);
  }
}

}  // namespace

void Faults::find_positions() {
  bool any = false;
  for (const Fault& fault : system_.faults) {
    any |= any_place(fault, [](const FaultSelector& on) { return on.position != StepPosition::any; });
  }
  if (!any) return;
  for (const Handler& handler : system_.handlers) {
    const Program& program = handler.program;
    Positions positions;
    visible_after(program, 0, positions.first);
    std::uint32_t commits = 0;
    for (std::uint32_t pc = 0; pc < program.code.size(); ++pc) {
      if (program.code[pc].op != Op::commit) continue;
      ++commits;
      std::vector<std::uint32_t> next;
      visible_after(program, pc + 1, next);
      for (const std::uint32_t at : next) positions.after_commit.emplace_back(at, commits);
    }
    positions_.push_back(std::move(positions));
  }
}

// At the end of a run that owes nothing to a broker nobody can tell whether it is over, so that it is no step,
// unless a crash there is asked for, or would keep an answer from somebody who waits.
void Faults::find_ends() {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::crash || struck_by_clock(fault)) continue;
    ends_.resize(system_.handlers.size());
    for (std::uint32_t h = 0; h < system_.handlers.size(); ++h) {
      const Program& program = system_.handlers[h].program;
      const std::string& label = program.steps[program.code.back().step].label;
      any_place(fault, [&](const FaultSelector& on) {
        if (on.service != none && on.service != system_.handlers[h].service) return false;
        if (on.handler != none && on.handler != h) return false;
        const bool named = on.step == label || on.position == StepPosition::before_ack || on.position == StepPosition::after_ack ||
                           on.position == StepPosition::after_commit;
        const bool anywhere = on.step.empty() && on.position == StepPosition::any;
        ends_[h] = std::max<std::uint8_t>(ends_[h], named ? 2 : anywhere ? 1 : 0);
        return false;
      });
    }
  }
}

bool Faults::at_position(const World& world, const FaultSelector& on, std::uint32_t frame) const {
  const Runs& runs = world.runs();
  if (runs.waiting_of(frame) != Waiting::nothing) return false;
  const Positions& positions = positions_[runs.handler_of(frame)];
  const std::uint32_t pc = runs.pc_of(frame);
  switch (on.position) {
    case StepPosition::before_handler: return std::find(positions.first.begin(), positions.first.end(), pc) != positions.first.end();
    case StepPosition::after_commit:
      return std::any_of(positions.after_commit.begin(), positions.after_commit.end(), [&](const auto& place) {
        return place.first == pc && (on.commit == 0 || on.commit == place.second);
      });
    case StepPosition::before_ack: {
      const Instruction& at = runs.instruction(frame);
      return !runs.origin_of(frame).settled && ((at.op == Op::settle && at.b == 0) || at.op == Op::end);
    }
    case StepPosition::after_ack: return runs.origin_of(frame).settled;
    case StepPosition::any: break;
  }
  return true;
}

// Whether the next step of the run is one that this kind of fault strikes.
bool Faults::step_can_be_struck(const World& world, std::uint32_t f, std::uint32_t frame) const {
  const Runs& runs = world.runs();
  if (runs.waiting_of(frame) != Waiting::nothing) return false;
  const Instruction& at = runs.instruction(frame);
  switch (system_.faults[f].kind) {
    case FaultKind::crash: return true;
    case FaultKind::handler_error: return at.op != Op::end;
    case FaultKind::zombie:
    case FaultKind::ack_deadline: return can_redeliver(world, frame);
    case FaultKind::abort:
    case FaultKind::ambiguous_commit: {
      if (at.op == Op::commit) return true;
      const Program& program = system_.handlers[runs.handler_of(frame)].program;
      return at.op == Op::begin && program.transactions[at.a].isolation == Isolation::serializable;
    }
    case FaultKind::stale_read: return at.op == Op::read && commits_kept(world, runs.service_of_frame(frame)) != 0;
    default: return false;
  }
}

bool Faults::can_redeliver(const World& world, std::uint32_t frame) const {
  const Origin from = world.runs().origin_of(frame);
  return from.kind == OriginKind::message && !from.settled && !from.fenced;
}

bool Faults::strikes_before_step(World& world, std::uint32_t frame, Action& out) {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (!step_can_be_struck(world, f, frame) || fault.kind == FaultKind::ack_deadline) continue;
    if (fault.kind == FaultKind::stale_read && fault.delay != none && commits_kept(world, world.runs().service_of_frame(frame)) == 0) continue;
    if (!selects_frame(world, f, frame) || !due(world, f, world.runs().input_of(frame), world.runs().pc_of(frame))) continue;
    out = {.fault = static_cast<std::uint16_t>(f), .a = frame};
    switch (fault.kind) {
      case FaultKind::crash:
        out.kind = ActionKind::fault_crash;
        out.a = world.runs().instance_of_frame(frame);
        break;
      case FaultKind::handler_error: out.kind = ActionKind::fault_error; break;
      case FaultKind::zombie: out.kind = ActionKind::fault_redeliver; break;
      case FaultKind::stale_read: {
        out.kind = ActionKind::fault_read;
        const std::uint32_t service = world.runs().service_of_frame(frame);
        out.choice = std::min(fault.with.versions, commits_kept(world, service));
        if (fault.delay != none) {
          const Time seen = world.now() - length(world, f, world.runs().input_of(frame));
          const auto& commits = history_[service];
          out.choice = static_cast<std::uint32_t>(std::count_if(commits.begin(), commits.end(), [&](const Commit& c) { return c.at > seen; }));
        }
        break;
      }
      default: out.kind = ActionKind::fault_commit; break;
    }
    return true;
  }
  return false;
}

// Faults of one run: a = frame.
void Faults::strike_run(World& world, const Action& action, RecordId record) {
  Runs& runs = world.runs();
  const FaultKind kind = system_.faults[action.fault].kind;
  if (world.notes(RecordKind::fault)) {
    world.last_noted().parent = runs.cause(action.a);
    world.last_noted().subject = runs.input_of(action.a);
    world.last_noted().service = static_cast<std::uint16_t>(runs.service_of_frame(action.a));
    world.last_noted().instance = static_cast<std::uint16_t>(runs.number_of_instance(runs.instance_of_frame(action.a)));
    runs.set_cause(action.a, record);
  }
  switch (action.kind) {
    case ActionKind::fault_error: runs.raise(world, action.a, "injected error", false); break;
    case ActionKind::fault_reply: runs.set_replies_to(action.a, absent_word); break;
    case ActionKind::fault_commit: {
      const bool unseen = kind == FaultKind::ambiguous_commit;
      const bool deadlock = system_.faults[action.fault].with.policy == 1;
      runs.step_to_commit(world, action.a, unseen ? CommitFate::unseen : CommitFate::aborts,
                          unseen     ? "the connection broke at the commit"
                          : deadlock ? "deadlock detected"
                                     : "could not serialize access");
      break;
    }
    case ActionKind::fault_read: {
      const Transaction old = as_of(world, runs.service_of_frame(action.a), action.choice);
      runs.step_on_old(world, action.a, old);
      break;
    }
    default: {  // handed out again; a zombie takes all that its instance holds
      const std::uint32_t instance = runs.instance_of_frame(action.a);
      if (kind != FaultKind::zombie) {
        redeliver(world, action.a);
        break;
      }
      if (world.timed()) {
        cells_.set(instance_state_[instance], state_paused + action.fault);
        world.offer(length(world, action.fault, runs.input_of(action.a)),
                    {.kind = ActionKind::pause_over, .fault = action.fault, .a = action.fault, .b = instance});
      }
      for (std::uint32_t frame = runs.frames_begin(instance); frame < runs.frames_end(instance); ++frame) {
        if (runs.active(frame) && can_redeliver(world, frame)) redeliver(world, frame);
      }
    }
  }
}

// The broker takes the copy for not handled; the run goes on, and what it settles is refused.
void Faults::redeliver(World& world, std::uint32_t frame) {
  Runs& runs = world.runs();
  const Origin from = runs.origin_of(frame);
  const Word message = runs.input_of(frame);
  runs.fence_run(frame);
  if (world.notes(RecordKind::fault)) {
    const RecordId cause = world.last_record();
    Record& r = world.note(RecordKind::redelivered);
    r.subject = message;
    r.place = from.source;
    r.parent = cause;
    world.set_last_record_of(world.trail(World::Trail::struck_copy, message), r.id);
  }
  world.broker_of(from.source).settle(world, from.source, {message, from.attempts, from.token}, Settle::requeue);
}

void Faults::set_deadlines(World& world, std::uint32_t frame) {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (system_.faults[f].kind != FaultKind::ack_deadline || !can_redeliver(world, frame)) continue;
    const Word message = world.runs().input_of(frame);
    if (!selects_frame(world, f, frame) || !due(world, f, message, frame)) continue;
    world.offer(length(world, f, message), {.kind = ActionKind::fault_redeliver, .fault = static_cast<std::uint16_t>(f), .a = frame},
                world.runs().epoch(frame));
  }
}

bool Faults::poisoned(World& world, std::uint32_t service, std::uint32_t handler, Word message) {
  if (!any_poison_) return false;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (system_.faults[f].kind != FaultKind::poison || system_.faults[f].when.budget == 0) continue;
    const bool selected = any_place(system_.faults[f], [&](const FaultSelector& on) {
      if (on.service != none && on.service != service) return false;
      if (on.handler != none && on.handler != handler) return false;
      if (on.message != none && on.message != world.message_type(message)) return false;
      return key_matches(world, on, message);
    });
    if (!selected) continue;
    noted(world, f);
    if (world.notes(RecordKind::fault)) {
      Record& r = world.last_noted();
      r.subject = message;
      r.service = static_cast<std::uint16_t>(service);
      r.handler = static_cast<std::uint16_t>(handler);
      r.parent = world.last_record_of(message);
    }
    return true;
  }
  return false;
}

Duration Faults::slow_down(std::uint32_t instance, Duration takes) const {
  std::uint32_t service = 0, number = instance;
  while (number >= system_.services[service].instances) number -= system_.services[service++].instances;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::slow || !open(f) || !selects_service(f, service, number)) continue;
    takes = Duration(takes.nanoseconds() / 100) * fault.with.factor_percent;
  }
  return takes;
}

// ---- timers ---------------------------------------------------------------------------------------

Duration Faults::timer_after(World& world, std::uint32_t timer, Word key, Duration after) {
  if (!any_timer_fault_ || !world.timed()) return after;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::timer_early && fault.kind != FaultKind::timer_late) continue;
    const bool selected = any_place(fault, [&](const FaultSelector& on) {
      return (on.timer == none || on.timer == timer) && (on.service == none || on.service == system_.timers[timer].service);
    });
    if (!selected || !due(world, f, key, timer)) continue;
    took_effect(world, f);
    const Duration by = fault.delay == none ? after : length(world, f, key);
    after = fault.kind == FaultKind::timer_late ? after + by : std::max(Duration{}, after - by);
  }
  return after;
}

bool Faults::fires_again(World& world, std::uint32_t timer, Word key, Duration& gap) {
  if (!any_timer_fault_ || !world.timed()) return false;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (system_.faults[f].kind != FaultKind::timer_twice) continue;
    const bool selected = any_place(system_.faults[f], [&](const FaultSelector& on) {
      return (on.timer == none || on.timer == timer) && (on.service == none || on.service == system_.timers[timer].service);
    });
    if (!selected || !due(world, f, key, timer)) continue;
    took_effect(world, f);
    gap = length(world, f, key);
    return true;
  }
  return false;
}

}  // namespace flowtank
