// SPDX-License-Identifier: Apache-2.0
// The log of a stream: entries in the order of their ids, the ids given out so far, and trimming. Plain data that can be
// copied: a snapshot on disk or on a replica is a copy. Times are milliseconds of the caller's clock; nothing here waits.
//
// Invariant: ids in `entries` grow strictly and are at most `last_id`, which never falls but by XSETID.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include <sim/base/pool.hpp>

#include "models/brokers/redis_streams/stream_id.hpp"

namespace flowtank::redis {

struct Entry {
  StreamId id;
  Word body = absent_word;   // the caller's: fields of a vector's entry, or a message of a World
  std::uint32_t node = 0;    // node of the radix tree; `~` trims whole ones
};

struct Trimming {
  enum class By : std::uint8_t { nothing, max_length, min_id };
  By by = By::nothing;
  bool approximate = false;          // `~`
  std::uint64_t max_length = 0;
  StreamId min_id;
  std::optional<std::uint64_t> limit;  // with `~`: at most so many go; 0: no limit
};

class Stream {
 public:
  const std::deque<Entry>& entries() const { return entries_; }
  StreamId last_id() const { return last_id_; }
  StreamId max_deleted_id() const { return max_deleted_id_; }
  std::uint64_t entries_added() const { return entries_added_; }
  std::uint64_t length() const { return entries_.size(); }

  // RS-ADD-1: false, and nothing happens, unless the id is above all that were ever given out.
  bool add(const StreamId& id, Word body);
  // The id that `*` gives at a time, or the next sequence number of `ms`; nothing when none is left.
  std::optional<StreamId> id_at(std::uint64_t now_ms) const;
  std::optional<StreamId> id_within(std::uint64_t ms) const;
  // XDEL: is it gone now, and was it there?
  bool erase(const StreamId& id);
  // RS-TRIM-1: how many of the oldest went, whatever groups have read.
  std::uint64_t trim(const Trimming& how);
  // XSETID.
  void set_last_id(const StreamId& id, std::optional<std::uint64_t> entries_added, std::optional<StreamId> max_deleted);

  const Entry* find(const StreamId& id) const;
  // Position of the first entry with an id of at least `id`; length() when there is none.
  std::size_t from(const StreamId& id) const;
  // Position of the first entry above `id`.
  std::size_t after(const StreamId& id) const;
  // How many entries were added up to and including an id; nothing when deletions made that unknowable (XINFO GROUPS: lag).
  std::optional<std::uint64_t> added_up_to(const StreamId& id) const;
  // Is there a deletion that a reader from `from` on would not have counted?
  bool has_gap_after(const StreamId& from) const;
  void pop_front() { entries_.pop_front(); }
  void pop_back();

 private:
  static constexpr std::uint32_t node_entries = 100;  // stream-node-max-entries

  std::deque<Entry> entries_;
  StreamId last_id_;
  StreamId max_deleted_id_;
  std::uint64_t entries_added_ = 0;
  std::uint32_t node_ = 0, in_node_ = 0;
};

}  // namespace flowtank::redis
