// SPDX-License-Identifier: Apache-2.0
// Numbering the groups of actions that are treated fairly.
#include "sim/check/fairness.hpp"

#include <algorithm>

namespace flowtank {
namespace {

constexpr std::uint32_t most_rules = 32;

// The group of an action; groups are numbered 0..group_count()-1.
class Groups {
 public:
  explicit Groups(const World& world)
      : frames_(world.runs().frame_count()), services_(static_cast<std::uint32_t>(world.system().services.size())),
        subscriptions_(static_cast<std::uint32_t>(world.system().subscriptions.size())),
        timers_(static_cast<std::uint32_t>(world.system().timers.size())) {}

  std::uint32_t count() const { return 3 + 2 * frames_ + services_ + subscriptions_ + timers_; }
  std::uint32_t of(const Action& action) const {
    switch (action.kind) {
      case ActionKind::step:
      case ActionKind::request_effect:
      case ActionKind::answer: return 3 + action.a;
      case ActionKind::poll: return 3 + frames_ + action.a;
      case ActionKind::command_deliver: return 3 + 2 * frames_ + action.a;
      case ActionKind::deliver: return 3 + 2 * frames_ + services_ + action.a;
      case ActionKind::timer_fire: return 3 + 2 * frames_ + services_ + subscriptions_ + action.a;
      case ActionKind::client_send:
      case ActionKind::client_retry: return 0;
      case ActionKind::broker:
      case ActionKind::orphan_effect: return 1;
      default: return 2;  // restarts, ends of pauses and outages
    }
  }

 private:
  std::uint32_t frames_, services_, subscriptions_, timers_;
};

}  // namespace

FairnessRules fairness_of(const World& world) {
  FairnessRules fairness;
  const Groups groups(world);
  const std::uint32_t count = std::min(groups.count(), most_rules);
  fairness.coarse = groups.count() > most_rules;
  for (std::uint32_t rule = 0; rule < count; ++rule) {
    fairness.rules.push_back({"group " + std::to_string(rule), explore::Fairness::strong,
                              [groups, rule, count](const explore::WorldSystem&, const Action& action) {
                                return !is_fault(action.kind) && groups.of(action) % count == rule;
                              }});
  }
  return fairness;
}

}  // namespace flowtank
