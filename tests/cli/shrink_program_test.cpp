// SPDX-License-Identifier: Apache-2.0
// shrink, --sweep and goals from outside: files that replay, tables, exit codes, and what is said of bad input.
#include <catch2/catch.hpp>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

TEST_CASE("program.shrink_writes_a_scenario_that_demands_the_failure_and_its_log") {
  const Folder here;
  const std::string scenario = scenarios + "store-payment-without-inbox-duplicate.json";
  CHECK(flowtank(here, "run '" + scenario + "' --no-shrink").exit == 0);
  const std::string log = "store-payment-without-inbox-duplicate.run.counterexample";
  const Ran ran = flowtank(here, "shrink '" + scenario + "' " + log + " -o small");
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "Shrunk \"charged at most once\""));
  CHECK(has(ran.out, "place, relay, charge, duplicate, ack,"));
  CHECK(has(ran.out, "1-minimal"));
  CHECK(has(content(here / "small/store-payment-without-inbox-duplicate.shrunk.json"), "\"verdict\": \"FAIL\""));
  CHECK(flowtank(here, "replay small/store-payment-without-inbox-duplicate.shrunk.counterexample").exit == 0);
  CHECK(flowtank(here, "check small/store-payment-without-inbox-duplicate.shrunk.json").exit == 0);
  // The pair can be moved and the log still finds its scenario beside it; the log alone names it, too.
  CHECK(flowtank(here, "shrink small/store-payment-without-inbox-duplicate.shrunk.counterexample -o smaller").exit == 0);
}

TEST_CASE("program.run_shrinks_its_failure_by_itself") {
  const Folder here;
  const std::string scenario = scenarios + "store-payment-without-inbox-crash.json";
  const Ran ran = flowtank(here, "run '" + scenario + "' --report json=out.json");
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "Shrunk"));
  CHECK(has(ran.out, "place, relay, charge, crash, charge"));
  CHECK(has(content(here / "out.json"), "\"shrunk\""));
  const Ran replayed = flowtank(here, "replay store-payment-without-inbox-crash.run.shrunk.counterexample");
  CHECK(replayed.exit == 0);
  CHECK(has(replayed.out, "Critical"));
  CHECK(has(replayed.out, "commit-then-ack"));
  CHECK_FALSE(has(flowtank(here, "run '" + scenario + "' --no-shrink").out, "Shrunk"));
}

TEST_CASE("program.shrink_answers_bad_input") {
  const Folder here;
  const std::string scenario = scenarios + "store-all-patterns.json";
  CHECK(flowtank(here, "shrink").exit == 2);
  CHECK(flowtank(here, "shrink a b c").exit == 2);
  CHECK(flowtank(here, "shrink '" + scenario + "' missing.counterexample").exit == 2);
  put(here / "nothing.counterexample", "flowtank-decisions 1\nscenario x.json\ndriver check\nseed 1\nproperty charged at most once\nend 0\n");
  const Ran ran = flowtank(here, "shrink '" + scenario + "' nothing.counterexample");
  CHECK(ran.exit == 2);
  CHECK(has(ran.err, "does not violate"));
  CHECK(has(flowtank(here, "shrink '" + scenario + "' nothing.counterexample --property 'charged at mots once'").err, "Did you mean"));
}

// What goes round for ever: a message that can never be handled is tried again and again.
TEST_CASE("program.shrink_makes_the_scenario_of_a_loop_small") {
  const Folder here;
  put(here / "o.json", content(scenarios + "store-all-patterns.json"));
  const std::string set = R"( --set 'faults=[{"name":"bad","kind":"poison","on":{"service":"payment","event":"OrderPlaced"}},{"name":"beside it","kind":"duplicate","on":{"channel":"payments"}}]')"
                          R"( --set expect={} --set 'properties=[{"name":"settled","for":"o in order.orders","eventually":"o.status == \"paid\""},{"name":"true","always":"true"}]')";
  REQUIRE(flowtank(here, "check o.json --models " + scenarios + "../models/services" + set).exit == 1);
  const Ran ran = flowtank(here, "shrink o.json o.check.counterexample -o small --models " + scenarios + "../models/services");
  CHECK(has(ran.out, "Shrunk \"settled\""));
  CHECK(has(ran.out, "it goes round for ever"));
  const std::string small = content(here / "small/o.shrunk.json");
  CHECK(has(small, "poison"));
  CHECK_FALSE(has(small, "beside it"));
  CHECK_FALSE(has(small, "\"true\""));
  CHECK(flowtank(here, "replay small/o.shrunk.counterexample --models " + scenarios + "../models/services").exit == 0);
  CHECK(flowtank(here, "check small/o.shrunk.json --models " + scenarios + "../models/services").exit == 0);
}

// A log that stops where something can happen without changing anything is no loop: fairness demands what else is possible.
TEST_CASE("program.shrink_takes_no_unfair_loop_for_a_counterexample") {
  const Folder here;
  put(here / "o.json", content(scenarios + "store-all-patterns.json"));
  const std::string models = " --models " + scenarios + "../models/services";
  const std::string set = R"( --set 'faults=[{"name":"bad","kind":"poison","on":{"service":"payment","event":"OrderPlaced","where":"event.key == \"o-1\""}}]' --set check.clients.shoppers=2)"
                          R"( --set expect={} --set 'properties=[{"name":"second paid","for":"o in order.orders","eventually":"o.order_id == \"o-1\" || o.status == \"paid\""},)"
                          R"j({"name":"mark","always":"!(size(order.orders) == 2 && size(order.outbox) == 0)"}]')j";
  flowtank(here, "check o.json" + models + set);
  std::string log = content(here / "o.check.counterexample");
  const std::size_t at = log.find("property mark");
  REQUIRE(at != std::string::npos);
  log.replace(at, 13, "property second paid");
  put(here / "prefix.counterexample", log);
  const Ran shrunk = flowtank(here, "shrink o.json prefix.counterexample -o small" + models);
  CHECK(has(shrunk.err, "no fair loop"));
  CHECK(shrunk.exit == 2);
  CHECK_FALSE(fs::exists(here / "small/o.shrunk.json"));
}

TEST_CASE("program.sweep_shows_one_table") {
  const Folder here;
  const std::string scenario = scenarios + "store-payment-without-inbox-duplicate.json";
  const Ran ran = flowtank(here, "check '" + scenario + "' --sweep services.payment.with.consume=naive,inbox --sweep check.clients.shoppers=0..1 --report json=t.json --report md=t.md");
  CHECK(ran.exit == 1);  // without an order everything is vacuous
  CHECK(has(ran.out, "4 explorations, every combination"));
  CHECK(has(ran.out, "[1] charged at most once"));
  CHECK(has(content(here / "t.json"), "\"flowtank_sweep\": 1"));
  CHECK(has(content(here / "t.md"), "| naive | 1 | FAIL proved |"));
  CHECK(flowtank(here, "run '" + scenario + "' --sweep run.seed=1..3").exit == 0);
  CHECK(flowtank(here, "check '" + scenario + "' --sweep services.payment.with.consume=naive,inbox").exit == 0);
  CHECK(flowtank(here, "check '" + scenario + "' --sweep services.payment.with.consume=naive,nonsense").exit == 2);
  CHECK(has(flowtank(here, "check '" + scenario + "' --sweep a").err, "FT-SWEEP-001"));
  CHECK(flowtank(here, "check '" + scenario + "' --sweep run.seed=1,2 --report junit=x.xml").exit == 0);
}

TEST_CASE("program.a_goal_passes_when_it_is_reached") {
  const Folder here;
  const auto reaching = [](const std::string& times) {
    return "'" + scenarios + R"(store-all-patterns.json' --set expect={} --set 'properties=[{"name":"g","for":"o in order.orders","sometimes":"o.applied >= )" + times + R"("}]')";
  };
  const Ran once = flowtank(here, "check " + reaching("1"));
  CHECK(once.exit == 0);
  CHECK(has(once.out, "reached: o-1"));
  const Ran never = flowtank(here, "check " + reaching("5"));
  CHECK(never.exit == 1);
  CHECK(has(never.out, "cannot be reached"));
  CHECK(flowtank(here, "run " + reaching("5")).exit == 4);
}

}  // namespace
}  // namespace flowtank
