// SPDX-License-Identifier: Apache-2.0
// idempotency, commute and check --strategy lineage from outside: exit codes, what is printed, what is written.
#include "tests/cli/program.hpp"

namespace flowtank::test {
namespace {

const std::string good = "'" + scenarios + "store-all-patterns.json'";
const std::string faulty = "'" + scenarios + "store-all-patterns-crash-duplicate.json'";

}  // namespace

TEST_CASE("families.idempotency_prints_a_table_and_files_that_replay") {
  const Folder here;
  const Ran safe = flowtank(here, "idempotency " + good);
  CHECK(safe.exit == 0);
  CHECK(has(safe.out, "Every handler that was reached is idempotent."));
  CHECK(has(safe.out, "never handled"));
  const Ran naive = flowtank(here, "idempotency " + good + " --set services.payment.with.consume=naive --report json=out.json --ascii");
  CHECK(naive.exit == 1);
  CHECK(has(naive.out, "row changed payment.charges o-1: times 1 -> 2, amount_cents 100 -> 200"));
  CHECK(has(naive.out, "1 handler is not idempotent."));
  CHECK(naive.out.find("\xe2") == std::string::npos);
  CHECK(has(content(here / "out.json"), "\"verdict\": \"not_idempotent\""));
  REQUIRE(fs::exists(here / "store-all-patterns.twice.payment.charge.counterexample"));
  const Ran again = flowtank(here, "replay store-all-patterns.twice.payment.charge.counterexample");
  CHECK(has(again.out, "charged at most once"));
  CHECK(has(again.out, "one more copy"));
  CHECK(flowtank(here, "idempotency " + good + " --states 3 --no-save").exit == 4);
  CHECK(flowtank(here, "idempotency " + good + " --ignore order.order").exit == 2);
  CHECK(flowtank(here, "idempotency missing.json").exit == 2);
  CHECK(flowtank(here, "idempotency --help").exit == 0);
}

TEST_CASE("families.what_was_not_looked_at_is_not_called_good") {
  const Folder here;
  const std::string naive = "'" + scenarios + "store/1-naive.json'";
  const Ran cut = flowtank(here, "idempotency " + naive + " --local --states 300 --no-save --report html=i.html");
  const std::string page = content(here / "i.html");
  CHECK(has(page, "no difference so far"));
  CHECK_FALSE(has(page, "> idempotent</span>"));
  CHECK_FALSE(has(page, "the same</span>"));
  CHECK_FALSE(has(page, "never handled"));
  CHECK(cut.exit != 0);
  CHECK(flowtank(here, "commute " + naive + " --local --states 60 --no-save --report html=c.html").exit != 0);
  const std::string pairs = content(here / "c.html");
  CHECK(has(pairs, "not met so far"));
  CHECK_FALSE(has(pairs, "commutes"));
  CHECK_FALSE(has(pairs, "ever met"));
  CHECK_FALSE(has(pairs, "since a broker keeps them in order"));
  // The same on the terminal and for programs: how far it was looked at, and no verdict.
  const std::string fine = "'" + scenarios + "store-all-patterns-crash-duplicate.json'";
  const Ran part = flowtank(here, "idempotency " + fine + " --local --states 2000 --no-save --report json=i.json");
  CHECK(part.exit == 4);
  CHECK_FALSE(has(part.out, "\u2713 idempotent"));
  CHECK(has(part.out, "? no difference so far"));
  CHECK(has(part.out, "Undecided: 2,000 states were looked at and showed no difference; there are more."));
  CHECK(has(part.out, "stopped by the limit of states"));
  const std::string json = content(here / "i.json");
  CHECK_FALSE(has(json, "\"verdict\": \"idempotent\""));
  CHECK_FALSE(has(json, "\"verdict\": \"vacuous\""));
  CHECK(has(json, "\"verdict\": \"undecided\",\n      \"so_far\": \"idempotent\""));
  CHECK(has(json, "\"stopped_by\": \"the limit of states, after 2,000 states\""));
  const Ran orders = flowtank(here, "commute " + fine + " --set check.clients.shoppers=2 --any-order --local --states 3000 --no-save --report json=c.json");
  CHECK(orders.exit == 4);
  CHECK(has(orders.out, "? no difference so far"));
  CHECK(has(orders.out, "not met so far"));
  CHECK_FALSE(has(orders.out, "\u2713"));
  CHECK_FALSE(has(content(here / "c.json"), "\"verdict\": \"commute\""));
  CHECK(flowtank(here, "commute " + naive + " --local --states 3 --no-save --report html=n.html").exit == 4);
  CHECK(has(content(here / "n.html"), "Undecided."));
}

TEST_CASE("families.an_interrupted_handling_that_differs_is_a_finding_though_nothing_was_handed_out_twice") {
  const Folder here;
  const Ran ran = flowtank(here, "idempotency '" + scenarios + "store/1-naive.json' --local --states 12 --save . --report json=i.json");
  CHECK(ran.exit == 1);
  CHECK(has(ran.out, "NOT safe to interrupt"));
  CHECK(has(content(here / "i.json"), "\"verdict\": \"not_safe_to_interrupt\""));
}

TEST_CASE("families.commute_prints_a_matrix") {
  const Folder here;
  const Ran fine = flowtank(here, "commute " + good + " --set check.clients.shoppers=2");
  CHECK(fine.exit == 0);
  CHECK(has(fine.out, "confluent"));
  CHECK(flowtank(here, "commute " + good + " --states 3").exit == 4);
  CHECK(flowtank(here, "commute " + good + " --set check.clients.shoppers=2 --any-order --local --report json=c.json").exit == 0);
  CHECK(has(content(here / "c.json"), "\"verdict\": \"commute\""));
  CHECK(flowtank(here, "commute --help").exit == 0);
}

TEST_CASE("families.lineage_is_a_strategy_of_check") {
  const Folder here;
  const Ran safe = flowtank(here, "check " + faulty + " --strategy lineage --report json=l.json");
  CHECK(has(safe.out, "every set of at most 2 of 2 faults"));
  CHECK(has(safe.out, "tested"));
  CHECK(has(content(here / "l.json"), "\"strategy\": \"lineage\""));
  const Ran naive = flowtank(here, "check " + faulty + " --strategy lineage --set services.payment.with.consume=naive");
  CHECK(naive.exit == 1);
  CHECK(has(naive.out, "charged at most once"));
  CHECK(flowtank(here, "replay store-all-patterns-crash-duplicate.check.counterexample").out.find("FAIL") != std::string::npos);
}

TEST_CASE("families.a_list_of_a_scenario_can_be_added_to") {
  const Folder here;
  const Ran added = flowtank(here, "check " + good + " --no-save --set services.payment.with.consume=naive --set 'faults.+={\"kind\": \"duplicate\"}'");
  CHECK(added.exit == 1);
  CHECK(flowtank(here, "check " + good + " --no-save --set 'faults.+={\"kind\": \"nothing\"}'").exit == 2);
}

}  // namespace flowtank::test
