// SPDX-License-Identifier: Apache-2.0
// See stream.hpp: publishing, limits, retention. What a publish is refused for comes in the order of the server, so that one
// with two mistakes gets the same answer.
#include "models/brokers/nats_jetstream/stream.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/nats_jetstream/subjects.hpp"

namespace flowtank::nats {

std::string_view Stream::subject_of(std::uint64_t seq) const {
  const Message& message = messages_[seq - first_];
  return message.subject == absent_word ? std::string_view() : pool_->value(message.subject).text();
}

std::uint64_t Stream::last_of_subject(Word subject) const {
  for (std::uint64_t seq = last_; seq >= first_ && seq != 0; --seq) {
    if (const Message* message = find(seq); message != nullptr && message->subject == subject) return seq;
  }
  return 0;
}

std::uint64_t Stream::count_of_subject(Word subject) const {
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? 0 : found->second.size();
}

// ---- publish ---------------------------------------------------------------------------------------------------

ApiError Stream::check_expected(const Publish& p) const {  // JS-PUB-2
  if (p.expected_stream && *p.expected_stream != config_.name) return {400, 10060, "expected stream does not match"};
  if (p.expected_last_seq && *p.expected_last_seq != last_) return {400, 10071, fmt::format("wrong last sequence: {}", last_)};
  if (p.expected_last_msg_id && *p.expected_last_msg_id != last_id_) {
    return {400, 10070, fmt::format("wrong last msg ID: {}", last_id_ == absent_word ? std::string() : std::string(pool_->value(last_id_).text()))};
  }
  if (p.expected_last_subject_seq) {
    const std::uint64_t seq = last_of_subject(p.subject);
    if (*p.expected_last_subject_seq != seq) return {400, 10071, fmt::format("wrong last sequence: {}", seq)};
  }
  return {};
}

ApiError Stream::check_limits(const Publish& p) const {
  if (config_.max_msg_size >= 0 && p.data_bytes + p.header_bytes > static_cast<std::uint64_t>(config_.max_msg_size)) {
    return {400, 10054, "message size exceeds maximum allowed"};
  }
  if (config_.discard != Discard::newest) return {};
  const auto reached = [](std::int64_t limit, std::uint64_t count) { return limit > 0 && count >= static_cast<std::uint64_t>(limit); };
  // JS-RET-3: `new` refuses.
  if (config_.discard_new_per_subject && reached(config_.max_msgs_per_subject, count_of_subject(p.subject))) return {503, 10077, "maximum messages per subject exceeded"};
  if (reached(config_.max_msgs, count_)) return {503, 10077, "maximum messages exceeded"};
  // Only data and headers are looked at here, so that a last one may still push the oldest out.
  if (reached(config_.max_bytes, bytes_ + p.data_bytes + p.header_bytes)) return {503, 10077, "maximum bytes exceeded"};
  return {};
}

std::uint32_t Stream::stored_size(const Publish& p) const {
  const std::size_t subject = p.subject == absent_word ? 0 : pool_->value(p.subject).text().size();
  const std::uint64_t content = subject + p.data_bytes + p.header_bytes;
  // What the server adds to each message, in bytes; measured on 2.9.10 as `bytes` of a stream's info.
  constexpr std::uint64_t memory_record = 16, file_record = 30, file_header_length = 4;
  if (config_.storage == Storage::memory) return static_cast<std::uint32_t>(content + memory_record);
  return static_cast<std::uint32_t>(content + file_record + (p.header_bytes != 0 ? file_header_length : 0));
}

bool Stream::has_interest(Word subject) const {
  const std::string_view text = subject == absent_word ? std::string_view() : pool_->value(subject).text();
  return std::any_of(consumers_.begin(), consumers_.end(), [&](const Consumer& c) { return c.config().filter_subject.empty() || matches(c.config().filter_subject, text); });
}

PubAck Stream::publish(const Publish& p, std::int64_t now) {
  expire(now);
  if (p.msg_id != absent_word) {  // JS-DEDUP-1: per stream over all subjects; the body does not matter
    if (const auto known = ids_.find(p.msg_id); known != ids_.end()) return {{}, known->second, true};
  }
  if (ApiError wrong = check_expected(p)) return {wrong, 0, false};
  if (ApiError wrong = check_limits(p)) return {wrong, 0, false};
  const bool kept = store(p, now);
  if (p.msg_id != absent_word) know_id(p.msg_id, kept ? last_ : 0, now);  // JS-RET-2: a repeated one is told 0
  last_id_ = p.msg_id;
  return {{}, last_, false};
}

void Stream::know_id(Word id, std::uint64_t seq, std::int64_t now) {
  ids_[id] = seq;
  id_times_.emplace_back(now, id);
}

bool Stream::store(const Publish& p, std::int64_t now) {
  ++last_;
  if (config_.retention == Retention::interest && !has_interest(p.subject)) {
    messages_.push_back({});  // JS-RET-2: dropped at once, its sequence is used up
    skip_holes();
    return false;
  }
  const std::uint32_t size = stored_size(p);
  messages_.push_back({p.body, p.subject, now, size});
  ++count_;
  bytes_ += size;
  for (Consumer& consumer : consumers_) consumer.stored(*this, last_);
  if (config_.max_msgs_per_subject > 0) by_subject_[p.subject].push_back(last_);
  enforce_limits();
  return true;
}

void Stream::enforce_limits() {  // JS-RET-3: the oldest go, unread too
  if (config_.max_msgs_per_subject > 0) {
    auto& own = by_subject_[messages_.back().subject];
    while (own.size() > static_cast<std::size_t>(config_.max_msgs_per_subject)) remove(own.front(), Gone::limit);
  }
  while (config_.max_msgs > 0 && count_ > static_cast<std::uint64_t>(config_.max_msgs)) remove(first_, Gone::limit);
  while (config_.max_bytes > 0 && bytes_ > static_cast<std::uint64_t>(config_.max_bytes) && count_ != 0) remove(first_, Gone::limit);
}

// ---- removal ---------------------------------------------------------------------------------------------------

std::vector<char> Stream::waiting_for(std::uint64_t seq) const {
  std::vector<char> out;
  for (const Consumer& c : consumers_) {
    const Consumer::State& s = c.state();
    const bool waits = s.pending.count(seq) != 0 || (seq >= s.next_stream_seq && s.passed_over.count(seq) == 0);
    out.push_back(c.filters(*this, seq) && waits ? 1 : 0);
  }
  return out;
}

void Stream::skip_holes() {
  while (!messages_.empty() && messages_.front().body == absent_word) {
    messages_.pop_front();
    ++first_;
  }
  if (messages_.empty()) first_ = last_ + 1;
}

void Stream::remove(std::uint64_t seq, Gone why) {
  const Message* found = find(seq);
  if (found == nullptr) return;
  const Message message = *found;
  std::vector<char> concerned;
  for (const Consumer& consumer : consumers_) concerned.push_back(consumer.filters(*this, seq) ? 1 : 0);
  if (watches_ && why != Gone::acknowledged) losses_.push_back({seq, message, why, waiting_for(seq)});
  messages_[seq - first_].body = absent_word;
  --count_;
  bytes_ -= message.size;
  if (config_.max_msgs_per_subject > 0) std::erase(by_subject_[message.subject], seq);
  skip_holes();
  for (std::size_t i = 0; i < consumers_.size(); ++i) consumers_[i].removed(*this, seq, concerned[i] != 0);
}

void Stream::settled(std::uint64_t seq) {
  if (config_.retention == Retention::limits || find(seq) == nullptr) return;
  // JS-RET-1: a work queue removes what is settled; JS-RET-2: interest waits for all that were there.
  const bool wanted = config_.retention == Retention::interest &&
                      std::any_of(consumers_.begin(), consumers_.end(), [&](const Consumer& c) { return c.needs(*this, seq); });
  if (!wanted) remove(seq, Gone::acknowledged);
}

std::uint64_t Stream::purge() {
  const std::uint64_t gone = count_;
  for (std::uint64_t seq = first_; watches_ && seq <= last_; ++seq) {
    if (const Message* message = find(seq)) losses_.push_back({seq, *message, Gone::deleted, waiting_for(seq)});
  }
  messages_.clear();
  by_subject_.clear();
  count_ = bytes_ = 0;
  skip_holes();
  for (Consumer& consumer : consumers_) consumer.purged(first_);
  return gone;
}

void Stream::expire(std::int64_t now) {
  // JS-DEDUP-1: after the window it is stored again.
  for (; !id_times_.empty() && now - id_times_.front().first >= config_.duplicate_window; id_times_.pop_front()) ids_.erase(id_times_.front().second);
  if (config_.max_age <= 0) return;
  while (count_ != 0 && now - messages_.front().time >= config_.max_age) remove(first_, Gone::age);
}

std::optional<std::int64_t> Stream::next_age() const {
  if (config_.max_age <= 0 || count_ == 0) return std::nullopt;
  return messages_.front().time + config_.max_age;
}

// ---- consumers -------------------------------------------------------------------------------------------------

std::size_t Stream::find_consumer(std::string_view name) const {
  const auto found = std::find_if(consumers_.begin(), consumers_.end(), [&](const Consumer& c) { return c.config().name == name; });
  return static_cast<std::size_t>(found - consumers_.begin());
}

ApiError Stream::add_consumer(const ConsumerConfig& config) {
  const std::size_t known = find_consumer(config.name);
  if (known == consumers_.size()) {
    if (ApiError wrong = check(config, config_)) return wrong;
  } else {
    const ConsumerConfig& old = consumers_[known].config();
    if (old.deliver_policy != config.deliver_policy) return {500, 10012, "deliver policy can not be updated"};
    if (old.ack_policy != config.ack_policy) return {500, 10012, "ack policy can not be updated"};
    if (old.start_sequence != config.start_sequence) return {500, 10012, "start sequence can not be updated"};
    if (old.is_push() != config.is_push()) return {500, 10012, old.is_push() ? "can not update push consumer to pull based" : "can not update pull consumer to push based"};
    if (ApiError wrong = check(config, config_)) return wrong;
    consumers_[known].configure(config);
    return {};
  }
  if (config_.max_consumers > 0 && consumers_.size() >= static_cast<std::size_t>(config_.max_consumers)) return {400, 10026, "maximum consumers limit reached"};
  if (config_.retention == Retention::workqueue) {  // JS-RET-1
    for (const Consumer& other : consumers_) {
      const std::string &a = config.filter_subject, &b = other.config().filter_subject;
      if (a.empty()) return {400, 10099, "multiple non-filtered consumers not allowed on workqueue stream"};
      if (b.empty() || overlap(a, b)) return {400, 10100, "filtered consumer not unique on workqueue stream"};
    }
  }
  consumers_.emplace_back(config);
  consumers_.back().start(*this);
  return {};
}

void Stream::delete_consumer(std::size_t at) {
  consumers_.erase(consumers_.begin() + static_cast<std::ptrdiff_t>(at));
  if (config_.retention != Retention::interest) return;
  // JS-RET-2: nobody else may want what it has not settled.
  for (std::uint64_t seq = first_; seq <= last_; ++seq) {
    if (find(seq) != nullptr) settled(seq);
  }
}

// ---- for a World -----------------------------------------------------------------------------------------------

void Stream::restore(std::uint64_t first, std::deque<Message> messages, std::uint64_t last) {
  messages_ = std::move(messages);
  first_ = first;
  last_ = last;
  count_ = bytes_ = 0;
  by_subject_.clear();
  for (std::uint64_t seq = first_; seq <= last_; ++seq) {
    const Message* message = find(seq);
    if (message == nullptr) continue;
    ++count_;
    bytes_ += message->size;
    if (config_.max_msgs_per_subject > 0) by_subject_[message->subject].push_back(seq);
  }
}

void Stream::take_back_newest() {
  remove(last_, Gone::lost);
  if (!messages_.empty()) messages_.pop_back();
  --last_;
  first_ = std::min(first_, last_ + 1);
  for (Consumer& consumer : consumers_) consumer.state().next_stream_seq = std::min(consumer.state().next_stream_seq, last_ + 1);
}

void Stream::forget_below(std::uint64_t seq) {
  while (!messages_.empty() && first_ < seq) {
    if (messages_.front().body != absent_word) {
      --count_;
      bytes_ -= messages_.front().size;
    }
    messages_.pop_front();
    ++first_;
  }
  skip_holes();
}

}  // namespace flowtank::nats
