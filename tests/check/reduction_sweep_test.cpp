// SPDX-License-Identifier: Apache-2.0
// The World's reduction against no reduction, on every shipped scenario that is small enough: the same verdict of
// the same strength for every property, witnesses of the same length, the same steps never reached, the same faults
// in effect. That the comparison would see a rule that leaves out too much, wrong_reduction_test.cpp shows.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank {
namespace {

constexpr std::uint64_t small_enough = 30'000;

std::vector<std::string> shipped_scenarios() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(FLOWTANK_SOURCE_DIR "/scenarios")) {
    const std::string file = entry.path().string();
    if (entry.path().extension() == ".json" && file.find("/schema/") == std::string::npos) files.push_back(file);
  }
  std::sort(files.begin(), files.end());
  return files;
}


std::optional<Result> check(const std::string& file, bool reduce, const std::vector<std::string>& overrides = {}) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = overrides;
  const auto scenario = load_scenario(file, load, diagnostics);
  if (!scenario) return std::nullopt;  // it cannot be checked: made for runs
  CheckOptions options;
  options.states = small_enough;
  options.reduce = reduce;
  return check_scenario(*scenario, shipped_brokers(), options, diagnostics);
}

std::string not_reached(const Result& result) {
  std::string all;
  for (const NotReached& part : result.not_reached) all += part.what + "/" + part.step + ";";
  return all;
}

// What differs, in words; empty: nothing.
std::string difference(const Result& plain, const Result& reduced) {
  if (!reduced.our_fault.empty()) return "fault of ours: " + reduced.our_fault;
  if (plain.complete != reduced.complete) return "one search is complete, the other is not";
  for (std::size_t p = 0; p < plain.properties.size(); ++p) {
    const PropertyOutcome& a = plain.properties[p];
    const PropertyOutcome& b = reduced.properties[p];
    if (a.verdict.kind != b.verdict.kind) return a.verdict.property + ": another verdict";
    if (a.verdict.strength != b.verdict.strength) return a.verdict.property + ": another strength";
    if ((a.witness == nullptr) != (b.witness == nullptr)) return a.verdict.property + ": one has no witness";
    if (a.witness && !b.witness->any_length && a.witness->steps.size() != b.witness->steps.size()) return a.verdict.property + ": another length";
    if (b.witness && b.witness->any_length) return a.verdict.property + ": not shown to be shortest";
  }
  if (plain.complete && not_reached(plain) != not_reached(reduced)) return "other steps reached";
  for (std::size_t f = 0; f < plain.faults.size(); ++f) {
    if (plain.complete && plain.faults[f].took_effect != reduced.faults[f].took_effect) return "another fault took effect";
  }
  return {};
}

}  // namespace

TEST_CASE("reduction.every_small_scenario_gives_the_verdicts_of_an_unreduced_check") {
  std::size_t compared = 0, smaller = 0;
  std::uint64_t states = 0, reduced_states = 0;
  for (const std::string& file : shipped_scenarios()) {
    const auto plain = check(file, false);
    if (!plain || (!plain->complete && plain->limit == explore::Limit::states)) continue;
    const auto reduced = check(file, true);
    REQUIRE(reduced);
    ++compared;
    if (plain->complete && reduced->complete) {
      states += plain->counts.states;
      reduced_states += reduced->counts.states;
      smaller += reduced->counts.states < plain->counts.states ? 1 : 0;
    }
    const std::string what = difference(*plain, *reduced);
    if (!what.empty()) {
      CAPTURE(file, what);
      CHECK(what.empty());
    }
  }
  CAPTURE(compared, smaller, states, reduced_states);
  CHECK(compared > 50);
  CHECK(smaller > compared / 4);
  CHECK(reduced_states < states);
}

// More clients, more faults: the variants in which runs of different orders meet.
TEST_CASE("reduction.variants_with_more_orders_and_faults_agree") {
  const std::string folder = FLOWTANK_SOURCE_DIR "/scenarios/";
  const std::vector<std::pair<std::string, std::vector<std::string>>> variants = {
      {"store-all-patterns.json", {"clients.shoppers.count=2", "check.clients.shoppers=2"}},
      {"store-payment-without-inbox-crash.json", {"check.clients.shoppers=2"}},
      {"store-payment-without-inbox-duplicate.json", {"check.clients.shoppers=2"}},
      {"store-order-without-outbox-crash.json", {"services.order.with.publish=outbox"}},
      {"store-payment-without-inbox-crash.json", {"services.payment.with.consume=inbox"}},
      {"store-payment-without-inbox-crash.json", {"faults.crash.at=any_step", "faults.crash.budget=2"}},
  };
  for (const auto& [name, overrides] : variants) {
    const auto plain = check(folder + name, false, overrides);
    if (!plain || plain->limit == explore::Limit::states) continue;
    const auto reduced = check(folder + name, true, overrides);
    REQUIRE(reduced);
    CAPTURE(name, overrides);
    CHECK(difference(*plain, *reduced) == "");
  }
}

TEST_CASE("reduction.says_what_it_left_out_and_why_it_could_not") {
  const auto plain = check(FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json", false);
  const auto reduced = check(FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json", true);
  REQUIRE(plain);
  REQUIRE(reduced);
  CHECK(plain->reduction.empty());
  CHECK(reduced->reduction == "steps that nobody else can notice taken at once");
  CHECK(reduced->counts.states < plain->counts.states);
  const auto lasting = check(FLOWTANK_SOURCE_DIR "/scenarios/faults/partition.json", true);
  REQUIRE(lasting);
  CHECK(lasting->reduction.find("not reduced: the fault") == 0);
}

}  // namespace flowtank
