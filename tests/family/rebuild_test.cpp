// SPDX-License-Identifier: Apache-2.0
// Read models that can be built again from their events, and handlers that may be replaced. The naive read model and the naive
// consumers are the planted bugs.
#include <catch2/catch.hpp>

#include <algorithm>

#include <models/brokers/registry.hpp>
#include <reports/family_text.hpp>
#include <sim/family/compare.hpp>
#include <sim/family/rebuild.hpp>

namespace flowtank::family {
namespace {

const std::string view = FLOWTANK_SOURCE_DIR "/tests/family/data/view.json";
const std::string notes = FLOWTANK_SOURCE_DIR "/tests/family/data/notes.json";
const std::string store = FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json";

Scenario load(const std::string& file, const std::vector<std::string>& overrides) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = overrides;
  load.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  auto scenario = load_scenario(file, load, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  return std::move(*scenario);
}

RebuildReport rebuild(const std::string& file, const std::vector<std::string>& overrides, FamilyOptions options = {}) {
  const Scenario scenario = load(file, overrides);
  Diagnostics diagnostics;
  auto report = check_rebuild(scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(report);
  UNSCOPED_INFO(reports::rebuild_text(scenario, *report, {}, {}));
  return std::move(*report);
}

const RebuildReport::Projection& projection(const RebuildReport& report, const std::string& service) {
  for (const RebuildReport::Projection& p : report.projections) {
    if (p.name == service) return p;
  }
  FAIL("no service " + service);
  return report.projections.front();
}

CompareReport compare(const std::string& file, const std::vector<std::string>& base, std::vector<std::string> changes, FamilyOptions options = {}) {
  const Scenario old_scenario = load(file, base);
  changes.insert(changes.begin(), base.begin(), base.end());
  const Scenario new_scenario = load(file, changes);
  Diagnostics diagnostics;
  auto report = compare_scenarios(old_scenario, new_scenario, shipped_brokers(), options, changes, diagnostics);
  REQUIRE(report);
  UNSCOPED_INFO(reports::compare_text(old_scenario, changes, *report, {}, {}));
  return std::move(*report);
}

const std::string duplicate = R"(faults.+={"kind": "duplicate"})";

}  // namespace

TEST_CASE("rebuild.a_versioned_read_model_is_what_its_events_make_of_it") {
  const RebuildReport report = rebuild(view, {"services.view.with.consume=versioned"});
  CHECK(projection(report, "view").verdict == RebuildVerdict::equal);
  CHECK(projection(report, "view").events > 0);
  CHECK(report.exit() == 0);
}

TEST_CASE("rebuild.a_naive_read_model_differs_after_a_late_copy") {
  const RebuildReport report = rebuild(view, {"services.view.with.consume=naive", duplicate});
  const RebuildReport::Projection& found = projection(report, "view");
  CHECK(found.verdict == RebuildVerdict::differs);
  CHECK(report.exit() == 1);
  CHECK(found.live_only.size() == 1);
  CHECK(found.rebuilt_only.size() == 1);
  CHECK(projection(rebuild(view, {"services.view.with.consume=versioned", duplicate}), "view").verdict == RebuildVerdict::equal);
}

TEST_CASE("rebuild.who_writes_without_events_is_no_projection") {
  const RebuildReport report = rebuild(store, {});
  CHECK(projection(report, "order").verdict == RebuildVerdict::no_projection);
  CHECK(projection(report, "order").why == "place");
}

TEST_CASE("rebuild.what_a_rebuild_causes_again_is_counted") {
  CHECK(projection(rebuild(notes, {"services.taker.with.does=effect"}), "taker").effects == 1);
  CHECK(projection(rebuild(notes, {"services.taker.with.does=announce"}), "taker").sent == 1);
  CHECK(projection(rebuild(notes, {"services.taker.with.does=counter"}), "taker").effects == 0);
  CHECK(projection(rebuild(notes, {"services.taker.with.does=counter", duplicate}), "taker").verdict == RebuildVerdict::differs);
  CHECK(projection(rebuild(notes, {"clients.people.count=0"}), "taker").verdict == RebuildVerdict::vacuous);
}

TEST_CASE("compare.the_same_behaviour_has_the_same_outcomes") {
  CHECK(compare(store, {}, {"services.payment.with.consume=business_key"}).exit() == 0);
  CHECK(compare(store, {}, {"services.payment.with.consume=naive"}).exit() == 0);  // no fault shows the difference
}

TEST_CASE("compare.a_fault_shows_the_difference") {
  const CompareReport report = compare(store, {duplicate}, {"services.payment.with.consume=naive"});
  CHECK(report.exit() == 1);
  CHECK(report.old_side.alone == 0);
  CHECK(report.new_side.alone == 1);
  REQUIRE_FALSE(report.new_side.here_only.empty());
  CHECK(report.new_side.here_only.front() == "row payment.charges o-1: {times: 2, amount_cents: 200}");
  CHECK(std::find(report.not_compared.begin(), report.not_compared.end(), "payment.inbox") != report.not_compared.end());
  CHECK_FALSE(report.new_side.log.actions.empty());
}

TEST_CASE("compare.counts_at_their_end_are_inconclusive") {
  const std::vector<std::string> prints{"services.taker.with.does=effect", "clients.people.count=3"};
  const CompareReport report = compare(notes, prints, {duplicate});
  CHECK(report.new_side.alone == 0);
  CHECK(report.new_side.counts_end);
  CHECK(report.exit() == 4);
  CHECK(compare(notes, {"services.taker.with.does=effect", "clients.people.count=2"}, {duplicate}).exit() == 1);
}

TEST_CASE("compare.what_is_ignored_must_be_there_in_one_of_the_two") {
  const Scenario old_scenario = load(store, {}), new_scenario = load(store, {"services.payment.with.consume=naive"});
  const auto problems = [&](const std::string& name) {
    FamilyOptions options;
    options.ignore = {name};
    Diagnostics diagnostics;
    compare_scenarios(old_scenario, new_scenario, shipped_brokers(), options, {}, diagnostics);
    return diagnostics.all().size();
  };
  CHECK(problems("payment.charges.times") == 0);
  CHECK(problems("payment.inbox") == 0);  // only the old one has it
  CHECK(problems("payment.charges.tims") == 1);
}

// How many records a poll brings is nobody's business but the client's (P05).
TEST_CASE("compare.outcomes_do_not_depend_on_batches") {
  const std::string kafka = FLOWTANK_SOURCE_DIR "/scenarios/kafka/manual-commit.json";
  FamilyOptions options;
  options.states = 300'000;
  const CompareReport report = compare(kafka, {"faults=[]"}, {"brokers.bus.max.poll.records=1"}, options);
  CHECK(report.old_side.alone == 0);
  CHECK(report.new_side.alone == 0);
  CHECK(report.exit() == 0);
}

TEST_CASE("compare.a_limit_is_inconclusive") {
  FamilyOptions options;
  options.states = 5;
  CHECK(compare(store, {}, {"services.payment.with.consume=business_key"}, options).exit() == 4);
}

}  // namespace flowtank::family
