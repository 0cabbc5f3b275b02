// SPDX-License-Identifier: Apache-2.0
// Small helpers of the expression tests: compile or fail, evaluate to CEL text, and a host over plain
// tables that writes down every read.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <sim/expr/literal_text.hpp>
#include <sim/expr/program.hpp>

namespace flowtank::expr::test {

inline std::optional<Program> try_compile(std::string_view text, const Environment& environment, Diagnostics& diagnostics,
                                          const CompileOptions& options = {}) {
  return compile(text, environment, diagnostics, {}, options);
}

inline Program must_compile(std::string_view text, const Environment& environment = Environment()) {
  Diagnostics diagnostics;
  const auto program = compile(text, environment, diagnostics);
  INFO(text << ": " << (diagnostics.all().empty() ? std::string() : diagnostics.all()[0].message));
  REQUIRE(program.has_value());
  return *program;
}

// The result as CEL text, or "!name_of_error".
inline std::string text_of(const Value& value, const Program& program) {
  if (value.is(Kind::error)) return "!" + std::string(error_name(error_code(value)));
  return literal_text(value, program.types());
}

inline std::string run(std::string_view text, const Environment& environment, std::span<const Value> slots, Host& host, Budget budget = {}) {
  const Program program = must_compile(text, environment);
  Arena arena;
  return text_of(evaluate(program, slots, host, arena, budget), program);
}

inline std::string run(std::string_view text) {
  EmptyHost host;
  return run(text, Environment(), {}, host);
}

// The only diagnostic of a text that must not compile.
inline Diagnostic only_diagnostic(std::string_view text, const Environment& environment = Environment(), const CompileOptions& options = {}) {
  Diagnostics diagnostics;
  INFO(text);
  REQUIRE_FALSE(try_compile(text, environment, diagnostics, options).has_value());
  REQUIRE(diagnostics.all().size() == 1);
  return diagnostics.all()[0];
}

// Tables of rows {order_id, status, amount} keyed by order_id. Handle t: table t; row handle:
// table * 1000 + position. `reads` lists what was asked, in order.
struct TableHost final : Host {
  struct Row {
    std::string key, status;
    std::int64_t amount;
  };
  std::vector<std::vector<Row>> tables;
  std::uint32_t record = 0;
  std::vector<std::string> reads;
  Arena texts;

  Value find(const Value& table, const Value& key) override {
    reads.push_back("find " + to_text(key));
    const auto& rows = tables[table.u];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (key.is(Kind::string) && key.text() == rows[i].key) return row_value(table.u * 1000 + i);
    }
    return {};
  }
  bool contains(const Value& table, const Value& key) override {
    reads.push_back("contains " + to_text(key));
    for (const Row& row : tables[table.u]) {
      if (key.is(Kind::string) && key.text() == row.key) return true;
    }
    return false;
  }
  std::int64_t size(const Value& table) override {
    reads.push_back("size");
    return static_cast<std::int64_t>(tables[table.u].size());
  }
  Value rows(const Value& table, Arena& arena) override {
    reads.push_back("rows");
    std::vector<Value> out;
    for (std::size_t i = 0; i < tables[table.u].size(); ++i) out.push_back(row_value(table.u * 1000 + i));
    return arena.make_list(out);
  }
  Value keys(const Value& table, Arena& arena) override {
    reads.push_back("keys");
    std::vector<Value> out;
    for (const Row& row : tables[table.u]) out.push_back(texts.make_string(row.key));
    return arena.make_list(out);
  }
  Value field(const Value& row, std::uint32_t field, Arena&) override {
    const Row& r = tables[row.u / 1000][row.u % 1000];
    reads.push_back("field " + std::to_string(field) + " of " + r.key);
    if (field == 0) return texts.make_string(r.key);
    if (field == 1) return r.status.empty() ? Value() : texts.make_string(r.status);
    return Value::of_int(r.amount);
  }
  std::uint32_t row_type(const Value&) override { return record; }
};

// order.orders (table 0), payment.charges (table 1, another record type with the same fields), and an
// event in slot 0.
struct Store {
  Environment environment;
  TableHost host;
  Arena values;
  std::vector<Value> slots;

  Store() {
    TypeTable& types = *environment.types();
    const std::vector<Field> fields = {{"order_id", types::string}, {"status", types::string}, {"amount_cents", types::int64}};
    const Type row = types.add_record({"rows of order.orders", true, fields});
    const Type data = types.add_record({"data of event OrderPlaced", false, {{"amount", types::int64}, {"note", types::string}}});
    const Type event = types.add_record({"event OrderPlaced", false, {{"id", types::string}, {"data", data}}});
    host.record = types.record_id(row);
    host.tables = {{{"o-1", "paid", 100}, {"o-2", "new", 250}, {"o-3", "", 50}}, {{"o-1", "paid", 100}}, {{"o-1", "paid", 100}}};
    environment.declare("event", event, 0);
    environment.declare("any", types::dyn, 1);
    environment.declare_constant("order.orders", types.map(types::string, row), table_value(0));
    environment.declare_constant("payment.charges", types.map(types::string, row), table_value(1));
    environment.declare_constant("payment.copies", types.map(types::string, row), table_value(2));
    environment.declare_constant("with.limit", types::int64, Value::of_int(120));
    const Value inner[] = {Value::of_int(120), Value()};
    const Value outer[] = {values.make_string("e-1"), values.make_items(Kind::record, inner, types.record_id(data))};
    slots = {values.make_items(Kind::record, outer, types.record_id(event)), Value::of_null()};
  }
  std::string run(std::string_view text) {
    host.reads.clear();
    return test::run(text, environment, slots, host);
  }
};

}  // namespace flowtank::expr::test
