// SPDX-License-Identifier: Apache-2.0
// See server.hpp: publishing, confirms, transactions, dead letters. Each publish in confirm mode is answered exactly once, after the
// last of its queues has answered; a queue without a majority answers when it has one again.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "models/brokers/rabbitmq/server.hpp"

namespace flowtank::rabbitmq {
namespace {

constexpr std::int64_t bury_again_ms = 180'000;  // the dead-letter worker's settle timeout

std::optional<std::int64_t> whole(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

void Server::select_confirms(ChannelId channel) {
  if (!alive(channel)) return;
  if (channels_[channel].tx) return fail(channel, 406, "PRECONDITION_FAILED - cannot switch from tx to confirm mode");  // RMQ-TX-1
  channels_[channel].confirms = true;
}

void Server::select_tx(ChannelId channel) {
  if (!alive(channel)) return;
  if (channels_[channel].confirms) return fail(channel, 406, "PRECONDITION_FAILED - cannot switch from confirm to tx mode");  // RMQ-TX-1
  channels_[channel].tx = true;
}

// RMQ-TX-1: publishes first, then settlements; a rollback forgets both, and what was consumed stays with the channel.
void Server::end_tx(ChannelId channel, bool commit) {
  if (!alive(channel)) return;
  Channel& ch = channels_[channel];
  if (!ch.tx) return fail(channel, 406, "PRECONDITION_FAILED - channel is not transactional");
  const auto publishes = std::move(ch.tx_publishes);
  const auto settlements = std::move(ch.tx_settlements);
  auto settled = std::move(ch.tx_settled);
  ch.tx_publishes.clear();
  ch.tx_settlements.clear();
  ch.tx_settled.clear();
  if (!commit) {
    ch.unsettled.merge(settled);
    return;
  }
  for (const auto& publish : publishes) publish();
  for (const auto& settle : settlements) settle();
  room_again(channel);
}

void Server::publish(ChannelId channel, Message message, bool mandatory) {
  if (!alive(channel)) return;
  Channel& ch = channels_[channel];
  const Exchange* exchange = router_.find(message.exchange);
  if (exchange == nullptr) return fail(channel, 404, "NOT_FOUND - no " + vhost("exchange", message.exchange));  // RMQ-CH-1
  if (exchange->internal) return fail(channel, 403, "ACCESS_REFUSED - cannot publish to internal " + vhost("exchange", message.exchange));
  const std::int64_t most = settings_.max_message_bytes > 0 ? settings_.max_message_bytes : settings_.profile.max_message_bytes();
  if (static_cast<std::int64_t>(message.bytes) > most) {
    return fail(channel, 406, fmt::format("PRECONDITION_FAILED - message size {} is larger than configured max size {}", message.bytes, most));
  }
  if (!message.expiration.empty() && !whole(message.expiration)) {
    return fail(channel, 406, fmt::format("PRECONDITION_FAILED - invalid expiration '{}'", message.expiration));
  }
  if (!settings_.profile.believes_clients_deaths()) {
    message.deaths.clear();
    message.first_death.reset();
    message.last_death.reset();
  }
  auto confirm = std::make_shared<Confirm>();
  confirm->channel = channel;
  confirm->number = ch.confirms ? ++ch.published : 0;  // RMQ-CONF-1
  if (ch.tx) {
    ch.tx_publishes.push_back([this, confirm, message = std::move(message), mandatory] { route(confirm, message, mandatory); });
    return;
  }
  route(confirm, message, mandatory);
}

void Server::route(const ConfirmPtr& confirm_to, const Message& message, bool mandatory) {
  std::vector<std::string> keys = message.keys();
  keys.insert(keys.end(), message.bcc.begin(), message.bcc.end());  // RMQ-EX-6
  Message routed = message;
  routed.bcc.clear();
  std::vector<QueuePtr> targets;
  for (const std::string& name : router_.route(message.exchange, keys, message.headers)) {
    const QueuePtr q = find(name);
    if (q != nullptr && !q->down) targets.push_back(q);  // RMQ-DUR-4: a queue that is down counts as no queue
  }
  if (targets.empty() && mandatory && alive(confirm_to->channel)) {  // RMQ-CONF-2
    ClientEvent event;
    event.kind = ClientEvent::Kind::returned;
    event.channel = confirm_to->channel;
    event.message = std::make_shared<const Message>(routed);
    event.code = 312;
    event.text = "NO_ROUTE";
    tell_(event);
  }
  confirm_to->open = targets.size() + 1;
  // RMQ-LEN-4: each queue decides for itself.
  for (QueuePtr q : targets) enqueue(q, routed, confirm_to);
  confirm(confirm_to, true);
}

void Server::enqueue(QueuePtr q, const Message& message, const ConfirmPtr& confirm_to) {
  const Word word = word_of(message);
  when_serving(q, [this, q, word, confirm_to] {  // RMQ-QQ-RAFT-2: neither ack nor nack before
    const Message& m = *message_of(word);
    Copy copy;
    copy.message = word;
    copy.has_priority = m.priority.has_value();
    copy.priority = static_cast<std::uint32_t>(std::clamp<std::int64_t>(m.priority.value_or(0), 0, 255));
    copy.persistent = m.delivery_mode.value_or(1) == 2 || q->declared.settings.is_quorum();  // RMQ-DUR-3
    const std::int64_t own = m.expiration.empty() ? -1 : whole(m.expiration).value_or(-1), of_queue = q->declared.settings.message_ttl_ms;
    const std::int64_t ttl = own < 0 ? of_queue : of_queue < 0 ? own : std::min(own, of_queue);  // RMQ-TTL-1
    if (ttl >= 0) copy.expires_at = context().now + std::min<std::int64_t>(ttl, std::int64_t{1} << 40) * 1'000'000;
    const bool accepted = q->queue->publish(context(), copy);
    schedule(q);
    confirm(confirm_to, accepted);
  });
}

// RMQ-CONF-3: an ack once all have it; RMQ-LEN-3: one refusal makes a nack.
void Server::confirm(const ConfirmPtr& what, bool accepted) {
  if (what == nullptr) return;
  what->refused = what->refused || !accepted;
  if (--what->open != 0 || what->number == 0 || !alive(what->channel)) return;
  ClientEvent event;
  event.kind = what->refused ? ClientEvent::Kind::nack : ClientEvent::Kind::ack;
  event.channel = what->channel;
  event.tag = what->number;
  tell_(event);
}

// ---- dead letters ----------------------------------------------------------------------------------------------

void Server::died(std::uint32_t queue, const Copy& copy, DeathReason reason) {
  const QueuePtr q = queues_[queue].get();
  if (!q->declared.settings.has_dead_letter_exchange) return;
  clock_.after(0, [this, q, message = message_of(copy.message), reason] { bury(q, *message, reason); });
}

void Server::bury(QueuePtr q, Message message, DeathReason reason) {
  const QueueSettings& settings = q->declared.settings;
  add_death(message.deaths, {1, message.exchange, q->name, reason, message.keys(), message.expiration});  // RMQ-DLX-HDR-2
  const Message::Circumstances now{q->name, std::string(to_text(reason)), message.exchange};
  if (!message.first_death) message.first_death = now;  // RMQ-DLX-HDR-1
  if (settings_.profile.tells_last_death()) message.last_death = now;
  message.expiration.clear();  // RMQ-DLX-HDR-3
  message.exchange = settings.dead_letter_exchange;
  if (settings.has_dead_letter_key) {  // RMQ-DLX-1
    message.routing_key = settings.dead_letter_key;
    message.cc.clear();
  }
  std::vector<std::string> targets;
  if (router_.find(message.exchange) != nullptr) targets = router_.route(message.exchange, message.keys(), message.headers);  // RMQ-DLX-2
  if (reason != DeathReason::rejected) {
    std::erase_if(targets, [&](const std::string& target) { return closes_circle(message.deaths, target); });  // RMQ-DLX-CYCLE-1
  }
  const bool surely = settings.at_least_once && settings.is_quorum() && settings.overflow == Overflow::reject_publish && reason != DeathReason::maxlen;
  if (surely) return bury_surely(q, message, std::move(targets));
  for (const std::string& target : targets) {
    const QueuePtr to = find(target);
    if (to != nullptr && !to->down) enqueue(to, message, nullptr);  // RMQ-DLX-3: nobody asks whether it was accepted
  }
}

// RMQ-DLX-3, at-least-once: what a target does not take stays with the source, which tries again.
void Server::bury_surely(QueuePtr source, const Message& letter, std::vector<std::string> targets) {
  if (!source->alive) return;
  const bool nowhere = targets.empty();
  std::erase_if(targets, [&](const std::string& target) {
    const QueuePtr to = find(target);
    if (to == nullptr || to->down || !to->serves) return false;
    Copy copy;
    copy.message = word_of(letter);
    copy.has_priority = letter.priority.has_value();
    copy.priority = static_cast<std::uint32_t>(std::clamp<std::int64_t>(letter.priority.value_or(0), 0, 255));
    copy.persistent = letter.delivery_mode.value_or(1) == 2 || to->declared.settings.is_quorum();
    const std::int64_t ttl = to->declared.settings.message_ttl_ms;
    if (ttl >= 0) copy.expires_at = context().now + ttl * 1'000'000;
    const bool accepted = to->queue->publish(context(), copy);
    schedule(to);
    return accepted;
  });
  if (targets.empty() && !nowhere) return;
  clock_.after(bury_again_ms, [this, source, letter, targets] {
    const bool is_known = router_.find(letter.exchange) != nullptr;
    bury_surely(source, letter, !targets.empty() || !is_known ? targets : router_.route(letter.exchange, letter.keys(), letter.headers));
  });
}

}  // namespace flowtank::rabbitmq
