// SPDX-License-Identifier: Apache-2.0
// See campaign.hpp: threads take the lane that is furthest behind, make a block of its runs, and add it under one lock.
#include "sim/campaign/campaign.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <system_error>
#include <thread>

namespace flowtank::campaign {
namespace {

constexpr std::uint64_t runs_of_block = 128;
constexpr std::uint64_t runs_between_looks = 16;      // at the clock, where runs are short
constexpr std::uint64_t many_actions = 1'000;
constexpr double seconds_of_block = 1;                // so that a kill costs little

}  // namespace

Campaign::Campaign(const Scenario& scenario, const BrokerRegistry& registry, const Plan& plan)
    : scenario_(scenario), registry_(registry), plan_(plan), lanes_(plan.lanes()), tally_(empty_tally(scenario)) {}

bool Campaign::take(const Block& block) {
  if (block.lane >= lanes_.size()) return false;
  Lane& lane = lanes_[block.lane];
  if (block.from != lane.done || block.count > plan_.runs_in(block.lane) - lane.done) return false;
  lane.done += block.count;
  learn(lane.memory, block.lesson);
  tally_.merge(block.tally);
  return true;
}

// The lane that is furthest behind and free; lanes_.size() when there is none.
std::size_t Campaign::next_lane() const {
  std::size_t best = lanes_.size();
  for (std::size_t l = 0; l < lanes_.size(); ++l) {
    if (lanes_[l].busy || lanes_[l].done >= plan_.runs_in(l)) continue;
    if (best == lanes_.size() || lanes_[l].done < lanes_[best].done) best = l;
  }
  return best;
}

// All but Worlds.
std::size_t Campaign::kept_bytes() const {
  std::size_t sum = tally_.bytes();
  for (const Lane& lane : lanes_) sum += lane.bytes;
  return sum;
}

Stop Campaign::run(const Limits& limits, const Hooks& hooks, RecordFile* record) {
  stop_ = Stop::finished;
  left_runs_ = 0;
  world_bytes_.store(0, std::memory_order_relaxed);
  stopping_.store(false, std::memory_order_relaxed);
  std::exception_ptr failure;
  const auto guarded = [&] {
    try {
      work(limits, hooks, record);
    } catch (const std::bad_alloc&) {
      const std::lock_guard lock(mutex_);
      stop(Stop::memory);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure) failure = std::current_exception();
      stopping_.store(true, std::memory_order_relaxed);
    }
  };
  {
    std::vector<std::jthread> others;
    try {
      for (unsigned t = 1; t < limits.threads; ++t) others.emplace_back(guarded);
    } catch (const std::system_error&) {  // no more threads than these: the result is the same
    }
    guarded();
  }
  for (Lane& lane : lanes_) lane.busy = false;  // a thread that threw kept its lane
  if (failure) std::rethrow_exception(failure);
  if (stop_ != Stop::file && next_lane() == lanes_.size()) stop_ = Stop::finished;
  return stop_;
}

void Campaign::work(const Limits& limits, const Hooks& hooks, RecordFile* record) {
  Patience patience = patience_of(limits, hooks);
  patience.stopping = &stopping_;
  patience.memory = limits.memory;
  patience.worlds = &world_bytes_;
  Runner runner(scenario_, registry_, plan_, &patience);
  if (patience.left() != Left::no) {
    const std::lock_guard lock(mutex_);
    return left(patience, limits, hooks);
  }
  Block block;
  block.tally = empty_tally(scenario_);
  while (!stopping_.load(std::memory_order_relaxed)) {
    Lane* lane = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const std::size_t next = next_lane();
      if (next == lanes_.size()) return;
      lane = &lanes_[next];
      lane->busy = true;
      block.lane = next;
      block.from = lane->done;
      patience.memory = limits.memory - std::min(limits.memory, kept_bytes());
    }
    make_block(runner, patience, *lane, block, limits, hooks);
    const std::lock_guard lock(mutex_);
    patience.report(runner.memory_bytes());
    keep(*lane, block, limits, hooks, record);
    if (runner.too_wide()) stop(Stop::branching);
    if (patience.left() != Left::no) {
      ++left_runs_;
      left(patience, limits, hooks);
    }
  }
}

// Fills the block; it ends early when the campaign is to stop or the block takes long.
void Campaign::make_block(Runner& runner, Patience& patience, Lane& lane, Block& block, const Limits& limits, const Hooks& hooks) {
  block.count = 0;
  block.tally.clear();
  block.lesson.clear();
  const std::uint64_t most = std::min(runs_of_block, plan_.runs_in(block.lane) - block.from);
  const double begin = hooks.seconds ? hooks.seconds() : 0;
  std::uint64_t looked_at = 0;
  while (block.count < most && !stopping_.load(std::memory_order_relaxed)) {
    if (hooks.cancelled != nullptr && hooks.cancelled->load(std::memory_order_relaxed)) break;
    if (!runner.run(plan_.run_at(block.lane, block.from + block.count), lane.memory, block.lesson, block.tally, &patience)) break;
    ++block.count;
    const bool look = block.count - looked_at >= runs_between_looks || block.tally.longest > many_actions;
    if (!look || !hooks.seconds) continue;
    looked_at = block.count;
    const double now = hooks.seconds();
    if (now - begin > seconds_of_block || (limits.seconds > 0 && now > limits.seconds)) break;
  }
  runner.flush(block.tally);
}

// Under the lock, after a run was left.
void Campaign::left(const Patience& patience, const Limits& limits, const Hooks& hooks) {
  if (patience.left() == Left::memory) stop(Stop::memory);
  else if (hooks.cancelled != nullptr && hooks.cancelled->load(std::memory_order_relaxed)) stop(Stop::interrupted);
  else if (limits.seconds > 0 && hooks.seconds && !stopping_.load(std::memory_order_relaxed)) stop(Stop::time);
}

Patience patience_of(const Limits& limits, const Hooks& hooks) {
  Patience patience;
  patience.cancelled = hooks.cancelled;
  if (limits.seconds > 0 && hooks.seconds) patience.out_of_time = [&limits, &hooks] { return hooks.seconds() > limits.seconds; };
  return patience;
}

// Under the lock. The first reason stays.
void Campaign::stop(Stop why) {
  if (stop_ == Stop::finished) stop_ = why;
  stopping_.store(true, std::memory_order_relaxed);
}

void Campaign::keep(Lane& lane, const Block& block, const Limits& limits, const Hooks& hooks, RecordFile* record) {
  lane.busy = false;
  lane.bytes = lane.memory.bytes();
  if (block.count != 0) {
    lane.done += block.count;
    tally_.merge(block.tally);
    if (record != nullptr && !record->append(to_text(block), problem_)) stop(Stop::file);
  }
  if (hooks.cancelled != nullptr && hooks.cancelled->load(std::memory_order_relaxed)) stop(Stop::interrupted);
  if (limits.seconds > 0 && hooks.seconds && hooks.seconds() > limits.seconds) stop(Stop::time);
  if (kept_bytes() + world_bytes_.load(std::memory_order_relaxed) > limits.memory) stop(Stop::memory);
  if (!hooks.progress) return;
  std::uint64_t failing = 0;
  for (const PropertyTally& property : tally_.properties) failing += property.failing != 0 ? 1 : 0;
  hooks.progress({tally_.runs, plan_.runs == 0 ? 0 : plan_.runs_here(), failing, tally_.ends.size()});
}

}  // namespace flowtank::campaign
