// SPDX-License-Identifier: Apache-2.0
// One message handled in one state, with nothing else going on: the building block of every question that
// compares "handled twice" with "once" or "a then b" with "b then a". The run is an ordinary run of the World,
// driven step by step; what it commits, causes and sends is noted by an observer. A run that the environment
// can decide (a `choose`) ends in several ways; all of them are visited.
//
// Invariant: each_end() leaves the World as it found it, fingerprint included.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <sim/world/world.hpp>

namespace flowtank::family {

// What a handler is given: a message, a command, or the key of a timer that fires (if it is still armed then). Polls
// are given nothing.
struct Input {
  std::uint32_t handler = none;
  Word message = absent_word;
  std::uint32_t subscription = none;  // none: a command or a timer
  friend bool operator==(const Input&, const Input&) = default;
};

struct RowChange {
  std::uint32_t table = none;
  Word key = absent_word;
  std::vector<Word> before, after;  // by column; empty: the row is not there
};
struct EffectDone {
  std::uint32_t effect = none;
  Word key = absent_word;
  std::int64_t amount = 0;
};

// In the order of happening; timers by what is pending afterwards.
struct Consequences {
  std::vector<RowChange> rows;
  std::vector<EffectDone> effects;
  std::vector<Word> sent;                                   // messages that left for a broker
  std::vector<std::pair<std::uint32_t, Word>> timers;       // (timer, key) armed now and not before
  std::uint32_t failed = 0;                                 // runs that raised
};

// Notes what handling does, and which inputs were handled well in the history of the present state: that is
// a monitor, part of the state. Attach it before the World is reset.
class Watch final : public Observer {
 public:
  explicit Watch(const System& system) : system_(system) {}

  std::uint32_t interests() const override {
    return static_cast<std::uint32_t>(Interest::runs) | static_cast<std::uint32_t>(Interest::events);
  }
  void run_ended(World& world, const Actor& actor, RunOutcome outcome) override;
  void row_changed(World&, std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after) override;
  void effect(World&, std::uint32_t effect, Word key, std::int64_t amount) override;
  void sent(World&, const Actor&, std::uint32_t channel, Word message) override;
  void made(World&, const Actor&, Word message) override;

  // Inputs that were handled well in any state so far, in the order of discovery.
  const std::vector<Input>& inputs() const { return inputs_; }
  bool handled(const World& world, const Input& input) const { return world.monitor(input.handler, input.message) != 0; }
  // The input whose handling the last action of the exploration ended; none by handler.
  const Input& just_ended() const { return just_ended_; }
  // Called after each action of an exploration.
  void action_over() { just_ended_ = std::exchange(ended_, {}); }

  // Messages made or sent since the last clear, by id; for stories, off unless asked for.
  void remember_messages(bool on) { remember_ = on; messages_.clear(); }
  const std::vector<Word>& messages() const { return messages_; }

 private:
  friend class Handling;
  const System& system_;
  std::vector<Input> inputs_;
  std::map<std::pair<std::uint32_t, Word>, std::size_t> known_;
  Input ended_, just_ended_;
  Consequences* into_ = nullptr;
  bool remember_ = false;
  std::vector<Word> messages_;
};

class Handling {
 public:
  Handling(World& world, Watch& watch) : world_(world), watch_(watch) {}

  // Why no end was reached.
  enum class Blocked : std::uint8_t {
    no,
    no_place,   // no instance of the service is free
    waits,      // a lock, a broker that refuses, an answer that does not come
  };

  // Handles `input` as if it was handed out now (`attempts` failed handlings before) and calls `then` in every state
  // in which that ends. The copy is nobody's: no broker is told of its settlement, no client gets an answer. What
  // was noted so far comes first in the Consequences, so that calls can be nested.
  Blocked each_end(const Input& input, std::uint32_t attempts, const std::function<void(const Consequences&)>& then);
  // Handles `input` up to each place where its instance can crash, lets it crash there, and calls `then` in the state after
  // the restart with what had happened by then. Only the instance's own runs are gone: it must have no others.
  Blocked each_crash(const Input& input, const std::function<void(const Consequences&)>& then);
  // The step that the present crash came before; only within `then` of each_crash.
  const std::string& crashed_before() const { return crashed_before_; }
  // The outcomes of `choose` on the way to the present end; only within `then`.
  const std::vector<std::uint32_t>& choices() const { return choices_; }

  // The actions that continue the run in `frame` and what it calls, given the frames that were free before.
  void own_actions(const std::vector<char>& free_before, std::vector<Action>& out) const;
  std::vector<char> free_frames() const;
  // (timer, key) of every timer that is armed.
  std::vector<std::pair<std::uint32_t, Word>> timers() const;

 private:
  struct Going {
    std::vector<char> free_before;
    std::uint32_t frame = none;
    std::uint32_t steps = 0;
    const std::function<void(const Consequences&)>* then = nullptr;
    bool crashes = false;      // `then` is called at each crash, not at the end
    bool settled = false;      // acknowledged: after a crash nobody hands it out again
    std::vector<std::pair<std::uint32_t, Word>> timers_before;
  };
  Blocked start(const Input& input, std::uint32_t attempts, const std::function<void(const Consequences&)>& then, bool crashes);
  void go_on(Going& going, Blocked& blocked);
  void crash(const Going& going);
  void end(const Going& going);

  World& world_;
  Watch& watch_;
  Consequences consequences_;
  std::vector<std::uint32_t> choices_;
  std::string crashed_before_;
};

}  // namespace flowtank::family
