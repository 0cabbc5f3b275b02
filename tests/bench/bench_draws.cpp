// SPDX-License-Identifier: Apache-2.0
// What a keyed draw and a duration from each distribution cost, in CPU nanoseconds. The inputs of
// successive draws are independent, as in a run, so this is throughput, not latency.
#include <fmt/format.h>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/distribution.hpp"
#include "sim/base/keyed_random.hpp"
#include "tests/bench/bench.hpp"

namespace {

using namespace flowtank;

std::uint64_t draws(std::uint64_t count) {
  const Draws delay(Seed{1}, Purpose("link.delay"));
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    sum ^= delay({i, 7}, 1);
    bench::keep(sum);
  }
  return count;
}

std::uint64_t durations(const Distribution& distribution, std::uint64_t count) {
  const Draws delay(Seed{1}, Purpose("link.delay"));
  Time sum;
  for (std::uint64_t i = 0; i < count; ++i) {
    sum = Time(sum.nanoseconds() ^ distribution.at(delay({i, 7}, 1)).nanoseconds());
    bench::keep(sum);
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::start(argc, argv);
  const auto count = options.size<std::uint64_t>(5'000'000, 10'000);
  const QuantilePoint points[] = {
      {0, ms(1)}, {0.5, ms(2)}, {0.9, ms(10)}, {0.99, ms(50)}, {1, s(2)}};
  const std::vector<std::pair<std::string, Distribution>> distributions = {
      {"uniform", *Distribution::uniform(ms(1), ms(100))},
      {"exponential", *Distribution::exponential(ms(20))},
      {"lognormal", *Distribution::lognormal(ms(20), 0.7)},
      {"pareto", *Distribution::pareto(ms(1), 1.5)},
      {"empirical", *Distribution::empirical(points)},
  };
  std::vector<bench::Kernel> kernels = {
      {"draw", [&] { return bench::cpu_ns_each([&] { return draws(count); }); }}};
  for (const auto& [name, distribution] : distributions) {
    kernels.push_back({name, [&distribution = distribution, count] {
                         return bench::cpu_ns_each([&] { return durations(distribution, count); });
                       }});
  }
  const auto samples = bench::run_interleaved(kernels, options.rounds);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    bench::print_figure(i == 0 ? "draw" : "draw_and_" + samples[i].name, samples[i].value(), "ns");
  }
  return 0;
}
