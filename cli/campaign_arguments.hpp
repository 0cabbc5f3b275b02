// SPDX-License-Identifier: Apache-2.0
// What the command line says of a campaign of runs: `check --strategy random` and its kin, and `merge`. Options are
// declared and understood here, so that the reader of all commands stays short.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include <sim/campaign/strategy.hpp>

#include "cli/campaign_options.hpp"

namespace flowtank::cli {

// As it was written.
struct WrittenCampaign {
  std::string strategy, runs, threads, shard, file, resume, bug_depth;
};

void declare_campaign(CLI::App& app, WrittenCampaign& written);

// False and a message (and perhaps a hint) when it makes no sense. `seeded`, `altered`: there is a --seed, a --set.
bool understand_campaign(const WrittenCampaign& written, bool seeded, bool altered, CampaignArguments& out, std::string& message, std::string& hint);

}  // namespace flowtank::cli
