// SPDX-License-Identifier: Apache-2.0
// Reference pages are current, examples of properties load, and the JSON Schema knows every kind and parameter.
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/built_in_faults.hpp>
#include <reports/reference.hpp>
#include <sim/property/property_kinds.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/fault_kinds.hpp>

namespace flowtank {
namespace {

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::string schema = FLOWTANK_SOURCE_DIR "/scenarios/schema/scenario.schema.json";

// The tables that examples speak of, in two services.
const std::string order_model = R"json({ "flowtank": 1,
  "commands": { "PlaceOrder": { "key": "order_id", "fields": { "order_id": "string", "amount_cents": "int" } } },
  "events": { "OrderPlaced": { "channel": "orders", "key": "order_id", "fields": { "order_id": "string", "amount_cents": "int" } } },
  "tables": { "orders": { "key": "order_id", "columns": { "order_id": "string", "status": "string", "amount_cents": "int" } } },
  "handlers": { "place": { "on": "PlaceOrder", "steps": [ { "publish": "OrderPlaced", "data": { "order_id": "=command.data.order_id", "amount_cents": 1 } } ] } } })json";
const std::string payment_model = R"json({ "flowtank": 1,
  "events": { "OrderPlaced": { "channel": "orders", "key": "order_id", "fields": { "order_id": "string", "amount_cents": "int" } } },
  "effects": { "charge": {} },
  "tables": { "payments": { "key": "order_id", "columns": { "order_id": "string" } } },
  "handlers": { "pay": { "on": "OrderPlaced", "steps": [ { "effect": "charge", "key": "=event.data.order_id" } ] } } })json";
const std::string readmodel_model = R"json({ "flowtank": 1,
  "events": { "OrderPlaced": { "channel": "orders", "key": "order_id", "fields": { "order_id": "string", "amount_cents": "int" } } },
  "commands": { "GetOrderStatus": { "key": "order_id", "fields": { "order_id": "string" } } },
  "tables": { "statuses": { "key": "order_id", "columns": { "order_id": "string", "status": "string" } } },
  "handlers": { "project": { "on": "OrderPlaced", "steps": [ { "insert": "statuses", "row": { "order_id": "=event.data.order_id", "status": "placed" }, "on_conflict": "ignore" } ] },
                "status": { "on": "GetOrderStatus", "steps": [ { "reply": 1 } ] } } })json";

Diagnostics problems_with(const std::string& property) {
  const std::map<std::string, std::string> files{
      {"order.json", order_model}, {"payment.json", payment_model}, {"readmodel.json", readmodel_model},
      {"s.json", R"json({ "flowtank": 1, "title": "t", "brokers": { "bus": { "kind": "ideal", "channels": { "orders": {} } } },
         "services": { "order": { "use": "order" }, "payment": { "use": "payment" }, "readmodel": { "use": "readmodel" } },
         "clients": { "shoppers": { "sends": "PlaceOrder", "to": "order", "count": 1, "arrivals": { "every_ms": 1 },
                                    "data": { "order_id": "o", "amount_cents": 1 } } },
         "properties": [ )json" + property + " ] }"}};
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  load_scenario("s.json", options, diagnostics);
  return diagnostics;
}

bool is_session_kind(PropertyKind kind) { return kind > PropertyKind::confluent; }

}  // namespace

TEST_CASE("reference.pages_are_current") {
  for (const reports::Topic topic : reports::all_topics) {
    const std::string file = fmt::format("{}/scenarios/reference/{}", FLOWTANK_SOURCE_DIR, page_of(topic));
    const std::string page = reports::reference_page(topic, shipped_brokers());
    if (std::getenv("FLOWTANK_APPROVE") != nullptr) {
      std::ofstream out(file, std::ios::binary);
      out << page;
    }
    INFO(file << " is stale: flowtank explain --markdown " << to_text(topic) << " > " << file);
    CHECK((text_of(file) == page));
  }
}

TEST_CASE("reference.every_entry_can_be_explained") {
  for (const reports::Topic topic : reports::all_topics) {
    for (const std::string& name : reports::names_of(topic, shipped_brokers())) {
      const auto text = reports::explanation(topic, name, shipped_brokers());
      INFO(name);
      REQUIRE(text);
      CHECK(text->starts_with(std::string(to_text(topic)) + " " + name));
    }
    CHECK_FALSE(reports::explanation(topic, "nothing of the kind", shipped_brokers()));
  }
}

TEST_CASE("reference.a_number_of_the_catalogue_finds_its_entries") {
  const auto explained = [](reports::Topic topic, std::string_view number) { return reports::explanation(topic, number, shipped_brokers()).value_or(""); };
  CHECK(explained(reports::Topic::fault, "F37").find("fault rewind") == 0);
  CHECK(explained(reports::Topic::property, "P28").find("property legal_transitions") != std::string::npos);
  CHECK(explained(reports::Topic::property, "P2").empty());
  CHECK(explained(reports::Topic::property, "").empty());
}

TEST_CASE("reference.faults_that_are_built_in_name_scenarios_that_are_there") {
  for (const reports::BuiltInFault& fault : reports::built_in_faults()) {
    INFO(fault.name);
    const auto text = reports::explanation(reports::Topic::fault, fault.catalogue, shipped_brokers());
    REQUIRE(text);
    CHECK(text->find("fault " + std::string(fault.name)) != std::string::npos);
    CHECK(find_fault_kind(fault.name) == nullptr);
    for (const std::string_view part : {fault.summary, fault.shown, fault.source}) CHECK_FALSE(part.empty());
    std::istringstream names{std::string(fault.scenarios)};
    for (std::string name; names >> name;) {
      INFO(name);
      CHECK_FALSE(text_of(fmt::format("{}/scenarios/{}.json", FLOWTANK_SOURCE_DIR, name)).empty());
    }
  }
}

TEST_CASE("reference.examples_of_properties_load") {
  for (const PropertyKindInfo& info : property_kinds()) {
    if (is_session_kind(info.kind)) continue;  // they need a client with a script
    const Diagnostics diagnostics = problems_with(std::string(info.example));
    INFO(info.name << ": " << info.example);
    for (const Diagnostic& d : diagnostics.all()) {
      if (d.severity == Severity::error) FAIL_CHECK(d.message << " | " << d.hint);
    }
  }
}

TEST_CASE("reference.a_wrong_parameter_is_refused") {
  const char* wrong[] = {
      R"({"name": "p", "use": "dlq_empty", "at_most": -1})",
      R"({"name": "p", "use": "bounded_queue"})",
      R"({"name": "p", "use": "dedup_window"})",
      R"({"name": "p", "use": "replay_is_silent"})",
      R"({"name": "p", "use": "replay_is_silent", "handlers": ["order.nothing"]})",
      R"({"name": "p", "use": "failure_isolation", "for": "o in order.orders", "until": "true", "share": 1.5})",
      R"({"name": "p", "use": "not_stuck", "for": "o in order.orders", "until": "true", "after_faults_s": 1})",
      R"({"name": "p", "use": "confluent", "tables": ["order.orders"], "ignore": ["order.orders.colour"]})",
      R"({"name": "p", "use": "nothing_dropped", "allowed": ["forgotten"]})",
      R"({"name": "p", "use": "converges", "left": "order.orders", "right": "payment.payments"})",
      R"({"name": "p", "use": "per_key_order", "within_s": 1})",
  };
  for (const char* property : wrong) {
    INFO(property);
    CHECK_FALSE(problems_with(property).ok());
  }
}

TEST_CASE("reference.the_schema_knows_every_kind_and_parameter") {
  const std::string text = text_of(schema);
  for (const PropertyKindInfo& info : property_kinds()) {
    INFO(info.name);
    CHECK(text.find('"' + std::string(info.name) + '"') != std::string::npos);
    for (const PropertyParameter& parameter : info.parameters) {
      const std::string name(parameter.name);
      INFO(name);
      const std::string key = parameter.type == "time" ? name + "_ms" : name;
      CHECK(text.find('"' + key + "\":") != std::string::npos);
    }
  }
}

TEST_CASE("reference.entries_say_everything") {
  for (const PropertyKindInfo& info : property_kinds()) {
    INFO(info.name);
    for (const std::string_view part : {info.summary, info.definition, info.proved, info.evidence, info.vacuous, info.source, info.example}) {
      CHECK_FALSE(part.empty());
    }
  }
}

}  // namespace flowtank
