// SPDX-License-Identifier: Apache-2.0
// See check_wishes.hpp: the command line first, then what the scenario says, then the defaults.
#include "cli/check_wishes.hpp"

#include <algorithm>
#include <thread>

#include "cli/interrupt.hpp"

namespace flowtank::cli {

LoadPurpose purpose_of(Strategy strategy) { return has_time(strategy) ? LoadPurpose::run : LoadPurpose::check; }

unsigned threads_of(const CommandLine& line) {
  constexpr std::uint64_t most = 256;
  const std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::min(most, line.campaign.threads.value_or(cores)));
}

CheckOptions check_wishes(const CommandLine& line, const Scenario& scenario, Progress& progress) {
  CheckOptions options;
  options.states = line.states;
  options.depth = line.depth;
  options.memory = line.memory;
  options.overrides = line.overrides;
  options.self_check = line.self_check;
  options.reduce = line.reduce != Reduce::none;
  options.reduce_runs = line.reduce == Reduce::runs;
  options.exact = line.exact;
  if (line.campaign.threads) options.threads = threads_of(line);
  options.cancelled = &interrupted();
  options.progress = [&progress](const explore::Counts& counts) { progress.exploring(counts); };
  const auto limit = line.time ? line.time : scenario.check.time;
  if (limit) options.out_of_time = progress.in(limit->seconds());
  return options;
}

CampaignOptions campaign_wishes(const CommandLine& line, const Scenario& scenario, Progress& progress) {
  const CampaignArguments& c = line.campaign;
  CampaignOptions options;
  options.plan.strategy = c.strategy;
  options.plan.seed = line.seed.value_or(scenario.system->bounds.seed);
  options.plan.runs = c.runs.value_or(line.time ? 0 : campaign::default_runs);
  options.plan.bug_depth = static_cast<std::uint32_t>(c.bug_depth.value_or(campaign::default_bug_depth));
  options.plan.most_actions = line.depth.value_or(0);
  options.plan.shard = c.shard;
  options.plan.shards = c.shards;
  options.file = c.file;
  options.models = line.models;
  options.limits.threads = threads_of(line);
  options.limits.memory = line.memory.value_or(scenario.check.memory_mb != 0 ? scenario.check.memory_mb << 20 : default_check_memory);
  const auto limit = line.time ? line.time : scenario.check.time;
  if (limit) options.limits.seconds = limit->seconds();
  options.hooks.cancelled = &interrupted();
  options.hooks.seconds = [&progress, from = progress.seconds()] { return progress.seconds() - from; };
  options.hooks.progress = [&progress](const campaign::Progress& now) { progress.sampling(now); };
  return options;
}

}  // namespace flowtank::cli
