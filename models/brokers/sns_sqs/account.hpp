// SPDX-License-Identifier: Apache-2.0
// The calls of SQS that clients make, over queues of one account: what is checked, what is answered, and what a call does
// to several queues (redrive, dead letters). Only vectors use it; a World has calls of its own and shares the queues.
// Times are nanoseconds of the caller's virtual clock and never go back. Errors are AWS's codes; empty is success.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>

#include "models/brokers/sns_sqs/dedup_window.hpp"
#include "models/brokers/sns_sqs/options.hpp"

namespace flowtank::sns_sqs {

// A message as its sender wrote it, and what the service added.
struct Message {
  std::string body;
  Json attributes;              // an object
  std::string group, dedup_id;  // FIFO
  std::string id;               // MessageId
  std::string sequence_number;  // FIFO
  std::string source;           // the queue it was first sent to
};

struct SendRequest {
  std::string body;
  Json attributes;
  std::optional<std::int64_t> delay_s;
  std::optional<std::string> group, dedup_id;
};
struct SendAnswer {
  std::string error, id, sequence_number;
};

struct ReceiveRequest {
  std::int64_t most = 1;
  std::optional<std::int64_t> visibility_s;
  std::string attempt_id;  // ReceiveRequestAttemptId; empty: none
  bool polls_short = true;
};
// A receipt handle is good across queues of one name only.
struct Handle {
  std::string queue;
  Queue::Receipt receipt;
};
struct Received {
  Message message;
  std::uint32_t count = 0;  // ApproximateReceiveCount
  std::int64_t sent_ns = 0;
  Handle handle;
};
struct ReceiveAnswer {
  std::string error;
  std::vector<Received> messages;
};

struct Counts {
  std::uint64_t stored = 0, visible = 0, in_flight = 0, delayed = 0;
};

class Account {
 public:
  // `seed` decides what the probabilities draw.
  explicit Account(std::uint64_t seed = 1) : cells_(pool_, false), seed_(seed) {}

  std::string create_queue(const std::string& name, std::span<const Setting> attributes, std::int64_t now);
  std::string set_attributes(const std::string& name, std::span<const Setting> attributes, std::int64_t now);
  std::string delete_queue(const std::string& name);
  bool has_queue(const std::string& name) const { return find(name) != nullptr; }
  bool is_fifo(const std::string& name) const;
  std::int64_t wait_s(const std::string& name) const;

  SendAnswer send(const std::string& name, const SendRequest& request, std::int64_t now);
  ReceiveAnswer receive(const std::string& name, const ReceiveRequest& request, std::int64_t now);
  std::string remove(const Handle& handle, std::int64_t now);
  std::string change_visibility(const Handle& handle, std::int64_t timeout_s, std::int64_t now);
  std::string purge(const std::string& name, std::int64_t now);
  // StartMessageMoveTask: to `target`, or to where each message was first sent. How many moved.
  std::string redrive(const std::string& name, const std::string& target, std::int64_t now, std::uint64_t& moved);
  Counts counts(const std::string& name, std::int64_t now);

  // Time passes: what is due becomes visible, what is too old disappears.
  void advance(std::int64_t now);
  // When something becomes visible by itself next, after now; `otherwise` when that is earlier.
  std::int64_t next_due(std::int64_t now, std::int64_t otherwise);

 private:
  struct Attempt {
    std::int64_t at = 0;
    std::vector<Queue::Receipt> receipts;
  };
  struct Stored {
    std::string name;
    QueueSettings settings;
    std::vector<Setting> attributes;
    Queue queue;
    DedupWindow window;
    std::map<std::string, Attempt> attempts;
  };

  Stored* find(const std::string& name) const;
  std::string configure(Stored& stored, std::vector<Setting> attributes, std::int64_t now, bool is_new);
  std::string refuses(const Stored& stored, const SendRequest& request) const;
  void store(Stored& stored, Message message, std::int64_t sent, std::int64_t visible_at, std::int64_t now, std::uint32_t received);
  void expire(Stored& stored, std::int64_t now);
  bool move_to_dead_letters(Stored& stored, Queue::Node node, std::int64_t now);
  bool repeat(Stored& stored, const ReceiveRequest& request, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer);
  void receive_again(Stored& stored, std::size_t most, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer);
  void receive_standard(Stored& stored, const ReceiveRequest& request, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer);
  void receive_fifo(Stored& stored, std::size_t most, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer);
  void hand_out(Stored& stored, Queue::Node node, std::int64_t visibility, std::int64_t now, ReceiveAnswer& answer);
  Received received(const Stored& stored, const Queue::Receipt& receipt) const;
  Message& message_of(const Stored& stored, Queue::Node node);
  const Message& message_of(const Stored& stored, Queue::Node node) const;
  bool drawn(std::int64_t ppm);
  std::uint64_t draw();
  template <typename F>
  void each_node(const Stored& stored, F&& f) const;

  Pool pool_;
  Cells cells_;
  std::uint64_t seed_, draws_ = 0, ids_ = 0, sequence_numbers_ = 0, queues_made_ = 0;
  std::map<std::string, std::unique_ptr<Stored>> queues_;
  std::vector<Message> messages_;  // the pool's word of a message is its index
};

}  // namespace flowtank::sns_sqs
