// SPDX-License-Identifier: Apache-2.0
// A scene of four services, given as texts, for properties whose observations only real runs make: a source that
// publishes Made for every command Do, a middle that answers Made with Told, a sink and a mirror that take both.
// A test says what the steps of their handlers are, which faults there are, and what must hold.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank::testing {

struct Scene {
  std::string source = R"json({ "publish": "Made", "data": { "id": "=command.data.id", "n": "=command.data.n" } })json";
  std::string middle;                       // steps for Made; empty: no middle
  std::string made = R"json({ "insert": "seen", "row": { "id": "=event.data.id", "n": "=event.data.n" }, "on_conflict": "update" })json";
  std::string told = R"json({ "insert": "told", "row": { "id": "=event.data.id" }, "on_conflict": "ignore" })json";
  std::string handler;                      // more keys of the handler of Made: "retry": ...
  bool mirror = false;                      // a second service like the sink
  std::string id = "'k'";                   // of the n-th command
  int count = 2;
  std::string faults;                       // entries
  std::string arrivals = R"json({ "every_ms": 100 })json";
};

inline std::map<std::string, std::string> files_of(const Scene& scene, const std::string& property) {
  const std::string made = R"json("Made": { "channel": "things", "key": "id", "fields": { "id": "string", "n": "int" } })json";
  const std::string told = R"json("Told": { "channel": "others", "key": "id", "fields": { "id": "string" } })json";
  std::map<std::string, std::string> files;
  files["source.json"] = R"json({ "flowtank": 1, "commands": { "Do": { "key": "id", "fields": { "id": "string", "n": "int" } } },
    "events": { )json" + made + R"json( }, "handlers": { "do": { "on": "Do", "steps": [ )json" + scene.source + " ] } } }";
  files["middle.json"] = R"json({ "flowtank": 1, "events": { )json" + made + ", " + told + R"json( },
    "handlers": { "pass on": { "on": "Made", "steps": [ )json" + scene.middle + " ] } } }";
  const std::string on_told = scene.middle.empty() ? "" : R"json(, "told": { "on": "Told", "steps": [ )json" + scene.told + " ] }";
  files["sink.json"] = R"json({ "flowtank": 1, "events": { )json" + made + (scene.middle.empty() ? "" : ", " + told) + R"json( }, "effects": { "wave": {} },
    "tables": { "seen": { "key": "id", "columns": { "id": "string", "n": "int" } }, "told": { "key": "id", "columns": { "id": "string" } } },
    "handlers": { "made": { "on": "Made", )json" + scene.handler + R"json( "steps": [ )json" + scene.made + " ] }" + on_told + " } }";
  files["s.json"] = R"json({ "flowtank": 1, "title": "t", "brokers": { "bus": { "kind": "ideal", "channels": { "things": {}, "others": {} } } },
    "services": { "source": { "use": "source" }, "sink": { "use": "sink" })json" +
                    std::string(scene.middle.empty() ? "" : R"json(, "middle": { "use": "middle" })json") +
                    (scene.mirror ? R"json(, "mirror": { "use": "sink" })json" : "") + R"json( },
    "clients": { "c": { "sends": "Do", "to": "source", "count": )json" + std::to_string(scene.count) + R"json(, "arrivals": )json" + scene.arrivals +
                    R"json(, "data": { "id": "=)json" + scene.id + R"json(", "n": "=n" } } },
    "faults": [ )json" + scene.faults + R"json( ], "properties": [ )json" + property + R"json( ],
    "run": { "seed": 1, "horizon_s": 60 }, "check": { "states": 200000 } })json";
  return files;
}

// What one driver says of the property of a scene.
inline Verdict judge(const Scene& scene, const std::string& property, Driver driver) {
  const auto files = files_of(scene, property);
  LoadOptions options;
  options.files = &files;
  options.purpose = driver == Driver::run ? LoadPurpose::run : LoadPurpose::check;
  Diagnostics diagnostics;
  const auto scenario = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.message + " | " + d.hint);
  REQUIRE(scenario);
  const auto result = driver == Driver::run ? run_scenario(*scenario, shipped_brokers(), {}, diagnostics)
                                            : check_scenario(*scenario, shipped_brokers(), {}, diagnostics);
  REQUIRE(result);
  CHECK(result->our_fault == "");
  return result->properties.at(0).verdict;
}

}  // namespace flowtank::testing
