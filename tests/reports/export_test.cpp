// SPDX-License-Identifier: Apache-2.0
// The parts of exports that a viewer never shows wrong enough: dates, ids, escapes, limits of annotations and summaries.
#include <catch2/catch.hpp>

#include <set>

#include <nlohmann/json.hpp>

#include "reports/ci/baseline.hpp"
#include "reports/ci/pipeline.hpp"
#include "reports/export/export.hpp"
#include "reports/xml_text.hpp"

namespace flowtank::reports {
namespace {

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::vector<Finding> many(std::size_t number, Severity level) {
  std::vector<Finding> findings(number);
  for (std::size_t i = 0; i < number; ++i) {
    findings[i].level = level;
    findings[i].rule = "FT-KEY-001";
    findings[i].message = "finding " + std::to_string(i);
    findings[i].place = {"a.json", {1, 1, 1}};
    findings[i].fingerprint = "0123456789abcdef0123456789abcdef";
  }
  return findings;
}

TEST_CASE("export.dates_are_those_of_the_calendar") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00.000000000Z");
  CHECK(rfc3339(default_epoch) == "2020-01-01T00:00:00.000000000Z");
  CHECK(rfc3339(951'782'400'000'000'001) == "2000-02-29T00:00:00.000000001Z");
  for (const char* text : {"1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2026-11-23T17:00:00Z", "2100-03-01T00:00:00Z", "2199-12-31T12:00:00Z"}) {
    const auto read = parse_epoch(text);
    REQUIRE(read);
    CHECK(rfc3339(*read) == std::string(text, 19) + ".000000000Z");
  }
  CHECK(parse_epoch("1577836800") == default_epoch);
  for (const char* bad : {"", "-1", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01 00:00:00Z", "99999999999", "x"}) CHECK_FALSE(parse_epoch(bad));
}

TEST_CASE("export.strings_stay_inside_json") {
  std::string out;
  append_json(out, "a\"b\\c\n\x01\x7f\xc3\xa4");
  CHECK(out == "a\\\"b\\\\c\\u000a\\u0001\\u007f\xc3\xa4");
  CHECK(nlohmann::json::parse(json_quoted("\r\n\t\"\\")) == "\r\n\t\"\\");
}

TEST_CASE("github.annotations_keep_to_ten_of_a_kind_and_say_the_rest") {
  CHECK(count(github_annotations(many(10, Severity::error)), "::error ") == 10);
  std::vector<Finding> findings = many(25, Severity::error);
  for (const Finding& finding : many(3, Severity::warning)) findings.push_back(finding);
  const std::string text = github_annotations(findings);
  CHECK(count(text, "::error ") == 10);
  CHECK(count(text, "::warning ") == 3);
  CHECK(text.find("::16 more of these") != std::string::npos);
  Finding worst = many(1, Severity::error)[0];
  worst.place.file = "a:b,c.json";
  worst.message = "50%\n::error::x";
  const std::string one = github_annotations({worst});
  CHECK(count(one, "\n") == 1);
  CHECK(one.find("file=a%3Ab%2Cc.json") != std::string::npos);
  CHECK(one.find("50%25%0A::error") != std::string::npos);
  worst.reason = "known";
  CHECK(github_annotations({worst}).empty());
}

TEST_CASE("github.a_summary_is_cut_at_a_line_below_its_limit") {
  CHECK(github_summary("# a\n") == "# a\n");
  std::string large = "# a\n";
  while (large.size() < 2'000'000) large += "- a line of a report that is far too long\n";
  const std::string cut = github_summary(large);
  CHECK(cut.size() < 901'000);
  CHECK(cut.find("left out") != std::string::npos);
}

TEST_CASE("sarif.keeps_five_thousand_results_and_says_so") {
  const auto log = nlohmann::json::parse(sarif_report(many(6'000, Severity::error), {"lint", "a b.json", "1.0.0", 2, {}}));
  CHECK(log["runs"][0]["results"].size() == 5'000);
  CHECK(log["runs"][0]["automationDetails"]["id"] == "flowtank/lint/a b.json/");  // a category: with no "/" the last part would be a run id
  CHECK(log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].get<std::string>().starts_with("1000 more"));
  std::set<std::string> prints;
  for (const auto& result : log["runs"][0]["results"]) prints.insert(result["partialFingerprints"]["primaryLocationLineHash"].get<std::string>());
  CHECK(prints.size() == 5'000);
}

TEST_CASE("sarif.columns_are_characters") {
  std::vector<Finding> findings = many(1, Severity::error);
  findings[0].place = {"a.json", {1, 5, 4}};
  const PipelineRun run{"lint", "a.json", "1.0.0", 2, [](const std::string&, std::uint32_t) { return std::optional<std::string>("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9fxy"); }};
  const auto region = nlohmann::json::parse(sarif_report(findings, run))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
  CHECK(region["startColumn"] == 3);
  CHECK(region["endColumn"] == 5);
}

TEST_CASE("findings.fingerprints_name_what_and_where_not_when") {
  Diagnostics diagnostics;
  Diagnostic d;
  d.code = "FT-KEY-001";
  d.file = "./here/shop.json";
  d.message = "unknown key \"x\"";
  d.range = {3, 1, 1};
  diagnostics.add(d);
  d.file = "here/../here/shop.json";
  d.range = {9, 4, 1};
  diagnostics.add(d);
  d.message = "unknown key \"y\"";
  diagnostics.add(d);
  d.file = "there/shop.json";  // another file: what is accepted of the one is not of the other
  diagnostics.add(d);
  for (const char* anywhere : {"/home/one/shop.json", "/home/two/shop.json"}) {
    d.file = anywhere;
    diagnostics.add(d);
  }
  const auto findings = findings_of("shop.json", diagnostics);
  REQUIRE(findings.size() == 6);
  CHECK(findings[0].fingerprint == findings[1].fingerprint);
  CHECK(findings[1].fingerprint != findings[2].fingerprint);
  CHECK(findings[2].fingerprint != findings[3].fingerprint);
  CHECK(findings[4].fingerprint == findings[5].fingerprint);
}

TEST_CASE("baseline.says_what_is_wrong_at_its_place") {
  const auto codes = [](const std::string& text) {
    Diagnostics diagnostics;
    parse_baseline(text, "b.json", false, diagnostics);
    std::string all;
    for (const Diagnostic& d : diagnostics.all()) all += d.code + " ";
    return all;
  };
  CHECK(codes("{").starts_with("FT-JSON"));
  CHECK(codes("[]") == "FT-BASELINE-001 ");
  CHECK(codes(R"({"flowtank_baseline":2,"accepted":[]})") == "FT-BASELINE-001 ");
  CHECK(codes(R"({"flowtank_baseline":1,"accepted":[]})").empty());
  CHECK(codes(R"({"flowtank_baseline":1,"accepted":[{"fingerprint":"a","reason":"  "}]})") == "FT-BASELINE-002 ");
  CHECK(codes(R"({"flowtank_baseline":1,"accepted":[{"reason":"r"}]})") == "FT-BASELINE-001 ");
  CHECK(codes(R"({"flowtank_baseline":1,"accepted":[{"fingerprint":"a","reason":"r","reson":"r"}]})") == "FT-BASELINE-003 ");
  CHECK(codes(R"({"flowtank_baseline":1,"accepted":[{"fingerprint":"a","reason":"r"},{"fingerprint":"a","reason":"r"}]})") == "FT-BASELINE-003 ");
}

TEST_CASE("markdown_text.makes_no_links_by_itself") {
  CHECK(markdown_text("www.x.y https://x a@b") == "www&#46;x.y https&#58;//x a&#64;b");
  CHECK(markdown_text("WWW.x ww.x") == "WWW&#46;x ww.x");
}

TEST_CASE("xml_text.holds_what_xml_forbids") {
  CHECK(xml_text("<a b=\"c\">&'\n") == "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#10;");
  CHECK(xml_text("\xef\xbf\xbe\xef\xbf\xbf") == "\\ufffe\\uffff");
  CHECK(junit_stem("dir.d/shop.v2.json") == "shop.v2");
}

}  // namespace
}  // namespace flowtank::reports
