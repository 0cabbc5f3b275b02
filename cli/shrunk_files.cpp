// SPDX-License-Identifier: Apache-2.0
// See shrunk_files.hpp. Failures are shrunk one after the other; what cannot be shrunk is shown as it is, and why.
#include "cli/shrunk_files.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/text.hpp>
#include <sim/check/shrunk_story.hpp>
#include <sim/shrink/shrunk_files.hpp>

#include "cli/interrupt.hpp"

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;

// Why nobody tries; empty: it is tried.
std::string why_not(const CommandLine& line, const PropertyOutcome& property, const std::function<bool()>& out_of_time) {
  if (line.no_shrink) return "--no-shrink was given";
  if (!property.witness) return "the run is too long to be recorded";
  if (property.witness->loop) return "it goes round for ever";
  if (interrupted().load()) return "the work was interrupted";
  return out_of_time && out_of_time() ? "the time was up" : "";
}

std::string why_cut_short(const ShrunkOutcome& small) {
  return fmt::format("shrinking {} at {}", interrupted().load() ? "was interrupted" : "ran out of time", reports::counted(small.actions, "action"));
}

}  // namespace

void leave_as_found(Result& result, const std::string& why) {
  for (PropertyOutcome& property : result.properties) {
    if (property.verdict.kind == VerdictKind::fail) property.unshrunk = why;
  }
}

std::function<bool()> shrinking_time(const Progress& progress, std::optional<double> limit_seconds) {
  if (!limit_seconds) return nullptr;
  constexpr double least = 1;
  constexpr double most = 10;
  return progress.in(std::max(*limit_seconds - progress.seconds(), std::clamp(*limit_seconds / 4, least, most)));
}

std::function<bool()> shrinking_time_of_a_run(const Progress& progress) {
  constexpr double most_of_the_processor = 10;
  constexpr double most_on_the_clock = 30;
  const std::clock_t from = std::clock();
  return [from, late = progress.in(most_on_the_clock)] {
    return static_cast<double>(std::clock() - from) > most_of_the_processor * static_cast<double>(CLOCKS_PER_SEC) || late();
  };
}

void shrink_failures(const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides,
                     const std::function<bool()>& out_of_time, Result& result) {
  if (!result.our_fault.empty()) return;
  ShrinkOptions options;
  options.load.purpose = scenario.purpose;
  options.load.model_path = line.models;
  options.out_of_time = out_of_time;
  options.cancelled = &interrupted();
  ExplanationOptions explanation;
  explanation.out_of_time = out_of_time;
  explanation.cancelled = &interrupted();
  std::size_t number = 0;
  for (PropertyOutcome& property : result.properties) {
    if (property.verdict.kind != VerdictKind::fail) continue;
    property.unshrunk = why_not(line, property, out_of_time);
    if (!property.unshrunk.empty()) continue;
    Diagnostics unread;
    const std::string& name = property.verdict.property;
    // A run of a swarm is one of the scenario with some faults switched off by overrides of its own.
    std::optional<Scenario> as_logged;
    options.load.overrides = property.witness->log.overrides;
    const bool as_asked = options.load.overrides == overrides;
    if (!as_asked) as_logged = load_scenario(scenario.file, options.load, unread);
    if (!as_asked && !as_logged) {
      property.unshrunk = "the scenario of this run cannot be read: " + unread.all().front().message;
      continue;
    }
    const auto shrunk = shrink(as_logged ? *as_logged : scenario, shipped_brokers(), property.witness->log, name, options, unread);
    if (!shrunk) {
      property.unshrunk = unread.all().empty() ? "there is nothing to leave out" : unread.all().front().message;
      continue;
    }
    ShrunkOutcome small = shrunk_outcome(*shrunk, shipped_brokers(), name, explanation);
    if (shrunk->cut_short) property.unshrunk = why_cut_short(small);
    else if (!small.told) property.unshrunk = "the shrunk run was not replayed: " + std::string(interrupted().load() ? "the work was interrupted" : "its trace would be too long");
    if (!line.no_save) {
      ++number;
      std::string stem = fmt::format("{}.{}", fs::path(scenario.file).stem().string(), to_text(result.driver));
      if (number > 1) stem += fmt::format(".{}", number);
      if (const auto files = write_shrunk(*shrunk, scenario, shipped_brokers(), options.load, line.save, stem, unread)) {
        small.scenario = files->scenario;
        small.counterexample = files->counterexample;
      }
    }
    property.shrunk = std::make_shared<const ShrunkOutcome>(std::move(small));
  }
}

}  // namespace flowtank::cli
