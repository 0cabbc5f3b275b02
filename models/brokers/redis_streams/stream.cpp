// SPDX-License-Identifier: Apache-2.0
// See stream.hpp: adding, deleting and trimming entries. Approximate trimming goes by whole nodes of 100 entries; the second
// limit of a node, its bytes, is not modelled.
#include "models/brokers/redis_streams/stream.hpp"

#include <algorithm>

namespace flowtank::redis {

bool Stream::add(const StreamId& id, Word body) {
  if (id <= last_id_) return false;  // RS-ADD-1: also when the top entry was deleted
  if (in_node_ == node_entries) {
    ++node_;
    in_node_ = 0;
  }
  ++in_node_;
  entries_.push_back({id, body, node_});
  last_id_ = id;
  ++entries_added_;
  return true;
}

std::optional<StreamId> Stream::id_at(std::uint64_t now_ms) const {
  if (now_ms > last_id_.ms) return StreamId{now_ms, 0};
  return next(last_id_);  // a clock that stands or goes back does not matter (RS-ADD-1)
}

std::optional<StreamId> Stream::id_within(std::uint64_t ms) const {
  if (ms < last_id_.ms) return StreamId{ms, 0};  // refused by add()
  if (ms > last_id_.ms) return StreamId{ms, 0};
  if (last_id_.seq == ~std::uint64_t{0}) return std::nullopt;
  return StreamId{ms, last_id_.seq + 1};
}

bool Stream::erase(const StreamId& id) {
  const std::size_t at = from(id);
  if (at == entries_.size() || entries_[at].id != id) return false;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  max_deleted_id_ = std::max(max_deleted_id_, id);
  return true;
}

std::uint64_t Stream::trim(const Trimming& how) {
  using By = Trimming::By;
  std::uint64_t gone = 0;
  const auto too_old = [&](const Entry& entry) { return how.by == By::min_id ? entry.id < how.min_id : entries_.size() > how.max_length; };
  if (how.by == By::nothing) return 0;
  if (!how.approximate) {  // RS-TRIM-1: the oldest, read or not
    for (; !entries_.empty() && too_old(entries_.front()); ++gone) entries_.pop_front();
    return gone;
  }
  // RS-TRIM-1: `~` leaves a node that is to lose only some of its entries.
  const std::uint64_t most = how.limit.value_or(100 * std::uint64_t{node_entries});
  while (!entries_.empty()) {
    const auto end = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.node != entries_.front().node; });
    const auto count = static_cast<std::uint64_t>(end - entries_.begin());
    if (most != 0 && gone + count > most) break;
    const bool whole = how.by == By::max_length ? entries_.size() - count >= how.max_length : (end - 1)->id < how.min_id;
    if (!whole) break;
    entries_.erase(entries_.begin(), end);
    gone += count;
  }
  return gone;
}

void Stream::set_last_id(const StreamId& id, std::optional<std::uint64_t> entries_added, std::optional<StreamId> max_deleted) {
  last_id_ = id;
  if (entries_added) entries_added_ = *entries_added;
  if (max_deleted && *max_deleted != first_id) max_deleted_id_ = *max_deleted;
}

const Entry* Stream::find(const StreamId& id) const {
  const std::size_t at = from(id);
  return at < entries_.size() && entries_[at].id == id ? &entries_[at] : nullptr;
}

std::size_t Stream::from(const StreamId& id) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), id, [](const Entry& e, const StreamId& what) { return e.id < what; });
  return static_cast<std::size_t>(found - entries_.begin());
}

std::size_t Stream::after(const StreamId& id) const {
  const auto found = std::upper_bound(entries_.begin(), entries_.end(), id, [](const StreamId& what, const Entry& e) { return what < e.id; });
  return static_cast<std::size_t>(found - entries_.begin());
}

std::optional<std::uint64_t> Stream::added_up_to(const StreamId& id) const {
  if (entries_added_ == 0) return 0;
  if (entries_.empty() && id < last_id_) return entries_added_;  // nothing is left to be read
  if (id == last_id_) return entries_added_;
  if (id > last_id_) return std::nullopt;
  const StreamId first = entries_.front().id;
  if (max_deleted_id_ == first_id || max_deleted_id_ < first) {
    if (id < first) return entries_added_ - entries_.size();
    if (id == first) return entries_added_ - entries_.size() + 1;
  }
  return std::nullopt;
}

bool Stream::has_gap_after(const StreamId& from) const {
  // What was deleted below the oldest entry was passed by trimming as well.
  if (entries_.empty() || max_deleted_id_ == first_id || entries_.front().id > max_deleted_id_) return false;
  return from <= max_deleted_id_;
}

void Stream::pop_back() {
  entries_.pop_back();
  --entries_added_;
  last_id_ = entries_.empty() ? first_id : entries_.back().id;
}

}  // namespace flowtank::redis
