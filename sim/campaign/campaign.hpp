// SPDX-License-Identifier: Apache-2.0
// Makes the runs of a campaign on some threads, and keeps a campaign file if one is wanted. Threads take lanes, not runs:
// whoever is free makes the next block of runs of the lane that is furthest behind.
//
// Invariant: the tally of a finished campaign is a function of (scenario, plan): of neither threads, blocks,
// interruptions nor time. Reads no clock and knows no signal: both come in as hooks.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "sim/campaign/record.hpp"
#include "sim/campaign/runner.hpp"
#include "sim/campaign/summary.hpp"

namespace flowtank::campaign {

// What ended a campaign.
enum class Stop : std::uint8_t {
  finished,     // every run of the plan was made
  interrupted,  // Hooks::cancelled
  time,         // Limits::seconds
  memory,       // Limits::memory
  file,         // the campaign file cannot be written
  branching,    // a state with more actions than a path can tell apart
};

struct Limits {
  unsigned threads = 1;
  std::size_t memory = static_cast<std::size_t>(-1);  // bytes, Worlds included
  double seconds = 0;                                 // 0: none
};

struct Progress {
  std::uint64_t runs = 0;      // made so far, earlier sessions included
  std::uint64_t wanted = 0;    // 0: no end
  std::uint64_t failing = 0;   // properties with a failing run
  std::uint64_t ends = 0;
};

// Called from any thread, one at a time but for `seconds`, which is called by all.
struct Hooks {
  const std::atomic<bool>* cancelled = nullptr;
  std::function<double()> seconds;  // since some beginning; needed for a limit in time
  std::function<void(const Progress&)> progress;
};

class Campaign {
 public:
  // `plan` was measured (measure()).
  Campaign(const Scenario& scenario, const BrokerRegistry& registry, const Plan& plan);

  // Takes over a block that was made before. False, and nothing changes, when it does not begin where its lane has got to.
  bool take(const Block& block);
  // What a hook or a thread throws is thrown here, after all threads are through; but for std::bad_alloc, which is a limit.
  Stop run(const Limits& limits, const Hooks& hooks, RecordFile* record);

  const Plan& plan() const { return plan_; }
  const Tally& tally() const { return tally_; }
  const std::string& problem() const { return problem_; }  // Stop::file
  std::uint64_t left_runs() const { return left_runs_; }   // that were ended half way by the last run(), and count as nothing

 private:
  struct Lane {
    std::uint64_t done = 0;
    bool busy = false;
    std::size_t bytes = 0;  // of its memory, when it was last free
    LaneMemory memory;      // of whoever makes its runs
  };
  void work(const Limits& limits, const Hooks& hooks, RecordFile* record);
  std::size_t next_lane() const;
  void make_block(Runner& runner, Patience& patience, Lane& lane, Block& block, const Limits& limits, const Hooks& hooks);
  void keep(Lane& lane, const Block& block, const Limits& limits, const Hooks& hooks, RecordFile* record);
  std::size_t kept_bytes() const;
  void stop(Stop why);
  void left(const Patience& patience, const Limits& limits, const Hooks& hooks);

  const Scenario& scenario_;
  const BrokerRegistry& registry_;
  Plan plan_;
  std::vector<Lane> lanes_;
  Tally tally_;
  std::mutex mutex_;               // of all that follows and of lanes, tally and file
  std::atomic<bool> stopping_{false};
  Stop stop_ = Stop::finished;
  std::atomic<std::size_t> world_bytes_{0};  // of all runners, as last seen
  std::string problem_;
  std::uint64_t left_runs_ = 0;
};

// What of time and signals is looked at within a run; both outlive it.
Patience patience_of(const Limits& limits, const Hooks& hooks);

// What a report says of it.
CampaignSummary summarise(const Plan& plan, const Tally& tally, Stop stop, const Limits& limits);

}  // namespace flowtank::campaign
