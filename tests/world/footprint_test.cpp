// SPDX-License-Identifier: Apache-2.0
// Footprints name what an action looked at even where there is nothing: a row that never was is an absent
// read of the component that the row would be, whatever was interned before.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

#include <sim/world/component.hpp>
#include <sim/world/evaluation.hpp>

#include "tests/world/order_payment_system.hpp"

namespace flowtank {
namespace {

using test::make_world;
using test::OrderPaymentOptions;
using test::OrderPaymentSystem;

constexpr std::uint32_t table = OrderPaymentSystem::orders_table;

std::uint64_t row_component(const Value& key) {
  return component_key(ComponentKind::row, table, Pool::content_of(key), 0);
}

// What `look` leaves in the footprint.
template <typename Look>
Footprint footprint_of(World& world, Look&& look) {
  Footprint footprint;
  world.cells().record_into(&footprint);
  look();
  world.cells().record_into(nullptr);
  return footprint;
}

bool has(const Footprint& footprint, std::uint64_t component, Access access) {
  return std::find(footprint.begin(), footprint.end(), Touch{component, access}) != footprint.end();
}

TEST_CASE("footprint.a_row_that_never_was_is_read_as_absent") {
  const OrderPaymentOptions options;
  const auto system = OrderPaymentSystem::build(options);
  auto world = make_world(*system, Mode::explore);
  StoreHost host(*world, nullptr);
  Arena arena;
  const Value never_seen = arena.make_string("an order nobody placed");
  REQUIRE(world->pool().find(never_seen) == absent_word);
  const Value known_text = world->pool().value(world->pool().intern_string("known, but no order"));

  for (const Value& key : {never_seen, known_text, Value::of_int(7)}) {
    const Footprint found = footprint_of(*world, [&] { CHECK(host.find(expr::table_value(table), key).is(Kind::absent)); });
    CHECK(has(found, row_component(key), Access::absent));
    const Footprint contained = footprint_of(*world, [&] { CHECK_FALSE(host.contains(expr::table_value(table), key)); });
    CHECK(has(contained, row_component(key), Access::absent));
  }
}

TEST_CASE("footprint.the_absent_row_is_the_component_that_its_insert_writes") {
  const OrderPaymentOptions options;
  const auto system = OrderPaymentSystem::build(options);
  auto world = make_world(*system, Mode::explore);
  const Word key = world->pool().intern_string("o-9");
  const Footprint insert = footprint_of(*world, [&] {
    const Word columns[] = {key, Pool::of_null(), Pool::of_int_small(1)};
    world->store().put(table, world->store().row(table, key), columns);
  });
  CHECK(has(insert, row_component(world->pool().value(key)), Access::write));
}

TEST_CASE("footprint.a_timed_run_keeps_none") {
  const OrderPaymentOptions options;
  const auto system = OrderPaymentSystem::build(options);
  auto world = make_world(*system, Mode::timed);
  CHECK(footprint_of(*world, [&] { while (world->advance(Time(10'000'000'000))) {} }).empty());
}

// The content of a value is that of its word, interned or not.
TEST_CASE("footprint.contents_are_known_without_interning") {
  Pool pool;
  Arena arena;
  const Value items[] = {Value::of_int(1), arena.make_string("a"), Value::of_real(-0.0), Value::of_null()};
  const Value pairs[] = {arena.make_string("k"), Value::of_bool(true)};
  const Value all[] = {Value{}, Value::of_null(), Value::of_bool(false), Value::of_int(-5), Value::of_int(std::int64_t{1} << 62),
                       Value::of_uint(3), Value::of_real(0.1), Value::of_real(-0.0), Value::of_duration(17),
                       Value::of_timestamp(4, 5), arena.make_string(""), arena.make_text(Kind::bytes, "abc"),
                       arena.make_list(items), arena.make_map(pairs), arena.make_items(Kind::record, items, 3)};
  for (const Value& value : all) {
    const Hash128 before = Pool::content_of(value);
    CHECK(before == pool.content(pool.intern(value)));
  }
}

}  // namespace
}  // namespace flowtank
