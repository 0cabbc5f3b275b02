// SPDX-License-Identifier: Apache-2.0
// What the worker thread does, as plain functions without Qt: open whatever the user named, run, check, replay, branch or shrink it,
// and give a Snapshot. Everything long asks `cancelled` and tells `progress`; everything that can be wrong with the user's
// file comes back as diagnostics.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>

#include "gui/session/snapshot.hpp"

namespace flowtank::gui {

enum class JobKind : std::uint8_t {
  run,     // one timed run
  check,   // all orders of events
  branch,  // replays JobRequest::log
  nearest, // a run that is nearly the same and passes JobRequest::property
  shrink,  // JobRequest::log, or the timed run, as small as it still violates JobRequest::property
  report,  // writes JobRequest::to: the consistency report of what is shown; shows nothing new
};

struct JobRequest {
  std::string file;                     // scenario, trace or counterexample: what it is says its content
  JobKind kind = JobKind::run;          // of a scenario
  std::optional<std::uint64_t> seed;    // else the scenario's
  std::optional<Time> horizon;          // of timed runs; else the scenario's
  std::vector<std::string> overrides;
  std::string broker;                   // run and check: this kind in the place of every broker; empty: as the scenario says
  std::vector<std::string> model_path;
  std::string folder;                   // for traces of this session
  std::uint64_t number = 1;             // makes their names unique
  std::uint64_t most_actions = 5'000'000;  // a run that goes on beyond is stopped, so that it can be looked at
  double most_seconds = 120;            // of an exploration that names no limit
  std::shared_ptr<const DecisionLog> log;  // of `file`: branch; nearest, shrink and report of an explored run
  std::string property;                 // nearest; empty: every property. shrink
  std::string scenario;                 // branch, shrink, report: its file, where `file` is a counterexample of it
  bool explored = false;                // report: of all orders of events
  std::string to;                       // report: the page
};

struct JobHooks {
  const std::atomic<bool>* cancelled = nullptr;  // never nullptr
  // How far (0 to 1; negative: unknown) and in words. Called from the worker.
  std::function<void(double, const std::string&)> progress;
  std::function<double()> seconds;      // since the job began
  // Where the records of a trace lie, long before it is read. Called from the worker.
  std::function<void(std::shared_ptr<const Outline>)> outline;
};

struct JobResult {
  std::shared_ptr<const Snapshot> snapshot;  // nullptr: diagnostics say why; always when cancelled
  Diagnostics diagnostics;
  bool cancelled = false;
  bool aside = false;   // it was never to be shown: what is shown stays, and so do the problems of the file
  std::string said;     // of such a job: what was done
};

// By its content; a file that is damaged at its beginning, by its name.
enum class FileKind : std::uint8_t { scenario, trace, counterexample };
FileKind kind_of_file(const std::string& file);

JobResult run_job(const JobRequest& request, const JobHooks& hooks);

}  // namespace flowtank::gui
