// SPDX-License-Identifier: Apache-2.0
// SNS over an account's queues: topics, subscriptions with filter policies, deliveries with their retries and dead letters.
// Only vectors use it; in a World a channel with its subscriptions is a topic, which shares filters and queues. Times are
// nanoseconds of the caller's virtual clock and never go back. Errors are AWS's codes; empty is success.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/brokers/sns_sqs/account.hpp"

namespace flowtank::sns_sqs {

// When a failed delivery is tried again (SNS-RETRY-1): to SQS and Lambda as AWS does, to HTTP endpoints as the delivery policy
// says. Without jitter.
struct RetrySchedule {
  std::int64_t at_once = 3, at_least = 2, backoffs = 10, at_most = 100'000;  // retries in each phase
  std::int64_t least_s = 1, most_s = 20;                                     // waits of the phases
  bool linear = false;  // the backoff grows linearly; otherwise it doubles

  // The wait before retry `number` (from 1); nothing when there is no such retry.
  std::optional<std::int64_t> wait_s(std::int64_t number) const;
  static RetrySchedule of_http() { return {0, 0, 3, 0, 20, 20, true}; }
};

struct PublishRequest {
  std::string body;
  Json attributes;
  std::optional<std::string> group, dedup_id;
};
struct PublishAnswer {
  std::string error, id, sequence_number;
  std::set<std::string> delivered_to;  // subscriptions that have it already
};

class Topics {
 public:
  explicit Topics(Account& account) : account_(account) {}

  std::string create_topic(const std::string& name, bool fifo, bool content_based);
  // `endpoint`: a queue's name, or anything for `is_http`; empty: one that takes everything. `dead_letters`: a queue's name or empty.
  std::string subscribe(const std::string& topic, const std::string& name, const std::string& endpoint, bool is_http, const RetrySchedule& schedule,
                        std::span<const Setting> attributes, const std::string& dead_letters, std::int64_t now);
  std::string set_attributes(const std::string& subscription, std::span<const Setting> attributes, std::int64_t now);
  std::string unsubscribe(const std::string& subscription);
  PublishAnswer publish(const std::string& topic, const PublishRequest& request, std::int64_t now);

  // A server-side error of an endpoint until then (a fault).
  void make_unavailable(const std::string& endpoint, std::int64_t until) { unavailable_[endpoint] = until; }

  void advance(std::int64_t now);
  std::int64_t next_due(std::int64_t otherwise) const;
  // When deliveries to the subscription were tried so far.
  const std::vector<std::int64_t>* attempts(const std::string& subscription) const;

 private:
  struct Topic {
    bool fifo = false, content_based = false;
    DedupWindow window;
    std::vector<std::string> subscriptions;
  };
  struct Post {  // a message of a topic
    std::string topic, id, body, group, dedup_id, sequence_number;
    Json attributes;
    std::int64_t published = 0;
  };
  struct Delivery {
    std::size_t post = 0;
    std::int64_t retries = 0;
    std::int64_t when = 0;
  };
  struct Subscription {
    std::string topic, endpoint, dead_letters;
    bool is_http = false;
    RetrySchedule schedule;
    std::vector<Setting> attributes;
    std::vector<std::pair<std::int64_t, SubscriptionSettings>> settings;  // each acts from its time on
    std::deque<Delivery> waiting;
    std::vector<std::int64_t> attempts;
  };
  enum class Result : std::uint8_t { done, retry, never };

  const SubscriptionSettings& settings_at(const Subscription& subscription, std::int64_t now) const;
  std::string read(Subscription& subscription, std::span<const Setting> attributes, std::int64_t now);
  bool wants(const Subscription& subscription, const Post& post, std::int64_t now) const;
  Result try_once(Subscription& subscription, const Post& post, std::int64_t now);
  std::string envelope(const Post& post) const;
  // One attempt of one delivery; false when it goes on waiting.
  bool attempt(Subscription& subscription, Delivery& delivery, std::int64_t now);
  void give_up(const Subscription& subscription, const Post& post, std::int64_t now);

  Account& account_;
  Pool pool_;
  Cells cells_{pool_, false};
  std::map<std::string, Topic> topics_;
  std::map<std::string, Subscription> subscriptions_;
  std::map<std::string, std::int64_t> unavailable_;
  std::vector<Post> posts_;
  std::set<std::pair<std::string, std::size_t>> given_up_;  // since the last publish: (subscription, post)
  std::uint64_t ids_ = 0, sequence_numbers_ = 0;
};

}  // namespace flowtank::sns_sqs
