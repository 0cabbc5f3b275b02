// SPDX-License-Identifier: Apache-2.0
// What shrinking costs: a duplicate (V-13) and a crash (V-14) found by a random walk among sixty orders, a thousand actions and
// more before the failure, down to their six and five business steps; and the log alone, with the scenario as it is.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <models/brokers/registry.hpp>
#include <sim/shrink/shrink.hpp>

#include "tests/bench/bench.hpp"
#include "tests/shrink/walk.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

const std::string property = "charged at most once";

struct Failure {
  ShrinkOptions options;
  Scenario scenario;
  DecisionLog log;
};

Failure failure(bool crash, std::size_t orders, std::size_t least) {
  Failure out;
  out.options.load.purpose = LoadPurpose::check;
  out.options.load.overrides = walks::many_orders(crash, orders);
  Diagnostics diagnostics;
  auto scenario = load_scenario(std::string(FLOWTANK_SOURCE_DIR "/scenarios/") +
                                    (crash ? "store-payment-without-inbox-crash.json" : "store-payment-without-inbox-duplicate.json"),
                                out.options.load, diagnostics);
  for (std::uint64_t number = 1; scenario && number < 500; ++number) {
    auto walk = walks::failing_walk(*scenario, shipped_brokers(), property, number, least);
    if (!walk) continue;
    out.scenario = std::move(*scenario);
    out.log.driver = Driver::check;
    out.log.property = property;
    out.log.actions = std::move(*walk);
    return out;
  }
  std::fprintf(stderr, "no walk fails late enough\n");
  std::exit(2);
}

double seconds(const Failure& failure, bool whole, std::size_t& actions) {
  ShrinkOptions options = failure.options;
  options.scenario = whole;
  if (!whole) options.search_states = 2000;
  Diagnostics diagnostics;
  const double start = bench::cpu_seconds();
  const auto shrunk = shrink(failure.scenario, shipped_brokers(), failure.log, property, options, diagnostics);
  if (!shrunk) std::exit(3);
  actions = shrunk->actions;
  return bench::cpu_seconds() - start;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  for (const bool crash : {false, true}) {
    const Failure failing = failure(crash, options.size<std::size_t>(60, 40), options.size<std::size_t>(1000, 200));
    const std::string name = std::string("shrink_") + (crash ? "crash" : "duplicate");
    std::size_t whole = 0, log_alone = 0;
    const auto samples = bench::run_interleaved({{"whole", [&] { return seconds(failing, true, whole); }},
                                                 {"log_alone", [&] { return seconds(failing, false, log_alone); }}},
                                                options.rounds);
    bench::print_figure(name + "_actions_before", static_cast<double>(failing.log.actions.size()), "actions");
    bench::print_figure(name + "_actions", static_cast<double>(whole), "actions");
    bench::print_figure(name, samples[0].value(), "s");
    bench::print_figure(name + "_log_alone_actions", static_cast<double>(log_alone), "actions");
    bench::print_figure(name + "_log_alone", samples[1].value(), "s");
  }
  return 0;
}
