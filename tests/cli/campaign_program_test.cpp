// SPDX-License-Identifier: Apache-2.0
// Campaigns from outside: what check --strategy prints, that shards merge and campaigns resume to the same bytes, that Ctrl-C
// reports, and that mistakes are answered.
#include <catch2/catch.hpp>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

const std::string naive = "'" + scenarios + "store/1-naive.json'";
const std::string good = "'" + scenarios + "store-all-patterns-crash-duplicate.json'";

TEST_CASE("program.check_with_a_strategy_samples_and_says_how_sure_it_is") {
  const Folder here;
  const Ran ran = flowtank(here, "check " + good + " --strategy random --runs 1,000 --threads 2 --report json=r.json --report md=r.md");
  CHECK(ran.exit == 4);  // the scenario demands a proof
  CHECK(has(ran.out, "random, seed 1"));
  CHECK(has(ran.out, "no violation in 1,000 independent runs: p <= 0.003 at 95 %"));
  CHECK(has(ran.out, "tested"));
  CHECK(has(ran.out, "1,000 independent random runs"));
  CHECK(has(ran.err, "1,000 runs on 2 threads took"));
  CHECK(has(content(here / "r.json"), "\"p_at_most_95\""));
  CHECK_FALSE(has(content(here / "r.json"), "wall_seconds"));
  CHECK(has(content(here / "r.md"), "1,000 independent random runs"));
}

TEST_CASE("program.a_failure_of_a_campaign_replays") {
  const Folder here;
  const Ran ran = flowtank(here, "check " + naive + " --strategy portfolio --runs 300");
  CHECK(has(ran.out, "FAIL"));
  CHECK(has(ran.out, "first in run"));
  const Ran replayed = flowtank(here, "replay 1-naive.check.counterexample");
  CHECK(replayed.exit == 0);
  CHECK(has(replayed.out, "fails again"));
}

TEST_CASE("program.merged_shards_and_resumed_campaigns_give_the_bytes_of_the_whole") {
  const Folder here;
  const std::string options = " --strategy random --runs 900 --no-save";
  const Ran whole = flowtank(here, "check " + naive + options + " --threads 1 --report json=whole.json");
  for (const char* shard : {"0", "1", "2"}) {
    flowtank(here, "check " + naive + options + " --threads 2 --shard " + shard + "/3 --campaign " + shard + ".campaign");
  }
  const Ran merged = flowtank(here, "merge 2.campaign 0.campaign 1.campaign --no-save --report json=merged.json");
  CHECK(merged.exit == whole.exit);
  CHECK(merged.out == whole.out);
  CHECK(content(here / "merged.json") == content(here / "whole.json"));
  CHECK_FALSE(content(here / "whole.json").empty());

  // Ended by a signal after a moment, then gone on with, without being told again what it was.
  const Ran cut = flowtank(here, "check " + naive + options + " --threads 1 --campaign r.campaign", "timeout -s INT 0.05");
  CHECK((cut.exit == 130 || cut.exit == whole.exit || cut.exit == 124));
  const Ran resumed = flowtank(here, "check --resume r.campaign --no-save --report json=resumed.json");
  CHECK(resumed.exit == whole.exit);
  CHECK(resumed.out == whole.out);
  CHECK(content(here / "resumed.json") == content(here / "whole.json"));
}

TEST_CASE("program.an_interrupted_campaign_still_reports") {
  const Folder here;
  const Ran ran = flowtank(here, "check " + good + " --strategy random --runs 2000000000 --threads 2 --no-save", "timeout -s INT 2");
  CHECK((ran.exit == 130 || ran.exit == 124));
  CHECK(has(ran.out, "Interrupted"));
  CHECK(has(ran.out, "INCONCLUSIVE"));
  CHECK(has(ran.out, "independent runs: p <="));
}

TEST_CASE("program.a_failure_of_a_swarm_says_which_faults_were_off_and_replays") {
  const Folder here;
  const Ran ran = flowtank(here, "check '" + scenarios + "store-payment-without-inbox-duplicate.json' --strategy swarm --runs 100 "
                                 "--set 'faults.+={\"name\":\"outage\",\"kind\":\"loss\",\"on\":{\"channel\":\"orders\",\"consumer\":\"payment\"},\"every\":1}'");
  CHECK(has(ran.out, "which had these faults off: \"outage\""));
  CHECK(has(ran.out, "each fault is off in half of the runs"));
  // One run lost all orders, another charged one twice: each has a file of its own.
  const Ran replayed = flowtank(here, "replay store-payment-without-inbox-duplicate.run.counterexample");
  CHECK(has(replayed.out, "FAIL      charged at most once"));
  CHECK(has(content(here / "store-payment-without-inbox-duplicate.run.counterexample"), "faults.1.budget=0"));
  const Ran other = flowtank(here, "replay store-payment-without-inbox-duplicate.run.2.counterexample");
  CHECK(has(other.out, "FAIL      every order is paid"));
}

TEST_CASE("program.time_ends_a_campaign_within_its_first_run") {
  const Folder here;
  for (const char* strategy : {"random", "timed"}) {
    const Ran ran = flowtank(here, "check " + good + " --strategy " + strategy + " --time 300ms --no-save --set check.clients.shoppers=30000 --set clients.shoppers.count=1000000 --set run.horizon_s=1000000", "timeout 120");
    CHECK(ran.exit == 4);
    CHECK(has(ran.out, "out of time"));
    CHECK(has(ran.out, "INCONCLUSIVE"));
  }
}

TEST_CASE("program.a_sweep_samples_every_row_where_a_strategy_is_given") {
  const Folder here;
  const Ran ran = flowtank(here, "check " + naive + " --sweep services.payment.with.consume=naive,inbox --strategy random --runs 200 --no-save");
  CHECK(has(ran.out, "2 campaigns"));
  CHECK(has(ran.out, "200"));
  CHECK(has(ran.out, "FAIL"));
  const Ran refused = flowtank(here, "check " + naive + " --sweep services.payment.with.consume=naive,inbox --strategy random --campaign a");
  CHECK(refused.exit == 2);
}

TEST_CASE("program.mistakes_about_campaigns_are_answered") {
  const Folder here;
  put(here / "not.campaign", "hello\n");
  const std::pair<std::string, const char*> cases[] = {
      {"check x.json --strategy randon", "\"random\""},
      {"check x.json --runs 10", "--strategy random"},
      {"check x.json --seed 10", "--strategy random"},
      {"check x.json --strategy random --runs none", "whole number"},
      {"check x.json --strategy random --shard 4/4", "counted from 0"},
      {"check x.json --strategy pct --bug-depth 0", "from 1"},
      {"check --resume a.campaign --runs 10", "as it was begun"},
      {"check --resume a.campaign", "cannot be read"},
      {"check --resume not.campaign", "no campaign file"},
      {"merge", "needs campaign files"},
      {"merge a.campaign", "cannot be read"},
      {"check " + good + " --strategy guided --shard 0/3", "2, 4, 8 or 16"},
  };
  for (const auto& [arguments, hint] : cases) {
    const Ran ran = flowtank(here, arguments);
    CHECK(ran.exit == 2);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, hint));
  }
}

}  // namespace
}  // namespace flowtank
