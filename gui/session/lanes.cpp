// SPDX-License-Identifier: Apache-2.0
// See lanes.hpp. The order is that of the flow as far as names tell it: who asks, who serves, what lies between,
// what goes out, and last what strikes. Every index of a record is checked: traces come from files.
#include "gui/session/lanes.hpp"

#include <fmt/format.h>

#include <reports/text.hpp>

namespace flowtank::gui {
namespace {

constexpr std::size_t most_lanes = 20'000;  // a trace that names more is not drawn beyond them

}  // namespace

Lanes::Lanes(const TraceNames& names) {
  const auto add = [this](Lane lane) {
    if (lanes_.size() < most_lanes) lanes_.push_back(std::move(lane));
  };
  const auto next = [this] { return static_cast<std::uint16_t>(lanes_.size()); };
  for (std::uint32_t c = 0; c < names.clients.size(); ++c) add({LaneKind::client, c, 0, reports::printable(names.clients[c].name), "client"});
  client_count_ = lanes_.size();
  for (std::uint32_t s = 0; s < names.services.size(); ++s) {
    first_of_service_.push_back(next());
    instances_.push_back(names.services[s].instances);
    const std::string name = reports::printable(names.services[s].name);
    for (std::uint32_t i = 0; i < names.services[s].instances; ++i) {
      add({LaneKind::instance, s, i, names.services[s].instances > 1 ? fmt::format("{} #{}", name, i + 1) : name, "service"});
    }
  }
  channels_ = next();
  for (std::uint32_t c = 0; c < names.channels.size(); ++c) {
    const std::uint32_t broker = names.channels[c].owner;
    const std::string of = broker < names.brokers.size() ? "channel of " + reports::printable(names.brokers[broker]) : "channel";
    add({LaneKind::channel, c, 0, reports::printable(names.channels[c].name), of});
  }
  channel_count_ = lanes_.size() - channels_;
  effects_ = next();
  for (std::uint32_t e = 0; e < names.effects.size(); ++e) add({LaneKind::effect, e, 0, reports::printable(names.effects[e].name), "outside"});
  effect_count_ = lanes_.size() - effects_;
  environment_ = next();
  lanes_.push_back({LaneKind::environment, 0, 0, "environment", "faults, verdicts"});
  for (const auto& subscription : names.subscriptions) channel_of_subscription_.push_back(subscription.owner);
}

std::uint16_t Lanes::find(LaneKind kind, std::uint32_t index, std::uint32_t instance) const {
  switch (kind) {
    case LaneKind::client: return index < client_count_ ? static_cast<std::uint16_t>(index) : no_lane;
    case LaneKind::instance: {
      if (index >= first_of_service_.size() || instance >= instances_[index]) return no_lane;
      const std::size_t lane = first_of_service_[index] + instance;
      return lane < lanes_.size() ? static_cast<std::uint16_t>(lane) : no_lane;
    }
    case LaneKind::channel: return index < channel_count_ ? static_cast<std::uint16_t>(channels_ + index) : no_lane;
    case LaneKind::effect: return index < effect_count_ ? static_cast<std::uint16_t>(effects_ + index) : no_lane;
    case LaneKind::environment: return environment_;
  }
  return no_lane;
}

std::uint16_t Lanes::lane_of(const Record& record, std::uint16_t parent_lane) const {
  const auto or_else = [this](std::uint16_t lane, std::uint16_t other) {
    return lane != no_lane ? lane : other != no_lane ? other : environment_;
  };
  const std::uint16_t service = record.service == 0xffff ? no_lane : find(LaneKind::instance, record.service, record.instance);
  switch (record.kind) {
    case RecordKind::command_sent:
    case RecordKind::command_answered:
    case RecordKind::client_retry:
      return or_else(service != no_lane ? service : find(LaneKind::client, record.place), parent_lane);
    case RecordKind::client_read: return or_else(find(LaneKind::client, record.place), service);
    case RecordKind::effect: return or_else(find(LaneKind::effect, record.place), service);
    case RecordKind::accepted: return or_else(find(LaneKind::channel, record.place), service);
    case RecordKind::lost:
    case RecordKind::redelivered: {
      const bool known = record.place < channel_of_subscription_.size();
      return or_else(service != no_lane ? service : parent_lane, known ? find(LaneKind::channel, channel_of_subscription_[record.place]) : no_lane);
    }
    case RecordKind::fault:
    case RecordKind::violated: return or_else(service != no_lane ? service : parent_lane, environment_);
    case RecordKind::fault_over: return environment_;
    default: return or_else(service, parent_lane);
  }
}

}  // namespace flowtank::gui
