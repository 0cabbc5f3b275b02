// SPDX-License-Identifier: Apache-2.0
// run, check and replay: load, drive, write the files that were asked for, print, and give the exit
// code. Files that cannot be written are errors (exit 2) after the result was printed.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/check/campaign_check.hpp>
#include <sim/check/explanation.hpp>
#include <sim/check/repairs.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/lineage/scenario_lineage.hpp>
#include <sim/scenario/json_reader.hpp>
#include <sim/scenario/scenario.hpp>

#include "cli/check_wishes.hpp"
#include "cli/face.hpp"
#include "cli/handlers_aside.hpp"
#include "cli/html_output.hpp"
#include "cli/interrupt.hpp"
#include "cli/log_scenario.hpp"
#include "cli/once_more.hpp"
#include "cli/outputs.hpp"
#include "cli/progress.hpp"
#include "cli/report_files.hpp"
#include "cli/shrunk_files.hpp"
#include "cli/verify_determinism.hpp"

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;

constexpr int bad_input = static_cast<int>(ExitCode::bad_input);

std::optional<Scenario> load(const CommandLine& line, const std::string& file, LoadPurpose purpose,
                             const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
  LoadOptions options;
  options.purpose = purpose;
  options.overrides = overrides;
  options.model_path = line.models;
  auto scenario = load_scenario(file, options, diagnostics);
  diagnostics.sort_by_position();
  return scenario;
}

int finish(const CommandLine& line, const Face& face, const Scenario& scenario, Result& result, reports::Aside& aside,
           Outputs& outputs) {
  const bool heeded = heed_baseline(line, face, scenario, result, aside);
  outputs.files(scenario, result, aside);
  const bool said = say(report_on_stdout(line) ? stderr : stdout, reports::terminal_text(scenario, result, aside, terminal_style(face, line.quiet)));
  if (!said) print_error("cannot write the result to standard output", "", face);
  const int exit = static_cast<int>(result.exit);
  if (result.exit == ExitCode::our_fault) return exit;
  if (outputs.failed() || !said || !heeded) return bad_input;
  if (result.interrupted) return interrupt_exit_code();
  return exit;
}

RunOptions run_options(const CommandLine& line, Progress& progress, Outputs& outputs) {
  RunOptions options;
  options.seed = line.seed;
  options.horizon = line.horizon;
  options.overrides = line.overrides;
  options.keep_trace = line.trace.ends_with(".jsonl");
  if (!line.trace.empty() && !options.keep_trace) options.trace = &outputs.trace();
  options.hooks.cancelled = &interrupted();
  options.hooks.progress = [&progress](const World& world) { progress.running(world); };
  return options;
}

// Single faults are driven to be compared; the whole is what is shrunk.
void leave_columns_as_found(reports::HtmlAside& html) {
  for (reports::FaultColumn& column : html.columns) {
    if (column.result) leave_as_found(*column.result, "runs with one kind of fault alone are only compared");
  }
}

// What the page of a timed run shows beside it: the run with single faults, and what it was like over its time.
void timed_html(const CommandLine& line, std::string_view command, const Scenario& scenario, const std::vector<std::string>& overrides, const RunOptions& as_run,
                const Result& result, Outputs& outputs) {
  if (!wants_html(line)) return;
  describe_command(outputs.html(), line, command, scenario, overrides);
  RunOptions options;
  options.seed = result.seed;
  options.horizon = as_run.horizon;
  options.hooks.cancelled = &interrupted();
  if (result.driver == Driver::run) {
    add_columns(outputs.html(), scenario, result, [&](const Scenario& part, Diagnostics& problems) { return run_scenario(part, shipped_brokers(), options, problems); });
    leave_columns_as_found(outputs.html());
  }
  if (command == "run") add_handlers(outputs.html(), line, scenario, overrides);
  outputs.html().series = reports::html::series_of(scenario, shipped_brokers(), result, as_run.horizon);
}

// What makes the failures pass is tried before it is printed; at most so long that nobody waits for it.
void try_repairs(const CommandLine& line, const std::vector<std::string>& overrides, const Scenario& scenario,
                 std::optional<Time> horizon, const Progress& progress, Result& result) {
  if (!overrides.empty()) accept_repaired(result);
  constexpr double least_seconds = 3;
  constexpr double most_seconds = 15;
  const double allowed = std::clamp(2 * progress.seconds(), least_seconds, most_seconds);
  RepairOptions options;
  options.load.overrides = overrides;
  options.load.model_path = line.models;
  options.states = std::max<std::uint64_t>(options.states, 3 * result.counts.states);
  options.run.horizon = horizon;
  options.run.hooks.cancelled = &interrupted();
  options.cancelled = &interrupted();
  options.out_of_time = progress.in(allowed);
  find_repairs(scenario, shipped_brokers(), options, result);
  ExplanationOptions explanation;
  explanation.cancelled = &interrupted();
  explanation.out_of_time = progress.in(allowed);
  explain_failures(scenario, shipped_brokers(), explanation, result);
}

// The scenario of a log: as written there, else beside the log.
std::string scenario_of(const DecisionLog& log, const std::string& log_file) {
  return scenario_of_log(log.scenario, log_file);
}

// The scenario of a campaign file: as written there, else beside the file.
std::string scenario_of(const campaign::Header& header, const std::string& file) {
  DecisionLog names;
  names.scenario = header.scenario;
  return scenario_of(names, file);
}

// As it was planned: what a campaign file was begun with, and of one that a time ended so many runs as it came to.
CommandLine as_planned(const CommandLine& line, const campaign::Plan& plan, const Result& result) {
  CommandLine whole = line;
  whole.command = Command::check;
  whole.campaign.strategy = plan.strategy;
  const bool merged = line.command == Command::merge;
  whole.campaign.shard = merged ? 0 : plan.shard;
  whole.campaign.shards = merged ? 1 : plan.shards;
  whole.campaign.runs = plan.runs != 0 ? plan.runs : result.campaign->runs;
  whole.time.reset();
  whole.memory.reset();
  whole.seed = plan.seed;
  if (plan.bug_depth != campaign::default_bug_depth) whole.campaign.bug_depth = plan.bug_depth;
  if (plan.most_actions != 0 && !has_time(plan.strategy)) whole.depth = plan.most_actions;
  return whole;
}

// `shrinking_over`: shrinking has had its time; empty: it takes as long as it needs.
int finish_campaign(const CommandLine& line, const Face& face, const Scenario& scenario, const std::vector<std::string>& overrides, const campaign::Plan& plan,
                    Progress& progress, const std::function<bool()>& shrinking_over, Result& result) {
  reports::Aside aside;  // without the time it took: shards and sessions are to give the same bytes
  if (!overrides.empty()) accept_repaired(result);
  shrink_failures(line, scenario, overrides, shrinking_over, result);
  Outputs outputs(line, face);
  outputs.counterexamples(scenario, result, aside);
  const CommandLine whole = as_planned(line, plan, result);
  aside.again = same_again(whole, "check", scenario, overrides);
  if (wants_html(line)) {
    describe_command(outputs.html(), whole, "check", scenario, overrides);
    add_handlers(outputs.html(), line, scenario, overrides);
    CampaignOptions options;
    options.plan.strategy = plan.strategy;
    options.plan.seed = plan.seed;
    options.plan.runs = plan.runs == 0 ? column_runs : std::min(plan.runs, column_runs);
    options.plan.bug_depth = plan.bug_depth;
    options.plan.most_actions = plan.most_actions;
    options.limits.threads = threads_of(line);
    options.hooks.cancelled = &interrupted();
    if (const auto limit = line.time ? line.time : scenario.check.time) options.limits.seconds = progress.seconds() + limit->seconds();
    options.hooks.seconds = [&progress] { return progress.seconds(); };
    add_columns(outputs.html(), scenario, result, [&](const Scenario& part, Diagnostics& problems) { return check_by_campaign(part, shipped_brokers(), options, problems); });
    leave_columns_as_found(outputs.html());
  }
  return finish(line, face, scenario, result, aside, outputs);
}

int campaign_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  CommandLine as_begun = line;
  std::optional<campaign::Record> record;
  if (!line.campaign.resume.empty()) {
    record = read_campaign_file(line.campaign.resume, diagnostics);
    if (!record) return nothing_was_run(line, diagnostics, face);
    if (line.file.empty()) as_begun.file = scenario_of(record->header, line.campaign.resume);
    as_begun.overrides = record->header.overrides;
    as_begun.models.insert(as_begun.models.end(), record->header.models.begin(), record->header.models.end());
    as_begun.campaign.strategy = record->header.plan.strategy;
  }
  const auto scenario = load(as_begun, as_begun.file, purpose_of(as_begun.campaign.strategy), as_begun.overrides, diagnostics);
  if (!scenario) return nothing_was_run(line, diagnostics, face);
  catch_interrupts();
  Progress progress(face.err_terminal);
  CampaignOptions options = campaign_wishes(line, *scenario, progress);
  options.overrides = as_begun.overrides;
  if (record) {
    options.plan = record->header.plan;
    options.file = line.campaign.resume;
    if (options.plan.runs == 0 && options.limits.seconds == 0) {
      print_error("this campaign has no number of runs: it went on for a time", "Say how long it goes on now, such as --time 60s.", face);
      return bad_input;
    }
  }
  auto result = check_by_campaign(*scenario, shipped_brokers(), options, diagnostics);
  progress.clear();
  if (!result) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  options.file.clear();  // once more is not to be found there
  const bool same = record || same_once_more(line, face, *result, [&](Diagnostics& again) { return check_by_campaign(*scenario, shipped_brokers(), options, again); });
  progress.clear();
  if (!same) return static_cast<int>(ExitCode::our_fault);
  if (!line.quiet) {
    say(stderr, fmt::format("{} on {} took {}.\n", reports::counted(result->campaign->runs, "run"), reports::counted(options.limits.threads, "thread"),
                            reports::wall_time(progress.seconds())));
  }
  const auto limit = options.limits.seconds > 0 ? std::optional<double>(options.limits.seconds) : std::nullopt;
  const int exit = finish_campaign(as_begun, face, *scenario, as_begun.overrides, options.plan, progress, shrinking_time(progress, limit), *result);
  return diagnostics.ok() ? exit : bad_input;
}

}  // namespace

int merge_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  std::vector<campaign::Record> records;
  for (const std::string& file : line.campaign.merged) {
    auto record = read_campaign_file(file, diagnostics);
    if (record) records.push_back(std::move(*record));
  }
  if (!diagnostics.ok()) return nothing_was_run(line, diagnostics, face);
  const campaign::Header& header = records.front().header;
  CommandLine as_begun = line;
  as_begun.models.insert(as_begun.models.end(), header.models.begin(), header.models.end());
  const auto scenario = load(as_begun, scenario_of(header, line.campaign.merged.front()), purpose_of(header.plan.strategy), header.overrides, diagnostics);
  if (!scenario) return nothing_was_run(line, diagnostics, face);
  auto result = merge_campaigns(*scenario, shipped_brokers(), records, line.campaign.merged, diagnostics);
  if (!result) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  Progress progress(face.err_terminal);
  return finish_campaign(as_begun, face, *scenario, header.overrides, header.plan, progress, nullptr, *result);
}

int run_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto scenario = load(line, line.file, LoadPurpose::run, line.overrides, diagnostics);
  if (!scenario) return nothing_was_run(line, diagnostics, face);
  catch_interrupts();
  Progress progress(face.err_terminal);
  Outputs outputs(line, face);
  if (line.verify_determinism.value_or(false)) return verify_determinism(*scenario, run_options(line, progress, outputs), face);
  auto result = run_scenario(*scenario, shipped_brokers(), run_options(line, progress, outputs), diagnostics);
  progress.clear();
  if (!result) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  RunOptions untraced = run_options(line, progress, outputs);
  untraced.trace = nullptr;
  const bool same = same_once_more(line, face, *result, [&](Diagnostics& again) { return run_scenario(*scenario, shipped_brokers(), untraced, again); });
  progress.clear();
  if (!same) return static_cast<int>(ExitCode::our_fault);
  reports::Aside aside;
  aside.seconds = progress.seconds();
  try_repairs(line, line.overrides, *scenario, line.horizon, progress, *result);
  shrink_failures(line, *scenario, line.overrides, shrinking_time_of_a_run(progress), *result);
  outputs.counterexamples(*scenario, *result, aside);
  CommandLine seeded = line;
  seeded.seed = result->seed;
  aside.again = same_again(seeded, "run", *scenario, line.overrides);
  timed_html(line, "run", *scenario, line.overrides, run_options(line, progress, outputs), *result, outputs);
  return finish(line, face, *scenario, *result, aside, outputs);
}

int lineage_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto scenario = load(line, line.file, LoadPurpose::check, line.overrides, diagnostics);
  if (!scenario) return nothing_was_run(line, diagnostics, face);
  catch_interrupts();
  Progress progress(face.err_terminal);
  lineage::LineageOptions options;
  options.overrides = line.overrides;
  if (line.depth) options.most_actions = *line.depth;
  options.cancelled = &interrupted();
  const auto limit = line.time ? line.time : scenario->check.time;
  if (limit) options.out_of_time = progress.in(limit->seconds());
  auto result = lineage::lineage_check(*scenario, shipped_brokers(), options, diagnostics);
  progress.clear();
  if (!result) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  if (!same_once_more(line, face, *result, [&](Diagnostics& again) { return lineage::lineage_check(*scenario, shipped_brokers(), options, again); })) {
    return static_cast<int>(ExitCode::our_fault);
  }
  reports::Aside aside;
  aside.seconds = progress.seconds();
  if (!line.overrides.empty()) accept_repaired(*result);
  shrink_failures(line, *scenario, line.overrides, shrinking_time(progress, limit ? std::optional(limit->seconds()) : std::nullopt), *result);
  Outputs outputs(line, face);
  outputs.counterexamples(*scenario, *result, aside);
  aside.again = same_again(line, "check", *scenario, line.overrides);
  if (wants_html(line)) {
    describe_command(outputs.html(), line, "check", *scenario, line.overrides);
    add_handlers(outputs.html(), line, *scenario, line.overrides);
    if (limit) options.out_of_time = progress.in(limit->seconds());
    options.most_runs = 10 * column_runs;
    add_columns(outputs.html(), *scenario, *result,
                [&](const Scenario& part, Diagnostics& problems) { return lineage::lineage_check(part, shipped_brokers(), options, problems); });
    leave_columns_as_found(outputs.html());
  }
  return finish(line, face, *scenario, *result, aside, outputs);
}

int check_command(const CommandLine& line, const Face& face) {
  if (line.campaign.strategy == Strategy::lineage) return lineage_command(line, face);
  if (info(line.campaign.strategy).samples || !line.campaign.resume.empty()) return campaign_command(line, face);
  Diagnostics diagnostics;
  const auto scenario = load(line, line.file, LoadPurpose::check, line.overrides, diagnostics);
  if (!scenario) return nothing_was_run(line, diagnostics, face);
  catch_interrupts();
  Progress progress(face.err_terminal);
  CheckOptions options = check_wishes(line, *scenario, progress);
  auto result = check_scenario(*scenario, shipped_brokers(), options, diagnostics);
  progress.clear();
  if (!result) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  const bool same = same_once_more(line, face, *result, [&](Diagnostics& again) { return check_scenario(*scenario, shipped_brokers(), options, again); });
  progress.clear();
  if (!same) return static_cast<int>(ExitCode::our_fault);
  reports::Aside aside;
  aside.seconds = progress.seconds();
  try_repairs(line, line.overrides, *scenario, line.horizon, progress, *result);
  Outputs outputs(line, face);
  outputs.counterexamples(*scenario, *result, aside);
  aside.again = same_again(line, "check", *scenario, line.overrides);
  if (wants_html(line)) {
    describe_command(outputs.html(), line, "check", *scenario, line.overrides);
    add_handlers(outputs.html(), line, *scenario, line.overrides);
    options.states = std::min(options.states.value_or(column_states), column_states);
    options.self_check = false;
    options.exact = false;
    options.progress = nullptr;
    if (const auto limit = line.time ? line.time : scenario->check.time) options.out_of_time = progress.in(limit->seconds());
    add_columns(outputs.html(), *scenario, *result, [&](const Scenario& part, Diagnostics& problems) { return check_scenario(part, shipped_brokers(), options, problems); });
  }
  return finish(line, face, *scenario, *result, aside, outputs);
}

int replay_command(const CommandLine& line, const Face& face) {
  Diagnostics diagnostics;
  const auto text = read_text_file(line.file, ReadLimits{}, diagnostics);
  const auto log = text ? parse_decision_log(*text, line.file, diagnostics) : std::nullopt;
  if (!log) return nothing_was_run(line, diagnostics, face);
  if (line.horizon && log->driver != Driver::run) {
    print_error("--horizon has no meaning for this counterexample", "It was explored: it has actions and no time.", face);
    return bad_input;
  }
  const LoadPurpose purpose = log->driver == Driver::run ? LoadPurpose::run : LoadPurpose::check;
  const auto scenario = load(line, scenario_of(*log, line.file), purpose, log->overrides, diagnostics);
  if (!scenario) return nothing_was_run(line, diagnostics, face);
  const std::string hash = fmt::format("{:016x}{:016x}", scenario->content.hi, scenario->content.lo);
  if (!log->scenario_hash.empty() && hash != log->scenario_hash) {
    Diagnostic changed;
    changed.severity = Severity::warning;
    changed.code = "FT-LOG-007";
    changed.file = line.file;
    changed.message = "the scenario or a model has changed since this was written";
    changed.hint = "It is replayed as far as it fits.";
    diagnostics.add(std::move(changed));
  }
  catch_interrupts();
  Progress progress(face.err_terminal);
  Outputs outputs(line, face);
  RunOptions options = run_options(line, progress, outputs);
  options.overrides = log->overrides;
  auto result = replay_scenario(*scenario, shipped_brokers(), *log, options, diagnostics);
  progress.clear();
  if (!result) return nothing_was_run(line, diagnostics, face);
  print(diagnostics, face);
  reports::Aside aside;
  aside.seconds = progress.seconds();
  aside.replay_of = line.file;
  try_repairs(line, log->overrides, *scenario, line.horizon ? line.horizon : log->horizon, progress, *result);
  for (const PropertyOutcome& property : result->properties) aside.counterexamples[property.verdict.property] = line.file;
  timed_html(line, to_text(result->driver), *scenario, log->overrides, options, *result, outputs);
  const fs::path log_path = line.file;  // pages leave this machine and its folders
  outputs.html().command = "flowtank replay " + reports::shell_word(log_path.is_absolute() ? log_path.filename().string() : line.file) + " --report html=report.html";
  return finish(line, face, *scenario, *result, aside, outputs);
}

}  // namespace flowtank::cli
