// SPDX-License-Identifier: Apache-2.0
// Sessions of clients: scripts of commands and reads, many of them interleaved, each waiting for its answers.
// They are what "read your writes" and its kin are about: what a session saw is told to observers and noted
// in the trace.
//
// The state of a session is its position, what it asked and was not answered yet, whether that was refused,
// the replica that it sticks to, and the answers that later steps use; nothing else. A session that is over
// leaves its position alone. Invariant: every draw is keyed by (client's name, pass or session, step).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/base/keyed_random.hpp>

#include "sim/world/action.hpp"
#include "sim/world/cells.hpp"
#include "sim/world/observer.hpp"
#include "sim/world/system.hpp"

namespace flowtank {

class World;

class Sessions {
 public:
  Sessions(const System& system, Pool& pool, Cells& cells);

  // Timed: offers the first step of session 0, which arrives `first` after the client's start, or of all users.
  void start(World& world, std::uint32_t client, Duration first);
  // ActionKind::client_send with b = session: its next step, at the target `choice`. False (timed) when there is
  // nothing to do, or the server waits.
  bool step(World& world, const Action& action);
  // Timed: is this session the next one to arrive? Answers yes once.
  bool arrives(std::uint32_t client, std::uint32_t session);
  // ActionKind::client_retry with b = session: no good answer to `word`.
  bool retry(World& world, const Action& action);
  // The answer to a request of the session with this number.
  void answered(World& world, std::uint64_t number, Word request, bool ok, Word value);
  void enabled_steps(const World& world, std::uint32_t client, std::vector<Action>& out) const;
  void enabled_retries(std::uint32_t client, std::vector<Action>& out) const;

  // An instance of the service crashed or stands still: sessions that stuck to it look for another one. (What died while
  // it was handled is answered with an error, by Wire::connection_broken.)
  void connections_lost(std::uint32_t service);
  std::uint32_t client_of(std::uint64_t number) const { return clients_of_[number]; }
  // Timed: sessions whose read waits for a version look again.
  void row_changed(World& world, std::uint32_t table);

  // "shoppers 2 pass 0 shown at readmodel": the step that an action of a session takes.
  std::string describe(const Action& action) const;
  // What it reads, for people; empty for steps that read nothing.
  std::string reads(const Action& action) const;
  void reset();

 private:
  enum Field : Cell { at_position, at_asked, at_refused, at_replica, at_local0 };

  struct ClientState {
    Cell first = 0;          // of session 0
    std::uint64_t number = 0;  // of session 0 among all sessions
    Hash128 identity;
    Purpose think, wait, replica;
    std::vector<Word> types;  // by step: the name of its command
  };

  const Client& spec(std::uint32_t client) const { return system_.clients[client]; }
  std::uint64_t steps(std::uint32_t client) const { return spec(client).script.size(); }
  Cell cell(std::uint32_t client, std::uint32_t session, Cell field) const {
    return clients_[client].first + static_cast<Cell>(session * (at_local0 + spec(client).locals)) + field;
  }
  std::uint64_t passes_done(std::uint32_t client, std::uint32_t session) const {
    return cells_.get(cell(client, session, at_position)) / steps(client);
  }
  bool over(std::uint32_t client, std::uint32_t session) const {
    return passes_done(client, session) >= spec(client).passes(session);
  }
  // Number of the pass among all of the client: `n` of its expressions.
  std::uint64_t pass_number(std::uint32_t client, std::uint32_t session) const {
    return session + passes_done(client, session) * spec(client).sessions();
  }
  std::uint32_t step_index(std::uint32_t client, std::uint32_t session) const {
    return static_cast<std::uint32_t>(cells_.get(cell(client, session, at_position)) % steps(client));
  }

  const SessionStep& step_of(std::uint32_t client, std::uint32_t session) const {
    return spec(client).script[step_index(client, session)];
  }

  void offer(World& world, std::uint32_t client, std::uint32_t session, Duration delay) const;
  void offer_retry(World& world, std::uint32_t client, std::uint32_t session, Duration delay, Word request) const;
  Duration think(const World& world, std::uint32_t client, std::uint64_t n) const;
  Duration waits(const World& world, std::uint32_t client, std::uint32_t session, std::uint32_t index) const;
  void fill_slots(std::uint32_t client, std::uint32_t session, Word answer) const;
  Word evaluate(World& world, ExprId expression);
  Word message(World& world, std::uint32_t client, std::uint32_t session);
  void go_on(World& world, std::uint32_t client, std::uint32_t session, Duration delay);
  void give_up(World& world, std::uint32_t client, std::uint32_t session);
  void end_pass(World& world, std::uint32_t client, std::uint32_t session, Duration delay);
  std::uint32_t choose(const World& world, std::uint32_t client, std::uint32_t session, std::uint32_t attempt) const;
  void targets(std::uint32_t client, std::uint32_t session, const SessionStep& step, std::vector<std::uint32_t>& out) const;
  bool serves(const World& world, std::uint32_t client, std::uint32_t session, const SessionStep& step, std::uint32_t target) const;
  void send(World& world, std::uint32_t client, std::uint32_t session, std::uint32_t target, std::uint64_t attempt);
  bool read_row(World& world, std::uint32_t client, std::uint32_t session, std::uint32_t target);
  SessionEvent about(World& world, std::uint32_t client, std::uint32_t session, Word command);
  void told(World& world, SessionEvent& event, Word subject, std::uint32_t service);

  const System& system_;
  Pool& pool_;
  Cells& cells_;
  std::vector<ClientState> clients_;
  std::vector<std::uint32_t> clients_of_;  // by number of a session: its client
  mutable std::vector<Value> slots_;
  std::vector<Word> data_;
  mutable std::vector<std::uint32_t> candidates_;
  // Timed: which session arrives next, by client; sessions whose read waits, by table.
  std::vector<std::uint32_t> arrived_;
  struct Waiter {
    std::uint32_t client, session;
  };
  std::vector<std::vector<Waiter>> waiters_;
};

}  // namespace flowtank
