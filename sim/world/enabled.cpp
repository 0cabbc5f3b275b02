// SPDX-License-Identifier: Apache-2.0
// Which actions are enabled: the view of what the World could do that explorations and users choose from.
// The order is documented in action.hpp; it decides which of several shortest stories is told.
#include <algorithm>

#include "sim/world/world.hpp"

namespace flowtank {
namespace {

// A canonical order of contents that does not depend on what was seen first.
void sort_by_content(const World& world, std::vector<Action>& actions, std::size_t from) {
  if (actions.size() - from < 2) return;
  std::sort(actions.begin() + static_cast<std::ptrdiff_t>(from), actions.end(), [&](const Action& a, const Action& b) {
    if (a.a != b.a) return a.a < b.a;
    if (a.word == b.word) return a.choice < b.choice;
    return world.order_of_contents(a.word, b.word) < 0;
  });
}

}  // namespace

int World::order_of_contents(Word a, Word b) const {
  static constexpr std::size_t places = std::size_t{1} << 12;
  if (a == b) return 0;
  if (compared_.empty()) compared_.resize(places);
  Compared& known = compared_[static_cast<std::size_t>(fold_multiply(a ^ 0x9e3779b97f4a7c15ULL, b ^ 0xa0761d6478bd642fULL)) % places];
  if (known.a != a || known.b != b) known = {a, b, compare(pool_.value(a), pool_.value(b))};
  return known.order;
}

void World::enabled(std::vector<Action>& out, bool faults) const {
  const std::size_t begin = out.size();
  for (std::uint32_t c = 0; c < system_.clients.size(); ++c) {
    if (!system_.clients[c].script.empty()) wire_.sessions().enabled_steps(*this, c, out);
    else if (wire_.sent_by(c) < system_.clients[c].count) out.push_back({.kind = ActionKind::client_send, .a = c});
  }
  std::size_t from = out.size();
  for (std::uint32_t s = 0; s < system_.services.size(); ++s) {
    if (wire_.requests(s).empty(cells_) || runs_.free_frame(*this, s) == none) continue;
    wire_.requests(s).each(cells_, [&](Word request) {
      out.push_back({.kind = ActionKind::command_deliver, .a = s, .word = request});
    });
  }
  sort_by_content(*this, out, from);
  from = out.size();
  for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
    const Subscription& subscription = system_.subscriptions[s];
    if (faults_.out(system_.channels[subscription.channel].broker) || cut_off(s)) continue;
    if (runs_.free_frame(*this, subscription.service) == none) continue;
    const Broker& broker = broker_of(s);
    const std::size_t first = out.size();
    broker.deliverable(*this, s, out);
    // A copy that one instance alone may be handed waits for a free frame there.
    const auto cannot = [&](const Action& copy) {
      const std::uint32_t consumer = broker.consumer_of(*this, s, copy.b);
      return consumer != none && runs_.free_frame_of(*this, consumer) == none;
    };
    if (out.size() != first) out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), cannot), out.end());
  }
  sort_by_content(*this, out, from);
  runs_.each_active([&](std::uint32_t frame) {
    switch (runs_.waiting_of(frame)) {
      case Waiting::nothing: {
        const Instruction& at = runs_.instruction(frame);
        if (at.op != Op::choose) {
          out.push_back({.kind = ActionKind::step, .a = frame});
          break;
        }
        const auto& options = system_.handlers[runs_.handler_of(frame)].program.chooses[at.a].options;
        for (std::uint32_t i = 0; i < options.size(); ++i) out.push_back({.kind = ActionKind::step, .a = frame, .choice = i});
        break;
      }
      case Waiting::request_left:
        if (faults_.must_wait(*this, runs_.publish_channel(frame), runs_.request_of(frame))) break;
        out.push_back({.kind = ActionKind::request_effect, .a = frame});
        break;
      case Waiting::lock: break;
      case Waiting::call: {
        const CallSpec& spec = system_.handlers[runs_.handler_of(frame)].program.calls[runs_.instruction(frame).a];
        if (spec.timeout > Duration{}) out.push_back({.kind = ActionKind::answer, .a = frame, .choice = 1});
        break;
      }
      default: out.push_back({.kind = ActionKind::answer, .a = frame}); break;
    }
  });
  from = out.size();
  wire_.orphans().each(cells_, [&](Word item) {
    if (faults_.must_wait(*this, wire_.channel_of(item), wire_.orphan_message(item))) return;
    out.push_back({.kind = ActionKind::orphan_effect, .word = item});
  });
  sort_by_content(*this, out, from);
  from = out.size();
  for (std::uint32_t t = 0; t < system_.timers.size(); ++t) {
    if (system_.timers[t].timer_class == TimerClass::slow) continue;
    if (wire_.pending(t).empty(cells_) || runs_.free_frame(*this, system_.timers[t].service) == none) continue;
    wire_.pending(t).each(cells_, [&](Word key) { out.push_back({.kind = ActionKind::timer_fire, .a = t, .word = key}); });
  }
  sort_by_content(*this, out, from);
  for (std::uint32_t frame = 0; frame < runs_.frame_count(); ++frame) {
    if (runs_.poller_of(frame) != none && poll_due(frame)) out.push_back({.kind = ActionKind::poll, .a = frame});
  }
  from = out.size();
  for (std::uint32_t c = 0; c < system_.clients.size(); ++c) {
    wire_.sessions().enabled_retries(c, out);
    wire_.unanswered(c).each(cells_, [&](Word request) {
      out.push_back({.kind = ActionKind::client_retry, .a = c, .word = request});
    });
  }
  sort_by_content(*this, out, from);
  for (const auto& broker : brokers_) broker->enabled(*this, out);
  for (std::uint32_t b = 0; b < brokers_.size(); ++b) {
    if (const std::uint64_t fault = faults_.outage_of(b); fault != 0) {
      out.push_back({.kind = ActionKind::outage_over, .fault = static_cast<std::uint16_t>(fault - 1),
                     .a = static_cast<std::uint32_t>(fault - 1), .b = b});
    }
  }
  faults_.windows_over(out);
  if (out.size() == begin) slow_timers(out);
  if (faults) faults_.enabled(*this, out);
}

// Slow timers fire when nothing else can happen, those of the shortest length first.
void World::slow_timers(std::vector<Action>& out) const {
  Duration shortest = Duration::infinite();
  const auto pending = [this](std::uint32_t t) {
    return system_.timers[t].timer_class == TimerClass::slow && !wire_.pending(t).empty(cells_);
  };
  for (std::uint32_t t = 0; t < system_.timers.size(); ++t) {
    if (pending(t)) shortest = std::min(shortest, system_.timers[t].length);
  }
  const std::size_t from = out.size();
  for (std::uint32_t t = 0; t < system_.timers.size(); ++t) {
    if (!pending(t) || system_.timers[t].length != shortest || runs_.free_frame(*this, system_.timers[t].service) == none) continue;
    wire_.pending(t).each(cells_, [&](Word key) { out.push_back({.kind = ActionKind::timer_fire, .a = t, .word = key}); });
  }
  sort_by_content(*this, out, from);
}

bool World::quiescent() const {
  std::vector<Action> actions;
  enabled(actions, false);
  return actions.empty();
}

bool World::is_enabled(const Action& action) const {
  std::vector<Action> actions;
  enabled(actions);
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

}  // namespace flowtank
