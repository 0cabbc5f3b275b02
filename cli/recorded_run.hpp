// SPDX-License-Identifier: Apache-2.0
// A run as a trace, wherever it comes from: a trace file is opened as it is, a counterexample is replayed and a scenario run
// once into a file of its own below the temporary folder, which is gone with this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/trace/reader.hpp>

namespace flowtank::cli {

enum class RunFile : std::uint8_t { trace, counterexample, scenario };
// By its first bytes; what cannot be read counts as a scenario, whose loader says why.
RunFile run_file_kind(const std::string& file);

class RecordedRun {
 public:
  RecordedRun() = default;
  ~RecordedRun();
  RecordedRun(const RecordedRun&) = delete;
  RecordedRun& operator=(const RecordedRun&) = delete;

  // False and diagnostics when it is none, or cannot be run.
  bool open(const std::string& file, const std::vector<std::string>& models, Diagnostics& diagnostics);
  const TraceReader& reader() const { return *reader_; }

 private:
  bool record(const std::string& file, const std::vector<std::string>& models, Diagnostics& diagnostics);

  std::string folder_;  // empty: none was made
  std::unique_ptr<TraceReader> reader_;
};

}  // namespace flowtank::cli
