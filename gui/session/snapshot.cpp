// SPDX-License-Identifier: Apache-2.0
// See snapshot.hpp. Of several verdicts of one urgency the first is chosen: the order is that of the scenario.
#include "gui/session/snapshot.hpp"

#include <algorithm>
#include <cstdio>

namespace flowtank::gui {

TraceFile::~TraceFile() {
  if (temporary_) std::remove(path_.c_str());
}

std::uint32_t most_urgent(const Snapshot& snapshot) {
  const auto first = [&](auto&& wanted) {
    const auto found = std::find_if(snapshot.verdicts.begin(), snapshot.verdicts.end(), wanted);
    return found == snapshot.verdicts.end() ? none : static_cast<std::uint32_t>(found - snapshot.verdicts.begin());
  };
  const std::uint32_t fail = first([](const VerdictEntry& v) { return v.verdict.kind == VerdictKind::fail; });
  if (fail != none) return fail;
  const std::uint32_t open = first([](const VerdictEntry& v) { return v.verdict.kind != VerdictKind::pass; });
  return open != none ? open : snapshot.verdicts.empty() ? none : 0;
}

}  // namespace flowtank::gui
