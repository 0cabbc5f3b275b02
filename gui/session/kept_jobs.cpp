// SPDX-License-Identifier: Apache-2.0
// See kept_jobs.hpp. A report drives the scenario once more: what is shown keeps no World, and the same seed or log gives the same.
#include "gui/session/kept_jobs.hpp"

#include <filesystem>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/html/fault_columns.hpp>
#include <reports/text.hpp>
#include <sim/base/whole_file.hpp>
#include <sim/check/witness.hpp>

#include "gui/session/forks.hpp"

namespace flowtank::gui {
namespace {

namespace fs = std::filesystem;

// A counterexample of the promise that goes round for ever.
std::optional<DecisionLog> loop_of(const Scenario& scenario, const std::string& promise, std::uint64_t states, const std::atomic<bool>* cancelled) {
  CheckOptions options;
  options.states = states;
  options.cancelled = cancelled;
  Diagnostics unread;
  const auto result = check_scenario(scenario, shipped_brokers(), options, unread);
  if (!result || !result->our_fault.empty()) return std::nullopt;
  for (const PropertyOutcome& property : result->properties) {
    if (property.verdict.property == promise && property.verdict.kind == VerdictKind::fail && property.witness && property.witness->loop) return property.witness->log;
  }
  return std::nullopt;
}

std::string size_words(std::size_t actions, std::size_t faults) {
  return reports::counted(actions, "action") + (faults == 0 ? std::string(", no fault") : ", " + reports::counted(faults, "fault"));
}

std::string shrunk_words(const Shrunk& small) {
  std::string words = fmt::format("from {} to {}, in {}", size_words(small.actions_before, small.faults_before), size_words(small.actions, small.faults), reports::counted(small.trials, "trial"));
  if (!small.note.empty()) words += "; " + small.note;
  if (!small.minimal && !small.loops) words += "; less may do";
  else if (small.minimal && small.log.driver == Driver::check) words += "; without any one of its actions it passes";
  return words;
}

CheckOptions check_options(const JobRequest& request, const Scenario& scenario, const SnapshotMaker& maker, const JobHooks& hooks) {
  CheckOptions options;
  options.overrides = request.overrides;
  options.cancelled = hooks.cancelled;
  options.progress = [&maker](const explore::Counts& counts) { maker.tell(-1, fmt::format("the report: {} states, depth {}", thousands(counts.states), counts.depth)); };
  const double limit = maker.seconds() + (scenario.check.time ? scenario.check.time->seconds() : request.most_seconds);
  options.out_of_time = [&maker, limit] { return maker.seconds() > limit; };
  return options;
}

// The command that makes the page again; empty where there is no file that it could name.
std::string command_of(const Scenario& scenario, const JobRequest& request, const Result& result) {
  const std::string page = " --report html=report.html";
  if (request.log != nullptr) {
    if (kind_of_file(request.file) != FileKind::counterexample) return "";
    return "flowtank replay " + reports::shell_word(fs::path(request.file).filename().string()) + page;
  }
  if (request.explored) return reports::command_line(scenario, "check", request.overrides) + page;
  std::string extra = fmt::format("--seed {}", result.seed);
  if (request.horizon) extra += fmt::format(" --horizon {}ns", request.horizon->nanoseconds());
  return reports::command_line(scenario, "run", request.overrides, extra) + page;
}

}  // namespace

std::optional<SmallRun> shrunk_run(const Scenario& scenario, const JobRequest& request, const SnapshotMaker& maker, const JobHooks& hooks, Diagnostics& diagnostics) {
  DecisionLog log = request.log != nullptr ? *request.log : log_header(scenario, request.overrides, Driver::run, request.seed.value_or(scenario.system->bounds.seed));
  if (request.log == nullptr) log.horizon = request.horizon;
  ShrinkOptions options;
  options.load.purpose = scenario.purpose;
  options.load.overrides = log.overrides;
  options.load.model_path = request.model_path;
  options.cancelled = hooks.cancelled;
  std::uint64_t asked = 0;
  options.out_of_time = [&] {
    maker.tell(-1, fmt::format("shrinking: {}, {:.0f} s", reports::counted(++asked, "trial"), maker.seconds()));
    return maker.seconds() > request.most_seconds;
  };
  options.find_loop = [&](const Scenario& candidate, const std::string& promise) { return loop_of(candidate, promise, options.search_states, hooks.cancelled); };
  maker.tell(-1, "shrinking");
  const auto small = shrink(scenario, shipped_brokers(), log, request.property, options, diagnostics);
  if (!small || maker.cancelled()) return std::nullopt;
  const std::string folder = (fs::path(request.folder) / fmt::format("shrunk-{}", request.number)).string();
  const auto files = write_shrunk(*small, scenario, shipped_brokers(), options.load, folder, fs::path(scenario.file).stem().string(), diagnostics);
  if (!files) return std::nullopt;
  return SmallRun{*files, size_words(small->actions, small->faults), shrunk_words(*small)};
}

std::string write_report(const Scenario& scenario, const JobRequest& request, const RunOptions& options, SnapshotMaker& maker, const JobHooks& hooks, Diagnostics& diagnostics) {
  maker.tell(-1, "the report: once more");
  RunOptions again = options;
  auto result = request.log != nullptr ? replay_scenario(scenario, shipped_brokers(), *request.log, again, diagnostics)
                : request.explored     ? check_scenario(scenario, shipped_brokers(), check_options(request, scenario, maker, hooks), diagnostics)
                                       : run_scenario(scenario, shipped_brokers(), again, diagnostics);
  if (!result || maker.cancelled()) return "";
  maker.explain(scenario, *result);
  reports::HtmlAside html;
  html.command = command_of(scenario, request, *result);
  html.environment = {std::string("Flowtank ") + FLOWTANK_VERSION};
  if (request.log == nullptr) {
    maker.tell(-1, "the report: each kind of fault alone");
    const auto stopped = [&maker] { return maker.cancelled(); };
    reports::add_columns(html, scenario, *result, [&](const Scenario& part, Diagnostics& problems) -> std::optional<Result> {
      if (!request.explored) return run_scenario(part, shipped_brokers(), again, problems);
      CheckOptions alone = check_options(request, scenario, maker, hooks);
      alone.states = reports::column_states;
      return check_scenario(part, shipped_brokers(), alone, problems);
    }, stopped);
  }
  constexpr std::uint64_t most_actions = 500'000;  // making its numbers cannot be cancelled
  if (result->driver == Driver::run && result->run.actions <= most_actions) html.series = reports::html::series_of(scenario, shipped_brokers(), *result, request.horizon);
  if (maker.cancelled()) return "";
  if (const auto problem = write_whole_file(request.to, reports::html_report(scenario, *result, html))) {
    maker.problem(*problem, "Choose another folder, or free some space there. What was in this file before is still in it.");
    return "";
  }
  return "Wrote " + request.to + ". It opens in any browser, without a network.";
}

}  // namespace flowtank::gui
