// SPDX-License-Identifier: Apache-2.0
// A timer that no handler starts on: lint warns of it, and it fires without effect in every kind of run.
#include <catch2/catch.hpp>

#include <map>

#include <models/brokers/registry.hpp>
#include <sim/check/campaign_check.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/family/commute.hpp>

namespace flowtank {
namespace {

const std::map<std::string, std::string> files{
    {"s.json", R"json({ "flowtank": 1, "title": "t", "brokers": { "bus": { "kind": "ideal", "channels": { "things": {} } } },
       "services": { "a": { "use": "m" } },
       "clients": { "users": { "sends": "Do", "to": "a", "count": 2, "data": { "id": "='d-' + string(n)" } } },
       "properties": [ { "name": "done at most once", "for": "t in a.things", "always": "t.n <= 1" } ] })json"},
    {"m.json", R"json({ "flowtank": 1,
       "commands": { "Do": { "key": "id", "fields": { "id": "string" } } },
       "tables": { "things": { "key": "id", "columns": { "id": "string", "n": "int" } } },
       "timers": { "deaf": { "length_ms": 5 } },
       "handlers": { "do": { "on": "Do", "steps": [ { "timer": "deaf", "key": "=command.data.id", "after_ms": 5 },
                                                    { "insert": "things", "row": { "id": "=command.data.id", "n": 1 } } ] } } })json"}};

Scenario loaded(LoadPurpose purpose) {
  LoadOptions load;
  load.files = &files;
  load.purpose = purpose;
  Diagnostics diagnostics;
  auto scenario = load_scenario("s.json", load, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.message);
  REQUIRE(scenario);
  return *scenario;
}

TEST_CASE("deaf_timer.fires_and_starts_nothing") {
  Diagnostics diagnostics;
  const auto checked = check_scenario(loaded(LoadPurpose::check), shipped_brokers(), {}, diagnostics);
  REQUIRE(checked);
  CHECK(checked->properties.at(0).verdict.kind == VerdictKind::pass);
  const auto ran = run_scenario(loaded(LoadPurpose::run), shipped_brokers(), {}, diagnostics);
  REQUIRE(ran);
  CHECK(ran->properties.at(0).verdict.kind == VerdictKind::pass);
  CampaignOptions options;
  options.plan.strategy = Strategy::random;
  options.plan.runs = 20;
  const auto sampled = check_by_campaign(loaded(LoadPurpose::check), shipped_brokers(), options, diagnostics);
  REQUIRE(sampled);
  CHECK(sampled->properties.at(0).verdict.kind == VerdictKind::pass);
  CHECK(family::check_commute(loaded(LoadPurpose::check), shipped_brokers(), {}, diagnostics));
  CHECK(diagnostics.ok());
}

}  // namespace
}  // namespace flowtank
