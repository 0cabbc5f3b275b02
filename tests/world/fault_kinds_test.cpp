// SPDX-License-Identifier: Apache-2.0
// The table of the kinds of faults: complete, what the loader accepts, and shown by two scenarios each, one where it
// bites and one where it does not.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/fault_kinds.hpp>

namespace flowtank {
namespace {

const std::string folder = std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/faults/";

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A fault of the broker itself is shown once a shipped product can show it.
bool can_be_shown(FaultKind kind) {
  if (!is_broker_fault(kind)) return true;
  for (const BrokerKind& broker : shipped_brokers()) {
    for (const FaultKind shown : broker.faults) {
      if (shown == kind) return true;
    }
  }
  return false;
}

std::map<std::string, std::string> files_around(const std::string& scenario) {
  std::map<std::string, std::string> files = {{folder + "text.json", scenario}};
  for (const auto& entry : std::filesystem::directory_iterator(FLOWTANK_SOURCE_DIR "/models/services")) files[entry.path().string()] = text_of(entry.path().string());
  return files;
}

Diagnostics load(const std::string& fault) {
  const std::string scenario = R"json({ "flowtank": 1, "title": "t",
    "brokers": { "bus": { "kind": "ideal", "channels": { "orders": {}, "payments": {}, "order-status": {} } } },
    "services": { "order": { "use": "order", "with": { "announce": true } }, "payment": { "use": "payment" },
      "reservation": { "use": "reservation" }, "profile": { "use": "profile", "instances": 2 } },
    "clients": { "shoppers": { "sends": "PlaceOrder", "to": "order", "count": 1, "data": { "order_id": "o", "amount_cents": 1 } } },
    "faults": [ )json" + fault + " ] }";
  const auto files = files_around(scenario);
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  const auto loaded = load_scenario(folder + "text.json", options, diagnostics);
  if (loaded) check_broker_faults(*loaded, shipped_brokers(), diagnostics);
  return diagnostics;
}

std::string problem(const std::string& fault) {
  const Diagnostics found = load(fault);
  for (const Diagnostic& d : found.all()) {
    if (d.severity == Severity::error) return d.code + " " + d.message + " | " + d.hint;
  }
  return "";
}

TEST_CASE("fault_kinds.every_kind_has_an_entry_that_says_everything") {
  REQUIRE(fault_kinds().size() == fault_kind_count);
  std::set<std::string_view> names;
  for (const FaultKindInfo& info : fault_kinds()) {
    INFO(info.name);
    CHECK(names.insert(info.name).second);
    CHECK(find_fault_kind(info.name) == &info);
    CHECK(info.catalogue.starts_with("F"));
    for (const std::string_view text : {info.noun, info.plural, info.summary, info.detail, info.source, info.example}) CHECK(!text.empty());
    CHECK(info.summary.ends_with("."));
    for (const FaultParameter& parameter : info.parameters) {
      INFO(parameter.name);
      CHECK(!parameter.type.empty());
      CHECK(!parameter.otherwise.empty());
      CHECK(parameter.meaning.ends_with("."));
    }
  }
}

TEST_CASE("fault_kinds.every_kind_bites_in_one_scenario_and_not_in_its_control") {
  std::map<std::string, std::set<std::string>> bites, controls;  // kind -> files
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string text = text_of(entry.path().string());
    const std::string stem = entry.path().stem().string();
    const bool control = stem.ends_with("-control");
    if (!control) CHECK(text.find("\"FAIL\"") != std::string::npos);
    for (const FaultKindInfo& info : fault_kinds()) {
      if (text.find("\"kind\": \"" + std::string(info.name) + "\"") == std::string::npos) continue;
      (control ? controls : bites)[std::string(info.name)].insert(control ? stem.substr(0, stem.size() - 8) : stem);
    }
  }
  for (const FaultKindInfo& info : fault_kinds()) {
    INFO(info.name);
    if (!can_be_shown(info.kind)) continue;
    bool both = false;
    for (const std::string& file : bites[std::string(info.name)]) both = both || controls[std::string(info.name)].count(file) != 0;
    CHECK(both);
  }
}

TEST_CASE("fault_kinds.the_loader_takes_every_example_and_every_parameter") {
  for (const FaultKindInfo& info : fault_kinds()) {
    INFO(info.name);
    if (is_broker_fault(info.kind)) continue;
    CHECK(problem(std::string(info.example)) == "");
  }
}

TEST_CASE("fault_kinds.the_schema_knows_every_kind_and_parameter") {
  const std::string schema = text_of(std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/schema/scenario.schema.json");
  const std::string fault = schema.substr(schema.find("\"faultPlace\":"));
  for (const FaultKindInfo& info : fault_kinds()) {
    INFO(info.name);
    CHECK(fault.find("\"" + std::string(info.name) + "\"") != std::string::npos);
    for (const FaultParameter& parameter : info.parameters) {
      INFO(parameter.name);
      CHECK(fault.find("\"" + std::string(parameter.name) + (parameter.type == "time" ? "_ms" : "") + "\"") != std::string::npos);
    }
  }
}

TEST_CASE("fault_kinds.what_a_kind_does_not_look_at_is_refused") {
  CHECK(problem(R"({ "kind": "loss", "versions": 2 })").starts_with("FT-KEY-001 unknown key \"versions\""));
  CHECK(problem(R"({ "kind": "loss", "on": { "timer": "expire" } })").starts_with("FT-KEY-001 unknown key \"timer\""));
  CHECK(problem(R"({ "kind": "pause", "nth": 2 })").starts_with("FT-KEY-003 the kind \"pause\" is not counted"));
  CHECK(problem(R"({ "kind": "poison", "probability": 0.5 })").starts_with("FT-KEY-003"));
  CHECK(problem(R"({ "kind": "loss", "nth": 2, "probability": 0.5 })").starts_with("FT-KEY-003"));
  CHECK(problem(R"({ "kind": "throttle" })").starts_with("FT-KEY-002 the key \"rate_per_s\" is missing"));
  CHECK(problem(R"({ "kind": "partition", "between": ["pament"] })").find("Did you mean \"payment\"") != std::string::npos);
  CHECK(problem(R"({ "kind": "crash", "on": { "service": "payment" }, "at": "after_comit" })").find("after_commit") != std::string::npos);
  CHECK(problem(R"({ "kind": "wrong_key", "on": { "event": "OrderPlaced" }, "key": "field", "field": "amount" })").find("amount_cents") != std::string::npos);
  CHECK(problem(R"({ "kind": "clock", "offset": "soon" })").starts_with("FT-RANGE-005"));
  CHECK(problem(R"({ "kind": "clock", "on": { "service": "profile", "instance": 3 } })").starts_with("FT-RANGE-004"));
  CHECK(problem(R"({ "kind": "crash", "after": { "event": "OrderPlaced", "handled_by": "nobody" } })").starts_with("FT-REF-003"));
  CHECK(problem(R"({ "kind": "timer_twice", "on": { "timer": "expired" } })").find("expire") != std::string::npos);
}

TEST_CASE("fault_kinds.a_broker_that_cannot_show_a_fault_says_so") {
  CHECK(problem(R"({ "kind": "failover", "on": { "broker": "bus" }, "from_s": 1 })").starts_with("FT-RUN-009 a broker of kind \"ideal\" cannot show a failover"));
}

}  // namespace
}  // namespace flowtank
