// SPDX-License-Identifier: Apache-2.0
// What a job publishes and everybody reads: the scenario, its runs with their traces, the verdicts with their stories, and
// what is said about the run. A Snapshot never changes after it was published; views keep the old one until they have
// the new one, and a job that fails publishes none, so the last good one stays.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reports/story.hpp>
#include <sim/base/diagnostic.hpp>
#include <sim/check/result.hpp>
#include <sim/scenario/scenario.hpp>

#include "gui/session/trace_index.hpp"

namespace flowtank::gui {

// A trace on disk; a temporary one goes when nobody looks at it any more.
class TraceFile {
 public:
  TraceFile(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool temporary_;
};

struct RunData {
  std::string name;                  // "Run, seed 1", "Counterexample: charged at most once"
  std::shared_ptr<const TraceFile> file;
  std::shared_ptr<const TraceIndex> index;
  std::uint64_t seed = 1;
  std::string fingerprint;           // empty: not known
  std::shared_ptr<const DecisionLog> log;  // of an explored run; nullptr: a timed run, or a trace alone
};

// A first picture of a trace: what its chunks hold, known before any record is read.
struct Outline {
  struct Piece {
    std::int64_t from = 0, to = 0;   // positions
    std::uint32_t records = 0;
    Weight worst = Weight::ordinary;
  };
  std::string file;
  std::size_t records = 0;
  std::int64_t last = 0;
  bool timed = true;
  std::vector<Piece> pieces;
};

// A verdict and where a click on it leads.
struct VerdictEntry {
  Verdict verdict;
  std::string assumption;            // "under fairness"
  bool expected = false;             // the scenario demands this verdict
  bool met = true;
  std::uint32_t run = none;          // in Snapshot::runs
  RecordId focus = no_record;        // of that run
  std::optional<reports::Story> story;  // FAIL; record numbers are those of that run
  std::vector<std::string> repair;   // overrides with which it passes; empty: not known
};

// An injected fault, for the Cause view and the question what would have been without it.
struct FaultEntry {
  std::string name;
  std::string noun;                  // "duplicate"
  FaultKind kind = FaultKind::delay;
  std::uint64_t strikes = 0;
  bool took_effect = false;
};

struct Snapshot {
  std::string file;                  // what was opened
  std::shared_ptr<const Scenario> scenario;  // nullptr: a trace without its scenario
  std::vector<std::string> overrides;  // that `scenario` was loaded with
  std::vector<std::string> asked;    // what the user set of the file that was opened: more than `overrides` where it was shrunk
  std::string shrunk;                // "from 38 actions, 1 fault to 6 actions, 1 fault"; empty: it is as it was found
  bool replayed = false;             // one log of actions, not an exploration
  Driver driver = Driver::run;
  std::string title;
  std::string claim;
  std::string subtitle;              // brokers, driver, workload, faults
  std::string differs;               // from what it was compared with: "without the fault dup"; empty: nothing was asked for
  std::vector<std::shared_ptr<const RunData>> runs;
  std::vector<VerdictEntry> verdicts;
  std::vector<FaultEntry> faults;
  std::uint64_t seed = 1;
  std::optional<Time> horizon;       // of a timed run that was given one; else the scenario's
  std::string said;                  // "Explored 1,169 states, all of them", "450 actions, 2.200 s virtual"
  std::string fingerprint;
  double seconds = 0;                // wall time
  bool interrupted = false;
  Diagnostics warnings;
};

// The verdict to look at first: the first FAIL, else the first that is not PASS, else the first; none when there is none.
std::uint32_t most_urgent(const Snapshot& snapshot);

}  // namespace flowtank::gui
