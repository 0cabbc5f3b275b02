// SPDX-License-Identifier: Apache-2.0
// Numbers that a database gives: a sequence at insert, never taken back, and the order of commits; over all
// interleavings of two concurrent transactions. The truth is what PostgreSQL 15 says of nextval (chapter 9.17): "a
// value once obtained is never rolled back", so numbers may be missing, and what commits last may have the smallest.
#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

constexpr const char* columns = R"("number": "sequence", "position": "commit_order", "who": "string")";

std::optional<Scenario> load(const std::string& steps, const std::string& of_table, Diagnostics& diagnostics) {
  const std::string model = fmt::format(R"json({{
    "flowtank": 1, "name": "log",
    "commands": {{ "Do": {{ "key": "who", "fields": {{ "who": "string" }} }} }},
    "tables": {{ "rows": {{ "key": "number", "columns": {{ {} }} }} }},
    "handlers": {{ "do": {{ "on": "Do", "steps": [ {} ] }} }}
  }})json", of_table, steps);
  const std::map<std::string, std::string> files = {{"log.json", model}, {"s.json", R"json({
    "flowtank": 1, "title": "two at a time",
    "services": { "log": { "use": "log", "concurrency": 2 } },
    "clients": { "c": { "sends": "Do", "to": "log", "count": 2, "data": { "who": "=n == 0 ? 'a' : 'b'" } } },
    "properties": [ { "name": "numbered", "for": "r in log.rows", "always": "r.number >= 1" } ]
  })json"}};
  LoadOptions options;
  options.purpose = LoadPurpose::check;
  options.files = &files;
  return load_scenario("s.json", options, diagnostics);
}

// The rows at every end, as "a:number,position b:...", whoever is there.
std::set<std::string> ends(const std::string& steps) {
  Diagnostics diagnostics;
  const auto loaded = load(steps, columns, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message);
  REQUIRE(loaded.has_value());
  World world(*loaded->system, create_brokers(*loaded->system, shipped_brokers(), diagnostics), Mode::explore);
  std::set<std::string> out;
  test::visit_all_states(world, [&](const std::vector<Action>& actions) {
    if (!actions.empty()) return true;
    std::vector<Cell> rows;
    world.store().scan(0, rows);
    std::map<std::string, std::string> by_who;
    for (const Cell row : rows) {
      const auto text = [&](std::uint32_t column) { return to_text(world.pool().value(world.store().column(row, column))); };
      by_who[text(2)] = text(0) + "," + text(1);
    }
    std::string end;
    for (const auto& [who, numbers] : by_who) end += (end.empty() ? "" : " ") + who + ":" + numbers;
    out.insert(end);
    return true;
  });
  return out;
}

constexpr const char* insert = R"({ "insert": "rows", "row": { "who": "=command.data.who" } })";

}  // namespace

TEST_CASE("numbering.what_commits_last_may_have_the_smaller_number") {
  const auto found = ends(fmt::format(R"({{ "transaction": [ {} ] }})", insert));
  CHECK(found == std::set<std::string>{"a:1,1 b:2,2", "a:1,2 b:2,1", "a:2,1 b:1,2", "a:2,2 b:1,1"});
}

TEST_CASE("numbering.one_transaction_at_a_time_numbers_as_it_commits") {
  const auto found = ends(fmt::format(R"({{ "transaction": [ {} ], "isolation": "serializable" }})", insert));
  CHECK(found == std::set<std::string>{"a:1,1 b:2,2", "a:2,2 b:1,1"});
}

TEST_CASE("numbering.a_rollback_gives_no_number_back") {
  const auto found = ends(fmt::format(R"({{ "transaction": [ {}, {{ "if": "command.data.who == 'a'", "then": [ {{ "rollback": true }} ] }} ] }})", insert));
  CHECK(found == std::set<std::string>{"b:1,1", "b:2,1"});
}

TEST_CASE("numbering.a_number_of_the_database_is_not_given_by_hand") {
  for (const std::string row : {R"("who": "x", "number": 7)", R"("who": "x", "position": 7)"}) {
    Diagnostics diagnostics;
    CHECK_FALSE(load(R"({ "insert": "rows", "row": { )" + row + " } }", columns, diagnostics));
    REQUIRE(diagnostics.errors() == 1);
    CHECK(diagnostics.all()[0].message.find("filled by the database") != std::string::npos);
  }
  Diagnostics twice, key;
  CHECK_FALSE(load(insert, R"("number": "sequence", "other": "sequence", "who": "string")", twice));
  CHECK_FALSE(load(insert, R"("number": "commit_order", "who": "string")", key));
}

}  // namespace flowtank
