// SPDX-License-Identifier: Apache-2.0
// What two checks of one scenario must agree in, whichever way they searched: verdicts and their strength, witnesses and their
// length, steps never reached, faults in effect. Not in numbers of states, which a reduction is there to change.
#pragma once

#include <string>

#include <sim/check/scenario_check.hpp>

namespace flowtank::test {

inline std::string not_reached(const Result& result) {
  std::string all;
  for (const NotReached& part : result.not_reached) all += part.what + "/" + part.step + ";";
  return all;
}

// What differs, in words; empty: nothing.
inline std::string difference(const Result& plain, const Result& reduced) {
  if (!reduced.our_fault.empty()) return "fault of ours: " + reduced.our_fault;
  // A search stops where every property is found violated; one that sees fewer states may find the last one sooner.
  const auto decided = [](const Result& result) { return !result.complete && result.limit == explore::Limit::cancelled && !result.interrupted; };
  if (plain.complete != reduced.complete && !decided(plain) && !decided(reduced)) return "one search is complete, the other is not";
  const bool whole = plain.complete && reduced.complete;
  for (std::size_t p = 0; p < plain.properties.size(); ++p) {
    const PropertyOutcome& a = plain.properties[p];
    const PropertyOutcome& b = reduced.properties[p];
    if (a.verdict.kind != b.verdict.kind) return a.verdict.property + ": another verdict";
    if (a.verdict.strength != b.verdict.strength) return a.verdict.property + ": another strength";
    if ((a.witness == nullptr) != (b.witness == nullptr)) return a.verdict.property + ": one has no witness";
    if (a.witness && !b.witness->any_length && a.witness->steps.size() != b.witness->steps.size()) return a.verdict.property + ": another length";
    if (b.witness && b.witness->any_length) return a.verdict.property + ": not shown to be shortest";
  }
  if (whole && not_reached(plain) != not_reached(reduced)) return "other steps reached";
  for (std::size_t f = 0; f < plain.faults.size(); ++f) {
    if (whole && plain.faults[f].took_effect != reduced.faults[f].took_effect) return "another fault took effect";
  }
  return {};
}

}  // namespace flowtank::test
