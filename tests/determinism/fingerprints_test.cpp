// SPDX-License-Identifier: Apache-2.0
// The same seed gives the same run: twice in one process, and on every compiler and build type, since
// every build compares with the one file fingerprints.txt. A line there is: scenario, seed, fingerprint of
// the actions, fingerprint of the final state, actions. After a wanted change of behaviour, run this test
// with FLOWTANK_APPROVE=1 in the environment: it writes the file anew.
//
// When two runs of one process differ, the first record in which their traces differ is printed. When a build differs from
// the file, its trace is written beside the test: `flowtank trace A --against B` shows where two builds part.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <models/brokers/registry.hpp>
#include <reports/trace_view.hpp>
#include <sim/base/hash.hpp>
#include <sim/run/timed_run.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/compare.hpp>
#include <sim/trace/writer.hpp>
#include <sim/world/trace_names.hpp>

namespace flowtank {
namespace {

namespace fs = std::filesystem;

const fs::path source = FLOWTANK_SOURCE_DIR;

std::vector<std::string> scenario_files() {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(source / "scenarios")) {
    const std::string path = fs::relative(entry.path(), source).generic_string();
    if (entry.path().extension() == ".json" && path.find("/schema/") == std::string::npos) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

using File = std::vector<std::byte>;

// `trace`: also the run as a trace file of the level full.
std::string describe_run(World& world, const System& system, std::uint64_t seed, File* trace) {
  TraceIdentity identity;
  identity.seed = seed;
  identity.level = TraceLevel::full;
  LiveTrace live(identity, names_of(world), world.pool());
  Trace recorded(TraceScope::of(TraceLevel::full));
  recorded.stream_to(&live);
  if (trace != nullptr) world.record_into(&recorded);
  world.reset(seed);
  TimedRunLimits limits;
  limits.horizon = system.bounds.horizon;
  limits.max_actions = 200'000;
  const TimedRunResult result = timed_run(world, limits, [](World&) { return true; });
  if (trace != nullptr) {
    world.record_into(nullptr);
    recorded.finish();
    *trace = live.file({result.fingerprint, result.actions, static_cast<std::uint8_t>(result.end)});
  }
  // The final state as a person would compare it: every row of every table.
  std::string state;
  for (std::uint32_t t = 0; t < system.tables.size(); ++t) {
    std::vector<Cell> rows;
    world.store().scan(t, rows);
    for (const Cell row : rows) {
      state += system.tables[t].display;
      for (std::uint32_t c = 0; c < system.tables[t].columns.size(); ++c) {
        state += ' ' + to_text(world.pool().value(world.store().column(row, c)));
      }
      state += '\n';
    }
  }
  return fmt::format("{} {:016x} {:016x} {}", seed, result.fingerprint, hash_bytes(state).lo, result.actions);
}

// Where two runs part, in words; empty when they do not.
std::string first_differing_record(const File& one, const File& two) {
  Diagnostics diagnostics;
  const auto first = TraceReader::of_bytes(one, "the first run", diagnostics), second = TraceReader::of_bytes(two, "the second run", diagnostics);
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  const reports::TraceView a(*first), b(*second);
  const auto found = first_difference(a.records(), a.records().pool(), b.records(), b.records().pool());
  return found ? a.difference(*found, b) : "";
}

// Beside the test, for `flowtank trace A --against B` with the file of another build.
std::string keep(const std::string& scenario, const File& trace) {
  std::string name = "determinism-" + scenario + ".ftrace";
  std::replace(name.begin(), name.end(), '/', '-');
  std::ofstream(name, std::ios::binary).write(reinterpret_cast<const char*>(trace.data()), static_cast<std::streamsize>(trace.size()));
  return name;
}

TEST_CASE("determinism.every_build_runs_every_scenario_alike") {
  const fs::path approved_file = source / "tests/determinism/fingerprints.txt";
  std::map<std::string, std::string> approved;
  std::ifstream in(approved_file);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    approved[line.substr(0, line.find(' '))] = line.substr(line.find(' ') + 1);
  }
  std::string text = "# scenario seed actions-fingerprint state-fingerprint actions; see fingerprints_test.cpp\n";
  const bool approve = std::getenv("FLOWTANK_APPROVE") != nullptr;
  const auto files = scenario_files();
  REQUIRE_FALSE(files.empty());
  for (const std::string& file : files) {
    INFO(file);
    Diagnostics diagnostics;
    const auto scenario = load_scenario((source / file).string(), LoadOptions{}, diagnostics);
    REQUIRE(scenario.has_value());
    const System& system = *scenario->system;
    const auto world = make_world(system, shipped_brokers(), Mode::timed, system.bounds.seed, diagnostics);
    REQUIRE(world != nullptr);
    File first, second;
    const std::string once = describe_run(*world, system, system.bounds.seed, &first);
    const std::string again = describe_run(*world, system, system.bounds.seed, &second);
    if (once != again || first != second) {
      INFO(first_differing_record(first, second));
      CHECK(once == again);
      CHECK(first == second);
    }
    const auto fresh = make_world(system, shipped_brokers(), Mode::timed, system.bounds.seed, diagnostics);
    CHECK(describe_run(*fresh, system, system.bounds.seed, nullptr) == once);
    text += file + " " + once + "\n";
    if (!approve && approved[file] != once) {
      INFO("the trace of this build: " << keep(file, first) << "; flowtank trace A --against B shows where it parts from another build's");
      CHECK(approved[file] == once);
    }
  }
  if (approve) std::ofstream(approved_file) << text;
}

// The planted bug: runs of two seeds, taken for two of one.
TEST_CASE("determinism.the_first_differing_record_is_shown") {
  Diagnostics diagnostics;
  const auto scenario =
      load_scenario((source / "scenarios/store-payment-without-inbox-duplicate.json").string(), LoadOptions{}, diagnostics);
  REQUIRE(scenario.has_value());
  const auto world = make_world(*scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics);
  File one, two, again;
  describe_run(*world, *scenario->system, 1, &one);
  describe_run(*world, *scenario->system, 2, &two);
  describe_run(*world, *scenario->system, 1, &again);
  CHECK(first_differing_record(one, two).find("the first record that differs is #") == 0);
  CHECK(first_differing_record(one, again).empty());
  CHECK(one == again);
}

TEST_CASE("determinism.another_seed_gives_another_run") {
  Diagnostics diagnostics;
  const auto scenario =
      load_scenario((source / "scenarios/store-payment-without-inbox-duplicate.json").string(), LoadOptions{}, diagnostics);
  REQUIRE(scenario.has_value());
  const auto world = make_world(*scenario->system, shipped_brokers(), Mode::timed, 1, diagnostics);
  const std::string one = describe_run(*world, *scenario->system, 1, nullptr);
  const std::string two = describe_run(*world, *scenario->system, 2, nullptr);
  CHECK(one.substr(one.find(' ')) != two.substr(two.find(' ')));
}

}  // namespace
}  // namespace flowtank
