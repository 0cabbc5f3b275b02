// SPDX-License-Identifier: Apache-2.0
// Parameter sweeps: how values are read, that every combination (of t parameters) comes, and what a table says of rows
// that fail, pass and cannot be loaded.
#include <catch2/catch.hpp>

#include <set>

#include <models/brokers/registry.hpp>
#include <reports/sweep_table.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/check/sweep.hpp>

namespace flowtank {
namespace {

SweepParameter parameter(const std::string& text) {
  Diagnostics diagnostics;
  auto read = parse_sweep(text, diagnostics);
  REQUIRE(read);
  return *read;
}

TEST_CASE("sweep.values_are_words_numbers_ranges_and_json") {
  CHECK(parameter("a.b=x,y").values == std::vector<std::string>{"x", "y"});
  CHECK(parameter("a=1..3").values == std::vector<std::string>{"1", "2", "3"});
  CHECK(parameter("a=[1,2],{\"b\":\"x,y\"},\"p,q\"").values == std::vector<std::string>{"[1,2]", "{\"b\":\"x,y\"}", "\"p,q\""});
  CHECK(parameter("a=0.5,1.5").values.size() == 2);
  CHECK(parameter("a=9223372036854775806..9223372036854775807").values.size() == 2);
  for (const char* wrong : {"a=-9223372036854775808..9223372036854775807", "a", "=1", "a=", "a=x,,y", "a=x,x", "a=3..1", "a=1..9999"}) {
    Diagnostics diagnostics;
    CHECK_FALSE(parse_sweep(wrong, diagnostics));
    CHECK(diagnostics.all().at(0).code == "FT-SWEEP-001");
  }
}

TEST_CASE("sweep.every_combination_comes_once") {
  const std::vector<SweepParameter> all{parameter("a=1,2"), parameter("b=1..3"), parameter("c=x,y")};
  const auto rows = sweep_rows(all, 0);
  REQUIRE(rows);
  CHECK(rows->size() == 12);
  CHECK(std::set(rows->begin(), rows->end()).size() == 12);
  CHECK(sweep_rows(all, 7) == rows);
  const std::vector<SweepParameter> many(5, parameter("a=1..10"));
  CHECK_FALSE(sweep_rows(many, 0));
  CHECK(sweep_rows(many, 2));
  // What would take hours to list is refused at once.
  const std::vector<SweepParameter> forty(40, parameter("a=1..10"));
  CHECK_FALSE(sweep_rows(forty, 6));
  CHECK(sweep_rows(forty, 1)->size() == 10);
}

TEST_CASE("sweep.t_way_covers_every_t_values_with_few_rows") {
  std::vector<SweepParameter> ten;
  for (int i = 0; i < 10; ++i) ten.push_back({"p" + std::to_string(i), {"a", "b", "c"}});
  for (const std::size_t together : {1, 2, 3}) {
    const auto rows = sweep_rows(ten, together);
    REQUIRE(rows);
    CHECK(rows->size() <= (together == 1 ? 3 : together == 2 ? 25 : 90));
    // Every pair of values of every pair of parameters.
    for (std::size_t p = 0; p < 10 && together >= 2; ++p) {
      for (std::size_t q = p + 1; q < 10; ++q) {
        std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
        for (const auto& row : *rows) seen.emplace(row[p], row[q]);
        CHECK(seen.size() == 9);
      }
    }
    CHECK(sweep_rows(ten, together) == rows);
  }
}

TEST_CASE("sweep.a_table_says_what_came_out_of_each_row") {
  const std::string file = FLOWTANK_SOURCE_DIR "/scenarios/store-payment-without-inbox-duplicate.json";
  const std::vector<SweepParameter> parameters{parameter("services.payment.with.consume=naive,inbox,nonsense")};
  const auto drive = [&](const std::vector<std::string>& overrides, Diagnostics& diagnostics) -> std::optional<Result> {
    LoadOptions load;
    load.purpose = LoadPurpose::check;
    load.overrides = overrides;
    const auto scenario = load_scenario(file, load, diagnostics);
    return scenario ? check_scenario(*scenario, shipped_brokers(), {}, diagnostics) : std::nullopt;
  };
  const SweepTable table = sweep(Driver::check, parameters, 0, *sweep_rows(parameters, 0), drive, nullptr);
  REQUIRE(table.rows.size() == 3);
  REQUIRE(table.properties.size() == 4);
  CHECK(table.properties[0] == "charged at most once");
  CHECK(table.rows[0].cells[0]->verdict == VerdictKind::fail);
  CHECK(table.rows[0].exit == ExitCode::ok);       // demanded
  CHECK(table.rows[1].cells[0]->verdict == VerdictKind::pass);
  CHECK(table.rows[1].exit == ExitCode::not_met);  // the demanded FAIL is gone
  CHECK(table.rows[2].exit == ExitCode::bad_input);
  CHECK(table.rows[2].cells.empty());
  CHECK_FALSE(table.rows[2].problem.empty());
  CHECK(table.exit == ExitCode::bad_input);
  const std::string text = reports::sweep_text(file, table, {});
  CHECK(text.find("naive     FAIL  PASS") != std::string::npos);
  CHECK(text.find("[1] charged at most once") != std::string::npos);
  CHECK(reports::sweep_json(file, table).find("\"services.payment.with.consume\": \"inbox\"") != std::string::npos);
  CHECK(reports::sweep_markdown(file, table).find("| naive | FAIL proved | PASS proved | PASS proved | PASS proved | 0 |") != std::string::npos);
  const SweepTable none = sweep(Driver::check, parameters, 0, *sweep_rows(parameters, 0), drive, [] { return true; });
  CHECK(none.interrupted);
  CHECK(none.rows.empty());
}

// A row may have other properties than the first: verdicts go by name.
TEST_CASE("sweep.a_verdict_stands_under_the_name_of_its_property") {
  const auto drive = [](const std::vector<std::string>& overrides, Diagnostics&) -> std::optional<Result> {
    Result result;
    const auto add = [&](const char* name, VerdictKind kind) {
      PropertyOutcome outcome;
      outcome.verdict.property = name;
      outcome.verdict.kind = kind;
      result.properties.push_back(outcome);
    };
    if (overrides.front() == "a=1") add("one", VerdictKind::pass);
    if (overrides.front() == "a=2") add("two", VerdictKind::fail);
    add("both", VerdictKind::vacuous);
    return result;
  };
  const std::vector<SweepParameter> parameters{parameter("a=1,2")};
  const SweepTable table = sweep(Driver::check, parameters, 0, *sweep_rows(parameters, 0), drive, nullptr);
  CHECK(table.properties == std::vector<std::string>{"one", "both", "two"});
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0].cells[0]->verdict == VerdictKind::pass);
  CHECK_FALSE(table.rows[0].cells[2]);
  CHECK_FALSE(table.rows[1].cells[0]);
  CHECK(table.rows[1].cells[1]->verdict == VerdictKind::vacuous);
  CHECK(table.rows[1].cells[2]->verdict == VerdictKind::fail);
}

}  // namespace
}  // namespace flowtank
