// SPDX-License-Identifier: Apache-2.0
// See step_coverage.hpp. Chunks go by while a run goes on, so that a long run needs no trace in memory.
#include "sim/campaign/step_coverage.hpp"

namespace flowtank::campaign {

StepCoverage::StepCoverage(const System& system) : system_(system), begun_(system.handlers.size()), missing_(system.handlers.size()) {
  for (const Handler& handler : system.handlers) {
    taken_.emplace_back(handler.program.steps.size());
    wanted_.emplace_back(handler.program.steps.size());
    for (const Instruction& at : handler.program.code) {
      if (!leaves_records(at.op) || at.step >= wanted_.back().size() || wanted_.back()[at.step] != 0) continue;
      wanted_.back()[at.step] = 1;
      ++missing_;
    }
  }
}

void StepCoverage::chunk(const RawChunk& chunk) {
  for (std::uint32_t i = 0; i < chunk.count; ++i) note(chunk.handler[i], chunk.step[i]);
}

void StepCoverage::note(std::uint16_t handler, std::uint32_t step) {
  if (handler >= begun_.size()) return;
  if (begun_[handler] == 0) {
    begun_[handler] = 1;
    --missing_;
  }
  if (step >= taken_[handler].size() || taken_[handler][step] != 0) return;
  taken_[handler][step] = 1;
  missing_ -= wanted_[handler][step] != 0 ? 1 : 0;
}

bool StepCoverage::reached(std::size_t handler, std::size_t pc) const {
  const Instruction& at = system_.handlers[handler].program.code[pc];
  if (!leaves_records(at.op)) return begun_[handler] != 0;
  return at.step < taken_[handler].size() && taken_[handler][at.step] != 0;
}

}  // namespace flowtank::campaign
