// SPDX-License-Identifier: Apache-2.0
// Clients as data: what comes into the system from outside, when, and by which script. A client without a
// script sends independent requests; one with a script has sessions, each a sequence of commands and reads
// in which later steps may use earlier answers. Part of System (system.hpp).
//
// Invariant: when something arrives depends on the client's name, the number of the arrival and the seed
// alone, so that removing a client changes no other's arrivals.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/distribution.hpp>
#include <sim/base/time.hpp>
#include <sim/base/value.hpp>

#include "sim/world/program.hpp"

namespace flowtank {

// Slots of clients' expressions.
enum ClientSlot : std::uint32_t {
  client_n = 0,         // number of the request or pass, from 0
  client_session = 1,   // number of the session, from 0
  client_recorded = 2,  // the fields of line n of the file of arrivals, or null
  client_answer = 3,    // for `version`: the answer, a row or null
  client_local0 = 5,    // answers of earlier steps follow
};

enum class Arrivals : std::uint8_t {
  at_once,
  constant,  // every `interval`
  poisson,   // mean distance `interval`
  bursts,    // `burst` at a time, every `interval`
  renewal,   // distances of `gaps`, independent
  profile,   // Poisson at the rate of `rates`
  recorded,  // at `times`
};

// A rate of arrivals from a time on, until the next one's.
struct ArrivalRate {
  Duration from;         // since the client's start; the first is 0
  double per_second = 0;  // >= 0; the last is > 0 or nothing comes any more
};

enum class SessionVerb : std::uint8_t {
  send,      // a command: something is written
  query,     // a command whose answer is a read
  read_row,  // a committed row of a table, read at once: what a query handler of one step would answer
  wait,
};

// Where a step goes. Several targets of one step are replicas.
struct SessionTarget {
  std::uint32_t service = none;
  std::uint32_t table = none;           // read_row
  std::uint32_t version_column = none;  // read_row with at_least: of that table
};

// One step of a session. The session waits for the answer of a send or query before its next step.
struct SessionStep {
  SessionVerb verb = SessionVerb::send;
  std::string name;                    // unique in the script; what later steps and properties call it
  std::vector<SessionTarget> targets;  // the environment chooses one; none for wait
  bool sticky = false;                 // ... once for the whole session, until that one crashes or stands still
  std::uint32_t message = none;        // send, query: a command
  std::vector<ExprId> fields;          // send, query
  ExprId key = none;                   // what is written or read; none: the key of the command
  ExprId version = none;               // of what was written or read, over client_answer
  ExprId at_least = none;              // read_row: the server answers once the row has this version
  std::uint32_t local = none;          // keeps the answer; none where no later step uses it
  std::vector<std::uint32_t> forget;   // locals that no later step uses
  bool awaits = true;                  // send: false goes on at once
  // After `timeout` without a good answer the session asks again, at most this often, then gives up. 1 without
  // timeout: it waits for ever, and gives up at an error. 0: without limit, but only after an error.
  std::uint32_t max_attempts = 1;
  Duration timeout;                    // timer class race
  std::uint32_t wait = none;           // distribution
};

struct Client {
  std::string name;
  std::uint32_t service = none;
  std::uint32_t message = none;      // a command
  std::uint64_t count = 1;           // requests; with a script sessions, or passes of all users
  Arrivals arrivals = Arrivals::at_once;
  Duration interval;                 // constant, bursts: distance; poisson: mean distance
  Duration start;
  std::vector<ExprId> fields;        // by field of the command, over client_n, client_recorded
  std::uint32_t max_attempts = 1;    // a client that does not hear an answer asks again
  Duration timeout;                  // before it does; timer class race

  std::uint64_t burst = 1;           // bursts: how many, >= 1
  std::uint32_t gaps = none;         // renewal: distribution
  std::vector<ArrivalRate> rates;    // profile
  std::vector<Duration> times;       // recorded: since start, ascending; as many as `count` or more
  std::vector<Value> recorded;       // recorded: fields by number; objects are owned by System::constants

  // Sessions. With `users` each of so many sessions goes through the script again and again, thinking before
  // each pass (a closed loop); `count` passes are dealt out in turn.
  std::vector<SessionStep> script;
  std::uint32_t locals = 0;
  std::uint64_t users = 0;
  std::uint32_t think = none;        // distribution

  std::uint64_t sessions() const {
    return script.empty() ? 0 : users == 0 ? count : users < count ? users : count;
  }
  std::uint64_t passes(std::uint64_t session) const {
    return users == 0 ? 1 : (count - session + users - 1) / users;
  }
};

}  // namespace flowtank
