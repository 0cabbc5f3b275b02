// SPDX-License-Identifier: Apache-2.0
// One evaluation of the guard that most handlers have: a field of the event compared with a number,
// and a lookup of the event's id in the inbox. The host is as cheap as a host can be, so that the
// figure is the price of the expression. Three more figures say what other common forms cost.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <sim/base/value.hpp>
#include <sim/expr/program.hpp>

#include "tests/bench/bench.hpp"

using namespace flowtank;

namespace {

// An inbox with no key but "seen".
struct InboxHost final : expr::Host {
  Value find(const Value&, const Value&) override { return {}; }
  bool contains(const Value&, const Value& key) override { return key.text() == "seen"; }
  std::int64_t size(const Value&) override { return 1; }
  Value rows(const Value&, Arena& arena) override { return arena.make_list({}); }
  Value keys(const Value&, Arena& arena) override { return arena.make_list({}); }
  Value field(const Value&, std::uint32_t, Arena&) override { return {}; }
  std::uint32_t row_type(const Value&) override { return 0; }
};

struct Bench {
  expr::Environment environment;
  Arena values;
  Arena arena;
  InboxHost host;
  std::vector<Value> slots;

  Bench() {
    expr::TypeTable& types = *environment.types();
    const expr::Type data = types.add_record({"data of OrderPlaced", false, {{"amount", expr::types::int64}, {"order_id", expr::types::string}}});
    const expr::Type event = types.add_record({"event OrderPlaced", false,
        {{"id", expr::types::string}, {"type", expr::types::string}, {"key", expr::types::string}, {"data", data}}});
    const expr::Type row = types.add_record({"rows of db.inbox", true, {{"id", expr::types::string}}});
    environment.declare("event", event, 0);
    environment.declare("amounts", types.list(expr::types::int64), 1);
    environment.declare_constant("db.inbox", types.map(expr::types::string, row), expr::table_value(7));
    const Value fields[] = {Value::of_int(107), values.make_string("o-7")};
    const Value all[] = {values.make_string("e-12345"), values.make_string("OrderPlaced"), values.make_string("o-7"),
                         values.make_items(Kind::record, fields, types.record_id(data))};
    std::vector<Value> numbers;
    for (int i = 0; i < 100; ++i) numbers.push_back(Value::of_int(i));
    slots = {values.make_items(Kind::record, all, types.record_id(event)), values.make_list(numbers)};
  }

  double nanoseconds(const char* text, std::uint64_t times) {
    Diagnostics diagnostics;
    const auto program = expr::compile(text, environment, diagnostics);
    if (!program) std::exit(3);
    return bench::cpu_ns_each([&] {
      for (std::uint64_t i = 0; i < times; ++i) {
        arena.reset();
        const Value result = expr::evaluate(*program, slots, host, arena);
        bench::keep(result);
      }
      return times;
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::start(argc, argv);
  const auto times = options.size<std::uint64_t>(2'000'000, 2'000);
  Bench b;
  const auto samples = bench::run_interleaved({
      {"expr_guard", [&] { return b.nanoseconds("event.data.amount > 100 && !(event.id in db.inbox)", times); }},
      {"expr_field", [&] { return b.nanoseconds("event.data.order_id", times); }},
      {"expr_concat", [&] { return b.nanoseconds("'pay-' + event.data.order_id", times); }},
      {"expr_exists_100", [&] { return b.nanoseconds("amounts.exists(a, a * 2 == 1000)", times / 100 + 1); }},
  }, options.rounds);
  for (const auto& s : samples) bench::print_figure(s.name, s.value(), "ns");
}
