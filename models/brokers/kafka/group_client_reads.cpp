// SPDX-License-Identifier: Apache-2.0
// The reading half of GroupClient: positions, messages, stored offsets and commits (KF-OFF-1..3, KF-AUTO-1..2, KF-TXN-3).
#include <algorithm>

#include "models/brokers/kafka/group_client.hpp"

namespace flowtank::kafka {

Offset GroupClient::base_of(std::uint32_t gp) const {
  const Cluster& cluster = network_.cluster();
  return cluster.log(cluster.partition_of(g_, gp)).base(cells_);
}

std::vector<std::uint32_t> GroupClient::assigned() const {
  std::vector<std::uint32_t> partitions;
  for (const std::uint32_t gp : owned_) partitions.push_back(network_.cluster().partition_of(g_, gp));
  return partitions;
}

void GroupClient::assign(const std::vector<std::uint32_t>& gained, std::vector<ConsumerEvent>& out) {
  Cluster& cluster = network_.cluster();
  if (positions_.partitions() < coordinator().partitions()) {
    positions_.add_partitions(cells_, coordinator().partitions() - positions_.partitions());
    last_committed_.resize(coordinator().partitions(), no_offset);
  }
  ConsumerEvent told;
  told.kind = ConsumerEvent::Kind::assigned;
  std::vector<ConsumerEvent> errors;
  for (const std::uint32_t gp : gained) {
    const std::uint32_t p = cluster.partition_of(g_, gp);
    told.partitions.push_back(p);
    owned_.push_back(gp);
    const StartOffset start = start_offset(cells_, cluster.log(p), coordinator().committed(cells_, gp), settings_.reset, settings_.isolation);
    positions_.assign(cells_, gp, start.offset, base_of(gp));
    last_committed_[gp] = coordinator().committed(cells_, gp);
    if (start.error) errors.push_back({.kind = ConsumerEvent::Kind::error, .partition = p, .error = is_java() ? "NO_OFFSET_FOR_PARTITION" : "_AUTO_OFFSET_RESET"});
  }
  std::sort(owned_.begin(), owned_.end());
  out.push_back(std::move(told));
  out.insert(out.end(), errors.begin(), errors.end());
}

void GroupClient::revoke(const std::vector<std::uint32_t>& gone, std::vector<ConsumerEvent>& out, bool may_commit) {
  if (gone.empty()) return;
  // KF-AUTO-1: before a rebalance too; librdkafka commits what is stored when partitions go.
  if (may_commit && settings_.commit.automatic) auto_commit();
  ConsumerEvent told;
  told.kind = ConsumerEvent::Kind::revoked;
  const std::vector<std::uint32_t> going = gone;  // may be owned_ itself
  for (const std::uint32_t gp : going) {
    told.partitions.push_back(network_.cluster().partition_of(g_, gp));
    positions_.revoke(cells_, gp);
    owned_.erase(std::remove(owned_.begin(), owned_.end(), gp), owned_.end());
  }
  out.push_back(std::move(told));
}

// Hands over the next record of a partition, if there is one.
bool GroupClient::fetch(std::uint32_t gp, std::vector<ConsumerEvent>& out) {
  Cluster& cluster = network_.cluster();
  const std::uint32_t p = cluster.partition_of(g_, gp);
  if (!network_.reaches(cluster.leader_broker(p))) return false;
  const PartitionLog& log = cluster.log(p);
  Offset at = positions_.position(cells_, gp);
  if (at == no_offset) return false;
  if (at < log.start(cells_) || at > log.end(cells_)) {  // KF-REPL-3, KF-RET-1
    const StartOffset start = start_offset(cells_, log, no_offset, settings_.reset, settings_.isolation);
    if (start.error) {
      positions_.revoke(cells_, gp);
      out.push_back({.kind = ConsumerEvent::Kind::error, .partition = p, .error = is_java() ? "OFFSET_OUT_OF_RANGE" : "_AUTO_OFFSET_RESET"});
      return false;
    }
    at = start.offset;
    positions_.seek(cells_, gp, at, base_of(gp), settings_.commit);
  }
  const Offset next = log.next_readable(cells_, at, settings_.isolation);
  if (next >= log.readable_end(cells_, settings_.isolation)) {
    if (next > at) positions_.seek(cells_, gp, next, base_of(gp), settings_.commit);  // past markers
    return false;
  }
  positions_.hand_over(cells_, gp, next + 1, base_of(gp), settings_.commit);
  out.push_back({.kind = ConsumerEvent::Kind::message, .partition = p, .offset = next, .message = log.message(cells_, next)});
  return true;
}

std::uint32_t GroupClient::poll(std::uint32_t most, std::vector<ConsumerEvent>& out) {
  if (!*alive_ || stopped_) return 0;
  const std::int64_t now = network_.clock().now_ms();
  last_poll_ = now;
  // KF-AUTO-1: what earlier polls returned.
  if (is_java() && !is_lost_ && timer_.due(cells_, now, settings_.commit)) auto_commit();
  serve(out);
  if (owned_.empty() || now < fetch_again_ms_) return 0;
  if (!network_.fate_of_next("Fetch").refused_name.empty()) {
    fetch_again_ms_ = now + 100;
    return 0;
  }
  const auto limit = static_cast<std::uint32_t>(std::min<std::int64_t>(most, settings_.max_poll_records));
  std::uint32_t got = 0;
  for (std::size_t tried = 0; tried < owned_.size() && got < limit; ++tried) {
    const std::uint32_t gp = owned_[next_ % owned_.size()];
    while (got < limit && fetch(gp, out)) ++got;
    if (got < limit) ++next_;  // this one is empty: another one next
  }
  return got;
}

std::vector<std::pair<std::uint32_t, Offset>> GroupClient::positions_to_commit() const {
  std::vector<std::pair<std::uint32_t, Offset>> pairs;
  for (const std::uint32_t gp : owned_) {
    // Java commits positions, librdkafka what was stored.
    const Offset next = is_java() ? positions_.position(cells_, gp) : positions_.stored(cells_, gp);
    if (next == no_offset) continue;
    if (!is_java() && next == last_committed_[gp]) continue;
    pairs.emplace_back(gp, next);
  }
  return pairs;
}

GroupError GroupClient::check() const {
  if (slot_ == nobody || is_lost_) return GroupError::unknown_member_id;
  return coordinator().check_commit(cells_, slot_, membership_);
}

std::string GroupClient::commit_pairs(const std::vector<std::pair<std::uint32_t, Offset>>& pairs) {
  if (!network_.reaches_any()) return is_java() ? "TIMEOUT" : "_TRANSPORT";
  Network::Fate fate = network_.fate_of_next("OffsetCommit");
  while (!fate.refused_name.empty() && retriable_name(fate.refused_name)) fate = network_.fate_of_next("OffsetCommit");
  std::string refused = fate.refused_name;
  if (refused.empty()) {
    const GroupError error = check();  // KF-REB-5
    if (error != GroupError::none) refused = to_text(error);
  }
  if (!refused.empty()) {
    // The client gives up what it thought it owned, and joins again; a fenced static member stays out (KF-REB-7).
    fenced_ = fenced_ || refused == to_text(GroupError::fenced_instance_id);
    const bool out = fenced_ || refused == to_text(GroupError::unknown_member_id) || refused == to_text(GroupError::illegal_generation);
    if (out && state_ == State::stable && !closed_) lost();
    return refused;
  }
  for (const auto& [gp, next] : pairs) {
    coordinator().commit(cells_, gp, next, base_of(gp));
    last_committed_[gp] = next;
  }
  return fate.answer_lost ? (is_java() ? "TIMEOUT" : "_TIMED_OUT") : "ok";
}

std::string GroupClient::commit() {
  if (!*alive_) return "_STATE";
  const auto pairs = positions_to_commit();
  const bool nothing = pairs.empty() && check() == GroupError::none;
  if (nothing && !is_java()) return "_NO_OFFSET";
  return commit_pairs(pairs);
}

std::string GroupClient::commit(std::uint32_t p, Offset next) {
  const std::uint32_t gp = network_.cluster().in_group(g_, p);
  if (gp == nobody || !*alive_) return "_STATE";
  if (last_committed_.size() <= gp) last_committed_.resize(gp + 1, no_offset);
  return commit_pairs({{gp, next}});
}

void GroupClient::auto_commit() {
  if (state_ == State::idle && membership_ == 0) return;
  const auto pairs = positions_to_commit();
  if (!pairs.empty()) static_cast<void>(commit_pairs(pairs));
}

void GroupClient::processed(std::uint32_t p, Offset next) {
  const std::uint32_t gp = network_.cluster().in_group(g_, p);
  if (gp != nobody && gp < positions_.partitions()) positions_.processed(cells_, gp, next, base_of(gp));
}

void GroupClient::processed_all() {
  for (const std::uint32_t gp : owned_) positions_.processed(cells_, gp, positions_.position(cells_, gp), base_of(gp));
}

void GroupClient::seek(std::uint32_t p, Offset offset) {
  const std::uint32_t gp = network_.cluster().in_group(g_, p);
  if (gp != nobody && gp < positions_.partitions() && positions_.assigned(cells_, gp)) {
    positions_.seek(cells_, gp, offset, base_of(gp), settings_.commit);
  }
}

Offset GroupClient::position(std::uint32_t p) const {
  const std::uint32_t gp = network_.cluster().in_group(g_, p);
  return gp != nobody && gp < positions_.partitions() ? positions_.position(cells_, gp) : no_offset;
}

}  // namespace flowtank::kafka
