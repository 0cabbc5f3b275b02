// SPDX-License-Identifier: Apache-2.0
// The executable from outside: what it prints where, which code it gives, and that bad input is answered.
#include <catch2/catch.hpp>

#include <cstdio>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

TEST_CASE("program.help_and_version_go_to_stdout") {
  const Folder here;
  for (const char* arguments : {"", "--help", "help", "run --help", "check -h", "replay --help", "lint --help", "graph --help", "eval --help", "--version"}) {
    const Ran ran = flowtank(here, arguments);
    CHECK(ran.exit == 0);
    CHECK(has(ran.out, "lowtank"));
    CHECK(ran.err.empty());
  }
}

TEST_CASE("program.mistakes_are_answered_with_what_was_meant") {
  const Folder here;
  const std::pair<const char*, const char*> cases[] = {
      {"rnu x.json", "\"run\""},
      {"shop.json", "flowtank run shop.json"},
      {"run x.json --sede 3", "\"--seed\""},
      {"--versoin", "\"--version\""},
      {"run", "needs a scenario file"},
      {"run a.json b.json", "one file"},
      {"run x.json --seed -1", "whole number"},
      {"run x.json --seed 99999999999999999999", "whole number"},
      {"run x.json --seed", "--seed"},
      {"run x.json --horizon soon", "30s"},
      {"check x.json --memory lots", "512MB"},
      {"check x.json --states 0", "from 1"},
      {"run x.json --report xml=a", "json, junit, md"},
      {"run x.json --report json", "json=FILE"},
      {"lint x.json --report html=a", "json=FILE"},
      {"graph x.json --format svg", "dot, mermaid, json"},
      {"graph x.json --level handler", "\"handlers\""},
      {"eval", "needs an expression"},
  };
  for (const auto& [arguments, hint] : cases) {
    const Ran ran = flowtank(here, arguments);
    CHECK(ran.exit == 2);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, hint));
  }
}

TEST_CASE("program.a_misspelt_option_of_a_channel_is_told_with_its_place") {
  const Folder here;
  std::string text = content(scenarios + "store-all-patterns.json");
  const std::string channel = "\"orders\": {}";
  REQUIRE(has(text, channel));
  text.replace(text.find(channel), channel.size(), "\"orders\": { \"ordr\": \"none\", \"publish\": \"atonce\" }");
  put(here / "shop.json", text);
  for (const char* command : {"check", "run", "check --strategy random --runs 2"}) {
    const Ran ran = flowtank(here, std::string(command) + " shop.json --models '" + FLOWTANK_SOURCE_DIR + "/models/services'");
    CHECK(ran.exit == 2);
    CHECK(has(ran.err, "shop.json:7:"));
    CHECK(has(ran.err, "channel \"orders\" of the ideal broker has no option \"ordr\" [FT-KEY-001]"));
    CHECK(has(ran.err, "Did you mean \"order\"?"));
    CHECK(has(ran.err, "\"publish\" of channel \"orders\" of the ideal broker is one of remote|at_once [FT-REF-014]"));
  }
}

TEST_CASE("program.a_run_prints_writes_its_files_and_replays") {
  const Folder here;
  const std::string file = scenarios + "store-payment-without-inbox-duplicate.json";
  const Ran ran = flowtank(here, "run '" + file + "' --report json=r.json --report junit=r.xml --report md=r.md --trace t.jsonl");
  CHECK(ran.exit == 0);
  CHECK(ran.err.empty());
  CHECK(has(ran.out, "FAIL      charged at most once"));
  CHECK_FALSE(has(ran.out, "\x1b"));
  for (const char* name : {"r.json", "r.xml", "r.md", "t.jsonl", "store-payment-without-inbox-duplicate.run.counterexample"}) {
    CHECK(fs::file_size(here / name) > 100);
  }
  for (const auto& entry : fs::directory_iterator(here.path())) CHECK_FALSE(has(entry.path().string(), ".part-"));
  const Ran again = flowtank(here, "replay store-payment-without-inbox-duplicate.run.counterexample");
  CHECK(again.exit == 0);
  CHECK(has(again.out, "FAIL      charged at most once"));
}

TEST_CASE("program.an_explored_counterexample_replays") {
  const Folder here;
  const std::string file = scenarios + "store-payment-without-inbox-duplicate.json";
  CHECK(flowtank(here, "check '" + file + "' --save new/folder").exit == 0);
  fs::rename(here / "new/folder/store-payment-without-inbox-duplicate.check.counterexample", here / "x.counterexample");
  const Ran again = flowtank(here, "replay x.counterexample");
  CHECK(again.exit == 0);
  CHECK(has(again.out, "The counterexample fails again, as recorded: charged at most once (this FAIL was demanded)."));
  CHECK(has(again.out, "FAIL      charged at most once"));
  std::string log = content(here / "x.counterexample");
  log.replace(log.find("send shoppers"), 13, "send nobodies");
  put(here / "bad.counterexample", log);
  const Ran bad = flowtank(here, "replay bad.counterexample");
  CHECK(bad.exit == 2);
  CHECK(has(bad.err, "is not enabled: send nobodies"));
}

TEST_CASE("program.exit_codes_say_what_happened") {
  const Folder here;
  const std::string naive = "'" + scenarios + "store-payment-without-inbox-duplicate.json'";
  CHECK(flowtank(here, "check " + naive + " --no-save").exit == 0);
  CHECK(flowtank(here, "check " + naive + " --no-save --set services.payment.with.consume=inbox").exit == 0);
  CHECK(flowtank(here, "check " + naive + " --no-save --set 'properties.charged at most once.always=c.times <= 5'").exit == 0);
  CHECK(flowtank(here, "check " + naive + " --no-save --set 'properties.charged at most once.always=c.times <= 0'").exit == 0);
  CHECK(flowtank(here, "check " + naive + " --no-save --set 'properties.paid orders were charged.always=false'").exit == 1);
  CHECK(flowtank(here, "check '" + scenarios + "store-all-patterns-crash-duplicate.json' --states 50").exit == 4);
  CHECK(flowtank(here, "run " + naive + " --set services.payment.with.consume=nothing").exit == 2);
  CHECK(flowtank(here, "run " + naive + " --report json=no/such/folder/x.json").exit == 2);
  CHECK_FALSE(fs::exists(here / "no"));
}

// The first screen of the project: every line but the time is held.
TEST_CASE("program.the_page_of_a_check_is_as_it_was_agreed") {
  const Folder here;
  fs::create_directory_symlink(FLOWTANK_SOURCE_DIR "/scenarios", here / "scenarios");
  fs::create_directory_symlink(FLOWTANK_SOURCE_DIR "/models", here / "models");
  std::string out = flowtank(here, "check scenarios/store-payment-without-inbox-duplicate.json").out;
  const std::size_t time = out.find("without reduction, in ");
  REQUIRE(time != std::string::npos);
  out.replace(time, out.find('\n', time) - time, "without reduction, in TIME");
  CHECK(out == content(FLOWTANK_SOURCE_DIR "/tests/cli/check_page.txt"));
}

TEST_CASE("program.the_command_to_try_works") {
  const Folder here;
  const std::string file = scenarios + "store-payment-without-inbox-duplicate.json";
  const std::string crash = scenarios + "store-order-without-outbox-crash.json";
  for (const std::string& command : {"check '" + file + "'", "run '" + file + "'", "check '" + crash + "'"}) {
    const Ran broken = flowtank(here, command + " --no-save");
    const std::size_t at = broken.out.find("  Try        flowtank ");
    REQUIRE(at != std::string::npos);
    const std::size_t begin = at + std::string_view("  Try        flowtank ").size();
    const Ran repaired = flowtank(here, broken.out.substr(begin, broken.out.find('\n', begin) - begin) + " --no-save");
    CHECK(repaired.exit == 0);
    CHECK(has(repaired.out, "is gone: "));
    CHECK_FALSE(has(repaired.out, "FAIL  "));
  }
}

// Whoever gives an option believes that it does something.
TEST_CASE("program.options_without_a_meaning_are_refused") {
  const Folder here;
  for (const char* given : {"--strategy random --states 5", "--strategy random --exact", "--strategy pct --reduce steps", "--strategy guided --self-check",
                            "--strategy timed --depth 5", "--strategy lineage --states 5", "--strategy lineage --memory 1GB", "--strategy lineage --threads 2"}) {
    const Ran ran = flowtank(here, "check " + scenarios + "store-all-patterns.json --no-save " + given);
    INFO(given << "\n" << ran.err);
    CHECK(ran.exit == 2);
    CHECK(ran.err.find("has no meaning with --strategy") != std::string::npos);
  }
  CHECK(flowtank(here, "check " + scenarios + "store-all-patterns.json --sweep run.seed=1,2 --trace t.ftrace").exit == 2);
  REQUIRE(flowtank(here, "check " + scenarios + "store-payment-without-inbox-duplicate.json").exit == 0);
  CHECK(flowtank(here, "replay store-payment-without-inbox-duplicate.check.counterexample --horizon 5s").exit == 2);
}

TEST_CASE("program.a_trace_of_nothing_is_no_error") {
  const Folder here;
  for (const char* name : {"t.ftrace", "t.jsonl"}) {
    const Ran ran = flowtank(here, "check " + scenarios + "store-all-patterns.json --no-save --trace " + name);
    CHECK(ran.exit == 0);
    CHECK(ran.err.find("note: " + std::string(name) + " was not written") != std::string::npos);
    CHECK(ran.err.find("error") == std::string::npos);
  }
}

TEST_CASE("program.everything_is_asked_twice_where_ci_runs_it") {
  const Folder here;
  for (const char* question : {"run ", "check ", "check --strategy random --runs 300 --threads 2 ", "check --strategy lineage "}) {
    INFO(question);
    const std::string asked = question + scenarios + "store-payment-without-inbox-duplicate.json --no-save --no-shrink ";
    const Ran once = flowtank(here, asked + "--no-verify-determinism");
    const Ran twice = flowtank(here, asked + (std::string_view(question) == "run " ? "" : "--verify-determinism"));
    CHECK(once.exit == 0);
    CHECK(twice.exit == 0);
    const Ran in_ci = flowtank(here, asked, "CI=true");
    CHECK(in_ci.exit == 0);
    CHECK(in_ci.err.find("The same twice.") == std::string::npos);  // it says something only where it is not so
    CHECK((twice.err.find("The same twice.") != std::string::npos) == (std::string_view(question) != "run "));
  }
  CHECK(flowtank(here, "check " + scenarios + "store-all-patterns.json --verify-determinism --no-verify-determinism").exit == 2);
}

// How many runs fit into a time is another number each time.
TEST_CASE("program.a_campaign_that_goes_on_for_a_time_is_not_asked_twice") {
  const Folder here;
  const Ran ran = flowtank(here, "check " + scenarios + "store-all-patterns-crash-duplicate.json --strategy random --time 300ms --no-save --verify-determinism");
  CHECK(ran.exit != 3);
  CHECK(ran.err.find("Not verified") != std::string::npos);
}

TEST_CASE("program.bad_files_are_answered_not_followed") {
  const Folder here;
  put(here / "truncated.json", "{ \"flowtank\": 1, \"serv");
  put(here / "empty.json", "");
  put(here / "list.json", "[]");
  put(here / "binary.json", std::string_view("\x00\xff\xfe{", 4));
  put(here / "deep.json", std::string(10'000, '['));
  for (const char* name : {"missing.json", "truncated.json", "empty.json", "list.json", "binary.json", "deep.json", "."}) {
    for (const char* command : {"run", "check", "lint", "replay"}) {
      const Ran ran = flowtank(here, std::string(command) + " " + name);
      CHECK(ran.exit == 2);
      CHECK(has(ran.err + ran.out, "error:"));
    }
  }
}

TEST_CASE("program.no_color_ascii_and_quiet_are_heeded") {
  const Folder here;
  const std::string file = "'" + scenarios + "store-payment-without-inbox-duplicate.json' --no-save";
  const Ran ascii = flowtank(here, "run --ascii " + file);
  for (const char c : ascii.out) REQUIRE(static_cast<unsigned char>(c) < 0x80);
  const Ran quiet = flowtank(here, "run -q " + file);
  CHECK(quiet.out == "4 of 4 expectations met (1 FAIL was demanded).\n");
}

TEST_CASE("program.an_interrupt_still_reports") {
  const Folder here;
  const std::string file = "'" + scenarios + "store-all-patterns-crash-duplicate.json'";
  const std::string large = " --set check.clients.shoppers=6 --states 4000000000 --memory 1GB";
  const Ran ran = flowtank(here, "check " + file + large, "timeout --preserve-status -s INT 2");
  CHECK(ran.exit == 130);
  CHECK(has(ran.out, "INCONCLUSIVE"));
  CHECK(flowtank(here, "check " + file + large, "timeout --preserve-status -s TERM 2").exit == 143);
  // The same wish twice at once, as timeout(1) may give it, is one wish.
  const Ran twice = flowtank(here, "check " + file + large,
                             "run_twice() { \"$@\" & child=$!; sleep 1; kill -INT $child; sleep 0.05; kill -INT $child; wait $child; }; run_twice");
  CHECK(twice.exit == 130);
  CHECK(has(twice.out, "INCONCLUSIVE"));
}

TEST_CASE("program.lint_is_strict_where_asked_and_writes_its_report") {
  const Folder here;
  const std::string naive = "lint '" + scenarios + "store/1-naive.json'";
  const Ran plain = flowtank(here, naive);
  CHECK(plain.exit == 0);
  CHECK(has(plain.out, "[FT-LINT-014]"));
  CHECK(has(plain.out, "(--notes shows them)"));
  CHECK_FALSE(has(plain.out, "[FT-LINT-013]"));
  CHECK(has(flowtank(here, naive + " --notes").out, "[FT-LINT-013]"));
  CHECK(flowtank(here, naive + " --strict --report json=lint.json").exit == 1);
  CHECK(has(content(here / "lint.json"), "\"FT-LINT-013\""));
  CHECK(flowtank(here, "lint '" + scenarios + "store-all-patterns.json' --strict").exit == 0);
  put(here / "wrong.json", "{");
  CHECK(flowtank(here, "lint wrong.json --strict").exit == 2);
  CHECK(flowtank(here, naive + " --report json=no/such/folder/x").exit == 2);
}

TEST_CASE("program.graph_writes_to_stdout") {
  const Folder here;
  const std::string shop = "graph '" + scenarios + "store-all-patterns.json'";
  CHECK(flowtank(here, shop).out.starts_with("digraph "));
  CHECK(flowtank(here, shop + " --format mermaid --level services").out.starts_with("flowchart LR\n"));
  const Ran json = flowtank(here, shop + " --format json --level tables");
  CHECK(json.exit == 0);
  CHECK(json.err.empty());
  CHECK(has(json.out, "\"flowtank_graph\": 1"));
  CHECK(flowtank(here, "graph missing.json").exit == 2);
}

TEST_CASE("program.lint_tells_weaknesses") {
  const Folder here;
  const Ran ran = flowtank(here, "lint '" + scenarios + "store-payment-without-inbox-duplicate.json'");
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "warning:"));
  CHECK(has(ran.out, "0 errors"));
}

}  // namespace
}  // namespace flowtank
