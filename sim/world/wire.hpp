// SPDX-License-Identifier: Apache-2.0
// What is on the way between clients, services and brokers: commands and calls that no handler has taken
// yet, publishes whose sender is gone or does not wait, pending timers, and what clients still wait for.
// All of it is bags of contents, so that two equal requests in flight are one thing counted twice.
#pragma once

#include <string>
#include <vector>

#include <sim/trace/record.hpp>

#include "sim/world/action.hpp"
#include "sim/world/arrivals.hpp"
#include "sim/world/bag.hpp"
#include "sim/world/content_index.hpp"
#include "sim/world/sessions.hpp"
#include "sim/world/system.hpp"

namespace flowtank {

class World;

// The text of an event id: 13 characters that follow from its cause alone.
std::string event_id_text(Hash128 identity);

class Wire {
 public:
  Wire(const System& system, Pool& pool, Cells& cells);

  // ---- clients -----------------------------------------------------------------------------------
  // Timed: offers what clients do first.
  void start(World& world);
  std::uint64_t sent_by(std::uint32_t client) const { return cells_.get(clients_[client]); }
  // ActionKind::client_send and client_retry, also of sessions. Timed: false when it is not possible any more.
  bool client_send(World& world, const Action& action);
  bool client_retry(World& world, const Action& action);
  void client_answered(World& world, Word request, bool ok);
  Sessions& sessions() { return sessions_; }
  const Sessions& sessions() const { return sessions_; }

  // ---- requests to services ----------------------------------------------------------------------
  // A request is a list [message, sender, attempt]: sender 0 = nobody waits, 1 + 2 * client,
  // 1 + 2 * (clients + number of the session), 2 + 2 * frame.
  Word make_request(Word message, std::uint64_t sender, std::uint64_t attempt);
  void send_request(World& world, std::uint32_t service, Word request, RecordId cause);
  const Bag& requests(std::uint32_t service) const { return requests_[service]; }
  void take_request(World& world, std::uint32_t service, Word request);
  Word message_of(Word request) const;
  std::uint64_t sender_of(Word request) const;
  // Who sent it: a client, a service, or a client that nobody knows because it waits for no answer.
  FaultNode node_of(const World& world, Word request) const;
  std::uint64_t session_sender(std::uint64_t number) const { return 1 + 2 * (system_.clients.size() + number); }
  // The result goes back to who asked.
  void respond(World& world, Word request, bool ok, Word value);
  // Who handled it died: a session sees its connection break, which is an error; others hear nothing.
  void connection_broken(World& world, Word request);

  // ---- publishes without a waiting sender --------------------------------------------------------
  void send_orphan(World& world, std::uint32_t channel, Word message, Duration late = {});
  void drop_orphan(World& world, Word item);
  // Takes effect now; never where the broker is away or refuses for want of room, later where it makes publishers wait for room.
  void publish_orphan(World& world, std::uint32_t channel, Word message);
  const Bag& orphans() const { return orphans_; }
  void orphan_effect(World& world, Word item);
  std::uint32_t channel_of(Word orphan) const;
  Word orphan_message(Word orphan) const;

  // ---- timers ------------------------------------------------------------------------------------
  const Bag& pending(std::uint32_t timer) const { return timers_[timer]; }
  // Setting a timer that is set already moves it: it fires once.
  void set_timer(World& world, std::uint32_t timer, Word key, Duration after);
  void cancel_timer(World& world, std::uint32_t timer, Word key);
  void fire_timer(World& world, std::uint32_t timer, Word key, std::uint32_t frame);
  // Timed: is this firing still the one that was set last?
  bool timer_is_due(const World& world, std::uint32_t timer, Word key) const;

  const Bag& unanswered(std::uint32_t client) const { return unanswered_[client]; }
  void reset();
  // Forgets which requests were ever seen; their cells were truncated.
  void forget();

 private:
  const System& system_;
  Pool& pool_;
  Cells& cells_;
  void request(World& world, std::uint32_t client);
  void next_arrival(World& world, std::uint32_t client, std::uint64_t n) const;

  std::vector<Cell> clients_;  // number of requests sent
  std::vector<ArrivalProcess> arrivals_;  // by client
  std::vector<Hash128> names_;      // by client: its part of the ids of its requests
  std::vector<Word> type_names_;    // by client: of its command
  std::vector<Word> data_;          // of the command being made
  std::vector<Bag> requests_;  // by service
  std::vector<Bag> unanswered_;  // by client, only with retries
  Sessions sessions_;
  Bag orphans_;
  std::vector<Bag> timers_;  // by timer; item = key
  std::vector<ContentIndex> due_;  // timed: by timer, key -> index in due_times_
  std::vector<Time> due_times_;
};

}  // namespace flowtank
