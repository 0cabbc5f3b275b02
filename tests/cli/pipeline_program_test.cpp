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

TEST_CASE("pipeline.a_full_disk_is_said_in_every_format_and_keeps_what_was_there") {
  const Folder here;
  const std::string shop = failing(here);
  CHECK(flowtank(here, "run " + shop + "--no-save --no-shrink --trace t.ftrace").exit == 1);
  const std::string full = "trap '' XFSZ && ulimit -f 0 && ";  // not a byte
  const auto stays = [&](const std::string& arguments) {
    INFO(arguments);
    const Ran said = flowtank(here, arguments + "/dev/full");
    CHECK(said.exit == 2);
    CHECK(has(said.err, "cannot write /dev/full: No space left on device"));
    put(here / "page", "old");
    CHECK(flowtank(here, arguments + "page", full).exit != 0);
    CHECK(content(here / "page") == "old");
    const Ran gone = flowtank(here, arguments + "gone/page");
    CHECK(gone.exit == 2);
    CHECK(has(gone.err, "cannot write gone/page: No such file or directory"));
  };
  for (const char* kind : {"html", "json", "junit", "md", "sarif", "github", "github-summary", "tap"}) stays("check " + shop + "--no-save --quiet --report " + kind + "=");
  for (const char* kind : {"html", "json", "junit", "md", "sarif", "github", "github-summary", "tap"}) {
    stays("check " + shop + "--no-save --quiet --brokers ideal --report " + kind + "=");
    stays("check " + shop + "--no-save --quiet --sweep services.payment.with.consume=naive --report " + kind + "=");
  }
  for (const char* kind : {"html", "json"}) {
    stays("idempotency " + shop + "--local --no-save --report " + kind + "=");
    stays("commute " + shop + "--local --no-save --report " + kind + "=");
  }
  for (const char* format : {"otlp", "zipkin", "jaeger", "perfetto", "cloudevents", "cloudevents-batch", "mermaid", "plantuml", "csv"}) {
    stays(std::string("export t.ftrace --format ") + format + " -o ");
  }
  stays("check " + shop + "--no-save --quiet --write-baseline ");
  stays("run " + shop + "--no-save --no-shrink --quiet --trace ");
  nothing_is_left_half(here);
}

TEST_CASE("pipeline.diff_says_which_file_it_cannot_take_and_lists_long_ways_in_part") {
  const Folder here;
  const std::string shop = failing(here);
  CHECK(flowtank(here, "check " + shop + "--no-save --quiet --report json=a.json --report html=a.html").exit == 1);
  CHECK(flowtank(here, "check " + shop + "--no-save --quiet --set services.payment.with.publish=outbox --set services.payment.with.consume=inbox --report json=b.json").exit == 0);
  const Ran missing = flowtank(here, "diff a.json missing.json");
  CHECK(missing.exit == 2);
  CHECK(has(missing.err, "missing.json"));
  CHECK(has(missing.err, "FT-FILE-001"));
  CHECK_FALSE(has(missing.err, "is a run"));
  const Ran page = flowtank(here, "diff a.html a.json");
  CHECK(page.exit == 2);
  CHECK(has(page.err, "a.html is no trace, counterexample, scenario, JSON report or campaign file"));
  const Ran changed = flowtank(here, "diff a.json b.json");
  CHECK(changed.exit == 1);
  CHECK(has(changed.out, "FAIL -> PASS"));
  CHECK(has(changed.out, "actions.1: action"));
  CHECK(changed.out.find("actions.1: ") < changed.out.find("actions.2: "));
  CHECK_FALSE(has(changed.out, "actions.4: "));
  CHECK(has(changed.out, " more of them"));
  // A run that is made for the comparison goes by the name that the user gave.
  CHECK(flowtank(here, "check " + shop + "--quiet").exit == 1);
  CHECK(flowtank(here, "run " + shop + "--no-save --no-shrink --quiet --trace t.ftrace").exit == 1);
  const Ran runs = flowtank(here, "diff shop.check.counterexample t.ftrace");
  CHECK(runs.exit == 1);
  CHECK_FALSE(has(runs.out, "flowtank-run-"));
}

TEST_CASE("pipeline.an_export_names_the_product_that_a_broker_models") {
  const Folder here;
  const std::pair<const char*, const char*> products[] = {{"kafka/java-poll-loop.json", "kafka"}, {"rabbitmq/no-ack-crash.json", "rabbitmq"}, {"redis_streams/crash-with-claim.json", "redis"},
                                                          {"nats_jetstream/ack-wait-too-short.json", "nats"}, {"store-all-patterns.json", "flowtank"}};
  const auto has_system = [](const std::string& text, const std::string& name) { return has(text, "{\"key\":\"messaging.system\",\"value\":{\"stringValue\":\"" + name + "\"}}"); };
  for (const auto& [scenario, system] : products) {
    const Ran ran = flowtank(here, "export '" + scenarios + scenario + "' --format otlp");
    INFO(scenario << ran.err);
    CHECK(ran.exit == 0);
    CHECK(has_system(ran.out, system));
    CHECK(has_system(ran.out, "flowtank") == (std::string_view(system) == "flowtank"));
  }
  // A topic of the one product, a queue of the other.
  const Ran amazon = flowtank(here, "export '" + scenarios + "sns_sqs/crash-inbox.json' --format otlp");
  CHECK(has_system(amazon.out, "aws.sns"));
  CHECK(has_system(amazon.out, "aws_sqs"));
  CHECK(has(flowtank(here, "export '" + scenarios + "kafka/java-poll-loop.json' --format zipkin").out, "\"messaging.system\":\"kafka\""));
}

// A report or a trace, altered: what stands at the first place after `from` is put before.
std::string with(std::string text, std::string_view from, std::string_view what, std::string_view before) {
  std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  at = text.find(what, at);
  REQUIRE(at != std::string::npos);
  return text.insert(at + what.size(), before);
}

TEST_CASE("pipeline.diff_passes_no_gate_on_a_trace_that_it_cannot_read_to_its_end") {
  const Folder here;
  const std::string shop = failing(here);
  CHECK(flowtank(here, "run " + shop + "--no-save --no-shrink --trace bad.ftrace").exit == 1);
  CHECK(flowtank(here, "run " + shop + "--no-save --set services.payment.with.consume=inbox --trace good.ftrace").exit == 0);
  put(here / "cut.ftrace", content(here / "bad.ftrace").substr(0, 10'000));
  CHECK(flowtank(here, "diff good.ftrace bad.ftrace --verdicts").exit == 1);
  const Ran cut = flowtank(here, "diff good.ftrace cut.ftrace --verdicts");
  CHECK(cut.exit == 2);
  CHECK(has(cut.out, "not all of both can be read"));
  CHECK(flowtank(here, "diff bad.ftrace cut.ftrace --verdicts").exit == 2);
  CHECK(flowtank(here, "diff good.ftrace good.ftrace --verdicts").exit == 0);
  const Ran same = flowtank(here, "diff cut.ftrace cut.ftrace");
  CHECK(same.exit == 2);
  CHECK(has(same.out, "alike as far as both can be read"));
  CHECK(has(flowtank(here, "diff cut.ftrace cut.ftrace --json").out, "\"same\": false"));
}

TEST_CASE("pipeline.diff_sees_another_way_to_the_same_verdict") {
  const Folder here;
  const std::string shop = failing(here);
  CHECK(flowtank(here, "check " + shop + "--no-save --report json=a.json").exit == 1);
  const std::string report = content(here / "a.json");
  put(here / "step.json", with(report, "\"steps\"", "\"says\": \"", "another "));
  put(here / "evidence.json", with(report, "\"evidence\"", "\"says\": \"", "another "));
  put(here / "action.json", with(report, "\"actions\"", "\"action\": \"", "another "));
  put(here / "try.json", with(report, "\"story\"", "\"try\": \"", "another "));
  for (const char* other : {"step.json", "evidence.json", "action.json", "try.json"}) CHECK(flowtank(here, std::string("diff a.json ") + other).exit == 1);
  // Tools that sort keys put the one that says what it is far behind the begin.
  std::string sorted = report;
  sorted.insert(1, "\"a\": \"" + std::string(300, 'x') + "\",");
  put(here / "sorted.json", sorted);
  const Ran ran = flowtank(here, "diff a.json sorted.json");
  CHECK(ran.exit == 1);
  CHECK(has(ran.out, "0 verdicts, 1 other value"));
}

TEST_CASE("pipeline.diff_tells_vacuous_from_pass_where_it_runs_them") {
  const Folder here;
  const std::string vacuous = content(FLOWTANK_SOURCE_DIR "/tests/reports/browser/scenarios/never-struck.json");
  put(here / "vacuous.json", vacuous);
  std::string struck = vacuous;
  struck.replace(struck.find("999"), 3, "1");
  put(here / "struck.json", struck);
  const Ran ran = flowtank(here, "diff vacuous.json struck.json --verdicts" + models);
  CHECK(ran.exit == 1);
  CHECK(has(ran.out, "charged at most once: verdict"));
  CHECK(has(ran.out, "VACUOUS -> PASS"));
}

// A baseline of everything that fails in a scenario, each with a reason.
void accept_all(const Folder& here, const std::string& arguments, const std::string& file) {
  CHECK(flowtank(here, arguments + " --no-save --write-baseline " + file).exit == 1);
  std::string text = content(here / file);
  for (std::size_t at = text.find("\"reason\": \"\""); at != std::string::npos; at = text.find("\"reason\": \"\"")) text.insert(at + 11, "ticket 12");
  put(here / file, text);
}

TEST_CASE("pipeline.a_sample_that_saw_nothing_does_not_end_what_is_accepted") {
  const Folder here;
  const std::string shop = failing(here);
  accept_all(here, "check " + shop, "accepted.json");
  const std::string accepted = content(here / "accepted.json");
  for (const char* how : {"--strategy random --runs 20", "--strategy lineage", "--states 30"}) {
    const std::string asked = "check " + shop + "--no-save --set services.payment.with.consume=inbox " + how;
    CHECK_FALSE(has(flowtank(here, asked + " --baseline accepted.json").err, "FT-BASELINE-004"));
    flowtank(here, asked + " --write-baseline accepted.json");
    CHECK(has(content(here / "accepted.json"), "ticket 12"));
    put(here / "accepted.json", accepted);
  }
  CHECK(has(flowtank(here, "check " + shop + "--no-save --set services.payment.with.consume=inbox --baseline accepted.json").err, "FT-BASELINE-004"));
}

TEST_CASE("pipeline.a_baseline_accepts_nothing_of_another_scenario") {
  const Folder here;
  const std::string shop = failing(here);
  for (const char* folder : {"x", "y"}) {
    fs::create_directory(here / folder);
    fs::copy_file(here / "shop.json", here / (std::string(folder) + "/s.json"));
  }
  accept_all(here, "check x/s.json" + models, "accepted.json");
  CHECK(flowtank(here, "check x/s.json --no-save --baseline accepted.json" + models).exit == 0);
  CHECK(flowtank(here, "check ./x/../x/s.json --no-save --baseline accepted.json" + models).exit == 0);
  CHECK(flowtank(here, "check y/s.json --no-save --baseline accepted.json" + models).exit == 1);
}

TEST_CASE("pipeline.what_is_accepted_is_said_wherever_a_verdict_is") {
  const Folder here;
  const std::string shop = failing(here);
  accept_all(here, "check " + shop, "accepted.json");
  const Ran ran = flowtank(here, "check " + shop + "--no-save --baseline accepted.json --report md=a.md --report github-summary=a.summary --report html=a.html");
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "3 of 4 expectations met, 1 accepted."));
  for (const char* file : {"a.md", "a.summary", "a.html"}) {
    CHECK(has(content(here / file), "accepted: ticket 12"));
    CHECK(has(content(here / file), "3 of 4 expectations met, 1 accepted."));
  }
}

TEST_CASE("pipeline.the_command_that_shows_it_again_has_its_options") {
  const Folder here;
  const std::string shop = failing(here);
  const std::string repaired = "--set services.payment.with.publish=outbox";
  const std::pair<std::string, std::string> cases[] = {
      {"check " + shop + repaired, "flowtank check shop.json " + repaired + "\""},
      {"check " + shop + "--states 60 --depth 9", "flowtank check shop.json --states 60 --depth 9\""},
      {"check " + shop + "--strategy pct --runs 300 --seed 7 --bug-depth 2 --depth 99", "flowtank check shop.json --strategy pct --runs 300 --bug-depth 2 --seed 7 --depth 99\""},
      {"run " + shop + "--no-shrink --seed 1 --horizon 2s", "flowtank run shop.json --seed 1 --horizon 2000000000ns\""}};
  for (const auto& [asked, again] : cases) CHECK(has(flowtank(here, asked + " --no-save --report tap=-").out, "again: \"" + again));
  // Merged shards are the campaign that was not cut.
  for (const char* shard : {"0", "1"}) flowtank(here, "check " + shop + "--no-save --strategy random --runs 400 --seed 5 --shard " + shard + "/2 --campaign " + shard + ".campaign");
  CHECK(has(flowtank(here, "merge 0.campaign 1.campaign --no-save --report tap=-" + models).out, "again: \"flowtank check shop.json --strategy random --runs 400 --seed 5"));
}

TEST_CASE("pipeline.options_that_would_do_nothing_are_refused") {
  const Folder here;
  const std::string shop = failing(here);
  put(here / "accepted.json", "{\"flowtank_baseline\":1,\"accepted\":[]}");
  const std::pair<std::string, std::string> cases[] = {
      {"check " + shop + "--brokers all --baseline accepted.json", "takes no baseline"},
      {"check " + shop + "--brokers all --write-baseline new.json", "takes no baseline"},
      {"run " + shop + "--brokers all --trace t.ftrace", "writes no trace"},
      {"run " + shop + "--brokers all --verify-determinism", "takes no --verify-determinism"},
      {"idempotency " + shop + "--report json=-", "goes to a file"},
      {"check " + shop + "--sweep run.seed=1,2 --verify-determinism", "takes no --verify-determinism"},
      {"run " + shop + "--verify-determinism --report json=r.json", "takes no --report"},
      {"run " + shop + "--verify-determinism --baseline accepted.json", "takes no --baseline"},
      {"export " + shop + "--format csv --limit 3", "no meaning for csv"},
      {"check " + shop + "--write-baseline -", "goes to a file"},
      {"run " + shop + "--trace -", "goes to a file"}};
  for (const auto& [asked, why] : cases) {
    const Ran ran = flowtank(here, asked);
    CHECK(ran.exit == 2);
    CHECK(has(ran.err, why));
    CHECK(ran.out.empty());
  }
  CHECK_FALSE(fs::exists(here / "-"));
}

TEST_CASE("pipeline.a_warning_of_lint_fails_a_case_only_where_it_fails_the_step") {
  const Folder here;
  const std::string shop = failing(here);
  const std::string reports = "--report junit=l.xml --report tap=l.tap";
  CHECK(flowtank(here, "lint " + shop + reports).exit == 0);
  CHECK(has(content(here / "l.xml"), " failures=\"0\" "));
  CHECK(has(content(here / "l.xml"), "FT-LINT-"));
  CHECK_FALSE(has(content(here / "l.tap"), "not ok"));
  CHECK(flowtank(here, "lint " + shop + reports + " --strict").exit == 1);
  CHECK_FALSE(has(content(here / "l.xml"), " failures=\"0\" "));
  CHECK(has(content(here / "l.tap"), "not ok"));
}

TEST_CASE("pipeline.markdown_says_how_much_was_looked_at") {
  const Folder here;
  const std::string shop = failing(here);
  flowtank(here, "check " + shop + "--strategy lineage --save . --report md=l.md");
  CHECK(has(content(here / "l.md"), "- Tried: "));
  CHECK_FALSE(has(content(here / "l.md"), "0 states"));
  flowtank(here, "replay shop.check.counterexample --report md=r.md --report junit=r.xml" + models);
  CHECK(has(content(here / "r.md"), "- Replayed: one recorded path"));
  CHECK(has(content(here / "r.xml"), "replayed_actions"));
  flowtank(here, "check " + shop + "--brokers ideal --report md=b.md");
  CHECK(content(here / "b.md").starts_with("# Check of shop.json with each broker"));
  CHECK(has(content(here / "b.md"), "PASS proved"));
}

}  // namespace
}  // namespace flowtank
