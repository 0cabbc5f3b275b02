// SPDX-License-Identifier: Apache-2.0
// See verify_determinism.hpp: prints what two runs have in common, or where they part, in the words of both.
#include "cli/verify_determinism.hpp"

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/record_text.hpp>
#include <reports/text.hpp>
#include <sim/base/thousands.hpp>
#include <sim/check/determinism.hpp>

namespace flowtank::cli {
namespace {

std::string record_line(const Witness& run, std::size_t record) {
  if (record >= run.trace.size()) return "the run is over";
  const reports::RecordText text(*run.world, run.trace);
  const Record r = run.trace[record];
  return fmt::format("at {} ns: {}", (r.time - Time::start()).nanoseconds(), text.sentence(r));
}

}  // namespace

int verify_determinism(const Scenario& scenario, const RunOptions& options, const Face& face) {
  Diagnostics diagnostics;
  const auto runs = run_twice(scenario, shipped_brokers(), options, diagnostics);
  print(diagnostics, face);
  if (!runs) return 2;
  if (runs->first.interrupted || runs->second.interrupted) {
    print_error("interrupted before both runs were over", "", face);
    return 4;
  }
  if (runs->same()) {
    return say(stdout, fmt::format("The same twice: seed {}, {} records, {} actions, fingerprint {:016x}.\n", runs->first.seed,
                                   thousands(runs->records), thousands(runs->first.run.actions),
                                   runs->first.run.fingerprint))
               ? 0
               : 2;
  }
  std::string text = fmt::format("Two runs of seed {} differ: fingerprints {:016x} and {:016x}.\n", runs->first.seed,
                                 runs->first.run.fingerprint, runs->second.run.fingerprint);
  if (runs->difference) {
    const std::size_t record = runs->difference->record;
    text += fmt::format("The first record that differs is #{}", record);
    for (std::size_t i = 0; i < runs->difference->fields.size(); ++i) text += (i == 0 ? ", in " : ", ") + runs->difference->fields[i];
    text += fmt::format(":\n  first   {}\n  second  {}\n", record_line(*runs->first.traced, record), record_line(*runs->second.traced, record));
  }
  say(stdout, text);
  print_error("this run is not deterministic", "This is a fault of Flowtank; please report it with the scenario.", face);
  return 3;
}

}  // namespace flowtank::cli
