// SPDX-License-Identifier: Apache-2.0
// Properties about rows, amounts, keys of effects and shares: each with a right history, a planted wrong one and an
// empty one, under both drivers.
#include "tests/property/small_shop.hpp"

namespace flowtank::testing {
namespace {

PropertySpec of_kind(PropertyKind kind) {
  PropertySpec property;
  property.name = "it";
  property.kind = kind;
  return property;
}

}  // namespace

TEST_CASE("at_most_amount.adds_up") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::at_most_amount);
  property.effect = charge_effect;
  property.predicate = shop.expression("order.orders[key].amount");
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "placed", 100); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "placed", 100);
    h.charge("o-1", 60);
    h.charge("o-1", 40);
  });
  expect_fail(shop, property, "o-1", "o-1: charge adds up to 120, at most 100 is allowed", [](History& h) {
    h.order("o-1", "placed", 100);
    h.charge("o-1", 60);
    h.charge("o-1", 60);
    h.charge("o-1", 60);
  }, false);
  expect(shop, property, VerdictKind::inconclusive, [](History& h) { h.charge("o-9", 1); });  // no order, no limit
}

TEST_CASE("at_most_amount.stops_counting_so_that_states_stay_finite") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::at_most_amount);
  property.effect = charge_effect;
  property.predicate = shop.expression("100");
  History h(shop, Mode::explore, {property});
  for (int i = 0; i < 3; ++i) h.charge("o-7");
  const uint128 three = h.world().fingerprint();
  h.charge("o-7");
  CHECK(h.world().fingerprint() == three);
}

TEST_CASE("idempotency_key.is_one_for_each_operation") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::idempotency_key);
  property.effect = charge_effect;
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.ask_for_charge("o-1", "k-1", 100); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.ask_for_charge("o-1", "k-1", 100);
    h.ask_for_charge("o-1", "k-1", 100);
    h.ask_for_charge("o-2", "", 100);
  });
  expect_fail(shop, property, "o-1",
              "o-1: charge was asked for with k-1 and again with k-2; the receiver cannot tell that it is the same operation", [](History& h) {
                h.ask_for_charge("o-1", "k-1", 100);
                h.ask_for_charge("o-1", "k-2", 100);
              }, false);
  expect_fail(shop, property, "o-1",
              "o-1: charge was asked for with no key and again with no key; the receiver cannot tell that it is the same operation", [](History& h) {
                h.ask_for_charge("o-1", "", 100);
                h.ask_for_charge("o-1", "", 100);
              }, false);
  expect_fail(shop, property, "o-2",
              "o-2: the idempotency key k-1 stood for charge(o-1, 100) and was used again for charge(o-2, 70), which the receiver takes for a repetition",
              [](History& h) {
                h.ask_for_charge("o-1", "k-1", 100);
                h.ask_for_charge("o-2", "k-1", 70);
              }, false);
}

TEST_CASE("stock.is_never_negative_and_adds_up") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::stock);
  property.table = orders;
  property.predicate = shop.expression("o.amount");
  property.source = "o.amount";
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.nothing_happens(); });
  expect(shop, property, VerdictKind::pass, [](History& h) { h.order("sku", "there", 0); }, false);
  expect(shop, property, VerdictKind::fail, [](History& h) {
    h.order("sku", "there", -1);
    h.order("sku", "there", 5);
  });
  expect_fail(shop, property, "sku", "sku: -1 on hand (order.orders[sku].amount is -1)", [](History& h) { h.order("sku", "there", -1); });
  property.other = shop.expression("10");
  property.parts = {{"sold", shop.expression("key in payment.payments ? payment.payments[key].amount : 0")}};
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("sku", "there", 7);
    h.payment("sku", "sold", 3);
  });
  expect_fail(shop, property, "sku", "sku: there were 10 at first, now there are 7 on hand + 4 sold = 11", [](History& h) {
    h.order("sku", "there", 7);
    h.payment("sku", "sold", 4);
  });
}

TEST_CASE("references.want_the_row_or_its_tombstone") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::references);
  property.table = payments;
  property.right = orders;
  property.key = shop.expression("key");
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "placed"); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.payment("o-1", "done");
    h.order("o-1", "placed");
  });
  const auto dangles = [](History& h) {
    h.order("o-1", "placed");
    h.payment("o-1", "done");
    h.charge("o-1");
    h.erase_order("o-1");
  };
  expect_fail(shop, property, "o-1", "payment.payments[o-1] refers to order.orders[o-1], which does not exist", dangles);
  property.tables = {charges};  // stands for a table of what is gone
  expect(shop, property, VerdictKind::pass, dangles);
}

TEST_CASE("unique.names_both_rows") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::unique);
  property.table = orders;
  property.key = shop.expression("o.status == '' ? null : dyn(o.status)");
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", ""); });
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "a");
    h.order("o-2", "b");
    h.order("o-1", "c");
    h.order("o-2", "a");
  }, false);
  expect_fail(shop, property, "a", "order.orders[o-1] and order.orders[o-2] are both \"a\"", [](History& h) {
    h.order("o-2", "a");
    h.order("o-1", "a");
  }, false);
}

TEST_CASE("unique.is_right_after_undo") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::unique);
  property.table = orders;
  property.key = shop.expression("o.status");
  History h(shop, Mode::explore, {property});
  h.order("o-1", "a");
  const World::Mark mark = h.world().mark();
  h.order("o-2", "a");
  CHECK(h.checker().violated_now(h.world()) == std::vector<std::uint32_t>{0});
  h.world().undo(mark);
  CHECK(h.checker().violated_now(h.world()).empty());
}

TEST_CASE("failure_isolation.demands_a_share") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::failure_isolation);
  property.table = orders;
  property.predicate = shop.expression("o.status == 'paid'");
  property.source = "o.status == 'paid'";
  property.parts_per_million = 500'000;
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.order("o-1", "paid"); });
  expect(shop, property, VerdictKind::vacuous, [](History& h) { h.disturb(); });
  const auto two = [](History& h) {
    h.disturb();
    h.order("o-1", "paid");
    h.order("o-2", "placed");
  };
  expect(shop, property, VerdictKind::pass, two);
  property.parts_per_million = 990'000;
  expect_fail(shop, property, "o-2",
              "1 of 2 rows of order.orders (50 %) have reached \"o.status == 'paid'\", 99 % are demanded; order.orders[o-2].status is \"placed\"", two);
}

TEST_CASE("converges.compares_values_of_both_sides") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::converges);
  property.table = orders;
  property.right = payments;
  property.values = {{"paid", shop.expression("o.status == 'paid'"), shop.expression("payment.payments[key].amount > 0")}};
  expect(shop, property, VerdictKind::pass, [](History& h) {
    h.order("o-1", "paid");
    h.payment("o-1", "done", 100);
  });
  expect_fail(shop, property, "o-1", "paid is true for order.orders[o-1] and false for payment.payments[o-1]", [](History& h) {
    h.order("o-1", "paid");
    h.payment("o-1", "done", 0);
  });
}

TEST_CASE("not_stuck.may_wait_for_the_last_fault") {
  Shop shop;
  PropertySpec property = of_kind(PropertyKind::not_stuck);
  property.table = orders;
  property.predicate = shop.expression("o.status == 'paid'");
  property.within = Duration(5'000'000'000);
  const auto paid_late = [&](bool disturbed) {
    History h(shop, Mode::timed, {property});
    h.order("o-1", "placed");
    h.wait(10);
    if (disturbed) h.disturb();
    h.wait(2);
    h.order("o-1", "paid");
    return h.verdict().kind;
  };
  CHECK(paid_late(true) == VerdictKind::fail);
  property.after_faults = Duration(3'000'000'000);
  CHECK(paid_late(true) == VerdictKind::pass);
  CHECK(paid_late(false) == VerdictKind::fail);
  property.after_faults = Duration(1'000'000'000);
  CHECK(paid_late(true) == VerdictKind::fail);
}

}  // namespace flowtank::testing
