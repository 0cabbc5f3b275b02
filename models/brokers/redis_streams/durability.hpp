// SPDX-License-Identifier: Apache-2.0
// What of the data is left after a crash of the process, a loss of power or a failover (RS-DUR-1). It keeps the versions of a
// keyspace that may still matter and answers with one of them; it writes no file. For vectors, whose keyspaces are small; a
// World takes away single writes instead (redis_faults.cpp). Times are milliseconds of the caller's clock.
//
// Invariant: a version that is answered was the whole keyspace at one moment, so that a later write never survives an earlier one.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "models/brokers/redis_streams/server.hpp"

namespace flowtank::redis {

enum class Fsync : std::uint8_t { always, everysec, no };

struct DurabilitySettings {
  bool appendonly = false;
  Fsync appendfsync = Fsync::everysec;
  std::vector<std::pair<std::int64_t, std::uint64_t>> save = {{3600, 1}, {300, 100}, {60, 10'000}};  // seconds, changes
  std::int64_t os_flush_ms = 30'000;      // appendfsync=no: so long Linux may keep dirty pages (vm.dirty_expire_centisecs = 3000)
  std::int64_t replication_lag_ms = 0;    // how far the replica is behind
};

class Durability {
 public:
  explicit Durability(DurabilitySettings settings = {}) : settings_(std::move(settings)) {}

  const DurabilitySettings& settings() const { return settings_; }
  void configure(DurabilitySettings settings) { settings_ = std::move(settings); }
  // A write command was carried out.
  void wrote(const Keyspace& now, std::int64_t now_ms);
  // Time passes: snapshots that are due are taken.
  void look(std::int64_t now_ms);
  // SAVE, or an orderly shutdown with save points.
  void save(std::int64_t now_ms);

  // SIGKILL: what the kernel has is kept.
  Keyspace after_kill(std::int64_t now_ms);
  Keyspace after_power_loss(std::int64_t now_ms);
  // The replica takes over (asynchronous replication).
  Keyspace after_failover(std::int64_t now_ms);

 private:
  Keyspace as_of(std::int64_t time_ms) const;
  // From now on this is all there is.
  Keyspace restart_with(Keyspace data, std::int64_t now_ms);

  DurabilitySettings settings_;
  std::deque<std::pair<std::int64_t, Keyspace>> versions_;  // after each write, oldest first
  Keyspace snapshot_;
  std::int64_t saved_ms_ = 0;
  std::uint64_t changes_ = 0;
  bool started_ = false;
};

}  // namespace flowtank::redis
