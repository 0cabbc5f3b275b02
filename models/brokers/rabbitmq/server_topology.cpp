// SPDX-License-Identifier: Apache-2.0
// See server.hpp: exchanges, queues, bindings; who may use a queue; what its end does. Error texts are RabbitMQ's own, since vectors
// compare them.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/rabbitmq/server.hpp"

namespace flowtank::rabbitmq {
namespace {

bool is_reserved(const std::string& name) { return name.substr(0, 4) == "amq."; }
std::string_view truth(bool value) { return value ? "true" : "false"; }

std::string inequivalent(std::string_view what, std::string_view key, const std::string& name, std::string_view received, std::string_view current) {
  return fmt::format("PRECONDITION_FAILED - inequivalent arg '{}' for {} '{}' in vhost '/': received '{}' but current is '{}'", key, what, name,
                     received, current);
}

}  // namespace

void Server::declare_exchange(ChannelId channel, const std::string& name, Exchange exchange, bool passive) {
  if (!alive(channel)) return;
  const Exchange* known = router_.find(name);
  if (passive) {
    if (known == nullptr) fail(channel, 404, "NOT_FOUND - no " + vhost("exchange", name));
    return;
  }
  if (known == nullptr) {
    if (name.empty()) return fail(channel, 403, "ACCESS_REFUSED - operation not permitted on the default exchange");
    if (is_reserved(name)) return fail(channel, 403, fmt::format("ACCESS_REFUSED - exchange name '{}' contains reserved prefix 'amq.*'", name));
    return router_.declare(name, std::move(exchange));
  }
  if (known->type != exchange.type) return fail(channel, 406, inequivalent("exchange", "type", name, to_text(exchange.type), to_text(known->type)));
  if (known->durable != exchange.durable) return fail(channel, 406, inequivalent("exchange", "durable", name, truth(exchange.durable), truth(known->durable)));
  if (known->auto_delete != exchange.auto_delete) {
    return fail(channel, 406, inequivalent("exchange", "auto_delete", name, truth(exchange.auto_delete), truth(known->auto_delete)));
  }
  if (known->alternate != exchange.alternate) {
    fail(channel, 406, inequivalent("exchange", "alternate-exchange", name, exchange.alternate, known->alternate));
  }
}

void Server::delete_exchange(ChannelId channel, const std::string& name) {
  if (!alive(channel)) return;
  if (is_reserved(name) || name.empty()) return fail(channel, 403, "ACCESS_REFUSED - operation not permitted on the default exchange");
  router_.remove(name);
}

Server::QueuePtr Server::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

// The queue if this channel may use it now; otherwise the channel is closed.
std::vector<Server::QueuePtr> Server::declared_so_far() const {
  std::vector<QueuePtr> all;
  all.reserve(queues_.size());
  for (const auto& q : queues_) all.push_back(q.get());
  return all;
}

Server::QueuePtr Server::usable(ChannelId channel, const std::string& name) {
  const Counts state = counts(name, channels_[channel].connection);
  if (state.found) return find(name);
  fail(channel, state.code, state.text);
  return nullptr;
}

Counts Server::counts(const std::string& queue, std::optional<ConnectionId> by) {
  Counts counts;
  const QueuePtr q = find(queue);
  counts.code = 404;
  if (q == nullptr) {
    counts.text = "NOT_FOUND - no " + vhost("queue", queue);
  } else if (q->down) {  // RMQ-DUR-4
    counts.text = fmt::format("NOT_FOUND - home node 'rabbit{}@localhost' of durable queue '{}' in vhost '/' is down or inaccessible", q->node, queue);
  } else if (q->owner && q->owner != by) {  // RMQ-Q-2
    counts.code = 405;
    counts.text = fmt::format("RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{}' in vhost '/'. It could be originally declared "
                              "on another connection or the exclusive property value does not match that of the original declaration.", queue);
  } else {
    touch(q);  // RMQ-TTL-7: a passive declare is a use
    counts = {true, q->queue->ready(cells_), q->queue->consumers().count(cells_), 0, {}};
  }
  return counts;
}

void Server::declare_queue(ChannelId channel, const QueueDeclaration& declaration) {
  if (!alive(channel)) return;
  const std::string& name = declaration.name;
  if (const QueuePtr q = find(name); q != nullptr || declaration.passive) {
    if (usable(channel, name) == nullptr || declaration.passive) return;
    const QueueSettings& now = q->declared.settings;
    const QueueSettings& asked = declaration.settings;
    // RMQ-Q-5
    if (now.durable != asked.durable) return fail(channel, 406, inequivalent("queue", "durable", name, truth(asked.durable), truth(now.durable)));
    if (now.auto_delete != asked.auto_delete) {
      return fail(channel, 406, inequivalent("queue", "auto_delete", name, truth(asked.auto_delete), truth(now.auto_delete)));
    }
    if (now.exclusive != asked.exclusive) {
      return fail(channel, 405, fmt::format("RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{}' in vhost '/'", name));
    }
    auto keys = q->declared.arguments;
    keys.insert(declaration.arguments.begin(), declaration.arguments.end());
    const auto& had_arguments = q->declared.arguments;
    for (const auto& [key, unused] : keys) {
      const auto before = had_arguments.find(key), after = declaration.arguments.find(key);
      const auto said = [&](const auto& at, const auto& end) { return at == end ? std::string("none") : "the value " + at->second; };
      const std::string had = said(before, had_arguments.end()), wanted = said(after, declaration.arguments.end());
      const bool same_type = key == "x-queue-type" && now.type == asked.type;
      if (had == wanted || same_type) continue;
      return fail(channel, 406, fmt::format("PRECONDITION_FAILED - inequivalent arg '{}' for queue '{}' in vhost '/': received {} but current is {}", key,
                                            name, wanted, had));
    }
    return;
  }
  if (is_reserved(name)) return fail(channel, 403, fmt::format("ACCESS_REFUSED - queue name '{}' contains reserved prefix 'amq.*'", name));
  // RMQ-QQ-NOT
  if (declaration.settings.is_quorum()) {
    const char* wrong = !declaration.settings.durable ? "non-durable" : declaration.settings.exclusive ? "exclusive-owner"
                        : declaration.settings.auto_delete ? "auto-delete" : nullptr;
    if (wrong != nullptr) return fail(channel, 406, fmt::format("PRECONDITION_FAILED - invalid property '{}' for queue '{}' in vhost '/'", wrong, name));
  }
  const QueuePtr q = queues_.emplace_back(std::make_unique<LiveQueue>()).get();
  q->name = name;
  q->number = static_cast<std::uint32_t>(queues_.size() - 1);
  q->declared = declaration;
  q->node = connections_[channels_[channel].connection].node;
  if (declaration.settings.exclusive) q->owner = channels_[channel].connection;
  const auto members = static_cast<std::uint32_t>(std::clamp<std::int64_t>(settings_.quorum_cluster_size, 1, settings_.nodes));
  for (std::uint32_t i = 0; i < members; ++i) q->members.push_back((q->node - 1 + i) % settings_.nodes + 1);
  q->queue = std::make_unique<Queue>(static_cast<QueueHost&>(*this), q->number, declaration.settings, settings_.profile, entries_);
  q->queue->build(cells_, q->number);
  by_name_.emplace(name, q);
  if (q->declared.settings.is_quorum() && !has_majority(*q)) q->serves = false;
  touch(q);
}

void Server::refuse_declaration(ChannelId channel, const std::string& queue, const std::string& why) {
  if (alive(channel)) fail(channel, 406, fmt::format("PRECONDITION_FAILED - invalid arg for queue '{}' in vhost '/': {}", queue, why));
}

void Server::cancel_consumers(QueuePtr q) {
  for (std::uint32_t number = 0; number < q->consumers.size(); ++number) {
    if (!q->queue->consumers().joined(cells_, number)) continue;
    q->queue->consumers().leave(cells_, number);
    const auto& [channel, tag] = q->consumers[number];
    channels_[channel].consumers.erase(tag);
    ClientEvent event;
    event.kind = ClientEvent::Kind::consumer_cancelled;
    event.channel = channel;
    event.consumer = tag;
    tell_(event);
  }
  q->exclusive_consumer = false;
}

// RMQ-Q-4: its messages are dropped, not dead-lettered.
void Server::erase_queue(QueuePtr q) {
  if (!q->alive) return;
  q->alive = false;
  cancel_consumers(q);
  if (q->timer) clock_.cancel(*q->timer);
  if (q->expiry) clock_.cancel(*q->expiry);
  q->timer.reset();
  q->expiry.reset();
  q->waiting.clear();
  q->queue->purge(context());
  by_name_.erase(q->name);
  router_.remove_queue(q->name);
}

void Server::delete_queue(ChannelId channel, const std::string& name, bool if_unused, bool if_empty) {
  if (!alive(channel) || find(name) == nullptr) return;  // deleting what is not there is no error
  const QueuePtr q = usable(channel, name);
  if (q == nullptr) return;
  if (if_unused && q->queue->consumers().count(cells_) != 0) return fail(channel, 406, "PRECONDITION_FAILED - " + vhost("queue", name) + " in use");
  if (if_empty && q->queue->ready(cells_) != 0) return fail(channel, 406, "PRECONDITION_FAILED - " + vhost("queue", name) + " not empty");
  erase_queue(q);
}

void Server::purge_queue(ChannelId channel, const std::string& name) {
  if (!alive(channel)) return;
  const QueuePtr q = usable(channel, name);
  if (q == nullptr) return;
  when_serving(q, [this, q] {
    q->queue->purge(context());
    schedule(q);
  });
}

void Server::bind(ChannelId channel, const std::string& exchange, const Binding& binding) {
  if (!alive(channel)) return;
  if (exchange.empty()) return fail(channel, 403, "ACCESS_REFUSED - operation not permitted on the default exchange");  // RMQ-EX-4
  if (router_.find(exchange) == nullptr) return fail(channel, 404, "NOT_FOUND - no " + vhost("exchange", exchange));
  if (binding.to_exchange && router_.find(binding.destination) == nullptr) {
    return fail(channel, 404, "NOT_FOUND - no " + vhost("exchange", binding.destination));
  }
  if (!binding.to_exchange && usable(channel, binding.destination) == nullptr) return;
  router_.bind(exchange, binding);
}

void Server::unbind(ChannelId channel, const std::string& exchange, const Binding& binding) {
  if (!alive(channel)) return;
  if (exchange.empty()) return fail(channel, 403, "ACCESS_REFUSED - operation not permitted on the default exchange");
  router_.unbind(exchange, binding);
}

}  // namespace flowtank::rabbitmq
