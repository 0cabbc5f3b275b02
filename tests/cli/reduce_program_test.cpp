// SPDX-License-Identifier: Apache-2.0
// The options of check that change how it searches and not what it finds: --reduce and --threads.
#include <catch2/catch.hpp>

#include <string>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

// A report without what threads may change: time and memory.
std::string figures(const std::string& file) {
  std::istringstream lines(content(file));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!has(line, "seconds") && !has(line, "bytes")) kept += line + "\n";
  }
  return kept;
}

TEST_CASE("program.check_says_that_it_is_reduced_and_gives_the_same_verdicts") {
  const Folder here;
  const std::string all = "check '" + scenarios + "store-all-patterns-crash-duplicate.json' --no-save";
  const Ran plain = flowtank(here, all);
  CHECK(plain.exit == 0);
  CHECK(has(plain.out, "without reduction"));
  const Ran reduced = flowtank(here, all + " --reduce steps --report json=r.json");
  CHECK(reduced.exit == 0);
  CHECK(has(reduced.out, "reduced: steps that"));
  CHECK(has(reduced.out, "4 of 4 expectations met."));
  CHECK(has(content(here / "r.json"), "\"reduction\": \"steps that nobody else can notice taken at once\""));
}

TEST_CASE("program.check_by_runs_has_fewer_states_and_says_what_it_left_out_or_why_it_could_not") {
  const Folder here;
  const std::string all = "check '" + scenarios + "store-all-patterns-crash-duplicate.json' --no-save --reduce runs";
  const Ran reduced = flowtank(here, all + " --report json=r.json");
  CHECK(reduced.exit == 0);
  CHECK(has(reduced.out, "4 of 4 expectations met."));
  CHECK(has(content(here / "r.json"), "\"reduction\": \"steps that nobody else can notice taken at once, runs that nobody can meet go on alone\""));
  // A property that listens to deliveries: the runs of services are not reordered.
  const Ran listening = flowtank(here, "check '" + scenarios + "faults/poison.json' --no-save --reduce runs --report json=l.json");
  CHECK(listening.exit == 0);
  CHECK(has(content(here / "l.json"), "not by runs: the property"));
  const Ran lasting = flowtank(here, "check '" + scenarios + "faults/partition.json' --no-save --reduce runs");
  CHECK(has(lasting.out, "not reduced: the fault"));
}

TEST_CASE("program.a_reduced_check_tells_the_same_shortest_story") {
  const Folder here;
  const std::string crash = "check '" + scenarios + "store-payment-without-inbox-crash.json' --no-save";
  const Ran reduced = flowtank(here, crash + " --reduce steps");
  CHECK(reduced.exit == 0);
  CHECK(has(reduced.out, "A shortest counterexample: 12 actions"));
  // And what nobody expects fails still.
  const Ran failing = flowtank(here, "check '" + scenarios + "store-all-patterns-crash-duplicate.json' --no-save --reduce steps --threads 2 "
                                     "--set services.payment.with.consume=naive");
  CHECK(failing.exit == 1);
}

TEST_CASE("program.threads_change_no_figure_of_a_check") {
  const Folder here;
  const std::string all = "check '" + scenarios + "store-all-patterns.json' --no-save";
  const Ran one = flowtank(here, all + " --report json=one.json");
  const Ran two = flowtank(here, all + " --threads 2 --report json=two.json");
  CHECK(one.exit == two.exit);
  CHECK(figures(here / "one.json") == figures(here / "two.json"));
}

TEST_CASE("program.an_exploration_of_all_orders_is_not_cut_into_shards_and_says_what_to_do_instead") {
  const Folder here;
  const Ran ran = flowtank(here, "check '" + scenarios + "store-all-patterns.json' --shard 0/2");
  CHECK(ran.exit == 2);
  CHECK(has(ran.err, "an exploration of all orders cannot be cut into shards"));
  CHECK(has(ran.err, "--threads"));
}

TEST_CASE("program.an_unknown_reduction_is_answered_with_those_there_are") {
  const Folder here;
  const Ran ran = flowtank(here, "check '" + scenarios + "store-all-patterns.json' --reduce all");
  CHECK(ran.exit == 2);
  CHECK(has(ran.err, "none, steps, runs"));
}

}  // namespace
}  // namespace flowtank
