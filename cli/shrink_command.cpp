// SPDX-License-Identifier: Apache-2.0
// flowtank shrink: from a counterexample to the smallest scenario and log that show the same failure. What was
// written is replayed and printed as replay would.
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/text.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/json_reader.hpp>
#include <sim/shrink/shrunk_files.hpp>

#include "cli/face.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;

int refused(const Diagnostics& diagnostics, const Face& face) {
  print(diagnostics, face);
  return static_cast<int>(ExitCode::bad_input);
}

// Of a timed log: the first property that its run violates.
std::string failed_property(const Scenario& scenario, const DecisionLog& log, Diagnostics& diagnostics) {
  RunOptions options;
  options.seed = log.seed;
  options.horizon = log.horizon;
  options.trace_actions = 0;
  const auto result = run_scenario(scenario, shipped_brokers(), options, diagnostics);
  if (!result) return "";
  for (const PropertyOutcome& property : result->properties) {
    if (property.verdict.kind == VerdictKind::fail) return property.verdict.property;
  }
  return "";
}

// A counterexample of the promise that goes round for ever.
std::optional<DecisionLog> loop_of(const Scenario& scenario, const std::string& promise, std::uint64_t states) {
  CheckOptions options;
  options.states = states;
  options.cancelled = &interrupted();
  Diagnostics unread;
  const auto result = check_scenario(scenario, shipped_brokers(), options, unread);
  if (!result || !result->our_fault.empty()) return std::nullopt;
  for (const PropertyOutcome& property : result->properties) {
    if (property.verdict.property == promise && property.verdict.kind == VerdictKind::fail && property.witness && property.witness->loop) return property.witness->log;
  }
  return std::nullopt;
}

std::string found_text(const Shrunk& shrunk, const ShrunkFiles& files, double seconds) {
  const auto size = [](std::size_t actions, std::size_t faults) {
    return reports::counted(actions, "action") + (faults == 0 ? std::string(", no fault") : ", " + reports::counted(faults, "fault"));
  };
  std::string text = fmt::format("Shrunk \"{}\": from {} to {}, in {} trials and {:.2f} s\n", reports::printable(files.log.property),
                                 size(shrunk.actions_before, shrunk.faults_before), size(shrunk.actions, shrunk.faults), shrunk.trials, seconds);
  if (!shrunk.note.empty()) text += "  " + shrunk.note + "\n";
  if (!shrunk.minimal && !shrunk.loops) text += "  not shown to be minimal: less may do\n";
  else if (shrunk.minimal && shrunk.log.driver == Driver::check) text += "  1-minimal: without any one of its actions the property is not violated\n";
  return text + fmt::format("  Scenario   {}\n  Log        {}\n\n", reports::printable(files.scenario), reports::printable(files.counterexample));
}

}  // namespace

int shrink_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto text = read_text_file(line.log, ReadLimits{}, diagnostics);
  const auto log = text ? parse_decision_log(*text, line.log, diagnostics) : std::nullopt;
  if (!log) return refused(diagnostics, face);
  LoadOptions load;
  load.model_path = line.models;
  load.overrides = log->overrides;
  load.purpose = log->driver == Driver::run ? LoadPurpose::run : LoadPurpose::check;
  std::string file = line.file.empty() ? log->scenario : line.file;
  std::error_code ignored;
  const fs::path beside = fs::path(line.log).parent_path() / fs::path(file).filename();
  if (line.file.empty() && !fs::exists(file, ignored) && fs::exists(beside, ignored)) file = beside.string();
  const auto scenario = load_scenario(file, load, diagnostics);
  if (!scenario) return refused(diagnostics, face);
  catch_interrupts();
  Progress progress(face.err_terminal);
  std::string property = line.property.empty() ? log->property : line.property;
  if (property.empty() && log->driver == Driver::run) property = failed_property(*scenario, *log, diagnostics);
  ShrinkOptions options;
  options.load = load;
  options.scenario = !line.log_only;
  options.cancelled = &interrupted();
  if (line.states) options.search_states = *line.states;
  options.find_loop = [&options](const Scenario& candidate, const std::string& promise) { return loop_of(candidate, promise, options.search_states); };
  if (line.time) options.out_of_time = progress.in(line.time->seconds());
  const auto shrunk = shrink(*scenario, shipped_brokers(), *log, property, options, diagnostics);
  if (!shrunk) return refused(diagnostics, face);
  const double seconds = progress.seconds();
  const std::string stem = fs::path(file).stem().string();
  const auto files = write_shrunk(*shrunk, *scenario, shipped_brokers(), load, line.save, stem, diagnostics);
  if (!files) return refused(diagnostics, face);
  if (!say(stdout, found_text(*shrunk, *files, seconds))) return static_cast<int>(ExitCode::bad_input);
  CommandLine replay = line;
  replay.command = Command::replay;
  replay.file = files->counterexample;
  replay.overrides.clear();
  return replay_command(replay, face);
}

}  // namespace flowtank::cli
