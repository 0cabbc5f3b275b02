// SPDX-License-Identifier: Apache-2.0
// See server.hpp: consumers, deliveries, settlements. Delivery tags count up in each channel over pushes and gets, and are known until
// they are settled (RMQ-ACK-1).
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/rabbitmq/server.hpp"

namespace flowtank::rabbitmq {

// RMQ-QOS-3: without `global` it is for consumers to come, and takes away the limit of the channel.
void Server::qos(ChannelId channel, std::int64_t prefetch, bool global) {
  if (!alive(channel)) return;
  Channel& ch = channels_[channel];
  if (!global) ch.prefetch = prefetch;  // RMQ-QOS-1
  ch.channel_limit = global ? prefetch : 0;
  room_again(channel);
}

bool Server::has_room(std::uint32_t queue, std::uint32_t consumer) const {
  const auto& [channel, tag] = queues_[queue]->consumers[consumer];
  const Channel& ch = channels_[channel];
  if (!ch.alive) return false;
  if (ch.channel_limit == 0 || queues_[queue]->queue->consumers().spec(consumer).no_ack) return true;
  const auto pushed = std::count_if(ch.unsettled.begin(), ch.unsettled.end(), [](const auto& held) { return held.second.consumer != nobody; });
  return pushed < ch.channel_limit;
}

// Consumers of the channel whom its limit kept from taking more.
void Server::room_again(ChannelId channel) {
  const auto consumers = channels_[channel].consumers;
  for (const auto& [tag, consumer] : consumers) {
    consumer.queue->queue->consumers().wake(cells_, consumer.number);
    if (!consumer.queue->alive || consumer.queue->down || !consumer.queue->serves) continue;
    consumer.queue->queue->look(context());
    schedule(consumer.queue);
  }
}

void Server::consume(ChannelId channel, const std::string& queue, const std::string& tag, bool no_ack, bool exclusive, std::int64_t priority) {
  if (!alive(channel)) return;
  Channel& ch = channels_[channel];
  if (ch.consumers.count(tag) != 0) return fail(channel, 530, fmt::format("NOT_ALLOWED - attempt to reuse consumer tag '{}'", tag));
  const QueuePtr q = usable(channel, queue);
  if (q == nullptr) return;
  const std::uint32_t others = q->queue->consumers().count(cells_);
  if (q->exclusive_consumer || (exclusive && others != 0)) {
    return fail(channel, 403, "ACCESS_REFUSED - " + vhost("queue", queue) + " in exclusive use");
  }
  if (q->declared.settings.is_quorum() && ch.channel_limit != 0) {  // RMQ-QQ-NOT
    return fail(channel, 540, "NOT_IMPLEMENTED - " + vhost("queue", queue) + " does not support global qos");
  }
  q->exclusive_consumer = exclusive;
  const std::uint32_t number = q->queue->add_consumer(cells_, {ch.prefetch, priority, no_ack});
  q->consumers.emplace_back(channel, tag);
  ch.consumers.emplace(tag, ChannelConsumer{q, number});
  when_serving(q, [this, q, channel, number] {
    if (!alive(channel)) return;
    q->queue->join(context(), number);
    schedule(q);
  });
}

void Server::cancel(ChannelId channel, const std::string& tag) {
  if (!alive(channel)) return;
  const auto found = channels_[channel].consumers.find(tag);
  if (found == channels_[channel].consumers.end()) return;
  const ChannelConsumer consumer = found->second;
  channels_[channel].consumers.erase(found);
  leave(consumer.queue, consumer.number);  // RMQ-CRASH-1: what it holds stays with the channel
}

void Server::leave(QueuePtr q, std::uint32_t consumer) {
  if (!q->alive) return;
  q->exclusive_consumer = false;
  when_serving(q, [this, q, consumer] {
    q->queue->leave(context(), consumer);
    schedule(q);
  });
  if (q->queue->consumers().count(cells_) != 0) return;
  touch(q);
  if (q->declared.settings.auto_delete) erase_queue(q);  // RMQ-Q-3
}

// ---- deliveries ------------------------------------------------------------------------------------------------

bool Server::send(std::uint32_t queue, std::uint32_t consumer, Entry entry) {
  const QueuePtr q = queues_[queue].get();
  const auto& [channel, tag] = q->consumers[consumer];
  Channel& ch = channels_[channel];
  const bool no_ack = q->queue->consumers().spec(consumer).no_ack;
  ClientEvent event;
  event.kind = ClientEvent::Kind::deliver;
  event.channel = channel;
  event.consumer = tag;
  event.tag = ++ch.delivered;
  if (!no_ack) ch.unsettled.emplace(event.tag, Unsettled{q, q->generation, entry, consumer, clock_.now_ms()});
  tell_delivery(std::move(event), q, entry, true);
  return no_ack;  // RMQ-ACK-3
}

void Server::tell_delivery(ClientEvent event, QueuePtr q, Entry entry, bool pushed) {
  const EntryInfo info = entries_.look(cells_, entry);
  event.redelivered = info.redelivered;
  event.message = message_of(entries_.message(cells_, entry));
  if (q->declared.settings.is_quorum()) {
    if (!pushed || info.returns > 0) event.delivery_count = info.returns;  // RMQ-QQ-COUNT-1
    if (settings_.profile.tells_acquired_count() && info.acquired > 1) event.acquired_count = info.acquired - 1;  // RMQ-QQ-LIMIT-3
  }
  tell_(event);
}

void Server::get(ChannelId channel, const std::string& queue, bool no_ack) {
  if (!alive(channel)) return;
  const QueuePtr q = usable(channel, queue);
  if (q == nullptr) return;
  when_serving(q, [this, q, channel, no_ack] {
    if (!alive(channel)) return;
    const Entry entry = q->queue->get(context());
    ClientEvent event;
    event.channel = channel;
    event.kind = entry == 0 ? ClientEvent::Kind::get_empty : ClientEvent::Kind::get_ok;
    if (entry == 0) return tell_(event);
    Channel& ch = channels_[channel];
    event.tag = ++ch.delivered;
    event.left = q->queue->ready(cells_);
    if (!no_ack) ch.unsettled.emplace(event.tag, Unsettled{q, q->generation, entry, nobody, clock_.now_ms()});
    tell_delivery(std::move(event), q, entry, false);
    if (no_ack) q->queue->ack(context(), entry);
    schedule(q);
  });
}

// ---- settlements -----------------------------------------------------------------------------------------------

void Server::settle(ChannelId channel, std::uint64_t tag, Settling how, bool multiple, bool requeue) {
  if (!alive(channel)) return;
  Channel& ch = channels_[channel];
  std::map<std::uint64_t, Unsettled> meant;
  if (multiple && tag == 0) {  // RMQ-ACK-1: all
    meant = std::move(ch.unsettled);
    ch.unsettled.clear();
  } else {
    const auto last = ch.unsettled.find(tag);
    if (last == ch.unsettled.end()) {  // RMQ-ACK-2
      return fail(channel, 406, fmt::format("PRECONDITION_FAILED - unknown delivery tag {}", tag));
    }
    while (multiple && ch.unsettled.begin() != last) meant.insert(ch.unsettled.extract(ch.unsettled.begin()));
    meant.insert(ch.unsettled.extract(last));
  }
  const auto act = [this, channel, how, requeue](std::map<std::uint64_t, Unsettled> settled) {
    if (requeue && how != Settling::ack) {
      give_back(channel, std::move(settled), how == Settling::nack ? Return::nack : Return::reject);
    } else {
      for (const auto& [unused, held] : settled) finish(held, how, requeue);
    }
  };
  if (ch.tx) {
    ch.tx_settled.insert(meant.begin(), meant.end());
    ch.tx_settlements.push_back([act, meant] { act(meant); });
    return;
  }
  act(std::move(meant));
  if (ch.channel_limit != 0) room_again(channel);
}

void Server::finish(const Unsettled& what, Settling how, bool requeue) {
  static_cast<void>(requeue);
  if (!what.queue->alive || what.generation != what.queue->generation) return;  // it is not the queue's any more
  when_serving(what.queue, [this, what, how] {
    if (how == Settling::ack) what.queue->queue->ack(context(), what.entry);
    else what.queue->queue->reject(context(), what.entry);
    schedule(what.queue);
  });
}

// Each queue gets its own back at once, in the order of delivery.
void Server::give_back(ChannelId channel, std::map<std::uint64_t, Unsettled> unsettled, Return how) {
  std::vector<std::pair<QueuePtr, std::vector<Entry>>> by_queue;
  for (const auto& [tag, held] : unsettled) {
    if (!held.queue->alive || held.generation != held.queue->generation) continue;
    const auto known = std::find_if(by_queue.begin(), by_queue.end(), [&queue = held.queue](const auto& entry) { return entry.first == queue; });
    if (known != by_queue.end()) known->second.push_back(held.entry);
    else by_queue.push_back({held.queue, {held.entry}});
  }
  for (const auto& [q, entries] : by_queue) {
    when_serving(q, [this, q = q, entries = entries, how] {
      q->queue->give_back(context(), entries, how);
      schedule(q);
    });
  }
  if (alive(channel) && channels_[channel].channel_limit != 0) room_again(channel);
}

// RMQ-ACK-4
void Server::recover(ChannelId channel, bool requeue) {
  if (!alive(channel)) return;
  if (!requeue) return fail(channel, 540, "NOT_IMPLEMENTED - requeue=false");
  auto all = std::move(channels_[channel].unsettled);
  channels_[channel].unsettled.clear();
  give_back(channel, std::move(all), Return::nack);
}

}  // namespace flowtank::rabbitmq
