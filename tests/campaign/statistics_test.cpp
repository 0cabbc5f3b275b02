// SPDX-License-Identifier: Apache-2.0
// Bounds and estimates against numbers computed elsewhere, and their edges.
#include <catch2/catch.hpp>

#include <sim/campaign/counts.hpp>
#include <sim/campaign/plan.hpp>
#include <sim/campaign/statistics.hpp>

namespace flowtank::campaign {
namespace {

TEST_CASE("upper_bound_95.is_one_minus_the_nth_root_of_a_twentieth") {
  CHECK(upper_bound_95(0) == 1);
  CHECK(upper_bound_95(1) == Approx(0.95));
  CHECK(upper_bound_95(2) == Approx(0.7763932022500211));
  CHECK(upper_bound_95(59) == Approx(0.0495076099).epsilon(1e-8));
  CHECK(upper_bound_95(100) == Approx(0.02951304960703993).epsilon(1e-9));
  CHECK(upper_bound_95(100'000) == Approx(2.9956873993e-05).epsilon(1e-7));
  CHECK(upper_bound_95(1'000'000'000) < upper_bound_95(100'000'000));
}

TEST_CASE("probability_text.has_one_digit_and_never_understates") {
  CHECK(probability_text(upper_bound_95(100'000)) == "0.00003");
  CHECK(probability_text(0.0295) == "0.03");
  CHECK(probability_text(0.031) == "0.04");
  CHECK(probability_text(0.95) == "1");
  CHECK(probability_text(1) == "1");
  CHECK(probability_text(0) == "0");
  CHECK(probability_text(0.000999) == "0.001");
  CHECK(probability_text(2.9e-9) == "3e-09");
  CHECK(probability_text(9.5e-10) == "1e-09");
  CHECK(probability_text(1.2755e-5, Rounded::down) == "0.00001");
  CHECK(probability_text(0.25, Rounded::down) == "0.2");
}

TEST_CASE("saturation.knows_the_species_of_the_textbook") {
  // 100 runs, 20 ends, 8 seen once, 4 twice: Chao1 with the correction for bias is 20 + 0.99 * 8 * 7 / (2 * 5).
  const Saturation s = saturation(100, 20, 8, 4);
  CHECK(s.new_share == Approx(0.08));
  CHECK(s.estimate == Approx(25.544));
  const Saturation none = saturation(0, 0, 0, 0);
  CHECK(none.new_share == 1);
  const Saturation full = saturation(1'000, 7, 0, 0);
  CHECK(full.new_share == 0);
  CHECK(full.estimate == 7);
}

TEST_CASE("pct_bound.is_that_of_the_paper") {
  CHECK(pct_bound(4, 20, 1) == Approx(0.25));
  CHECK(pct_bound(4, 20, 3) == Approx(1.0 / 1600));
}

TEST_CASE("counts.count_sort_and_merge") {
  Counts a;
  for (std::uint64_t i = 0; i < 1'000; ++i) a.add(i * i % 101);
  Counts b;
  CHECK(b.add(7));
  CHECK_FALSE(b.add(7));
  b.add(0);
  CHECK(b.of(7) == 2);
  CHECK(b.of(8) == 0);
  CHECK(b.seen(2) == 1);
  Counts sum = a;
  sum.merge(b);
  Counts other = b;
  other.merge(a);
  CHECK(sum.sorted() == other.sorted());
  CHECK(sum.size() == other.size());
  b.clear();
  CHECK(b.size() == 0);
  CHECK(b.of(7) == 0);
}

TEST_CASE("plan.every_run_is_in_one_lane_of_one_shard") {
  for (const Strategy strategy : {Strategy::random, Strategy::portfolio}) {
    for (const std::uint32_t shards : {1U, 2U, 3U, 16U}) {
      if (strategy == Strategy::portfolio && shards == 3) continue;  // refused: it learns
      Plan plan;
      plan.strategy = strategy;
      plan.runs = 1'003;
      plan.shards = shards;
      std::vector<int> made(plan.runs, 0);
      for (plan.shard = 0; plan.shard < shards; ++plan.shard) {
        for (std::uint64_t lane = 0; lane < plan.lanes(); ++lane) {
          for (std::uint64_t k = 0; k < plan.runs_in(lane); ++k) {
            const std::uint64_t run = plan.run_at(lane, k);
            REQUIRE(run < plan.runs);
            ++made[run];
            CHECK(run % shards == plan.shard);
            // What learns does so from the same runs, however many shards there are.
            if (plan.learns()) CHECK(run % plan.all_lanes() == plan.run_at(lane, 0) % plan.all_lanes());
          }
        }
      }
      CHECK(std::count(made.begin(), made.end(), 1) == static_cast<std::ptrdiff_t>(plan.runs));
    }
  }
}

TEST_CASE("strategies.have_one_row_each_and_say_what_may_print_a_bound") {
  for (const StrategyInfo& row : strategies()) {
    CHECK(strategy_of(row.name) == row.strategy);
    CHECK(&info(row.strategy) == &row);
    CHECK_FALSE(row.says.empty());
  }
  CHECK_FALSE(info(Strategy::guided).independent);
  CHECK_FALSE(info(Strategy::portfolio).independent);
  CHECK_FALSE(strategy_of("Random"));
  std::uint64_t random = 0;
  for (std::uint64_t run = 0; run < 80; ++run) random += strategy_of_run(Strategy::portfolio, run) == Strategy::random ? 1 : 0;
  CHECK(random == 40);
}

}  // namespace
}  // namespace flowtank::campaign
