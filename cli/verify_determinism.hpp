// SPDX-License-Identifier: Apache-2.0
// run --verify-determinism: the scenario runs twice and all records are compared. Exit 0 when they are the same, 3
// (a fault of Flowtank) with the first record that differs, 4 when the run was too long or interrupted.
#pragma once

#include <sim/check/scenario_check.hpp>

#include "cli/face.hpp"

namespace flowtank::cli {

int verify_determinism(const Scenario& scenario, const RunOptions& options, const Face& face);

}  // namespace flowtank::cli
