// SPDX-License-Identifier: Apache-2.0
// Time to proof of a declarative scenario (data/twin: brokers, services and interpreted handlers) against SPIN's of the
// topology that it describes (peers/order_payment.pml), on one core, set-up of both included. The scenario has more states
// than the model, and README.md says why; so the figure is seconds, not states a second.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

#include "tests/bench/bench.hpp"
#include "tests/bench/spin.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

struct Proof {
  double seconds = 0;
  std::uint64_t states = 0;
  bool holds = false;
};

Proof prove(unsigned orders, bool reduce) {
  const double start = bench::cpu_seconds();
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = {"clients.shoppers.count=" + std::to_string(orders)};
  Diagnostics diagnostics;
  const auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/twin/twin.json", load, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s %s\n", d.code.c_str(), d.message.c_str());
  if (!scenario) std::exit(2);
  CheckOptions options;
  options.reduce = reduce;
  options.states = std::uint64_t{200'000'000};
  options.memory = std::size_t{16} << 30;
  const auto result = check_scenario(*scenario, shipped_brokers(), options, diagnostics);
  if (!result) std::exit(2);
  bool holds = result->complete && result->our_fault.empty();
  for (const PropertyOutcome& property : result->properties) holds = holds && property.verdict.kind == VerdictKind::pass;
  return {bench::cpu_seconds() - start, result->counts.states, holds};
}

// One line each for states and seconds; ratios over SPIN: at least 0.5 is asked of the seconds.
bool print(unsigned orders, bool reduce, double spin_seconds, double spin_states) {
  const Proof proof = prove(orders, reduce);
  const std::string name = "explore_scenario_" + std::string(reduce ? "reduced_" : "") + "k" + std::to_string(orders);
  bench::print_figure(name + "_states", static_cast<double>(proof.states), "states", static_cast<double>(proof.states) / spin_states, "over_spin_noreduce");
  bench::print_figure(name + "_rate", static_cast<double>(proof.states) / proof.seconds, "states/s");
  bench::print_figure(name + "_proof", proof.seconds * 1e3, "ms", spin_seconds / proof.seconds, "spin_noreduce_over_it");
  if (!proof.holds) std::fprintf(stderr, "the scenario was not proved\n");
  return proof.holds;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  bool holds = true;
  const unsigned largest = options.size(3U, 2U);  // four orders take minutes
  for (unsigned orders = 2; orders <= largest; ++orders) {
    // With a drop more than the scenario has: there a copy that is put aside and handed out later is an order of events.
    const bench::SpinVerifier spin({.orders = orders});
    bench::SpinVerifier::Run peer{1, 0};
    if (spin.ready()) peer = spin.run();
    else std::printf("SPIN (Debian packages spin and gcc) is not there: ratios mean nothing\n");
    bench::print_figure("spin_noreduce_k" + std::to_string(orders) + "_proof", peer.seconds * 1e3, "ms");
    holds = print(orders, false, peer.seconds, peer.states) && holds;
    holds = print(orders, true, peer.seconds, peer.states) && holds;
  }
  return holds ? 0 : 3;
}
