// SPDX-License-Identifier: Apache-2.0
// What is said about a property after a run, a campaign or an exploration: one of four verdicts, how strong
// it is, and the evidence. A verdict without the evidence its kind needs is a bug of ours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/trace/record.hpp>

#include "sim/property/spec.hpp"

namespace flowtank {

// One violating (or stuck, or missing) key and what was seen of it.
struct KeyEvidence {
  std::string key;       // "o-7"; empty for a property without keys
  std::string subject;   // what was looked at: "payment.charge", "order.orders.status"
  std::string before;    // values as text; empty when they make no sense
  std::string after;
  std::string allowed;   // "<= 1", "equal", "paid or cancelled"
  std::string sentence;  // "Order o-7 was charged twice."
  RecordId record = no_record;  // where it became true in the trace, when there is one
};

struct Verdict {
  std::string property;
  std::uint32_t index = 0;  // in the scenario's properties
  VerdictKind kind = VerdictKind::vacuous;
  Strength strength = Strength::unstated;
  bool goal = false;  // of a property that should be reachable; PASS: it was reached
  std::string note;  // short: "1 key: o-7", "no message was dead-lettered", "horizon reached"
  std::vector<KeyEvidence> evidence;  // FAIL: at least one
};

std::string_view to_text(VerdictKind kind);  // PASS FAIL INCONCLUSIVE VACUOUS
std::string_view to_text(Strength strength);  // proved tested observed, "" for unstated

}  // namespace flowtank
