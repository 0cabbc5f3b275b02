// SPDX-License-Identifier: Apache-2.0
// Tables and rows through a host: results, and exactly which reads the host sees, because footprints
// are made of them.
#include <sim/expr/copy.hpp>

#include "tests/expr/support.hpp"

using namespace flowtank;
using namespace flowtank::expr;
using namespace flowtank::expr::test;
using Reads = std::vector<std::string>;

TEST_CASE("host.membership_reads_one_key") {
  Store store;
  CHECK(store.run("'o-1' in order.orders") == "true");
  CHECK(store.host.reads == Reads{"contains o-1"});
  CHECK(store.run("event.id in order.orders") == "false");
  CHECK(store.host.reads == Reads{"contains e-1"});
}

TEST_CASE("host.short_circuit_reads_nothing_more") {
  Store store;
  CHECK(store.run("event.data.amount > 1000 && event.id in order.orders") == "false");
  CHECK(store.host.reads.empty());
  CHECK(store.run("event.data.amount > with.limit || 'o-1' in order.orders") == "true");
  CHECK(store.host.reads == Reads{"contains o-1"});
}

TEST_CASE("host.index_and_field_read_one_row") {
  Store store;
  CHECK(store.run("order.orders['o-2'].amount_cents") == "250");
  CHECK(store.host.reads == Reads{"find o-2", "field 2 of o-2"});
  CHECK(store.run("order.orders['x'].amount_cents") == "!no_such_key");
  CHECK(store.host.reads == Reads{"find x"});
}

TEST_CASE("host.has_distinguishes_unset_fields") {
  Store store;
  CHECK(store.run("has(order.orders['o-1'].status)") == "true");
  CHECK(store.run("has(order.orders['o-3'].status)") == "false");
  CHECK(store.run("has(order.orders['x'].status)") == "!no_such_key");
  CHECK(store.run("order.orders['o-3'].status") == "!no_such_field");
  CHECK(store.run("has(event.data.note)") == "false");
  CHECK(store.run("has(event.data.amount)") == "true");
  // Null is unset in a record, as in messages; in a map it is a value.
  const Value inner[] = {Value::of_null(), Value::of_null()};
  const Value outer[] = {Value::of_null(), store.values.make_items(Kind::record, inner, store.slots[0].items()[1].tag)};
  store.slots[0] = store.values.make_items(Kind::record, outer, store.slots[0].tag);
  CHECK(store.run("has(event.data.amount)") == "false");
  CHECK(store.run("event.data.amount == null") == "true");
  CHECK(store.run("event.data.amount > 1") == "!no_such_overload");
  CHECK(store.run("has({'a': null}.a)") == "true");
}

TEST_CASE("host.size_is_its_own_read") {
  Store store;
  CHECK(store.run("size(order.orders)") == "3");
  CHECK(store.run("order.orders.size()") == "3");
  CHECK(store.host.reads == Reads{"size"});
}

TEST_CASE("host.macros_iterate_keys_as_maps_do") {
  Store store;
  CHECK(store.run("order.orders.map(k, k)") == R"(["o-1", "o-2", "o-3"])");
  CHECK(store.run("order.orders.exists(k, r, r.amount_cents == 250)") == "true");
  CHECK(store.run("order.orders.filter(k, order.orders[k].amount_cents > 90)") == R"(["o-1", "o-2"])");
  CHECK(store.run("order.orders.transformMap(k, r, r.amount_cents)") == R"({"o-1": 100, "o-2": 250, "o-3": 50})");
}

TEST_CASE("host.rows_in_both_call_forms") {
  Store store;
  CHECK(store.run("rows(order.orders).map(r, r.amount_cents).sum()") == "400");
  CHECK(store.run("order.orders.rows().sum(r, r.amount_cents)") == "400");
  CHECK(store.run("rows(order.orders).filter(r, r.status == 'paid').size()") == "!no_such_field");
  CHECK(store.run("rows(order.orders).filter(r, has(r.status) && r.status == 'paid').size()") == "1");
  CHECK(store.run("max(rows(order.orders).map(r, r.amount_cents))") == "250");
}

TEST_CASE("host.rows_records_maps_and_tables_are_equal_by_fields") {
  Store store;
  CHECK(store.run("order.orders['o-1'] == payment.charges['o-1']") == "true");
  CHECK(store.run("order.orders['o-1'] == order.orders['o-2']") == "false");
  CHECK(store.run("order.orders['o-1'] == {'order_id': 'o-1', 'status': 'paid', 'amount_cents': 100}") == "true");
  CHECK(store.run("order.orders['o-1'] == {'order_id': 'o-1', 'status': 'paid', 'amount_cents': 101}") == "false");
  CHECK(store.run("payment.charges == payment.copies") == "true");
  CHECK(store.run("payment.charges == order.orders") == "false");
  CHECK(store.run("payment.charges == {'o-1': {'order_id': 'o-1', 'status': 'paid', 'amount_cents': 100}}") == "true");
  CHECK(store.run("order.orders['o-1'] in rows(payment.charges)") == "true");
}

TEST_CASE("host.dynamic_rows_find_fields_by_name") {
  Store store;
  CHECK(store.run("dyn(order.orders['o-2']).amount_cents") == "250");
  CHECK(store.run("dyn(order.orders)['o-2']['amount_cents']") == "250");
  CHECK(store.run("dyn(order.orders['o-2']).nothing") == "!no_such_field");
  CHECK(store.run("dyn(event).data.amount") == "120");
  CHECK(store.run("type(order.orders) == map") == "true");
}

TEST_CASE("host.numeric_keys_reach_the_host_as_int") {
  Store store;
  store.environment.declare_constant("t", store.environment.types()->map(types::int64, types::dyn), table_value(0));
  store.run("5u in t");
  CHECK(store.host.reads == Reads{"contains 5"});
  store.run("t[5.0]");
  CHECK(store.host.reads == Reads{"find 5"});
  store.run("5.5 in t");
  CHECK(store.host.reads.empty());
}

TEST_CASE("host.materialize_cuts_the_ties_to_the_host") {
  Store store;
  Arena arena;
  const Value plain = materialize(table_value(1), store.host, arena, *store.environment.types());
  CHECK(literal_text(plain, *store.environment.types()) == R"({"o-1": {"order_id": "o-1", "status": "paid", "amount_cents": 100}})");
}

TEST_CASE("host.a_slot_of_another_shape_is_an_error_not_a_crash") {
  Store store;
  store.slots[0] = Value::of_int(3);
  CHECK(store.run("event.data.amount > 1") == "!no_such_overload");
  store.slots[0] = Value();
  CHECK(store.run("event.id") == "!no_such_overload");
  CHECK(store.run("event") == "!no_such_field");
}
