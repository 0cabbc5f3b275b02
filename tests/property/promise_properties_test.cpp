// SPDX-License-Identifier: Apache-2.0
// What must come about later: eventually, leads_to, not_stuck, with and without deadlines. Deadlines are a
// matter of timed runs; without time the same promises are due when nothing more happens.
#include "tests/property/small_shop.hpp"

namespace flowtank::testing {
namespace {

PropertySpec promise(Shop& shop, PropertyKind kind, const std::string& text) {
  PropertySpec property;
  property.name = "p";
  property.kind = kind;
  property.table = orders;
  property.predicate = shop.expression(text);
  property.source = text;
  return property;
}

PropertySpec placed_leads_to_paid(Shop& shop) {
  PropertySpec property = promise(shop, PropertyKind::leads_to, "o.status == 'paid'");
  property.when = shop.expression("o.status == 'placed'");
  return property;
}

PropertySpec not_stuck(Shop& shop) { return promise(shop, PropertyKind::not_stuck, "o.status in ['paid', 'cancelled']"); }

constexpr Duration ten_seconds{10'000'000'000};

Verdict timed_verdict(Shop& shop, const PropertySpec& property, bool quiescent, void (*play)(History&)) {
  History history(shop, Mode::timed, {property});
  play(history);
  return history.verdict(quiescent);
}

}  // namespace

TEST_CASE("leads_to.is_kept_when_the_goal_comes") {
  Shop shop;
  expect(shop, placed_leads_to_paid(shop), VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.order("o-2", "placed");
    h.order("o-2", "paid");
    h.order("o-1", "paid");
  });
}

TEST_CASE("leads_to.names_the_key_that_waits_for_ever") {
  Shop shop;
  expect_fail(shop, placed_leads_to_paid(shop), "o-1",
              "o-1 waits for ever: order.orders[o-1].status is \"declined\" and nothing more will happen", [](History& h) {
                h.order("o-1", "placed");
                h.order("o-1", "declined");
                h.order("o-2", "placed");
                h.order("o-2", "paid");
              });
}

TEST_CASE("leads_to.is_asked_for_again_each_time_the_condition_holds") {
  Shop shop;
  expect(shop, placed_leads_to_paid(shop), VerdictKind::fail, [](History& h) {
    h.order("o-1", "placed");
    h.order("o-1", "paid");
    h.order("o-1", "placed");
    h.order("o-1", "shipped");
  });
}

TEST_CASE("leads_to.is_still_owed_when_the_row_is_deleted") {
  Shop shop;
  expect_fail(shop, placed_leads_to_paid(shop), "o-1",
              "o-1 waits for ever: order.orders[o-1] does not exist and nothing more will happen", [](History& h) {
                h.order("o-1", "placed");
                h.erase_order("o-1");
              });
}

TEST_CASE("leads_to.whose_condition_never_held_is_vacuous") {
  Shop shop;
  expect(shop, placed_leads_to_paid(shop), VerdictKind::vacuous, [](History& h) { h.order("o-1", "paid"); });
}

TEST_CASE("leads_to.owed_when_the_run_is_cut_off_is_inconclusive") {
  Shop shop;
  const PropertySpec property = placed_leads_to_paid(shop);
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.order("o-1", "placed"); }, false);
}

TEST_CASE("leads_to.within_fails_when_the_goal_comes_late") {
  Shop shop;
  PropertySpec property = placed_leads_to_paid(shop);
  property.within = ten_seconds;
  const Verdict late = timed_verdict(shop, property, true, [](History& h) {
    h.order("o-1", "placed");
    h.wait(5);
    h.order("o-2", "placed");
    h.wait(7);
    h.order("o-1", "paid");
    h.order("o-2", "paid");
  });
  REQUIRE(late.kind == VerdictKind::fail);
  REQUIRE(late.evidence.size() == 1);
  CHECK(late.evidence.front().key == "o-1");
  CHECK(late.evidence.front().sentence == "o-1: it took 12 s, allowed are 10 s");
  CHECK(timed_verdict(shop, property, true, [](History& h) {
          h.order("o-1", "placed");
          h.wait(9);
          h.order("o-1", "paid");
        }).kind == VerdictKind::pass);
}

TEST_CASE("leads_to.within_fails_at_the_horizon_only_when_the_deadline_has_passed") {
  Shop shop;
  PropertySpec property = placed_leads_to_paid(shop);
  property.within = ten_seconds;
  const Verdict passed = timed_verdict(shop, property, false, [](History& h) {
    h.order("o-1", "placed");
    h.wait(15);
  });
  REQUIRE(passed.kind == VerdictKind::fail);
  CHECK(passed.evidence.front().sentence == "o-1: order.orders[o-1].status is \"placed\" for 15 s, allowed are 10 s");
  const Verdict not_yet = timed_verdict(shop, property, false, [](History& h) {
    h.order("o-1", "placed");
    h.wait(5);
  });
  CHECK(not_yet.kind == VerdictKind::inconclusive);
  CHECK(not_yet.note == "the run ended before the deadline");
}

TEST_CASE("leads_to.within_has_no_meaning_without_time_and_says_so") {
  Shop shop;
  PropertySpec property = placed_leads_to_paid(shop);
  property.within = Duration(1);
  History history(shop, Mode::explore, {property});
  history.order("o-1", "placed");
  history.order("o-1", "paid");
  const Verdict verdict = history.verdict();
  CHECK(verdict.kind == VerdictKind::inconclusive);
  CHECK(verdict.note == "it always comes in the end; only a run with time can judge the deadline");
}

TEST_CASE("not_stuck.wants_every_row_to_reach_a_final_state") {
  Shop shop;
  const PropertySpec property = not_stuck(shop);
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.nothing_happens(); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.order("o-1", "cancelled");
  });
  expect_fail(shop, property, "o-3",
              "o-3 is stuck: order.orders[o-3].status is \"placed\" and nothing more will happen", [](History& h) {
                h.order("o-1", "paid");
                h.order("o-3", "placed");
              });
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.order("o-3", "placed"); }, false);
}

TEST_CASE("not_stuck.a_deleted_row_is_not_stuck") {
  Shop shop;
  expect(shop, not_stuck(shop), VerdictKind::pass, [](History& h) {
    h.order("o-3", "placed");
    h.erase_order("o-3");
  });
}

TEST_CASE("not_stuck.within_is_measured_from_the_row's_first_moment") {
  Shop shop;
  PropertySpec property = not_stuck(shop);
  property.within = ten_seconds;
  CHECK(timed_verdict(shop, property, true, [](History& h) {
          h.order("o-1", "placed");
          h.wait(6);
          h.order("o-1", "reserved");
          h.wait(6);
          h.order("o-1", "paid");
        }).kind == VerdictKind::fail);
}

TEST_CASE("eventually.of_a_whole_system_is_asked_for_from_the_start") {
  Shop shop;
  PropertySpec property = promise(shop, PropertyKind::eventually, "size(payment.payments) == 2");
  property.table = none;
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.payment("o-1", "charged");
    h.payment("o-2", "charged");
    h.payment("o-3", "charged");
  });
  expect_fail(shop, property, "", "\"size(payment.payments) == 2\" never held and nothing more will happen",
              [](History& h) { h.payment("o-1", "charged"); });
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.payment("o-1", "charged"); }, false);
}

TEST_CASE("eventually.for_each_row_is_kept_once_and_for_all") {
  Shop shop;
  const PropertySpec property = promise(shop, PropertyKind::eventually, "o.order_id in payment.payments");
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.payment("o-1", "charged"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.payment("o-1", "charged");
  });
  expect_fail(shop, property, "o-2",
              "o-2 waits for ever: order.orders[o-2].status is \"placed\", amount is 100 while payment.payments[o-2] does "
              "not exist and nothing more will happen",
              [](History& h) {
                h.order("o-1", "placed");
                h.order("o-2", "placed");
                h.payment("o-1", "charged");
              });
}

TEST_CASE("promises.owe_nothing_more_after_undo") {
  Shop shop;
  History h(shop, Mode::explore, {placed_leads_to_paid(shop), not_stuck(shop)});
  h.order("o-1", "placed");
  h.order("o-1", "paid");
  CHECK(h.checker().goal_holds(h.world(), 0));
  const World::Mark mark = h.world().mark();
  const uint128 before = h.world().fingerprint();
  h.order("o-2", "placed");
  h.order("o-3", "placed");
  CHECK_FALSE(h.checker().goal_holds(h.world(), 0));
  CHECK_FALSE(h.checker().goal_holds(h.world(), 1));
  CHECK(h.checker().owed(h.world(), 1) == std::vector<Word>{h.word("o-2"), h.word("o-3")});
  CHECK(h.checker().violated_at_quiescence(h.world()) == std::vector<std::uint32_t>{0, 1});
  h.world().undo(mark);
  CHECK(h.world().fingerprint() == before);
  CHECK(h.checker().goal_holds(h.world(), 0));
  CHECK(h.checker().violated_at_quiescence(h.world()).empty());
  CHECK(h.world().fingerprint() == h.world().recompute_fingerprint());
}

TEST_CASE("promises.a_loop_is_told_apart_from_an_end") {
  Shop shop;
  History h(shop, Mode::explore, {not_stuck(shop)});
  h.order("o-1", "placed");
  const auto at_end = h.checker().explain(h.world(), 0, Ending::quiescent);
  const auto in_loop = h.checker().explain(h.world(), 0, Ending::loop);
  REQUIRE(at_end.size() == 1);
  REQUIRE(in_loop.size() == 1);
  CHECK(at_end.front().sentence == "o-1 is stuck: order.orders[o-1].status is \"placed\" and nothing more will happen");
  CHECK(in_loop.front().sentence ==
        "o-1 is stuck: order.orders[o-1].status is \"placed\" and what happens goes round in a circle");
  CHECK(h.checker().explain(h.world(), 0, Ending::open).empty());
}

TEST_CASE("promises.what_is_owed_is_part_of_the_state") {
  // The same rows, but once with a debt: the futures differ, so must the states.
  Shop shop;
  const PropertySpec property = placed_leads_to_paid(shop);
  History debt(shop, Mode::explore, {property});
  debt.order("o-1", "placed");
  debt.order("o-1", "declined");
  History none_owed(shop, Mode::explore, {property});
  none_owed.order("o-1", "declined");
  CHECK(debt.world().fingerprint() != none_owed.world().fingerprint());
  // And asking twice owes no more than asking once.
  History again(shop, Mode::explore, {property});
  again.order("o-1", "placed");
  again.order("o-1", "declined");
  again.order("o-1", "placed");
  again.order("o-1", "declined");
  CHECK(again.world().fingerprint() == debt.world().fingerprint());
}

}  // namespace flowtank::testing
