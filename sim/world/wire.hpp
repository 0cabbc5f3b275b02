// SPDX-License-Identifier: Apache-2.0
// What is on the way between clients, services and brokers: commands and calls that no handler has taken
// yet, publishes whose sender is gone or does not wait, pending timers, and what clients still wait for.
// All of it is bags of contents, so that two equal requests in flight are one thing counted twice.
#pragma once

#include <string>
#include <vector>

#include <sim/base/keyed_random.hpp>
#include <sim/trace/record.hpp>

#include "sim/world/action.hpp"
#include "sim/world/bag.hpp"
#include "sim/world/content_index.hpp"
#include "sim/world/system.hpp"

namespace flowtank {

class World;

// The text of an event id: 13 characters that follow from its cause alone.
std::string event_id_text(Hash128 identity);

class Wire {
 public:
  Wire(const System& system, Pool& pool, Cells& cells);

  // ---- clients -----------------------------------------------------------------------------------
  std::uint64_t sent_by(std::uint32_t client) const { return cells_.get(clients_[client]); }
  void client_send(World& world, std::uint32_t client);
  void client_retry(World& world, std::uint32_t client, Word request);
  void client_answered(World& world, Word request, bool ok);

  // ---- requests to services ----------------------------------------------------------------------
  // A request is a list [message, sender, attempt]: sender 0 = nobody waits, 1 + 2 * client, 2 + 2 * frame.
  Word make_request(Word message, std::uint64_t sender, std::uint64_t attempt);
  void send_request(World& world, std::uint32_t service, Word request, RecordId cause);
  const Bag& requests(std::uint32_t service) const { return requests_[service]; }
  void take_request(World& world, std::uint32_t service, Word request);
  Word message_of(Word request) const;
  std::uint64_t sender_of(Word request) const;
  // The result goes back to who asked.
  void respond(World& world, Word request, bool ok, Word value);

  // ---- publishes without a waiting sender --------------------------------------------------------
  void send_orphan(World& world, std::uint32_t channel, Word message);
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
  std::vector<Cell> clients_;  // number of requests sent
  std::vector<Distribution> gaps_;  // between the requests of a client
  std::vector<Purpose> arrivals_;   // by client: what the gaps are drawn for
  std::vector<Hash128> names_;      // by client: its part of the ids of its requests
  std::vector<Word> type_names_;    // by client: of its command
  std::vector<Word> data_;          // of the command being made
  std::vector<Bag> requests_;  // by service
  std::vector<Bag> unanswered_;  // by client, only with retries
  Bag orphans_;
  std::vector<Bag> timers_;  // by timer; item = key
  std::vector<ContentIndex> due_;  // timed: by timer, key -> index in due_times_
  std::vector<Time> due_times_;
};

}  // namespace flowtank
