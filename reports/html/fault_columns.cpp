// SPDX-License-Identifier: Apache-2.0
// See fault_columns.hpp. A scenario that cannot be driven without its other faults says so in its column instead of failing the page.
#include "reports/html/fault_columns.hpp"

#include <fmt/format.h>

#include <sim/check/fault_columns.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {

void add_columns(HtmlAside& html, const Scenario& scenario, const Result& result, const ColumnDriver& drive, const std::function<bool()>& stopped) {
  const std::vector<FaultKind> kinds = fault_kinds_of(scenario);
  if (kinds.empty() || result.properties.empty()) return;
  if (result.interrupted) {
    html.columns_note = "The work was interrupted: faults were not looked at one by one.";
    return;
  }
  if (result.driver == Driver::run && !result.campaign && result.run.actions > column_actions) {
    html.columns_note = fmt::format("This run has {}; runs with single faults are made only up to {}.", counted(result.run.actions, "action"), thousands(column_actions));
    return;
  }
  std::vector<std::optional<FaultKind>> wanted = {std::nullopt};
  if (kinds.size() > 1) wanted.insert(wanted.end(), kinds.begin(), kinds.end());
  for (const std::optional<FaultKind>& only : wanted) {
    FaultColumn column;
    column.only = only;
    if (stopped()) {
      column.why_not = "interrupted";
    } else {
      column.scenario = with_faults(scenario, only);
      Diagnostics problems;
      column.result = drive(*column.scenario, problems);
      if (!column.result) column.why_not = "cannot be driven without the other faults";
    }
    html.columns.push_back(std::move(column));
  }
}

}  // namespace flowtank::reports
