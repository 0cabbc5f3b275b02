// SPDX-License-Identifier: Apache-2.0
// The names of kinds and outcomes in files. They are part of the formats: never renamed, only added to.
#include "reports/record_text.hpp"

#include <sim/world/fault_kinds.hpp>

namespace flowtank::reports {

std::string_view kind_name(RecordKind kind) {
  switch (kind) {
    case RecordKind::command_sent: return "command_sent";
    case RecordKind::command_received: return "command_received";
    case RecordKind::command_answered: return "command_answered";
    case RecordKind::handler_begin: return "handler_begin";
    case RecordKind::handler_end: return "handler_end";
    case RecordKind::txn_begin: return "txn_begin";
    case RecordKind::row_write: return "row_write";
    case RecordKind::txn_commit: return "txn_commit";
    case RecordKind::txn_abort: return "txn_abort";
    case RecordKind::row_changed: return "row_changed";
    case RecordKind::event_made: return "event_made";
    case RecordKind::publish_try: return "publish_try";
    case RecordKind::publish_seen: return "publish_seen";
    case RecordKind::accepted: return "accepted";
    case RecordKind::lost: return "lost";
    case RecordKind::delivered: return "delivered";
    case RecordKind::acked: return "acked";
    case RecordKind::nacked: return "nacked";
    case RecordKind::dead_lettered: return "dead_lettered";
    case RecordKind::redelivered: return "redelivered";
    case RecordKind::timer_set: return "timer_set";
    case RecordKind::timer_fired: return "timer_fired";
    case RecordKind::timer_cancelled: return "timer_cancelled";
    case RecordKind::effect: return "effect";
    case RecordKind::chosen: return "chosen";
    case RecordKind::retry: return "retry";
    case RecordKind::failed: return "failed";
    case RecordKind::crash: return "crash";
    case RecordKind::restart: return "restart";
    case RecordKind::fault: return "fault";
    case RecordKind::fault_over: return "fault_over";
    case RecordKind::client_retry: return "client_retry";
    case RecordKind::poll: return "poll";
    case RecordKind::violated: return "violated";
    case RecordKind::step: return "step";
    case RecordKind::client_read: return "client_read";
  }
  return "unknown";
}

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::error: return "error";
    case Outcome::unknown: return "unknown";
    case Outcome::crashed: return "crashed";
    case Outcome::ignored: return "ignored";
  }
  return "unknown";
}

std::string_view fault_noun(FaultKind kind) { return fault_kind(kind).noun; }

}  // namespace flowtank::reports
