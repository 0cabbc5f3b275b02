// SPDX-License-Identifier: Apache-2.0
// The columns of a page's matrix: the same scenario without faults and with one kind of fault each, driven as the whole one was.
// Limits are counts, never seconds, so that the same input gives the same page; a face may stop the work between two of them.
#pragma once

#include <functional>
#include <optional>

#include "reports/html/report.hpp"

namespace flowtank::reports {

inline constexpr std::uint64_t column_states = 500'000;   // of a check with one kind of fault
inline constexpr std::uint64_t column_actions = 200'000;  // of a run: a longer one is not repeated for each kind of fault

// Drives a scenario as the whole one was driven.
using ColumnDriver = std::function<std::optional<Result>(const Scenario& scenario, Diagnostics& diagnostics)>;

// Adds a column without faults and, where the scenario has several kinds, one for each. Where `stopped` they are named and left empty.
void add_columns(HtmlAside& html, const Scenario& scenario, const Result& result, const ColumnDriver& drive, const std::function<bool()>& stopped);

}  // namespace flowtank::reports
