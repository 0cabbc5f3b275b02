// SPDX-License-Identifier: Apache-2.0
// Configuration of streams and consumers under JetStream's own names, with the server's defaults (JS-KNOBS). Durations are
// nanoseconds, as the server's API has them; -1 stands for no limit where the server says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flowtank::nats {

constexpr std::int64_t second_ns = 1'000'000'000;

enum class Retention : std::uint8_t { limits, interest, workqueue };
enum class Discard : std::uint8_t { oldest, newest };
enum class Storage : std::uint8_t { file, memory };
enum class AckPolicy : std::uint8_t { none, all, explicit_ };
enum class DeliverPolicy : std::uint8_t { all, last, fresh, by_start_sequence, by_start_time, last_per_subject };

struct StreamConfig {
  std::string name;
  std::vector<std::string> subjects;
  Retention retention = Retention::limits;
  Discard discard = Discard::oldest;
  bool discard_new_per_subject = false;
  Storage storage = Storage::file;
  std::int64_t max_consumers = -1, max_msgs = -1, max_bytes = -1, max_msgs_per_subject = -1, max_msg_size = -1;
  std::int64_t max_age = 0;                             // ns; 0: for ever
  std::int64_t duplicate_window = 120 * second_ns;      // ns (JS-KNOBS)
  std::int64_t replicas = 1;
  friend bool operator==(const StreamConfig&, const StreamConfig&) = default;
};

struct ConsumerConfig {
  std::string name;
  DeliverPolicy deliver_policy = DeliverPolicy::all;
  std::uint64_t start_sequence = 0;
  std::optional<std::int64_t> start_time;               // ns since the epoch of the clock
  AckPolicy ack_policy = AckPolicy::none;               // as the server has it; clients ask for explicit
  std::int64_t ack_wait = 30 * second_ns;               // ns (JS-KNOBS)
  std::int64_t max_deliver = -1;
  std::vector<std::int64_t> backoff;                    // ns, by delivery; the last one repeats (JS-BACK-1)
  std::string filter_subject;
  std::int64_t max_ack_pending = 1000;
  std::int64_t max_waiting = 512;                       // pull
  std::int64_t max_batch = 0, max_expires = 0;          // pull; messages and ns; 0: no limit
  std::string deliver_subject, deliver_group;           // push
  bool is_push() const { return !deliver_subject.empty(); }
};

// What the server's API says is wrong.
struct ApiError {
  int code = 0;        // 0: nothing is wrong
  int err_code = 0;
  std::string description;
  explicit operator bool() const { return code != 0; }
};

// Checks what can be said of one configuration alone.
ApiError check(const StreamConfig& config);
ApiError check(const ConsumerConfig& config, const StreamConfig& stream);

}  // namespace flowtank::nats
