// SPDX-License-Identifier: Apache-2.0
// See export_command.hpp. The output is there whole or not at all: a trace that turns out to be damaged, and a disk that is
// full, leave what was there before.
#include "cli/export_command.hpp"

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/text.hpp>
#include <reports/trace_view.hpp>
#include <sim/base/growing_file.hpp>

#include "cli/command_line.hpp"
#include "cli/face.hpp"
#include "cli/installation.hpp"
#include "cli/recorded_run.hpp"

namespace flowtank::cli {
namespace {

constexpr int bad_input = 2;

// A folder for one file that nobody else sees; gone with it.
class TemporaryTrace {
 public:
  TemporaryTrace() {
    std::error_code problem;
    std::string name = (fs::temp_directory_path(problem) / "flowtank-export-XXXXXX").string();
    if (!problem && ::mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~TemporaryTrace() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  TemporaryTrace(const TemporaryTrace&) = delete;
  TemporaryTrace& operator=(const TemporaryTrace&) = delete;
  // Empty: there is no place for it.
  std::string path() const { return folder_.empty() ? "" : folder_ + "/run.ftrace"; }

 private:
  std::string folder_;
};

// Runs what is no trace yet, into `target`. False and diagnostics when it cannot be.
bool record(const CommandLine& line, std::string_view text, const std::string& target, Diagnostics& diagnostics) {
  const bool is_log = text.starts_with("flowtank-decisions");
  std::optional<DecisionLog> log;
  if (is_log) {
    log = parse_decision_log(text, line.file, diagnostics);
    if (!log) return false;
  }
  LoadOptions load;
  load.purpose = is_log && log->driver == Driver::check ? LoadPurpose::check : LoadPurpose::run;
  load.model_path = line.models;
  if (is_log) load.overrides = log->overrides;
  const auto scenario = load_scenario(is_log ? scenario_of_log(log->scenario, line.file) : line.file, load, diagnostics);
  if (!scenario) return false;
  if (target.empty()) {
    Diagnostic d;
    d.code = "FT-EXPORT-002";
    d.file = line.file;
    d.message = "there is no folder for the trace of the run";
    d.hint = "Set TMPDIR, or record it with --trace and export that.";
    diagnostics.add(std::move(d));
    return false;
  }
  TraceOutput trace(target, TraceLevel::normal);
  RunOptions options;
  options.trace = &trace;
  std::optional<Result> result = is_log ? replay_scenario(*scenario, shipped_brokers(), *log, options, diagnostics) : run_scenario(*scenario, shipped_brokers(), options, diagnostics);
  if (!result) return false;
  if (is_log && log->driver == Driver::check) {
    std::vector<Verdict> verdicts;
    for (const PropertyOutcome& property : result->properties) {
      if (property.verdict.kind == VerdictKind::fail) verdicts.push_back(property.verdict);
    }
    trace_log(*scenario, shipped_brokers(), *log, verdicts, trace);
  }
  if (!trace.problem()) return true;
  Diagnostic d;
  d.code = "FT-EXPORT-002";
  d.file = line.file;
  d.message = *trace.problem();
  diagnostics.add(std::move(d));
  return false;
}

int wrong(const Diagnostics& diagnostics, const Face& face) {
  print(diagnostics, face);
  return bad_input;
}

int write(const CommandLine& line, const Face& face, const TraceReader& reader) {
  const ExportArguments& asked = line.exporting;
  Diagnostics diagnostics;
  reports::ExportOptions options;
  options.format = asked.kind;
  options.limit = asked.limit;
  options.version = reports::json_quoted(version());
  options.version = options.version.substr(1, options.version.size() - 2);
  if (!asked.epoch.empty()) options.epoch = *reports::parse_epoch(asked.epoch);
  if (!asked.only.empty()) {
    const reports::TraceView view(reader);
    options.only = view.find(asked.only, reports::TraceView::Keys::first, diagnostics);
    if (!options.only) return wrong(diagnostics, face);
  }
  const bool to_stdout = asked.output.empty() || asked.output == "-";
  GrowingFile file;
  if (!to_stdout) {
    if (const auto problem = file.open(asked.output)) {
      print_error(*problem, "", face);
      return bad_input;
    }
  }
  bool said = true;
  reports::Output out([&](std::string_view text) { return said = to_stdout ? say(stdout, text) : file.write(text); });
  const auto result = reports::export_trace(reader, options, out, diagnostics);
  print(diagnostics, face);
  if (!result) return bad_input;
  print(reader.problems(), face);
  if (to_stdout) {
    if (!said) print_error("cannot write to standard output", "", face);
    return result->whole ? 0 : bad_input;
  }
  if (!result->whole && said) {
    print_error(fmt::format("the trace is damaged: {} was not written", asked.output), "flowtank trace FILE --verify says where.", face);
    return bad_input;
  }
  if (const auto problem = file.finish()) {
    print_error(*problem, "", face);
    return bad_input;
  }
  std::string text = fmt::format("{}: {} as {}, {} bytes", reports::printable(asked.output), reports::counted(result->written, "entry", "entries"), to_text(asked.kind), thousands(out.bytes()));
  if (result->left_out != 0) text += fmt::format("; {} lines left out (--limit shows more)", thousands(result->left_out));
  say(stderr, text + "\n");
  return 0;
}

}  // namespace

bool understand_export(ExportArguments& arguments, std::string& message, std::string& hint) {
  if (!arguments.format.empty()) {
    const auto format = reports::export_format_of(arguments.format);
    if (!format) {
      message = fmt::format("there is no format \"{}\"", arguments.format);
      hint = name_hint(arguments.format, reports::export_formats(), "Formats");
      return false;
    }
    arguments.kind = *format;
  }
  if (!arguments.epoch.empty() && !reports::parse_epoch(arguments.epoch)) {
    message = fmt::format("--epoch is a time such as 2026-11-23T17:00:00Z or seconds since 1970, not \"{}\"", arguments.epoch);
    hint = "For example: --epoch $(date +%s)";
    return false;
  }
  return true;
}

int export_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  RecordedRun run;
  const bool opened = run.open(line.file, line.models, diagnostics);
  diagnostics.sort_by_position();
  print(diagnostics, face);
  return opened ? write(line, face, run.reader()) : bad_input;
}

}  // namespace flowtank::cli
