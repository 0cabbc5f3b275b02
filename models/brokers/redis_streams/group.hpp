// SPDX-License-Identifier: Apache-2.0
// A consumer group: how far it has read, and the pending entries list (PEL) with owner, time and count of the last delivery.
// Plain data like the stream. A group never acts by itself: nothing expires, nobody is noticed to be dead (RS-PEL-1);
// everything happens in one of these calls.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/brokers/redis_streams/stream.hpp"

namespace flowtank::redis {

inline constexpr std::uint32_t nobody = 0xffffffffU;

struct Pending {
  std::uint32_t consumer = nobody;
  std::int64_t delivered_ms = 0;
  std::uint64_t count = 1;
  // ---- a World's
  std::uint32_t holders = 0;     // handler runs that work on it
  std::uint32_t tries = 0;       // failed handlings since it was handed out
  bool again = false;            // its owner, or whoever comes first, is to handle it once more
};

// Something read, claimed or looked up: the body is absent where the entry is no longer in the stream.
struct Handed {
  StreamId id;
  Word body = absent_word;
};

struct Claim {
  std::int64_t min_idle_ms = 0;
  std::optional<std::int64_t> delivered_ms;   // IDLE or TIME; otherwise now
  std::optional<std::uint64_t> count;         // RETRYCOUNT
  bool force = false;
  bool just_id = false;
};

struct AutoClaimed {
  StreamId cursor;                // 0-0: all was looked at
  std::vector<Handed> claimed;
  std::vector<StreamId> deleted;  // taken out of the PEL, since their entries are gone
};

class Group {
 public:
  struct Consumer {
    std::string name;
    std::int64_t seen_ms = 0;
    bool exists = true;
  };

  // RS-GRP-1: reading begins after this id; `entries_read` as for SETID.
  explicit Group(const StreamId& after = first_id, std::optional<std::uint64_t> entries_read = std::nullopt)
      : last_id_(after), entries_read_(entries_read) {}

  StreamId last_id() const { return last_id_; }
  std::optional<std::uint64_t> entries_read() const { return entries_read_; }
  const std::map<StreamId, Pending>& pending() const { return pending_; }
  const std::vector<Consumer>& consumers() const { return consumers_; }
  std::uint32_t find_consumer(std::string_view name) const;  // nobody: there is none
  // The consumer of a name, made when there is none. `is_new` tells.
  std::uint32_t consumer(std::string_view name, std::int64_t now_ms, bool* is_new = nullptr);
  void seen(std::uint32_t consumer, std::int64_t now_ms) { consumers_[consumer].seen_ms = now_ms; }
  std::uint64_t pending_of(std::uint32_t consumer) const;

  bool has_new(const Stream& stream) const { return stream.after(last_id_) < stream.length(); }
  // `>`: entries that nobody in the group was handed, at most `count` (0: all).
  std::vector<Handed> read_new(const Stream& stream, std::uint32_t consumer, std::uint64_t count, bool no_ack, std::int64_t now_ms);
  // An id instead of `>`: the caller's own pending entries above it.
  std::vector<Handed> read_history(const Stream& stream, std::uint32_t consumer, const StreamId& after, std::uint64_t count, std::int64_t now_ms);
  // XACK: was it pending?
  bool acknowledge(const StreamId& id) { return pending_.erase(id) != 0; }  // RS-ACK-1, RS-ACK-2: whoever says it
  // XGROUP SETID.
  void set_id(const StreamId& id, std::optional<std::uint64_t> entries_read) {
    last_id_ = id;
    entries_read_ = entries_read;
  }
  // XGROUP DELCONSUMER: how many pending entries are forgotten with it.
  std::uint64_t delete_consumer(std::uint32_t consumer);

  // The consumer is made when something becomes its own.
  std::vector<Handed> claim(const Stream& stream, std::string_view name, std::span<const StreamId> ids, const Claim& how, std::int64_t now_ms);
  AutoClaimed auto_claim(const Stream& stream, std::string_view name, std::int64_t min_idle_ms, const StreamId& start, std::uint64_t count,
                         bool just_id, std::int64_t now_ms);
  void raise_last_id(const StreamId& id) { last_id_ = std::max(last_id_, id); }
  // A World's way of putting back what a fault takes away.
  void put_pending(const StreamId& id, const Pending& pending) { pending_[id] = pending; }
  Pending* find_pending(const StreamId& id) {
    const auto found = pending_.find(id);
    return found == pending_.end() ? nullptr : &found->second;
  }

 private:
  void count_read(const Stream& stream, const StreamId& id);

  StreamId last_id_;
  std::optional<std::uint64_t> entries_read_;
  std::map<StreamId, Pending> pending_;
  std::vector<Consumer> consumers_;
};

}  // namespace flowtank::redis
