// SPDX-License-Identifier: Apache-2.0
// A run as a trace, wherever it comes from: a trace file is opened as it is, a counterexample is replayed and a scenario run
// once into a file of its own below the temporary folder, which is gone with this.
#pragma once

#include <map>
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
  // Of a run that was made here, by property; empty: of a trace file only what fails is known.
  const std::map<std::string, std::string>& verdicts() const { return verdicts_; }

 private:
  bool record(const std::string& file, const std::vector<std::string>& models, Diagnostics& diagnostics);

  std::string folder_;  // empty: none was made
  std::unique_ptr<TraceReader> reader_;
  std::map<std::string, std::string> verdicts_;
};

}  // namespace flowtank::cli
