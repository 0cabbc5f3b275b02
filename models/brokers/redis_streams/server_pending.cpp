// SPDX-License-Identifier: Apache-2.0
// See server.hpp: commands about what is pending. Redis offers these and acts on nothing by itself: redelivery, a limit of
// deliveries and a place for dead letters are the application's (RS-PEL-1, RS-DLQ-1).
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "models/brokers/redis_streams/server.hpp"

namespace flowtank::redis {
namespace {

constexpr const char* bad_id = "ERR Invalid stream ID specified as stream command argument";

Reply no_group(const Arguments& a) { return Reply::fail(fmt::format("NOGROUP No such key '{}' or consumer group '{}'", a[1], a[2])); }

Reply ids_of(const std::vector<Handed>& handed) {
  std::vector<Reply> ids;
  for (const Handed& one : handed) ids.push_back(Reply::of(one.id));
  return Reply::of(std::move(ids));
}

}  // namespace

Reply Server::pending_summary(const Group& group) const {
  const auto& pending = group.pending();
  if (pending.empty()) return Reply::of({Reply::of(0), Reply::nil(), Reply::nil(), Reply::nil()});
  std::map<std::string, std::uint64_t> by_consumer;
  for (const auto& [id, p] : pending) ++by_consumer[group.consumers()[p.consumer].name];
  std::vector<Reply> consumers;
  for (const auto& [name, count] : by_consumer) consumers.push_back(Reply::of({Reply::of(name), Reply::of(std::to_string(count))}));
  return Reply::of({Reply::of(std::uint64_t{pending.size()}), Reply::of(pending.begin()->first), Reply::of(pending.rbegin()->first), Reply::of(std::move(consumers))});
}

Reply Server::xpending(const Arguments& a) {
  if (a.size() != 3 && a.size() < 6) return Reply::fail("ERR syntax error");
  std::size_t at = 3;
  std::int64_t min_idle = 0;
  StreamId start, end;
  std::uint64_t count = 0;
  if (a.size() > 3) {
    if (is_word(a[3], "IDLE")) {
      const auto idle = parse_signed(a[4]);
      if (!idle) return Reply::fail("ERR value is not an integer or out of range");
      if (a.size() < 8) return Reply::fail("ERR syntax error");
      min_idle = *idle;
      at = 5;
    }
    if (a.size() > at + 4) return Reply::fail("ERR syntax error");
    const auto number = parse_signed(a[at + 2]);
    if (!number) return Reply::fail("ERR value is not an integer or out of range");
    count = static_cast<std::uint64_t>(std::max<std::int64_t>(*number, 0));
    Reply wrong;
    const auto low = parse_end(a[at], true, wrong);
    if (!low) return wrong;
    const auto high = parse_end(a[at + 1], false, wrong);
    if (!high) return wrong;
    start = *low;
    end = *high;
  }
  const Group* group = find_group(a[1], a[2]);
  if (group == nullptr) return no_group(a);
  if (a.size() == 3) return pending_summary(*group);
  std::uint32_t only = nobody;
  if (a.size() > at + 3) {
    only = group->find_consumer(a[at + 3]);
    if (only == nobody) return Reply::of(std::vector<Reply>{});
  }
  std::vector<Reply> out;
  for (auto p = group->pending().lower_bound(start); p != group->pending().end() && p->first <= end && out.size() < count; ++p) {
    const Pending& pending = p->second;
    const std::int64_t idle = std::max<std::int64_t>(now_ - pending.delivered_ms, 0);
    if ((only != nobody && pending.consumer != only) || (min_idle != 0 && idle < min_idle)) continue;
    out.push_back(Reply::of({Reply::of(p->first), Reply::of(group->consumers()[pending.consumer].name), Reply::of(idle), Reply::of(pending.count)}));
  }
  return Reply::of(std::move(out));
}

Reply Server::xclaim(const Arguments& a) {
  Group* group = find_group(a[1], a[2]);
  if (group == nullptr) return no_group(a);
  Claim how;
  const auto idle = parse_signed(a[4]);
  if (!idle) return Reply::fail("ERR Invalid min-idle-time argument for XCLAIM");
  how.min_idle_ms = std::max<std::int64_t>(*idle, 0);
  std::vector<StreamId> ids;
  std::size_t at = 5;
  for (; at < a.size(); ++at) {
    const auto id = parse_id(a[at]);
    if (!id) break;
    ids.push_back(*id);
  }
  std::optional<StreamId> last;
  for (; at < a.size(); ++at) {
    const bool more = at + 1 < a.size();
    if (is_word(a[at], "FORCE")) {
      how.force = true;
    } else if (is_word(a[at], "JUSTID")) {
      how.just_id = true;
    } else if (is_word(a[at], "IDLE") && more) {
      const auto ms = parse_signed(a[++at]);
      if (!ms) return Reply::fail("ERR Invalid IDLE option argument for XCLAIM");
      how.delivered_ms = now_ - *ms;
    } else if (is_word(a[at], "TIME") && more) {
      const auto ms = parse_signed(a[++at]);
      if (!ms) return Reply::fail("ERR Invalid TIME option argument for XCLAIM");
      how.delivered_ms = *ms;
    } else if (is_word(a[at], "RETRYCOUNT") && more) {
      const auto count = parse_signed(a[++at]);
      if (!count || *count < 0) return Reply::fail("ERR Invalid RETRYCOUNT option argument for XCLAIM");
      how.count = static_cast<std::uint64_t>(*count);
    } else if (is_word(a[at], "LASTID") && more) {
      last = parse_id(a[++at]);
      if (!last) return Reply::fail(bad_id);
    } else {
      return Reply::fail(fmt::format("ERR Unrecognized XCLAIM option '{}'", a[at]));
    }
  }
  if (last) group->raise_last_id(*last);
  if (how.delivered_ms && (*how.delivered_ms < 0 || *how.delivered_ms > now_)) how.delivered_ms = now_;
  const auto handed = group->claim(find(a[1])->stream, a[3], ids, how, now_);
  return how.just_id ? ids_of(handed) : entries(handed);
}

Reply Server::xautoclaim(const Arguments& a) {
  const auto idle = parse_signed(a[4]);
  if (!idle) return Reply::fail("ERR Invalid min-idle-time argument for XAUTOCLAIM");
  const bool exclusive = a[5].starts_with('(');
  auto start = a[5] == "-" ? std::optional<StreamId>(first_id) : parse_id(exclusive ? std::string_view(a[5]).substr(1) : std::string_view(a[5]));
  if (!start) return Reply::fail(bad_id);
  if (exclusive) start = next(*start);
  if (!start) return Reply::fail("ERR invalid start ID for the interval");
  std::uint64_t count = 100;  // RS-CLAIM-3
  bool just_id = false;
  for (std::size_t at = 6; at < a.size(); ++at) {
    if (is_word(a[at], "COUNT") && at + 1 < a.size()) {
      const auto asked = parse_signed(a[++at]);
      if (!asked || *asked < 1) return Reply::fail("ERR COUNT must be > 0");
      count = static_cast<std::uint64_t>(*asked);
    } else if (is_word(a[at], "JUSTID")) {
      just_id = true;
    } else {
      return Reply::fail("ERR syntax error");
    }
  }
  Group* group = find_group(a[1], a[2]);
  if (group == nullptr) return no_group(a);
  const AutoClaimed out = group->auto_claim(find(a[1])->stream, a[3], std::max<std::int64_t>(*idle, 0), *start, count, just_id, now_);
  std::vector<Reply> deleted;
  for (const StreamId& id : out.deleted) deleted.push_back(Reply::of(id));
  return Reply::of({Reply::of(out.cursor), just_id ? ids_of(out.claimed) : entries(out.claimed), Reply::of(std::move(deleted))});
}

}  // namespace flowtank::redis
