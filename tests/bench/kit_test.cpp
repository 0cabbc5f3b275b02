// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the measuring kit: a wrong median or a ratio taken across rounds would make
// every figure lie.
#include <catch2/catch.hpp>

#include "tests/bench/bench.hpp"
#include "tests/bench/peer.hpp"

using namespace flowtank::bench;

TEST_CASE("kit.median_is_the_middle_or_the_mean_of_the_two_middles") {
  CHECK(median({}) == 0);
  CHECK(median({7}) == 7);
  CHECK(median({9, 1, 5}) == 5);
  CHECK(median({4, 1, 100, 2}) == 3);
}

TEST_CASE("kit.every_round_runs_each_kernel_once_in_turn") {
  std::string order;
  const auto samples = run_interleaved(
      {
          {"a", [&] { return order += 'a', static_cast<double>(order.size()); }},
          {"b", [&] { return order += 'b', static_cast<double>(order.size()); }},
      },
      3);
  CHECK(order == "ababab");
  REQUIRE(samples.size() == 2);
  CHECK(samples[0].rounds == std::vector<double>{1, 3, 5});
  CHECK(samples[1].rounds == std::vector<double>{2, 4, 6});
}

TEST_CASE("kit.a_ratio_pairs_the_rounds_instead_of_dividing_medians") {
  // The machine was twice as slow in the last round: pairwise 2, 2, 2; the quotient of medians
  // would be 1.
  const Samples ours{"ours", {8, 4, 2}};
  CHECK(ratio(ours, {"peer", {4, 2, 1}}) == 2);
  CHECK(ratio(ours, {"peer", {2, 4, 8}}) == 1);
  CHECK(ratio(ours, {"absent", {0, 0, 0}}) == 0);
}

TEST_CASE("kit.cpu_time_moves_while_this_process_works") {
  const double before = cpu_seconds();
  std::uint64_t spins = 0;
  while (cpu_seconds() <= before && spins < 1'000'000'000) ++spins;
  CHECK(cpu_seconds() > before);
}

TEST_CASE("kit.a_peer_hands_back_its_output_figures_and_exit_code") {
  const PeerRun run = run_peer("echo 'RESULT x n=1 evps=2 evps_cpu=1250000 rss_mb=3.5'; exit 7");
  CHECK(run.exit_code == 7);
  CHECK(peer_figure(run, "evps_cpu") == 1250000);
  CHECK(peer_figure(run, "rss_mb") == 3.5);
  CHECK(peer_figure(run, "vps_cpu") == 0);
  CHECK(run.peak_rss_bytes > 0);
  CHECK(run_peer("/no/such/program").exit_code == 127);
  CHECK(run_peer("kill -9 $$").exit_code == -1);
}
