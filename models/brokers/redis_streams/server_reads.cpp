// SPDX-License-Identifier: Apache-2.0
// See server.hpp: XREAD and XREADGROUP, with readers that wait. A waiting reader is served in the order of waiting, at the end
// of the command that brought something for it; nothing is kept for a connection that is gone.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/redis_streams/server.hpp"

namespace flowtank::redis {
namespace {

Reply no_group(std::string_view key, std::string_view group) {
  return Reply::fail(fmt::format("NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option", key, group));
}

}  // namespace

Reply Server::parse_read(const Arguments& a, bool in_group, Read& out) {
  out.in_group = in_group;
  std::size_t at = 1, streams = 0;
  for (; at < a.size() && streams == 0; ++at) {
    const std::size_t left = a.size() - at - 1;
    if (is_word(a[at], "BLOCK") && left > 0) {
      const auto ms = parse_signed(a[++at]);
      if (!ms) return Reply::fail("ERR timeout is not an integer or out of range");
      if (*ms < 0) return Reply::fail("ERR timeout is negative");
      out.block_ms = *ms;
    } else if (is_word(a[at], "COUNT") && left > 0) {
      const auto count = parse_signed(a[++at]);
      if (!count) return Reply::fail("ERR value is not an integer or out of range");
      out.count = static_cast<std::uint64_t>(std::max<std::int64_t>(*count, 0));
    } else if (is_word(a[at], "STREAMS") && left > 0) {
      streams = at + 1;
    } else if (is_word(a[at], "GROUP") && left > 1) {
      if (!in_group) return Reply::fail("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
      out.group = a[++at];
      out.consumer = a[++at];
    } else if (is_word(a[at], "NOACK")) {
      if (!in_group) return Reply::fail("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
      out.no_ack = true;
    } else {
      return Reply::fail("ERR syntax error");
    }
  }
  if (streams == 0) return Reply::fail("ERR syntax error");
  const std::size_t listed = a.size() - streams;
  if (listed % 2 != 0) return Reply::fail("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
  if (in_group && out.group.empty()) return Reply::fail("ERR Missing GROUP option for XREADGROUP");
  for (std::size_t i = 0; i < listed / 2; ++i) {
    const std::string& key = a[streams + i];
    const std::string& id = a[streams + listed / 2 + i];
    Read::Place place{key, false, {}};
    if (in_group && find_group(key, out.group) == nullptr) return no_group(key, out.group);  // RS-GRP-2
    if (id == "$") {
      if (in_group) return Reply::fail("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.");
      if (const Key* found = find(key)) place.after = found->stream.last_id();
    } else if (id == ">") {
      if (!in_group) return Reply::fail("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
      place.is_new = true;
    } else {
      const auto parsed = parse_id(id);
      if (!parsed) return Reply::fail("ERR Invalid stream ID specified as stream command argument");
      place.after = *parsed;
    }
    out.places.push_back(std::move(place));
  }
  return Reply::nil();
}

// Nothing: there is nothing to read yet.
std::optional<Reply> Server::read(const Read& read) {
  std::vector<Reply> streams;
  for (const Read::Place& place : read.places) {
    Key* key = find(place.key);
    if (key == nullptr) continue;
    std::vector<Handed> handed;
    if (read.in_group) {
      Group& group = key->groups.find(read.group)->second;
      if (place.is_new && !group.has_new(key->stream)) continue;
      const std::uint32_t consumer = group.consumer(read.consumer, now_);  // who is handed nothing leaves no trace
      group.seen(consumer, now_);
      handed = place.is_new ? group.read_new(key->stream, consumer, read.count, read.no_ack, now_)
                            : group.read_history(key->stream, consumer, place.after, read.count, now_);
    } else {
      const auto& entries = key->stream.entries();
      for (std::size_t at = key->stream.after(place.after); at < entries.size() && (read.count == 0 || handed.size() < read.count); ++at) {
        handed.push_back({entries[at].id, entries[at].body});
      }
      if (handed.empty()) continue;
    }
    streams.push_back(Reply::of({Reply::of(place.key), entries(handed)}));
  }
  if (streams.empty()) return std::nullopt;
  return Reply::of(std::move(streams));
}

Reply Server::xread(const Arguments& a) {
  Read asked;
  if (Reply wrong = parse_read(a, false, asked); wrong.is_error()) return wrong;
  if (auto reply = read(asked)) return *reply;
  if (asked.block_ms) blocks_ = std::move(asked);
  return Reply::nil();
}

Reply Server::xreadgroup(const Arguments& a) {
  Read asked;
  if (Reply wrong = parse_read(a, true, asked); wrong.is_error()) return wrong;
  if (auto reply = read(asked)) return *reply;
  if (asked.block_ms) blocks_ = std::move(asked);
  return Reply::nil();
}

// RS-BLOCK-1: who has waited longest is served first.
void Server::serve() {
  for (std::size_t i = 0; i < waiting_.size();) {
    const Read& asked = waiting_[i].read;
    std::optional<Reply> reply;
    for (const Read::Place& place : asked.places) {
      if (!asked.in_group || find_group(place.key, asked.group) != nullptr) continue;
      // RS-GRP-2: its group is gone.
      reply = find(place.key) == nullptr ? Reply::fail("UNBLOCKED the stream key no longer exists")
                                         : Reply::fail("NOGROUP the consumer group this client was blocked on no longer exists");
    }
    if (!reply) reply = read(asked);
    if (!reply) {
      ++i;
      continue;
    }
    answers_.push_back({waiting_[i].connection, std::move(*reply)});
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace flowtank::redis
