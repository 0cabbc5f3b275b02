// SPDX-License-Identifier: Apache-2.0
// The story of a failure as run, campaigns and lineage print and write it: shrunk, with both runs to replay, the same bytes on any
// number of threads; as it was found, and why, where shrinking is off or has no time; and what lineage says of sets of faults.
#include <catch2/catch.hpp>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

const std::string duplicate = "'" + scenarios + "store-payment-without-inbox-duplicate.json' --set clients.shoppers.count=40 --set check.clients.shoppers=40";
const std::string crash = "'" + scenarios + "store-payment-without-inbox-crash.json' --set clients.shoppers.count=40 --set check.clients.shoppers=40";

TEST_CASE("program.failures_among_forty_orders_are_told_shrunk") {
  const Folder here;
  for (const char* how : {"run ", "check --strategy random --runs 20 ", "check --strategy pct --runs 40 ", "check --strategy guided --runs 40 "}) {
    const Ran six = flowtank(here, how + duplicate + " --report json=d.json --report md=d.md --report junit=d.xml");
    CHECK(has(six.out, "6 business steps: place, relay, charge, duplicate, ack,"));
    CHECK(has(six.out, "in a run of "));
    CHECK(has(six.out, "of which people count 6."));
    CHECK(has(six.out, "Critical"));
    CHECK(has(six.out, "Passes"));
    CHECK(has(six.out, "As found"));
    CHECK(has(content(here / "d.json"), "\"told\": \"shrunk\""));
    CHECK(has(content(here / "d.md"), "6 business steps: place, relay, charge, duplicate, ack, charge"));
    const Ran five = flowtank(here, how + crash);
    CHECK(has(five.out, "5 business steps: place, relay, charge, crash, charge"));
    CHECK(has(five.out, "commit-then-ack"));
  }
  const Ran small = flowtank(here, "replay store-payment-without-inbox-crash.run.shrunk.counterexample");
  CHECK(small.exit == 0);
  CHECK(has(small.out, "5 business steps"));
  CHECK(has(flowtank(here, "replay store-payment-without-inbox-crash.run.counterexample").out, "FAIL"));
}

// Nothing can be left out of two orders for the last unit; the exploration that tells them takes more actions than the timed run took.
TEST_CASE("program.a_story_that_is_no_shorter_is_not_called_shrunk") {
  const Folder here;
  const Ran run = flowtank(here, "run '" + scenarios + "eshop/d03-last-unit.json'");
  CHECK(has(run.out, " of an exploration, of which people count "));
  CHECK_FALSE(has(run.out, "shrunk to"));
}

TEST_CASE("program.a_shrunk_story_is_the_same_on_any_number_of_threads") {
  const Folder here;
  const std::string ask = "check " + duplicate + " --strategy random --runs 30 --report json=r.json --report html=r.html --threads ";
  const Ran one = flowtank(here, ask + "1");
  const std::string json = content(here / "r.json"), page = content(here / "r.html");
  CHECK(has(page, "; shrunk to "));
  const Ran three = flowtank(here, ask + "3");
  CHECK(one.out == three.out);
  CHECK(json == content(here / "r.json"));
  CHECK(page == content(here / "r.html"));
}

TEST_CASE("program.the_found_run_is_told_and_why_where_nobody_shrinks") {
  const Folder here;
  const Ran off = flowtank(here, "run " + crash + " --no-shrink --report json=r.json");
  CHECK(has(off.out, "not shrunk: --no-shrink was given."));
  CHECK_FALSE(has(off.out, "Critical"));
  CHECK_FALSE(has(off.out, "As found"));
  CHECK(has(content(here / "r.json"), "\"told\": \"found\""));
  CHECK(has(content(here / "r.json"), "\"not_shrunk\": \"--no-shrink was given\""));
  // An exhaustive check finds shortest ones, and a replay shows what was recorded.
  const Ran exhaustive = flowtank(here, "check '" + scenarios + "store-payment-without-inbox-crash.json'");
  CHECK(has(exhaustive.out, "A shortest counterexample"));
  CHECK_FALSE(has(exhaustive.out, "shrunk"));
  CHECK_FALSE(has(exhaustive.out, "as it was found"));
  CHECK_FALSE(has(flowtank(here, "replay store-payment-without-inbox-crash.run.counterexample").out, "as it was found"));
}

TEST_CASE("program.the_trace_of_a_campaign_is_of_the_run_that_is_told") {
  const Folder here;
  flowtank(here, "check " + duplicate + " --strategy random --runs 20 --trace t.ftrace");
  const Ran shown = flowtank(here, "trace t.ftrace");
  CHECK(shown.exit == 0);
  CHECK(has(flowtank(here, "trace t.ftrace --list").out, "o-1"));
  CHECK_FALSE(has(flowtank(here, "trace t.ftrace --list").out, "o-2"));
}

TEST_CASE("program.lineage_says_which_faults_were_tried") {
  const Folder here;
  const std::string store = "'" + scenarios + "store-all-patterns-crash-duplicate.json'";
  const std::string lineage = " --strategy lineage --no-save";
  // A bug: told shrunk.
  const Ran bug = flowtank(here, "check " + store + lineage + " --set services.payment.with.consume=naive");
  CHECK(has(bug.out, "in a run of "));
  CHECK(has(bug.out, "A minimal counterexample"));
  CHECK_FALSE(has(bug.out, "up to 0 faults"));
  // Safe up to two faults.
  const Ran two = flowtank(here, "check " + store + lineage + " --report md=l.md");
  CHECK(has(two.out, "no set of up to 2 faults breaks it, in "));
  CHECK(has(two.out, "every set of at most 2 of 2 faults"));
  CHECK(has(content(here / "l.md"), "Faults: every set of at most 2 of 2 faults"));
  // One fault, none, and one that can strike nothing.
  const Ran one = flowtank(here, "check " + store + lineage + R"( --set 'faults=[{"name":"dup","kind":"duplicate","on":{"channel":"orders"},"budget":1}]')");
  CHECK(has(one.out, "no single fault breaks it, in "));
  CHECK(has(one.out, "the one fault, wherever it can strike"));
  const Ran none = flowtank(here, "check " + store + lineage + " --set faults=[]");
  CHECK(has(none.out, "; the scenario allows no faults"));
  CHECK_FALSE(has(none.out, "Left out"));
  CHECK_FALSE(has(none.out, "0 faults"));
  const Ran stopped = flowtank(here, "check " + store + lineage + " --time 0.000001s");
  CHECK(has(stopped.out, "not every single one was tried; stopped: out of time"));
}

TEST_CASE("program.a_timed_campaign_says_what_was_reached") {
  const Folder here;
  const std::string goals = R"( --set expect={} --set 'properties=[{"name":"paid","for":"o in order.orders","sometimes":"o.status == \"paid\""},)"
                            R"({"name":"never","for":"o in order.orders","sometimes":"o.applied >= 5"}]')";
  const Ran ran = flowtank(here, "check '" + scenarios + "store-all-patterns.json' --strategy timed --runs 20 --threads 2 --report json=r.json --report html=r.html --report md=r.md" + goals);
  CHECK(has(ran.out, "no run got there"));
  CHECK(has(ran.out, "Not reached"));
  CHECK(has(content(here / "r.html"), "handler steps"));
  CHECK_FALSE(has(content(here / "r.html"), "is not known here"));
  CHECK(has(content(here / "r.md"), "- Not reached: "));
  // Of any number of threads, and of one run the same as that run says.
  const std::string json = content(here / "r.json");
  flowtank(here, "check '" + scenarios + "store-all-patterns.json' --strategy timed --runs 20 --threads 1 --report json=r.json" + goals);
  CHECK(json == content(here / "r.json"));
}

}  // namespace
}  // namespace flowtank
