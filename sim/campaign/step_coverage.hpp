// SPDX-License-Identifier: Apache-2.0
// Which handlers and steps timed runs reached, from the records that they left: nothing is written down but one mark a handler and
// step. A step that leaves no record of its own counts as taken with its handler. What is covered once stays covered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sim/trace/trace.hpp>
#include <sim/world/system.hpp>

namespace flowtank::campaign {

// Does every execution of it leave a record that names its step?
constexpr bool leaves_records(Op op) { return op == Op::commit || op == Op::publish || op == Op::effect || op == Op::call; }

// Listens to a trace of the level normal. `system` outlives it.
class StepCoverage final : public ChunkSink {
 public:
  explicit StepCoverage(const System& system);

  void chunk(const RawChunk& chunk) override;
  void note(std::uint16_t handler, std::uint32_t step);
  bool reached(std::size_t handler, std::size_t pc) const;
  // Everything was reached: there is nothing left to listen for.
  bool complete() const { return missing_ == 0; }

 private:
  const System& system_;
  std::vector<char> begun_;               // by handler
  std::vector<std::vector<char>> taken_;  // by handler and step
  std::vector<std::vector<char>> wanted_; // steps that leave records
  std::size_t missing_ = 0;
};

}  // namespace flowtank::campaign
