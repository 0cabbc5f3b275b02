// SPDX-License-Identifier: Apache-2.0
// The library's properties about effects, events, messages, two stores and states of an entity: each with
// a right history, a planted wrong one, an empty one and one that is cut off.
#include "tests/property/small_shop.hpp"

namespace flowtank::testing {
namespace {

PropertySpec charge_property(PropertyKind kind) {
  PropertySpec property;
  property.name = "charge";
  property.kind = kind;
  property.effect = charge_effect;
  return property;
}

// For each placed or paid order that was not cancelled.
PropertySpec demanded_charge(Shop& shop, PropertyKind kind) {
  PropertySpec property = charge_property(kind);
  property.table = orders;
  property.when = shop.expression("o.status != 'draft'");
  property.unless = shop.expression("o.status == 'cancelled'");
  property.key = shop.expression("o.order_id");
  property.source = "o.status";
  return property;
}

PropertySpec same_status() {
  PropertySpec property;
  property.name = "stores converge";
  property.kind = PropertyKind::converges;
  property.table = orders;
  property.right = payments;
  property.compare = {{status_column, status_column}};
  return property;
}

PropertySpec life_of_an_order() {
  static Arena arena;
  const auto text = [&](const char* s) { return arena.make_string(s); };
  PropertySpec property;
  property.name = "legal";
  property.kind = PropertyKind::legal_transitions;
  property.table = orders;
  property.column = status_column;
  property.allowed = {{Value{}, text("placed")}, {text("placed"), text("paid")}, {text("placed"), text("cancelled")}};
  return property;
}

PropertySpec nothing_dropped() {
  PropertySpec property;
  property.name = "nothing dropped";
  property.kind = PropertyKind::nothing_dropped;
  return property;
}

}  // namespace

TEST_CASE("at_most_once_effect.counts_per_key") {
  Shop shop;
  const PropertySpec property = charge_property(PropertyKind::at_most_once_effect);
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-7", "placed"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.charge("o-6");
    h.charge("o-7");
  });
  expect_fail(shop, property, "o-7", "o-7: charge happened 2 times, at most 1 is allowed", [](History& h) {
    h.charge("o-6");
    h.charge("o-7");
    h.charge("o-7");
  }, false);
}

TEST_CASE("at_most_once_effect.may_allow_more") {
  Shop shop;
  PropertySpec property = charge_property(PropertyKind::at_most_once_effect);
  property.at_most = 4;
  expect(shop, property, VerdictKind::pass, [](History& h) {
    for (int i = 0; i < 4; ++i) h.charge("o-7");
  });
  expect_fail(shop, property, "o-7", "o-7: charge happened 5 times, at most 4 is allowed", [](History& h) {
    for (int i = 0; i < 5; ++i) h.charge("o-7");
  });
}

TEST_CASE("at_most_once_effect.a_timed_run_counts_on") {
  Shop shop;
  History h(shop, Mode::timed, {charge_property(PropertyKind::at_most_once_effect)});
  for (int i = 0; i < 9; ++i) h.charge("o-7");
  CHECK(h.verdict().evidence.front().after == "9");
  CHECK(h.checker().failed_so_far());
}

TEST_CASE("at_most_once_effect.saturates_so_that_states_stay_finite") {
  Shop shop;
  History h(shop, Mode::explore, {charge_property(PropertyKind::at_most_once_effect)});
  for (int i = 0; i < 3; ++i) h.charge("o-7");
  const uint128 three = h.world().fingerprint();
  h.charge("o-7");
  CHECK(h.world().fingerprint() == three);
}

TEST_CASE("at_most_once_effect.is_undone_with_the_state") {
  Shop shop;
  History h(shop, Mode::explore, {charge_property(PropertyKind::at_most_once_effect)});
  h.charge("o-7");
  const World::Mark mark = h.world().mark();
  h.charge("o-7");
  CHECK(h.checker().violated_now(h.world()) == std::vector<std::uint32_t>{0});
  h.world().undo(mark);
  CHECK(h.checker().violated_now(h.world()).empty());
  h.charge("o-8");
  CHECK(h.checker().violated_now(h.world()).empty());
}

TEST_CASE("at_least_once_effect.wants_one_for_each_row_that_asks") {
  Shop shop;
  const PropertySpec property = demanded_charge(shop, PropertyKind::at_least_once_effect);
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "draft"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.order("o-2", "cancelled");
    h.charge("o-1");
    h.charge("o-1");
  });
  expect_fail(shop, property, "o-3", "o-3: charge never happened, although order.orders[o-3].status is \"placed\"",
              [](History& h) {
                h.order("o-1", "placed");
                h.charge("o-1");
                h.order("o-3", "placed");
              });
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.order("o-3", "placed"); }, false);
}

TEST_CASE("library_properties.count_a_quantified_observation_that_no_expression_names") {
  // "for": "s in accepted.OrderPlaced" alone must make the World keep that table.
  Shop shop;
  for (const PropertyKind kind : {PropertyKind::at_least_once_effect, PropertyKind::exactly_once_effect, PropertyKind::not_stuck}) {
    PropertySpec property = demanded_charge(shop, kind);
    property.table = accepted_orders;
    property.when = none;
    History h(shop, Mode::explore, {property});
    CHECK(h.world().watched(accepted_orders));
  }
}

TEST_CASE("exactly_once_effect.is_neither_too_often_nor_too_seldom") {
  Shop shop;
  const PropertySpec property = demanded_charge(shop, PropertyKind::exactly_once_effect);
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.nothing_happens(); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.charge("o-1");
  });
  expect_fail(shop, property, "o-1", "o-1: charge happened 2 times, exactly 1 is allowed", [](History& h) {
    h.order("o-1", "placed");
    h.charge("o-1");
    h.charge("o-1");
  });
  expect_fail(shop, property, "o-1", "o-1: charge never happened, although order.orders[o-1].status is \"placed\"",
              [](History& h) { h.order("o-1", "placed"); });
  // Too often is known before the end.
  expect(shop, property, VerdictKind::fail, [](History& h) {
    h.charge("o-1");
    h.charge("o-1");
  }, false);
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.order("o-1", "placed"); }, false);
}

TEST_CASE("no_missing_event.wants_an_event_for_each_row") {
  Shop shop;
  PropertySpec property;
  property.name = "published";
  property.kind = PropertyKind::no_missing_event;
  property.table = orders;
  property.message = order_placed;
  property.key = shop.expression("o.order_id");
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.publish("o-1"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.publish("o-1");
  });
  expect_fail(shop, property, "o-2",
              "o-2: no OrderPlaced was accepted by a broker, although order.orders[o-2].status is \"placed\", amount is 100",
              [](History& h) {
                h.order("o-1", "placed");
                h.publish("o-1");
                h.order("o-2", "placed");
              });
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.order("o-2", "placed"); }, false);
}

TEST_CASE("converges.compares_rows_of_the_same_key") {
  Shop shop;
  expect(shop, same_status(), VerdictKind::vacuous, [](History& h) { h.charge("o-1"); });
  expect(shop, same_status(), VerdictKind::pass, [](History& h) {
    h.order("o-1", "paid");
    h.payment("o-1", "paid", 7);
  });
  expect_fail(shop, same_status(), "o-2",
              "order.orders[o-2].status is \"paid\" while payment.payments[o-2].status is \"declined\"", [](History& h) {
                h.order_and_payment("o-1", "paid");
                h.order("o-2", "paid");
                h.payment("o-2", "declined");
              });
  expect(shop, same_status(), VerdictKind::inconclusive, [](History& h) { h.order("o-1", "paid"); }, false);
}

TEST_CASE("converges.a_row_on_one_side_only_is_a_difference") {
  Shop shop;
  expect_fail(shop, same_status(), "o-1",
              "order.orders[o-1].status is \"paid\" while payment.payments[o-1] does not exist",
              [](History& h) { h.order("o-1", "paid"); });
  expect_fail(shop, same_status(), "o-1",
              "payment.payments[o-1].status is \"paid\" while order.orders[o-1] does not exist",
              [](History& h) { h.payment("o-1", "paid"); });
}

TEST_CASE("converges.rows_outside_its_condition_do_not_count") {
  Shop shop;
  PropertySpec property = same_status();
  property.when = shop.expression("o.status != 'cancelled'");
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order_and_payment("o-1", "paid");
    h.order("o-2", "cancelled");
    h.order("o-3", "cancelled");
    h.payment("o-3", "refunded");
  });
}

TEST_CASE("nothing_dropped.wants_every_message_handled_or_dead") {
  Shop shop;
  expect(shop, nothing_dropped(), VerdictKind::vacuous, [](History& h) { h.order("o-1", "placed"); });
  expect(shop, nothing_dropped(), VerdictKind::pass, [](History& h) {
    h.publish("o-1");
    h.publish("o-2");
    h.fate("o-1", Fate::handled);
    h.fate("o-2", Fate::dead_letter);
  });
  expect(shop, nothing_dropped(), VerdictKind::inconclusive, [](History& h) { h.publish("o-1"); }, false);
}

TEST_CASE("nothing_dropped.tells_how_a_message_went") {
  Shop shop;
  expect_fail(shop, nothing_dropped(), "o-2", "o-2: OrderPlaced to payment was accepted by the broker, then lost",
              [](History& h) {
                h.publish("o-1");
                h.publish("o-2");
                h.fate("o-2", Fate::lost);
                h.fate("o-1", Fate::handled);
              });
  expect_fail(shop, nothing_dropped(), "o-1",
              "o-1: OrderPlaced to payment was acknowledged without being handled, and is no dead letter", [](History& h) {
                h.publish("o-1");
                h.fate("o-1", Fate::ignored);
              });
  expect_fail(shop, nothing_dropped(), "o-1",
              "o-1: OrderPlaced to payment was accepted by the broker, but neither handled nor put among the dead letters",
              [](History& h) { h.publish("o-1"); });
}

TEST_CASE("nothing_dropped.one_handled_copy_is_enough") {
  Shop shop;
  expect(shop, nothing_dropped(), VerdictKind::pass, [](History& h) {
    h.publish("o-1");
    h.fate("o-1", Fate::lost);
    h.fate("o-1", Fate::handled);
    h.fate("o-1", Fate::lost);
  });
}

TEST_CASE("legal_transitions.allows_what_is_listed") {
  Shop shop;
  expect(shop, life_of_an_order(), VerdictKind::vacuous, [](History& h) { h.payment("o-1", "paid"); });
  expect(shop, life_of_an_order(), VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.order("o-1", "placed", 200);
    h.order("o-1", "paid");
    h.erase_order("o-1");
  }, false);
}

TEST_CASE("legal_transitions.catches_a_step_even_when_it_is_taken_back") {
  Shop shop;
  expect_fail(shop, life_of_an_order(), "o-2",
              "order.orders[o-2].status went from \"paid\" to \"placed\", but nothing may follow", [](History& h) {
                h.order("o-1", "placed");
                h.order("o-2", "placed");
                h.order("o-2", "paid");
                h.order("o-2", "placed");
                h.order("o-2", "paid");
              }, false);
  expect_fail(shop, life_of_an_order(), "o-1",
              "order.orders[o-1].status went from \"placed\" to \"shipped\", but only \"paid\" or \"cancelled\" may follow",
              [](History& h) {
                h.order("o-1", "placed");
                h.order("o-1", "shipped");
              });
}

TEST_CASE("legal_transitions.tells_the_first_illegal_step_of_a_key") {
  Shop shop;
  expect_fail(shop, life_of_an_order(), "o-1",
              "order.orders[o-1].status went from \"placed\" to \"shipped\", but only \"paid\" or \"cancelled\" may follow",
              [](History& h) {
                h.order("o-1", "placed");
                h.order("o-1", "shipped");
                h.order("o-1", "returned");
              });
}

TEST_CASE("legal_transitions.restricts_first_values_when_they_are_listed") {
  Shop shop;
  expect_fail(shop, life_of_an_order(), "o-1", "order.orders[o-1].status began as \"paid\", but must begin as \"placed\"",
              [](History& h) { h.order("o-1", "paid"); });
  PropertySpec any_start = life_of_an_order();
  any_start.allowed.erase(any_start.allowed.begin());
  expect(shop, any_start, VerdictKind::vacuous, [](History& h) { h.order("o-1", "paid"); });
}

TEST_CASE("legal_transitions.is_undone_with_the_state") {
  Shop shop;
  History h(shop, Mode::explore, {life_of_an_order()});
  h.order("o-1", "placed");
  const World::Mark mark = h.world().mark();
  h.order("o-1", "shipped");
  CHECK(h.checker().violated_now(h.world()) == std::vector<std::uint32_t>{0});
  h.world().undo(mark);
  CHECK(h.checker().violated_now(h.world()).empty());
}

}  // namespace flowtank::testing
