// SPDX-License-Identifier: Apache-2.0
// See sns_sqs_broker.hpp: receives of several messages, in timed runs. The first one starts a handler, the others are with the client
// and in flight until a handler is free; what its client does not get to in time is visible again and handled twice.
#include <algorithm>

#include "models/brokers/sns_sqs/sns_sqs_broker.hpp"

namespace flowtank::sns_sqs {

std::uint32_t SnsSqsBroker::consumer_of(const World& world, std::uint32_t s, std::uint32_t copy) const {
  return is_polled(copy) ? world.runs().first_instance(system_.subscriptions[s].service) + copy - first_polled : none;
}

void SnsSqsBroker::offer_polled(World& world, std::uint32_t s, std::uint32_t slot) const {
  const auto& polled = sources_[s].polled[slot];
  if (polled.empty()) return;
  world.offer(Duration{}, {.kind = ActionKind::deliver, .a = s, .b = first_polled + slot, .word = polled.front().message});
}

// The rest of a receive, MaxNumberOfMessages in all: of the same lane, so of one message group in a FIFO queue (SQS-FIFO-2).
void SnsSqsBroker::poll_more(World& world, std::uint32_t s, Queue::Lane lane, std::uint32_t slot) {
  Source& source = sources_[s];
  auto& polled = source.polled[slot];
  for (std::int64_t i = 1; i < source.wiring->poller.most && !source.queue.is_full(world.cells()); ++i) {
    const Node node = source.queue.next_of_batch(world.cells(), lane, now_ns(world));
    if (node == 0) break;
    const Word message = source.queue.message(world.cells(), node);
    polled.push_back({receive(world, s, node), message});
  }
  offer_polled(world, s, slot);
}

Delivery SnsSqsBroker::start_polled(World& world, std::uint32_t s, std::uint32_t slot) {
  auto& polled = sources_[s].polled[slot];
  const Polled next = polled.front();
  polled.pop_front();
  offer_polled(world, s, slot);
  return {next.message, std::min(next.receipt.count - 1, 255U), next.receipt.node & 0xffffffU};
}

// A client that extends timeouts does so for all it has received.
bool SnsSqsBroker::is_with_poller(const World& world, std::uint32_t s, Node node) const {
  const Source& source = sources_[s];
  const std::uint32_t first = world.runs().first_instance(system_.subscriptions[s].service), count = source.queue.count(world.cells(), node);
  for (std::uint32_t slot = 0; slot < source.polled.size(); ++slot) {
    if (!world.faults().is_up(first + slot)) continue;
    const auto& polled = source.polled[slot];
    if (std::any_of(polled.begin(), polled.end(), [&](const Polled& one) { return one.receipt.node == node && one.receipt.count == count; })) return true;
  }
  return false;
}

// What its poller had received is visible again after the timeout (SQS-VIS-1).
void SnsSqsBroker::instance_down(World& world, std::uint32_t instance) {
  if (!world.timed()) return;
  for (std::uint32_t s = 0; s < sources_.size(); ++s) {
    Source& source = sources_[s];
    if (source.wiring == nullptr) continue;
    const std::uint32_t first = world.runs().first_instance(system_.subscriptions[s].service);
    if (instance < first || instance >= first + source.polled.size() || source.polled[instance - first].empty()) continue;
    source.polled[instance - first].clear();
    offer_tick(world, s);
  }
}

}  // namespace flowtank::sns_sqs
