// SPDX-License-Identifier: Apache-2.0
// A producer client: batches, requests in flight, retries and timeouts (KF-PROD-1..5, KF-IDEM-1..2). It runs under a
// virtual clock; the World has its own requests and retries (publish steps) and shares what decides at the broker.
//
// Order. Records of a partition are batched and sent in order. A batch whose request failed retriably goes back to the
// front of its partition and waits there for its backoff: batches that were sent meanwhile have overtaken it
// (KF-PROD-3). With idempotence the broker refuses those, and they go back too, in order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/brokers/kafka/network.hpp"
#include "models/brokers/kafka/options.hpp"

namespace flowtank::kafka {

// What the application learns of a record, once.
struct DeliveryReport {
  Word message = absent_word;
  std::uint32_t partition = 0;
  Offset offset = no_offset;  // acks=0: no_offset (KF-PROD-1)
  std::string error;          // empty: written
};

class ProducerClient {
 public:
  // The network outlives the client's last event. `report` is called when it is known how a record fared.
  ProducerClient(Network& network, const ProducerSettings& settings, std::function<void(const DeliveryReport&)> report);
  ~ProducerClient() { kill(); }
  ProducerClient(const ProducerClient&) = delete;
  ProducerClient& operator=(const ProducerClient&) = delete;

  const ProducerSettings& settings() const { return settings_; }
  void send(std::uint32_t partition, Word message, std::int64_t bytes);
  // Records whose fate is not known.
  std::uint64_t pending() const { return pending_; }
  // flush() was called: nothing lingers.
  void hurry();
  // The process is gone: nothing is reported; requests that have left still take effect.
  void kill() { *alive_ = false; }

  void use_transaction(TransactionalProducer who) { transaction_ = who; sequences_.clear(); }
  TransactionalProducer transaction() const { return transaction_; }
  // Why a record failed since the last call (of a transaction); empty: none did.
  std::string take_failure() { return std::exchange(failed_, {}); }
  // Fails what has not been sent yet (abort).
  void drop_queued();

 private:
  struct Record {
    Word message;
    std::int64_t bytes;
    std::int64_t sent_ms;  // by the application
  };
  struct Sending {
    std::uint32_t partition = 0;
    std::uint64_t order = 0;     // of making
    std::vector<Record> records;
    std::int64_t bytes = 0;
    Batch batch;
    bool numbered = false;       // has its sequence number
    std::int64_t ready_ms = 0;   // linger or backoff is over
    std::int64_t attempts = 0;
    bool open = true;            // takes more records
    std::uint64_t request = 0;   // that is in flight; 0: none
    bool done = false;
    std::string last_error;
  };
  using SendingPtr = std::shared_ptr<Sending>;

  void serve();
  void wake(std::int64_t at_ms);
  void transmit(const SendingPtr& sending, std::uint32_t broker);
  void answered(const SendingPtr& sending, std::uint32_t broker, std::uint64_t request, const ProduceAnswer& answer, const std::string& refused_name);
  void retry(const SendingPtr& sending, const std::string& error);
  void finish(const SendingPtr& sending, const std::string& error, Offset offset);
  void expire(const SendingPtr& sending);
  void number(Sending& sending);
  std::int64_t backoff_ms(std::int64_t attempts) const;
  void queue_again(const SendingPtr& sending);
  bool may_send(std::uint32_t broker) const;
  void release(std::uint32_t broker, const SendingPtr& sending);
  std::string timed_out_name() const;

  Network& network_;
  ProducerSettings settings_;
  std::function<void(const DeliveryReport&)> report_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<std::uint32_t, std::deque<SendingPtr>> queues_;   // by partition
  std::map<std::uint32_t, std::vector<SendingPtr>> flying_;  // by broker
  std::map<std::uint32_t, std::int64_t> sequences_;          // next, by partition
  std::uint32_t producer_id_ = 0;
  std::uint32_t epoch_ = 0;
  TransactionalProducer transaction_;
  std::uint64_t pending_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t batches_ = 0;
  bool hurried_ = false;
  std::string failed_;
};

}  // namespace flowtank::kafka
