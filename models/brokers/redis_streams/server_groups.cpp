// SPDX-License-Identifier: Apache-2.0
// See server.hpp: commands about groups and consumers, and what XINFO tells of them. Texts of errors are Redis' own, since
// applications look at their first word.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/redis_streams/server.hpp"

namespace flowtank::redis {
namespace {

constexpr const char* bad_id = "ERR Invalid stream ID specified as stream command argument";

Reply bad_subcommand(const Arguments& a, std::string_view command) {
  return Reply::fail(fmt::format("ERR unknown subcommand '{}'. Try {} HELP.", a[1], command));
}
Reply bad_count(std::string_view command, std::string_view subcommand) {
  return Reply::fail(fmt::format("ERR wrong number of arguments for '{}|{}' command", command, subcommand));
}

// "ENTRIESREAD n"; -1: unknown.
bool parse_entries_read(const Arguments& a, std::size_t at, std::optional<std::uint64_t>& out) {
  const auto value = parse_signed(a[at]);
  if (!value || *value < -1) return false;
  if (*value >= 0) out = static_cast<std::uint64_t>(*value);
  return true;
}

template <typename Items>
std::vector<std::size_t> by_name(const Items& items) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].exists) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t l, std::size_t r) { return items[l].name < items[r].name; });
  return order;
}

}  // namespace

Reply Server::xgroup_create(const Arguments& a) {
  bool make = false;
  std::optional<std::uint64_t> read;
  for (std::size_t at = 5; at < a.size(); ++at) {
    if (is_word(a[at], "MKSTREAM")) {
      make = true;
    } else if (is_word(a[at], "ENTRIESREAD") && at + 1 < a.size()) {
      if (!parse_entries_read(a, ++at, read)) return Reply::fail("ERR value for ENTRIESREAD must be positive or -1");
    } else {
      return Reply::fail("ERR unknown subcommand or wrong number of arguments for 'CREATE'. Try XGROUP HELP.");
    }
  }
  Key* key = find(a[2]);
  if (key == nullptr && !make) {
    return Reply::fail("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.");
  }
  const auto parsed = a[4] == "$" ? std::optional<StreamId>(key == nullptr ? first_id : key->stream.last_id()) : parse_id(a[4]);  // RS-GRP-1
  if (!parsed) return Reply::fail(bad_id);
  Key& into = data_[a[2]];
  if (!into.groups.emplace(a[3], Group(*parsed, read)).second) return Reply::fail("BUSYGROUP Consumer Group name already exists");  // RS-GRP-2
  return Reply::of("OK");
}

Reply Server::xgroup_setid(const Arguments& a) {
  std::optional<std::uint64_t> read;
  if (a.size() == 7) {
    if (!is_word(a[5], "ENTRIESREAD")) return Reply::fail("ERR syntax error");
    if (!parse_entries_read(a, 6, read)) return Reply::fail("ERR value for ENTRIESREAD must be positive or -1");
  }
  Group& group = *find_group(a[2], a[3]);
  const auto id = a[4] == "$" ? std::optional<StreamId>(find(a[2])->stream.last_id()) : parse_id(a[4]);
  if (!id) return Reply::fail(bad_id);
  group.set_id(*id, read);  // RS-GRP-4
  return Reply::of("OK");
}

Reply Server::xgroup(const Arguments& a) {
  const struct { const char* word; const char* name; std::size_t least, most; } subcommands[] = {
      {"CREATE", "create", 5, 8}, {"SETID", "setid", 5, 7}, {"DESTROY", "destroy", 4, 4}, {"CREATECONSUMER", "createconsumer", 5, 5}, {"DELCONSUMER", "delconsumer", 5, 5}};
  const auto* found = std::find_if(std::begin(subcommands), std::end(subcommands), [&](const auto& s) { return is_word(a[1], s.word); });
  if (found == std::end(subcommands)) return bad_subcommand(a, "XGROUP");
  const std::string_view name = found->name;
  if (a.size() < found->least || a.size() > found->most) return bad_count("xgroup", name);
  if (name == "create") return xgroup_create(a);
  Key* key = find(a[2]);
  if (key == nullptr) {
    return Reply::fail("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.");
  }
  const auto group = key->groups.find(a[3]);
  if (name == "destroy") {
    if (group == key->groups.end()) return Reply::of(0);
    key->groups.erase(group);
    signals_ = true;
    return Reply::of(1);
  }
  if (group == key->groups.end()) return Reply::fail(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'", a[3], a[2]));
  if (name == "setid") return xgroup_setid(a);
  if (name == "createconsumer") {
    bool is_new = false;
    group->second.consumer(a[4], now_, &is_new);
    return Reply::of(is_new ? 1 : 0);
  }
  const std::uint32_t consumer = group->second.find_consumer(a[4]);
  return Reply::of(consumer == nobody ? std::uint64_t{0} : group->second.delete_consumer(consumer));  // RS-GRP-3
}

Reply Server::xack(const Arguments& a) {
  std::vector<StreamId> ids;
  for (std::size_t i = 3; i < a.size(); ++i) {
    const auto id = parse_id(a[i]);
    if (!id) return Reply::fail(bad_id);
    ids.push_back(*id);
  }
  Group* group = find_group(a[1], a[2]);
  std::int64_t count = 0;
  for (const StreamId& id : ids) count += group != nullptr && group->acknowledge(id) ? 1 : 0;  // RS-ACK-1
  return Reply::of(count);
}

// ---- XINFO -----------------------------------------------------------------------------------------------------

Reply Server::info_groups(const Key& key) const {
  std::vector<Reply> out;
  for (const auto& [name, group] : key.groups) {
    const auto consumers = by_name(group.consumers()).size();
    Reply read = Reply::nil(), lag = Reply::nil();
    if (group.entries_read()) read = Reply::of(*group.entries_read());
    std::optional<std::uint64_t> reached;
    if (key.stream.entries_added() == 0) reached = 0;
    else if (group.entries_read() && !key.stream.has_gap_after(group.last_id())) reached = group.entries_read();
    else reached = key.stream.added_up_to(group.last_id());
    if (reached) lag = Reply::of(key.stream.entries_added() - *reached);
    out.push_back(Reply::of({Reply::of("name"), Reply::of(name), Reply::of("consumers"), Reply::of(std::uint64_t{consumers}), Reply::of("pending"),
                             Reply::of(std::uint64_t{group.pending().size()}), Reply::of("last-delivered-id"), Reply::of(group.last_id()),
                             Reply::of("entries-read"), read, Reply::of("lag"), lag}));
  }
  return Reply::of(std::move(out));
}

Reply Server::info_consumers(const Group& group) const {
  std::vector<Reply> out;
  for (const std::size_t i : by_name(group.consumers())) {
    const Group::Consumer& consumer = group.consumers()[i];
    out.push_back(Reply::of({Reply::of("name"), Reply::of(consumer.name), Reply::of("pending"), Reply::of(group.pending_of(static_cast<std::uint32_t>(i))),
                             Reply::of("idle"), Reply::of(std::max<std::int64_t>(now_ - consumer.seen_ms, 0))}));
  }
  return Reply::of(std::move(out));
}

Reply Server::info_stream(const Key& key) const {
  const Stream& stream = key.stream;
  const auto& all = stream.entries();
  std::int64_t nodes = 0;
  for (std::size_t i = 0; i < all.size(); ++i) nodes += i == 0 || all[i].node != all[i - 1].node ? 1 : 0;
  const Reply first = all.empty() ? Reply::nil() : entry(all.front().id, all.front().body), last = all.empty() ? Reply::nil() : entry(all.back().id, all.back().body);
  return Reply::of({Reply::of("length"), Reply::of(stream.length()), Reply::of("radix-tree-keys"), Reply::of(nodes), Reply::of("radix-tree-nodes"), Reply::of(nodes + 1),
                    Reply::of("last-generated-id"), Reply::of(stream.last_id()), Reply::of("max-deleted-entry-id"), Reply::of(stream.max_deleted_id()),
                    Reply::of("entries-added"), Reply::of(stream.entries_added()), Reply::of("recorded-first-entry-id"),
                    Reply::of(all.empty() ? first_id : all.front().id), Reply::of("groups"), Reply::of(std::uint64_t{key.groups.size()}), Reply::of("first-entry"), first,
                    Reply::of("last-entry"), last});
}

Reply Server::xinfo(const Arguments& a) {
  const bool stream = is_word(a[1], "STREAM"), groups = is_word(a[1], "GROUPS"), consumers = is_word(a[1], "CONSUMERS");
  if (!stream && !groups && !consumers) return bad_subcommand(a, "XINFO");
  if (a.size() != (consumers ? 4U : 3U)) return bad_count("xinfo", stream ? "stream" : groups ? "groups" : "consumers");
  const Key* key = find(a[2]);
  if (key == nullptr) return Reply::fail("ERR no such key");
  if (stream) return info_stream(*key);
  if (groups) return info_groups(*key);
  const Group* group = find_group(a[2], a[3]);
  if (group == nullptr) return Reply::fail(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'", a[3], a[2]));
  return info_consumers(*group);
}

}  // namespace flowtank::redis
