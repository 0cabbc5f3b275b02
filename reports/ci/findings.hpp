// SPDX-License-Identifier: Apache-2.0
// Findings: what a pipeline should hear of, whoever found it: a property that is not as the scenario expects, an error in the
// user's files, a risk that the static analysis sees. SARIF, annotations, baselines and the rest show this one list.
//
// Rule ids are stable: codes of diagnostics ("FT-KEY-001"), kinds of properties ("property.at_most_once_effect") and verdicts
// ("verdict.inconclusive"). A fingerprint is a function of the rule, the scenario's file (scenario_id) and what it is about, never of a
// seed, a count or a line: the same finding has the same one in the next run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/topology/lint.hpp>

#include "reports/terminal.hpp"

namespace flowtank::reports {

struct FindingPlace {
  std::string file;  // as the user named it; empty: none
  SourceRange where;
};

struct Finding {
  Severity level = Severity::error;
  std::string rule;
  std::string rule_says;    // one sentence about the rule, not about this finding
  std::string subject;      // the property, or what the static analysis names, printable; empty for errors in files
  std::string property;     // its name as the scenario has it: two that print alike are two; empty where no property is meant
  std::string scenario;     // the file that was run
  std::string driver;       // "run", "check"; empty where nothing was driven
  std::string message;      // printable, one paragraph
  std::string hint;         // what to do; may be empty
  std::string command;      // that shows it again; may be empty
  FindingPlace place;
  FindingPlace cause;       // the option that causes it, where one is known
  std::string cause_says;
  std::vector<std::string> steps;  // the story, sentence by sentence
  std::string fingerprint;  // 32 lower-case hexadecimal digits
  std::string reason;       // why it is accepted; empty: it is not
};

// What is not as expected, in the order of the scenario's properties; with what was accepted (Aside::accepted) marked.
std::vector<Finding> findings_of(const Scenario& scenario, const Result& result, const Aside& aside);
// Errors and warnings in files, in their order. `scenario`: the file that was to be run.
std::vector<Finding> findings_of(const std::string& scenario, const Diagnostics& diagnostics);
// Of the static analysis; what the scenario allows is accepted with its reason.
std::vector<Finding> findings_of(const std::string& scenario, const topology::LintResult& result);

// Errors first, then warnings, then notes; those of one level stay in their order, accepted ones last.
void most_important_first(std::vector<Finding>& findings);

// Which scenario a path means in every checkout: a relative path as it is but for "." and "..", of an absolute one the last part.
std::string scenario_id(const std::string& path);

std::string_view level_word(Severity level);  // "error", "warning", "note"

}  // namespace flowtank::reports
