// SPDX-License-Identifier: Apache-2.0
// The files of run, check and replay: counterexamples, reports, the trace. Each is there whole or not at all; one that cannot be
// written is said at once and remembered, so that the exit code says it, too.
#pragma once

#include <string>
#include <string_view>

#include <reports/html/report.hpp>
#include <sim/check/result.hpp>
#include <sim/check/trace_output.hpp>
#include <sim/scenario/scenario.hpp>

#include "cli/command_line.hpp"
#include "cli/face.hpp"

namespace flowtank::cli {

// Keeps references to its arguments.
class Outputs {
 public:
  Outputs(const CommandLine& line, const Face& face) : line_(line), face_(face), trace_(line.trace, line.trace_level) {}

  // Something could not be written.
  bool failed() const { return failed_; }

  // Counterexamples of what failed, as they were found: STEM.check.counterexample, STEM.check.2.counterexample, ... One file for
  // each different log. Run and check do not overwrite each other's.
  void counterexamples(const Scenario& scenario, const Result& result, reports::Aside& aside);
  // Reports and the trace.
  void files(const Scenario& scenario, const Result& result, const reports::Aside& aside);

  TraceOutput& trace() { return trace_; }
  reports::HtmlAside& html() { return html_; }

 private:
  void write(const std::string& path, std::string_view text);
  void trace_file(const Scenario& scenario, const Result& result);
  void trace_run(const Scenario& scenario, const DecisionLog& log);
  void nothing_to_trace();

  const CommandLine& line_;
  const Face& face_;
  TraceOutput trace_;
  reports::HtmlAside html_;
  bool failed_ = false;
};

}  // namespace flowtank::cli
