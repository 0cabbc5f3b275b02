// SPDX-License-Identifier: Apache-2.0
// `flowtank trace` from outside, over files that the real program wrote: every question it answers, what it says of wrong
// ones, and what is left of a run that was killed in the middle of writing.
#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

const std::string duplicate = "'" + scenarios + "store-payment-without-inbox-duplicate.json'";

// A run of 20 orders in which order o-8 is charged twice, at the level full.
void record(const Folder& here, const std::string& arguments = "--trace run.ftrace --trace-level full") {
  CHECK(flowtank(here, "run " + duplicate + " --no-save " + arguments).exit == 0);
}

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

TEST_CASE("trace.without_a_question_it_says_what_is_in_the_file") {
  const Folder here;
  record(here);
  const Ran ran = flowtank(here, "trace run.ftrace");
  CHECK(ran.exit == 0);
  for (const char* part : {"level full", "seed 1", "dup struck 1 time", "charged at most once: o-8", "row_changed", "violated"}) CHECK(has(ran.out, part));
  CHECK(has(flowtank(here, "trace run.ftrace --json").out, "\"level\": \"full\""));
}

TEST_CASE("trace.records_are_filtered_by_kind_service_message_key_and_time") {
  const Folder here;
  record(here);
  const auto only = [&](const std::string& filter) { return flowtank(here, "trace run.ftrace --json --filter '" + filter + "'"); };
  CHECK(lines(only("kind == \"violated\"").out) == 1);
  CHECK(lines(only("kind == \"fault\"").out) == 1);
  const std::string delivered = only("kind == \"delivered\" && service == \"payment\" && type == \"OrderPlaced\" && key == \"o-8\"").out;
  CHECK(lines(delivered) == 2);  // the order and its copy
  CHECK(has(delivered, "o-8"));
  const std::size_t early = lines(only("time < duration(\"400ms\")").out), late = lines(only("time >= duration(\"400ms\")").out);
  CHECK(early > 100);
  CHECK(late > 100);
  CHECK(early + late == lines(flowtank(here, "trace run.ftrace --list --json").out));
  CHECK(lines(flowtank(here, "trace run.ftrace --list --limit 7").out) == 8);  // and how many more there are
  const Ran wrong = flowtank(here, "trace run.ftrace --filter 'kidn == \"fault\"'");
  CHECK(wrong.exit == 2);
  CHECK(has(wrong.err, "kind"));
}

TEST_CASE("trace.causes_and_consequences_are_followed") {
  const Folder here;
  record(here);
  const std::string past = flowtank(here, "trace run.ftrace --past o-8").out;
  CHECK(has(past, "second copy"));       // the fault that made it possible
  CHECK(has(past, "PlaceOrder(o-8)"));   // and where it began
  const std::string future = flowtank(here, "trace run.ftrace --future o-8").out;
  CHECK(has(future, "PaymentCompleted"));
  CHECK(flowtank(here, "trace run.ftrace --past 1000000").exit == 2);
  CHECK(has(flowtank(here, "trace run.ftrace --past o-88").err, "o-88"));
}

TEST_CASE("trace.states_and_histories_are_looked_up") {
  const Folder here;
  record(here);
  CHECK(has(flowtank(here, "trace run.ftrace --state payment.charges --at 400ms").out, "o-8       2"));
  CHECK_FALSE(has(flowtank(here, "trace run.ftrace --state payment.charges --at 200ms").out, "o-8"));
  CHECK(has(flowtank(here, "trace run.ftrace --state all --at 400ms").out, "order.orders"));
  const std::string history = flowtank(here, "trace run.ftrace --history payment.charges --key o-8").out;
  CHECK(has(history, "stored o-8"));
  CHECK(has(history, "times 1 -> 2"));
  CHECK(lines(history) <= 4);
  CHECK(has(flowtank(here, "trace run.ftrace --state chrages").err, "charges"));
  CHECK(flowtank(here, "trace run.ftrace --state payment.charges --at soon").exit == 2);
  CHECK(has(flowtank(here, "trace run.ftrace --history payment.charges --key o-99").err, "no row"));
  record(here, "--trace outcome.ftrace --trace-level outcome");
  CHECK(has(flowtank(here, "trace outcome.ftrace --state all").err, "--trace-level full"));
}

TEST_CASE("trace.two_traces_are_compared_and_one_is_verified") {
  const Folder here;
  record(here);
  record(here, "--trace again.ftrace --trace-level full");
  CHECK(content(here / "run.ftrace") == content(here / "again.ftrace"));
  CHECK(flowtank(here, "trace run.ftrace --against again.ftrace").exit == 0);
  CHECK(flowtank(here, "run " + duplicate + " --no-save --seed 2 --trace other.ftrace --trace-level full").exit < 2);
  const Ran differs = flowtank(here, "trace run.ftrace --against other.ftrace");
  CHECK(differs.exit == 1);
  CHECK(has(differs.out, "the first record that differs is #"));
  CHECK(flowtank(here, "trace run.ftrace --verify").exit == 0);
  std::string damaged = content(here / "run.ftrace");
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  put(here / "damaged.ftrace", damaged);
  CHECK(flowtank(here, "trace damaged.ftrace --verify").exit == 1);
}

TEST_CASE("trace.checks_and_replays_are_recorded_too") {
  const Folder here;
  CHECK(flowtank(here, "check " + duplicate + " --save . --trace check.ftrace").exit == 0);
  const std::string past = flowtank(here, "trace check.ftrace --filter 'kind == \"violated\"'").out;
  CHECK(has(past, "charged at most once"));
  CHECK(flowtank(here, "replay store-payment-without-inbox-duplicate.check.counterexample --trace replay.ftrace").exit < 2);
  CHECK(has(flowtank(here, "trace replay.ftrace").out, "charged at most once"));
}

// The size that is promised (FORMAT.md): at most 64 bytes a record at the normal level; with payloads it is below.
TEST_CASE("trace.a_record_is_small_at_every_level") {
  const Folder here;
  for (const auto& [level, most] : {std::pair<const char*, double>{"normal", 40}, {"full", 64}}) {
    record(here, fmt::format("--set clients.shoppers.count=2000 --horizon 1000 --trace {0}.ftrace --trace-level {0}", level));
    const auto records = static_cast<double>(lines(flowtank(here, fmt::format("trace {}.ftrace --list --json", level)).out));
    const auto bytes = static_cast<double>(fs::file_size(here / (std::string(level) + ".ftrace")));
    INFO(level << ": " << bytes / records << " bytes a record");
    CHECK(records > 30'000);
    CHECK(bytes / records < most);
  }
}

TEST_CASE("trace.a_run_that_is_killed_leaves_what_was_whole") {
  const Folder here;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string scenario = scenarios + "store-payment-without-inbox-duplicate.json";
    if (std::freopen((here / "out").c_str(), "w", stdout) == nullptr || ::chdir(here.path().c_str()) != 0) ::_exit(1);
    ::execl(FLOWTANK_PROGRAM, FLOWTANK_PROGRAM, "run", scenario.c_str(), "--set", "clients.shoppers.count=2000000", "--horizon", "1000000", "--no-save", "--trace",
            "killed.ftrace", static_cast<char*>(nullptr));
    ::_exit(1);
  }
  const std::string path = here / "killed.ftrace";
  struct stat status {};
  while (::stat(path.c_str(), &status) != 0 || status.st_size < 1'000'000) {
    REQUIRE(::waitpid(child, nullptr, WNOHANG) == 0);
    ::usleep(1000);
  }
  ::kill(child, SIGKILL);
  int how = 0;
  ::waitpid(child, &how, 0);
  REQUIRE(WIFSIGNALED(how));
  const Ran summary = flowtank(here, "trace killed.ftrace");
  CHECK(summary.exit == 0);
  CHECK(has(summary.err, "FT-TRACE-003"));
  CHECK(has(summary.out, "command_sent"));
  CHECK(flowtank(here, "trace killed.ftrace --verify").exit == 1);  // never taken for a whole one
  CHECK(lines(flowtank(here, "trace killed.ftrace --list --json").out) > 10'000);
  CHECK(has(flowtank(here, "trace killed.ftrace --history order.orders --key o-1").out, "stored o-1"));
}

}  // namespace
}  // namespace flowtank
