// SPDX-License-Identifier: Apache-2.0
// Randomness is keyed by meaning: what is removed from a scenario changes no draw of what stays. Two shops
// that share nothing but the broker run side by side with random latencies, arrivals and faults; then the
// clients, the faults and the services of one are removed in turn, and every record of the other must
// keep its time.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/world/world.hpp>

namespace flowtank {
namespace {

const std::string seller = R"json({
  "flowtank": 1, "name": "seller",
  "options": { "to": { "type": "string", "default": "orders" } },
  "commands": { "Place": { "key": "id", "fields": { "id": "string" } } },
  "events": { "Placed": { "channel": "orders", "key": "id", "fields": { "id": "string" } } },
  "handlers": { "place": { "on": "Place", "steps": [ { "wait": { "exponential_ms": 3 } }, { "publish": "Placed", "data": { "id": "=command.data.id" } } ] } }
})json";
const std::string shipper = R"json({
  "flowtank": 1, "name": "shipper",
  "events": { "Placed": { "channel": "orders", "key": "id", "fields": { "id": "string" } } },
  "tables": { "shipped": { "key": "id", "columns": { "id": "string", "how": "string" } } },
  "handlers": { "ship": { "on": "Placed", "steps": [
    { "choose": "how", "from": ["air", "sea", "land"] },
    { "transaction": [ { "insert": "shipped", "row": { "id": "=event.data.id", "how": "=how" }, "on_conflict": "ignore" } ] } ] } }
})json";

struct Parts {
  bool client_b = true, faults_b = true, services_b = true, faults_a = true;
};

// What happened in shop a: time, kind, step and key of every record of its services.
std::vector<std::string> history_of_a(const Parts& parts) {
  std::string services, clients, faults, channels;
  const auto join = [](std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; };
  for (const char shop : {'b', 'a'}) {
    if (shop == 'b' && !parts.services_b) continue;
    join(channels, fmt::format(R"json("orders_{0}": {{ "latency": {{ "exponential_ms": 20 }} }})json", shop));
    join(services, fmt::format(R"json("seller_{0}": {{ "use": "seller", "channels": {{ "orders": "bus.orders_{0}" }} }},
      "shipper_{0}": {{ "use": "shipper", "channels": {{ "orders": "bus.orders_{0}" }} }})json", shop));
    if (shop == 'a' || parts.client_b) {
      join(clients, fmt::format(R"json("client_{0}": {{ "sends": "Place", "to": "seller_{0}", "count": 30,
        "arrivals": {{ "poisson_per_s": 50 }}, "data": {{ "id": "='{0}-' + string(n)" }} }})json", shop));
    }
    if (shop == 'a' ? parts.faults_a : parts.faults_b) {
      join(faults, fmt::format(R"json({{ "name": "dup_{0}", "kind": "duplicate", "on": {{ "channel": "orders_{0}" }}, "probability": 0.3 }},
        {{ "name": "crash_{0}", "kind": "crash", "on": {{ "service": "shipper_{0}" }}, "probability": 0.05, "restart_after_ms": 15 }})json", shop));
    }
  }
  const std::string scenario = fmt::format(R"json({{ "flowtank": 1, "title": "two shops",
    "brokers": {{ "bus": {{ "kind": "ideal", "channels": {{ {} }} }} }},
    "services": {{ {} }}, "clients": {{ {} }}, "faults": [ {} ], "run": {{ "seed": 5, "horizon_s": 60 }} }})json",
    channels, services, clients, faults);
  const std::map<std::string, std::string> files = {{"s.json", scenario}, {"seller.json", seller}, {"shipper.json", shipper}};
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  const auto loaded = load_scenario("s.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.code << " " << d.pointer << ": " << d.message);
  REQUIRE(loaded.has_value());
  World world(*loaded->system, create_brokers(*loaded->system, shipped_brokers(), diagnostics), Mode::timed);
  Trace trace;
  world.reset(5);
  world.record_into(&trace);
  while (world.advance(Time(60'000'000'000))) {}
  std::vector<std::string> history;
  for (const Record& r : trace) {
    if (r.service == 0xffff || world.system().services[r.service].name.back() != 'a') continue;
    history.push_back(fmt::format("{} {} {} {} {}", r.time.nanoseconds(), static_cast<int>(r.kind),
                                  world.system().services[r.service].name, static_cast<std::int32_t>(r.step),
                                  to_text(world.pool().value(r.detail))));
  }
  return history;
}

// Where two histories part; nothing when they are equal.
std::string difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const std::string left = i < a.size() ? a[i] : "-", right = i < b.size() ? b[i] : "-";
    if (left != right) return fmt::format("record {}: {} | {}", i, left, right);
  }
  return {};
}

TEST_CASE("world.what_is_removed_changes_no_draw_of_what_stays") {
  const auto whole = history_of_a({});
  REQUIRE(whole.size() > 300);
  CHECK(difference(history_of_a({.client_b = false}), whole) == "");
  CHECK(difference(history_of_a({.faults_b = false}), whole) == "");
  CHECK(difference(history_of_a({.client_b = false, .faults_b = false, .services_b = false}), whole) == "");
  // The comparison can fail: without the faults of the shop itself it is another history.
  CHECK_FALSE(difference(history_of_a({.faults_a = false}), whole).empty());
}

}  // namespace
}  // namespace flowtank
