// SPDX-License-Identifier: Apache-2.0
// Runs of a campaign a CPU second, one thread: walks over all orders of the 3-order scenario with the shipped models and a
// duplicate, by strategy, and timed runs of it. The World is reset between runs, not rebuilt. Peer: the hand-written loop of
// peers/runs_cpp.cpp, as for timed runs.
#include <sim/campaign/runner.hpp>
#include <sim/scenario/scenario.hpp>

#include <models/brokers/registry.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/bench.hpp"
#include "tests/bench/peer.hpp"

namespace {

namespace bench = flowtank::bench;
using namespace flowtank;

Scenario load(LoadPurpose purpose) {
  LoadOptions options;
  options.purpose = purpose;
  options.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  Diagnostics diagnostics;
  auto scenario = load_scenario(FLOWTANK_SOURCE_DIR "/tests/bench/data/order_payment.json", options, diagnostics);
  if (!scenario) {
    for (const Diagnostic& d : diagnostics.all()) std::fprintf(stderr, "%s %s\n", d.code.c_str(), d.message.c_str());
    std::exit(2);
  }
  return std::move(*scenario);
}

class Sampler {
 public:
  Sampler(const Scenario& scenario, Strategy strategy) : tally_(campaign::empty_tally(scenario)) {
    campaign::Plan plan;
    plan.strategy = strategy;
    Diagnostics diagnostics;
    plan = *campaign::measure(scenario, shipped_brokers(), plan, diagnostics);
    runner_ = std::make_unique<campaign::Runner>(scenario, shipped_brokers(), plan);
  }
  double rate(std::uint64_t runs) {
    return bench::per_cpu_second([&] {
      for (std::uint64_t i = 0; i < runs; ++i) runner_->run(next_++, memory_, lesson_, tally_, nullptr);
      return runs;
    });
  }

 private:
  campaign::Tally tally_;
  campaign::LaneMemory memory_;
  campaign::LaneLesson lesson_;
  std::unique_ptr<campaign::Runner> runner_;
  std::uint64_t next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const bench::Options options = bench::start(argc, argv);
  const Scenario scenario = load(LoadPurpose::check);
  const Scenario with_time = load(LoadPurpose::run);
  const std::uint64_t runs = options.size<std::uint64_t>(20'000, 200);
  Sampler random(scenario, Strategy::random), pct(scenario, Strategy::pct), guided(scenario, Strategy::guided), timed(with_time, Strategy::timed);
  const std::string peer = bench::peer_command("runs_cpp", "3 " + std::to_string(options.size(1'000'000, 1000)));
  const auto samples = bench::run_interleaved({{"random", [&] { return random.rate(runs); }},
                                               {"pct", [&] { return pct.rate(runs); }},
                                               {"guided", [&] { return guided.rate(runs); }},
                                               {"timed", [&] { return timed.rate(runs); }},
                                               {"peer", [&] { return bench::peer_figure(bench::run_peer(peer), "runs_per_s"); }}},
                                              options.rounds);
  bench::print_figure("campaign_random_3_orders", samples[0].value(), "runs/s", bench::ratio(samples[0], samples[4]), "runs_cpp");
  bench::print_figure("campaign_pct_3_orders", samples[1].value(), "runs/s", bench::ratio(samples[1], samples[0]), "campaign_random_3_orders");
  bench::print_figure("campaign_guided_3_orders", samples[2].value(), "runs/s", bench::ratio(samples[2], samples[0]), "campaign_random_3_orders");
  bench::print_figure("campaign_timed_3_orders", samples[3].value(), "runs/s", bench::ratio(samples[3], samples[0]), "campaign_random_3_orders");
  return 0;
}
