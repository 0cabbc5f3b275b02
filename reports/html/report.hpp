// SPDX-License-Identifier: Apache-2.0
// The consistency report: one HTML file that says whether a system stays consistent, why not, how strong each verdict is, and
// how to see it again. Made for somebody who has never seen the tool. A function of its arguments: no clock, no path of the
// machine (of an absolute path the last part is shown), so that the same input gives the same bytes. Its size is bounded
// whatever ran: what is left out is said where it would stand.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sim/check/broker_matrix.hpp>
#include <sim/check/result.hpp>
#include <sim/check/sweep.hpp>
#include <sim/scenario/scenario.hpp>

#include "reports/family_text.hpp"
#include "reports/html/run_series.hpp"
#include "reports/terminal.hpp"

namespace flowtank::reports {

// What the same scenario comes to with only some of its faults: one column of the matrix. Made by with_faults() of sim/check and
// whatever drove the scenario itself.
struct FaultColumn {
  std::optional<FaultKind> only;    // nothing: without any fault
  std::optional<Scenario> scenario; // of `result`
  std::optional<Result> result;
  std::string why_not;              // no result: a short reason
};

// Whether handlers may be handed a message twice and whether messages may come in any order, looked at within a small budget.
struct FamiliesAside {
  std::shared_ptr<const family::IdempotencyReport> idempotency;
  std::shared_ptr<const family::CommuteReport> commute;
  std::string why_not;                 // neither was asked: why, as a sentence
  std::vector<std::string> overrides;  // that the scenario was loaded with, for commands
};

// What a face knows beside the result.
struct HtmlAside {
  Aside aside;                      // its seconds are not shown
  std::vector<FaultColumn> columns; // besides the scenario as it is
  std::string columns_note;         // why there are none, or that they were cut short; may be empty
  std::optional<html::RunSeries> series;
  std::optional<FamiliesAside> families;  // nothing: the page says nothing about them
  std::string command;              // that makes this report again: "flowtank check shop.json"; empty: not shown
  std::vector<std::string> environment;  // "Flowtank 0.1.0", "GCC 12.2"
};

std::string html_report(const Scenario& scenario, const Result& result, const HtmlAside& aside);

// The same scenario under several kinds of brokers: verdicts side by side, the rule behind each difference, the story of each
// failure. `own`: as the file says. `driven`: what came out of the matrix's rows, in their order.
std::string brokers_html(const Scenario& own, const BrokerMatrix& matrix, const std::vector<DrivenScenario>& driven, const HtmlAside& aside);

// A sweep as a table, what is not as expected tinted; `said`: a sentence about what is not as expected, by row. At most 1,000 rows are shown.
std::string sweep_html(const Scenario& scenario, const SweepTable& table, const std::vector<std::vector<std::string>>& said, const HtmlAside& aside);

// Answers about families of runs as a page of the same kind; `files` as for their texts.
std::string idempotency_html(const Scenario& scenario, const family::IdempotencyReport& report, const FamilyFiles& files, const HtmlAside& aside);
std::string commute_html(const Scenario& scenario, const family::CommuteReport& report, const FamilyFiles& files, const HtmlAside& aside);

}  // namespace flowtank::reports
