// SPDX-License-Identifier: Apache-2.0
// Small systems of guarded actions, written as data: control cells that are compared and set, counters that are
// added to, taken from and tested. Accesses, blockers and undo follow from the data, so a model of a few lines
// (or one that was drawn at random) can be searched with every reduction and without.
// Deliberate lies can be planted in what it declares, to see that a sweep notices.
#pragma once

#include <sim/explore/foreseeing_system.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace flowtank::explore::models {

enum class NetOp : std::uint8_t {
  is,    ///< guard: the control cell has this value
  some,  ///< guard: the counter is not zero
  set,   ///< the control cell gets this value
  add,   ///< the counter grows by one
  take,  ///< the counter shrinks by one; guard: it is not zero
};

struct NetStep {
  NetOp op = NetOp::is;
  std::uint32_t cell = 0;
  std::uint8_t value = 0;
};

struct NetAction {
  std::string name;
  std::vector<NetStep> steps;  // guards first; each control cell is set at most once
  bool repeats = false;        // may_repeat()
};

/// What a net says wrongly of itself.
enum class NetLie : std::uint8_t {
  none,
  forgets_reads,     ///< guards on control cells are not declared
  forgets_tests,     ///< looking into a counter is not declared
  takes_are_adds,    ///< a take is declared as an add: two takers of the last one seem independent
  blames_another,    ///< a blocker that does not block
  never_repeats,     ///< no cycle is admitted
  hides_one_access,  ///< the last access of each action is not declared
};

struct Net {
  std::vector<std::uint8_t> start;
  std::vector<NetAction> actions;
};

class SmallNet {
 public:
  struct Action {
    std::uint32_t number = 0;
    friend constexpr bool operator==(const Action&, const Action&) = default;
  };
  struct Mark {
    std::size_t log = 0;
    Fingerprint fingerprint = 0;
  };

  explicit SmallNet(Net net, NetLie lie = NetLie::none) : net_(std::move(net)), lie_(lie) { enter_initial(0); }

  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) {
    cells_ = net_.start;
    log_.clear();
    fingerprint_ = recompute_fingerprint();
  }
  bool is_enabled(std::uint32_t number) const {
    for (const NetStep& step : net_.actions[number].steps) {
      if (blocks(step)) return false;
    }
    return true;
  }
  void enabled(std::vector<Action>& out) const {
    for (std::uint32_t a = 0; a < net_.actions.size(); ++a) {
      if (is_enabled(a)) out.push_back({a});
    }
  }
  void apply(const Action& action) {
    for (const NetStep& step : net_.actions[action.number].steps) {
      switch (step.op) {
        case NetOp::is:
        case NetOp::some: break;
        case NetOp::set: write(step.cell, step.value); break;
        case NetOp::add: write(step.cell, static_cast<std::uint8_t>(cells_[step.cell] + 1)); break;
        case NetOp::take: write(step.cell, static_cast<std::uint8_t>(cells_[step.cell] - 1)); break;
      }
    }
  }
  Mark mark() const { return {log_.size(), fingerprint_}; }
  void undo(const Mark& mark) {
    for (; log_.size() > mark.log; log_.pop_back()) cells_[log_.back().first] = log_.back().second;
    fingerprint_ = mark.fingerprint;
  }
  Fingerprint fingerprint() const { return fingerprint_; }
  Fingerprint recompute_fingerprint() const {
    Fingerprint sum = 0;
    for (std::uint32_t c = 0; c < cells_.size(); ++c) sum += share(c, cells_[c]);
    return sum;
  }
  void encode(std::vector<std::byte>& out) const {
    for (const std::uint8_t cell : cells_) out.push_back(static_cast<std::byte>(cell));
  }
  std::string describe(const Action& action) const { return net_.actions[action.number].name; }

  std::uint32_t component_count() const { return static_cast<std::uint32_t>(cells_.size()); }
  std::string component_name(std::uint32_t component) const { return "cell " + std::to_string(component); }
  void footprint(const Action& action, std::vector<Access>& out) const { every_access(action, out); }
  void causal_parents(std::span<const Action>, std::size_t, std::vector<std::size_t>&) const {}

  std::uint32_t action_count() const { return static_cast<std::uint32_t>(net_.actions.size()); }
  Action action(std::uint32_t number) const { return {number}; }
  std::uint32_t action_number(const Action& action) const { return action.number; }
  void every_access(const Action& action, std::vector<Access>& out) const {
    const std::size_t begin = out.size();
    for (const NetStep& step : net_.actions[action.number].steps) {
      switch (step.op) {
        case NetOp::is:
          if (lie_ != NetLie::forgets_reads) out.push_back({step.cell, AccessKind::read});
          break;
        case NetOp::some:
          if (lie_ != NetLie::forgets_tests) out.push_back({step.cell, AccessKind::test});
          break;
        case NetOp::set: out.push_back({step.cell, AccessKind::write}); break;
        case NetOp::add: out.push_back({step.cell, AccessKind::add}); break;
        case NetOp::take:
          out.push_back({step.cell, lie_ == NetLie::takes_are_adds ? AccessKind::add : AccessKind::take});
          break;
      }
    }
    if (lie_ == NetLie::hides_one_access && out.size() > begin) out.pop_back();
  }
  void blockers(const Action& action, std::vector<std::uint32_t>& out) const {
    for (const NetStep& step : net_.actions[action.number].steps) {
      if (lie_ == NetLie::blames_another ? step.op <= NetOp::some && !blocks(step) : blocks(step)) out.push_back(step.cell);
    }
  }
  bool may_repeat(const Action& action) const {
    return lie_ != NetLie::never_repeats && net_.actions[action.number].repeats;
  }

  std::uint8_t cell(std::uint32_t c) const { return cells_[c]; }
  const Net& net() const { return net_; }

 private:
  bool blocks(const NetStep& step) const {
    switch (step.op) {
      case NetOp::is: return cells_[step.cell] != step.value;
      case NetOp::some:
      case NetOp::take: return cells_[step.cell] == 0;
      default: return false;
    }
  }
  static Fingerprint share(std::uint32_t cell, std::uint8_t value) {
    return value == 0 ? 0 : fingerprint_share(cell, {value, 0});
  }
  void write(std::uint32_t cell, std::uint8_t value) {
    log_.emplace_back(cell, cells_[cell]);
    fingerprint_ += share(cell, value) - share(cell, cells_[cell]);
    cells_[cell] = value;
  }

  Net net_;
  NetLie lie_;
  std::vector<std::uint8_t> cells_;
  std::vector<std::pair<std::uint32_t, std::uint8_t>> log_;
  Fingerprint fingerprint_ = 0;
};

static_assert(ForeseeingSystem<SmallNet>);

/// Marks actions as repeating so that every cycle of the net has one, and not many more: all that leave the state
/// unchanged or lie on a cycle, less those without which the others still cut every cycle. Explores the net.
inline void find_repeats(Net& net, std::size_t most_states = 20'000) {
  for (NetAction& action : net.actions) action.repeats = false;
  SmallNet system(net);
  std::vector<std::vector<std::uint8_t>> states = {net.start};
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> edges;  // (action, target)
  for (std::size_t at = 0; at < states.size() && states.size() < most_states; ++at) {
    edges.emplace_back();
    Net here = net;
    here.start = states[at];
    SmallNet walker(here);
    std::vector<SmallNet::Action> enabled;
    walker.enabled(enabled);
    for (const SmallNet::Action& action : enabled) {
      const auto mark = walker.mark();
      walker.apply(action);
      std::vector<std::uint8_t> next;
      for (std::uint32_t c = 0; c < net.start.size(); ++c) next.push_back(walker.cell(c));
      walker.undo(mark);
      const auto found = std::find(states.begin(), states.end(), next);
      edges.back().emplace_back(action.number, static_cast<std::uint32_t>(found - states.begin()));
      if (found == states.end()) states.push_back(next);
    }
  }
  edges.resize(states.size());
  // Is the graph without the edges of repeating actions free of cycles? Peels off states without a way in.
  const auto acyclic = [&] {
    std::vector<std::uint32_t> ways_in(states.size(), 0), free;
    for (const auto& from : edges) {
      for (const auto& [action, to] : from) ways_in[to] += net.actions[action].repeats ? 0 : 1;
    }
    for (std::uint32_t s = 0; s < states.size(); ++s) {
      if (ways_in[s] == 0) free.push_back(s);
    }
    for (std::size_t at = 0; at < free.size(); ++at) {
      for (const auto& [action, to] : edges[free[at]]) {
        if (!net.actions[action].repeats && --ways_in[to] == 0) free.push_back(to);
      }
    }
    return free.size() == states.size();
  };
  if (acyclic()) return;
  for (NetAction& action : net.actions) action.repeats = true;
  for (NetAction& action : net.actions) {
    action.repeats = false;
    if (!acyclic()) action.repeats = true;
  }
}

}  // namespace flowtank::explore::models
