// SPDX-License-Identifier: Apache-2.0
// See durability.hpp: which version of the keyspace survives what. The append-only file is at the kernel before a command is
// answered, so a crash of the process alone loses nothing of it.
#include "models/brokers/redis_streams/durability.hpp"

#include <algorithm>

namespace flowtank::redis {

Keyspace Durability::as_of(std::int64_t time_ms) const {
  Keyspace found;
  for (const auto& [when, data] : versions_) {
    if (when <= time_ms) found = data;
  }
  return found;
}

void Durability::wrote(const Keyspace& now, std::int64_t now_ms) {
  if (!std::exchange(started_, true)) saved_ms_ = now_ms;
  look(now_ms);
  versions_.emplace_back(now_ms, now);
  ++changes_;
  look(now_ms);
}

void Durability::look(std::int64_t now_ms) {
  // RS-DUR-1: "save 60 10000": after 60 s if there were 10000 changes. The snapshot is of the moment when both hold.
  for (const auto& [seconds, changes] : settings_.save) {
    if (changes_ < changes || now_ms < saved_ms_ + seconds * 1000) continue;
    save(now_ms);
    break;
  }
}

void Durability::save(std::int64_t now_ms) {
  if (!versions_.empty()) snapshot_ = versions_.back().second;
  saved_ms_ = now_ms;
  changes_ = 0;
}

Keyspace Durability::restart_with(Keyspace data, std::int64_t now_ms) {
  versions_.clear();
  versions_.emplace_back(now_ms, data);
  saved_ms_ = now_ms;
  changes_ = 0;
  return data;
}

Keyspace Durability::after_kill(std::int64_t now_ms) {
  look(now_ms);
  // RS-DUR-1: without the append-only file all since the last snapshot is gone, PELs and last ids too.
  return restart_with(settings_.appendonly ? as_of(now_ms) : snapshot_, now_ms);
}

Keyspace Durability::after_power_loss(std::int64_t now_ms) {
  look(now_ms);
  if (!settings_.appendonly) return restart_with(snapshot_, now_ms);
  switch (settings_.appendfsync) {
    case Fsync::always: return restart_with(as_of(now_ms), now_ms);
    case Fsync::everysec: return restart_with(as_of(now_ms - 1000), now_ms);  // RS-DUR-1: up to about a second
    case Fsync::no: return restart_with(as_of(now_ms - settings_.os_flush_ms), now_ms);
  }
  return {};
}

Keyspace Durability::after_failover(std::int64_t now_ms) {
  // RS-DUR-1: acknowledged XADDs and XACKs that the replica does not have are gone.
  return restart_with(as_of(now_ms - settings_.replication_lag_ms), now_ms);
}

}  // namespace flowtank::redis
