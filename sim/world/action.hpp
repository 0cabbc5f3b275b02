// SPDX-License-Identifier: Apache-2.0
// Actions: the transitions of the World. Every driver chooses among them and the World applies one;
// there is no other way for anything to happen. In a decision log an action is written with names,
// message ids and occurrences (World::describe), never with the indices used here.
#pragma once

#include <cstdint>

#include <sim/base/pool.hpp>

namespace flowtank {

// The order of the enumerators is the documented order of enabled actions: what the system does by
// itself before what the environment does to it, so that shortest stories strike late.
enum class ActionKind : std::uint8_t {
  client_send,      // a = client; its next request leaves; with a script b = session: its next step, at target `choice`
  command_deliver,  // a = service, word = request in flight: a handler run takes it
  deliver,          // a = subscription, b = copy (broker's own name for it): a handler run takes it
  step,             // a = frame: its next visible instruction
  request_effect,   // a = frame: its request takes effect at the receiver
  answer,           // a = frame: it sees the result
  orphan_effect,    // word = request of a sender that is gone or does not wait: takes effect
  timer_fire,       // a = timer, word = key
  poll,             // a = frame of a poller
  client_retry,     // a = client, b = session if it has a script, word = request that was never answered
  broker,           // a = broker, b, word = its own
  restart,          // a = instance
  outage_over,      // a = fault
  pause_over,       // a = fault, b = instance
  window_over,      // a = fault: what lasts (a partition, a read-only database) is over
  // Faults: each spends one of its budget. `fault` says which.
  fault_duplicate,  // a = subscription, b = copy
  fault_lose,       // a = subscription, b = copy
  fault_reorder,    // a = subscription, b = copy: may be overtaken from now on
  fault_no_answer,  // a = frame: its publish was accepted, the answer is lost
  fault_no_request, // a = frame: its publish request is lost
  fault_crash,      // a = instance
  fault_error,      // a = frame: the handler raises now
  fault_pause,      // a = instance
  fault_outage,     // a = broker
  fault_broker,     // a = broker; b, choice, word = its own: a fault of the broker itself
  fault_publish,    // a = frame: its publish arrives with another key
  fault_redeliver,  // a = frame: the copy that it handles is handed out again
  fault_timer,      // a = timer, word = key: fires now though it is not due, or once more
  fault_request,    // a = service, word = request in flight: lost
  fault_reply,      // a = frame: its answer will not arrive
  fault_window,     // a = fault: something that lasts begins
  fault_commit,     // a = frame: its transaction aborts at commit, or commits unseen
  fault_read,       // a = frame, choice = commits back: its next read is old
  fault_tail,       // a = service, choice = commits that vanish
};
constexpr bool is_fault(ActionKind kind) { return kind >= ActionKind::fault_duplicate; }

struct Action {
  ActionKind kind = ActionKind::step;
  std::uint16_t fault = 0xffff;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t choice = 0;  // outcome of a `choose`
  Word word = absent_word;
  friend bool operator==(const Action&, const Action&) = default;
};
static_assert(sizeof(Action) == 24);

// Tells actions apart within one World; a word's part of it depends on the order of discovery, so it never leaves a search.
constexpr std::uint64_t hash_of(const Action& action) {
  const std::uint64_t what = static_cast<std::uint64_t>(action.kind) | std::uint64_t{action.fault} << 8 | std::uint64_t{action.choice} << 24;
  const std::uint64_t where = std::uint64_t{action.a} << 32 | action.b;
  return fold_multiply(fold_multiply(what ^ 0xd6e8feb86659fd93ULL, where ^ 0x9e3779b97f4a7c15ULL) ^ action.word, 0xa0761d6478bd642fULL);
}

}  // namespace flowtank
