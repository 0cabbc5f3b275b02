// SPDX-License-Identifier: Apache-2.0
// Checks a scenario by a campaign of runs (sim/campaign): one more driver that gives the same Result as the others. Also puts
// shards together, and reads campaign files. The lowest failing run of a property is its witness, replayed with a
// trace like those of an exhaustive search.
//
// A PASS is `tested`: no run showed a violation. What must hold at rest is undecided where some run never came to rest.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/campaign/campaign.hpp>

#include "sim/check/scenario_check.hpp"

namespace flowtank {

struct CampaignOptions {
  campaign::Plan plan;                 // not measured yet
  campaign::Limits limits;
  campaign::Hooks hooks;
  std::vector<std::string> overrides;  // for the decision logs
  std::vector<std::string> models;     // for the campaign file
  std::string file;                    // of the campaign; empty: none. One that is there is gone on with
};

// Nothing and diagnostics when the brokers cannot be made, or the campaign file is of another campaign (FT-CAM-002), cannot
// be used (FT-CAM-001) or the plan makes no sense (FT-CAM-003).
std::optional<Result> check_by_campaign(const Scenario& scenario, const BrokerRegistry& registry, const CampaignOptions& options,
                                        Diagnostics& diagnostics);

// A campaign file that was read. Nothing and FT-CAM-001 when it is none.
std::optional<campaign::Record> read_campaign_file(const std::string& path, Diagnostics& diagnostics);

// What the shards of a campaign amount to together: the Result of the campaign that was not cut. Nothing and FT-CAM-004 when
// they are not shards of one campaign. `files` names the records, for diagnostics.
std::optional<Result> merge_campaigns(const Scenario& scenario, const BrokerRegistry& registry, const std::vector<campaign::Record>& records,
                                      const std::vector<std::string>& files, Diagnostics& diagnostics);

}  // namespace flowtank
