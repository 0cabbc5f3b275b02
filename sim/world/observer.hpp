// SPDX-License-Identifier: Apache-2.0
// Observers: how properties see what happens. They are told of committed changes, effects and the fate of
// messages, and may keep per-key monitors, which are components of the state. An observer must not
// change anything else.
#pragma once

#include <cstdint>
#include <span>

#include <sim/base/pool.hpp>

namespace flowtank {

class World;

enum class Fate : std::uint8_t {
  handled,     // settled by a handler run that ended well, or of a type that the consumer has no handler for
  ignored,     // acknowledged although its handler raised: the error was swallowed
  dead_letter,
  lost,        // ceased to exist without being handled
  expired,     // too old: the broker's retention or time to live took it
  evicted,     // the queue was full
  unroutable,  // nobody was there to get it
};

// What a session of a client did: a step of its script, about a key.
struct SessionEvent {
  std::uint32_t client = 0;
  std::uint32_t session = 0;
  std::uint32_t step = 0;         // index in Client::script
  Word key = absent_word;
  Word answer = absent_word;      // a record, whatever the handler replied, or null
  Word version = absent_word;     // of what was written or read; absent: nobody says
  std::uint32_t table = 0xffffffffU;  // read_row: the table that was read
};

// A handler run, by what it does. Without a run (a test, a broker by itself) everything is none.
struct Actor {
  std::uint32_t frame = 0xffffffffU;    // its place; another run may have it later
  std::uint32_t service = 0xffffffffU;
  std::uint32_t handler = 0xffffffffU;
  std::uint32_t subscription = 0xffffffffU;  // only when it handles a message
  std::uint32_t attempts = 0;           // failed handlings of this copy before
  Word input = absent_word;             // message, command or timer; absent: a poll
  bool in_transaction = false;
};
enum class Told : std::uint8_t { accepted, refused, unknown };        // what a producer hears of a publish
enum class RunOutcome : std::uint8_t { well, failed, crashed };

// What an observer wants to hear of besides changes, effects, accepted messages, fates and sessions; a run
// that nobody asks about tells nothing.
enum class Interest : std::uint32_t {
  events = 1,         // made, sent
  answers = 2,        // told
  runs = 4,           // run_started, run_ended
  transactions = 8,   // transaction_ended
  asked_effects = 16, // effect_asked
  disturbances = 32,  // disturbed
};

class Observer {
 public:
  // A union of Interest; must not change after World::add_observer.
  virtual std::uint32_t interests() const { return 0; }
  // A run made an event; again when it is made again.
  virtual void made(World&, const Actor&, Word /*message*/) {}
  // A request to publish leaves a run; again for every attempt.
  virtual void sent(World&, const Actor&, std::uint32_t /*channel*/, Word /*message*/) {}
  // The run sees the answer; for a publish without confirmation there is none.
  virtual void told(World&, const Actor&, std::uint32_t /*channel*/, Word /*message*/, Told) {}
  virtual void run_started(World&, const Actor&) {}
  virtual void run_ended(World&, const Actor&, RunOutcome) {}
  virtual void transaction_ended(World&, const Actor&, bool /*committed*/) {}
  // An effect is asked for; `repeated`: its receiver knows the idempotency key and does nothing.
  virtual void effect_asked(World&, const Actor&, std::uint32_t /*effect*/, Word /*key*/, Word /*idempotency*/,
                            std::int64_t /*amount*/, bool /*repeated*/) {}
  // A fault strikes, or one that lasts is over.
  virtual void disturbed(World&) {}

  virtual ~Observer() = default;
  // A committed change of a row. Columns by position; empty = absent.
  virtual void row_changed(World&, std::uint32_t /*table*/, Word /*key*/, std::span<const Word> /*before*/,
                           std::span<const Word> /*after*/) {}
  virtual void effect(World&, std::uint32_t /*effect*/, Word /*key*/, std::int64_t /*amount*/) {}
  virtual void accepted(World&, std::uint32_t /*channel*/, Word /*message*/) {}
  // Once for each copy of a subscription.
  virtual void message_fate(World&, std::uint32_t /*subscription*/, Word /*message*/, Fate) {}
  // A session sends a command or asks for something (once, however often it must repeat itself) ...
  virtual void session_asks(World&, const SessionEvent&) {}
  // ... and has a good answer. A row that is read directly is asked for and answered at once.
  virtual void session_told(World&, const SessionEvent&) {}
  // The session is over: it will ask nothing more.
  virtual void session_over(World&, std::uint32_t /*client*/, std::uint32_t /*session*/) {}
};

}  // namespace flowtank
