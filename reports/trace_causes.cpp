// SPDX-License-Identifier: Apache-2.0
// Causes and consequences of a record: the happens-before order, as parents in the trace say it.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/text.hpp"
#include "reports/trace_view.hpp"

namespace flowtank::reports {

using nlohmann::json;

namespace {

std::string more_text(std::uint64_t more, const char* what) {
  return more == 0 ? "" : fmt::format("{} and {} {} (--limit shows more)\n", std::string(9, ' '), thousands(more), what);
}

}  // namespace

std::string TraceView::past(RecordId id, std::uint64_t limit, bool as_json) const {
  struct Next {
    RecordId id;
    int indent;
  };
  std::vector<Next> pending{{id, 0}};
  std::set<RecordId> seen;
  std::string out;
  std::uint64_t shown = 0, more = 0;
  // A direct cause stands under what it caused; a second cause is told first, one step in.
  while (!pending.empty()) {
    const Next next = pending.back();
    pending.pop_back();
    if (!seen.insert(next.id).second) continue;
    records_.forget_when_large();
    const Record record = records_[next.id];
    if (shown < limit) out += line(record, as_json, std::min(next.indent, 12));
    (shown < limit ? shown : more) += 1;
    if (record.parent < reader_.size()) pending.push_back({record.parent, next.indent});
    if (record.other_parent < reader_.size() && record.other_parent != record.parent) pending.push_back({record.other_parent, next.indent + 1});
  }
  return as_json ? out : out + more_text(more, "earlier causes");
}

std::string TraceView::future(RecordId id, std::uint64_t limit, bool as_json) const {
  std::map<RecordId, int> reached{{id, 0}};
  std::string out;
  std::uint64_t shown = 0, more = 0;
  for (std::size_t at = id; at < reader_.size(); ++at) {
    const Record raw = reader_.record(static_cast<RecordId>(at));
    const auto parent = reached.find(raw.parent), other = reached.find(raw.other_parent);
    if (at != id && parent == reached.end() && other == reached.end()) continue;
    // Direct consequences of one run stay in its column.
    const int indent = at == id ? 0 : parent != reached.end() ? parent->second + (raw.kind == RecordKind::delivered || raw.kind == RecordKind::command_received ? 1 : 0) : other->second + 1;
    reached.emplace(static_cast<RecordId>(at), indent);
    records_.forget_when_large();
    if (shown < limit) out += line(records_[at], as_json, std::min(indent, 12));
    (shown < limit ? shown : more) += 1;
  }
  return as_json ? out : out + more_text(more, "consequences");
}

}  // namespace flowtank::reports
