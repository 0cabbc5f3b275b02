// SPDX-License-Identifier: Apache-2.0
// Published verdicts of event-driven cases as textbook models: a late payment (V-19), versions out of order (V-22) and the
// reset of an idempotent producer (V-25), with their counts where they are known.
#include "tests/explore/models/late_payment.hpp"
#include "tests/explore/models/producer_reset.hpp"
#include "tests/explore/models/projection_order.hpp"

#include <sim/explore/breadth_first.hpp>

#include <catch2/catch.hpp>

using namespace flowtank::explore;
using namespace flowtank::explore::models;

namespace {

template <class Model>
using Prop = Property<CopyingSystem<Model>>;
using Steps = std::vector<std::string>;

auto explore_payment(bool asks_for_refund) {
  CopyingSystem<LatePayment> system(LatePayment{asks_for_refund});
  return breadth_first(system, {Prop<LatePayment>::terminal("cancelled means nothing is charged", [](const auto& s) { return LatePayment::money_is_right(s.state()); })});
}

auto explore_projection(unsigned versions, bool ignores_lower, unsigned duplicates) {
  CopyingSystem<ProjectionOrder> system(ProjectionOrder{versions, ignores_lower, duplicates});
  Options<CopyingSystem<ProjectionOrder>> options;
  options.stop_when_decided = false;
  return breadth_first(system, {Prop<ProjectionOrder>::terminal("the last version stays", [versions](const auto& s) { return s.state().projected == versions; })}, options);
}

auto explore_producer(bool bumps_epoch) {
  CopyingSystem<ProducerReset> system(ProducerReset{bumps_epoch});
  return breadth_first(system, {Prop<ProducerReset>::always("acknowledged once and in order", [](const auto& s) { return ProducerReset::as_acknowledged(s.state()); })});
}

}  // namespace

TEST_CASE("late_payment.ignoring_it_keeps_the_money_of_a_cancelled_order") {
  const auto outcome = explore_payment(false);
  CHECK(outcome.states == 6);
  CHECK(outcome.decision("cancelled means nothing is charged").witness.steps == Steps{"cancel", "charge", "complete"});
}

TEST_CASE("late_payment.asking_for_a_refund_gives_it_back") {
  const auto outcome = explore_payment(true);
  CHECK(outcome.states == 7);
  CHECK(outcome.complete);
  CHECK_FALSE(outcome.decision("cancelled means nothing is charged").found());
}

TEST_CASE("projection_order.taking_versions_as_they_come_may_end_with_an_old_one") {
  const std::uint64_t counts[] = {8, 21, 54};
  for (unsigned n = 2; n <= 4; ++n) {
    const auto outcome = explore_projection(n, false, 0);
    CHECK(outcome.states == counts[n - 2]);
    CHECK(outcome.decision("the last version stays").witness.actions.size() == 2 * n);
    CHECK(explore_projection(n, false, 1).decision("the last version stays").found());
  }
}

TEST_CASE("projection_order.ignoring_lower_versions_never_does") {
  const std::uint64_t counts[] = {7, 15, 31};
  for (unsigned n = 2; n <= 4; ++n) {
    const auto outcome = explore_projection(n, true, 0);
    CHECK(outcome.states == counts[n - 2]);
    CHECK_FALSE(outcome.decision("the last version stays").found());
    CHECK_FALSE(explore_projection(n, true, 1).decision("the last version stays").found());
  }
}

TEST_CASE("producer_reset.counting_anew_under_the_same_epoch_loses_an_acknowledged_record") {
  const auto outcome = explore_producer(false);
  const auto& decision = outcome.decision("acknowledged once and in order");
  REQUIRE(decision.found());
  // Record 0 is appended after it was given up; record 1, with the same number, counts as its duplicate.
  CHECK(decision.witness.steps == Steps{"send 0", "give up 0", "arrive 0", "send 1", "arrive 1"});
}

TEST_CASE("producer_reset.a_new_epoch_keeps_them_apart") {
  const auto outcome = explore_producer(true);
  CHECK(outcome.complete);
  CHECK(outcome.states > 20);
  CHECK_FALSE(outcome.decision("acknowledged once and in order").found());
}
