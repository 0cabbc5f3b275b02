// SPDX-License-Identifier: Apache-2.0
// The HTML report in the small: escaping, hashes, the scenario without some of its faults, the diagram as data, the bounds of
// what a page holds, and that equal inputs give equal bytes. How pages look to others is tried in browser/.
#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <reports/html/content_hash.hpp>
#include <reports/html/diagram.hpp>
#include <reports/html/markup.hpp>
#include <reports/html/page.hpp>
#include <reports/html/report.hpp>
#include <sim/check/fault_columns.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank::reports {
namespace {

using namespace html;

const std::string scenarios = FLOWTANK_SOURCE_DIR "/scenarios/";

Scenario load(const std::string& file, LoadPurpose purpose) {
  LoadOptions options;
  options.purpose = purpose;
  Diagnostics diagnostics;
  auto scenario = load_scenario(scenarios + file, options, diagnostics);
  REQUIRE(scenario);
  return std::move(*scenario);
}

Result check(const Scenario& scenario) {
  Diagnostics diagnostics;
  auto result = check_scenario(scenario, shipped_brokers(), {}, diagnostics);
  REQUIRE(result);
  return std::move(*result);
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t number = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++number;
  return number;
}

TEST_CASE("html.text_and_attributes_cannot_leave_their_place") {
  CHECK(escaped("<a href=\"x\">'&amp;'</a>") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
  CHECK(escaped("\x1b[2J\r\xe2\x80\xae\xff") == "\\x1b[2J\\x0d\\u202e\\xff");
  Markup to;
  to.leaf("td", {{"class", "x\" onclick=\"y"}}, "</td><script>");
  CHECK(to.take() == "<td class=\"x&quot; onclick=&quot;y\">&lt;/td&gt;&lt;script&gt;</td>");
  CHECK(inert_json(R"({"a":"</script><!--&"})") == R"({"a":"\u003c/script\u003e\u003c!--\u0026"})");
}

TEST_CASE("html.backquotes_make_code_and_nothing_else") {
  Markup to;
  to.with_code("say `<b>` twice, `open");
  CHECK(to.take() == "say <code>&lt;b&gt;</code> twice, <code>open</code>");
}

// FIPS 180-4 examples, as base64; the third spans two blocks.
TEST_CASE("html.hashes_are_those_of_the_standard") {
  CHECK(content_hash("") == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  CHECK(content_hash("abc") == "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  CHECK(content_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "sha256-JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE=");
}

TEST_CASE("html.style_and_script_name_nothing_outside_of_the_page") {
  for (const std::string_view text : {page_style(), page_script()}) {
    CHECK(text.size() > 1000);
    CHECK(text.find("http") == std::string_view::npos);
    CHECK(text.find("@import") == std::string_view::npos);
    CHECK(text.find("innerHTML") == std::string_view::npos);
    CHECK(text.find("eval(") == std::string_view::npos);
  }
}

TEST_CASE("html.a_column_has_the_faults_of_one_kind_and_the_rest_as_it_is") {
  const Scenario whole = load("store/1-naive.json", LoadPurpose::check);
  const auto kinds = fault_kinds_of(whole);
  REQUIRE(kinds == std::vector<FaultKind>{FaultKind::crash, FaultKind::duplicate});
  CHECK(with_faults(whole, std::nullopt).system->faults.empty());
  CHECK(with_faults(whole, FaultKind::crash).system->faults.size() == 1);
  CHECK(with_faults(whole, FaultKind::duplicate).system->faults.size() == 2);
  CHECK(whole.system->faults.size() == 3);
  const Result without = check(with_faults(whole, std::nullopt));
  for (const PropertyOutcome& property : without.properties) CHECK(property.verdict.kind == VerdictKind::pass);
  const Result crash = check(with_faults(whole, FaultKind::crash));
  CHECK(crash.properties[0].verdict.kind == VerdictKind::pass);  // charged at most once
  CHECK(crash.properties[3].verdict.kind == VerdictKind::fail);  // every order is paid
}

TEST_CASE("html.properties_about_a_fault_that_is_gone_are_gone_with_it") {
  Scenario whole = load("store/1-naive.json", LoadPurpose::check);
  whole.properties[0].fault = 0;
  whole.properties[1].fault = 2;
  const Scenario part = with_faults(whole, FaultKind::duplicate);
  REQUIRE(part.properties.size() + 1 == whole.properties.size());
  CHECK(part.properties[0].name == whole.properties[1].name);
  CHECK(part.properties[0].fault == 1);
}

TEST_CASE("html.a_diagram_shows_each_step_once_and_what_the_violation_came_from") {
  const Scenario scenario = load("store-payment-without-inbox-duplicate.json", LoadPurpose::check);
  const Result result = check(scenario);
  const PropertyOutcome& failed = result.properties[0];
  REQUIRE(failed.verdict.kind == VerdictKind::fail);
  const Story story = tell(scenario, result, failed);
  const Diagram diagram = place_diagram(*scenario.system, story, *failed.witness);
  std::vector<std::string> lanes;
  for (const Lane& lane : diagram.lanes) lanes.push_back(lane.name);
  CHECK(lanes == std::vector<std::string>{"shoppers", "order", "orders", "payment"});
  std::vector<std::uint32_t> numbers, causes;
  double y = 0;
  for (const DiagramNode& node : diagram.nodes) {
    if (node.number == 0) continue;
    numbers.push_back(node.number);
    if (node.cause) causes.push_back(node.number);
    CHECK(node.y > y);
    y = node.y;
  }
  CHECK(numbers == std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(causes == std::vector<std::uint32_t>{1, 2, 3, 5, 7, 8});  // not the first charge and its acknowledgement
  for (const DiagramEdge& edge : diagram.edges) CHECK(diagram.nodes[edge.from].y < diagram.nodes[edge.to].y);
}

TEST_CASE("html.the_same_result_gives_the_same_bytes_and_no_folder") {
  const Scenario scenario = load("store-payment-without-inbox-duplicate.json", LoadPurpose::check);
  const Result result = check(scenario);
  HtmlAside aside;
  aside.aside.seconds = 1;
  aside.command = "flowtank check " + scenario.file;
  const std::string page = html_report(scenario, result, aside);
  aside.aside.seconds = 2;
  CHECK(html_report(scenario, result, aside) == page);
  CHECK(page.find(FLOWTANK_SOURCE_DIR) == std::string::npos);
  CHECK(page.find("flowtank check store-payment-without-inbox-duplicate.json") != std::string::npos);
  CHECK(count(page, "<h1>") == 1);
  CHECK(count(page, "data-counterexample") == 1 + count(std::string(page_script()), "data-counterexample"));
}

TEST_CASE("html.a_run_is_charted_as_it_was_and_is_not_altered_by_that") {
  const Scenario scenario = load("store/1-naive.json", LoadPurpose::run);
  Diagnostics diagnostics;
  const auto result = run_scenario(scenario, shipped_brokers(), {}, diagnostics);
  REQUIRE(result);
  const auto series = series_of(scenario, shipped_brokers(), *result, std::nullopt);
  REQUIRE(series);
  CHECK(series->records <= result->traced->trace.size());
  CHECK(series->records > result->traced->trace.size() / 2);
  CHECK(series->requests == 19);  // of 20: one crashed on its way and was never handled to its end
  CHECK(series->not_reached.size() == result->not_reached.size());
  CHECK(series->spans.size() == 3);
  for (const SeriesLine& line : series->backlog) CHECK(line.values.back() == 0);
  Result other = *run_scenario(scenario, shipped_brokers(), {}, diagnostics);
  other.run.actions += 1;
  CHECK_FALSE(series_of(scenario, shipped_brokers(), other, std::nullopt));
}

TEST_CASE("html.a_long_list_of_failures_is_told_in_part_and_says_so") {
  const Scenario scenario = load("store/1-naive.json", LoadPurpose::check);
  Result result = check(scenario);
  Scenario many = scenario;
  const std::vector<PropertyOutcome> five = result.properties;
  for (int i = 0; i < 200; ++i) {
    PropertyOutcome again = five[static_cast<std::size_t>(i) % five.size()];
    again.verdict.property += " " + std::to_string(i);
    result.properties.push_back(again);
  }
  const std::string page = html_report(many, result, {});
  CHECK(page.size() < 5'000'000);
  CHECK(count(page, "class=\"counterexample\"") == 12);
  CHECK(page.find("More that fails") != std::string::npos);
}

}  // namespace
}  // namespace flowtank::reports
