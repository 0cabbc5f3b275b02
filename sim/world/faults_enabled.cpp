// SPDX-License-Identifier: Apache-2.0
// What faults an exploration may strike with now, in the order of the faults and for each in the order of the places. Something
// that lasts may begin only where somebody could tell; before that it changes nothing but the order of events.
#include <algorithm>

#include "sim/world/fault_kinds.hpp"
#include "sim/world/faults.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

void sort_by_word(const World& world, std::vector<Action>& actions, std::size_t from) {
  if (actions.size() - from < 2) return;
  // In an order of contents, not of the history that lists remember.
  std::sort(actions.begin() + static_cast<std::ptrdiff_t>(from), actions.end(), [&world](const Action& a, const Action& b) {
    if (a.a != b.a) return a.a < b.a;
    const int order = world.order_of_contents(a.word, b.word);
    return order != 0 ? order < 0 : a.choice < b.choice;
  });
}

}  // namespace

void Faults::enabled(const World& world, std::vector<Action>& out) const {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (cells_.get(budgets_[f]) == 0) continue;
    const Fault& fault = system_.faults[f];
    switch (fault.kind) {
      case FaultKind::duplicate: copies(world, f, ActionKind::fault_duplicate, out); break;
      case FaultKind::loss: copies(world, f, ActionKind::fault_lose, out); break;
      case FaultKind::reorder: copies(world, f, ActionKind::fault_reorder, out); break;
      case FaultKind::ambiguous_publish: publishes(world, f, ActionKind::fault_no_answer, out); break;
      case FaultKind::publish_loss: publishes(world, f, ActionKind::fault_no_request, out); break;
      case FaultKind::wrong_key: publishes(world, f, ActionKind::fault_publish, out); break;
      case FaultKind::crash: crashes(world, f, out); break;
      case FaultKind::handler_error: steps(world, f, ActionKind::fault_error, out); break;
      case FaultKind::zombie:
      case FaultKind::ack_deadline: steps(world, f, ActionKind::fault_redeliver, out); break;
      case FaultKind::abort:
      case FaultKind::ambiguous_commit: steps(world, f, ActionKind::fault_commit, out); break;
      case FaultKind::stale_read: reads(world, f, out); break;
      case FaultKind::timer_early:
      case FaultKind::timer_twice: timers(world, f, out); break;
      case FaultKind::call_loss:
      case FaultKind::call_no_answer: calls(world, f, out); break;
      case FaultKind::partition:
      case FaultKind::read_only: windows(world, f, out); break;
      case FaultKind::lost_tail: tails(world, f, out); break;
      case FaultKind::outage:
        for (std::uint32_t b = 0; b < outages_.size(); ++b) {
          if (cells_.get(outages_[b]) != 0) continue;
          const bool selected = any_place(fault, [b](const FaultSelector& on) { return on.broker == none || on.broker == b; });
          if (selected) out.push_back({.kind = ActionKind::fault_outage, .fault = static_cast<std::uint16_t>(f), .a = b});
        }
        break;
      default:
        // Orders of events, strikes by themselves, or faults of the broker itself.
        if (!is_broker_fault(fault.kind)) break;
        for (std::uint32_t b = 0; b < outages_.size(); ++b) {
          if (fault.on.broker != none && fault.on.broker != b) continue;
          if (fault.on.channel != none && system_.channels[fault.on.channel].broker != b) continue;
          world.broker(b).strikes(world, static_cast<std::uint16_t>(f), out);
        }
        break;
    }
  }
}

void Faults::windows_over(std::vector<Action>& out) const {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    const bool lasts = fault.kind == FaultKind::partition || fault.kind == FaultKind::read_only ||
                       (fault.kind == FaultKind::unroutable && fault.with.limit == 0);
    if (!lasts || !open(f)) continue;
    out.push_back({.kind = ActionKind::window_over, .fault = static_cast<std::uint16_t>(f), .a = f});
  }
}

void Faults::copies(const World& world, std::uint32_t f, ActionKind kind, std::vector<Action>& out) const {
  std::vector<Action>& found = struck_copies_;
  for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
    const Subscription& subscription = system_.subscriptions[s];
    // selects() asks the same of every copy: a queue that no place of the fault is about need not be listed.
    if (!any_place(system_.faults[f], [&](const FaultSelector& on) { return on.channel == none || on.channel == subscription.channel; })) continue;
    found.clear();
    world.broker_of(s).strikable(world, s, kind, static_cast<std::uint16_t>(f), found);
    sort_by_word(world, found, 0);
    for (const Action& action : found) {
      if (selects(world, f, subscription.channel, subscription.service, action.word)) out.push_back(action);
    }
  }
}

void Faults::publishes(const World& world, std::uint32_t f, ActionKind kind, std::vector<Action>& out) const {
  const Runs& runs = world.runs();
  const auto index = static_cast<std::uint16_t>(f);
  runs.each_active([&](std::uint32_t frame) {
    if (runs.waiting_of(frame) != Waiting::request_left) return;
    const std::uint32_t channel = runs.publish_channel(frame), service = runs.service_of_frame(frame);
    const Word message = runs.request_of(frame);
    if (out_of_reach(world, service, channel, message) || !selects_publish(world, f, service, channel, message)) return;
    out.push_back({.kind = kind, .fault = index, .a = frame});
  });
  if (kind == ActionKind::fault_no_answer) return;
  const std::size_t from = out.size();
  world.wire().orphans().each(cells_, [&](Word item) {
    const std::uint32_t channel = world.wire().channel_of(item);
    const Word message = world.wire().orphan_message(item);
    if (this->out(system_.channels[channel].broker) || !selects_publish(world, f, none, channel, message)) return;
    out.push_back({.kind = kind, .fault = index, .a = none, .word = item});
  });
  sort_by_word(world, out, from);
}

// A publish that does not arrive anyway cannot be struck.
bool Faults::out_of_reach(const World& world, std::uint32_t service, std::uint32_t channel, Word message) const {
  return out(system_.channels[channel].broker) || cut_to_broker(service, channel) ||
         (any_room_fault_ && room_of(world, channel, message) != Room::free);
}

void Faults::steps(const World& world, std::uint32_t f, ActionKind kind, std::vector<Action>& out) const {
  world.runs().each_active([&](std::uint32_t frame) {
    if (!step_can_be_struck(world, f, frame) || !selects_frame(world, f, frame)) return;
    out.push_back({.kind = kind, .fault = static_cast<std::uint16_t>(f), .a = frame});
  });
}

void Faults::crashes(const World& world, std::uint32_t f, std::vector<Action>& out) const {
  const Runs& runs = world.runs();
  for (std::uint32_t i = 0; i < runs.instance_count(); ++i) {
    bool strikes = false;
    for (std::uint32_t frame = runs.frames_begin(i); frame < runs.frames_end(i); ++frame) {
      strikes = strikes || (runs.active(frame) && selects_frame(world, f, frame));
    }
    // An idle instance has nothing to lose but what it remembers.
    strikes = strikes || (idle_matters(f, runs.service_of_instance(i)) && remembers(world, runs.service_of_instance(i)));
    if (strikes) out.push_back({.kind = ActionKind::fault_crash, .fault = static_cast<std::uint16_t>(f), .a = i});
  }
}

void Faults::timers(const World& world, std::uint32_t f, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[f];
  for (std::uint32_t t = 0; t < system_.timers.size(); ++t) {
    // A race timer may fire at any time without any fault.
    if (fault.kind == FaultKind::timer_early && system_.timers[t].timer_class == TimerClass::race) continue;
    const bool selected = any_place(fault, [&](const FaultSelector& on) {
      return (on.timer == none || on.timer == t) && (on.service == none || on.service == system_.timers[t].service);
    });
    if (!selected || world.wire().pending(t).empty(cells_) || world.runs().free_frame(world, system_.timers[t].service) == none) continue;
    const std::size_t from = out.size();
    world.wire().pending(t).each(cells_, [&](Word key) {
      out.push_back({.kind = ActionKind::fault_timer, .fault = static_cast<std::uint16_t>(f), .a = t, .word = key});
    });
    sort_by_word(world, out, from);
  }
}

void Faults::calls(const World& world, std::uint32_t f, std::vector<Action>& out) const {
  const Runs& runs = world.runs();
  const auto index = static_cast<std::uint16_t>(f);
  if (system_.faults[f].kind == FaultKind::call_no_answer) {
    runs.each_active([&](std::uint32_t frame) {
      const Word request = runs.replies_to(frame);
      if (request == absent_word || runs.waiting_of(frame) != Waiting::nothing) return;
      if (selects_call(world, f, runs.service_of_frame(frame), request)) out.push_back({.kind = ActionKind::fault_reply, .fault = index, .a = frame});
    });
    return;
  }
  for (std::uint32_t s = 0; s < system_.services.size(); ++s) {
    const std::size_t from = out.size();
    world.wire().requests(s).each(cells_, [&](Word request) {
      if (selects_call(world, f, s, request)) out.push_back({.kind = ActionKind::fault_request, .fault = index, .a = s, .word = request});
    });
    sort_by_word(world, out, from);
  }
}

// Something that lasts begins where a run could tell: it has a request on the way, is about to write, to answer or to
// acknowledge.
void Faults::windows(const World& world, std::uint32_t f, std::vector<Action>& out) const {
  if (open(f)) return;
  const Runs& runs = world.runs();
  const bool partition = system_.faults[f].kind == FaultKind::partition;
  bool tells = false;
  runs.each_active([&](std::uint32_t frame) {
    const std::uint32_t service = runs.service_of_frame(frame);
    if (partition) {
      tells = true;
      return;
    }
    if (runs.waiting_of(frame) != Waiting::nothing || !selects_service(f, service, none)) return;
    const Op op = runs.instruction(frame).op;
    tells = tells || op == Op::begin || op == Op::insert || op == Op::update || op == Op::erase || op == Op::commit;
  });
  if (partition && !tells) {
    for (std::uint32_t c = 0; c < system_.clients.size(); ++c) tells = tells || world.wire().sent_by(c) < system_.clients[c].count;
  }
  if (tells) out.push_back({.kind = ActionKind::fault_window, .fault = static_cast<std::uint16_t>(f), .a = f});
}

void Faults::reads(const World& world, std::uint32_t f, std::vector<Action>& out) const {
  const Runs& runs = world.runs();
  runs.each_active([&](std::uint32_t frame) {
    if (!step_can_be_struck(world, f, frame) || !selects_frame(world, f, frame)) return;
    const std::uint32_t most = std::min(system_.faults[f].with.versions, commits_kept(world, runs.service_of_frame(frame)));
    for (std::uint32_t back = 1; back <= most; ++back) {
      out.push_back({.kind = ActionKind::fault_read, .fault = static_cast<std::uint16_t>(f), .a = frame, .choice = back});
    }
  });
}

void Faults::tails(const World& world, std::uint32_t f, std::vector<Action>& out) const {
  for (std::uint32_t s = 0; s < system_.services.size(); ++s) {
    if (!selects_service(f, s, none)) continue;
    const std::uint32_t most = std::min(system_.faults[f].with.versions, commits_kept(world, s));
    for (std::uint32_t n = 1; n <= most; ++n) {
      out.push_back({.kind = ActionKind::fault_tail, .fault = static_cast<std::uint16_t>(f), .a = s, .choice = n});
    }
  }
}

}  // namespace flowtank
