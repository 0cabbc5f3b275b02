// SPDX-License-Identifier: Apache-2.0
// See config.hpp: combinations that the server refuses, with its numbers and words as recorded on 2.9.10. A configuration is
// refused for the first thing that is wrong, in the server's order.
#include "models/brokers/nats_jetstream/config.hpp"

#include <fmt/format.h>

#include "models/brokers/nats_jetstream/subjects.hpp"

namespace flowtank::nats {
namespace {

ApiError bad_start(std::string_view policy, std::string_view option, bool is_set) {
  return {400, 10094, fmt::format("consumer delivery policy is deliver {}, but optional {} is {}set", policy, option, is_set ? "also " : "not ")};
}

ApiError check_start(const ConsumerConfig& c) {
  const bool sequence = c.start_sequence != 0, time = c.start_time.has_value();
  const auto neither = [&](std::string_view policy) -> ApiError {
    if (sequence) return bad_start(policy, "start sequence", true);
    if (time) return bad_start(policy, "start time", true);
    return {};
  };
  switch (c.deliver_policy) {  // JS-DLV-1
    case DeliverPolicy::all: return neither("all");
    case DeliverPolicy::last: return neither("last");
    case DeliverPolicy::fresh: return neither("new");
    case DeliverPolicy::last_per_subject:
      if (ApiError wrong = neither("last per subject")) return wrong;
      if (c.filter_subject.empty()) return bad_start("last per subject", "filter subject", false);
      return {};
    case DeliverPolicy::by_start_sequence:
      if (!sequence) return bad_start("by start sequence", "start sequence", false);
      if (time) return bad_start("by start sequence", "start time", true);
      return {};
    case DeliverPolicy::by_start_time:
      if (!time) return bad_start("by start time", "start time", false);
      if (sequence) return bad_start("by start time", "start sequence", true);
      return {};
  }
  return {};
}

}  // namespace

ApiError check(const StreamConfig& c) {
  if (c.replicas > 5) return {400, 10074, "maximum replicas is 5"};
  if (c.max_age != 0 && c.max_age < second_ns / 10) return {500, 10052, "max age needs to be >= 100ms"};
  if (c.max_age != 0 && c.duplicate_window > c.max_age) return {500, 10052, "duplicates window can not be larger then max age"};
  if (c.discard_new_per_subject && c.discard != Discard::newest) return {500, 10052, "discard new per subject requires discard new policy to be set"};
  if (c.discard_new_per_subject && c.max_msgs_per_subject <= 0) return {500, 10052, "discard new per subject requires max msgs per subject > 0"};
  for (std::size_t i = 0; i < c.subjects.size(); ++i) {
    if (!is_pattern(c.subjects[i])) return {500, 10052, "invalid subject"};
    for (std::size_t k = 0; k < i; ++k) {
      if (c.subjects[i] == c.subjects[k]) return {500, 10052, "duplicate subjects detected"};
      if (overlap(c.subjects[i], c.subjects[k])) return {500, 10052, fmt::format("subject \"{}\" overlaps with \"{}\"", c.subjects[i], c.subjects[k])};
    }
  }
  return {};
}

ApiError check(const ConsumerConfig& c, const StreamConfig& stream) {
  if (c.max_deliver == 0) return {400, 10116, "max deliver is required to be > length of backoff values"};
  // JS-BACK-1: also without max_deliver, which is -1 then.
  if (!c.backoff.empty() && static_cast<std::int64_t>(c.backoff.size()) > c.max_deliver) {
    return {400, 10116, "max deliver is required to be > length of backoff values"};
  }
  if (c.is_push()) {
    if (!is_subject(c.deliver_subject)) return {400, 10079, "consumer deliver subject has wildcards"};
    for (const std::string& subject : stream.subjects) {
      if (overlap(subject, c.deliver_subject)) return {400, 10081, "consumer deliver subject forms a cycle"};
    }
    if (c.max_waiting != 0) return {400, 10080, "consumer in push mode can not set max waiting"};
  } else if (c.ack_policy == AckPolicy::none && stream.retention == Retention::workqueue) {
    return {400, 10084, "consumer in pull mode requires ack policy"};
  }
  if (!c.filter_subject.empty()) {
    bool covered = false;
    for (const std::string& subject : stream.subjects) covered |= is_subset(c.filter_subject, subject) || overlap(c.filter_subject, subject);
    if (!covered) return {400, 10093, "consumer filter subject is not a valid subset of the interest subjects"};
  }
  if (ApiError wrong = check_start(c)) return wrong;
  if (stream.retention == Retention::workqueue) {  // JS-RET-1
    if (c.ack_policy != AckPolicy::explicit_) return {400, 10098, "workqueue stream requires explicit ack"};
    if (c.deliver_policy != DeliverPolicy::all) return {400, 10101, "consumer must be deliver all on workqueue stream"};
  }
  return {};
}

}  // namespace flowtank::nats
