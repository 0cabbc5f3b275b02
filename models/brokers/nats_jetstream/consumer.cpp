// SPDX-License-Identifier: Apache-2.0
// See consumer.hpp: delivering, settling, redelivering. Sequence arithmetic (floors, counts) is that of the server 2.9.10, since
// applications and operators look at these numbers.
#include "models/brokers/nats_jetstream/consumer.hpp"

#include <algorithm>

#include "models/brokers/nats_jetstream/stream.hpp"
#include "models/brokers/nats_jetstream/subjects.hpp"

namespace flowtank::nats {

bool Consumer::filters(const Stream& stream, std::uint64_t seq) const {
  return config_.filter_subject.empty() || matches(config_.filter_subject, stream.subject_of(seq));
}

void Consumer::start(const Stream& stream) {
  State& s = state_;
  s = {};
  const std::uint64_t first = std::max<std::uint64_t>(stream.first_seq(), 1), end = stream.last_seq() + 1;
  s.next_stream_seq = first;
  const auto mine = [&](std::uint64_t seq) { return stream.find(seq) != nullptr && filters(stream, seq); };
  switch (config_.deliver_policy) {  // JS-DLV-1
    case DeliverPolicy::all: break;
    case DeliverPolicy::fresh: s.next_stream_seq = end; break;
    case DeliverPolicy::by_start_sequence: s.next_stream_seq = std::clamp(config_.start_sequence, first, std::max(end, first)); break;
    case DeliverPolicy::by_start_time:
      while (s.next_stream_seq < end && (stream.find(s.next_stream_seq) == nullptr || stream.find(s.next_stream_seq)->time < *config_.start_time)) ++s.next_stream_seq;
      break;
    case DeliverPolicy::last:
      s.next_stream_seq = end;
      for (std::uint64_t seq = end; seq-- > first;) {
        if (!mine(seq)) continue;
        s.next_stream_seq = seq;
        break;
      }
      break;
    case DeliverPolicy::last_per_subject: {
      s.next_stream_seq = end;
      for (std::uint64_t seq = first; seq < end; ++seq) {
        if (mine(seq) && stream.last_of_subject(stream.find(seq)->subject) == seq) s.skipping_to.push_back(seq);
      }
      s.resume_at = end;
      if (!s.skipping_to.empty()) s.next_stream_seq = s.skipping_to.front();
      s.not_delivered = s.skipping_to.size();
      break;
    }
  }
  if (config_.deliver_policy != DeliverPolicy::last_per_subject) {
    for (std::uint64_t seq = s.next_stream_seq; seq < end; ++seq) s.not_delivered += mine(seq) ? 1 : 0;
  }
}

bool Consumer::at_ack_limit() const {
  // JS-FLOW-1: per consumer, over all its workers.
  return config_.ack_policy != AckPolicy::none && config_.max_ack_pending > 0 && static_cast<std::int64_t>(state_.pending.size()) >= config_.max_ack_pending;
}

std::uint64_t Consumer::next_fresh(const Stream& stream) const {
  if (!state_.skipping_to.empty()) return state_.skipping_to.front();
  for (std::uint64_t seq = std::max(state_.next_stream_seq, stream.first_seq()); seq <= stream.last_seq(); ++seq) {
    if (stream.find(seq) != nullptr && filters(stream, seq) && state_.passed_over.count(seq) == 0) return seq;
  }
  return 0;
}

std::uint64_t Consumer::deliveries_of(std::uint64_t seq) const {
  const auto found = state_.again.find(seq);
  return found == state_.again.end() ? 1 : found->second + 1;
}

Delivered Consumer::deliver(std::uint64_t seq, std::uint64_t count, std::int64_t now) {
  State& s = state_;
  const std::uint64_t consumer_seq = s.next_consumer_seq++;
  if (config_.ack_policy == AckPolicy::none) {  // JS-ACK-6: settled on sending
    s.floor_consumer_seq = consumer_seq;
    s.floor_stream_seq = seq;
  } else {
    Pending& pending = s.pending[seq];
    pending.consumer_seq = consumer_seq;
    pending.since = now;
  }
  return {seq, consumer_seq, count, s.not_delivered};
}

std::optional<Delivered> Consumer::next(Stream& stream, std::int64_t now, std::vector<Advisory>& advisories, const Take& take) {
  State& s = state_;
  while (!s.redeliver.empty()) {  // JS-ORD-1: redeliveries first
    const std::uint64_t seq = s.redeliver.front();
    s.redeliver.pop_front();
    const std::uint64_t count = ++s.again[seq] + 1;
    if (config_.max_deliver > 0 && count > static_cast<std::uint64_t>(config_.max_deliver)) {
      // JS-MAXD-1, JS-MAXD-2: given up, in the stream for ever; only an advisory tells.
      if (count == static_cast<std::uint64_t>(config_.max_deliver) + 1) advisories.push_back({Advisory::Kind::max_deliveries, seq, 0, count - 1});
      s.pending.erase(seq);
      continue;
    }
    if (stream.find(seq) == nullptr) continue;
    const Delivered delivered = deliver(seq, count, now);
    if (take) take(delivered);
    return delivered;
  }
  if (at_ack_limit()) return std::nullopt;
  const std::uint64_t seq = next_fresh(stream);
  if (seq == 0) {
    s.next_stream_seq = std::max(s.next_stream_seq, stream.last_seq() + 1);
    return std::nullopt;
  }
  if (!s.skipping_to.empty()) {
    s.skipping_to.pop_front();
    s.next_stream_seq = s.skipping_to.empty() ? s.resume_at : s.skipping_to.front();
  } else {
    s.next_stream_seq = seq + 1;
    s.passed_over.erase(s.passed_over.begin(), s.passed_over.lower_bound(seq));
  }
  if (s.not_delivered != 0) --s.not_delivered;
  const Delivered delivered = deliver(seq, 1, now);
  if (take) take(delivered);
  if (config_.ack_policy == AckPolicy::none) stream.settled(seq);
  return delivered;
}

// ---- settlements -----------------------------------------------------------------------------------------------

bool Consumer::queued(std::uint64_t seq) const { return std::find(state_.redeliver.begin(), state_.redeliver.end(), seq) != state_.redeliver.end(); }

void Consumer::drop_from_queue(std::uint64_t seq) { std::erase(state_.redeliver, seq); }

bool Consumer::acknowledge(std::uint64_t seq, std::uint64_t consumer_seq) {
  State& s = state_;
  if (config_.ack_policy == AckPolicy::none) return false;
  if (config_.ack_policy == AckPolicy::all) {  // JS-ACK-6: all up to this one
    if (consumer_seq <= s.floor_consumer_seq || seq <= s.floor_stream_seq) return false;
    s.floor_consumer_seq = consumer_seq;
    s.floor_stream_seq = seq;
    s.pending.erase(s.pending.begin(), s.pending.upper_bound(seq));
    s.again.erase(s.again.begin(), s.again.upper_bound(seq));
    std::erase_if(s.redeliver, [seq](std::uint64_t waiting) { return waiting <= seq; });
    return true;
  }
  // JS-ACK-2: whoever says it, and also when the message has gone to another meanwhile; twice has no effect.
  if (const auto found = s.pending.find(seq); found != s.pending.end()) {
    consumer_seq = found->second.consumer_seq;
    s.pending.erase(found);
  }
  if (s.pending.empty()) {
    s.floor_consumer_seq = s.next_consumer_seq - 1;
    s.floor_stream_seq = s.next_stream_seq - 1;
  } else if (consumer_seq == s.floor_consumer_seq + 1) {
    s.floor_consumer_seq = consumer_seq;
    s.floor_stream_seq = seq;
    if (const auto after = s.pending.upper_bound(seq); after != s.pending.end() && after->first < s.next_stream_seq && after->second.consumer_seq > 0) {
      s.floor_consumer_seq = after->second.consumer_seq - 1;
      s.floor_stream_seq = after->first - 1;
    }
  }
  s.again.erase(seq);
  drop_from_queue(seq);
  return true;
}

bool Consumer::terminate(std::uint64_t seq, std::uint64_t consumer_seq, std::uint64_t deliveries, std::vector<Advisory>& advisories) {
  advisories.push_back({Advisory::Kind::terminated, seq, consumer_seq, deliveries});
  return acknowledge(seq, consumer_seq);  // JS-ACK-4: counts as settled
}

void Consumer::refuse(std::uint64_t seq, std::uint64_t consumer_seq, std::uint64_t deliveries, std::optional<std::int64_t> delay, std::int64_t now,
                      std::vector<Advisory>& advisories) {
  State& s = state_;
  if (consumer_seq <= s.floor_consumer_seq || consumer_seq > s.next_consumer_seq) return;
  const auto found = s.pending.find(seq);
  if (found == s.pending.end()) return;  // JS-ACK-2: no effect after an ack
  advisories.push_back({Advisory::Kind::nak, seq, consumer_seq, deliveries});
  if (delay) {  // JS-ACK-3: ack_wait counts as if it ended then
    drop_from_queue(seq);
    found->second.since = now - config_.ack_wait + *delay;
    return;
  }
  if (!queued(seq)) s.redeliver.push_back(seq);  // JS-ACK-3: at once, without backoff
}

void Consumer::progress(std::uint64_t seq, std::int64_t now) {
  if (const auto found = state_.pending.find(seq); found != state_.pending.end()) found->second.since = now;  // JS-ACK-5
}

// ---- time ------------------------------------------------------------------------------------------------------

std::int64_t Consumer::wait_of(std::uint64_t seq) const {
  if (config_.backoff.empty()) return config_.ack_wait;
  const std::size_t k = static_cast<std::size_t>(deliveries_of(seq)) - 1;  // JS-BACK-1: the last one repeats
  return config_.backoff[std::min(k, config_.backoff.size() - 1)];
}

void Consumer::expire(std::int64_t now) {
  State& s = state_;
  for (auto& [seq, pending] : s.pending) {  // in the order of the stream
    if (now - pending.since < wait_of(seq) || queued(seq)) continue;
    s.redeliver.push_back(seq);  // JS-ACK-1
    pending.since = now;
  }
}

std::optional<std::int64_t> Consumer::next_deadline() const {
  std::optional<std::int64_t> least;
  for (const auto& [seq, pending] : state_.pending) {
    if (queued(seq)) continue;
    const std::int64_t wait = wait_of(seq);
    const std::int64_t at = pending.since > INT64_MAX - wait ? INT64_MAX : pending.since + wait;
    if (!least || at < *least) least = at;
  }
  return least;
}

std::uint64_t Consumer::peek(const Stream& stream) const {
  for (const std::uint64_t seq : state_.redeliver) {
    if (config_.max_deliver <= 0 || deliveries_of(seq) < static_cast<std::uint64_t>(config_.max_deliver)) return seq;
  }
  return at_ack_limit() ? 0 : next_fresh(stream);
}

void Consumer::expire_now(std::uint64_t seq) {
  if (state_.pending.count(seq) == 0) return;
  drop_from_queue(seq);
  state_.redeliver.push_front(seq);
}

void Consumer::give_up_exhausted(std::vector<Advisory>& advisories) {
  if (config_.max_deliver <= 0) return;
  const auto most = static_cast<std::uint64_t>(config_.max_deliver);
  std::erase_if(state_.redeliver, [&](std::uint64_t seq) {
    if (deliveries_of(seq) < most) return false;
    advisories.push_back({Advisory::Kind::max_deliveries, seq, 0, most});  // JS-MAXD-1, JS-MAXD-2
    state_.pending.erase(seq);
    state_.again.erase(seq);
    return true;
  });
}

void Consumer::pass_over(const Stream& stream, std::uint64_t seq) {
  State& s = state_;
  drop_from_queue(seq);
  s.pending.erase(seq);
  s.again.erase(seq);
  if (seq < s.next_stream_seq || !filters(stream, seq) || !s.passed_over.insert(seq).second) return;
  if (s.not_delivered != 0) --s.not_delivered;
}

// ---- the stream ------------------------------------------------------------------------------------------------

void Consumer::stored(const Stream& stream, std::uint64_t seq) {
  if (filters(stream, seq)) ++state_.not_delivered;
}

void Consumer::removed(const Stream&, std::uint64_t seq, bool was_filtered_in) {
  State& s = state_;
  if (!was_filtered_in) return;
  std::erase(s.skipping_to, seq);
  const bool passed = s.passed_over.erase(seq) != 0;
  if (seq >= s.next_stream_seq && s.not_delivered != 0 && !passed) --s.not_delivered;
  if (const auto found = s.pending.find(seq); found != s.pending.end()) {
    // JS-RET-3: gone while it was pending counts as settled, for this consumer alone.
    const std::uint64_t consumer_seq = found->second.consumer_seq;
    const AckPolicy policy = std::exchange(config_.ack_policy, AckPolicy::explicit_);
    acknowledge(seq, consumer_seq);
    config_.ack_policy = policy;
  }
}

void Consumer::purged(std::uint64_t first_seq) {
  State& s = state_;
  s.next_stream_seq = std::max(s.next_stream_seq, first_seq);
  s.floor_stream_seq = std::max(s.floor_stream_seq, first_seq - 1);
  s.floor_consumer_seq = s.next_consumer_seq - 1;
  s.pending.clear();
  s.redeliver.clear();
  s.skipping_to.clear();
  s.not_delivered = 0;
}

bool Consumer::needs(const Stream& stream, std::uint64_t seq) const {
  if (!filters(stream, seq)) return false;
  const State& s = state_;
  if (seq <= s.floor_stream_seq) return false;
  if (config_.ack_policy != AckPolicy::explicit_ || seq >= s.next_stream_seq) return true;
  return s.pending.count(seq) != 0;
}

}  // namespace flowtank::nats
