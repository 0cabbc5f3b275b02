// SPDX-License-Identifier: Apache-2.0
// Reads the clients of a scenario into the System: requests, scripts of sessions, arrivals, also from files.
// Used by Builder::read_clients alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

class ClientReader {
 public:
  explicit ClientReader(Builder& builder) : builder_(builder) {}

  static constexpr std::uint64_t most_sessions = 1'000'000;  // of one client
  static constexpr std::size_t most_steps = 1'000;           // of one script

  void arrivals(const Place& place, Client& client);
  void count(Fields& fields, const char* key, Client& client);
  void requests(Fields& fields, Client& client);
  // "does": a script.
  void script(Fields& fields, Client& client);

 private:
  // A script while it is read.
  struct Script {
    Client& client;
    expr::Environment environment;
    std::map<std::string, std::uint32_t> locals;  // names that later steps may use
    std::vector<std::vector<ExprId>> uses;        // by step: its expressions
    std::uint32_t sticky_step = none;             // the first with "sticky"
  };

  expr::Environment variables(const Client& client);
  std::vector<ExprId> command_fields(std::uint32_t command, const Place& data, const Place& key, const Place& entry,
                                     const expr::Environment& environment);
  void recorded(const Place& file, Client& client);

  void session_step(const Place& place, Script& script);
  void send(Fields& fields, Script& script, SessionStep& step);
  void read(Fields& fields, const Place& place, Script& script, SessionStep& step);
  void query(Fields& read, Script& script, SessionStep& step);
  void row(Fields& read, Script& script, SessionStep& step);
  void wait(Fields& fields, SessionStep& step);
  void retry(Fields& fields, SessionStep& step);
  void targets(const Place& place, SessionStep& step);
  std::uint32_t command_of_all(const Place& place, const SessionStep& step);
  void name_answer(Fields& fields, Script& script, SessionStep& step);
  void version(Fields& fields, Script& script, SessionStep& step, const std::string& column);
  void find_last_uses(Script& script);

  Builder& builder_;
};

}  // namespace flowtank::loading
