// SPDX-License-Identifier: Apache-2.0
// run and check --brokers from outside: the table, the rule beside a difference, reports, exit codes, and what is said of kinds
// and options that do not go together.
#include <catch2/catch.hpp>

#include <string>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

const std::string fifo = scenarios + "sns_sqs/lost-answer-fifo.json";

TEST_CASE("program.brokers_shows_verdicts_side_by_side_with_the_rule_behind_each") {
  const Folder here;
  const Ran ran = flowtank(here, "check '" + fifo + "' --brokers ideal,sns_sqs --report json=b.json --report md=b.md --no-save");
  INFO(ran.out << ran.err);
  CHECK(ran.exit == 1);  // the file demands what only a FIFO queue gives
  CHECK(has(ran.out, "Why [1] differs"));
  CHECK(has(ran.out, "ideal (ambiguous_publish)"));
  CHECK(has(ran.out, "SQS-DEDUP-1"));
  CHECK(has(ran.out, "sns_sqs*"));
  CHECK(has(content(here / "b.json"), "\"flowtank_brokers\": 1"));
  CHECK(has(content(here / "b.json"), "\"rule\": \"SQS-DEDUP-1\""));
  CHECK(has(content(here / "b.md"), "## Why they differ"));
  CHECK(flowtank(here, "run '" + fifo + "' --brokers sns_sqs --no-save").exit == 0);
  CHECK(flowtank(here, "check '" + fifo + "' --brokers ideal,sns_sqs --set services.payment.with.consume=inbox --no-save").exit == 0);
}

TEST_CASE("program.brokers_lists_who_cannot_carry_a_scenario") {
  const Folder here;
  const std::string failover = scenarios + "faults/failover.json";
  const Ran ran = flowtank(here, "run '" + failover + "' --brokers kafka,ideal --no-save");
  INFO(ran.out << ran.err);
  CHECK(ran.exit == 0);
  CHECK(has(ran.out, "Cannot carry it"));
  CHECK(has(ran.out, "cannot show a failover"));
  CHECK(flowtank(here, "run '" + failover + "' --brokers ideal --no-save").exit == 2);
}

TEST_CASE("program.brokers_refuses_unknown_kinds_and_options_that_do_not_go_with_it") {
  const Folder here;
  const Ran unknown = flowtank(here, "run '" + fifo + "' --brokers kafak");
  CHECK(unknown.exit == 2);
  CHECK(has(unknown.err, "FT-REF-014"));
  CHECK(has(unknown.err, "kafka"));
  CHECK(flowtank(here, "run '" + fifo + "' --brokers all --sweep run.seed=1,2").exit == 2);
  CHECK(flowtank(here, "check '" + fifo + "' --brokers all --strategy lineage").exit == 2);
  CHECK(flowtank(here, "run missing.json --brokers all").exit == 2);
}

TEST_CASE("program.brokers_writes_every_report_with_the_broker_beside_each_verdict") {
  const Folder here;
  const std::string wishes = " --report html=b.html --report junit=b.xml --report sarif=b.sarif --report tap=b.tap --report github=b.github --report github-summary=b.md";
  const Ran ran = flowtank(here, "check '" + fifo + "' --brokers ideal,sns_sqs --no-save" + wishes);
  INFO(ran.out << ran.err);
  CHECK(ran.exit == 1);
  const std::string page = content(here / "b.html");
  CHECK(has(page, "It depends on the broker."));
  CHECK(has(page, "The same scenario under every broker"));
  CHECK(has(page, "SQS-DEDUP-1"));
  CHECK(has(page, "Under ideal"));
  CHECK(has(page, "--brokers ideal,sns_sqs --report html=report.html"));
  const std::string junit = content(here / "b.xml");
  CHECK(has(junit, "<testsuite name=\"lost-answer-fifo [ideal]\""));
  CHECK(has(junit, "<testsuite name=\"lost-answer-fifo [sns_sqs]\""));
  CHECK(has(junit, "<failure message=\"Again: flowtank check "));
  CHECK(has(content(here / "b.tap"), "not ok 1 - ideal: "));
  CHECK(has(content(here / "b.tap"), " - sns_sqs: "));
  CHECK(has(content(here / "b.sarif"), "\"text\": \"ideal: "));
  CHECK(has(content(here / "b.github"), "::error file="));
  CHECK(has(content(here / "b.md"), "## Why they differ"));
  // A report on standard output stands there alone, and a kind that cannot carry the scenario fails nothing.
  const Ran alone = flowtank(here, "run '" + scenarios + "faults/failover.json' --brokers kafka,ideal --no-save --report tap=- --report html=c.html");
  CHECK(alone.exit == 0);
  CHECK(alone.out.starts_with("TAP version 14\n"));
  CHECK(has(alone.out, "ok 3 - ideal: can be driven # SKIP"));
  CHECK(has(alone.err, "Cannot carry it"));
  CHECK(has(content(here / "c.html"), "Brokers that cannot carry it"));
}

TEST_CASE("program.a_sweep_writes_every_report_with_its_values_beside_each_verdict") {
  const Folder here;
  const std::string wishes = " --report html=s.html --report junit=s.xml --report sarif=s.sarif --report github=s.github --report md=s.md --report tap=-";
  const Ran ran = flowtank(here, "check '" + fifo + "' --sweep services.payment.with.consume=naive,nonsense,inbox --no-save" + wishes);
  INFO(ran.out << ran.err);
  CHECK(ran.exit == 2);  // a value that there is not is wrong input
  CHECK(has(ran.out, "consume=nonsense: can be driven"));
  const std::string page = content(here / "s.html");
  CHECK(has(page, "Not every row is as expected."));
  CHECK(has(page, "<code>inbox</code>"));
  CHECK(has(page, "not driven"));
  CHECK(has(content(here / "s.xml"), "<error message="));
  CHECK(has(content(here / "s.xml"), "[services.payment.with.consume=inbox]"));
  CHECK(has(content(here / "s.sarif"), "row.not_driven"));
  CHECK(has(content(here / "s.github"), "row.not_driven"));
  CHECK(has(content(here / "s.md"), "| nonsense |"));
  // The same input gives the same bytes.
  const std::string first = content(here / "s.html");
  flowtank(here, "check '" + fifo + "' --sweep services.payment.with.consume=naive,nonsense,inbox --no-save" + wishes);
  CHECK(content(here / "s.html") == first);
}

}  // namespace
}  // namespace flowtank
