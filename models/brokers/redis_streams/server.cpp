// SPDX-License-Identifier: Apache-2.0
// See server.hpp: the table of commands, what a reply looks like, and readers that wait. Each command is checked for its
// number of arguments before it runs.
#include "models/brokers/redis_streams/server.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::redis {

const std::vector<Server::Command>& Server::commands() {
  using S = Server;
  static const std::vector<Command> all = {
      {"XADD", -5, true, &S::xadd},        {"XLEN", 2, false, &S::xlen},
      {"XRANGE", -4, false, &S::xrange},   {"XREVRANGE", -4, false, &S::xrevrange},
      {"XDEL", -3, true, &S::xdel},        {"XTRIM", -4, true, &S::xtrim},
      {"XSETID", -3, true, &S::xsetid},    {"XREAD", -4, false, &S::xread},
      {"XREADGROUP", -7, true, &S::xreadgroup}, {"XGROUP", -2, true, &S::xgroup},
      {"XACK", -4, true, &S::xack},        {"XPENDING", -3, false, &S::xpending},
      {"XCLAIM", -6, true, &S::xclaim},    {"XAUTOCLAIM", -6, true, &S::xautoclaim},
      {"XINFO", -2, false, &S::xinfo},     {"DEL", -2, true, &S::del},
      {"UNLINK", -2, true, &S::del},       {"EXISTS", -2, false, &S::exists},
      {"FLUSHALL", -1, true, &S::flush},   {"FLUSHDB", -1, true, &S::flush},
      {"PING", -1, false, &S::echo},
  };
  return all;
}

const Server::Command* Server::find_command(const Arguments& arguments) {
  if (arguments.empty()) return nullptr;
  const auto found = std::find_if(commands().begin(), commands().end(), [&](const Command& c) { return is_word(arguments[0], c.name); });
  return found == commands().end() ? nullptr : &*found;
}

bool Server::is_write(const Arguments& arguments) const {
  const Command* command = find_command(arguments);
  return command != nullptr && command->writes;
}

std::optional<Reply> Server::execute(const std::string& connection, const Arguments& arguments, std::int64_t now_ms) {
  now_ = now_ms;
  const Command* command = find_command(arguments);
  if (command == nullptr) return Reply::fail(fmt::format("ERR unknown command '{}'", arguments.empty() ? "" : arguments[0]));
  const auto count = static_cast<int>(arguments.size());
  if (command->arguments >= 0 ? count != command->arguments : count < -command->arguments) {
    std::string name = command->name;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return Reply::fail(fmt::format("ERR wrong number of arguments for '{}' command", name));
  }
  blocks_.reset();
  Reply reply = (this->*command->handler)(arguments);
  if (blocks_) {
    const std::int64_t ms = *blocks_->block_ms;
    waiting_.push_back({connection, std::move(*blocks_), ms == 0 ? 0 : now_ms + ms});
    blocks_.reset();
    return std::nullopt;
  }
  if (std::exchange(signals_, false)) serve();
  return reply;
}

void Server::expire(std::int64_t now_ms) {
  now_ = now_ms;
  for (std::size_t i = 0; i < waiting_.size();) {
    if (waiting_[i].until_ms == 0 || waiting_[i].until_ms > now_ms) {
      ++i;
      continue;
    }
    answers_.push_back({waiting_[i].connection, Reply::nil()});
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

std::int64_t Server::next_ms(std::int64_t otherwise) const {
  for (const Waiting& waiting : waiting_) {
    if (waiting.until_ms != 0) otherwise = std::min(otherwise, waiting.until_ms);
  }
  return otherwise;
}

void Server::disconnect(const std::string& connection) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.connection == connection; });
}

Key* Server::find(std::string_view key) {
  const auto found = data_.find(key);
  return found == data_.end() ? nullptr : &found->second;
}

Group* Server::find_group(std::string_view key, std::string_view group) {
  Key* found = find(key);
  if (found == nullptr) return nullptr;
  const auto at = found->groups.find(group);
  return at == found->groups.end() ? nullptr : &at->second;
}

// ---- replies ---------------------------------------------------------------------------------------------------

Reply Server::body(Word fields) const {
  if (fields == absent_word) return Reply::nil();
  std::vector<Reply> texts;
  const Value list = pool_.value(fields);
  for (const Value& item : list.items()) texts.push_back(Reply::of(std::string(item.text())));
  return Reply::of(std::move(texts));
}

Reply Server::entry(const StreamId& id, Word fields) const { return Reply::of({Reply::of(id), body(fields)}); }

Reply Server::entries(const std::vector<Handed>& handed) const {
  std::vector<Reply> items;
  for (const Handed& one : handed) items.push_back(entry(one.id, one.body));
  return Reply::of(std::move(items));
}

// ---- commands of every key -------------------------------------------------------------------------------------

Reply Server::echo(const Arguments& a) { return Reply::of(a.size() > 1 ? a[1] : std::string("PONG")); }

Reply Server::del(const Arguments& a) {
  std::int64_t gone = 0;
  for (std::size_t i = 1; i < a.size(); ++i) gone += static_cast<std::int64_t>(data_.erase(a[i]));
  signals_ = true;
  return Reply::of(gone);
}

Reply Server::exists(const Arguments& a) {
  std::int64_t there = 0;
  for (std::size_t i = 1; i < a.size(); ++i) there += find(a[i]) != nullptr ? 1 : 0;
  return Reply::of(there);
}

Reply Server::flush(const Arguments&) {
  data_.clear();
  signals_ = true;
  return Reply::of("OK");
}

}  // namespace flowtank::redis
