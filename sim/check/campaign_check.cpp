// SPDX-License-Identifier: Apache-2.0
// See campaign_check.hpp: campaign files and shards. From a tally to verdicts is campaign_verdicts.cpp.
#include "sim/check/campaign_check.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "sim/check/campaign_verdicts.hpp"
#include "sim/check/witness.hpp"

namespace flowtank {
namespace {

using campaign::Campaign;
using campaign::Plan;
using campaign::Stop;

void refuse(Diagnostics& diagnostics, const char* code, const std::string& file, std::string message, std::string hint = "") {
  Diagnostic d;
  d.code = code;
  d.file = file;
  d.message = std::move(message);
  d.hint = std::move(hint);
  diagnostics.add(std::move(d));
}

std::string hash_of(const Scenario& scenario) { return fmt::format("{:016x}{:016x}", scenario.content.hi, scenario.content.lo); }

// In what two plans differ that must be equal; empty: in nothing.
std::string difference(const Plan& a, const Plan& b, bool also_shard) {
  if (a.strategy != b.strategy) return fmt::format("the strategy is {}, not {}", to_text(a.strategy), to_text(b.strategy));
  if (a.seed != b.seed) return fmt::format("the seed is {}, not {}", a.seed, b.seed);
  if (a.runs != b.runs) return fmt::format("it has {} runs, not {}", a.runs, b.runs);
  if (a.bug_depth != b.bug_depth) return fmt::format("the depth of bugs is {}, not {}", a.bug_depth, b.bug_depth);
  if (a.most_actions != b.most_actions || a.steps != b.steps || a.chains != b.chains) return "the bounds of a run differ";
  if (a.shards != b.shards) return fmt::format("it has {} shards, not {}", a.shards, b.shards);
  if (also_shard && a.shard != b.shard) return fmt::format("it is shard {}, not {}", a.shard, b.shard);
  return "";
}

bool sensible(const Plan& plan, Diagnostics& diagnostics) {
  if (plan.shards == 0 || plan.shard >= plan.shards) {
    refuse(diagnostics, "FT-CAM-003", "", fmt::format("there is no shard {} of {}", plan.shard, plan.shards), "Shards are counted from 0: --shard 0/4 to --shard 3/4.");
  } else if (plan.bug_depth == 0 || plan.bug_depth > campaign::most_bug_depth || plan.shards > campaign::most_shards) {
    refuse(diagnostics, "FT-CAM-003", "", fmt::format("bugs have a depth of 1 to {}, and a campaign at most {} shards", campaign::most_bug_depth, campaign::most_shards));
  } else if (plan.learns() && plan.all_lanes() % plan.shards != 0) {
    refuse(diagnostics, "FT-CAM-003", "", fmt::format("a campaign that learns cannot be cut into {} shards", plan.shards),
           fmt::format("Runs of {} learn from earlier ones; 2, 4, 8 or 16 shards keep together what belongs together.", to_text(plan.strategy)));
  }
  return diagnostics.ok();
}

// Takes over what a record holds. False and a diagnostic when a line is of another scenario.
bool take_over(Campaign& campaign, const campaign::Record& record, const campaign::Tally& like, const std::string& file, Diagnostics& diagnostics) {
  campaign::Block block;
  for (const std::string& line : record.blocks) {
    if (!campaign::read_block(line, like, block)) {
      refuse(diagnostics, "FT-CAM-001", file, "a record of the campaign file cannot be understood");
      return false;
    }
    campaign.take(block);  // one that does not fit was there before
  }
  return true;
}

// Opens the campaign file and takes over what is in it; a new or torn one gets its beginning.
bool open_record(const Scenario& scenario, const CampaignOptions& options, Campaign& campaign, campaign::RecordFile& file, Diagnostics& diagnostics) {
  std::string problem;
  const auto text = file.open(options.file, problem);
  if (!text) {
    refuse(diagnostics, "FT-CAM-001", options.file, problem);
    return false;
  }
  const campaign::Header header{scenario.file, hash_of(scenario), options.overrides, options.models, campaign.plan()};
  const std::string beginning = to_text(header);
  if (beginning.starts_with(*text)) {  // new, or killed while it was begun
    if (file.cut(0, problem) && file.append(beginning, problem)) return true;
    refuse(diagnostics, "FT-CAM-001", options.file, problem);
    return false;
  }
  const auto record = campaign::read_record(*text, problem);
  if (!record) {
    refuse(diagnostics, "FT-CAM-001", options.file, problem);
    return false;
  }
  std::string differs = difference(record->header.plan, campaign.plan(), true);
  if (record->header.scenario_hash != header.scenario_hash) differs = "the scenario, a model or an override is another";
  if (!differs.empty()) {
    refuse(diagnostics, "FT-CAM-002", options.file, "the file belongs to another campaign: " + differs, "Give it another file, or go on with --resume and no other options.");
    return false;
  }
  if (!take_over(campaign, *record, campaign.tally(), options.file, diagnostics)) return false;
  if (file.cut(record->whole, problem)) return true;
  refuse(diagnostics, "FT-CAM-001", options.file, problem);
  return false;
}

}  // namespace

std::optional<Result> check_by_campaign(const Scenario& scenario, const BrokerRegistry& registry, const CampaignOptions& options,
                                        Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  if (!diagnostics.ok() || !sensible(options.plan, diagnostics)) return std::nullopt;
  campaign::Patience patience = campaign::patience_of(options.limits, options.hooks);
  patience.memory = options.limits.memory;
  const auto plan = campaign::measure(scenario, registry, options.plan, diagnostics, &patience);
  if (!plan) return std::nullopt;
  Campaign campaign(scenario, registry, *plan);
  campaign::RecordFile file;
  if (patience.left() != campaign::Left::no) {  // before it could begin: a file would keep a plan that was not measured to its end
    const bool interrupted = options.hooks.cancelled != nullptr && options.hooks.cancelled->load(std::memory_order_relaxed);
    const Stop why = patience.left() == campaign::Left::memory ? Stop::memory : interrupted ? Stop::interrupted : Stop::time;
    return campaign_result(scenario, registry, *plan, campaign.tally(), why, options.limits, options.overrides, diagnostics);
  }
  if (!options.file.empty() && !open_record(scenario, options, campaign, file, diagnostics)) return std::nullopt;
  const Stop stop = campaign.run(options.limits, options.hooks, file.is_open() ? &file : nullptr);
  file.close();
  if (stop == Stop::file) refuse(diagnostics, "FT-CAM-001", options.file, campaign.problem());
  auto result = campaign_result(scenario, registry, *plan, campaign.tally(), stop, options.limits, options.overrides, diagnostics);
  result.campaign->left = campaign.left_runs();
  return result;
}

std::optional<campaign::Record> read_campaign_file(const std::string& path, Diagnostics& diagnostics) {
  std::error_code ignored;
  std::ifstream in(path, std::ios::binary);
  if (!in || !std::filesystem::is_regular_file(path, ignored)) {
    refuse(diagnostics, "FT-CAM-001", path, "the campaign file cannot be read");
    return std::nullopt;
  }
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::string problem;
  auto record = campaign::read_record(text, problem);
  if (!record) refuse(diagnostics, "FT-CAM-001", path, problem);
  return record;
}

std::optional<Result> merge_campaigns(const Scenario& scenario, const BrokerRegistry& registry, const std::vector<campaign::Record>& records,
                                      const std::vector<std::string>& files, Diagnostics& diagnostics) {
  check_broker_faults(scenario, registry, diagnostics);
  const Plan& first = records.front().header.plan;
  std::vector<bool> there(first.shards, false);
  campaign::Tally all = campaign::empty_tally(scenario);
  bool finished = true;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const campaign::Header& header = records[i].header;
    std::string differs = difference(header.plan, first, false);
    if (header.scenario_hash != hash_of(scenario)) differs = "the scenario, a model or an override has changed since";
    if (differs.empty() && header.plan.shard >= first.shards) differs = "it has no such shard";
    if (differs.empty() && there[header.plan.shard]) differs = fmt::format("shard {} is there twice", header.plan.shard);
    if (!differs.empty()) {
      refuse(diagnostics, "FT-CAM-004", files[i], "it does not belong to the campaign of " + files.front() + ": " + differs);
      return std::nullopt;
    }
    there[header.plan.shard] = true;
    Campaign shard(scenario, registry, header.plan);
    if (!take_over(shard, records[i], shard.tally(), files[i], diagnostics)) return std::nullopt;
    finished = finished && (first.runs == 0 || shard.tally().runs == header.plan.runs_here());
    all.merge(shard.tally());
  }
  finished = finished && std::all_of(there.begin(), there.end(), [](bool one) { return one; });
  if (!diagnostics.ok()) return std::nullopt;
  Plan whole = first;
  whole.shard = 0;
  whole.shards = 1;
  auto result = campaign_result(scenario, registry, whole, all, finished ? Stop::finished : Stop::interrupted, {}, records.front().header.overrides, diagnostics);
  if (!finished) {
    result.interrupted = false;
    result.campaign->stopped = "some shards are missing or not finished";
  }
  return result;
}

}  // namespace flowtank
