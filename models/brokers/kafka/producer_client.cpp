// SPDX-License-Identifier: Apache-2.0
// See producer_client.hpp: queues of batches, what is sent when, and what becomes of failures.
#include "models/brokers/kafka/producer_client.hpp"

#include <algorithm>

namespace flowtank::kafka {
namespace {

constexpr std::int64_t reconnect_ms = 100;

bool is_java(const ProducerSettings& settings) {
  return settings.client == ClientProfile::java || settings.client == ClientProfile::java_thread_pool;
}

}  // namespace

ProducerClient::ProducerClient(Network& network, const ProducerSettings& settings, std::function<void(const DeliveryReport&)> report)
    : network_(network), settings_(settings), report_(std::move(report)) {
  if (settings_.idempotent) producer_id_ = network.cluster().new_producer_id();  // KF-IDEM-2: a session has an id of its own
}

std::string ProducerClient::timed_out_name() const { return is_java(settings_) ? "TIMEOUT" : "_MSG_TIMED_OUT"; }

void ProducerClient::wake(std::int64_t at_ms) {
  network_.clock().at(at_ms, [this, alive = alive_] {
    if (*alive) serve();
  });
}

void ProducerClient::send(std::uint32_t partition, Word message, std::int64_t bytes) {
  const std::int64_t now = network_.clock().now_ms();
  ++pending_;
  if (bytes > settings_.max_request_size) {  // KF-PROD-5: it never leaves
    auto refused = std::make_shared<Sending>();
    refused->partition = partition;
    refused->records.push_back({message, bytes, now});
    finish(refused, std::string(to_text(KafkaError::message_too_large)), no_offset);
    return;
  }
  auto& queue = queues_[partition];
  const bool fits = !queue.empty() && queue.back()->open && queue.back()->attempts == 0 &&
                    queue.back()->bytes + bytes <= settings_.batch_bytes &&
                    static_cast<std::int64_t>(queue.back()->records.size()) < settings_.batch_records;
  if (!fits) {
    auto sending = std::make_shared<Sending>();
    sending->partition = partition;
    sending->order = ++batches_;
    sending->ready_ms = hurried_ ? now : now + settings_.linger_ms;
    if (!queue.empty()) queue.back()->ready_ms = std::min(queue.back()->ready_ms, now);  // full
    queue.push_back(sending);
    network_.clock().after(settings_.delivery_timeout_ms, [this, alive = alive_, sending] {
      if (*alive) expire(sending);
    });
  }
  queue.back()->records.push_back({message, bytes, now});
  queue.back()->bytes += bytes;
  wake(queue.back()->ready_ms);
}

void ProducerClient::hurry() {
  hurried_ = true;
  const std::int64_t now = network_.clock().now_ms();
  for (auto& [partition, queue] : queues_) {
    for (const SendingPtr& sending : queue) {
      if (sending->attempts == 0) sending->ready_ms = std::min(sending->ready_ms, now);
    }
  }
  serve();
  hurried_ = false;
}

bool ProducerClient::may_send(std::uint32_t broker) const {
  const auto found = flying_.find(broker);
  const std::size_t flying = found == flying_.end() ? 0 : found->second.size();
  // KF-PROD-3: librdkafka has made the next request already while one waits for its turn on the connection.
  const bool one_ahead = !is_java(settings_) && !settings_.idempotent;
  return flying < static_cast<std::size_t>(settings_.max_in_flight) + (one_ahead ? 1 : 0);
}

void ProducerClient::serve() {
  const std::int64_t now = network_.clock().now_ms();
  for (auto& [partition, queue] : queues_) {
    while (!queue.empty()) {
      const SendingPtr sending = queue.front();  // the front waits for its backoff, and all behind it
      if (sending->ready_ms > now) break;
      const std::uint32_t broker = network_.cluster().leader_broker(partition);
      if (!network_.reaches(broker)) {
        wake(now + reconnect_ms);
        break;
      }
      if (!may_send(broker)) break;  // served again when an answer comes
      queue.pop_front();
      transmit(sending, broker);
    }
  }
}

void ProducerClient::number(Sending& sending) {
  if (!settings_.idempotent || sending.numbered) return;
  sending.numbered = true;
  const auto records = static_cast<std::int64_t>(sending.records.size());
  const bool transactional = transaction_.id != 0;
  sending.batch = {transactional ? transaction_.id : producer_id_, transactional ? transaction_.epoch : epoch_,
                   sequences_[sending.partition], records};
  sequences_[sending.partition] += records;
}

void ProducerClient::transmit(const SendingPtr& sending, std::uint32_t broker) {
  sending->open = false;
  sending->request = ++requests_;
  ++sending->attempts;
  number(*sending);
  Network::OwnedRequest request;
  request.request.partition = sending->partition;
  request.request.acks = settings_.acks;
  request.request.batch = sending->batch;
  request.request.transaction = transaction_;
  for (const Record& record : sending->records) {
    request.messages.push_back(record.message);
    request.request.largest_bytes = std::max(request.request.largest_bytes, record.bytes);
  }
  if (settings_.acks == Acks::none) {  // KF-PROD-1: nobody waits for an answer
    network_.produce(broker, std::move(request), [](const ProduceAnswer&, const std::string&) {});
    finish(sending, {}, no_offset);
    return;
  }
  flying_[broker].push_back(sending);
  const std::uint64_t id = sending->request;
  network_.produce(broker, std::move(request), [this, alive = alive_, sending, broker, id](const ProduceAnswer& answer, const std::string& name) {
    if (*alive) answered(sending, broker, id, answer, name);
  });
  network_.clock().after(settings_.request_timeout_ms, [this, alive = alive_, sending, broker, id] {
    if (*alive) answered(sending, broker, id, {KafkaError::request_timed_out}, {});
  });
}

void ProducerClient::release(std::uint32_t broker, const SendingPtr& sending) {
  auto& flying = flying_[broker];
  flying.erase(std::remove(flying.begin(), flying.end(), sending), flying.end());
  sending->request = 0;
}

void ProducerClient::answered(const SendingPtr& sending, std::uint32_t broker, std::uint64_t request,
                              const ProduceAnswer& answer, const std::string& refused_name) {
  if (sending->request != request) return;  // late: the client has given it up
  release(broker, sending);
  const std::string error = !refused_name.empty() ? refused_name : answer.error == KafkaError::none ? "" : std::string(to_text(answer.error));
  if (error.empty()) {
    finish(sending, {}, answer.offset);
  } else if (sending->numbered && transaction_.id == 0 && sending->batch.epoch != epoch_) {
    sending->numbered = false;  // numbered before a batch was given up: numbered anew
    retry(sending, error);
  } else if (retriable_name(error)) {
    retry(sending, error);
  } else {
    finish(sending, error, no_offset);
  }
  serve();
}

std::int64_t ProducerClient::backoff_ms(std::int64_t attempts) const {
  std::int64_t wait = settings_.retry_backoff_ms;
  if (!is_java(settings_)) return wait;
  for (std::int64_t i = 1; i < attempts && wait < settings_.retry_backoff_max_ms; ++i) wait *= 2;
  return std::min(wait, std::max(settings_.retry_backoff_ms, settings_.retry_backoff_max_ms));
}

void ProducerClient::retry(const SendingPtr& sending, const std::string& error) {
  sending->last_error = error;
  if (sending->attempts > settings_.retries) return finish(sending, error, no_offset);
  sending->ready_ms = network_.clock().now_ms() + backoff_ms(sending->attempts);
  queue_again(sending);
  wake(sending->ready_ms);
}

// Java without idempotence puts it first whatever waits there; the others keep the order of making.
void ProducerClient::queue_again(const SendingPtr& sending) {
  auto& queue = queues_[sending->partition];
  auto before = queue.begin();
  if (settings_.idempotent || !is_java(settings_)) {
    before = std::find_if(queue.begin(), queue.end(), [&](const SendingPtr& other) { return other->order > sending->order; });
  }
  queue.insert(before, sending);
}

void ProducerClient::finish(const SendingPtr& sending, const std::string& error, Offset offset) {
  if (sending->done) return;
  sending->done = true;
  pending_ -= sending->records.size();
  if (!error.empty()) {
    failed_ = error;
    if (sending->numbered && transaction_.id == 0) {  // its numbers are missing for ever: a new epoch begins
      ++epoch_;
      sequences_.clear();
      for (auto& [partition, queue] : queues_) {
        for (const SendingPtr& other : queue) other->numbered = false;
      }
    }
  }
  for (const Record& record : sending->records) {
    report_({record.message, sending->partition, offset, error});
    if (offset != no_offset) ++offset;
  }
}

void ProducerClient::expire(const SendingPtr& sending) {
  if (sending->done) return;
  // KF-PROD-4: it may nevertheless have been written.
  for (auto& [broker, flying] : flying_) {
    flying.erase(std::remove(flying.begin(), flying.end(), sending), flying.end());
  }
  sending->request = 0;
  auto& queue = queues_[sending->partition];
  queue.erase(std::remove(queue.begin(), queue.end(), sending), queue.end());
  finish(sending, timed_out_name(), no_offset);
  serve();
}

void ProducerClient::drop_queued() {
  for (auto& [partition, queue] : queues_) {
    const std::deque<SendingPtr> dropped = std::exchange(queue, {});
    for (const SendingPtr& sending : dropped) finish(sending, "_PURGE_QUEUE", no_offset);
  }
}

}  // namespace flowtank::kafka
