// SPDX-License-Identifier: Apache-2.0
// See handling_time.hpp: the longest way through a handler's instructions up to its settlement. Ways only lead forward: a jump
// back is a loop, whose rounds nobody bounds, so it is told as waiting for others instead of being walked.
#include "models/brokers/handling_time.hpp"

#include <algorithm>
#include <vector>

namespace flowtank {
namespace {

// One handler: the longest way from each instruction on.
class LongestWay {
 public:
  LongestWay(const System& system, const Handler& handler) : system_(system), program_(handler.program), rest_(handler.program.code.size()) {
    if (handler.durations != none) step_ = system.distributions[handler.durations].most();
    if (handler.settlement == Settlement::before) return;  // it is settled when it starts
    mark_fused();
    for (std::size_t at = rest_.size(); at-- > 0;) rest_[at] = from(at);
    waits_ = waits_ || !program_.publishes.empty() || (writes_rows() && !rest_.empty() && rest_.front() > Duration{});
  }

  Duration longest() const { return rest_.empty() ? Duration{} : rest_.front(); }
  bool waits_for_others() const { return waits_; }

 private:
  bool writes_rows() const { return !program_.inserts.empty() || !program_.updates.empty() || !program_.erases.empty(); }

  // A serializable transaction is one step, that of its begin.
  void mark_fused() {
    fused_.assign(rest_.size(), 0);
    bool within = false;
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      const Instruction& instruction = program_.code[at];
      fused_[at] = within ? 1 : 0;
      if (instruction.op == Op::begin) within = program_.transactions[instruction.a].isolation == Isolation::serializable;
      else if (instruction.op == Op::commit || instruction.op == Op::rollback || instruction.op == Op::end) within = false;
    }
  }

  Duration own_time(std::size_t at) {
    const Instruction& instruction = program_.code[at];
    if (!is_visible(instruction.op)) return {};
    Duration takes = fused_[at] != 0 ? Duration{} : step_;
    if (instruction.op == Op::wait) takes += system_.distributions[program_.waits[instruction.a].distribution].most();
    if (instruction.op == Op::call) {
      const Duration timeout = program_.calls[instruction.a].timeout;
      waits_ = waits_ || timeout == Duration{};
      takes += timeout;
    }
    return takes;
  }

  Duration on_to(std::size_t at, std::uint32_t to) {
    if (to == none || to >= rest_.size()) return {};
    if (to > at) return rest_[to];
    waits_ = true;  // a loop
    return {};
  }

  Duration from(std::size_t at) {
    const Instruction& instruction = program_.code[at];
    const Duration own = own_time(at);
    const auto next = static_cast<std::uint32_t>(at + 1);
    Duration rest;
    const auto consider = [&](std::uint32_t to) { rest = std::max(rest, on_to(at, to)); };
    switch (instruction.op) {
      case Op::settle:
      case Op::fail:
      case Op::end: return own;
      case Op::jump: consider(instruction.a); return own + rest;
      case Op::branch: consider(instruction.a); break;
      case Op::loop_next: consider(program_.eaches[instruction.a].past); break;
      case Op::begin: consider(program_.transactions[instruction.a].on_abort); break;
      case Op::insert: consider(program_.inserts[instruction.a].target); break;
      case Op::publish: consider(program_.publishes[instruction.a].on_error); break;
      default: break;
    }
    consider(next);
    return own + rest;
  }

  const System& system_;
  const Program& program_;
  Duration step_;
  std::vector<Duration> rest_;
  std::vector<char> fused_;
  bool waits_ = false;
};

bool strikes_service(const Fault& fault, std::uint32_t service) {
  const auto selects = [service](const FaultSelector& on) { return on.service == none || on.service == service; };
  return selects(fault.on) || std::any_of(fault.also.begin(), fault.also.end(), selects);
}

}  // namespace

HandlingTime handling_time(const System& system, std::uint32_t subscription) {
  HandlingTime all;
  const std::uint32_t service = system.subscriptions[subscription].service;
  for (const std::uint32_t h : system.services[service].handlers) {
    const Handler& handler = system.handlers[h];
    if (handler.trigger != Trigger::message || handler.subscription != subscription) continue;
    const LongestWay way(system, handler);
    all.by_itself = std::max(all.by_itself, way.longest());
    all.waits_for_others = all.waits_for_others || way.waits_for_others();
  }
  for (const Fault& fault : system.faults) {
    if (!strikes_service(fault, service)) continue;
    if (fault.kind == FaultKind::pause && fault.delay != none) all.paused += system.distributions[fault.delay].most();
    if (fault.kind == FaultKind::slow && fault.with.factor_percent > 100) {
      all.stands_still += Duration(all.by_itself.nanoseconds() / 100) * (fault.with.factor_percent - 100);
    }
  }
  all.stands_still += all.paused;
  return all;
}

}  // namespace flowtank
