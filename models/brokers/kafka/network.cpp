// SPDX-License-Identifier: Apache-2.0
// See network.hpp: requests there, answers back, and what a fault makes of them.
#include "models/brokers/kafka/network.hpp"

#include <algorithm>
#include <utility>

namespace flowtank::kafka {

void Network::cut_off(std::uint32_t broker) {
  unreachable_.insert(broker);
  disconnect(broker);
}

bool Network::reaches_any() const {
  std::uint32_t brokers = 1;
  for (std::uint32_t t = 0; t < cluster_.topics(); ++t) brokers = std::max(brokers, cluster_.topic(t).brokers);
  for (std::uint32_t broker = 1; broker <= brokers; ++broker) {
    if (reaches(broker)) return true;
  }
  return false;
}

void Network::disconnect(std::uint32_t broker) {
  ++connections_[broker].life;
  std::vector<Waiting> lost;
  std::erase_if(waiting_, [&](Waiting& w) {
    if (w.broker != broker) return false;
    lost.push_back(std::move(w));
    return true;
  });
  for (Waiting& w : lost) {
    clock_.after(one_way_ms, [reply = std::move(w.reply)] { reply({KafkaError::request_timed_out}, {}); });
  }
}

Network::Fate Network::fate_of_next(const std::string& api) {
  const auto found = faults_.find(api);
  if (found == faults_.end() || found->second.empty()) return {};
  const Fault fault = std::move(found->second.front());
  found->second.pop_front();
  return {fault.refused_name, fault.rtt_ms > 0 ? fault.rtt_ms : 2 * one_way_ms, fault.answer_lost};
}

std::string Network::refusal_of(const std::string& api) {
  Fate fate = fate_of_next(api);
  while (!fate.refused_name.empty() && retriable_name(fate.refused_name)) fate = fate_of_next(api);
  return fate.refused_name;
}

void Network::produce(std::uint32_t broker, OwnedRequest request, ProduceReply reply) {
  const Fate fate = fate_of_next("Produce");
  const std::uint64_t life = connections_[broker].life;
  clock_.after(one_way_ms, [this, broker, request = std::move(request), fate, life, reply = std::move(reply)]() mutable {
    arrive(broker, std::move(request), fate, life, std::move(reply));
  });
}

void Network::arrive(std::uint32_t broker, OwnedRequest owned, const Fate& fate, std::uint64_t life, ProduceReply reply) {
  const auto broken = [this, broker, life] { return connections_[broker].life != life || !reaches(broker); };
  if (broken() || cluster_.leader_broker(owned.request.partition) != broker) {
    clock_.after(one_way_ms, [reply = std::move(reply)] { reply({KafkaError::leader_not_available}, {}); });
    return;
  }
  ProduceAnswer answer;
  if (fate.refused_name.empty()) {  // refused without effect otherwise
    owned.request.messages = owned.messages;
    answer = cluster_.produce(owned.request, clock_.now_ms());
  }
  if (fate.answer_lost) return;
  if (answer.waits) {  // KF-PROD-1: until all in-sync replicas have it
    const Offset end = answer.offset + static_cast<Offset>(owned.messages.size());
    waiting_.push_back({broker, owned.request.partition, end, answer, std::move(reply)});
    return;
  }
  clock_.after(fate.rtt_ms - one_way_ms, [reply = std::move(reply), answer, name = fate.refused_name, broken] {
    if (broken()) return reply({KafkaError::request_timed_out}, {});
    reply(answer, name);
  });
}

void Network::replicas_changed() {
  std::vector<Waiting> ready;
  std::erase_if(waiting_, [&](Waiting& w) {
    if (!cluster_.is_replicated(w.partition, w.end)) return false;
    ready.push_back(std::move(w));
    return true;
  });
  for (Waiting& w : ready) {
    w.answer.error = cluster_.answer_of_replicated(w.partition);
    clock_.after(one_way_ms, [answer = w.answer, reply = std::move(w.reply)] { reply(answer, {}); });
  }
}

}  // namespace flowtank::kafka
