// SPDX-License-Identifier: Apache-2.0
// A stream: stored messages in one total order, limits, deduplication, and the consumers that read it. Plain data that can be
// copied. Nothing happens by itself: expire() is to be called when time has passed. Times are nanoseconds of the caller's
// clock, which never goes back.
//
// Invariant: sequences are given out once, in order, also to messages that nobody keeps; `messages_[0]` is first_seq().
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/pool.hpp>

#include "models/brokers/nats_jetstream/consumer.hpp"

namespace flowtank::nats {

struct Message {
  Word body = absent_word;      // the caller's; absent: not there any more
  Word subject = absent_word;
  std::int64_t time = 0;
  std::uint32_t size = 0;       // as the store counts it
};

struct Publish {
  Word subject = absent_word;
  Word body = absent_word;
  std::uint64_t data_bytes = 0, header_bytes = 0;
  Word msg_id = absent_word;                              // Nats-Msg-Id
  std::optional<std::string> expected_stream;
  std::optional<std::uint64_t> expected_last_seq, expected_last_subject_seq;
  std::optional<Word> expected_last_msg_id;
};

struct PubAck {
  ApiError error;
  std::uint64_t seq = 0;
  bool duplicate = false;
};

// Why a message left the stream.
enum class Gone : std::uint8_t { limit, age, deleted, acknowledged, lost };

class Stream {
 public:
  Stream(const Pool& pool, StreamConfig config) : pool_(&pool), config_(std::move(config)) {}

  const StreamConfig& config() const { return config_; }
  std::vector<Consumer>& consumers() { return consumers_; }
  const std::vector<Consumer>& consumers() const { return consumers_; }
  std::uint64_t first_seq() const { return first_; }
  std::uint64_t last_seq() const { return last_; }
  std::uint64_t messages() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }
  const Message* find(std::uint64_t seq) const {
    if (seq < first_ || seq > last_ || messages_[seq - first_].body == absent_word) return nullptr;
    return &messages_[seq - first_];
  }
  std::string_view subject_of(std::uint64_t seq) const;
  // The newest message of a subject up to a sequence; 0: none.
  std::uint64_t last_of_subject(Word subject) const;
  const Pool& pool() const { return *pool_; }

  PubAck publish(const Publish& request, std::int64_t now);
  // JS-RET-1, JS-RET-2: a consumer has settled it.
  void settled(std::uint64_t seq);
  void remove(std::uint64_t seq, Gone why);
  std::uint64_t purge();
  // Messages and remembered ids that are too old go.
  void expire(std::int64_t now);
  std::optional<std::int64_t> next_age() const;

  // The consumer's number, or what is wrong. An existing one is changed where the server allows that.
  ApiError add_consumer(const ConsumerConfig& config);
  std::size_t find_consumer(std::string_view name) const;  // consumers().size(): none
  void delete_consumer(std::size_t at);

  // Told of each message that goes while a consumer has not settled it.
  struct Loss {
    std::uint64_t seq = 0;
    Message message;
    Gone why = Gone::limit;
    std::vector<char> unsettled;   // by consumer: it had not settled it
  };
  // Messages that went since the last call, oldest first; kept only when asked to.
  void watch_losses(bool watch) { watches_ = watch; }
  std::vector<Loss> take_losses() { return std::exchange(losses_, {}); }

  // ---- for a World: its state comes and goes as words
  void restore(std::uint64_t first, std::deque<Message> messages, std::uint64_t last);
  // The newest message vanishes (a failover, a loss of power); its sequence is given out again.
  void take_back_newest();
  // Messages below are read by nobody any more and count for nothing.
  void forget_below(std::uint64_t seq);
  const std::map<Word, std::uint64_t>& known_ids() const { return ids_; }
  void know_id(Word id, std::uint64_t seq, std::int64_t now);
  void forget_ids() {
    ids_.clear();
    id_times_.clear();
  }

 private:
  ApiError check_limits(const Publish& request) const;
  ApiError check_expected(const Publish& request) const;
  void enforce_limits();
  bool store(const Publish& request, std::int64_t now);  // false: nobody wants it
  void skip_holes();
  std::vector<char> waiting_for(std::uint64_t seq) const;
  std::uint32_t stored_size(const Publish& request) const;
  std::uint64_t count_of_subject(Word subject) const;
  bool has_interest(Word subject) const;

  const Pool* pool_;
  StreamConfig config_;
  std::vector<Consumer> consumers_;
  std::deque<Message> messages_;
  std::uint64_t first_ = 1, last_ = 0, count_ = 0, bytes_ = 0;
  std::map<Word, std::uint64_t> ids_;                       // Nats-Msg-Id -> sequence
  std::deque<std::pair<std::int64_t, Word>> id_times_;      // oldest first
  Word last_id_ = absent_word;
  std::map<Word, std::deque<std::uint64_t>> by_subject_;    // only with max_msgs_per_subject
  bool watches_ = false;
  std::vector<Loss> losses_;
};

}  // namespace flowtank::nats
