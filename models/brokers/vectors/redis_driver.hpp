// SPDX-License-Identifier: Apache-2.0
// Plays vectors against the model of Redis Streams: commands as texts, replies as RESP would have them, connections that block
// or die. Everything here is translation; rules live in models/brokers/redis_streams.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>

#include <models/brokers/redis_streams/durability.hpp>
#include <models/brokers/redis_streams/server.hpp>
#include "models/brokers/vectors/driver.hpp"

namespace flowtank::vectors {

class RedisDriver final : public Driver {
 public:
  std::string play(const Step& step, bool is_setup, std::vector<Observation>& out) override;
  void settle(const Step& step, const Step* next) override;
  std::int64_t now_ms() const override { return now_; }

 private:
  using Out = std::vector<Observation>;
  std::string command(const JsonNode& step, bool waits, Out& out);
  std::string reply(const JsonNode& step, Out& out);
  std::string configure(const JsonNode& step);
  // Time passes; readers whose wait is over get their reply.
  void run_until(std::int64_t time_ms);
  void collect();
  // Runs until the connection has a reply. False: it never will.
  bool wait_for(const std::string& connection);
  void restart(redis::Keyspace data);
  Observation seen(const std::string& connection, const redis::Reply& reply) const;

  // A time at which `*` gives ids above those that vectors write.
  std::int64_t now_ = 1'700'000'000'000;
  Pool pool_;
  redis::Server server_{pool_};
  redis::Durability durability_;
  std::map<std::string, std::vector<redis::Reply>> replies_;  // by connection: not read yet
  std::map<std::string, bool> blocked_;                       // by connection
  bool is_down_ = false;                                      // what clients see meanwhile was never recorded
};

}  // namespace flowtank::vectors
