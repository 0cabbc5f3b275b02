// SPDX-License-Identifier: Apache-2.0
// What the environment did, in words: faults and crashes as steps of a story, as the reason in its headline,
// and the window that a crash struck in.
#include <string_view>

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

std::string queue_words(const Fault& fault, const std::string& subject) {
  switch (fault.with.policy) {
    case 1: return fmt::format("the queue is full: {} is dropped", subject);
    case 2: return fmt::format("the queue is full: {} waits", subject);
    default: return fmt::format("the queue is full: {} is refused", subject);
  }
}

// What happens inside a broker, where the broker has no words for it.
std::string broker_words(const Fault& fault) {
  const std::string noun(fault_noun(fault.kind));
  const bool vowel = !noun.empty() && std::string_view("aeiou").find(noun[0]) != std::string_view::npos;
  return fmt::format("there was {} {}", vowel ? "an" : "a", noun);
}

}  // namespace

// The record that names what a fault struck: its own, or the first that it caused.
Record RecordText::struck_record(const Record& fault) const {
  if (fault.subject != absent_word) return fault;
  constexpr std::size_t near = 8;
  for (std::size_t id = std::size_t{fault.id} + 1; id < trace_.size() && id <= fault.id + near; ++id) {
    if (trace_[id].parent == fault.id && trace_[id].time == fault.time) return trace_[id];
  }
  return fault;
}

std::string RecordText::struck_service(const Record& fault) const {
  const System& system = system_;
  const Record struck = struck_record(fault);
  if (struck.service < system.services.size()) return who(struck);
  if (fault.place >= system.faults.size()) return who(fault);
  const FaultSelector& on = system.faults[fault.place].on;
  std::uint32_t service = on.service != none ? on.service : on.consumer;
  if (service == none && on.handler < system.handlers.size()) service = system.handlers[on.handler].service;
  return service < system.services.size() ? name(system.services[service].name) : who(fault);
}

std::string RecordText::node_names(const std::vector<FaultNode>& nodes) const {
  std::string names;
  for (const FaultNode& node : nodes) {
    if (!names.empty()) names += ", ";
    switch (node.kind) {
      case NodeKind::service: names += name(system_.services[node.index].name); break;
      case NodeKind::broker: names += name(system_.brokers[node.index].name); break;
      case NodeKind::client: names += name(system_.clients[node.index].name); break;
    }
  }
  return names;
}

std::string RecordText::partition_words(const Fault& fault) const {
  const std::string other = fault.with.other.empty() ? "everybody else" : node_names(fault.with.other);
  return fmt::format("{} {} {}", node_names(fault.with.side), fault.with.one_way ? "cannot reach" : "is cut off from", other);
}

std::string RecordText::reason(const Record& record) const {
  const System& system = system_;
  if (record.kind == RecordKind::crash) return environment(record);
  if (record.kind != RecordKind::fault || record.place >= system.faults.size()) return "";
  const Word struck = struck_record(record).subject;
  const std::string what = struck == absent_word ? "a message" : message(struck);
  switch (system.faults[record.place].kind) {
    case FaultKind::duplicate:
      for (std::size_t id = std::size_t{record.id} + 1; id < trace_.size() && struck != absent_word; ++id) {
        const Record later = trace_[id];
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
    case FaultKind::unroutable: return what + " came before its subscription existed";
    case FaultKind::queue_limit: return "the queue was full";
    case FaultKind::throttle: return "messages came at a limited rate";
    case FaultKind::publish_delay: return fmt::format("the request to publish {} came late", what);
    case FaultKind::wrong_key: return what + " was published with another key";
    case FaultKind::zombie: return struck_service(record) + " stood still, another took over, and it went on";
    case FaultKind::ack_deadline: return what + " was handed out again while it was being handled";
    case FaultKind::slow: return struck_service(record) + " was slow";
    case FaultKind::timer_early: return "a timer fired too early";
    case FaultKind::timer_late: return "a timer fired too late";
    case FaultKind::timer_twice: return "a timer fired twice";
    case FaultKind::call_loss: return what + " never arrived";
    case FaultKind::call_no_answer: return fmt::format("the answer to {} was lost", what);
    case FaultKind::partition: return partition_words(system.faults[record.place]) + " for a while";
    case FaultKind::abort: return fmt::format("a transaction of {} aborted", struck_service(record));
    case FaultKind::ambiguous_commit: return fmt::format("{} did not see that its commit took effect", struck_service(record));
    case FaultKind::stale_read: return struck_service(record) + " read an older state";
    case FaultKind::read_only: return fmt::format("the database of {} took no writes for a while", struck_service(record));
    case FaultKind::lost_tail: return fmt::format("the last commits of {} vanished at a failover", struck_service(record));
    case FaultKind::clock: return fmt::format("the clock of {} was wrong", struck_service(record));
    default: return record.detail == absent_word ? broker_words(system.faults[record.place]) : value(record.detail);
  }
}

std::string RecordText::environment(const Record& record) const {
  const System& system = system_;
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
    case FaultKind::unroutable: return fmt::format("nobody is subscribed yet: {} reaches no queue", subject.empty() ? "a message" : subject);
    case FaultKind::queue_limit: return queue_words(fault, subject.empty() ? "a message" : subject);
    case FaultKind::throttle: return "from now on messages pass at a limited rate";
    case FaultKind::publish_delay: return fmt::format("the request to publish {} is late", subject.empty() ? "an event" : subject);
    case FaultKind::wrong_key: return fmt::format("{} leaves with another key than its own", subject.empty() ? "an event" : subject);
    case FaultKind::zombie: return someone + " stands still in the middle of its work; others take over";
    case FaultKind::ack_deadline: return fmt::format("the deadline for acknowledging {} passes while {} handles it", subject, someone);
    case FaultKind::slow: return someone + " is slow from now on";
    case FaultKind::timer_early: return "a timer fires too early";
    case FaultKind::timer_late: return "a timer fires too late";
    case FaultKind::timer_twice: return "a timer fires, and stays set";
    case FaultKind::call_loss: return fmt::format("{} is lost on its way", subject.empty() ? "a request" : subject);
    case FaultKind::call_no_answer: return fmt::format("the answer to {} is lost", subject.empty() ? "a request" : subject);
    case FaultKind::partition: return partition_words(fault);
    case FaultKind::abort:
      return fmt::format("the transaction of {} aborts ({})", someone, fault.with.policy == 1 ? "a deadlock" : "it cannot be serialized");
    case FaultKind::ambiguous_commit: return fmt::format("the connection of {} breaks at its commit, which takes effect", someone);
    case FaultKind::stale_read: return fmt::format("{} reads from a replica that is behind", someone);
    case FaultKind::read_only: return fmt::format("the database of {} takes no writes", someone);
    case FaultKind::lost_tail: return fmt::format("the database of {} fails over and loses its last commits", someone);
    case FaultKind::clock: return fmt::format("the clock of {} is wrong from now on", someone);
    default: return record.detail == absent_word ? broker_words(fault) : value(record.detail);
  }
}

// A crash ends all runs of its instance; the one it was aimed at, else one that handles a message, else the
// one that the crash names.
Record RecordText::crashed_run(const Record& crash) const {
  const System& system = system_;
  Record found = crash;
  for (std::size_t id = std::size_t{crash.id} + 1; id < trace_.size() && trace_[id].time == crash.time; ++id) {
    const Record end = trace_[id];
    if (end.kind != RecordKind::handler_end || end.outcome != Outcome::crashed || end.parent != crash.id) break;
    const bool aimed = crash.place < system.faults.size() && !system.faults[crash.place].on.step.empty() &&
                       step(end) == name(system.faults[crash.place].on.step);
    if (aimed) return end;
    if (found.id == crash.id && crash.subject == absent_word && end.subject != absent_word) found = end;
  }
  return found;
}

// The crash names the step that its run would have taken next; what the run did last is in the trace.
std::string RecordText::window(const Record& crash) const {
  const auto& handlers = system_.handlers;
  const Record run = crashed_run(crash);
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
    const Record record = trace_[i];
    if (record.service != crash.service || record.instance != crash.instance || record.handler != run.handler) continue;
    if (record.kind == RecordKind::handler_begin || record.kind == RecordKind::handler_end) break;
    const std::string_view before = window_words(record);
    if (before.empty()) continue;
    std::string done(before);
    if (record.kind == RecordKind::effect && record.place < system_.effects.size()) {
      done = name(system_.effects[record.place].name);
    }
    return next.empty() ? "after " + done : fmt::format("between {} and {}", done, next);
  }
  return next.empty() ? "" : "before " + next;
}

std::string RecordText::window_name(const Record& crash) const {
  const std::string text = window(crash);
  constexpr std::string_view between = "between ";
  const std::size_t middle = text.find(" and ");
  if (!text.starts_with(between) || middle == std::string::npos) return "";
  const auto side = [](std::string_view word, std::string_view otherwise) {
    for (const std::string_view known : {"commit", "publish", "ack", "effect", "call", "reply"}) {
      if (word.starts_with(known)) return known;
    }
    return word == "the transaction" ? std::string_view("commit") : otherwise;
  };
  // An effect that happened is called by its name.
  std::string_view first = side(std::string_view(text).substr(between.size(), middle - between.size()), "effect");
  std::string_view second = side(std::string_view(text).substr(middle + 5), "");
  if (second.empty()) return "";
  // What a relay commits beside a publish is that the row is sent.
  const Record run = crashed_run(crash);
  const bool relay = run.handler < system_.handlers.size() && system_.handlers[run.handler].trigger == Trigger::poll;
  if (relay && first == "publish" && second == "commit") second = "mark-sent";
  if (relay && first == "commit" && second == "publish") first = "mark-sent";
  return fmt::format("{}-then-{}", first, second);
}

}  // namespace flowtank::reports
