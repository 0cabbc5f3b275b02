// SPDX-License-Identifier: Apache-2.0
// From a scenario file to a System, its properties and its expectations. The loader reports all errors at
// once, in the order of the files, and gives a Scenario only when there is none. A Scenario is immutable
// and can be shared by threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/base/hash.hpp>
#include <sim/property/spec.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/system.hpp>

#include "sim/scenario/json_reader.hpp"

namespace flowtank {

// What the scenario is loaded for: `check` applies what its "check" section says about workloads and
// faults, so that an exploration can end.
enum class LoadPurpose : std::uint8_t { run, check };

struct LoadLimits {
  ReadLimits read;
  std::uint64_t requests = 10'000'000;    // of one client
  std::uint32_t instances = 10'000;       // of one service
  std::uint32_t concurrency = 10'000;     // of one instance
  std::uint32_t services = 1'000;
  std::uint32_t instructions = 100'000;   // of one handler
  std::uint32_t expressions = 200'000;    // of the whole System
  std::uint32_t extends = 32;             // models that extend each other
};

struct LoadOptions {
  LoadPurpose purpose = LoadPurpose::run;
  std::vector<std::string> overrides;    // "services.payment.with.consume=inbox"
  std::vector<std::string> model_path;   // folders searched after those beside the scenario
  LoadLimits limits;
  // Texts instead of files, by path; when set, no file is read. For tests and for embedding.
  const std::map<std::string, std::string>* files = nullptr;
};

// How far an exploration goes; 0 or absent = not stated by the scenario.
struct CheckBounds {
  std::uint64_t states = 0;
  std::uint64_t depth = 0;
  std::uint64_t memory_mb = 0;
  std::optional<Duration> time;
};

// A variant of a service that its model's author calls weak.
struct KnownWeakness {
  std::uint32_t service = none;
  std::string option;       // the option that chooses it, and
  std::string value;        // its value as text
  std::string better;       // a value without this weakness; may be empty
  std::string says;
  bool duplicates = false;  // it shows when a broker delivers twice
  std::string file;         // where the value was chosen (the scenario), or the model
  SourceRange where;
  std::string pointer;
};

// Where things of the System were written, for warnings and reports.
struct Spot {
  std::string file;
  SourceRange where;
  std::string pointer;
};

// By index of the System; for what has no position of its own there.
struct Spots {
  std::vector<Spot> brokers, clients, tables, messages, effects, timers, handlers;
};

// A finding of the static analysis that the scenario's author accepts, and why.
struct Allowance {
  std::string code;
  std::string on;      // the finding's subject or its beginning up to a dot: "payment", "payment.charge"; "*": all
  std::string reason;
  Spot spot;
};

// An option that a model declares and nothing in it looks at.
struct UnusedOption {
  std::string model;
  std::string name;
  Spot spot;
};

struct Scenario {
  std::shared_ptr<const System> system;
  std::vector<PropertySpec> properties;
  std::vector<Expectation> expectations;
  std::string title;
  std::string claim;
  std::string file;
  Hash128 content;  // of the texts of scenario, models and overrides
  CheckBounds check;
  LoadPurpose purpose = LoadPurpose::run;
  std::vector<KnownWeakness> weaknesses;
  std::vector<std::string> model_files;  // in the order of first use
  std::vector<std::pair<std::string, std::string>> choices;  // "services.payment.with.consume", "inbox"
  std::vector<Spot> channel_spots;       // by channel
  Spot horizon_spot;                     // of run.horizon_s
  Spots spots;
  std::vector<Allowance> allowances;     // the section "lint"
  std::vector<UnusedOption> unused_options;
};

// Nothing when there are errors; warnings do not stop it. `path` is used as given in diagnostics.
std::optional<Scenario> load_scenario(const std::string& path, const LoadOptions& options, Diagnostics& diagnostics);

// FT-RUN-009 for every fault of the broker itself that none of the brokers it selects can show.
void check_broker_faults(const Scenario& scenario, const BrokerRegistry& registry, Diagnostics& diagnostics);

}  // namespace flowtank
