// SPDX-License-Identifier: Apache-2.0
// See runner.hpp: timed runs. Latencies, arrivals and faults are drawn from the seed of the run as `flowtank run --seed` would; so
// the witness is a seed; of a swarm a seed and which faults are off. What a run reached is seen from its records, which alter nothing.
// What such a run leaves undecided (it ended at its horizon) counts as an error of the property.
#include "sim/campaign/runner.hpp"

#include <sim/run/timed_run.hpp>

#include "sim/campaign/fault_switches.hpp"

namespace flowtank::campaign {

std::uint64_t seed_of_timed_run(const Plan& plan, std::uint64_t run) {
  // Short, since people type it.
  return draw(Seed{plan.seed}, Purpose("campaign.timed"), Whose{0, run}) >> 11;
}

// One trace takes the records of many runs; nobody reads them but the coverage that they go to.
void Runner::listen() {
  constexpr std::size_t most_records = std::size_t{1} << 30;
  if (coverage_.complete()) return world_->record_into(nullptr);
  if (records_ == nullptr || records_->size() > most_records) {
    if (records_ != nullptr) records_->finish();
    records_ = std::make_unique<Trace>(TraceScope::of(TraceLevel::normal));
    records_->stream_to(&coverage_);
  }
  world_->record_into(records_.get(), false);
}

bool Runner::run_timed(std::uint64_t run, Tally& tally, Patience* patience) {
  const Bounds& bounds = scenario_.system->bounds;
  listen();
  if (own_system_) switch_faults(*scenario_.system, faults_on(plan_, run, *scenario_.system), *own_system_);
  world_->reset(seed_of_timed_run(plan_, run));
  checker_->start(*world_);
  const TimedRunLimits limits{bounds.horizon, bounds.max_actions};
  const TimedRunResult ran = timed_run(*world_, limits, [this, patience](World& world) {
    checker_->after_action(world);
    return patience == nullptr || !patience->ends(1, [this] { return memory_bytes(); });
  });
  if (ran.end == RunEnd::stopped) return false;
  const bool to_horizon = ran.end == RunEnd::horizon && bounds.horizon != Time::never();
  const auto verdicts = checker_->at_end(*world_, ran.end == RunEnd::quiet, to_horizon ? bounds.horizon : ran.time);
  for (const Verdict& verdict : verdicts) {
    PropertyTally& property = tally.properties[verdict.index];
    if (verdict.goal) {  // some run gets there, or none
      if (verdict.kind != VerdictKind::pass) continue;
      property.triggered = true;
      ++property.failing;
      property.first = std::min(property.first, run);
      continue;
    }
    if (verdict.kind != VerdictKind::vacuous) property.triggered = true;
    if (verdict.kind == VerdictKind::fail) {
      ++property.failing;
      property.first = std::min(property.first, run);
    } else if (verdict.kind == VerdictKind::inconclusive && run < property.error_run) {
      property.error_run = run;
      property.error = verdict.note;
    }
  }
  ++tally.runs;
  ++tally.by_strategy[static_cast<std::size_t>(Strategy::timed)];
  tally.rested += ran.end == RunEnd::quiet ? 1 : 0;
  tally.actions += ran.actions;
  tally.longest = std::max(tally.longest, ran.actions);
  tally.ends.add(ran.fingerprint);
  note_strikes(tally);
  return true;
}

}  // namespace flowtank::campaign
