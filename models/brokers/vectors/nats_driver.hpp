// SPDX-License-Identifier: Apache-2.0
// Plays vectors against the model of JetStream: the API's configurations as JSON, connections with subscriptions, waiting pull
// requests. Everything here is translation and the routing of core NATS; rules live in models/brokers/nats_jetstream.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>

#include <models/brokers/nats_jetstream/stream.hpp>
#include "models/brokers/vectors/driver.hpp"

namespace flowtank::vectors {

class NatsDriver final : public Driver {
 public:
  std::string play(const Step& step, bool is_setup, std::vector<Observation>& out) override;
  void settle(const Step& step, const Step* next) override;
  std::int64_t now_ms() const override { return now_ / 1'000'000; }

 private:
  using Out = std::vector<Observation>;
  using Handler = std::string (NatsDriver::*)(const JsonNode&, Out&);
  struct Subscription {
    std::string subject, queue;
    std::deque<JsonNode> arrived;
  };
  struct Handed {  // what a reply subject says
    std::string stream, consumer;
    nats::Delivered delivered;
  };
  struct Connection {
    std::vector<Subscription> subscriptions;
    std::map<std::uint64_t, Handed> handed;  // the latest, by stream sequence
  };
  struct Pull {
    std::string connection, stream, consumer;
    std::uint64_t left = 1;
    std::int64_t until = 0;
    bool one_shot = false;                   // no_wait without expires
    bool over = false;
    std::vector<Observation> got;
  };
  static const std::map<std::string, Handler, std::less<>>& handlers();

  // ---- ops (nats_driver.cpp)
  std::string create_stream(const JsonNode& step, Out& out);
  std::string create_consumer(const JsonNode& step, Out& out);
  std::string delete_consumer(const JsonNode& step, Out& out);
  std::string delete_stream(const JsonNode& step, Out& out);
  std::string purge(const JsonNode& step, Out& out);
  std::string delete_message(const JsonNode& step, Out& out);
  std::string info(const JsonNode& step, Out& out);
  // ---- ops (nats_driver_messages.cpp)
  std::string publish(const JsonNode& step, Out& out);
  std::string fetch(const JsonNode& step, Out& out);
  std::string ack(const JsonNode& step, Out& out);
  std::string subscribe(const JsonNode& step, Out& out);
  std::string collect(const JsonNode& step, Out& out);
  std::string kill_connection(const JsonNode& step, Out& out);
  std::string wait(const JsonNode& step, Out& out);
  std::string restart(const JsonNode& step, Out& out);
  std::string stop_server(const JsonNode& step, Out& out);
  std::string start_server(const JsonNode& step, Out& out);
  std::string lose_power(const JsonNode& step, Out& out);

  void run_for(std::int64_t ns) { run_until(now_ + ns); }
  void run_until(std::int64_t time);
  std::optional<std::int64_t> next_event() const;
  void pump();
  void pump_consumer(nats::Stream& stream, nats::Consumer& consumer);
  bool is_wanted(const nats::Consumer& consumer) const;
  void hand_over(nats::Stream& stream, nats::Consumer& consumer, const nats::Delivered& delivered);
  void advise(const nats::Stream& stream, const nats::Consumer& consumer, const std::vector<nats::Advisory>& advisories);
  // Core NATS: to every subscription that matches, and to one of each queue group.
  void route(const std::string& subject, const JsonNode& node, const Handed* handed, const std::string* only_queue = nullptr);
  JsonNode message_node(const nats::Stream& stream, const nats::Delivered& delivered) const;
  nats::Stream* find_stream(const JsonNode& step);
  nats::Consumer* find_consumer(const JsonNode& step, nats::Stream*& stream);

  std::int64_t now_ = 0;  // ns
  Pool pool_;
  std::map<std::string, std::unique_ptr<nats::Stream>> streams_;
  std::map<std::string, Connection> connections_;
  std::deque<Pull> pulls_;                        // in the order in which they wait
  std::map<std::string, std::size_t> turns_;      // queue groups: whose turn it is
  std::uint64_t events_ = 0;
  bool is_down_ = false;                          // what clients see meanwhile was never recorded
};

// Reads the "config" of a step. Not empty: why it cannot be played; `error`: what the server would say.
std::string read_config(const JsonNode& config, nats::StreamConfig& out, nats::ApiError& error);
std::string read_config(const JsonNode& config, nats::ConsumerConfig& out, nats::ApiError& error);
JsonNode config_node(const nats::StreamConfig& config);
JsonNode config_node(const nats::ConsumerConfig& config);
JsonNode error_node(const nats::ApiError& error);

}  // namespace flowtank::vectors
