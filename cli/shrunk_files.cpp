// SPDX-License-Identifier: Apache-2.0
// See shrunk_files.hpp. Failures are shrunk one after the other; what cannot be shrunk is shown as it is.
#include "cli/shrunk_files.hpp"

#include <filesystem>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/shrink/shrunk_files.hpp>

#include "cli/interrupt.hpp"

namespace flowtank::cli {

namespace fs = std::filesystem;

void shrink_failures(const CommandLine& line, const Scenario& scenario, const std::vector<std::string>& overrides,
                     const std::function<bool()>& out_of_time, Result& result) {
  if (line.no_shrink || result.interrupted || !result.our_fault.empty()) return;
  ShrinkOptions options;
  options.load.purpose = scenario.purpose;
  options.load.overrides = overrides;
  options.load.model_path = line.models;
  options.out_of_time = out_of_time;
  options.cancelled = &interrupted();
  std::size_t number = 0;
  for (PropertyOutcome& property : result.properties) {
    if (property.verdict.kind != VerdictKind::fail || !property.witness || property.witness->loop) continue;
    if (out_of_time && out_of_time()) return;
    Diagnostics unread;
    const auto shrunk = shrink(scenario, shipped_brokers(), property.witness->log, property.verdict.property, options, unread);
    if (!shrunk) continue;
    ShrunkOutcome small;
    small.actions_before = shrunk->actions_before;
    small.actions = shrunk->actions;
    small.business = shrunk->business;
    small.note = shrunk->note;
    if (!shrunk->minimal) small.note += small.note.empty() ? "less may do" : "; less may do";
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
