// SPDX-License-Identifier: Apache-2.0
// The pipeline of one order with and without its patterns: exact numbers of states, verdicts, and the
// shortest stories of what goes wrong, action by action.
#include "tests/explore/models/order_pipeline.hpp"

#include <sim/explore/breadth_first.hpp>

#include <catch2/catch.hpp>

using namespace flowtank::explore;
using flowtank::explore::models::OrderPipeline;

namespace {

using System = CopyingSystem<OrderPipeline>;
using Switches = OrderPipeline::Switches;
using Steps = std::vector<std::string>;

Outcome<System::Action> check(const Switches& switches) {
  System system(OrderPipeline{switches});
  Options<System> all;
  all.stop_when_decided = false;
  return breadth_first(
      system,
      {Property<System>::always("S1", [](const System& s) { return s.state().charges <= 1; }),
       Property<System>::always("S2", [](const System& s) { return s.state().applied <= 1; }),
       Property<System>::always("S3", [](const System& s) { return s.state().order != OrderPipeline::Order::paid || s.state().charges > 0; }),
       Property<System>::terminal("G", [](const System& s) { return s.state().order == OrderPipeline::Order::paid; })},
      all);
}

/// The names of the properties that have a witness.
std::string failing(const Outcome<System::Action>& outcome) {
  std::string names;
  for (const auto& decision : outcome.decisions) {
    names += decision.found() ? decision.name : "";
  }
  return names;
}

}  // namespace

TEST_CASE("order_pipeline.all_patterns_without_faults_have_24_states") {
  const auto outcome = check({});
  CHECK(outcome.complete);
  CHECK(outcome.states == 24);
  CHECK(failing(outcome) == "");
}

TEST_CASE("order_pipeline.all_patterns_survive_crashes_and_duplicates") {
  Switches switches;
  switches.crashes = switches.duplicates = 1;
  const auto one = check(switches);
  CHECK(one.states == 358);
  CHECK(failing(one) == "");
  switches.crashes = switches.duplicates = 2;
  const auto two = check(switches);
  CHECK(two.states == 1'844);
  CHECK(failing(two) == "");
}

TEST_CASE("order_pipeline.payment_without_inbox_charges_twice_on_a_duplicate") {
  Switches switches;
  switches.payment_inbox = false;
  switches.duplicates = 1;
  const auto outcome = check(switches);
  CHECK(outcome.states == 114);
  CHECK(outcome.decision("S1").found());
  CHECK(outcome.decision("S1").witness.steps ==
        Steps{"place", "relay OrderPlaced", "charge", "duplicate OrderPlaced", "ack OrderPlaced", "charge"});
}

TEST_CASE("order_pipeline.payment_without_inbox_charges_twice_on_a_crash_before_the_ack") {
  Switches switches;
  switches.payment_inbox = false;
  switches.crashes = 1;
  const auto outcome = check(switches);
  CHECK(outcome.states == 153);
  CHECK(outcome.decision("S1").witness.steps ==
        Steps{"place", "relay OrderPlaced", "charge", "crash of the payment service", "charge"});
}

TEST_CASE("order_pipeline.order_without_outbox_is_forgotten_on_a_crash_before_the_publish") {
  Switches switches;
  switches.order_outbox = false;
  switches.crashes = 1;
  const auto outcome = check(switches);
  CHECK(outcome.states == 47);
  CHECK(failing(outcome) == "G");
  CHECK(outcome.decision("G").witness.steps == Steps{"place", "crash of the order service"});
}

TEST_CASE("order_pipeline.no_pattern_survives_a_broker_that_loses") {
  Switches switches;
  switches.losses = 1;
  const auto outcome = check(switches);
  CHECK(outcome.states == 34);
  CHECK(failing(outcome) == "G");
  CHECK(outcome.decision("G").witness.steps ==
        Steps{"place", "relay OrderPlaced", "mark OrderPlaced sent", "lose OrderPlaced"});
}
