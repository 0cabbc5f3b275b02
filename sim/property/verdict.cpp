// SPDX-License-Identifier: Apache-2.0
// The words for verdicts and strengths. They are stable: reports, expectations and exit codes use them.
#include "sim/property/verdict.hpp"

namespace flowtank {

std::string_view to_text(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::pass: return "PASS";
    case VerdictKind::fail: return "FAIL";
    case VerdictKind::inconclusive: return "INCONCLUSIVE";
    case VerdictKind::vacuous: return "VACUOUS";
  }
  return "";
}

std::string_view to_text(Strength strength) {
  switch (strength) {
    case Strength::unstated: return "";
    case Strength::observed: return "observed";
    case Strength::tested: return "tested";
    case Strength::proved: return "proved";
  }
  return "";
}

}  // namespace flowtank
