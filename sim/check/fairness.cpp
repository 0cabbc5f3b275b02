// SPDX-License-Identifier: Apache-2.0
// Numbering the groups of actions that are treated fairly.
#include "sim/check/fairness.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace flowtank {
namespace {

constexpr std::uint32_t most_rules = 32;

// The group of an action; groups are numbered 0..group_count()-1, messages of subscriptions after them.
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

// The rule of an action. Each message that a subscription may be handed has one of its own as long as there are any.
class Numbering {
 public:
  explicit Numbering(const World& world) : groups_(world), coarse_(std::make_shared<bool>(groups_.count() > most_rules)) {}

  // Every rule asks of the same action, one after the other.
  std::uint32_t of(const World& world, const Action& action) {
    if (!last_ || !(*last_ == action)) {
      last_ = action;
      number_ = numbered(world, action);
    }
    return number_;
  }
  std::shared_ptr<const bool> coarse() const { return coarse_; }

 private:
  std::uint32_t numbered(const World& world, const Action& action) {
    if (action.kind != ActionKind::deliver) return groups_.of(action) % most_rules;
    const Hash128 content = world.pool().content(action.word);
    const auto [known, is_new] = messages_.try_emplace({action.a, content.hi, content.lo}, groups_.count() + messages_.size());
    if (known->second < most_rules) return static_cast<std::uint32_t>(known->second);
    *coarse_ = true;
    return groups_.of(action) % most_rules;
  }

  Groups groups_;
  std::map<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>, std::size_t> messages_;
  std::shared_ptr<bool> coarse_;
  std::optional<Action> last_;
  std::uint32_t number_ = 0;  // of it
};

}  // namespace

FairnessRules fairness_of(const World& world) {
  const auto numbering = std::make_shared<Numbering>(world);
  FairnessRules fairness;
  fairness.coarse = numbering->coarse();
  for (std::uint32_t rule = 0; rule < most_rules; ++rule) {
    fairness.rules.push_back({"group " + std::to_string(rule), explore::Fairness::strong,
                              [numbering, rule](const explore::WorldSystem& system, const Action& action) {
                                return !is_fault(action.kind) && numbering->of(system.world(), action) == rule;
                              }});
  }
  return fairness;
}

}  // namespace flowtank
