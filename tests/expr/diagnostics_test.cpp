// SPDX-License-Identifier: Apache-2.0
// What the checker says about wrong expressions: code, position, suggestion. And what it must not say:
// nothing is reported that may turn out right.
#include "tests/expr/support.hpp"

using namespace flowtank;
using namespace flowtank::expr;
using namespace flowtank::expr::test;

TEST_CASE("diagnostics.unknown_field_names_the_table_and_suggests") {
  Store store;
  Diagnostics diagnostics;
  Place place{"broken.json", "/properties/1/always", 30, 19};
  CHECK_FALSE(compile("rows(order.orders).all(o, o.satus != 'paid')", store.environment, diagnostics, place));
  REQUIRE(diagnostics.all().size() == 1);
  const Diagnostic& d = diagnostics.all()[0];
  CHECK(d.code == "FT-CEL-014");
  CHECK(d.message == "rows of order.orders have no field \"satus\"");
  CHECK(d.hint == "Did you mean \"status\"? Fields: order_id, status, amount_cents");
  CHECK(d.file == "broken.json");
  CHECK(d.pointer == "/properties/1/always");
  CHECK(d.expression_column == 29);
  CHECK(d.range.line == 30);
  CHECK(d.range.column == 47);
  CHECK(d.range.length == 5);
}

TEST_CASE("diagnostics.each_mistake_has_its_code") {
  struct Case { const char* text; const char* code; std::uint32_t column; };
  const Case cases[] = {
      {"1 +", "FT-CEL-001", 4},
      {"while", "FT-CEL-001", 1},
      {"'open", "FT-CEL-002", 1},
      {"9223372036854775808", "FT-CEL-002", 1},
      {"1 = 2", "FT-CEL-002", 3},
      {"event{}", "FT-CEL-005", 6},
      {"evnt.id", "FT-CEL-010", 1},
      {"order.ordrs", "FT-CEL-010", 1},
      {"order", "FT-CEL-010", 1},
      {"szie(event.id)", "FT-CEL-011", 1},
      {"size(event.data.amount)", "FT-CEL-012", 1},
      {"event.id.size(1)", "FT-CEL-012", 10},
      {"event.id + 1", "FT-CEL-012", 10},
      {"event.data.amount + 1.0", "FT-CEL-012", 19},
      {"event.id < 3", "FT-CEL-012", 10},
      {"3 in order.orders", "FT-CEL-012", 3},
      {"order.orders[3]", "FT-CEL-012", 13},
      {"[1].all(1, true)", "FT-CEL-013", 9},
      {"[1].all(x)", "FT-CEL-013", 5},
      {"has(event)", "FT-CEL-013", 1},
      {"event.data.amuont", "FT-CEL-014", 12},
      {"order.orders['a'].x", "FT-CEL-014", 19},
      {"event.id.x", "FT-CEL-015", 10},
      {"rows(order.orders).status", "FT-CEL-015", 20},
      {"event.id == 3", "FT-CEL-016", 10},
      {"event.id && true", "FT-CEL-017", 7},
      {"event.id ? 1 : 2", "FT-CEL-017", 7},
      {"rows(order.orders).all(o, o.status)", "FT-CEL-017", 29},
      {"event.id.matches('(')", "FT-CEL-019", 18},
  };
  Store store;
  for (const Case& c : cases) {
    const Diagnostic d = only_diagnostic(c.text, store.environment);
    INFO(c.text << " -> " << d.message);
    CHECK(d.code == c.code);
    CHECK(d.expression_column == c.column);
    CHECK(d.range.column == c.column);
    CHECK(d.range.line == 1);
  }
}

TEST_CASE("diagnostics.suggestions_stay_in_the_namespace") {
  Store store;
  CHECK(only_diagnostic("'x' in order.ordrs", store.environment).hint == "Did you mean \"order.orders\"? Names: order.orders");
  CHECK(only_diagnostic("evnt.id == ''", store.environment).hint.starts_with("Did you mean \"event\"?"));
  CHECK(only_diagnostic("payment", store.environment).message == "\"payment\" is a namespace, not a value");
  CHECK(only_diagnostic("event.id.startWith('e')", store.environment).hint == "Did you mean \"startsWith\"?");
}

TEST_CASE("diagnostics.all_errors_at_once") {
  Store store;
  Diagnostics diagnostics;
  CHECK_FALSE(compile("evnt.id == 1 && event.data.amuont > 2 || event.id + 1 == 'x'", store.environment, diagnostics));
  CHECK(diagnostics.errors() == 3);
}

TEST_CASE("diagnostics.line_and_column_in_a_text_of_several_lines") {
  const Diagnostic d = only_diagnostic("1 +\n  nothing");
  CHECK(d.range.line == 2);
  CHECK(d.range.column == 3);
}

TEST_CASE("diagnostics.result_type_can_be_demanded") {
  CompileOptions options;
  options.expected = types::boolean;
  CHECK(only_diagnostic("1 + 1", Environment(), options).code == "FT-CEL-020");
  Diagnostics none;
  CHECK(try_compile("1 == 1", Environment(), none, options));
  CHECK(try_compile("dyn(1)", Environment(), none, options));
}

TEST_CASE("diagnostics.nothing_is_reported_that_may_be_right") {
  Store store;
  for (const char* text : {"any.foo.bar", "any + 1", "any && true", "event.data.note == null", "any in order.orders", "[1, 'a'][0] + 1",
                           "event.data.amount == 1.0", "event.data.amount < 1.5", "any.map(x, x.y)", "true ? 1 : 'a'", "{'a': 1, 2: 'b'}[any]",
                           "order.orders == payment.charges", "order.orders[any].status", "size(any)", "order.orders.x.status"}) {
    Diagnostics diagnostics;
    INFO(text);
    CHECK(try_compile(text, store.environment, diagnostics).has_value());
    CHECK(diagnostics.all().empty());
  }
}

TEST_CASE("diagnostics.lenient_compilation_defers_names_and_types") {
  CompileOptions lenient;
  lenient.lenient = true;
  EmptyHost host;
  Arena arena;
  Diagnostics diagnostics;
  const auto program = try_compile("nothing.here(1) || 1 + 'a' == 2 || true", Environment(), diagnostics, lenient);
  REQUIRE(program);
  CHECK(text_of(evaluate(*program, {}, host, arena), *program) == "true");
  CHECK(only_diagnostic("1 +", Environment(), lenient).code == "FT-CEL-001");
}
