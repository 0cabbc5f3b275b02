// SPDX-License-Identifier: Apache-2.0
// Is what clients saw of logs possible? A log gives each record an offset, once, in order; whoever sends and polls
// sees parts of it. From what the clients alone say (sends and their answers, polls, assignments), find_log_anomalies()
// tells records that vanished, were passed over, came twice or went backwards. It knows no broker and works on
// the history of a simulated log, of a recorded vector, or of a real system.
// Vocabulary and meaning: Jepsen's and Maelstrom's checkers of Kafka-like logs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank {

// A record as a client saw it. Offsets count from 0; values are whatever tells records apart.
struct LogRecord {
  std::int64_t offset = 0;
  std::string value;
  friend bool operator==(const LogRecord&, const LogRecord&) = default;
};

// One thing that a client did. Operations of one client come in the order in which it did them.
struct LogOperation {
  enum class Kind : std::uint8_t {
    sent,      // a send of `value` was acknowledged, at `offset` where the client was told one
    polled,    // one poll returned `records` of the log, in this order
    assigned,  // the client (re)starts reading the log: from a committed offset, or wherever it sought to
    removed,   // records below `offset` may be gone: retention, deletion
  };
  Kind kind = Kind::polled;
  std::string client;
  std::string log;                     // topic and partition, in any spelling
  std::string value;                   // sent
  std::optional<std::int64_t> offset;  // sent: nothing = the answer named none; removed
  std::vector<LogRecord> records;      // polled
};

enum class LogAnomalyKind : std::uint8_t {
  external_nonmonotonic,  // a later poll of a client begins at or before where an earlier one of it ended
  external_poll_skip,     // between two polls of a client lies a record that others know
  internal_nonmonotonic,  // the same within one poll
  internal_poll_skip,
  lost_write,             // acknowledged, never seen, although later records of the log were
  duplicate,              // one value at two offsets
  inconsistent_offset,    // two values at one offset
  unobserved,             // acknowledged, not seen yet: no error, polling on would show it
};
std::string_view to_text(LogAnomalyKind kind);  // "external poll skip", ...
constexpr bool is_error(LogAnomalyKind kind) { return kind != LogAnomalyKind::unobserved; }

struct LogAnomaly {
  LogAnomalyKind kind = LogAnomalyKind::lost_write;
  std::string log;
  std::string client;                 // whose polls; empty where no client is to blame
  std::vector<std::int64_t> offsets;  // skips and steps back: from, to, then what was skipped; else where it was
  std::string value;
  friend bool operator==(const LogAnomaly&, const LogAnomaly&) = default;
};

// All anomalies: those of polls in the order of the operations, then those of records by log and offset (acknowledged
// without an offset: by value, last). O(n log n) in the number of records named.
std::vector<LogAnomaly> find_log_anomalies(std::span<const LogOperation> history);

}  // namespace flowtank
