// SPDX-License-Identifier: Apache-2.0
// See recorded_run.hpp. The folder is made with a name that nobody can guess; it holds one file.
#include "cli/recorded_run.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/check/trace_output.hpp>
#include <sim/scenario/json_reader.hpp>

#include "cli/log_scenario.hpp"

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;

void refuse(const std::string& file, std::string message, std::string hint, Diagnostics& diagnostics) {
  Diagnostic d;
  d.code = "FT-EXPORT-002";
  d.file = file;
  d.message = std::move(message);
  d.hint = std::move(hint);
  diagnostics.add(std::move(d));
}

}  // namespace

RunFile run_file_kind(const std::string& file) {
  char first[18] = {};
  std::ifstream(file, std::ios::binary).read(first, sizeof first);
  const std::string_view text(first, sizeof first);
  return text.starts_with("FTRC") ? RunFile::trace : text == "flowtank-decisions" ? RunFile::counterexample : RunFile::scenario;
}

RecordedRun::~RecordedRun() {
  reader_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

bool RecordedRun::open(const std::string& file, const std::vector<std::string>& models, Diagnostics& diagnostics) {
  if (run_file_kind(file) == RunFile::trace) {
    reader_ = TraceReader::open(file, diagnostics);
    return reader_ != nullptr;
  }
  std::error_code problem;
  std::string name = (fs::temp_directory_path(problem) / "flowtank-run-XXXXXX").string();
  if (problem || ::mkdtemp(name.data()) == nullptr) {
    refuse(file, "there is no folder for the trace of the run", "Set TMPDIR, or record it with --trace and name that.", diagnostics);
    return false;
  }
  folder_ = name;
  if (!record(file, models, diagnostics)) return false;
  reader_ = TraceReader::open(folder_ + "/run.ftrace", diagnostics);
  return reader_ != nullptr;
}

bool RecordedRun::record(const std::string& file, const std::vector<std::string>& models, Diagnostics& diagnostics) {
  std::optional<DecisionLog> log;
  if (run_file_kind(file) == RunFile::counterexample) {
    const auto text = read_text_file(file, ReadLimits{}, diagnostics);
    log = text ? parse_decision_log(*text, file, diagnostics) : std::nullopt;
    if (!log) return false;
  }
  LoadOptions load;
  load.purpose = log && log->driver == Driver::check ? LoadPurpose::check : LoadPurpose::run;
  load.model_path = models;
  if (log) load.overrides = log->overrides;
  const auto scenario = load_scenario(log ? scenario_of_log(log->scenario, file) : file, load, diagnostics);
  if (!scenario) return false;
  TraceOutput trace(folder_ + "/run.ftrace", TraceLevel::normal);
  RunOptions options;
  options.trace = &trace;
  const auto result = log ? replay_scenario(*scenario, shipped_brokers(), *log, options, diagnostics) : run_scenario(*scenario, shipped_brokers(), options, diagnostics);
  if (!result) return false;
  for (const PropertyOutcome& property : result->properties) verdicts_[property.verdict.property] = to_text(property.verdict.kind);
  if (log && log->driver == Driver::check) {
    std::vector<Verdict> verdicts;
    for (const PropertyOutcome& property : result->properties) {
      if (property.verdict.kind == VerdictKind::fail) verdicts.push_back(property.verdict);
    }
    trace_log(*scenario, shipped_brokers(), *log, verdicts, trace);
  }
  if (trace.problem()) refuse(file, *trace.problem(), "", diagnostics);
  return !trace.problem();
}

}  // namespace flowtank::cli
