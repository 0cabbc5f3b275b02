// SPDX-License-Identifier: Apache-2.0
// A Jackson network: three stations that pass customers on by chance, with feedback. However customers come back, each
// station behaves as an M/M/c of its own (Jackson 1957). Visits are events on an ideal broker; the environment
// chooses the way.
#include "tests/queueing/station.hpp"
#include "tests/queueing/theory.hpp"

namespace flowtank::queueing {
namespace {

// A station: serves a visit, then goes to one of `ways` ("" leaves). Each way is (station, weight).
std::string station_model(const std::string& name, double service_ms, const std::vector<std::pair<std::string, int>>& ways) {
  std::string weights, events, publish;
  for (const auto& [way, weight] : ways) {
    weights += fmt::format("{}\"{}\": {}", weights.empty() ? "" : ", ", way.empty() ? "out" : way, weight);
    if (way.empty()) continue;
    events += fmt::format(R"j(, "Visit{0}": {{ "channel": "visits-{0}", "key": "customer", "fields": {{ "customer": "string" }} }})j", way);
    publish += fmt::format(R"j(, {{ "if": "way == '{0}'", "then": [ {{ "publish": "Visit{0}", "data": {{ "customer": "=event.data.customer" }} }} ] }})j", way);
  }
  return fmt::format(R"j({{ "flowtank": 1, "name": "{0}",
    "events": {{ "Visit{0}": {{ "channel": "visits-{0}", "key": "customer", "fields": {{ "customer": "string" }} }}{1} }},
    "handlers": {{ "serve": {{ "on": "Visit{0}", "steps": [
      {{ "wait": {{ "exponential_ms": {2} }} }}, {{ "choose": "way", "from": {{ {3} }} }}{4}, {{ "ack": true }} ] }} }} }})j",
                     name, events, service_ms, weights, publish);
}

struct Network {
  double a_ms = 20, b_ms = 20, c_ms = 30;
  int back = 4;  // of ten from B to A
};

Scenario network(const Network& spec) {
  return load({{"scenario.json", R"j({ "flowtank": 1, "title": "Jackson network",
      "brokers": { "bus": { "kind": "ideal", "channels": { "visits-A": {}, "visits-B": {}, "visits-C": {} } } },
      "services": { "A": { "use": "A", "instances": 2 }, "B": { "use": "B" }, "C": { "use": "C" }, "gate": { "use": "gate", "concurrency": 100 } },
      "clients": { "customers": { "sends": "Enter", "to": "gate", "count": 10000, "arrivals": { "poisson_per_s": 50 }, "data": { "customer": "=string(n)" } } } })j"},
               {"gate.json", R"j({ "flowtank": 1, "name": "gate",
      "commands": { "Enter": { "key": "customer", "fields": { "customer": "string" } } },
      "events": { "VisitA": { "channel": "visits-A", "key": "customer", "fields": { "customer": "string" } } },
      "handlers": { "enter": { "on": "Enter", "steps": [ { "publish": "VisitA", "data": { "customer": "=command.data.customer" } } ] } } })j"},
               {"A.json", station_model("A", spec.a_ms, {{"B", 5}, {"C", 3}, {"", 2}})},
               {"B.json", station_model("B", spec.b_ms, {{"A", spec.back}, {"", 10 - spec.back}})},
               {"C.json", station_model("C", spec.c_ms, {{"A", 2}, {"", 8}})}});
}

std::vector<Estimate> station_waits(const Scenario& scenario) {
  Waits waits(scenario);
  std::vector<std::vector<double>> means(3);
  for (std::uint64_t seed = 1; seed <= replications; ++seed) {
    const auto run = waits.run(seed, RecordKind::accepted);
    for (std::size_t station = 0; station < 3; ++station) means[station].push_back(mean_of(run[station]));
  }
  std::vector<Estimate> out;
  for (const auto& of_station : means) out.push_back(estimate(of_station));
  return out;
}

// Traffic: A = 50 + 0.4 B + 0.2 C, B = 0.5 A, C = 0.3 A, per second.
constexpr double rate_a = 0.05 / (1 - 0.4 * 0.5 - 0.2 * 0.3);
const double theory[] = {wait_mmc(2, rate_a, 20), wait_mmc(1, 0.5 * rate_a, 20), wait_mmc(1, 0.3 * rate_a, 30)};

}  // namespace

TEST_CASE("queueing.a_jackson_network_is_a_set_of_independent_stations") {
  const std::vector<Estimate> measured = station_waits(network({}));
  for (std::size_t station = 0; station < 3; ++station) {
    INFO("station " << station << ": theory " << theory[station] << " ms, measured " << measured[station].mean << " +- " << measured[station].half_width);
    CHECK(measured[station].agrees(theory[station]));
    CHECK(measured[station].half_width < theory[station] / 6);
  }
}

TEST_CASE("queueing.a_network_with_other_routing_or_service_is_rejected") {
  // One customer in ten more comes back from B: all stations are busier.
  const std::vector<Estimate> routed = station_waits(network({.back = 5}));
  for (std::size_t station = 0; station < 3; ++station) CHECK_FALSE(routed[station].agrees(theory[station]));
  // B is slower by 5 %: only B shows it.
  const std::vector<Estimate> slower = station_waits(network({.b_ms = 21}));
  CHECK(slower[0].agrees(theory[0]));
  CHECK_FALSE(slower[1].agrees(theory[1]));
  CHECK(slower[2].agrees(theory[2]));
}

}  // namespace flowtank::queueing
