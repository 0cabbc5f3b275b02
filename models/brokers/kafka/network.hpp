// SPDX-License-Identifier: Apache-2.0
// The way between clients and a Cluster under a virtual clock: a request takes a millisecond there and its answer one
// back, unless a fault was asked for: the next requests of an API are refused without effect, answered late, or carried
// out without an answer. A broker that is down answers nothing; connections to it break.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/brokers/kafka/cluster.hpp"
#include "models/brokers/virtual_clock.hpp"

namespace flowtank::kafka {

class Network {
 public:
  static constexpr std::int64_t one_way_ms = 1;

  Network(VirtualClock& clock, Cluster& cluster) : clock_(clock), cluster_(cluster) {}
  VirtualClock& clock() { return clock_; }
  Cluster& cluster() { return cluster_; }

  // ---- faults: each is for one request of the API, in order
  void refuse_next(const std::string& api, std::string name) { faults_[api].push_back({std::move(name), 0, false}); }
  void delay_next(const std::string& api, std::int64_t rtt_ms) { faults_[api].push_back({{}, rtt_ms, false}); }
  void lose_next_answer(const std::string& api) { faults_[api].push_back({{}, 0, true}); }

  // Brokers that cannot be reached but still lead (a mock cluster elects nobody).
  void cut_off(std::uint32_t broker);
  void reconnect(std::uint32_t broker) { unreachable_.erase(broker); }
  bool reaches(std::uint32_t broker) const { return broker != 0 && !unreachable_.contains(broker) && cluster_.is_alive(broker); }
  // Some broker answers, so that there is a coordinator.
  bool reaches_any() const;
  // Connections to the broker break: requests on their way to and from it fail.
  void disconnect(std::uint32_t broker);

  // What a fault makes of the next request of an API.
  struct Fate {
    std::string refused_name;   // Kafka's name of the error, as the vector wrote it; empty: not refused
    std::int64_t rtt_ms = 2 * one_way_ms;
    bool answer_lost = false;
  };
  Fate fate_of_next(const std::string& api);
  // The error that a client sees of a request that it repeats while that helps; empty: it was carried out.
  std::string refusal_of(const std::string& api);

  // Sends a produce request to the leader. `answer` is called with what the client sees; never when the answer is lost
  // or later than the client waits, which is the client's own timer. `refused_name` is not empty for a refusal by fault.
  using ProduceReply = std::function<void(const ProduceAnswer&, const std::string& refused_name)>;
  struct OwnedRequest {
    ProduceRequest request;       // messages is set by the network
    std::vector<Word> messages;
  };
  void produce(std::uint32_t broker, OwnedRequest request, ProduceReply answer);
  // The replicas changed: requests with acks=all that waited may be answered now.
  void replicas_changed();

 private:
  struct Fault {
    std::string refused_name;
    std::int64_t rtt_ms;
    bool answer_lost;
  };
  struct Waiting {
    std::uint32_t broker;
    std::uint32_t partition;
    Offset end;
    ProduceAnswer answer;
    ProduceReply reply;
  };
  struct Connection {
    std::uint64_t life = 0;  // grows with each disconnect
  };
  void arrive(std::uint32_t broker, OwnedRequest request, const Fate& fate, std::uint64_t life, ProduceReply reply);

  VirtualClock& clock_;
  Cluster& cluster_;
  std::map<std::string, std::deque<Fault>> faults_;
  std::set<std::uint32_t> unreachable_;
  std::map<std::uint32_t, Connection> connections_;
  std::vector<Waiting> waiting_;
};

}  // namespace flowtank::kafka
