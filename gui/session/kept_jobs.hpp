// SPDX-License-Identifier: Apache-2.0
// The two jobs whose result is files: a failure made as small as it gets, and the consistency report as a page. Both give what the
// command line gives, by the same code below the faces; both look at the flag of their job between any two trials or runs.
#pragma once

#include <optional>
#include <string>

#include <sim/check/scenario_check.hpp>
#include <sim/shrink/shrunk_files.hpp>

#include "gui/session/jobs.hpp"
#include "gui/session/snapshot_maker.hpp"

namespace flowtank::gui {

struct SmallRun {
  ShrunkFiles files;   // in the folder of the session
  std::string size;    // "6 actions, 1 fault"
  std::string words;   // "from 38 actions, 1 fault to 6 actions, 1 fault in 120 trials; 1-minimal"
};

// Of request.log, else of the timed run of request.seed and horizon. Nothing when it was cancelled, and with diagnostics when it
// does not violate request.property.
std::optional<SmallRun> shrunk_run(const Scenario& scenario, const JobRequest& request, const SnapshotMaker& maker, const JobHooks& hooks, Diagnostics& diagnostics);

// Writes request.to and says so; an empty text when it was cancelled, and with diagnostics when it could not be written: then an older
// page is still there. `options` are those of a timed run.
std::string write_report(const Scenario& scenario, const JobRequest& request, const RunOptions& options, SnapshotMaker& maker, const JobHooks& hooks, Diagnostics& diagnostics);

}  // namespace flowtank::gui
