// SPDX-License-Identifier: Apache-2.0
// See server.hpp: connections, channels, nodes, and time. What a channel held when it ends goes back in the order of delivery; its
// consumers are gone before that, so that nothing is sent to them again.
#include "models/brokers/rabbitmq/server.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::rabbitmq {
namespace {

// RMQ-QQ-RAFT-1 says "seconds"; this number is chosen, no source has one.
constexpr std::int64_t election_ms = 1000;

}  // namespace

Server::Server(VirtualClock& clock, const ServerSettings& settings, std::function<void(const ClientEvent&)> tell)
    : clock_(clock), settings_(settings), tell_(std::move(tell)), cells_(pool_, false) {
  entries_.build(cells_);
  for (std::uint32_t node = 1; node <= settings_.nodes; ++node) nodes_up_.insert(node);
}

Server::~Server() = default;

const std::shared_ptr<const Message>& Server::message_of(Word word) const {
  return messages_[static_cast<std::size_t>(pool_.value(word).i) - 1];
}

Word Server::word_of(Message message) {
  messages_.push_back(std::make_shared<const Message>(std::move(message)));
  return Pool::of_int_small(static_cast<std::int64_t>(messages_.size()));
}

// ---- connections and channels ----------------------------------------------------------------------------------

std::optional<ConnectionId> Server::connect(std::uint32_t node) {
  if (!node_is_up(node)) return std::nullopt;
  connections_.push_back({node, true});
  return static_cast<ConnectionId>(connections_.size() - 1);
}

ChannelId Server::open(ConnectionId connection) {
  std::uint32_t number = 1;
  const auto taken = [&] {
    return std::any_of(channels_.begin(), channels_.end(), [&](const Channel& c) { return c.alive && c.connection == connection && c.number == number; });
  };
  while (taken()) ++number;
  Channel& channel = channels_.emplace_back();
  channel.connection = connection;
  channel.number = number;
  channel.alive = connections_[connection].alive;
  channel.prefetch = settings_.default_consumer_prefetch;
  const auto id = static_cast<ChannelId>(channels_.size() - 1);
  if (channel.alive) watch_channel(id);
  return id;
}

// RMQ-ACK-5: looked at in ticks.
void Server::watch_channel(ChannelId channel) {
  clock_.after(std::max<std::int64_t>(settings_.channel_tick_interval_ms, 1), [this, channel] {
    if (!channels_[channel].alive) return;
    overdue(channel);
    watch_channel(channel);
  });
}

std::int64_t Server::timeout_of(const LiveQueue& queue) const {
  const std::int64_t own = queue.queue->settings().consumer_timeout_ms;
  return own >= 0 && settings_.profile.has_queue_timeout() ? own : settings_.consumer_timeout_ms;
}

void Server::overdue(ChannelId channel) {
  Channel& ch = channels_[channel];
  std::vector<std::string> late_consumers;
  for (const auto& [tag, held] : ch.unsettled) {
    const std::int64_t limit = timeout_of(*held.queue);
    if (limit == 0 || clock_.now_ms() - held.since_ms <= limit) continue;
    if (settings_.profile.cancels_overdue_consumer() && held.queue->queue->settings().is_quorum() && held.consumer != nobody) {
      late_consumers.push_back(held.queue->consumers[held.consumer].second);
      continue;
    }
    return fail(channel, 406, fmt::format("PRECONDITION_FAILED - delivery acknowledgement on channel {} timed out. Timeout value used: {} ms. "
                                          "This timeout value can be configured, see consumers doc guide to learn more", ch.number, limit));
  }
  // RMQ-ACK-5 from 4.3: the consumer is cancelled, and only what timed out is taken from it.
  for (const std::string& tag : late_consumers) {
    const auto found = ch.consumers.find(tag);
    if (found == ch.consumers.end()) continue;
    const ChannelConsumer consumer = found->second;
    ch.consumers.erase(found);
    std::map<std::uint64_t, Unsettled> late;
    for (auto it = ch.unsettled.begin(); it != ch.unsettled.end();) {
      const bool is_late = it->second.queue == consumer.queue && it->second.consumer == consumer.number &&
                           clock_.now_ms() - it->second.since_ms > timeout_of(*consumer.queue);
      if (is_late) late.insert(ch.unsettled.extract(it++));
      else ++it;
    }
    ClientEvent event;
    event.kind = ClientEvent::Kind::consumer_cancelled;
    event.channel = channel;
    event.consumer = tag;
    tell_(event);
    leave(consumer.queue, consumer.number);
    give_back(channel, std::move(late), Return::timed_out);
  }
}

void Server::fail(ChannelId channel, int code, std::string text) {
  if (!channels_[channel].alive) return;
  ClientEvent event;
  event.kind = ClientEvent::Kind::channel_closed;
  event.channel = channel;
  event.code = code;
  event.text = std::move(text);
  tell_(event);
  // RMQ-CH-1; up to 4.2 what timed out comes back like this, too.
  drop_channel(channel, Return::lost);
}

void Server::close_channel(ChannelId channel) {
  if (alive(channel)) drop_channel(channel, Return::lost);
}

// RMQ-CRASH-1
void Server::drop_channel(ChannelId channel, Return how) {
  Channel& ch = channels_[channel];
  ch.alive = false;
  const auto consumers = std::move(ch.consumers);
  ch.consumers.clear();
  auto unsettled = std::move(ch.unsettled);
  unsettled.merge(ch.tx_settled);
  ch.unsettled.clear();
  ch.tx_settled.clear();
  ch.tx_publishes.clear();
  ch.tx_settlements.clear();
  // First nobody takes what comes back, then it comes back, then the next one in line is active.
  for (const auto& [tag, consumer] : consumers) consumer.queue->queue->consumers().leave(cells_, consumer.number);
  give_back(channel, std::move(unsettled), how);
  for (const auto& [tag, consumer] : consumers) leave(consumer.queue, consumer.number);
}

void Server::close_connection(ConnectionId connection) {
  if (connections_[connection].alive) drop_connection(connection);
}

void Server::drop_connection(ConnectionId connection) {
  connections_[connection].alive = false;
  for (ChannelId channel = 0; channel < channels_.size(); ++channel) {
    if (channels_[channel].alive && channels_[channel].connection == connection) drop_channel(channel, Return::lost);
  }
  for (QueuePtr q : declared_so_far()) {
    if (q->alive && q->owner == connection) erase_queue(q);  // RMQ-Q-2
  }
}

// ---- nodes -----------------------------------------------------------------------------------------------------

bool Server::has_majority(const LiveQueue& q) const {
  const auto up = std::count_if(q.members.begin(), q.members.end(), [this](std::uint32_t node) { return node_is_up(node); });
  return static_cast<std::size_t>(up) * 2 > q.members.size();
}

void Server::stop_node(std::uint32_t node, bool crash) {
  if (nodes_up_.erase(node) == 0) return;
  for (ConnectionId c = 0; c < connections_.size(); ++c) {
    if (connections_[c].alive && connections_[c].node == node) drop_connection(c);
  }
  for (QueuePtr q : declared_so_far()) {
    if (!q->alive) continue;
    if (q->declared.settings.is_quorum()) {
      if (q->node == node || !has_majority(*q)) elect(q);  // RMQ-QQ-RAFT-1, -2
      continue;
    }
    if (q->node != node) continue;
    if (!q->declared.settings.durable) {
      erase_queue(q);  // RMQ-DUR-4
      continue;
    }
    cancel_consumers(q);
    q->down = true;
    ++q->generation;
    q->queue->restart(context(), crash);
  }
}

void Server::start_node(std::uint32_t node) {
  if (node < 1 || node > settings_.nodes || !nodes_up_.insert(node).second) return;
  for (QueuePtr q : declared_so_far()) {
    if (!q->alive) continue;
    if (q->declared.settings.is_quorum() && !q->serves) elect(q);
    if (q->down && q->node == node) {
      q->down = false;  // RMQ-DUR-1
      touch(q);
      schedule(q);
    }
  }
}

// A leader that is gone is replaced after a while, if there is a majority.
void Server::elect(QueuePtr q) {
  q->serves = false;
  if (!has_majority(*q)) return;
  clock_.after(election_ms, [this, q] {
    if (!q->alive || q->serves || !has_majority(*q)) return;
    if (!node_is_up(q->node)) q->node = *nodes_up_.begin();
    q->serves = true;
    const auto waiting = std::move(q->waiting);
    q->waiting.clear();
    for (const auto& what : waiting) {
      if (q->alive) what();
    }
    if (q->alive) {
      q->queue->look(context());
      schedule(q);
    }
  });
}

void Server::when_serving(QueuePtr q, std::function<void()> what) {
  if (q->serves) return what();
  q->waiting.push_back(std::move(what));
}

// ---- time ------------------------------------------------------------------------------------------------------

// Looks again when the head of the queue expires or a delayed copy is ready.
void Server::schedule(QueuePtr q) {
  const std::int64_t due = q->queue->next_due(cells_);
  const std::int64_t due_ms = due == 0 ? 0 : due / 1'000'000 - 1;
  if (q->timer && (due == 0 || q->timer_ms != due_ms)) {
    clock_.cancel(*q->timer);
    q->timer.reset();
  }
  if (due == 0 || q->timer || !q->alive) return;
  q->timer_ms = due_ms;
  q->timer = clock_.at(due_ms, [this, q] {
    q->timer.reset();
    if (!q->alive || q->down || !q->serves) return;
    q->queue->look(context());
    schedule(q);
  });
}

// RMQ-TTL-7: it was used now.
void Server::touch(QueuePtr q) {
  const std::int64_t expires = q->declared.settings.expires_ms;
  if (expires < 0) return;
  if (q->expiry) clock_.cancel(*q->expiry);
  q->expiry = clock_.after(expires, [this, q] {
    q->expiry.reset();
    if (q->alive && !q->down && q->queue->consumers().count(cells_) == 0) erase_queue(q);
  });
}

}  // namespace flowtank::rabbitmq
