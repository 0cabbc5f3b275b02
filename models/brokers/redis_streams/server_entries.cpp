// SPDX-License-Identifier: Apache-2.0
// See server.hpp: commands about entries. They check what they are given before anything changes, so that a refused command
// leaves no trace.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/redis_streams/server.hpp"

namespace flowtank::redis {
namespace {

constexpr const char* bad_id = "ERR Invalid stream ID specified as stream command argument";
constexpr const char* no_integer = "ERR value is not an integer or out of range";

// MAXLEN or MINID from argument `at` on; `at` is moved behind it. An error, or nil.
Reply parse_trimming(const Arguments& a, std::size_t& at, Trimming& out) {
  const bool by_length = is_word(a[at], "MAXLEN");
  if (out.by != Trimming::By::nothing) return Reply::fail("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
  out.by = by_length ? Trimming::By::max_length : Trimming::By::min_id;
  if (++at >= a.size()) return Reply::fail("ERR syntax error");
  if ((a[at] == "~" || a[at] == "=") && at + 1 < a.size()) out.approximate = a[at++] == "~";
  if (by_length) {
    const auto length = parse_signed(a[at]);
    if (!length) return Reply::fail(no_integer);
    if (*length < 0) return Reply::fail("ERR The MAXLEN argument must be >= 0.");
    out.max_length = static_cast<std::uint64_t>(*length);
  } else {
    const auto id = parse_id(a[at]);
    if (!id) return Reply::fail(bad_id);
    out.min_id = *id;
  }
  ++at;
  return Reply::nil();
}

Reply parse_limit(const Arguments& a, std::size_t& at, Trimming& out) {
  if (at + 1 >= a.size()) return Reply::fail("ERR syntax error");
  const auto limit = parse_signed(a[at + 1]);
  if (!limit) return Reply::fail(no_integer);
  if (*limit < 0) return Reply::fail("ERR The LIMIT argument must be >= 0.");
  out.limit = static_cast<std::uint64_t>(*limit);
  at += 2;
  return Reply::nil();
}

Reply check_limit(const Trimming& trimming) {
  if (trimming.limit && trimming.by == Trimming::By::nothing) return Reply::fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
  if (trimming.limit && !trimming.approximate) return Reply::fail("ERR syntax error, LIMIT cannot be used without the special ~ option");
  return Reply::nil();
}

}  // namespace

std::optional<StreamId> Server::parse_end(std::string_view text, bool is_start, Reply& wrong) {
  if (text == "-") return first_id;
  if (text == "+") return last_possible_id;
  const bool exclusive = text.starts_with('(');
  const auto id = parse_id(exclusive ? text.substr(1) : text, is_start ? 0 : ~std::uint64_t{0});
  if (!id) wrong = Reply::fail(bad_id);
  if (!id || !exclusive) return id;
  const auto inner = is_start ? next(*id) : previous(*id);
  if (!inner) wrong = Reply::fail(is_start ? "ERR invalid start ID for the interval" : "ERR invalid end ID for the interval");
  return inner;
}

Reply Server::xadd(const Arguments& a) {
  std::size_t at = 2;
  bool make = true;
  Trimming trimming;
  for (; at < a.size();) {
    Reply wrong;
    if (is_word(a[at], "NOMKSTREAM")) {
      make = false;
      ++at;
    } else if (is_word(a[at], "MAXLEN") || is_word(a[at], "MINID")) {
      wrong = parse_trimming(a, at, trimming);
    } else if (is_word(a[at], "LIMIT")) {
      wrong = parse_limit(a, at, trimming);
    } else {
      break;
    }
    if (wrong.is_error()) return wrong;
  }
  if (Reply wrong = check_limit(trimming); wrong.is_error()) return wrong;
  if (at >= a.size()) return Reply::fail("ERR wrong number of arguments for 'xadd' command");
  const std::string& asked = a[at++];
  std::optional<StreamId> id;
  const bool auto_seq = asked.ends_with("-*");
  if (asked != "*") {
    id = auto_seq ? parse_id(std::string_view(asked).substr(0, asked.size() - 2)) : parse_id(asked);
    if (!id) return Reply::fail(bad_id);
  }
  if (at >= a.size() || (a.size() - at) % 2 != 0) return Reply::fail("ERR wrong number of arguments for 'xadd' command");
  if (id && !auto_seq && *id == first_id) return Reply::fail("ERR The ID specified in XADD must be greater than 0-0");  // RS-ADD-1
  Key* key = find(a[1]);
  if (key == nullptr && !make) return Reply::nil();  // RS-ADD-1: NOMKSTREAM
  const Stream empty;
  const Stream& stream = key == nullptr ? empty : key->stream;
  if (asked == "*") id = stream.id_at(static_cast<std::uint64_t>(now_));
  else if (auto_seq) id = stream.id_within(id->ms);
  if (!id || stream.last_id() == last_possible_id) return Reply::fail("ERR The stream has exhausted the last possible ID, unable to add more items");
  if (*id <= stream.last_id()) return Reply::fail("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  std::vector<Word> fields;
  for (; at < a.size(); ++at) fields.push_back(pool_.intern_string(a[at]));
  Key& into = key == nullptr ? data_[a[1]] : *key;
  into.stream.add(*id, pool_.intern_list(fields));
  into.stream.trim(trimming);
  signals_ = true;
  return Reply::of(*id);
}

Reply Server::xlen(const Arguments& a) {
  const Key* key = find(a[1]);
  return Reply::of(key == nullptr ? std::uint64_t{0} : key->stream.length());
}

Reply Server::range(const Arguments& a, bool reverse) {
  Reply wrong;
  const auto start = parse_end(a[reverse ? 3 : 2], true, wrong);
  if (!start) return wrong;
  const auto end = parse_end(a[reverse ? 2 : 3], false, wrong);
  if (!end) return wrong;
  std::int64_t count = -1;
  if (a.size() > 4) {
    if (a.size() != 6 || !is_word(a[4], "COUNT")) return Reply::fail("ERR syntax error");
    const auto asked = parse_signed(a[5]);
    if (!asked) return Reply::fail(no_integer);
    count = std::max<std::int64_t>(*asked, 0);
  }
  const Key* key = find(a[1]);
  if (count == 0) return key == nullptr ? Reply::of(std::vector<Reply>{}) : Reply::nil();
  std::vector<Handed> handed;
  if (key != nullptr) {
    const auto& entries = key->stream.entries();
    for (std::size_t at = key->stream.from(*start); at < entries.size() && entries[at].id <= *end; ++at) handed.push_back({entries[at].id, entries[at].body});
  }
  if (reverse) std::reverse(handed.begin(), handed.end());
  if (count > 0 && handed.size() > static_cast<std::size_t>(count)) handed.resize(static_cast<std::size_t>(count));
  return entries(handed);
}

Reply Server::xrange(const Arguments& a) { return range(a, false); }
Reply Server::xrevrange(const Arguments& a) { return range(a, true); }

Reply Server::xdel(const Arguments& a) {
  std::vector<StreamId> ids;
  for (std::size_t i = 2; i < a.size(); ++i) {
    const auto id = parse_id(a[i]);
    if (!id) return Reply::fail(bad_id);
    ids.push_back(*id);
  }
  Key* key = find(a[1]);
  std::int64_t gone = 0;
  for (const StreamId& id : ids) gone += key != nullptr && key->stream.erase(id) ? 1 : 0;  // RS-DEL-1: PELs keep it
  return Reply::of(gone);
}

Reply Server::xtrim(const Arguments& a) {
  Trimming trimming;
  for (std::size_t at = 2; at < a.size();) {
    Reply wrong;
    if (is_word(a[at], "MAXLEN") || is_word(a[at], "MINID")) wrong = parse_trimming(a, at, trimming);
    else if (is_word(a[at], "LIMIT")) wrong = parse_limit(a, at, trimming);
    else wrong = Reply::fail("ERR syntax error");
    if (wrong.is_error()) return wrong;
  }
  if (Reply wrong = check_limit(trimming); wrong.is_error()) return wrong;
  if (trimming.by == Trimming::By::nothing) return Reply::fail("ERR syntax error, XTRIM must be called with a trimming strategy");
  Key* key = find(a[1]);
  return Reply::of(key == nullptr ? std::uint64_t{0} : key->stream.trim(trimming));
}

Reply Server::xsetid(const Arguments& a) {
  const auto id = parse_id(a[2]);
  if (!id) return Reply::fail(bad_id);
  std::optional<std::uint64_t> added;
  std::optional<StreamId> deleted;
  for (std::size_t at = 3; at < a.size(); at += 2) {
    if (at + 1 >= a.size()) return Reply::fail("ERR syntax error");
    if (is_word(a[at], "ENTRIESADDED")) added = parse_number(a[at + 1]);
    else if (is_word(a[at], "MAXDELETEDID")) deleted = parse_id(a[at + 1]);
    else return Reply::fail("ERR syntax error");
  }
  Key* key = find(a[1]);
  if (key == nullptr) return Reply::fail("ERR no such key");
  const auto& entries = key->stream.entries();
  if (!entries.empty() && *id < entries.back().id) return Reply::fail("ERR The ID specified in XSETID is smaller than the target stream top item");
  key->stream.set_last_id(*id, added, deleted);
  return Reply::of("OK");
}

}  // namespace flowtank::redis
