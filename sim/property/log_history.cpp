// SPDX-License-Identifier: Apache-2.0
// See log_history.hpp. First everything that anybody knows of each log is put together; then polls are held against it.
// Invariant: whether a gap is a skip depends on offsets that somebody saw or was answered, never on how dense they are,
// since a log has gaps of its own (markers of transactions, compaction).
#include "sim/property/log_history.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace flowtank {
namespace {

struct KnownLog {
  std::map<std::int64_t, std::set<std::string>> values;        // by offset, from whoever knows it
  std::map<std::string, std::set<std::int64_t>> offsets;       // by value
  std::set<std::string> acknowledged;
  std::set<std::string> seen;
  std::int64_t highest_seen = -1;
  std::int64_t first_kept = 0;

  void know(std::int64_t offset, const std::string& value) {
    values[offset].insert(value);
    offsets[value].insert(offset);
  }
};

using Logs = std::map<std::string, KnownLog>;

Logs put_together(std::span<const LogOperation> history) {
  Logs logs;
  for (const LogOperation& op : history) {
    KnownLog& log = logs[op.log];
    switch (op.kind) {
      case LogOperation::Kind::sent:
        log.acknowledged.insert(op.value);
        if (op.offset) log.know(*op.offset, op.value);
        break;
      case LogOperation::Kind::polled:
        for (const LogRecord& record : op.records) {
          log.know(record.offset, record.value);
          log.seen.insert(record.value);
          log.highest_seen = std::max(log.highest_seen, record.offset);
        }
        break;
      case LogOperation::Kind::removed:
        if (op.offset) log.first_kept = std::max(log.first_kept, *op.offset);
        break;
      case LogOperation::Kind::assigned: break;
    }
  }
  return logs;
}

// The step of a reader from one record to the next.
void judge_step(const KnownLog& log, const LogOperation& poll, std::int64_t from, std::int64_t to, bool within_poll,
                std::vector<LogAnomaly>& out) {
  LogAnomaly anomaly{LogAnomalyKind::external_poll_skip, poll.log, poll.client, {from, to}, ""};
  if (to <= from) {
    anomaly.kind = within_poll ? LogAnomalyKind::internal_nonmonotonic : LogAnomalyKind::external_nonmonotonic;
    out.push_back(std::move(anomaly));
    return;
  }
  const auto begin = log.values.lower_bound(std::max(from + 1, log.first_kept)), end = log.values.lower_bound(to);
  for (auto at = begin; at != end && at->first < to; ++at) anomaly.offsets.push_back(at->first);
  if (anomaly.offsets.size() == 2) return;
  anomaly.kind = within_poll ? LogAnomalyKind::internal_poll_skip : LogAnomalyKind::external_poll_skip;
  out.push_back(std::move(anomaly));
}

void judge_polls(std::span<const LogOperation> history, const Logs& logs, std::vector<LogAnomaly>& out) {
  std::map<std::pair<std::string, std::string>, std::int64_t> last;  // by client and log; not there: just assigned
  for (const LogOperation& op : history) {
    const std::pair reader{op.client, op.log};
    if (op.kind == LogOperation::Kind::assigned) last.erase(reader);
    if (op.kind != LogOperation::Kind::polled) continue;
    const KnownLog& log = logs.at(op.log);
    bool within_poll = false;
    for (const LogRecord& record : op.records) {
      const auto known = last.find(reader);
      if (known != last.end()) judge_step(log, op, known->second, record.offset, within_poll, out);
      last[reader] = record.offset;
      within_poll = true;
    }
  }
}

void judge_records(const std::string& name, const KnownLog& log, std::vector<LogAnomaly>& out) {
  const auto unseen = [&](const std::string& value) { return log.acknowledged.contains(value) && !log.seen.contains(value); };
  for (const auto& [offset, values] : log.values) {
    if (values.size() > 1) out.push_back({LogAnomalyKind::inconsistent_offset, name, "", {offset}, *values.begin()});
    for (const std::string& value : values) {
      const auto& at = log.offsets.at(value);
      if (at.size() > 1 && *at.begin() == offset) {
        out.push_back({LogAnomalyKind::duplicate, name, "", {at.begin(), at.end()}, value});
      }
      if (!unseen(value) || offset < log.first_kept) continue;
      const bool replaced = std::any_of(values.begin(), values.end(), [&log](const std::string& other) { return log.seen.contains(other); });
      const bool lost = offset < log.highest_seen || replaced;
      const LogAnomalyKind kind = lost ? LogAnomalyKind::lost_write : LogAnomalyKind::unobserved;
      out.push_back({kind, name, "", {offset}, value});
    }
  }
  for (const std::string& value : log.acknowledged) {
    if (!log.offsets.contains(value)) out.push_back({LogAnomalyKind::unobserved, name, "", {}, value});
  }
}

}  // namespace

std::string_view to_text(LogAnomalyKind kind) {
  switch (kind) {
    case LogAnomalyKind::external_nonmonotonic: return "external nonmonotonic";
    case LogAnomalyKind::external_poll_skip: return "external poll skip";
    case LogAnomalyKind::internal_nonmonotonic: return "internal nonmonotonic";
    case LogAnomalyKind::internal_poll_skip: return "internal poll skip";
    case LogAnomalyKind::lost_write: return "lost write";
    case LogAnomalyKind::duplicate: return "duplicate";
    case LogAnomalyKind::inconsistent_offset: return "inconsistent offset";
    case LogAnomalyKind::unobserved: return "unobserved";
  }
  return "";
}

std::vector<LogAnomaly> find_log_anomalies(std::span<const LogOperation> history) {
  const Logs logs = put_together(history);
  std::vector<LogAnomaly> out;
  judge_polls(history, logs, out);
  for (const auto& [name, log] : logs) judge_records(name, log, out);
  return out;
}

}  // namespace flowtank
