// SPDX-License-Identifier: Apache-2.0
// One queue, classic or quorum: what is ready and in which order, what is with consumers, what a return, an expiry, a full queue do.
// Vectors' server and the World's broker use this one implementation; where messages come from and dead ones go is its
// host's business. Under exploration the order is state (hashed by position), and nothing here knows a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/world/cells.hpp>

#include "models/brokers/rabbitmq/consumers.hpp"
#include "models/brokers/rabbitmq/deaths.hpp"
#include "models/brokers/rabbitmq/entries.hpp"
#include "models/brokers/rabbitmq/queue_settings.hpp"

namespace flowtank::rabbitmq {

// A message on its way into a queue.
struct Copy {
  Word message = absent_word;
  Word extra = absent_word;      // what its host keeps with it
  std::uint32_t attempts = 0;
  std::uint32_t priority = 0;
  bool has_priority = false;
  bool persistent = false;
  std::int64_t expires_at = 0;   // ns; 0: never
};

class QueueHost {
 public:
  virtual ~QueueHost() = default;
  // The copy is with a consumer from now on. True: and with that settled (RMQ-ACK-3).
  virtual bool send(std::uint32_t queue, std::uint32_t consumer, Entry entry) = 0;
  // A copy left the queue for the dead letters; what becomes of it is decided later, when the queue is at rest.
  virtual void died(std::uint32_t queue, const Copy& copy, DeathReason reason) = 0;
  // What but its prefetch keeps a consumer from taking more (a limit of its channel).
  virtual bool has_room(std::uint32_t queue, std::uint32_t consumer) const = 0;
  virtual std::uint64_t bytes_of(Word message) const = 0;
};

// How a copy comes back.
enum class Return : std::uint8_t { nack, reject, lost, timed_out };  // lost: its channel, connection or process is gone

class Queue {
 public:
  struct Context {
    Cells& cells;
    const Pool& pool;
    std::int64_t now = 0;   // ns; 0 under exploration
  };

  // `owner` names the component.
  Queue(QueueHost& host, std::uint32_t number, const QueueSettings& settings, const Profile& profile, Entries& entries);
  void build(Cells& cells, std::uint64_t owner);

  // False: refused (RMQ-LEN-3). Otherwise it is stored, and perhaps already sent or dead.
  bool publish(Context c, const Copy& copy);
  // Hands out what is ready and has a taker; drops what is too old or too much.
  void look(Context c);
  // basic.get: the next one, held by nobody in particular; 0: none.
  Entry get(Context c);
  void ack(Context c, Entry entry);
  // basic.reject or nack without requeue.
  void reject(Context c, Entry entry);
  // Back into the queue, in the order of their delivery.
  void give_back(Context c, std::span<const Entry> entries, Return how);
  // A failed handling as consumers count them.
  void set_attempts(Context c, Entry entry, std::uint32_t attempts);
  // Handing over to a handler (World): out of what was sent to the consumer.
  void start_handling(Context c, Entry entry);
  // Its client has kept it, and takes it again before what else was sent to it.
  void handle_again(Context c, Entry entry);
  // Its client has given up handling it, and will say so later. No slot of a delivery names it any more.
  void wait_in_client(Context c, Entry entry);
  static constexpr std::uint32_t waits = 255;  // the slot of such a copy
  std::vector<Entry> held_by(const Cells& cells, std::uint32_t consumer) const;

  void join(Context c, std::uint32_t consumer);
  void leave(Context c, std::uint32_t consumer);
  // The oldest ready copy expires now; false when there is none (exploration, faults).
  bool expire_head(Context c);
  // As expire_head(), also for what was sent to a consumer and has not reached a handler.
  Entry oldest_unhandled(const Cells& cells) const;
  std::uint64_t unhandled(const Cells& cells) const;
  void expire_oldest(Context c);
  // A node comes back: what was with consumers is at its place again, what was not persistent is gone (RMQ-DUR-1, -2).
  void restart(Context c, bool crashed);
  std::uint64_t purge(Context c);
  // A copy that is with no handler is gone, whatever the reason is (faults).
  void lose(Context c, Entry entry);

  // RMQ-QQ-DELAY-1: copies that wait before they are ready again, in the order of return under exploration. `may_wake`: none that
  // came back before it waits as briefly. f(entry, may_wake)
  template <typename F>
  void each_delayed(const Cells& cells, F&& f) const {
    std::int64_t shortest = -1;
    delayed_.each(cells, entries_, [&](Entry e) {
      const std::int64_t delay = delay_for(entries_.look(cells, e));
      f(e, shortest < 0 || delay < shortest);
      shortest = shortest < 0 ? delay : std::min(shortest, delay);
    });
  }
  // The wait of one of these is over.
  void wake(Context c, Entry entry);
  // Exploration, RMQ-ACK-5: a copy that was too late once is marked, in what only timed runs count otherwise. Marks those of
  // `held` that a handler has; all of them where no handler has one.
  bool was_late(const Cells& cells, Entry entry) const { return entries_.look(cells, entry).acquired != 0; }
  void mark_late(Cells& cells, std::span<const Entry> held);

  // When something is due by itself, ns; 0: nothing is.
  std::int64_t next_due(const Cells& cells) const;
  std::uint64_t ready(const Cells& cells) const { return cells.peek(ready_); }
  Entry head(const Cells& cells) const;
  template <typename F>
  void each_ready(const Cells& cells, F&& f) const {
    returned_.each(cells, entries_, f);
    for (std::size_t level = levels_.size(); level-- > 0;) levels_[level].each(cells, entries_, f);
    delayed_.each(cells, entries_, f);
  }
  const EntryList& sent_to(std::uint32_t consumer) const { return sent_[consumer]; }
  const EntryList& handled() const { return handled_; }
  std::uint32_t add_consumer(Cells& cells, const ConsumerSpec& spec);
  Consumers& consumers() { return consumers_; }
  const Consumers& consumers() const { return consumers_; }
  const QueueSettings& settings() const { return settings_; }
  const Entries& entries() const { return entries_; }
  Copy copy_of(const Cells& cells, Entry entry) const;

 private:
  bool refuses(Context c, const Copy& copy);
  std::uint32_t level_of(std::uint32_t priority) const;
  EntryList& list_of(const EntryInfo& info);
  void make_ready(Context c, Entry entry, EntryInfo info, bool to_its_place);
  void take_out(Context c, Entry entry);
  void hold(Context c, Entry entry, std::uint32_t consumer);
  void release(Context c, Entry entry);
  void forget(Context c, Entry entry);
  void die(Context c, Entry entry, DeathReason reason);
  bool come_back(Context c, Entry entry, Return how);
  std::int64_t delay_of(const EntryInfo& info, bool counted, Return how) const;
  std::int64_t delay_for(const EntryInfo& info) const;
  void undelay(Context c, Entry entry);
  void deliver(Context c);
  void expire(Context c);
  void limit_length(Context c);
  void after_return(Context c);
  void hash(Context c);

  QueueHost& host_;
  std::uint32_t number_;
  QueueSettings settings_;
  Profile profile_;
  Entries& entries_;
  Consumers consumers_;
  std::vector<EntryList> levels_;   // by priority; one when there are none
  EntryList returned_;              // RMQ-REQ-3
  EntryList delayed_;               // RMQ-QQ-DELAY-1
  EntryList handled_;               // at a handler, or got by basic.get
  std::vector<EntryList> sent_;     // by consumer
  Cell ready_ = 0, bytes_ = 0, last_ = 0;   // last_: the newest place of a classic queue
  Cell run_ = 0;                    // RMQ-QQ-NOT, 4.0: so many of the higher in a row
  Cell blocked_ = 0;                // a quorum queue told its publishers to wait
  Cell low_ = 0;                    // hashed contents, and the next cell
};

}  // namespace flowtank::rabbitmq
