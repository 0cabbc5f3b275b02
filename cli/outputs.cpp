// SPDX-License-Identifier: Apache-2.0
// See outputs.hpp. A trace of an exploration or a campaign is of the run that is told first: the shrunk one where there is one, so that the
// numbers of records in the story are those of the trace.
#include "cli/outputs.hpp"

#include <filesystem>
#include <map>
#include <vector>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/files.hpp>
#include <sim/check/scenario_check.hpp>

#include "cli/report_files.hpp"

namespace flowtank::cli {
namespace {

namespace fs = std::filesystem;

// "shop.json" -> "shop"
std::string stem_of(const std::string& file) {
  const std::string stem = fs::path(file).stem().string();
  return stem.empty() ? "scenario" : stem;
}

const Witness* traced(const Scenario& scenario, const Result& result) {
  if (result.traced) return result.traced.get();
  for (const PropertyOutcome& property : result.properties) {
    const ToldFailure told = told_failure(scenario, property);
    if (told.outcome.witness) return told.outcome.witness.get();
  }
  return nullptr;
}

}  // namespace

void Outputs::write(const std::string& path, std::string_view text) {
  if (!write_report(path, text, face_)) failed_ = true;
}

void Outputs::counterexamples(const Scenario& scenario, const Result& result, reports::Aside& aside) {
  if (line_.no_save) return;
  std::size_t number = 0;
  std::map<std::string, std::string> written;
  std::error_code ignored;  // a folder that cannot be made is noticed by writing into it
  if (!line_.save.empty()) fs::create_directories(line_.save, ignored);
  for (const PropertyOutcome& property : result.properties) {
    if (!property.witness || property.verdict.kind != VerdictKind::fail) continue;
    DecisionLog log = property.witness->log;
    const bool timed = log.driver == Driver::run;
    if (timed) log.property.clear();  // one run shows them all
    const std::string text = to_text(log);
    std::string key = timed ? text : property.verdict.property;
    auto known = written.find(key);
    if (known == written.end()) {
      ++number;
      const std::string name = fmt::format("{}.{}", stem_of(scenario.file), to_text(result.driver)) + (number > 1 ? fmt::format(".{}", number) : "") + ".counterexample";
      const std::string path = line_.save.empty() ? name : (fs::path(line_.save) / name).string();
      write(path, text);
      known = written.emplace(std::move(key), path).first;
    }
    aside.counterexamples[property.verdict.property] = known->second;
  }
}

void Outputs::files(const Scenario& scenario, const Result& result, const reports::Aside& aside) {
  for (const ReportWish& wish : line_.reports) {
    if (wish.kind != ReportKind::html) {
      write(wish.file, report_text(line_, wish.kind, scenario, result, aside));
      continue;
    }
    html_.aside = aside;
    write(wish.file, reports::html_report(scenario, result, html_));
  }
  if (line_.trace.empty()) return;
  if (!line_.trace.ends_with(".jsonl")) return trace_file(scenario, result);
  if (const Witness* witness = traced(scenario, result)) {
    write(line_.trace, reports::trace_lines(scenario, *witness, line_.trace_level_given ? kinds_of(line_.trace_level) : all_kinds));
  } else {
    nothing_to_trace();
  }
}

// Of a run it was written as it went on; of explorations and campaigns what is told is done again into it.
void Outputs::trace_file(const Scenario& scenario, const Result& result) {
  const Witness* witness = traced(scenario, result);
  const bool again = result.driver == Driver::check || result.campaign;
  if (again && witness == nullptr) {
    nothing_to_trace();
    return;
  }
  if (again) {
    std::vector<Verdict> verdicts;
    const Scenario* of = &scenario;
    for (const PropertyOutcome& property : result.properties) {
      const ToldFailure told = told_failure(scenario, property);
      if (told.outcome.witness.get() != witness) continue;
      of = &told.scenario;
      verdicts.push_back(told.outcome.verdict);
    }
    if (witness->log.driver == Driver::check) trace_log(*of, shipped_brokers(), witness->log, verdicts, trace_);
    else trace_run(*of, witness->log);
  }
  if (!trace_.problem()) return;
  print_error(*trace_.problem(), "", face_);
  failed_ = true;
}

// A timed run is its seed.
void Outputs::trace_run(const Scenario& scenario, const DecisionLog& log) {
  RunOptions options;
  options.seed = log.seed;
  options.horizon = log.horizon;
  options.trace = &trace_;
  options.trace_actions = 0;
  Diagnostics known;  // it was run before
  run_scenario(scenario, shipped_brokers(), options, known);
}

// No error: whoever asks for the trace of a failure may be glad that there is none.
void Outputs::nothing_to_trace() {
  say(stderr, "note: " + reports::printable(line_.trace, face_.ascii) + " was not written: explorations and campaigns trace what fails, and nothing does.\n");
}

}  // namespace flowtank::cli
