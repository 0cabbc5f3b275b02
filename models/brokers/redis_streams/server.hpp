// SPDX-License-Identifier: Apache-2.0
// Redis as its clients see it, as far as streams go: commands in, replies out, readers that block. The rules are in Stream and
// Group; this is their surface, with Redis' own words for what is wrong. Time is given with each call and never goes back.
//
// What survives a crash or a failover is a question about copies of the keyspace, see durability.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>

#include "models/brokers/redis_streams/group.hpp"
#include "models/brokers/redis_streams/reply.hpp"

namespace flowtank::redis {

struct Key {
  Stream stream;
  std::map<std::string, Group, std::less<>> groups;
};
using Keyspace = std::map<std::string, Key, std::less<>>;

// XREAD or XREADGROUP, as asked for.
struct Read {
  bool in_group = false;
  std::string group, consumer;
  std::uint64_t count = 0;              // 0: all
  std::optional<std::int64_t> block_ms; // 0: for ever
  bool no_ack = false;
  struct Place {
    std::string key;
    bool is_new = false;  // `>`
    StreamId after;
  };
  std::vector<Place> places;
};

// A blocked reader that has got its reply.
struct Answer {
  std::string connection;
  Reply reply;
};

class Server {
 public:
  explicit Server(Pool& pool) : pool_(pool) {}

  // Nothing: the connection is blocked, and answers() will have its reply. `changed` tells whether data changed.
  std::optional<Reply> execute(const std::string& connection, const Arguments& arguments, std::int64_t now_ms);
  bool is_write(const Arguments& arguments) const;
  // Blocked readers whose time is over get nil; the time of the next one, or `otherwise`.
  void expire(std::int64_t now_ms);
  std::int64_t next_ms(std::int64_t otherwise) const;
  // A connection is gone; Redis forgets that it was blocked and nothing else (RS-PEL-1).
  void disconnect(const std::string& connection);
  std::vector<Answer> take_answers() { return std::exchange(answers_, {}); }

  const Keyspace& data() const { return data_; }
  // After a restart or a failover: other data, and nobody connected.
  void restart(Keyspace data) {
    data_ = std::move(data);
    waiting_.clear();
  }

 private:
  struct Waiting {
    std::string connection;
    Read read;
    std::int64_t until_ms = 0;  // 0: for ever
  };
  using Handler = Reply (Server::*)(const Arguments&);
  struct Command {
    const char* name;
    int arguments;  // with the name; negative: at least so many
    bool writes;
    Handler handler;
  };
  static const std::vector<Command>& commands();
  static const Command* find_command(const Arguments& arguments);

  // ---- server.cpp
  Key* find(std::string_view key);
  Group* find_group(std::string_view key, std::string_view group);
  Reply body(Word fields) const;
  Reply entry(const StreamId& id, Word fields) const;
  Reply entries(const std::vector<Handed>& handed) const;
  Reply echo(const Arguments& a);
  Reply del(const Arguments& a);
  Reply flush(const Arguments& a);
  Reply exists(const Arguments& a);
  // ---- server_entries.cpp
  Reply xadd(const Arguments& a);
  Reply xlen(const Arguments& a);
  Reply xrange(const Arguments& a);
  Reply xrevrange(const Arguments& a);
  // An end of a range: `-`, `+`, an id, `(` before an exclusive one. Nothing: what is wrong.
  static std::optional<StreamId> parse_end(std::string_view text, bool is_start, Reply& wrong);
  Reply range(const Arguments& a, bool reverse);
  Reply xdel(const Arguments& a);
  Reply xtrim(const Arguments& a);
  Reply xsetid(const Arguments& a);
  // ---- server_reads.cpp
  Reply xread(const Arguments& a);
  Reply xreadgroup(const Arguments& a);
  Reply parse_read(const Arguments& a, bool in_group, Read& out);
  std::optional<Reply> read(const Read& read);
  void serve();
  // ---- server_groups.cpp
  Reply xgroup(const Arguments& a);
  Reply xgroup_create(const Arguments& a);
  Reply xgroup_setid(const Arguments& a);
  Reply xack(const Arguments& a);
  Reply xinfo(const Arguments& a);
  Reply info_stream(const Key& key) const;
  Reply info_groups(const Key& key) const;
  Reply info_consumers(const Group& group) const;
  // ---- server_pending.cpp
  Reply xpending(const Arguments& a);
  Reply pending_summary(const Group& group) const;
  Reply xclaim(const Arguments& a);
  Reply xautoclaim(const Arguments& a);

  Pool& pool_;
  Keyspace data_;
  std::vector<Waiting> waiting_;   // in the order in which they came (RS-BLOCK-1)
  std::vector<Answer> answers_;
  std::optional<Read> blocks_;     // by the command being executed
  bool signals_ = false;           // the command being executed brought something for readers that wait
  std::int64_t now_ = 0;
};

}  // namespace flowtank::redis
