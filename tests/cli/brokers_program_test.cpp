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
  CHECK(flowtank(here, "run '" + fifo + "' --brokers all --report junit=x.xml").exit == 2);
  CHECK(flowtank(here, "check '" + fifo + "' --brokers all --strategy lineage").exit == 2);
  CHECK(flowtank(here, "run missing.json --brokers all").exit == 2);
}

}  // namespace
}  // namespace flowtank
