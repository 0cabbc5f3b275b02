// SPDX-License-Identifier: Apache-2.0
// A check by several threads gives what a check by one gives: verdicts, strengths, witnesses of the same length, faults in
// effect, steps never reached, and, where nothing cuts it short, the same numbers.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

Result check(const std::string& name, unsigned threads, bool reduce) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  const auto scenario = load_scenario(std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/" + name + ".json", load, diagnostics);
  REQUIRE(scenario);
  CheckOptions options;
  options.threads = threads;
  options.reduce = reduce;
  auto result = check_scenario(*scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(result);
  return std::move(*result);
}

}  // namespace

TEST_CASE("threads.any_number_of_them_gives_the_result_of_one") {
  for (const std::string name : {"store-all-patterns", "store-all-patterns-crash-duplicate", "store-payment-without-inbox-crash",
                                 "store-broker-loses-one", "kafka/java-thread-pool", "patterns/late-payment", "sessions/staleness"}) {
    for (const bool reduce : {false, true}) {
      const Result one = check(name, 1, reduce);
      for (const unsigned threads : {2U, 5U}) {
        const Result many = check(name, threads, reduce);
        CAPTURE(name, reduce, threads);
        CHECK(many.our_fault == "");
        CHECK(many.complete == one.complete);
        CHECK(many.exit == one.exit);
        if (one.complete && many.complete) {
          CHECK(many.counts.states == one.counts.states);
          CHECK(many.counts.transitions == one.counts.transitions);
          CHECK(many.counts.depth == one.counts.depth);
          CHECK(many.counts.terminal == one.counts.terminal);
          CHECK(many.not_reached.size() == one.not_reached.size());
          for (std::size_t f = 0; f < one.faults.size(); ++f) {
            CHECK(many.faults[f].took_effect == one.faults[f].took_effect);
            CHECK(many.faults[f].states == one.faults[f].states);
          }
        }
        for (std::size_t p = 0; p < one.properties.size(); ++p) {
          CHECK(many.properties[p].verdict.kind == one.properties[p].verdict.kind);
          CHECK(many.properties[p].verdict.strength == one.properties[p].verdict.strength);
          REQUIRE((many.properties[p].witness == nullptr) == (one.properties[p].witness == nullptr));
          if (one.properties[p].witness) CHECK(many.properties[p].witness->steps.size() == one.properties[p].witness->steps.size());
        }
      }
    }
  }
}

}  // namespace flowtank
