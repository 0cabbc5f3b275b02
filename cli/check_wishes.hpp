// SPDX-License-Identifier: Apache-2.0
// From a command line to what an exploration or a campaign needs: plan, limits and hooks. Shared by check and by its sweeps, so that an
// option means the same in both.
#pragma once

#include <sim/check/campaign_check.hpp>
#include <sim/check/scenario_check.hpp>

#include "cli/command_line.hpp"
#include "cli/progress.hpp"

namespace flowtank::cli {

// What the scenario is loaded for.
LoadPurpose purpose_of(Strategy strategy);

// As many as were asked for, else one a core.
unsigned threads_of(const CommandLine& line);

// An exploration of the loaded scenario. Its time counts from now. `progress` outlives it.
CheckOptions check_wishes(const CommandLine& line, const Scenario& scenario, Progress& progress);

// A new campaign of the loaded scenario. Its time counts from now. `progress` outlives the campaign.
CampaignOptions campaign_wishes(const CommandLine& line, const Scenario& scenario, Progress& progress);

}  // namespace flowtank::cli
