// SPDX-License-Identifier: Apache-2.0
// One SQS queue over cells of a World, standard or FIFO: what is visible, what is in flight, for how long, and what an old
// receipt handle may still do. The World's adapter and the vectors' API both call it, so each rule stands here once.
//
// A standard queue has one lane; a FIFO queue has one for each message group (SQS-FIFO-1). A lane keeps its visible messages in
// the order of sending; what is in flight or delayed is away from it and comes back to its old place. Times are
// nanoseconds. In explorations there is no time: deadlines are actions of the caller, and the state is the order and the
// receive counts, never a time or an index.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/world/cells.hpp>
#include <sim/world/content_index.hpp>
#include <sim/world/cell_records.hpp>

namespace flowtank::sns_sqs {

inline constexpr std::int64_t second_ns = 1'000'000'000;

// What an old receipt handle does in a standard queue once its visibility timeout has passed (SQS-VIS-2).
enum class OldHandle : std::uint8_t {
  until_received_again,  // deletes while nobody has received the message again; then it is ignored, with success
  effective,             // always deletes
  ignored,               // never deletes, with success
};

// Attributes of a queue that decide something in it.
struct QueueRules {
  bool fifo = false;
  std::int64_t visibility = 30 * second_ns;
  std::int64_t delay = 0;
  std::int64_t retention = 345'600 * second_ns;
  std::uint32_t max_receives = 0;  // RedrivePolicy.maxReceiveCount; 0: no redrive policy
  std::uint32_t most_in_flight = 120'000;
  OldHandle old_handle = OldHandle::until_received_again;
};

class Queue {
 public:
  using Node = std::uint32_t;  // of a stored message, from 1; none: 0
  using Lane = std::uint32_t;
  enum class State : std::uint8_t { visible = 0, in_flight = 1, hidden = 2, delayed = 3 };

  // What a receive hands out besides the message.
  struct Receipt {
    Node node = 0;
    std::uint64_t sequence = 0;
    std::uint32_t count = 0;  // ApproximateReceiveCount of that receive
  };
  enum class Standing : std::uint8_t {
    current,   // the receiver still has it
    late,      // its timeout has passed, and nobody has received it since
    replaced,  // received again since
    gone,
  };

  // `owner` tells queues of one World apart.
  void build(Cells& cells, std::uint64_t owner, const QueueRules& rules);
  // The cells of everything stored were truncated.
  void forget();
  // Every cell is zero again: nothing is stored.
  void reset();
  const QueueRules& rules() const { return rules_; }
  void change(const QueueRules& rules) { rules_ = rules; }
  // Explorations count no receives beyond this, so that there is an end to them.
  void count_up_to(std::uint32_t most) { most_counted_ = most; }

  // The lane of a message group; a standard queue has one for all. O(1).
  Lane lane_of(Cells& cells, const Pool& pool, Word group);
  std::uint32_t lanes() const { return static_cast<std::uint32_t>(lanes_.size()); }

  // Stores a message that becomes visible at `visible_at`. `sent`: when it was first sent, which retention counts from;
  // `received`: how often it was received before (it comes from another queue).
  Node store(Cells& cells, const Pool& pool, Lane lane, Word message, std::int64_t sent, std::int64_t visible_at, std::int64_t now,
             std::uint32_t received = 0);
  // The message that a receive would be given of this lane; 0 when none is visible, or its group is blocked (SQS-FIFO-3).
  Node next(const Cells& cells, Lane lane, std::int64_t now) const;
  // The next one for a receive that has already taken from this lane (SQS-FIFO-2).
  Node next_of_batch(const Cells& cells, Lane lane, std::int64_t now) const;
  // The oldest visible message, blocked or not; 0 when there is none.
  Node head(const Cells& cells, Lane lane) const { return link(cells, lanes_[lane].base + head_field); }
  // Timed: from when on the next message of the lane may be received; -1 when there is none or its group is blocked.
  std::int64_t next_from(const Cells& cells, Lane lane) const;
  // Is it visible, and the only one of its lane?
  bool is_alone(const Cells& cells, Node node) const;
  // Received as often as the redrive policy allows: it is to be moved instead of being handed out (SQS-DLQ-1).
  bool is_exhausted(const Cells& cells, Node node) const;
  bool is_full(const Cells& cells) const { return cells.peek(in_flight_) >= rules_.most_in_flight; }  // SQS-FLIGHT-1

  // Hands out a visible message until now + visibility.
  Receipt receive(Cells& cells, const Pool& pool, Node node, std::int64_t now, std::int64_t visibility);
  Standing standing(const Cells& cells, const Receipt& receipt) const;
  // May this receipt delete the message (SQS-VIS-2, SQS-FIFO-5)?
  bool deletes(const Cells& cells, const Receipt& receipt) const;
  void remove(Cells& cells, const Pool& pool, Node node);
  // It stays away until then, or comes back now. ChangeMessageVisibility counts from the call (SQS-VIS-1).
  void stay_away(Cells& cells, const Pool& pool, Node node, std::int64_t until, std::int64_t now);
  // Its receiver is gone or has given up; the timeout runs on.
  void hide(Cells& cells, const Pool& pool, Node node);
  void show(Cells& cells, const Pool& pool, Node node);

  // Timed: the next one whose time away is over, 0 when none is; each is given once.
  Node due(const Cells& cells, std::int64_t now);
  // When the next one is; `otherwise` when none is away.
  std::int64_t next_due(const Cells& cells, std::int64_t otherwise);
  bool is_expired(const Cells& cells, Node node, std::int64_t now) const { return now - sent(cells, node) >= rules_.retention; }

  Word message(const Cells& cells, Node node) const { return at(cells, node, message_field); }
  std::uint32_t count(const Cells& cells, Node node) const { return static_cast<std::uint32_t>(at(cells, node, kind_field) >> 40); }
  State state(const Cells& cells, Node node) const { return static_cast<State>(at(cells, node, kind_field) >> 32 & 0xff); }
  Lane lane(const Cells& cells, Node node) const { return static_cast<Lane>(at(cells, node, kind_field) & 0xffffffffU); }
  std::int64_t sent(const Cells& cells, Node node) const { return static_cast<std::int64_t>(at(cells, node, sent_field)); }
  std::int64_t until(const Cells& cells, Node node) const { return static_cast<std::int64_t>(at(cells, node, until_field)); }
  // What is not visible yet becomes so then, instead.
  void set_until(Cells& cells, Node node, std::int64_t until) { put(cells, node, until_field, static_cast<std::uint64_t>(until)); }
  std::int64_t received_at(const Cells& cells, Node node) const { return static_cast<std::int64_t>(at(cells, node, received_field)); }
  std::uint64_t sequence(const Cells& cells, Node node) const { return at(cells, node, sequence_field); }
  bool is_stored(const Cells& cells, Node node) const { return nodes_.knows(cells, node) && sequence(cells, node) != 0; }

  std::uint64_t stored(const Cells& cells) const { return cells.peek(stored_); }
  std::uint64_t in_flight(const Cells& cells) const { return cells.peek(in_flight_); }
  std::uint64_t away(const Cells& cells) const { return cells.peek(away_); }
  std::size_t memory_bytes() const { return nodes_.memory_bytes() + deadlines_.capacity() * sizeof(Deadline); }
  // A read of the lane, for footprints.
  void note_read(const Cells& cells, Lane lane) const {
    if (cells.recording()) static_cast<void>(cells.get(lanes_[lane].base + order_field));
  }
  // Calls f(node) for the visible messages of a lane in order, or for those away from it; f must not change the queue.
  template <typename F>
  void each_visible(const Cells& cells, Lane lane, F&& f) const {
    for (Node node = link(cells, lanes_[lane].base + head_field); node != 0; node = next_of(cells, node)) f(node);
  }
  // As each_visible(), until f says true.
  template <typename F>
  void each_visible_until(const Cells& cells, Lane lane, F&& f) const {
    for (Node node = link(cells, lanes_[lane].base + head_field); node != 0 && !f(node); node = next_of(cells, node)) {}
  }
  // Timed: the order of the lanes is that of the times of sending, too; not so once another queue's dead letters are stored.
  bool is_in_order_of_sending() const { return in_order_; }
  template <typename F>
  void each_away(const Cells& cells, Lane lane, F&& f) const {
    for (Node node = link(cells, lanes_[lane].base + away_field); node != 0; node = next_of(cells, node)) f(node);
  }

 private:
  enum Field : std::uint32_t { message_field, kind_field, sent_field, until_field, received_field, sequence_field, links_field, node_fields };
  enum LaneField : Cell { head_field, tail_field, away_field, hint_field, busy_field, lane_cells, order_field = lane_cells };
  struct LaneCells {
    Cell base = 0;  // quiet cells by LaneField; where states are tracked, two hashed ones follow
  };
  struct Deadline {
    std::int64_t when = 0;
    std::uint64_t sequence = 0;
    Node node = 0;
    bool operator<(const Deadline& other) const { return when != other.when ? when > other.when : sequence > other.sequence; }
  };

  std::uint64_t at(const Cells& cells, Node node, Field field) const { return nodes_.peek(cells, node, field); }
  void put(Cells& cells, Node node, Field field, std::uint64_t value) { nodes_.set(cells, node, field, value); }
  Node next_of(const Cells& cells, Node node) const { return low_half(at(cells, node, links_field)); }
  Node previous_of(const Cells& cells, Node node) const { return high_half(at(cells, node, links_field)); }
  void set_next(Cells& cells, Node node, Node next) { put(cells, node, links_field, with_low_half(at(cells, node, links_field), next)); }
  void set_previous(Cells& cells, Node node, Node previous) { put(cells, node, links_field, with_high_half(at(cells, node, links_field), previous)); }
  static Node link(const Cells& cells, Cell cell) { return static_cast<Node>(cells.peek(cell)); }
  void set_state(Cells& cells, Node node, State state);
  void set_count(Cells& cells, Node node, std::uint32_t count);
  void go_away(Cells& cells, Node node, State state, std::int64_t until);
  void unlink(Cells& cells, Node node);
  void link_visible(Cells& cells, Node node);
  void link_away(Cells& cells, Node node);
  bool is_live(const Cells& cells, const Deadline& deadline) const;
  void prune(const Cells& cells);
  void rehash(Cells& cells, const Pool& pool, Lane lane);

  QueueRules rules_;
  std::uint64_t owner_ = 0;
  std::uint32_t most_counted_ = 0xffffff;
  ContentIndex index_;            // group -> lane + 1
  std::vector<LaneCells> lanes_;
  CellRecords<node_fields> nodes_;
  std::vector<Deadline> deadlines_;  // a heap; timed only
  std::int64_t last_sent_ = 0;       // timed only
  bool in_order_ = true;
  Cell sequence_ = 0, stored_ = 0, in_flight_ = 0, away_ = 0;
};

}  // namespace flowtank::sns_sqs
