// SPDX-License-Identifier: Apache-2.0
// What the three isolation levels allow and forbid, over all interleavings of two concurrent handler runs:
// lost update, write skew, dirty and repeated reads, unique conflicts that wait, and deadlock. The truth is
// the table of PostgreSQL 15's documentation, chapter 13.2, where snapshot is its "repeatable read".
#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

struct Ends {
  std::set<std::string> states;   // text of the table at every quiescent state
  std::size_t unfinished = 0;     // quiescent states with a handler run that waits for ever
  std::size_t explored = 0;
};

// Runs two commands "a" and "b" through a handler with these steps, two runs at a time, in every order.
Ends explore(const std::string& steps, const std::string& unique = "", bool inverted = false) {
  const std::string model = fmt::format(R"json({{
    "flowtank": 1, "name": "bank",
    "commands": {{ "Do": {{ "key": "who", "fields": {{ "who": "string", "first": "string", "second": "string" }} }} }},
    "tables": {{ "rows": {{ "key": "id", "columns": {{ "id": "string", "value": "int" }} {} }} }},
    "handlers": {{ "do": {{ "on": "Do", "steps": [ {} ] }} }}
  }})json", unique, steps);
  const std::string scenario = fmt::format(R"json({{
    "flowtank": 1, "title": "two at a time",
    "services": {{ "bank": {{ "use": "bank", "concurrency": 2 }} }},
    "clients": {{ "c": {{ "sends": "Do", "to": "bank", "count": 2, "data": {{
      "who": "=n == 0 ? 'a' : 'b'", "first": "=n == 0 || {0} ? 'x' : 'y'", "second": "=n == 0 || {0} ? 'y' : 'x'" }} }} }}
  }})json", inverted ? "false" : "true");
  const std::map<std::string, std::string> files = {{"s.json", scenario}, {"bank.json", model}};
  LoadOptions options;
  options.purpose = LoadPurpose::check;
  options.files = &files;
  Diagnostics diagnostics;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message);
  REQUIRE(loaded.has_value());
  auto brokers = create_brokers(*loaded->system, shipped_brokers(), diagnostics);
  World world(*loaded->system, std::move(brokers), Mode::explore);
  Ends ends;
  test::visit_all_states(world, [&](const std::vector<Action>& actions) {
    ++ends.explored;
    if (!actions.empty()) return true;
    std::vector<Cell> rows;
    world.store().scan(0, rows);
    std::string text;
    for (const Cell row : rows) {
      text += fmt::format("{}={} ", to_text(world.pool().value(world.store().column(row, 0))),
                          to_text(world.pool().value(world.store().column(row, 1))));
    }
    ends.states.insert(text);
    world.runs().each_active([&](std::uint32_t) { ++ends.unfinished; });
    return true;
  });
  return ends;
}

// Reads in one statement, writes in a later one.
std::string read_then_write(const std::string& isolation) {
  return fmt::format(R"json({{ "transaction": [
      {{ "insert": "rows", "row": {{ "id": "x", "value": 0 }}, "on_conflict": "ignore" }} ] }},
    {{ "transaction": [
      {{ "let": {{ "seen": "=db.rows['x'].value" }} }},
      {{ "update": "rows", "key": "x", "set": {{ "value": "=seen + 1" }} }} ], "isolation": "{}" }})json", isolation);
}

TEST_CASE("isolation.read_committed_loses_an_update_that_was_read_before") {
  const Ends ends = explore(read_then_write("read_committed"));
  CHECK(ends.states == std::set<std::string>{"x=1 ", "x=2 "});
  CHECK(ends.unfinished == 0);
}

TEST_CASE("isolation.under_snapshot_the_first_updater_wins") {
  // The second one fails instead of overwriting: its command is answered with an error, nothing is lost silently.
  const Ends ends = explore(read_then_write("snapshot"));
  CHECK(ends.states == std::set<std::string>{"x=1 ", "x=2 "});
  const Ends retried = explore(fmt::format(R"json({{ "transaction": [
      {{ "insert": "rows", "row": {{ "id": "x", "value": 0 }}, "on_conflict": "ignore" }} ] }},
    {{ "transaction": [ {{ "let": {{ "seen": "=db.rows['x'].value" }} }},
      {{ "update": "rows", "key": "x", "set": {{ "value": "=seen + 1" }} }},
      {{ "insert": "rows", "row": {{ "id": "=command.data.who", "value": "=seen + 1" }} }} ], "isolation": "snapshot" }})json"));
  // Whoever commits has counted: x is the number of rows a and b.
  for (const std::string& state : retried.states) {
    const bool both = state.find("a=") != std::string::npos && state.find("b=") != std::string::npos;
    CHECK(state.find(both ? "x=2" : "x=1") != std::string::npos);
  }
}

TEST_CASE("isolation.serializable_loses_nothing") {
  CHECK(explore(read_then_write("serializable")).states == std::set<std::string>{"x=2 "});
}

TEST_CASE("isolation.an_increment_is_not_lost_at_any_level") {
  for (const char* level : {"read_committed", "serializable"}) {
    const Ends ends = explore(fmt::format(R"json({{ "transaction": [
        {{ "insert": "rows", "row": {{ "id": "x", "value": 0 }}, "on_conflict": "ignore" }} ] }},
      {{ "transaction": [ {{ "update": "rows", "key": "x", "add": {{ "value": 1 }} }} ], "isolation": "{}" }})json", level));
    CHECK(ends.states == std::set<std::string>{"x=2 "});
  }
}

// Both see no other row and each inserts its own: the classic write skew.
std::string skew(const std::string& isolation) {
  return fmt::format(R"json({{ "transaction": [
      {{ "let": {{ "count": "=size(db.rows)" }} }},
      {{ "if": "count == 0", "then": [ {{ "insert": "rows", "row": {{ "id": "=command.data.who", "value": 1 }} }} ] }} ],
      "isolation": "{}" }})json", isolation);
}

TEST_CASE("isolation.snapshot_allows_write_skew_and_serializable_does_not") {
  CHECK(explore(skew("snapshot")).states == std::set<std::string>{"a=1 ", "a=1 b=1 ", "b=1 "});
  CHECK(explore(skew("serializable")).states == std::set<std::string>{"a=1 ", "b=1 "});
}

TEST_CASE("isolation.a_snapshot_reads_the_same_twice_and_read_committed_need_not") {
  const auto twice = [](const std::string& isolation) {
    return fmt::format(R"json({{ "transaction": [
        {{ "let": {{ "before": "=size(db.rows)" }} }},
        {{ "let": {{ "after": "=size(db.rows)" }} }},
        {{ "insert": "rows", "row": {{ "id": "=command.data.who", "value": "=after - before" }} }} ],
        "isolation": "{}" }})json", isolation);
  };
  CHECK(explore(twice("snapshot")).states == std::set<std::string>{"a=0 b=0 "});
  CHECK(explore(twice("read_committed")).states.count("a=1 b=0 ") == 1);
}

TEST_CASE("isolation.nobody_reads_what_is_not_committed") {
  // a writes 1 and rolls back; whatever b reads meanwhile is never 1.
  const Ends ends = explore(R"json({ "transaction": [
      { "if": "command.data.who == 'a'", "then": [
        { "insert": "rows", "row": { "id": "x", "value": 1 } }, { "rollback": true } ],
        "else": [ { "let": { "dirty": "='x' in db.rows" } },
                  { "insert": "rows", "row": { "id": "b", "value": "=dirty ? 1 : 0" } } ] } ] })json");
  CHECK(ends.states == std::set<std::string>{"b=0 "});
}

TEST_CASE("isolation.a_unique_conflict_waits_for_the_other_transaction") {
  // Both insert the same key; the loser waits, then sees the conflict (or wins if the other rolls back).
  const Ends ends = explore(R"json({ "transaction": [
      { "insert": "rows", "row": { "id": "x", "value": "=command.data.who == 'a' ? 1 : 2" } },
      { "if": "command.data.who == 'a'", "then": [ { "rollback": true } ] } ] })json");
  CHECK(ends.states == std::set<std::string>{"x=2 "});
  CHECK(ends.unfinished == 0);
}

TEST_CASE("isolation.unique_columns_hold_across_keys") {
  const Ends ends = explore(R"json({ "transaction": [
      { "insert": "rows", "row": { "id": "=command.data.who", "value": 7 } } ] })json", R"json(, "unique": [ ["value"] ])json");
  CHECK(ends.states == std::set<std::string>{"a=7 ", "b=7 "});
  CHECK(ends.unfinished == 0);
}

TEST_CASE("isolation.a_circle_of_waiting_is_broken") {
  // a locks x then y, b locks y then x.
  const std::string steps = R"json({ "transaction": [
      { "insert": "rows", "row": { "id": "x", "value": 0 }, "on_conflict": "ignore" },
      { "insert": "rows", "row": { "id": "y", "value": 0 }, "on_conflict": "ignore" } ], "isolation": "serializable" },
    { "transaction": [
      { "update": "rows", "key": "=command.data.first", "add": { "value": 1 } },
      { "update": "rows", "key": "=command.data.second", "add": { "value": 1 } } ] })json";
  const Ends inverted = explore(steps, "", true);
  CHECK(inverted.unfinished == 0);
  CHECK(inverted.states == std::set<std::string>{"x=1 y=1 ", "x=2 y=2 "});
  // In the same order nobody has to give up.
  CHECK(explore(steps).states == std::set<std::string>{"x=2 y=2 "});
}

}  // namespace
}  // namespace flowtank
