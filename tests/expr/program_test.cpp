// SPDX-License-Identifier: Apache-2.0
// What a Program tells about itself, user functions, environments, and that evaluation is a function of
// its inputs.
#include <thread>

#include "tests/expr/support.hpp"

using namespace flowtank;
using namespace flowtank::expr;
using namespace flowtank::expr::test;

TEST_CASE("program.constants_are_folded") {
  Store store;
  const Program program = must_compile("with.limit * 2 + size(['a', 'b'])", store.environment);
  REQUIRE(program.constant().is(Kind::int64));
  CHECK(program.constant().i == 242);
  CHECK(must_compile("event.data.amount + 1", store.environment).constant().is(Kind::absent));
  CHECK(must_compile("[1, 2].map(x, x * x)").constant().is(Kind::list));
  // 1/0 stays an error of the evaluation.
  CHECK(must_compile("1 / 0").constant().is(Kind::absent));
}

TEST_CASE("program.plain_variables_are_known") {
  Store store;
  CHECK(must_compile("any", store.environment).plain_slot() == 1U);
  CHECK_FALSE(must_compile("any.x", store.environment).plain_slot());
  CHECK_FALSE(must_compile("1").plain_slot());
}

TEST_CASE("program.fields_of_a_variable_are_known_as_a_path") {
  Store store;
  const Program program = must_compile("event.data.amount", store.environment);
  const auto typed = program.field_path();
  REQUIRE(typed);
  REQUIRE(typed->steps.size() == 2);
  CHECK(typed->steps[1].name == "amount");
  CHECK(typed->steps[0].record != 0xffffffffU);
  const Program dynamic = must_compile("any.x", store.environment);
  REQUIRE(dynamic.field_path());
  CHECK(dynamic.field_path()->slot == 1U);
  CHECK(dynamic.field_path()->steps[0].record == 0xffffffffU);
  CHECK_FALSE(must_compile("any", store.environment).field_path());
  CHECK_FALSE(must_compile("event.data.amount + 1", store.environment).field_path());
  CHECK_FALSE(must_compile("has(any.x)", store.environment).field_path());
}

TEST_CASE("program.result_types_are_inferred") {
  Store store;
  const auto type_name = [&](const char* text) {
    const Program p = must_compile(text, store.environment);
    return p.types().name(p.result_type());
  };
  CHECK(type_name("event.data.amount + 1") == "int");
  CHECK(type_name("event.id in order.orders") == "bool");
  CHECK(type_name("rows(order.orders)") == "list(rows of order.orders)");
  CHECK(type_name("rows(order.orders).map(r, r.amount_cents)") == "list(int)");
  CHECK(type_name("order.orders.map(k, k)") == "list(string)");
  CHECK(type_name("any + any") == "dyn");
  CHECK(type_name("[1, 'a']") == "list(dyn)");
  CHECK(type_name("order.orders.transformMap(k, r, r.status)") == "map(string, string)");
}

TEST_CASE("program.table_accesses_are_listed") {
  Store store;
  const auto accesses = [&](const char* text) {
    const Program p = must_compile(text, store.environment);
    std::string out;
    for (const TableAccess& a : p.accesses()) {
      out += std::to_string(a.table.u) + (a.access == Access::key ? "key " : (a.access == Access::size ? "size " : "scan "));
    }
    return out + (p.tables_escape() ? "escape" : "");
  };
  CHECK(accesses("event.id in order.orders") == "0key ");
  CHECK(accesses("order.orders['a'].status == payment.charges['a'].status") == "0key 1key ");
  CHECK(accesses("size(order.orders) > 1 || 'a' in order.orders") == "0key 0size ");
  CHECK(accesses("rows(order.orders).all(o, o.order_id in payment.charges)") == "0scan 1key ");
  CHECK(accesses("order.orders.exists(k, true)") == "0scan ");
  CHECK(accesses("order.orders == payment.charges") == "0scan 1scan ");
  CHECK(accesses("cel.bind(t, order.orders, 'a' in t)") == "0scan escape");
  CHECK(accesses("event.id == ''").empty());
}

TEST_CASE("program.slots_read_are_listed") {
  Store store;
  CHECK(must_compile("any == event.id", store.environment).slots() == std::vector<std::uint32_t>{0, 1});
  CHECK(must_compile("any == any", store.environment).slots() == std::vector<std::uint32_t>{1});
  CHECK(must_compile("1 + 1").slots().empty());
}

TEST_CASE("functions.are_pure_typed_and_expanded") {
  Store store;
  Diagnostics diagnostics;
  REQUIRE(store.environment.define_function("twice", {{"n", types::int64}}, "n + n", diagnostics));
  REQUIRE(store.environment.define_function("money.fee", {{"n", types::int64}}, "n > with.limit ? twice(n) : 0", diagnostics));
  CHECK(store.run("twice(21)") == "42");
  CHECK(store.run("money.fee(event.data.amount + 1)") == "242");
  CHECK(store.run("money.fee(event.data.amount)") == "0");
  CHECK(store.run("[1, 2].map(n, twice(n + 1))") == "[4, 6]");
  CHECK(only_diagnostic("twice('a')", store.environment).code == "FT-CEL-012");
  CHECK(only_diagnostic("twice(1, 2)", store.environment).code == "FT-CEL-012");
}

TEST_CASE("functions.bodies_are_checked_where_they_are_defined") {
  Store store;
  const auto code = [&](const char* name, const char* body) {
    Diagnostics diagnostics;
    CHECK_FALSE(store.environment.define_function(name, {{"n", types::int64}}, body, diagnostics));
    return diagnostics.all().at(0).code;
  };
  CHECK(code("f", "n +") == "FT-CEL-001");
  CHECK(code("f", "m + 1") == "FT-CEL-010");
  CHECK(code("f", "event.id") == "FT-CEL-010");
  CHECK(code("f", "n in order.orders") == "FT-CEL-010");
  CHECK(code("f", "f(n)") == "FT-CEL-011");
  CHECK(code("size", "n") == "FT-CEL-018");
}

TEST_CASE("functions.parameters_do_not_capture_the_caller") {
  Environment environment;
  Diagnostics diagnostics;
  REQUIRE(environment.define_function("f", {{"x", types::dyn}}, "[10].map(y, x + y)[0]", diagnostics));
  EmptyHost host;
  CHECK(run("[1].map(y, f(y))", environment, {}, host) == "[11]");
  CHECK(run("cel.bind(x, 5, f(x + 1) + x)", environment, {}, host) == "21");
}

TEST_CASE("environment.copies_are_independent") {
  Environment base;
  base.declare("x", types::int64, 0);
  Environment derived = base;
  derived.declare("x", types::string, 3);
  CHECK(derived.slot_count() == 4);
  CHECK(base.slot_count() == 1);
  must_compile("x + 1", base);
  must_compile("x + 'a'", derived);
}

TEST_CASE("evaluate.gives_the_same_twice_and_in_any_thread") {
  Store store;
  const Program program = must_compile("rows(order.orders).map(r, [r.order_id, r.amount_cents * 3]).sort() == [] || {'b': 1, 'a': [1.5, 2u]}.map(k, k) == []"
                                       " || distinct(['b', 'a', 'b']) == ['b', 'a']", store.environment);
  const std::string first = store.run("{'b': [1.5, 2u], 'a': distinct(['z', 'y', 'z'])}");
  CHECK(first == R"({"a": ["z", "y"], "b": [1.5, 2u]})");
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  const Program shared = must_compile("[3, 1, 2].sort().map(x, string(x * n))", [] { Environment e; e.declare("n", types::int64, 0); return e; }());
  for (std::string& result : results) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        Arena arena;
        EmptyHost host;
        const Value slots[] = {Value::of_int(7)};
        result = text_of(evaluate(shared, slots, host, arena), shared);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  for (const std::string& result : results) CHECK(result == R"(["7", "14", "21"])");
}

TEST_CASE("evaluate.errors_carry_a_code_and_a_sentence") {
  EmptyHost host;
  Arena arena;
  const Program program = must_compile("{'a': 1}['b']");
  const Value error = evaluate(program, {}, host, arena);
  REQUIRE(error.is(Kind::error));
  CHECK(error_code(error) == ErrorCode::no_such_key);
  CHECK(error.text() == "no such key: 'b'");
}

TEST_CASE("literal_text.can_be_read_again") {
  for (const char* text : {"1", "1u", "1.0", "-1e+100", R"("a\"\\\n")", R"(b"a\xff")", "[1, [2]]", R"({"a": null, "b": true})",
                           R"(timestamp("2009-02-13T23:31:30.5Z"))", R"(duration("-1.5s"))", "int", R"(double("NaN"))", R"(double("-inf"))"}) {
    CHECK(run(text) == text);
  }
}
