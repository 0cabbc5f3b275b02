// SPDX-License-Identifier: Apache-2.0
// What actions are called in decision logs and on screens: kind, components by name, causal identity of the
// message. Two enabled actions never have the same description in one state, unless they do the same.
#include <fmt/format.h>

#include "sim/world/fault_kinds.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

std::string message_text(const World& world, Word message) {
  if (message == absent_word) return "-";
  const Value value = world.pool().value(message);
  if (value.kind != Kind::record) return to_text(value);
  const auto fields = value.items();
  std::string key = fields[field_key].kind == Kind::null ? std::string() : to_text(fields[field_key]);
  return fmt::format("{}({})#{}", to_text(fields[field_type]), key, to_text(fields[field_id]));
}

std::string instance_text(const World& world, std::uint32_t instance) {
  return fmt::format("{}/{}", world.system().services[world.runs().service_of_instance(instance)].name,
                     world.runs().number_of_instance(instance) + 1);
}

std::string frame_text(const World& world, std::uint32_t frame) {
  const Runs& runs = world.runs();
  const std::uint32_t instance = runs.instance_of_frame(frame);
  std::string text = instance_text(world, instance);
  const std::uint32_t slot = frame - runs.frames_begin(instance);
  if (slot != 0) text += fmt::format(".{}", slot + 1);
  if (!runs.active(frame)) return text;
  return fmt::format("{} {} at {} {}", text, world.system().handlers[runs.handler_of(frame)].name, runs.step_of(frame).label,
                     message_text(world, runs.input_of(frame)));
}

std::string subscription_text(const World& world, std::uint32_t subscription) {
  const Subscription& s = world.system().subscriptions[subscription];
  return fmt::format("{}>{}", world.system().channels[s.channel].name, world.system().services[s.service].name);
}

}  // namespace

std::string World::describe(const Action& action) const {
  auto fault_name = [&] { return action.fault == 0xffff ? std::string("?") : system_.faults[action.fault].name; };
  switch (action.kind) {
    case ActionKind::client_send:
      if (!system_.clients[action.a].script.empty()) return "session " + wire_.sessions().describe(action);
      return fmt::format("send {} {}", system_.clients[action.a].name, wire_.sent_by(action.a));
    case ActionKind::command_deliver:
      return fmt::format("command {} {}", system_.services[action.a].name, message_text(*this, wire_.message_of(action.word)));
    case ActionKind::deliver:
      return fmt::format("deliver {} {}{}", subscription_text(*this, action.a), message_text(*this, action.word),
                         action.choice != 0 ? fmt::format(" copy {}", action.choice) : "");
    case ActionKind::step:
      if (runs_.instruction(action.a).op == Op::choose) return fmt::format("step {} choice {}", frame_text(*this, action.a), action.choice);
      return "step " + frame_text(*this, action.a);
    case ActionKind::request_effect: return "effect " + frame_text(*this, action.a);
    case ActionKind::answer: return (action.choice == 1 ? "timeout " : "answer ") + frame_text(*this, action.a);
    case ActionKind::orphan_effect:
      return fmt::format("late publish {} {}", system_.channels[wire_.channel_of(action.word)].name,
                         message_text(*this, wire_.orphan_message(action.word)));
    case ActionKind::timer_fire:
      return fmt::format("timer {} {}", system_.timers[action.a].name, to_text(pool_.value(action.word)));
    case ActionKind::poll:
      return fmt::format("poll {} {}", instance_text(*this, runs_.instance_of_frame(action.a)),
                         system_.handlers[runs_.poller_of(action.a)].name);
    case ActionKind::client_retry:
      if (!system_.clients[action.a].script.empty()) return "retry session " + wire_.sessions().describe(action);
      return fmt::format("retry {} {}", system_.clients[action.a].name, message_text(*this, wire_.message_of(action.word)));
    case ActionKind::broker:
      return fmt::format("broker {} {}", system_.brokers[action.a].name, brokers_[action.a]->describe(*this, action));
    case ActionKind::restart: return "restart " + instance_text(*this, action.a);
    case ActionKind::outage_over: return "outage over " + system_.faults[action.a].name;
    case ActionKind::pause_over: return "pause over " + instance_text(*this, action.b);
    case ActionKind::window_over: return "over " + system_.faults[action.a].name;
    case ActionKind::fault_duplicate:
    case ActionKind::fault_lose:
    case ActionKind::fault_reorder: {
      const char* verb = action.kind == ActionKind::fault_duplicate ? "duplicate"
                         : action.kind == ActionKind::fault_lose    ? "lose"
                                                                    : "reorder";
      return fmt::format("fault {} {} {} {}{}", fault_name(), verb, subscription_text(*this, action.a),
                         message_text(*this, action.word), action.choice != 0 ? fmt::format(" copy {}", action.choice) : "");
    }
    case ActionKind::fault_no_answer: return fmt::format("fault {} no answer {}", fault_name(), frame_text(*this, action.a));
    case ActionKind::fault_no_request:
    case ActionKind::fault_publish: {
      const char* what = action.kind == ActionKind::fault_publish ? "another key" : "no request";
      if (action.a != none) return fmt::format("fault {} {} {}", fault_name(), what, frame_text(*this, action.a));
      return fmt::format("fault {} {} late publish {} {}", fault_name(), what, system_.channels[wire_.channel_of(action.word)].name,
                         message_text(*this, wire_.orphan_message(action.word)));
    }
    case ActionKind::fault_crash: return fmt::format("fault {} crash {}", fault_name(), instance_text(*this, action.a));
    case ActionKind::fault_error: return fmt::format("fault {} error {}", fault_name(), frame_text(*this, action.a));
    case ActionKind::fault_pause: return fmt::format("fault {} pause {}", fault_name(), instance_text(*this, action.a));
    case ActionKind::fault_outage: return fmt::format("fault {} outage {}", fault_name(), system_.brokers[action.a].name);
    case ActionKind::fault_redeliver: return fmt::format("fault {} again {}", fault_name(), frame_text(*this, action.a));
    case ActionKind::fault_timer:
      return fmt::format("fault {} timer {} {}", fault_name(), system_.timers[action.a].name, to_text(pool_.value(action.word)));
    case ActionKind::fault_request:
      return fmt::format("fault {} no request {} {}", fault_name(), system_.services[action.a].name,
                         message_text(*this, wire_.message_of(action.word)));
    case ActionKind::fault_reply: return fmt::format("fault {} no reply {}", fault_name(), frame_text(*this, action.a));
    case ActionKind::fault_window: return fmt::format("fault {} begins", fault_name());
    case ActionKind::fault_commit: return fmt::format("fault {} commit {}", fault_name(), frame_text(*this, action.a));
    case ActionKind::fault_read: return fmt::format("fault {} back {} {}", fault_name(), action.choice, frame_text(*this, action.a));
    case ActionKind::fault_tail: return fmt::format("fault {} back {} {}", fault_name(), action.choice, system_.services[action.a].name);
    case ActionKind::fault_broker:
      return fmt::format("fault {} {} {}", fault_name(), system_.brokers[action.a].name, brokers_[action.a]->describe(*this, action));
  }
  return "?";
}

std::string World::business_label(const Action& action) const {
  switch (action.kind) {
    case ActionKind::fault_duplicate: return "duplicate";
    case ActionKind::fault_lose: return "lose";
    case ActionKind::fault_reorder: return "reorder";
    case ActionKind::fault_no_answer: return "lose the answer";
    case ActionKind::fault_no_request: return "lose the request";
    case ActionKind::fault_crash: return "crash";
    case ActionKind::fault_error: return "raise an error";
    case ActionKind::fault_pause: return "pause";
    case ActionKind::fault_outage: return "outage";
    case ActionKind::fault_publish:
    case ActionKind::fault_redeliver:
    case ActionKind::fault_timer:
    case ActionKind::fault_request:
    case ActionKind::fault_reply:
    case ActionKind::fault_window:
    case ActionKind::fault_commit:
    case ActionKind::fault_read:
    case ActionKind::fault_tail: return std::string(fault_kind(system_.faults[action.fault].kind).noun);
    case ActionKind::fault_broker: return brokers_[action.a]->describe(*this, action);
    case ActionKind::client_send:
      return system_.clients[action.a].script.empty() ? std::string() : wire_.sessions().reads(action);
    case ActionKind::step:
    case ActionKind::request_effect: {
      if (!runs_.active(action.a)) return {};
      const Step& step = runs_.step_of(action.a);
      if (!step.business) return {};
      // A publish happens when it takes effect, not when it leaves.
      const bool publish = runs_.instruction(action.a).op == Op::publish;
      const bool confirmed = publish && system_.handlers[runs_.handler_of(action.a)].program.publishes[runs_.instruction(action.a).a].confirm;
      if (confirmed != (action.kind == ActionKind::request_effect)) return {};
      return step.label;
    }
    default: return {};
  }
}

}  // namespace flowtank
