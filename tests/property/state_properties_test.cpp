// SPDX-License-Identifier: Apache-2.0
// Conditions on single states: always, at_quiescence, conserved, no_ghost_event. Each is shown a right
// history, a wrong one, an empty one, and one that ends too early, under both drivers.
#include "tests/property/small_shop.hpp"

namespace flowtank::testing {
namespace {

PropertySpec row_property(Shop& shop, PropertyKind kind, const std::string& text) {
  PropertySpec property;
  property.name = "p";
  property.kind = kind;
  property.table = orders;
  property.predicate = shop.expression(text);
  property.source = text;
  return property;
}

const std::string paid_is_charged = "o.status != 'paid' || o.order_id in payment.charges";

}  // namespace

TEST_CASE("always.holds_in_every_state") {
  Shop shop;
  expect(shop, row_property(shop, PropertyKind::always, paid_is_charged), VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.charge("o-1");
    h.order("o-1", "paid");
  });
}

TEST_CASE("always.finds_the_row_that_breaks_it") {
  Shop shop;
  expect_fail(shop, row_property(shop, PropertyKind::always, paid_is_charged), "o-2",
              "o-2: order.orders[o-2].status is \"paid\" while payment.charges[o-2] does not exist", [](History& h) {
                h.charge("o-1");
                h.order("o-1", "paid");
                h.order("o-2", "paid");
              });
}

TEST_CASE("always.remembers_a_state_that_was_wrong_for_a_moment") {
  Shop shop;
  expect_fail(shop, row_property(shop, PropertyKind::always, paid_is_charged), "o-1",
              "o-1: order.orders[o-1].status is \"paid\" while payment.charges[o-1] does not exist", [](History& h) {
                h.order("o-1", "paid");
                h.charge("o-1");
              });
}

TEST_CASE("always.looks_again_at_a_row_when_what_it_read_elsewhere_changes") {
  Shop shop;
  const std::string text = "!(o.order_id in payment.payments) || payment.payments[o.order_id].amount <= o.amount";
  expect_fail(shop, row_property(shop, PropertyKind::always, text), "o-2",
              "o-2: order.orders[o-2].amount is 100 while payment.payments[o-2].amount is 200", [](History& h) {
                h.order("o-1", "placed");
                h.order("o-2", "placed");
                h.payment("o-2", "charged", 100);
                h.payment("o-1", "charged", 100);
                h.payment("o-2", "charged", 200);
              });
}

TEST_CASE("always.looks_again_at_a_row_when_a_row_of_another_key_changes") {
  Shop shop;
  const std::string text = "!('refund of ' + o.order_id in payment.payments) || o.status == 'cancelled'";
  under_both_drivers(
      shop, row_property(shop, PropertyKind::always, text),
      [](History& h) {
        h.order("o-1", "cancelled");
        h.order("o-2", "paid");
        h.payment("refund of o-1", "refunded");
        h.payment("refund of o-2", "refunded");
      },
      [](const Verdict& verdict) {
        REQUIRE(verdict.kind == VerdictKind::fail);
        CHECK(verdict.note == "1 key: o-2");
      });
}

TEST_CASE("always.looks_again_at_everything_when_a_row_that_many_read_changes") {
  Shop shop;
  const std::string text = "!('limit' in payment.payments) || o.amount <= payment.payments['limit'].amount";
  under_both_drivers(
      shop, row_property(shop, PropertyKind::always, text),
      [](History& h) {
        h.payment("limit", "limit", 1000);
        for (int i = 0; i < 100; ++i) h.order("o-" + std::to_string(i), "placed", i == 77 ? 500 : 100);
        h.payment("limit", "limit", 400);
      },
      [](const Verdict& verdict) {
        REQUIRE(verdict.kind == VerdictKind::fail);
        CHECK(verdict.note == "1 key: o-77");
      });
}

TEST_CASE("always.sees_no_state_inside_a_commit") {
  Shop shop;
  expect(shop, row_property(shop, PropertyKind::always, "payment.payments[o.order_id].status == o.status"),
         VerdictKind::pass, [](History& h) {
           h.order_and_payment("o-1", "placed");
           h.order_and_payment("o-1", "paid");
         });
}

TEST_CASE("always.over_whole_tables_names_the_condition") {
  Shop shop;
  PropertySpec property = row_property(shop, PropertyKind::always, "size(order.orders) <= 1");
  property.table = none;
  expect(shop, property, VerdictKind::pass, [](History& h) { h.order("o-1", "placed"); });
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.nothing_happens(); });
  expect_fail(shop, property, "", "\"size(order.orders) <= 1\" does not hold", [](History& h) {
    h.order("o-1", "placed");
    h.order("o-2", "placed");
    h.erase_order("o-1");
  });
}

TEST_CASE("always.without_a_row_is_vacuous") {
  Shop shop;
  under_both_drivers(
      shop, row_property(shop, PropertyKind::always, paid_is_charged), [](History& h) { h.charge("o-1"); },
      [](const Verdict& verdict) {
        CHECK(verdict.kind == VerdictKind::vacuous);
        CHECK(verdict.note == "order.orders never had a row");
      });
}

TEST_CASE("always.whose_condition_never_held_is_vacuous") {
  Shop shop;
  PropertySpec property = row_property(shop, PropertyKind::always, "o.order_id in payment.charges");
  property.when = shop.expression("o.status == 'shipped'");
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "paid"); });
  expect(shop, property, VerdictKind::fail, [](History& h) {
    h.order("o-1", "paid");
    h.order("o-2", "shipped");
  });
}

TEST_CASE("always.an_expression_without_a_value_is_inconclusive_and_says_why") {
  Shop shop;
  under_both_drivers(
      shop, row_property(shop, PropertyKind::always, "payment.payments[o.order_id].status == o.status"),
      [](History& h) { h.order("o-1", "paid"); },
      [](const Verdict& verdict) {
        CHECK(verdict.kind == VerdictKind::inconclusive);
        CHECK_THAT(verdict.note, Catch::Contains("no value") && Catch::Contains("o-1") && Catch::Contains("payment.payments"));
      });
}

TEST_CASE("always.a_violation_outweighs_an_expression_without_a_value") {
  Shop shop;
  expect(shop, row_property(shop, PropertyKind::always, "payment.payments[o.order_id].status == o.status"),
         VerdictKind::fail, [](History& h) {
           h.order("o-1", "paid");
           h.payment("o-2", "placed");
           h.order("o-2", "paid");
         });
}

TEST_CASE("always.needs_no_quiescence") {
  Shop shop;
  expect(shop, row_property(shop, PropertyKind::always, "o.amount > 0"), VerdictKind::pass,
         [](History& h) { h.order("o-1", "placed"); }, false);
}

TEST_CASE("at_quiescence.looks_only_at_the_end") {
  Shop shop;
  const PropertySpec property = row_property(shop, PropertyKind::at_quiescence, paid_is_charged);
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "paid");
    h.charge("o-1");
  });
  expect_fail(shop, property, "o-1",
              "o-1: order.orders[o-1].status is \"paid\" while payment.charges[o-1] does not exist",
              [](History& h) { h.order("o-1", "paid"); });
}

TEST_CASE("at_quiescence.without_a_row_is_vacuous") {
  Shop shop;
  expect(shop, row_property(shop, PropertyKind::at_quiescence, paid_is_charged), VerdictKind::vacuous,
         [](History& h) { h.nothing_happens(); });
}

TEST_CASE("at_quiescence.is_not_vacuous_when_its_rows_are_gone_at_the_end") {
  Shop shop;
  expect(shop, row_property(shop, PropertyKind::at_quiescence, paid_is_charged), VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed");
    h.erase_order("o-1");
  });
}

TEST_CASE("at_quiescence.without_quiescence_is_inconclusive") {
  Shop shop;
  expect(shop, row_property(shop, PropertyKind::at_quiescence, paid_is_charged), VerdictKind::inconclusive,
         [](History& h) { h.order("o-1", "paid"); }, false);
}

TEST_CASE("conserved.compares_both_sides_at_quiescence") {
  Shop shop;
  PropertySpec property;
  property.name = "money";
  property.kind = PropertyKind::conserved;
  property.predicate = shop.expression("sum(rows(order.orders).map(x, x.amount))");
  property.other = shop.expression("sum(rows(payment.payments).map(x, x.amount))");
  property.source = "orders == payments";
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.nothing_happens(); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "paid", 100);
    h.payment("o-1", "charged", 100);
  });
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.order("o-1", "paid", 100); }, false);
  under_both_drivers(
      shop, property,
      [](History& h) {
        h.order("o-1", "paid", 100);
        h.payment("o-1", "charged", 90);
      },
      [](const Verdict& verdict) {
        REQUIRE(verdict.kind == VerdictKind::fail);
        CHECK(verdict.evidence.front().before == "100");
        CHECK(verdict.evidence.front().after == "90");
        CHECK(verdict.evidence.front().sentence == "the left side is 100, the right side is 90 in \"orders == payments\"");
      });
}

TEST_CASE("conserved.in_every_state_does_not_wait_for_the_end") {
  Shop shop;
  PropertySpec property;
  property.name = "money";
  property.kind = PropertyKind::conserved;
  property.in_every_state = true;
  property.predicate = shop.expression("size(order.orders)");
  property.other = shop.expression("double(size(payment.payments))");
  expect(shop, property, VerdictKind::pass, [](History& h) { h.order_and_payment("o-1", "placed"); });
  expect(shop, property, VerdictKind::fail, [](History& h) {
    h.order("o-1", "placed");
    h.payment("o-1", "charged");
  });
}

TEST_CASE("no_ghost_event.wants_the_announced_change") {
  Shop shop;
  PropertySpec property;
  property.name = "no ghost";
  property.kind = PropertyKind::no_ghost_event;
  property.message = order_placed;
  property.predicate = shop.expression("key in order.orders");
  property.source = "key in order.orders";
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "placed"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.publish("o-1");
    h.order("o-1", "placed");
  });
  expect_fail(shop, property, "o-2",
              "o-2: OrderPlaced was accepted by a broker, but the change it announces is not there: order.orders[o-2] does not exist",
              [](History& h) {
                h.order("o-1", "placed");
                h.publish("o-1");
                h.publish("o-2");
              });
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.publish("o-2"); }, false);
  property.in_every_state = true;
  expect(shop, property, VerdictKind::fail, [](History& h) {
    h.publish("o-1");
    h.order("o-1", "placed");
  });
}

}  // namespace flowtank::testing
