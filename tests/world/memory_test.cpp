// SPDX-License-Identifier: Apache-2.0
// What a process keeps in memory is gone after a crash, also when the crash comes while it has nothing to do.
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

#include "tests/world/all_states.hpp"

namespace flowtank {
namespace {

const std::string model = R"json({
  "flowtank": 1, "name": "m",
  "commands": { "Go": { "key": "id", "fields": { "id": "string" } } },
  "tables": {
    "memory": { "key": "id", "columns": { "id": "string" }, "durable": false },
    "disk": { "key": "id", "columns": { "id": "string" } } },
  "handlers": { "go": { "on": "Go", "steps": [
    { "insert": "memory", "row": { "id": "=command.data.id" } }, { "insert": "disk", "row": { "id": "=command.data.id" } } ] } } })json";

std::string scenario(int instances) {
  return R"json({ "flowtank": 1, "title": "t", "services": { "s": { "use": "m", "instances": )json" + std::to_string(instances) +
         R"json( } }, "clients": { "u": { "sends": "Go", "to": "s", "count": 1, "data": { "id": "x" } } },
    "faults": [ { "name": "crash", "kind": "crash", "at": "any_step", "budget": 1, "nth": 1 } ] })json";
}

TEST_CASE("world.a_crash_of_an_idle_instance_loses_its_memory") {
  const std::map<std::string, std::string> files = {{"s.json", scenario(1)}, {"m.json", model}};
  LoadOptions options;
  options.files = &files;
  options.purpose = LoadPurpose::check;
  Diagnostics diagnostics;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  REQUIRE(loaded.has_value());
  World world(*loaded->system, create_brokers(*loaded->system, shipped_brokers(), diagnostics), Mode::explore);
  std::set<std::pair<bool, bool>> ends;  // in memory, on disk
  test::visit_all_states(world, [&](const std::vector<Action>&) {
    if (world.quiescent()) ends.emplace(world.store().size(0) == 1, world.store().size(1) == 1);
    return true;
  });
  CHECK(ends == std::set<std::pair<bool, bool>>{{true, true}, {false, true}, {false, false}});
}

TEST_CASE("world.memory_of_several_instances_is_refused_in_words") {
  const std::map<std::string, std::string> files = {{"s.json", scenario(2)}, {"m.json", model}};
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  CHECK_FALSE(load_scenario("s.json", options, diagnostics).has_value());
  REQUIRE(diagnostics.errors() == 1);
  CHECK(diagnostics.all()[0].code == "FT-RUN-007");
}

TEST_CASE("world.a_clock_under_exploration_is_refused_in_words") {
  const std::string clock = R"json({
    "flowtank": 1, "name": "m", "commands": { "Go": { "key": "id", "fields": { "id": "string" } } },
    "tables": { "memory": { "key": "id", "columns": { "id": "string" } }, "disk": { "key": "id", "columns": { "id": "string" } } },
    "handlers": { "go": { "on": "Go", "steps": [
      { "if": "now > duration('1s')", "then": [ { "insert": "disk", "row": { "id": "=command.data.id" } } ] } ] } } })json";
  const std::map<std::string, std::string> files = {{"s.json", scenario(1)}, {"m.json", clock}};
  LoadOptions options;
  options.files = &files;
  Diagnostics for_run;
  CHECK(load_scenario("s.json", options, for_run).has_value());
  options.purpose = LoadPurpose::check;
  Diagnostics diagnostics;
  CHECK_FALSE(load_scenario("s.json", options, diagnostics).has_value());
  REQUIRE(diagnostics.errors() == 1);
  CHECK(diagnostics.all()[0].code == "FT-RUN-008");
}

}  // namespace
}  // namespace flowtank
