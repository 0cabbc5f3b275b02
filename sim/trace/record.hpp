// SPDX-License-Identifier: Apache-2.0
// One record of a run: what happened, when, where, to what, and because of which earlier records. Records
// are observations: nothing in the World depends on them, exhaustive search writes none, and replaying
// a decision log writes the same ones again. Kinds follow the vocabulary of event-driven systems; their numbers are part
// of the file format (FORMAT.md): only added to, at the end.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sim/base/pool.hpp>
#include <sim/base/time.hpp>

namespace flowtank {

enum class RecordKind : std::uint8_t {
  command_sent,      // subject = command; service = target
  command_received,  // a handler run takes it
  command_answered,  // outcome; the client or caller sees it
  handler_begin,     // subject = message; place = handler
  handler_end,       // outcome ok, error, crash
  txn_begin,
  row_write,         // statement: place = table, key, detail = new row as list (absent: deleted); not yet visible
  txn_commit,        // the writes since txn_begin become visible
  txn_abort,
  row_changed,       // place = table, key, before, detail: visible now; parent = its commit
  event_made,        // subject = message
  publish_try,       // subject = message; place = channel
  publish_seen,      // outcome ok, error, unknown: what the producer was told
  accepted,          // the broker stored a copy; subject, place = channel
  lost,              // an accepted copy ceased to exist
  delivered,         // place = subscription
  acked,
  nacked,
  dead_lettered,
  redelivered,       // a copy is ready again after crash or nack
  timer_set,
  timer_fired,
  timer_cancelled,
  effect,            // place = effect type, key, detail = amount
  chosen,            // detail = the outcome
  retry,             // of a publish, call or handler
  failed,            // the handler gives up or an expression has no value; detail = text
  crash,
  restart,
  fault,             // an injected fault takes effect; place = fault
  fault_over,
  client_retry,
  poll,
  client_read,       // a session saw an answer: subject = query (absent: a row, read directly), place = client, service =
                     // who was asked, step = session, key, before = version, detail = answer
  violated,          // a property fails; place = its index, key, parent = the record that made it fail
  step,              // an action that left no record of its own changed something; level full only
};

inline constexpr std::size_t record_kinds = static_cast<std::size_t>(RecordKind::step) + 1;

enum class Outcome : std::uint8_t { ok, error, unknown, crashed, ignored };

using RecordId = std::uint32_t;
inline constexpr RecordId no_record = 0xffffffffU;

// One row of a trace as writers fill it and readers see it. Words belong to the Pool of the World that ran; indices to its
// System. In a file the words are numbers of its dictionary (reader.hpp).
struct Record {
  Time time;
  RecordId id = no_record;  // position in the trace, from 0
  RecordKind kind = RecordKind::failed;
  Outcome outcome = Outcome::ok;
  std::uint16_t service = 0xffff;   // 0xffff: none (a client, a broker)
  std::uint16_t instance = 0;       // from 0
  std::uint16_t handler = 0xffff;   // index in System::handlers
  std::uint32_t step = 0xffffffffU; // index in the handler's steps
  std::uint32_t place = 0xffffffffU;
  Word subject = absent_word;       // message
  Word key = absent_word;
  Word before = absent_word;
  Word detail = absent_word;
  Word says = absent_word;          // a sentence of the model's author about this step (string); absent: none
  RecordId parent = no_record;      // the direct cause
  RecordId other_parent = no_record;  // a second cause: the fault that made this possible, the earlier write
};

}  // namespace flowtank
