// SPDX-License-Identifier: Apache-2.0
// Would the comparison of reduction_sweep_test.cpp see a reduction that leaves out too much? Wrong rules are put in its
// place here (every step taken at once; commits; publishes although a crash can strike; deliveries), and each must
// lose verdicts of shipped scenarios.
#include <string>

#include "tests/check/wrong_reduction.hpp"

namespace flowtank {
namespace {

using test::Rule;

// The properties violated in some state or at some end, by name.
std::string violated(const std::string& name, const Rule& rule) {
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  Diagnostics diagnostics;
  const auto scenario = load_scenario(std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/" + name + ".json", load, diagnostics);
  REQUIRE(scenario);
  return test::violated_under(rule, *scenario, 50'000).names;
}

const char* const scenarios[] = {"store-payment-without-inbox-duplicate", "store-payment-without-inbox-crash", "store-order-without-outbox-crash",
                                 "store-broker-loses-one", "patterns/late-payment", "patterns/versions-out-of-order", "patterns/two-relays",
                                 "patterns/d12-sequence-gap", "faults/lost-update", "faults/crash-after-commit"};

std::size_t changed(const Rule& rule) {
  std::size_t count = 0;
  for (const char* const name : scenarios) count += violated(name, rule) != violated(name, {}) ? 1 : 0;
  return count;
}

Op next_op(const World& world, const Action& action) {
  return action.kind == ActionKind::step ? world.runs().instruction(action.a).op : Op::end;
}

}  // namespace

TEST_CASE("reduction.wrong_rules_would_be_noticed") {
  CHECK(changed({}) == 0);
  CHECK(changed([](const World&, const Action& a) { return a.kind == ActionKind::step; }) > 0);
  CHECK(changed([](const World& w, const Action& a) { return next_op(w, a) == Op::commit; }) > 0);
  CHECK(changed([](const World& w, const Action& a) { return next_op(w, a) == Op::publish; }) > 0);
  CHECK(changed([](const World&, const Action& a) { return a.kind == ActionKind::deliver; }) > 0);
}

}  // namespace flowtank
