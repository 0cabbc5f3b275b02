// SPDX-License-Identifier: Apache-2.0
// The truth tables, each with its cells as demanded, and a planted bug: a table whose variants are swapped must not pass.
#include <cstdlib>
#include <iostream>

#include <catch2/catch.hpp>

#include "truth_table.hpp"

namespace flowtank::truth {
namespace {

Table table(const std::string& name) { return Table(read_json(std::string(FLOWTANK_SOURCE_DIR) + "/tests/truth/" + name + ".json")); }

std::vector<Outcome> judged(const Table& table) {
  // FLOWTANK_CELL=b or b/COLUMN judges only these and prints their scenarios, to look into one.
  const char* only = std::getenv("FLOWTANK_CELL");
  std::vector<Outcome> out;
  for (const Cell& cell : table.cells(only == nullptr ? "" : only)) {
    if (only != nullptr) {
      for (const std::string& text : table.texts(cell)) std::cout << text << "\n";
    }
    out.push_back(table.judge(cell));
  }
  return out;
}

void as_demanded(const std::string& name) {
  const std::vector<Outcome> outcomes = judged(table(name));
  REQUIRE_FALSE(outcomes.empty());
  std::size_t wrong = 0;
  for (const Outcome& outcome : outcomes) wrong += outcome.wrong.empty() ? 0 : 1;
  INFO(told(outcomes));
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("truth.c1_publishing_a_change") { as_demanded("c1"); }
TEST_CASE("truth.c2_consuming_once") { as_demanded("c2"); }
TEST_CASE("truth.c3_same_key_order") { as_demanded("c3"); }

}  // namespace flowtank::truth
