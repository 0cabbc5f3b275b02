// SPDX-License-Identifier: Apache-2.0
// Pairs of messages that commute, conflict, commute after a retry, or never meet. The shipping service is the textbook case of
// two channels; the taker's variants are planted: last write wins, a counter, a list, the first one wins.
#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <reports/family_text.hpp>
#include <sim/family/commute.hpp>
#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>

namespace flowtank::family {
namespace {

const std::string notes = FLOWTANK_SOURCE_DIR "/tests/family/data/notes.json";
const std::string parcels = FLOWTANK_SOURCE_DIR "/tests/family/data/parcels.json";
const std::string store = FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json";

struct Asked {
  Scenario scenario;
  CommuteReport report;
};

Asked ask(const std::string& file, std::vector<std::string> overrides, FamilyOptions options = {}) {
  Diagnostics diagnostics;
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = overrides;
  load.model_path = {FLOWTANK_SOURCE_DIR "/models/services"};
  auto scenario = load_scenario(file, load, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " " + d.hint);
  REQUIRE(scenario);
  options.overrides = std::move(overrides);
  auto report = check_commute(*scenario, shipped_brokers(), options, diagnostics);
  REQUIRE(report);
  UNSCOPED_INFO(reports::commute_text(*scenario, *report, {}, {}));
  return {std::move(*scenario), std::move(*report)};
}

const PairReport& pair(const CommuteReport& report, const std::string& service, const std::string& a, const std::string& b) {
  for (const CommuteReport::Service& s : report.services) {
    if (s.name != service) continue;
    const auto at = [&](const std::string& name) {
      const auto found = std::find(s.inputs.begin(), s.inputs.end(), name);
      REQUIRE(found != s.inputs.end());
      return static_cast<std::size_t>(found - s.inputs.begin());
    };
    return s.pair(at(a), at(b));
  }
  FAIL("no service " + service);
  return report.services.front().pairs.front();
}

PairVerdict notes_of(const std::string& does, bool any_order = true, std::vector<std::string> more = {}) {
  FamilyOptions options;
  options.any_order = any_order;
  options.system_form = false;
  more.push_back("services.taker.with.does=" + does);
  more.emplace_back("clients.people.count=2");
  return pair(ask(notes, more, options).report, "taker", "Noted", "Noted").verdict;
}

}  // namespace

TEST_CASE("commute.events_of_two_channels_conflict_when_the_early_one_is_ignored") {
  const Asked ignored = ask(parcels, {"services.shipping.with.early=ignored"});
  const PairReport& found = pair(ignored.report, "shipping", "OrderPlaced", "PaymentCompleted");
  CHECK(found.verdict == PairVerdict::conflict);
  REQUIRE(found.conflict);
  CHECK(found.conflict->same_key);
  CHECK(ignored.report.exit() == 1);
  CHECK(ignored.report.ends->different == 2);
  const std::vector<std::string>& good = found.conflict->first_then_second;
  REQUIRE(good.size() == 1);
  CHECK(good.front() == "row shipping.parcels o-1: {placed: true, paid: true, shipped: true}");
  REQUIRE(found.conflict->second_then_first.size() == 1);
  CHECK(found.conflict->second_then_first.front() == "row shipping.parcels o-1: {placed: true, paid: false, shipped: false}");
}

TEST_CASE("commute.events_of_two_channels_commute_when_the_early_one_is_kept") {
  const Asked kept = ask(parcels, {"services.shipping.with.early=kept"});
  CHECK(pair(kept.report, "shipping", "OrderPlaced", "PaymentCompleted").verdict == PairVerdict::commute);
  CHECK(kept.report.exit() == 0);
  CHECK(kept.report.ends->different == 1);
}

TEST_CASE("commute.what_a_broker_keeps_in_order_is_not_compared") {
  CHECK(notes_of("set", false) == PairVerdict::vacuous);
  CHECK(notes_of("set", true) == PairVerdict::conflict);
}

TEST_CASE("commute.variants_of_one_handler_are_told_apart") {
  CHECK(notes_of("counter") == PairVerdict::commute);
  CHECK(notes_of("inbox") == PairVerdict::commute);
  CHECK(notes_of("toggle") == PairVerdict::commute);
  CHECK(notes_of("set_if_newer") == PairVerdict::commute);
  CHECK(notes_of("effect") == PairVerdict::commute);
  CHECK(notes_of("append") == PairVerdict::conflict);
  CHECK(notes_of("first_wins") == PairVerdict::conflict);
}

TEST_CASE("commute.different_keys_commute_even_where_one_key_conflicts") {
  CHECK(notes_of("set", false, {"clients.people.data.item=='i-' + string(n)"}) == PairVerdict::commute);
  CHECK(notes_of("append", false, {"clients.people.data.item=='i-' + string(n)"}) == PairVerdict::commute);
  CHECK(notes_of("row_each", false, {"clients.people.data.item=='i-' + string(n)"}) == PairVerdict::conflict);  // numbered by the size of a table
}

TEST_CASE("commute.the_store_commutes") {
  const Asked asked = ask(store, {"check.clients.shoppers=2"});
  CHECK(pair(asked.report, "order", "PlaceOrder", "PaymentCompleted").verdict == PairVerdict::commute);
  CHECK(pair(asked.report, "payment", "OrderPlaced", "OrderPlaced").verdict == PairVerdict::commute);
  CHECK(pair(asked.report, "order", "UpdateOrderStatus", "PlaceOrder").verdict == PairVerdict::vacuous);
  CHECK(asked.report.exit() == 0);
  CHECK(asked.report.ends->different == 1);
}

TEST_CASE("commute.the_way_to_a_conflict_replays") {
  const Asked asked = ask(parcels, {"services.shipping.with.early=ignored"});
  const PairReport& found = pair(asked.report, "shipping", "OrderPlaced", "PaymentCompleted");
  REQUIRE(found.conflict);
  Diagnostics diagnostics;
  auto world = make_world(*asked.scenario.system, shipped_brokers(), Mode::explore, 1, diagnostics);
  REQUIRE(world);
  CHECK(replay_strictly(*world, found.conflict->log.actions).complete);
}

TEST_CASE("commute.a_limit_is_inconclusive") {
  FamilyOptions options;
  options.states = 3;
  CHECK(ask(store, {}, options).report.exit() == 4);
}

}  // namespace flowtank::family
