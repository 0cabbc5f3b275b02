// SPDX-License-Identifier: Apache-2.0
// What the environment did, in words: faults and crashes as steps of a story, as the reason in its headline,
// and the window that a crash struck in.
#include <fmt/format.h>

#include "reports/record_text.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

std::string_view op_words(Op op) {
  switch (op) {
    case Op::commit: return "commit";
    case Op::publish: return "publish";
    case Op::effect: return "effect";
    case Op::call: return "call";
    case Op::reply: return "reply";
    case Op::settle:
    case Op::end: return "ack";
    case Op::begin: return "the transaction";
    case Op::set_timer: return "setting the timer";
    case Op::wait: return "the end of a wait";
    default: return "";
  }
}

// What a record means as one side of a window; empty when it is none.
std::string_view window_words(const Record& record) {
  switch (record.kind) {
    case RecordKind::txn_commit: return "commit";
    case RecordKind::publish_seen: return "publish";
    case RecordKind::accepted: return "publish";
    case RecordKind::effect: return "effect";
    case RecordKind::acked: return "ack";
    default: return "";
  }
}

}  // namespace

// The record that names what a fault struck: its own, or the first that it caused.
const Record& RecordText::struck_record(const Record& fault) const {
  if (fault.subject != absent_word) return fault;
  constexpr std::size_t near = 8;
  for (std::size_t id = std::size_t{fault.id} + 1; id < trace_.size() && id <= fault.id + near; ++id) {
    if (trace_[id].parent == fault.id && trace_[id].time == fault.time) return trace_[id];
  }
  return fault;
}

std::string RecordText::struck_service(const Record& fault) const {
  const System& system = world_.system();
  const Record& struck = struck_record(fault);
  if (struck.service < system.services.size()) return who(struck);
  if (fault.place >= system.faults.size()) return who(fault);
  const FaultSelector& on = system.faults[fault.place].on;
  std::uint32_t service = on.service != none ? on.service : on.consumer;
  if (service == none && on.handler < system.handlers.size()) service = system.handlers[on.handler].service;
  return service < system.services.size() ? name(system.services[service].name) : who(fault);
}

std::string RecordText::reason(const Record& record) const {
  const System& system = world_.system();
  if (record.kind == RecordKind::crash) return environment(record);
  if (record.kind != RecordKind::fault || record.place >= system.faults.size()) return "";
  const Word struck = struck_record(record).subject;
  const std::string what = struck == absent_word ? "a message" : message(struck);
  switch (system.faults[record.place].kind) {
    case FaultKind::duplicate:
      for (std::size_t id = std::size_t{record.id} + 1; id < trace_.size() && struck != absent_word; ++id) {
        const Record& later = trace_[id];
        if (later.kind == RecordKind::delivered && later.subject == struck) return fmt::format("{} got {} a second time", who(later), what);
      }
      return fmt::format("there was a second copy of {}", what);
    case FaultKind::delay: return what + " was delayed";
    case FaultKind::loss: return fmt::format("the broker lost {}", what);
    case FaultKind::reorder: return what + " was overtaken";
    case FaultKind::ambiguous_publish: return fmt::format("the answer to publishing {} was lost", what);
    case FaultKind::publish_loss: return fmt::format("the request to publish {} was lost", what);
    case FaultKind::crash: return struck_service(record) + " crashed";
    case FaultKind::handler_error:
    case FaultKind::poison: return fmt::format("{} raised an error while it handled {}", struck_service(record), what);
    case FaultKind::pause: return struck_service(record) + " stood still";
    case FaultKind::outage: return "the broker refused every publish for a while";
  }
  return "";
}

std::string RecordText::environment(const Record& record) const {
  const System& system = world_.system();
  if (record.kind == RecordKind::crash) {
    const std::string between = window(record);
    return who(record) + " crashed" + (between.empty() ? "" : " " + between);
  }
  if (record.kind == RecordKind::restart) return who(record) + " restarted with what its database holds";
  if (record.place >= system.faults.size()) return record.kind == RecordKind::fault ? "a fault struck" : "a fault is over";
  const Fault& fault = system.faults[record.place];
  const std::string someone = struck_service(record);
  if (record.kind == RecordKind::fault_over) return fmt::format("fault {} is over", name(fault.name));
  Word struck = struck_record(record).subject;
  if (struck == absent_word && record.id > 0 && record.id <= trace_.size() && trace_[record.id - 1].kind == RecordKind::accepted) {
    struck = trace_[record.id - 1].subject;  // struck as it was stored
  }
  const std::string subject = struck == absent_word ? "" : message(struck);
  switch (fault.kind) {
    case FaultKind::delay: return fmt::format("{} is delayed", subject.empty() ? "a message" : subject);
    case FaultKind::duplicate: return fmt::format("the broker holds a second copy of {}", subject.empty() ? "a message" : subject);
    case FaultKind::loss: return fmt::format("the broker loses {}", subject.empty() ? "a message" : subject);
    case FaultKind::reorder: return fmt::format("{} may be overtaken by later messages", subject.empty() ? "a message" : subject);
    case FaultKind::ambiguous_publish:
      return fmt::format("the broker accepts {}, but the answer is lost", subject.empty() ? "a publish" : subject);
    case FaultKind::publish_loss: return fmt::format("the request to publish {} is lost", subject.empty() ? "an event" : subject);
    case FaultKind::crash: return fmt::format("{} crashes", someone);
    case FaultKind::handler_error:
    case FaultKind::poison:
      return fmt::format("{} raises an error{}", someone, subject.empty() ? "" : " while it handles " + subject);
    case FaultKind::pause: return fmt::format("{} stands still", someone);
    case FaultKind::outage: return "the broker refuses every publish";
  }
  return "a fault struck";
}

// A crash ends all runs of its instance; the one it was aimed at, else one that handles a message, else the
// one that the crash names.
const Record& RecordText::crashed_run(const Record& crash) const {
  const System& system = world_.system();
  const Record* found = &crash;
  for (std::size_t id = std::size_t{crash.id} + 1; id < trace_.size() && trace_[id].time == crash.time; ++id) {
    const Record& end = trace_[id];
    if (end.kind != RecordKind::handler_end || end.outcome != Outcome::crashed || end.parent != crash.id) break;
    const bool aimed = crash.place < system.faults.size() && !system.faults[crash.place].on.step.empty() &&
                       step(end) == name(system.faults[crash.place].on.step);
    if (aimed) return end;
    if (found == &crash && crash.subject == absent_word && end.subject != absent_word) found = &end;
  }
  return *found;
}

// The crash names the step that its run would have taken next; what the run did last is in the trace.
std::string RecordText::window(const Record& crash) const {
  const auto& handlers = world_.system().handlers;
  const Record& run = crashed_run(crash);
  if (run.handler >= handlers.size()) return "";
  std::string next;
  bool there = false;
  for (const Instruction& at : handlers[run.handler].program.code) {
    there = there || at.step == run.step;
    if (!there || !is_visible(at.op)) continue;
    // What others would have noticed counts, not a transaction of bookkeeping before it.
    const bool bookkeeping = at.op == Op::begin || at.op == Op::commit || op_words(at.op).empty();
    if (next.empty() || !bookkeeping) next = op_words(at.op);
    if (!bookkeeping) break;
  }
  for (std::size_t i = crash.id; i-- > 0;) {
    const Record& record = trace_[i];
    if (record.service != crash.service || record.instance != crash.instance || record.handler != run.handler) continue;
    if (record.kind == RecordKind::handler_begin || record.kind == RecordKind::handler_end) break;
    const std::string_view before = window_words(record);
    if (before.empty()) continue;
    std::string done(before);
    if (record.kind == RecordKind::effect && record.place < world_.system().effects.size()) {
      done = name(world_.system().effects[record.place].name);
    }
    return next.empty() ? "after " + done : fmt::format("between {} and {}", done, next);
  }
  return next.empty() ? "" : "before " + next;
}

}  // namespace flowtank::reports
