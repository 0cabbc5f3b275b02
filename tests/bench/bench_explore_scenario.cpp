// SPDX-License-Identifier: Apache-2.0
// Time to proof of a declarative scenario (data/twin: brokers, services and interpreted handlers) against SPIN's of the
// topology that it describes (peers/order_payment.pml), on one core, set-up of both included. SPIN's bus can drop a message and
// hand it out later; in the scenario that is an order of events. So there are two figures: over SPIN with the drop, which is the
// same topology, and over SPIN without it, which stores exactly as many states.
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
  load.overrides = {"services.orders.with.count=" + std::to_string(orders)};
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
bool print(unsigned orders, bool reduce, const bench::SpinVerifier::Run& spin, const bench::SpinVerifier::Run& without_drop) {
  const Proof proof = prove(orders, reduce);
  const std::string name = "explore_scenario_" + std::string(reduce ? "reduced_" : "") + "k" + std::to_string(orders);
  bench::print_figure(name + "_states", static_cast<double>(proof.states), "states", static_cast<double>(proof.states) / without_drop.states,
                      "over_spin_noreduce_without_drop");
  bench::print_figure(name + "_rate", static_cast<double>(proof.states) / proof.seconds, "states/s");
  bench::print_figure(name + "_proof", proof.seconds * 1e3, "ms", spin.seconds / proof.seconds, "spin_noreduce_over_it");
  bench::print_figure(name + "_proof_like_for_like", proof.seconds * 1e3, "ms", without_drop.seconds / proof.seconds, "spin_noreduce_without_drop_over_it");
  if (!proof.holds) std::fprintf(stderr, "the scenario was not proved\n");
  return proof.holds;
}

bench::SpinVerifier::Run peer(unsigned orders, unsigned drops) {
  const bench::SpinVerifier spin({.orders = orders, .drops = drops});
  bench::SpinVerifier::Run ran{1, 0};
  if (spin.ready()) ran = spin.run();
  else std::printf("SPIN (Debian packages spin and gcc) is not there: ratios mean nothing\n");
  const std::string name = "spin_noreduce_" + std::string(drops == 0 ? "without_drop_" : "") + "k" + std::to_string(orders);
  bench::print_figure(name + "_states", ran.states, "states");
  bench::print_figure(name + "_proof", ran.seconds * 1e3, "ms");
  return ran;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  bool holds = true;
  const unsigned largest = options.size(4U, 2U);
  for (unsigned orders = 2; orders <= largest; ++orders) {
    const bench::SpinVerifier::Run spin = peer(orders, 1), without_drop = peer(orders, 0);
    holds = print(orders, false, spin, without_drop) && holds;
    holds = print(orders, true, spin, without_drop) && holds;
  }
  return holds ? 0 : 3;
}
