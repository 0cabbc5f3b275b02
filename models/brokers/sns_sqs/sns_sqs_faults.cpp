// SPDX-License-Identifier: Apache-2.0
// See sns_sqs_broker.hpp: what faults do to queues. Copies can be doubled, lost or overtaken as on any broker; of its own the
// product has only its retention. SQS stores a message several times before it answers (SQS-SEND-1), so no
// failover and no loss of power takes an accepted message away.
#include <algorithm>

#include "models/brokers/lost_copy.hpp"
#include "models/brokers/sns_sqs/sns_sqs_broker.hpp"

namespace flowtank::sns_sqs {

void SnsSqsBroker::lose(World& world, std::uint32_t s, Node node, bool too_old) {
  Source& source = sources_[s];
  Cells& cells = world.cells();
  const Word message = source.queue.message(cells, node);
  const Queue::Lane lane = source.queue.lane(cells, node);
  const bool was_away = source.queue.state(cells, node) != Queue::State::visible;
  source.queue.remove(cells, world.pool(), node);
  note_lost(world, s, message);
  world.message_fate(s, message, too_old ? Fate::expired : Fate::lost);
  count(world, s, message, -1);
  if (was_away && source.wiring->queue.rules.fifo) offer_lane(world, s, lane);
}

void SnsSqsBroker::strikable(const World& world, std::uint32_t s, ActionKind kind, std::uint16_t fault, std::vector<Action>& out) const {
  const Source& source = sources_[s];
  if (source.wiring == nullptr) return;
  const Cells& cells = world.cells();
  const auto add = [&](Node node) {
    const Action action{.kind = kind, .fault = fault, .a = s, .b = node, .choice = source.queue.count(cells, node), .word = source.queue.message(cells, node)};
    const auto same = [&](const Action& other) { return other.kind == kind && other.fault == fault && other.a == s && other.b < FloatingCopies::first_copy && other.choice == action.choice && other.word == action.word; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back(action);
  };
  for (Queue::Lane lane = 0; lane < source.queue.lanes(); ++lane) {
    source.queue.note_read(cells, lane);
    std::uint32_t visible = 0;
    source.queue.each_visible(cells, lane, [&](Node) { ++visible; });
    std::uint32_t position = 0;
    source.queue.each_visible(cells, lane, [&](Node node) {
      const bool moves = kind != ActionKind::fault_reorder || visible > 1;
      if (moves && (kind != ActionKind::fault_reorder || position + 1 < visible)) add(node);
      ++position;
    });
    // What a poller holds can be stored twice, but is neither lost nor moved in the queue.
    if (kind == ActionKind::fault_duplicate) source.queue.each_away(cells, lane, add);
  }
  if (kind == ActionKind::fault_reorder) return;
  source.floating.each(world, [&](std::uint32_t, Word message, std::uint32_t attempts) {
    out.push_back({.kind = kind, .fault = fault, .a = s, .b = FloatingCopies::first_copy, .choice = 1 + attempts, .word = message});
  });
}

void SnsSqsBroker::strike(World& world, const Action& action) {
  if (action.kind == ActionKind::fault_broker) {
    std::vector<Node> nodes = oldest(world, action.b);
    nodes.resize(std::min<std::size_t>(nodes.size(), action.choice));
    if (!nodes.empty() && world.notes(RecordKind::fault)) {
      const Word first = sources_[action.b].queue.message(world.cells(), nodes.front());
      world.last_noted().subject = first;
      world.last_noted().parent = world.last_record_of(first);
      for (const Node node : nodes) world.set_last_record_of(world.trail(World::Trail::struck_copy, sources_[action.b].queue.message(world.cells(), node)), world.last_record());
    }
    for (const Node node : nodes) lose(world, action.b, node, true);  // SQS-RET-1
    return;
  }
  Source& source = sources_[action.a];
  if (action.kind == ActionKind::fault_duplicate) {
    count(world, action.a, action.word, 1);
    return source.floating.add(world, action.word, 0, Duration{});
  }
  if (action.b >= FloatingCopies::first_copy) {
    source.floating.take(world, action.word, action.choice - 1);
    world.message_fate(action.a, action.word, Fate::lost);
    return count(world, action.a, action.word, -1);
  }
  if (action.kind == ActionKind::fault_lose) return lose(world, action.a, action.b, false);
  source.queue.remove(world.cells(), world.pool(), action.b);
  source.floating.add(world, action.word, 0, Duration{});
}

std::vector<SnsSqsBroker::Node> SnsSqsBroker::oldest(const World& world, std::uint32_t s) const {
  const Queue& queue = sources_[s].queue;
  const Cells& cells = world.cells();
  std::vector<Node> nodes;
  for (Queue::Lane lane = 0; lane < queue.lanes(); ++lane) queue.each_visible(cells, lane, [&](Node node) { nodes.push_back(node); });
  std::sort(nodes.begin(), nodes.end(), [&](Node a, Node b) { return queue.sequence(cells, a) < queue.sequence(cells, b); });
  return nodes;
}

void SnsSqsBroker::strikes(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Fault& fault = system_.faults[index];
  if (fault.kind != FaultKind::expiry) return;
  for (std::uint32_t s = 0; s < sources_.size(); ++s) {
    if (sources_[s].wiring == nullptr) continue;
    const Subscription& subscription = system_.subscriptions[s];
    if (fault.on.channel != none && fault.on.channel != subscription.channel) continue;
    if (fault.on.consumer != none && fault.on.consumer != subscription.service) continue;
    for (std::size_t lost = std::min<std::size_t>(oldest(world, s).size(), fault.with.versions); lost > 0; --lost) {
      out.push_back({.kind = ActionKind::fault_broker, .fault = index, .a = index_, .b = s, .choice = static_cast<std::uint32_t>(lost), .word = Pool::of_null()});
    }
  }
}

}  // namespace flowtank::sns_sqs
