// SPDX-License-Identifier: Apache-2.0
// What pipelines meet: reports of every kind also when nothing was run, standard output as a target, comparisons and baselines
// with their exit codes, exports of every format, and targets that cannot be written: the old file stays as it was.
#include <catch2/catch.hpp>

#include <string>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

const std::string models = " --models '" FLOWTANK_SOURCE_DIR "/models/services' ";

// The scenario of a payment without inbox, which demands no FAIL, so that one is a finding.
std::string failing(const Folder& here) {
  std::string text = content(scenarios + "store-payment-without-inbox-crash.json");
  const std::size_t begin = text.find("\"expect\"");
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find("\"run\": {", begin);
  text.erase(begin, end - begin);
  put(here / "shop.json", text);
  return "shop.json" + models;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void nothing_is_left_half(const Folder& here) {
  for (const auto& entry : fs::directory_iterator(here.path())) CHECK_FALSE(has(entry.path().string(), ".part-"));
}

TEST_CASE("pipeline.a_report_on_standard_output_stands_there_alone") {
  const Folder here;
  const Ran ran = flowtank(here, "check " + failing(here) + "--no-save --report github=-");
  CHECK(ran.exit == 1);
  CHECK(ran.out.starts_with("::error file=shop.json,line="));
  CHECK(count(ran.out, "\n") == 1);
  CHECK(has(ran.err, "1 of 4 expectations not met"));
  CHECK(flowtank(here, "check shop.json --report tap=- --report json=-").exit == 2);
  CHECK(flowtank(here, "idempotency shop.json --report json=-").exit == 2);
}

TEST_CASE("pipeline.wrong_input_comes_out_in_every_format") {
  const Folder here;
  put(here / "bad.json", "{ \"flowtank\": 1, \"title\": \"x\", \"servises\": {} }");
  const Ran ran = flowtank(here, "check bad.json --report json=r.json --report junit=r.xml --report sarif=r.sarif --report tap=r.tap --report md=r.md --report github=-");
  CHECK(ran.exit == 2);
  CHECK(has(content(here / "r.json"), "\"exit\": 2"));
  CHECK(has(content(here / "r.json"), "FT-KEY-001"));
  CHECK(has(content(here / "r.xml"), "errors=\"2\""));
  CHECK(has(content(here / "r.sarif"), "\"executionSuccessful\": false"));
  CHECK(has(content(here / "r.tap"), "Bail out!"));
  CHECK(has(content(here / "r.md"), "nothing was run"));
  CHECK(has(ran.out, "::error file=bad.json,line=1"));
}

TEST_CASE("pipeline.a_baseline_accepts_with_a_reason_and_says_what_is_found_no_more") {
  const Folder here;
  const std::string shop = failing(here);
  CHECK(flowtank(here, "check " + shop + "--no-save --write-baseline accepted.json").exit == 1);
  const Ran empty = flowtank(here, "check " + shop + "--no-save --baseline accepted.json");
  CHECK(empty.exit == 2);
  CHECK(has(empty.err, "nobody says why \"charged at most once\" is accepted [FT-BASELINE-002]"));
  std::string text = content(here / "accepted.json");
  const std::size_t at = text.find("\"reason\": \"\"");
  REQUIRE(at != std::string::npos);
  text.replace(at, 12, "\"reason\": \"ticket 12\"");
  put(here / "accepted.json", text);
  const Ran accepted = flowtank(here, "check " + shop + "--no-save --baseline accepted.json --report json=a.json --report junit=a.xml");
  CHECK(accepted.exit == 0);
  CHECK(has(accepted.err, "accepted: charged at most once: ticket 12"));
  CHECK(has(content(here / "a.json"), "\"accepted\": \"ticket 12\""));
  CHECK(has(content(here / "a.xml"), "<skipped message=\"accepted: ticket 12\"/>"));
  // Written again, the reason stays.
  CHECK(flowtank(here, "check " + shop + "--no-save --write-baseline accepted.json").exit == 1);
  CHECK(content(here / "accepted.json") == text);
  const Ran gone = flowtank(here, "check " + shop + "--no-save --set services.payment.with.consume=inbox --baseline accepted.json");
  CHECK(gone.exit == 0);
  CHECK(has(gone.err, "is accepted but is not found any more [FT-BASELINE-004]"));
  // Of another driver, and of what stayed undecided, nothing is said.
  CHECK_FALSE(has(flowtank(here, "run " + shop + "--no-save --no-shrink --baseline accepted.json").err, "FT-BASELINE-004"));
  CHECK_FALSE(has(flowtank(here, "check " + shop + "--no-save --states 30 --baseline accepted.json").err, "FT-BASELINE-004"));
  put(here / "list.json", "[]");
  CHECK(flowtank(here, "check " + shop + "--baseline list.json").exit == 2);
  CHECK(flowtank(here, "check " + shop + "--baseline nowhere.json").exit == 2);
}

TEST_CASE("pipeline.diff_has_an_exit_code_for_gates") {
  const Folder here;
  const std::string shop = failing(here);
  CHECK(flowtank(here, "check " + shop + "--no-save --report json=a.json").exit == 1);
  CHECK(flowtank(here, "check " + shop + "--no-save --report json=b.json").exit == 1);
  CHECK(flowtank(here, "check " + shop + "--no-save --set services.payment.with.consume=inbox --report json=c.json").exit == 0);
  CHECK(flowtank(here, "diff a.json b.json").exit == 0);  // wall time is no difference
  const Ran verdicts = flowtank(here, "diff a.json c.json --verdicts");
  CHECK(verdicts.exit == 1);
  CHECK(has(verdicts.out, "charged at most once: verdict"));
  CHECK(has(verdicts.out, "FAIL -> PASS"));
  CHECK(flowtank(here, "run " + shop + "--no-save --no-shrink --seed 1 --trace 1.ftrace").exit == 1);
  CHECK(flowtank(here, "run " + shop + "--no-save --no-shrink --seed 2 --trace 2.ftrace").exit <= 1);
  const Ran runs = flowtank(here, "diff 1.ftrace 2.ftrace");
  CHECK(runs.exit == 1);
  CHECK(has(runs.out, "the first record that differs is #"));
  CHECK(flowtank(here, "diff 1.ftrace 1.ftrace").exit == 0);
  CHECK(flowtank(here, "diff 1.ftrace a.json").exit == 2);
  CHECK(flowtank(here, "diff a.json nowhere.json").exit == 2);
  CHECK(flowtank(here, "diff a.json").exit == 2);
  CHECK(flowtank(here, "check " + shop + "--no-save --strategy random --runs 200 --campaign 1.campaign").exit == 1);
  CHECK(flowtank(here, "check " + shop + "--no-save --strategy random --runs 200 --seed 7 --campaign 2.campaign").exit == 1);
  CHECK(flowtank(here, "diff 1.campaign 1.campaign" + models).exit == 0);
  CHECK(flowtank(here, "diff 1.campaign 2.campaign" + models).exit == 1);
}

TEST_CASE("pipeline.exports_are_the_same_bytes_each_time_and_take_what_was_recorded") {
  const Folder here;
  CHECK(flowtank(here, "run '" + scenarios + "store-all-patterns.json' --no-save --trace t.ftrace").exit == 0);
  for (const char* format : {"otlp", "zipkin", "jaeger", "perfetto", "cloudevents", "cloudevents-batch", "mermaid", "plantuml", "csv"}) {
    const Ran once = flowtank(here, std::string("export t.ftrace --format ") + format);
    CHECK(once.exit == 0);
    CHECK(once.out.size() > 1000);
    CHECK(flowtank(here, std::string("export t.ftrace -o again --format ") + format).exit == 0);
    CHECK(content(here / "again") == once.out);
  }
  // The scenario is run as it was recorded; one trace is a part of all.
  CHECK(flowtank(here, "export '" + scenarios + "store-all-patterns.json' --format csv").out == flowtank(here, "export t.ftrace --format csv").out);
  const std::string one = flowtank(here, "export t.ftrace --format csv --only o-7").out;
  CHECK(has(one, "o-7"));
  CHECK_FALSE(has(one, "o-8"));
  CHECK(has(flowtank(here, "export t.ftrace --format cloudevents --epoch 2026-11-23T17:00:00Z").out, "\"time\":\"2026-11-23T17:00:00.1"));
  CHECK(has(flowtank(here, "export t.ftrace --format mermaid --limit 3").out, "more lines are left out"));
  CHECK(flowtank(here, "export t.ftrace --format xml").exit == 2);
  CHECK(flowtank(here, "export t.ftrace --epoch yesterday").exit == 2);
  CHECK(flowtank(here, "export t.ftrace --only nobody").exit == 2);
  CHECK(flowtank(here, "export nowhere.ftrace").exit == 2);
  CHECK(flowtank(here, "run '" + scenarios + "store-all-patterns.json' --no-save --trace o.ftrace --trace-level outcome").exit == 0);
  const Ran level = flowtank(here, "export o.ftrace");
  CHECK(level.exit == 2);
  CHECK(has(level.err, "FT-EXPORT-001"));
}

TEST_CASE("pipeline.a_damaged_trace_leaves_the_old_export") {
  const Folder here;
  CHECK(flowtank(here, "run '" + scenarios + "store-all-patterns.json' --no-save --trace t.ftrace").exit == 0);
  std::string bytes = content(here / "t.ftrace");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  put(here / "t.ftrace", bytes);
  put(here / "out.csv", "old");
  CHECK(flowtank(here, "export t.ftrace --format csv -o out.csv").exit == 2);
  CHECK(content(here / "out.csv") == "old");
  nothing_is_left_half(here);
}

TEST_CASE("pipeline.targets_that_cannot_be_written_are_said_and_keep_what_they_held") {
  const Folder here;
  CHECK(flowtank(here, "run '" + scenarios + "store-all-patterns.json' --no-save --trace t.ftrace").exit == 0);
  fs::create_directory(here / "folder");
  // A disk that is full after a few kilobytes.
  const std::string full = "trap '' XFSZ && ulimit -f 8 && ";
  put(here / "page", "old");
  const Ran exported = flowtank(here, "export t.ftrace --format jaeger -o page", full);
  CHECK(exported.exit == 2);
  CHECK(has(exported.err, "cannot write page: File too large"));
  CHECK(content(here / "page") == "old");
  const std::string check = "check '" + scenarios + "store-payment-without-inbox-crash.json' --no-save --quiet --report ";
  for (const char* kind : {"json", "sarif"}) {
    const Ran ran = flowtank(here, check + kind + "=page", full);
    CHECK(ran.exit == (std::string_view(kind) == "json" ? 2 : 0));  // nothing is found here, so the one is small
    if (ran.exit == 2) CHECK(content(here / "page") == "old");
    put(here / "page", "old");
  }
  const std::pair<std::string, std::string> targets[] = {{"/dev/full", "No space left on device"}, {"gone/page", "No such file or directory"}, {"folder", "Is a directory"}};
  for (const auto& [target, why] : targets) {
    const Ran ran = flowtank(here, "export t.ftrace --format otlp -o " + target);
    CHECK(ran.exit == 2);
    CHECK(has(ran.err, "cannot write " + target + ": " + why));
    const Ran report = flowtank(here, check + "tap=" + target);
    CHECK(report.exit == 2);
    CHECK(has(report.err, "cannot write " + target + ": " + why));
  }
  nothing_is_left_half(here);
}

}  // namespace
}  // namespace flowtank
