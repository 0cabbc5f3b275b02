// SPDX-License-Identifier: Apache-2.0
// What is legal but probably not meant, or a known risk, found without running anything. Each finding has a
// stable code (sim/scenario/codes.md), the place that it is about, a sentence and what to do. All findings come
// at once, in the order of files and lines, the same in every run. What a scenario allows in its section "lint"
// is set apart, with the reason given there; an allowance that allows nothing is a finding itself.
#pragma once

#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::topology {

struct Finding {
  Diagnostic diagnostic;  // warning: look at it; note: worth knowing, often meant
  std::string subject;    // what an allowance names: "payment.charge", "bus.orders", "order.orders.amount"
  std::string reason;     // of the allowance; empty: not allowed
};

struct LintResult {
  std::vector<Finding> findings;
  std::vector<Finding> allowed;
};

LintResult lint(const Scenario& scenario);

}  // namespace flowtank::topology
