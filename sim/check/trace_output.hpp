// SPDX-License-Identifier: Apache-2.0
// A trace file of a run, written while the run goes on. Whoever drives a World gives it to begin() before the first action
// and calls end() after the last; what went wrong with the file is kept and does not stop the run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/property/verdict.hpp>
#include <sim/run/replay.hpp>
#include <sim/scenario/scenario.hpp>
#include <sim/trace/writer.hpp>
#include <sim/world/world.hpp>

namespace flowtank {

class TraceOutput {
 public:
  TraceOutput(std::string path, TraceLevel level);
  ~TraceOutput();

  const std::string& path() const { return path_; }
  TraceLevel level() const { return level_; }

  // `world` records into the file from now on; it is reset afterwards and before its first action. `seed` is the run's.
  void begin(const Scenario& scenario, World& world, std::uint64_t seed);
  // Records which properties fail, completes the file and ends the recording.
  void end(World& world, const std::vector<Verdict>& verdicts, const TraceEnd& how);

  // A sentence when the file could not be made or written.
  const std::optional<std::string>& problem() const { return problem_; }
  std::uint64_t records() const { return records_; }
  std::uint64_t bytes() const { return bytes_; }
  // Which handlers (first) and steps of them (second) left a record; nothing at a level that holds no handler runs.
  bool covers() const;
  bool begun(std::uint32_t handler) const;
  bool taken(std::uint32_t handler, std::uint32_t step) const;

 private:
  class Coverage;

  std::string path_;
  TraceLevel level_;
  std::unique_ptr<TraceWriter> writer_;
  std::unique_ptr<Coverage> coverage_;
  std::unique_ptr<Trace> trace_;
  std::optional<std::string> problem_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

// Replays an explored log into a trace file. The log was replayed before, so that it can be.
void trace_log(const Scenario& scenario, const BrokerRegistry& registry, const DecisionLog& log, const std::vector<Verdict>& verdicts,
               TraceOutput& output);

}  // namespace flowtank
