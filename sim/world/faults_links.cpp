// SPDX-License-Identifier: Apache-2.0
// Faults of links between nodes: requests and answers that are lost, partitions, and brokers that refuse. Who asked and
// did not hear decides what happens next: that is the model's business.
#include <algorithm>

#include "sim/world/faults.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

bool Faults::is_cut(FaultNode from, FaultNode to) const {
  const auto in = [](const std::vector<FaultNode>& side, FaultNode node) { return std::find(side.begin(), side.end(), node) != side.end(); };
  for (const std::uint32_t f : partitions_) {
    const FaultParameters& with = system_.faults[f].with;
    const auto crosses = [&](FaultNode a, FaultNode b) {
      return in(with.side, a) && (with.other.empty() ? !in(with.side, b) : in(with.other, b));
    };
    if ((crosses(from, to) || (!with.one_way && crosses(to, from))) && open(f)) return true;
  }
  return false;
}

bool Faults::selects_call(const World& world, std::uint32_t f, std::uint32_t service, Word request) const {
  const Word message = world.wire().message_of(request);
  const FaultNode from = world.wire().node_of(world, request);
  const bool selected = any_place(system_.faults[f], [&](const FaultSelector& on) {
    if (on.service != none && on.service != service) return false;
    if (on.client != none) {
      // Who waits for no answer is known by what it sends.
      const bool sends = from.index == none && system_.clients[on.client].message == world.message_type(message);
      if (!sends && from != FaultNode{NodeKind::client, on.client}) return false;
    }
    if (on.message != none && on.message != world.message_type(message)) return false;
    return key_matches(world, on, message);
  });
  return selected && condition_met(world, f, message);
}

bool Faults::loses_request(World& world, std::uint32_t service, Word request) {
  const FaultNode from = world.wire().node_of(world, request);
  if (from.index != none && cut(from, {NodeKind::service, service})) return true;
  if (!world.timed()) return false;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (system_.faults[f].kind != FaultKind::call_loss || !selects_call(world, f, service, request)) continue;
    const Word message = world.wire().message_of(request);
    if (!due(world, f, message, service)) continue;
    took_effect(world, f);
    noted_about(world, message);
    return true;
  }
  return false;
}

bool Faults::loses_reply(World& world, std::uint32_t service, Word request) {
  const FaultNode to = world.wire().node_of(world, request);
  if (to.index == none) return false;  // nobody waits
  if (cut({NodeKind::service, service}, to)) return true;
  if (!world.timed()) return false;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (system_.faults[f].kind != FaultKind::call_no_answer || !selects_call(world, f, service, request)) continue;
    const Word message = world.wire().message_of(request);
    if (!due(world, f, message, service)) continue;
    took_effect(world, f);
    noted_about(world, message);
    return true;
  }
  return false;
}

void Faults::outage_over(World& world, std::uint32_t fault) {
  for (std::uint32_t b = 0; b < outages_.size(); ++b) {
    if (cells_.get(outages_[b]) != 1 + std::uint64_t{fault}) continue;
    cells_.set(outages_[b], 0);
    if (world.notes(RecordKind::fault)) world.note(RecordKind::fault_over).place = fault;
    world.tell(Interest::disturbances, [&](Observer& o) { o.disturbed(world); });
    world.broker_back(b);
  }
}

}  // namespace flowtank
