// SPDX-License-Identifier: Apache-2.0
// Reports of a scenario that fails and of one that is proved: what must be in each, and that each stays within
// its format whatever the names are.
#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include <models/brokers/registry.hpp>
#include <reports/ci/baseline.hpp>
#include <reports/ci/pipeline.hpp>
#include <reports/files.hpp>
#include <sim/check/repairs.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank::reports {
namespace {

const std::string duplicate = FLOWTANK_SOURCE_DIR "/scenarios/store-payment-without-inbox-duplicate.json";
const std::string loss = FLOWTANK_SOURCE_DIR "/scenarios/store-broker-loses-one.json";

struct Told {
  Scenario scenario;
  Result result;
};

Told tell_of(const std::string& file, Driver driver, std::vector<std::string> overrides = {}) {
  Diagnostics diagnostics;
  LoadOptions options;
  options.purpose = driver == Driver::check ? LoadPurpose::check : LoadPurpose::run;
  options.overrides = std::move(overrides);
  auto scenario = load_scenario(file, options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  auto result = driver == Driver::check ? check_scenario(*scenario, shipped_brokers(), {}, diagnostics)
                                        : run_scenario(*scenario, shipped_brokers(), {}, diagnostics);
  REQUIRE(result);
  RepairOptions repairs;
  repairs.load = options;
  find_repairs(*scenario, shipped_brokers(), repairs, *result);
  return {std::move(*scenario), std::move(*result)};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("terminal.says_verdict_story_cause_and_what_to_try") {
  const Told told = tell_of(duplicate, Driver::check);
  const std::string text = terminal_text(told.scenario, told.result, {}, {});
  CHECK(lines_of(text)[0] == "A duplicate OrderPlaced charges the customer twice");
  CHECK(has(text, "✖ FAIL      charged at most once"));
  CHECK(has(text, "⧉ fault dup: the broker holds a second copy of OrderPlaced(o-1)"));
  CHECK(has(text, "services.payment.with.consume = \"naive\""));
  CHECK(has(text, "--set services.payment.with.consume=inbox"));
  CHECK(has(text, "4 of 4 expectations met (1 FAIL was demanded)."));
  CHECK_FALSE(has(text, "\x1b"));
  CHECK_FALSE(has(text, "exit 0"));
}

TEST_CASE("terminal.fits_in_100_columns_but_for_commands_and_places") {
  for (const Driver driver : {Driver::run, Driver::check}) {
    for (const std::string& file : {duplicate, loss}) {
      const Told told = tell_of(file, driver);
      for (const std::string& line : lines_of(terminal_text(told.scenario, told.result, {}, {}))) {
        if (has(line, "  Try  ") || has(line, "  Replay  ") || has(line, "  Shrunk  ") || has(line, "  As found  ") || has(line, "  Cause  ")) continue;
        INFO(line);
        CHECK(width_of(line) <= 100);
      }
    }
  }
}

TEST_CASE("terminal.ascii_is_ascii_and_colour_only_adds_colour") {
  const Told told = tell_of(duplicate, Driver::run);
  TerminalStyle style;
  style.ascii = true;
  for (const char c : terminal_text(told.scenario, told.result, {}, style)) REQUIRE(static_cast<unsigned char>(c) < 0x80);
  style = {};
  style.colour = true;
  std::string coloured = terminal_text(told.scenario, told.result, {}, style);
  for (std::size_t at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  CHECK(coloured == terminal_text(told.scenario, told.result, {}, {}));
}

TEST_CASE("terminal.what_never_happened_is_told_to_its_end") {
  for (const Driver driver : {Driver::run, Driver::check}) {
    const Told told = tell_of(loss, driver);
    const std::string text = terminal_text(told.scenario, told.result, {}, {});
    INFO(text);
    CHECK(has(text, "nothing more happens"));
    CHECK(has(text, "the broker loses OrderPlaced("));
  }
}

TEST_CASE("terminal.quiet_says_only_the_last_line_when_all_is_as_expected") {
  const Told told = tell_of(duplicate, Driver::run);
  TerminalStyle style;
  style.quiet = true;
  CHECK(lines_of(terminal_text(told.scenario, told.result, {}, style)).size() == 1);
}

TEST_CASE("story.numbers_its_steps_and_marks_the_violation") {
  const Told told = tell_of(duplicate, Driver::check);
  const Story story = tell(told.scenario, told.result, told.result.properties[0]);
  REQUIRE(story.steps.size() > 3);
  std::size_t violations = 0;
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    CHECK(story.steps[i].number == i + 1);
    violations += story.steps[i].mark == StoryMark::violation ? 1 : 0;
  }
  CHECK(violations == 1);
  REQUIRE(story.cause);
  CHECK(story.cause->better == "inbox");
}

TEST_CASE("story.says_what_changed_and_why") {
  const Told told = tell_of(duplicate, Driver::check);
  const Story story = tell(told.scenario, told.result, told.result.properties[0]);
  CHECK(story.headline == "payment.charges[o-1].times went from 1 to 2 (must be: c.times <= 1), because payment got OrderPlaced(o-1) a second time");
  REQUIRE(story.evidence.size() == 1);
  CHECK(story.evidence[0].before == "1");
  CHECK(story.evidence[0].after == "2");
}

TEST_CASE("story.of_a_timed_run_is_about_one_key_and_shows_the_fault") {
  const Told told = tell_of(FLOWTANK_SOURCE_DIR "/scenarios/eshop/d01-crash-before-publish.json", Driver::run);
  for (const PropertyOutcome& property : told.result.properties) {
    if (property.verdict.kind != VerdictKind::fail) continue;
    const Story story = tell(told.scenario, told.result, property);
    CHECK(story.steps.size() < 25);
    CHECK(std::any_of(story.steps.begin(), story.steps.end(), [](const StoryStep& s) { return s.mark == StoryMark::fault; }));
    CHECK(story.steps.back().mark == StoryMark::violation);
  }
}

TEST_CASE("story.blames_no_fault_that_came_after_the_violation") {
  // u-0 reads an old version long before the replica crashes.
  const Told told = tell_of(FLOWTANK_SOURCE_DIR "/scenarios/sessions/c7b-sticky-replica-switch.json", Driver::run);
  const PropertyOutcome& seen = told.result.properties.front();
  REQUIRE(seen.verdict.kind == VerdictKind::fail);
  const Story story = tell(told.scenario, told.result, seen);
  CHECK_FALSE(has(story.headline, "because"));
  CHECK(story.faults.empty());
  REQUIRE_FALSE(story.steps.empty());
  CHECK(story.steps.back().mark == StoryMark::violation);
}

TEST_CASE("story.a_crash_names_its_window") {
  const Told told = tell_of(FLOWTANK_SOURCE_DIR "/scenarios/store-order-without-outbox-crash.json", Driver::check);
  for (const PropertyOutcome& property : told.result.properties) {
    if (property.verdict.kind != VerdictKind::fail) continue;
    CHECK(tell(told.scenario, told.result, property).window == "between commit and publish");
  }
}

TEST_CASE("json_report.has_everything_a_program_needs") {
  const Told told = tell_of(duplicate, Driver::check);
  const auto report = nlohmann::json::parse(json_report(told.scenario, told.result, {}));
  CHECK(report["flowtank_report"] == 1);
  CHECK(report["driver"] == "check");
  CHECK(report["exit"] == 0);
  CHECK(report["properties"][0]["verdict"] == "FAIL");
  CHECK(report["properties"][0]["expected"]["met"] == true);
  CHECK(report["properties"][0]["story"]["steps"].size() > 3);
  CHECK(report["check"]["states"].get<std::uint64_t>() == told.result.counts.states);
  CHECK(report["faults"][0]["took_effect"] == true);
}

TEST_CASE("reports.a_proof_says_what_its_brokers_leave_out") {
  const Told told = tell_of(FLOWTANK_SOURCE_DIR "/scenarios/incidents/d15-ack-timeout-control.json", Driver::check);
  std::string text = terminal_text(told.scenario, told.result, {}, {});
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(std::unique(text.begin(), text.end(), [](char one, char next) { return one == ' ' && next == ' '; }), text.end());
  CHECK(has(text, "rabbitmq: a time to live passes only"));
  const auto report = nlohmann::json::parse(json_report(told.scenario, told.result, {}));
  CHECK(has(report["check"]["unexplored"][0].get<std::string>(), "rabbitmq: "));
  // Nothing is proved here, so nothing is assumed for it.
  const Told failing = tell_of(FLOWTANK_SOURCE_DIR "/scenarios/incidents/d15-ack-timeout.json", Driver::check);
  CHECK_FALSE(has(terminal_text(failing.scenario, failing.result, {}, {}), "rabbitmq: a"));
  CHECK_FALSE(nlohmann::json::parse(json_report(failing.scenario, failing.result, {}))["check"].contains("unexplored"));
  // The ideal broker leaves nothing out.
  CHECK(tell_of(duplicate, Driver::check).result.unexplored.empty());
}

TEST_CASE("trace_lines.every_line_is_an_object_with_names") {
  const Told told = tell_of(duplicate, Driver::run);
  REQUIRE(told.result.traced);
  const auto lines = lines_of(trace_lines(told.scenario, *told.result.traced));
  REQUIRE(lines.size() == told.result.traced->trace.size() + 1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto line = nlohmann::json::parse(lines[i]);
    REQUIRE(line["id"] == i - 1);
    REQUIRE_FALSE(line["says"].get<std::string>().empty());
    if (line.contains("parent")) REQUIRE(line["parent"].get<std::size_t>() < i - 1);
  }
}

TEST_CASE("reports.hostile_names_stay_text") {
  Told told = tell_of(duplicate, Driver::run);
  const std::string hostile = "]]><x a=\"1\"> & `|` \x1b[2J\n# h";
  told.scenario.title = hostile;
  for (std::size_t i = 0; i < told.result.properties.size(); ++i) {
    told.result.properties[i].verdict.property = hostile;
    told.result.expectations[i].met = false;
    told.result.expectations[i].why = hostile;
  }
  const std::string junit = junit_report(told.scenario, told.result, {});
  CHECK_FALSE(has(junit, "<x"));
  CHECK_FALSE(has(junit, "\x1b"));
  CHECK(has(junit, "tests=\"4\" failures=\"4\" errors=\"0\""));
  CHECK_FALSE(has(markdown_report(told.scenario, told.result, {}), "\n# h"));
  CHECK_FALSE(has(terminal_text(told.scenario, told.result, {}, {}), "\x1b"));
  CHECK(nlohmann::json::accept(json_report(told.scenario, told.result, {})));
}

TEST_CASE("baseline.names_that_print_alike_are_two_properties") {
  Told told = tell_of(duplicate, Driver::check, {"services.payment.with.consume=inbox"});
  REQUIRE(told.result.properties.size() >= 2);
  const std::string names[] = {"a\nb", "a\\nb"};
  for (std::size_t i = 0; i < told.result.properties.size(); ++i) {
    told.result.expectations[i].met = i > 1;
    if (i > 1) continue;
    told.result.properties[i].verdict.property = told.result.expectations[i].property = names[i];
    told.result.properties[i].verdict.kind = VerdictKind::vacuous;
  }
  const auto findings = findings_of(told.scenario, told.result, {});
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].subject == findings[1].subject);
  CHECK(findings[0].fingerprint != findings[1].fingerprint);
  BaselineEntry first;
  first.fingerprint = findings[0].fingerprint;
  first.reason = "known";
  Aside aside;
  Diagnostics diagnostics;
  told.result.exit = ExitCode::not_met;
  accept_findings({first}, "b.json", told.scenario, told.result, aside, diagnostics);
  CHECK(told.result.expectations[0].met);
  CHECK_FALSE(told.result.expectations[1].met);
  CHECK(told.result.exit == ExitCode::not_met);
  CHECK(has(tap_report(told.scenario, told.result, aside), "not ok 2 - a\\\\nb (VACUOUS"));
  const std::string junit = junit_report(told.scenario, told.result, aside);
  CHECK(has(junit, "failures=\"1\""));
  CHECK(has(junit, "skipped=\"1\""));
}

TEST_CASE("baseline.that_accepts_nothing_leaves_the_exit_code") {
  Told told = tell_of(duplicate, Driver::check);
  told.result.expectations[0].met = false;
  for (const ExitCode exit : {ExitCode::inconclusive, ExitCode::not_met, ExitCode::ok}) {
    told.result.exit = exit;
    Aside aside;
    Diagnostics diagnostics;
    accept_findings({}, "b.json", told.scenario, told.result, aside, diagnostics);
    CHECK(told.result.exit == exit);
  }
}

}  // namespace
}  // namespace flowtank::reports
