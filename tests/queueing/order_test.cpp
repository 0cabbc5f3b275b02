// SPDX-License-Identifier: Apache-2.0
// In which order a queue is served shows in the tail of the waiting times, not in their mean: first come first
// served has P(W > t) = load * e^(-(1 - load) t / service) (Kleinrock 1, 5.7). A station that serves the newest first
// has the same mean and must be rejected. Both keep their queue in a table, so that only the choice differs.
#include "tests/queueing/station.hpp"
#include "tests/queueing/theory.hpp"

namespace flowtank::queueing {
namespace {

// Commands go into a table; one poller takes a row (the oldest or the newest) and serves it.
Scenario table_station(const std::string& choice) {
  return load({{"scenario.json", R"j({ "flowtank": 1, "title": "order of service",
                  "services": { "station": { "use": "station" } },
                  "clients": { "customers": { "sends": "Serve", "to": "station", "count": 5000, "arrivals": { "poisson_per_s": 70 }, "data": { "id": "=n" } } } })j"},
               {"station.json", fmt::format(R"j({{ "flowtank": 1, "name": "station",
                  "commands": {{ "Serve": {{ "key": "id", "fields": {{ "id": "int" }} }} }},
                  "tables": {{ "queue": {{ "key": "id", "columns": {{ "id": "int", "since": "int" }} }} }},
                  "handlers": {{ "join": {{ "on": "Serve", "steps": [ {{ "insert": "queue", "row": {{ "id": "=command.data.id", "since": 0 }} }} ] }} }},
                  "pollers": {{ "serve": {{ "every_us": 1, "while": "size(db.queue) > 0", "steps": [
                    {{ "let": {{ "next": "={}(rows(db.queue).map(c, c.id))" }} }},
                    {{ "delete": "queue", "key": "=next" }},
                    {{ "wait": {{ "exponential_ms": 10 }} }} ] }} }} }})j", choice)}});
}

// Waits from joining the queue to leaving it, in the order of leaving.
std::vector<double> waits_of(World& world, std::uint64_t seed) {
  Trace trace(TraceScope{kinds_of({RecordKind::row_changed, RecordKind::handler_begin}), false, false});
  world.reset(seed);
  world.record_into(&trace);
  REQUIRE(timed_run(world, TimedRunLimits{}).end == RunEnd::quiet);
  world.record_into(nullptr);
  std::map<Word, Time> joined;
  std::vector<double> waits;
  for (const Record& record : trace) {
    if (record.kind != RecordKind::row_changed) continue;
    if (record.before == absent_word) {
      joined[record.key] = record.time;
    } else {
      waits.push_back(static_cast<double>((record.time - joined[record.key]).nanoseconds()) / 1e6);
      joined.erase(record.key);
    }
  }
  CHECK(joined.empty());
  return waits;
}

struct Measured {
  Estimate mean, tail;
};

// A wait of ten services: e^-3 of those that wait at all.
constexpr double limit = 100;
constexpr double tail_of_theory = 0.7 * 0.04978706836786394;

Measured measure(const Scenario& scenario) {
  Diagnostics diagnostics;
  const auto world = make_world(*scenario.system, shipped_brokers(), Mode::timed, 1, diagnostics);
  REQUIRE(world);
  std::vector<double> means, tails;
  for (std::uint64_t seed = 1; seed <= replications; ++seed) {
    const std::vector<double> waits = waits_of(*world, seed);
    means.push_back(mean_of(waits));
    tails.push_back(share_beyond(waits, limit));
  }
  return {estimate(means), estimate(tails)};
}

}  // namespace

TEST_CASE("queueing.first_come_first_served_has_the_tail_of_theory") {
  const Measured measured = measure(table_station("min"));
  INFO("tail " << measured.tail.mean << " +- " << measured.tail.half_width << ", theory " << tail_of_theory);
  CHECK(measured.mean.agrees(wait_mmc(1, 0.07, 10)));
  CHECK(measured.tail.agrees(tail_of_theory));
  CHECK(measured.tail.half_width < tail_of_theory / 2);
}

TEST_CASE("queueing.last_come_first_served_has_its_mean_but_not_its_tail") {
  const Measured measured = measure(table_station("max"));
  INFO("tail " << measured.tail.mean << " +- " << measured.tail.half_width << ", theory " << tail_of_theory);
  CHECK(measured.mean.agrees(wait_mmc(1, 0.07, 10)));
  CHECK_FALSE(measured.tail.agrees(tail_of_theory));
}

}  // namespace flowtank::queueing
