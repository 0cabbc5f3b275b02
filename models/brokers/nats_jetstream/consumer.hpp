// SPDX-License-Identifier: Apache-2.0
// A consumer: where it is in its stream, what is delivered and not settled, what is to be delivered again. Plain data that can
// be copied. Who takes what is delivered (a waiting pull request, a subscriber, an instance of a World) is the caller's
// business; the consumer says what comes next. Times are nanoseconds of the caller's clock.
//
// Invariant: a message is pending from its delivery until it is settled, given up or gone from the stream, also while it
// waits in the queue of redeliveries; that queue never holds what is not pending.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "models/brokers/nats_jetstream/config.hpp"

namespace flowtank::nats {

class Stream;

// What a delivery tells in its reply subject.
struct Delivered {
  std::uint64_t stream_seq = 0;
  std::uint64_t consumer_seq = 0;
  std::uint64_t count = 1;     // deliveries of this message by this consumer, with this one
  std::uint64_t pending = 0;   // messages not yet delivered for the first time
};

struct Advisory {
  enum class Kind : std::uint8_t { max_deliveries, nak, terminated };
  Kind kind = Kind::max_deliveries;
  std::uint64_t stream_seq = 0;
  std::uint64_t consumer_seq = 0;   // nak, terminated
  std::uint64_t deliveries = 0;
};

class Consumer {
 public:
  struct Pending {
    std::uint64_t consumer_seq = 0;  // of its last delivery
    std::int64_t since = 0;          // ack_wait counts from here
    std::uint32_t holders = 0;       // runs of a World that work on it
  };
  // Not counting its own configuration, all of it.
  struct State {
    std::uint64_t next_stream_seq = 1, next_consumer_seq = 1;
    std::uint64_t floor_consumer_seq = 0, floor_stream_seq = 0;
    std::uint64_t not_delivered = 0;                // num_pending
    std::map<std::uint64_t, Pending> pending;       // by stream sequence
    std::deque<std::uint64_t> redeliver;
    std::map<std::uint64_t, std::uint64_t> again;   // deliveries after the first one; also of what was given up
    std::deque<std::uint64_t> skipping_to;          // last_per_subject: what to deliver first
    std::uint64_t resume_at = 0;                    // and where to go on
    std::set<std::uint64_t> passed_over;            // a World's faults took these away from this consumer
  };

  explicit Consumer(ConsumerConfig config) : config_(std::move(config)) {}

  const ConsumerConfig& config() const { return config_; }
  void configure(ConsumerConfig config) { config_ = std::move(config); }
  const State& state() const { return state_; }
  State& state() { return state_; }
  bool filters(const Stream& stream, std::uint64_t seq) const;  // is it one that this consumer is for?

  // JS-DLV-1: where reading begins, evaluated now.
  void start(const Stream& stream);
  bool at_ack_limit() const;
  // The next delivery, which is made by this call; nothing when there is none. What was given up goes to `advisories`. `take` is
  // called while the message is still in the stream.
  using Take = std::function<void(const Delivered&)>;
  std::optional<Delivered> next(Stream& stream, std::int64_t now, std::vector<Advisory>& advisories, const Take& take = {});
  // How often a message was delivered, at least once.
  std::uint64_t deliveries_of(std::uint64_t seq) const;

  // ---- settlements; `consumer_seq` is that of the delivery the client speaks of
  // Says whether the stream is to hear of it (retention).
  bool acknowledge(std::uint64_t seq, std::uint64_t consumer_seq);
  bool terminate(std::uint64_t seq, std::uint64_t consumer_seq, std::uint64_t deliveries, std::vector<Advisory>& advisories);
  void refuse(std::uint64_t seq, std::uint64_t consumer_seq, std::uint64_t deliveries, std::optional<std::int64_t> delay, std::int64_t now,
              std::vector<Advisory>& advisories);
  void progress(std::uint64_t seq, std::int64_t now);

  // JS-ACK-1: what was not settled in time is to be delivered again.
  void expire(std::int64_t now);
  // When expire() would next do something; nothing: never.
  std::optional<std::int64_t> next_deadline() const;
  // ---- for a World
  // What next() would deliver; 0: nothing.
  std::uint64_t peek(const Stream& stream) const;
  // As if the time of this one were over: it is the next to be delivered.
  void expire_now(std::uint64_t seq);
  // As if somebody had asked for more: what had its last delivery leaves the queue of redeliveries.
  void give_up_exhausted(std::vector<Advisory>& advisories);
  // A message is not for this consumer any more (a fault).
  void pass_over(const Stream& stream, std::uint64_t seq);

  // The stream has stored or lost a message.
  void stored(const Stream& stream, std::uint64_t seq);
  void removed(const Stream& stream, std::uint64_t seq, bool was_filtered_in);
  void purged(std::uint64_t first_seq);
  // Interest retention: must the stream keep it for this consumer?
  bool needs(const Stream& stream, std::uint64_t seq) const;

 private:
  std::int64_t wait_of(std::uint64_t seq) const;
  std::uint64_t next_fresh(const Stream& stream) const;  // 0: none
  void drop_from_queue(std::uint64_t seq);
  bool queued(std::uint64_t seq) const;
  Delivered deliver(std::uint64_t seq, std::uint64_t count, std::int64_t now);

  ConsumerConfig config_;
  State state_;
};

}  // namespace flowtank::nats
