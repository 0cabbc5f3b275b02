// SPDX-License-Identifier: Apache-2.0
// Queues built as ordinary scenarios, and their waiting times as a trace shows them: from a command being sent (or
// an event being accepted) to the beginning of its handler run. Nothing is read from inside the engine.
//
// Method: independent replications (Law and Kelton, "Simulation Modeling and Analysis", section 9.5.2): one mean a seed after
// a warm-up, and the interval of the mean of those means by Student's t. Deterministic: seeds are 1, 2, 3, ...
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <sim/run/timed_run.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/trace.hpp>

namespace flowtank::queueing {

inline constexpr std::size_t replications = 20;
// Student's t, 19 degrees of freedom, two-sided 99.9 % (Abramowitz and Stegun, table 26.10: A = 0.999): a right
// simulator fails one check in a thousand, and since seeds are fixed, always or never.
inline constexpr double t_19 = 3.883;

// A scenario from texts, as a user writes them.
inline Scenario load(const std::map<std::string, std::string>& files) {
  LoadOptions options;
  options.files = &files;
  Diagnostics diagnostics;
  auto scenario = load_scenario("scenario.json", options, diagnostics);
  for (const Diagnostic& d : diagnostics.all()) UNSCOPED_INFO(d.file << ":" << d.range.line << " " << d.message);
  REQUIRE(scenario);
  return std::move(*scenario);
}

// One service with `servers` servers (as instances or as concurrency of one) and the given steps of a handler.
struct StationSpec {
  std::string arrivals = R"j({ "poisson_per_s": 70 })j";
  std::string steps = R"j([ { "wait": { "exponential_ms": 10 } } ])j";
  std::string service = R"j("instances": 1)j";
  std::uint64_t customers = 20'000;
};

inline Scenario station(const StationSpec& spec) {
  return load({{"scenario.json", fmt::format(R"j({{ "flowtank": 1, "title": "station",
                  "services": {{ "station": {{ "use": "station", {} }} }},
                  "clients": {{ "customers": {{ "sends": "Serve", "to": "station", "count": {}, "arrivals": {}, "data": {{ "id": "=string(n)" }} }} }} }})j",
                                          spec.service, spec.customers, spec.arrivals)},
               {"station.json", fmt::format(R"j({{ "flowtank": 1, "name": "station",
                  "commands": {{ "Serve": {{ "key": "id", "fields": {{ "id": "string" }} }} }},
                  "handlers": {{ "serve": {{ "on": "Serve", "steps": {} }} }} }})j",
                                          spec.steps)}});
}

// Waiting times of one run in milliseconds, by service, in the order in which service began.
class Waits {
 public:
  explicit Waits(const Scenario& scenario)
      : scenario_(scenario), trace_(TraceScope{kinds_of({RecordKind::command_sent, RecordKind::accepted, RecordKind::handler_begin}), false, false}) {
    Diagnostics diagnostics;
    world_ = make_world(*scenario.system, shipped_brokers(), Mode::timed, 1, diagnostics);
    REQUIRE(world_);
  }

  // `arrives`: what counts as arriving.
  std::vector<std::vector<double>> run(std::uint64_t seed, RecordKind arrives = RecordKind::command_sent) {
    world_->reset(seed);
    trace_.clear();
    world_->record_into(&trace_);
    const TimedRunResult result = timed_run(*world_, TimedRunLimits{});
    world_->record_into(nullptr);
    REQUIRE(result.end == RunEnd::quiet);
    std::vector<std::vector<double>> waits(scenario_.system->services.size());
    std::map<Word, Time> arrived;
    for (const Record& record : trace_) {
      if (record.kind == arrives) {
        arrived[record.subject] = record.time;
      } else if (record.kind == RecordKind::handler_begin) {
        const auto since = arrived.find(record.subject);
        if (since == arrived.end()) continue;
        waits[record.service].push_back(static_cast<double>((record.time - since->second).nanoseconds()) / 1e6);
        arrived.erase(since);
      }
    }
    // Nobody is forgotten in a queue: a lost wake-up shows here.
    CHECK(arrived.empty());
    return waits;
  }

 private:
  const Scenario& scenario_;
  Trace trace_;
  std::unique_ptr<World> world_;
};

// What 20 seeds say of a mean: is `theory` within the interval?
struct Estimate {
  double mean = 0;
  double half_width = 0;
  bool agrees(double theory) const { return theory >= mean - half_width && theory <= mean + half_width; }
};

// Square root by Newton's method: libm differs between machines.
inline double root(double x) {
  double r = x > 1 ? x : 1;
  for (int i = 0; i < 100; ++i) r = (r + x / r) / 2;
  return x == 0 ? 0 : r;
}

inline Estimate estimate(const std::vector<double>& means) {
  REQUIRE(means.size() == replications);
  const auto n = static_cast<double>(means.size());
  Estimate out;
  for (const double m : means) out.mean += m / n;
  double squares = 0;
  for (const double m : means) squares += (m - out.mean) * (m - out.mean);
  out.half_width = t_19 * root(squares / (n - 1) / n);
  return out;
}

// The share of values beyond a limit, or their mean, after the warm-up: a tenth.
inline double mean_of(const std::vector<double>& values) {
  const std::size_t from = values.size() / 10;
  double sum = 0;
  for (std::size_t i = from; i < values.size(); ++i) sum += values[i];
  return sum / static_cast<double>(values.size() - from);
}

inline double share_beyond(const std::vector<double>& values, double limit) {
  const std::size_t from = values.size() / 10;
  std::size_t beyond = 0;
  for (std::size_t i = from; i < values.size(); ++i) beyond += values[i] > limit ? 1U : 0U;
  return static_cast<double>(beyond) / static_cast<double>(values.size() - from);
}

// Mean wait of a scenario with one service over all seeds.
inline Estimate mean_wait(const Scenario& scenario, RecordKind arrives = RecordKind::command_sent) {
  Waits waits(scenario);
  std::vector<double> means;
  for (std::uint64_t seed = 1; seed <= replications; ++seed) means.push_back(mean_of(waits.run(seed, arrives)[0]));
  return estimate(means);
}

}  // namespace flowtank::queueing
