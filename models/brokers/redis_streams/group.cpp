// SPDX-License-Identifier: Apache-2.0
// See group.hpp: reading, acknowledging and claiming. Each rule stands at the line that keeps it.
#include "models/brokers/redis_streams/group.hpp"

#include <algorithm>

namespace flowtank::redis {

std::uint32_t Group::find_consumer(std::string_view name) const {
  const auto found = std::find_if(consumers_.begin(), consumers_.end(), [&](const Consumer& c) { return c.exists && c.name == name; });
  return found == consumers_.end() ? nobody : static_cast<std::uint32_t>(found - consumers_.begin());
}

std::uint32_t Group::consumer(std::string_view name, std::int64_t now_ms, bool* is_new) {
  std::uint32_t at = find_consumer(name);
  if (is_new != nullptr) *is_new = at == nobody;
  if (at == nobody) {
    at = static_cast<std::uint32_t>(consumers_.size());
    consumers_.push_back({std::string(name), now_ms, true});
  }
  return at;
}

std::uint64_t Group::pending_of(std::uint32_t consumer) const {
  return static_cast<std::uint64_t>(std::count_if(pending_.begin(), pending_.end(), [&](const auto& p) { return p.second.consumer == consumer; }));
}

// How many entries of the stream the group has read, as long as that can be known.
void Group::count_read(const Stream& stream, const StreamId& id) {
  if (entries_read_ && !stream.has_gap_after(id)) ++*entries_read_;
  else if (stream.entries_added() != 0) entries_read_ = stream.added_up_to(id);
}

std::vector<Handed> Group::read_new(const Stream& stream, std::uint32_t consumer, std::uint64_t count, bool no_ack, std::int64_t now_ms) {
  std::vector<Handed> out;
  for (std::size_t at = stream.after(last_id_); at < stream.length() && (count == 0 || out.size() < count); ++at) {
    const Entry& entry = stream.entries()[at];
    out.push_back({entry.id, entry.body});
    count_read(stream, entry.id);
    last_id_ = entry.id;  // RS-GRP-1: nobody else in the group is handed it by `>`
    if (no_ack) continue;  // RS-ACK-3: never pending, so that a crash loses it
    pending_[entry.id] = Pending{consumer, now_ms, 1, 0, 0, false};  // RS-GRP-4: after SETID a pending one changes owner, and its count restarts
  }
  return out;
}

std::vector<Handed> Group::read_history(const Stream& stream, std::uint32_t consumer, const StreamId& after, std::uint64_t count, std::int64_t now_ms) {
  std::vector<Handed> out;
  for (auto at = pending_.upper_bound(after); at != pending_.end() && (count == 0 || out.size() < count); ++at) {
    auto& [id, pending] = *at;
    if (pending.consumer != consumer) continue;
    const Entry* entry = stream.find(id);
    out.push_back({id, entry != nullptr ? entry->body : absent_word});  // RS-DEL-1: a deleted one shows without fields
    if (entry == nullptr) continue;
    pending.delivered_ms = now_ms;
    ++pending.count;  // RS-HIST-1
  }
  return out;
}

std::uint64_t Group::delete_consumer(std::uint32_t consumer) {
  consumers_[consumer].exists = false;
  // RS-GRP-3: what it held is pending no more and never handed out again.
  return std::erase_if(pending_, [&](const auto& p) { return p.second.consumer == consumer; });
}

std::vector<Handed> Group::claim(const Stream& stream, std::string_view name, std::span<const StreamId> ids, const Claim& how, std::int64_t now_ms) {
  std::vector<Handed> out;
  for (const StreamId& id : ids) {
    auto found = pending_.find(id);
    const Entry* entry = stream.find(id);
    if (entry == nullptr) {
      if (found != pending_.end()) pending_.erase(found);  // RS-DEL-1: since 7.0
      continue;
    }
    if (found == pending_.end()) {
      if (!how.force) continue;
      found = pending_.emplace(id, Pending{nobody, now_ms, 1, 0, 0, false}).first;
    }
    Pending& pending = found->second;
    // RS-CLAIM-1: idle restarts with each claim, so of two claimers with one minimum only the first wins.
    if (pending.consumer != nobody && how.min_idle_ms != 0 && now_ms - pending.delivered_ms < how.min_idle_ms) continue;
    const std::uint32_t owner = consumer(name, now_ms);
    seen(owner, now_ms);
    pending.consumer = owner;
    pending.delivered_ms = how.delivered_ms.value_or(now_ms);
    if (how.count) pending.count = *how.count;
    else if (!how.just_id) ++pending.count;  // RS-CLAIM-1, RS-CLAIM-2
    out.push_back({id, entry->body});
  }
  return out;
}

AutoClaimed Group::auto_claim(const Stream& stream, std::string_view name, std::int64_t min_idle_ms, const StreamId& start, std::uint64_t count,
                              bool just_id, std::int64_t now_ms) {
  AutoClaimed out;
  auto at = pending_.lower_bound(start);
  std::uint64_t left = count, looks = count * 10;  // RS-CLAIM-3: claimed and deleted ids use COUNT up, at most ten times as many are looked at
  for (; left != 0 && looks != 0 && at != pending_.end(); --looks) {
    auto& [id, pending] = *at;
    const Entry* entry = stream.find(id);
    if (entry == nullptr) {  // RS-DEL-1
      out.deleted.push_back(id);
      at = pending_.erase(at);
      --left;
      continue;
    }
    ++at;
    if (min_idle_ms != 0 && now_ms - pending.delivered_ms < min_idle_ms) continue;
    pending.consumer = consumer(name, now_ms);
    seen(pending.consumer, now_ms);
    pending.delivered_ms = now_ms;
    if (!just_id) ++pending.count;
    out.claimed.push_back({id, entry->body});
    --left;
  }
  out.cursor = at == pending_.end() ? first_id : at->first;
  return out;
}

}  // namespace flowtank::redis
