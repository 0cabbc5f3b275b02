// SPDX-License-Identifier: Apache-2.0
// See ideal.hpp. A copy is named by its lane (from 0) and its position in it, or as floating.
#include "models/brokers/ideal/ideal.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/check.hpp>
#include <sim/world/content_index.hpp>
#include <sim/world/fifo.hpp>
#include <sim/world/retry.hpp>
#include <sim/world/separate_lanes.hpp>
#include <sim/world/world.hpp>

#include "models/brokers/floating/floating_copies.hpp"
#include "models/brokers/lost_copy.hpp"

namespace flowtank {
namespace {

constexpr OptionInfo option_table[] = {
    {"order", "channel", "key|none", "key",
     "none: a bag. Copies are handed out in any order and side by side, also those of one key; what a bus without any promise does.", ""},
    {"publish", "channel", "remote|at_once", "remote",
     "at_once: a publish takes effect and is answered in the action that asks for it, so that nothing strikes it on the way; a bus inside the process.", ""},
};

// What a channel's options say; what is unknown is diagnosed by check_channels().
struct Manner {
  bool bag = false;
  bool at_once = false;
};

Manner manner_of(const Channel& channel) {
  Manner manner;
  for (const Option& option : channel.options) {
    if (option.value.kind != Kind::string) continue;
    if (option.name == "order") manner.bag = option.value.text() == "none";
    if (option.name == "publish") manner.at_once = option.value.text() == "at_once";
  }
  return manner;
}

class IdealBroker final : public Broker, public SeparateLanes {
 public:
  IdealBroker(const System& system, std::uint32_t index) : system_(system), index_(index) {
    for (const Channel& channel : system.channels) manners_.push_back(channel.broker == index ? manner_of(channel) : Manner{});
  }

  void build(World& world) override {
    nodes_.build(world.cells());
    for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
      queues_.emplace_back();
      if (system_.channels[system_.subscriptions[s].channel].broker != index_) continue;
      queues_[s].floating.build(world, s);
      queues_[s].waiting = world.cells().allocate(Cells::Holds::quiet, 0);
      queues_[s].unsettled = world.cells().allocate(Cells::Holds::quiet, 0);
    }
    for (std::uint32_t c = 0; c < system_.channels.size(); ++c) {
      subscribers_.emplace_back();
      for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
        if (system_.subscriptions[s].channel == c) subscribers_[c].push_back(s);
      }
    }
  }
  void reset(World&) override {}
  void forget(World&) override {
    nodes_.clear();
    for (Queue& queue : queues_) {
      queue.index.clear();
      queue.lanes.clear();
      queue.floating.clear();
    }
  }

  PublishResult publish(World& world, std::uint32_t channel, Word message, const Publisher&) override {
    for (const std::uint32_t s : subscribers_[channel]) store(world, channel, s, message);
    return PublishResult::accepted;
  }

  PublishManners manners(std::uint32_t channel) const override {
    PublishManners manners;
    manners.at_once = manners_[channel].at_once;
    return manners;
  }

  void deliverable(const World& world, std::uint32_t subscription, std::vector<Action>& out) const override {
    const Queue& queue = queues_[subscription];
    const Cells& cells = world.cells();
    for (std::uint64_t lane = cells.peek(queue.waiting); lane != 0; lane = cells.peek(queue.lanes[lane - 1].next)) {
      const Lane& l = queue.lanes[lane - 1];
      if (cells.get(l.in_flight) != 0) continue;
      out.push_back({.kind = ActionKind::deliver, .a = subscription, .b = static_cast<std::uint32_t>(lane - 1),
                     .word = nodes_.message(cells, l.fifo.head(cells))});
    }
    queue.floating.each(world, [&](std::uint32_t copy, Word message, std::uint32_t attempts) {
      out.push_back({.kind = ActionKind::deliver, .a = subscription, .b = copy, .choice = 1 + attempts, .word = message});
    });
  }

  bool can_deliver(const World& world, std::uint32_t subscription, std::uint32_t copy) const override {
    const Queue& queue = queues_[subscription];
    const Cells& cells = world.cells();
    if (copy >= FloatingCopies::first_copy) return queue.floating.has(cells, copy);
    const Lane& lane = queue.lanes[copy];
    const std::uint64_t head = lane.fifo.head(cells);
    return head != 0 && cells.peek(lane.in_flight) == 0 &&
           static_cast<std::int64_t>(nodes_.ready_at(cells, head)) <= world.now().nanoseconds();
  }

  Delivery deliver(World& world, std::uint32_t subscription, std::uint32_t copy) override {
    Queue& queue = queues_[subscription];
    Cells& cells = world.cells();
    if (copy >= FloatingCopies::first_copy) return queue.floating.take(world, copy);
    const Lane& lane = queue.lanes[copy];
    cells.set(lane.in_flight, 1);
    const std::uint64_t head = lane.fifo.head(cells);
    return {nodes_.message(cells, head), static_cast<std::uint32_t>(nodes_.attempts(cells, head)), 0};
  }

  void settle(World& world, std::uint32_t subscription, const Delivery& delivery, Settle how) override {
    Queue& queue = queues_[subscription];
    Cells& cells = world.cells();
    const bool gone = how == Settle::ack || how == Settle::discard;
    const std::uint32_t attempts = std::min(delivery.attempts + (how == Settle::retry ? 1U : 0U), 255U);
    if (gone) cells.set(queue.unsettled, cells.peek(queue.unsettled) - 1);
    if (gone) world.copies_change(subscription, delivery.message, -1);
    if (delivery.token == FloatingCopies::token) {
      const bool bag = manners_[system_.subscriptions[subscription].channel].bag;
      if (!gone) queue.floating.add(world, delivery.message, attempts, bag ? retry_delay(world, subscription, delivery, how) : Duration{});
      return;
    }
    const std::uint32_t at = lane_of(world, queue, subscription, delivery.message);
    Lane& lane = queue.lanes[at];
    cells.set(lane.in_flight, 0);
    if (gone) {
      lane.fifo.remove(cells, world.pool(), nodes_, 0);
      if (lane.fifo.length(cells) == 0) unlink(cells, queue, at + 1);
    } else if (attempts != delivery.attempts) {
      lane.fifo.set_attempts(cells, world.pool(), nodes_, lane.fifo.head(cells), attempts);
    }
    offer_head(world, subscription, at, gone ? Duration{} : retry_delay(world, subscription, delivery, how));
  }

  void strikable(const World& world, std::uint32_t subscription, ActionKind kind, std::uint16_t fault,
                 std::vector<Action>& out) const override {
    const Queue& queue = queues_[subscription];
    if (system_.channels[system_.subscriptions[subscription].channel].broker != index_) return;
    const Cells& cells = world.cells();
    for (std::uint64_t lane = cells.peek(queue.waiting); lane != 0; lane = cells.peek(queue.lanes[lane - 1].next)) {
      const Lane& l = queue.lanes[lane - 1];
      std::uint32_t position = 0;
      for (std::uint64_t node = l.fifo.head(cells); node != 0; node = nodes_.next(cells, node), ++position) {
        const bool being_handled = position == 0 && cells.get(l.in_flight) != 0;
        // What a consumer holds can be stored twice, but neither lost nor moved in the broker.
        if (being_handled && kind != ActionKind::fault_duplicate) continue;
        if (kind == ActionKind::fault_reorder && l.fifo.length(cells) < 2) continue;
        out.push_back({.kind = kind, .fault = fault, .a = subscription, .b = static_cast<std::uint32_t>(lane - 1),
                       .choice = position, .word = nodes_.message(cells, node)});
      }
    }
    if (kind == ActionKind::fault_reorder) return;
    queue.floating.each(world, [&](std::uint32_t, Word message, std::uint32_t attempts) {
      out.push_back({.kind = kind, .fault = fault, .a = subscription, .b = FloatingCopies::first_copy, .choice = 1 + attempts, .word = message});
    });
  }

  Word message_of(const World& world, std::uint32_t subscription, std::uint32_t copy) const override {
    const Queue& queue = queues_[subscription];
    if (copy >= FloatingCopies::first_copy) return queue.floating.message(world, copy);
    const std::uint64_t head = queue.lanes[copy].fifo.head(world.cells());
    return head == 0 ? absent_word : nodes_.message(world.cells(), head);
  }

  void strike(World& world, const Action& action) override {
    Queue& queue = queues_[action.a];
    Cells& cells = world.cells();
    const bool is_floating = action.b >= FloatingCopies::first_copy;
    if (action.kind == ActionKind::fault_duplicate) {
      cells.set(queue.unsettled, cells.peek(queue.unsettled) + 1);
      world.copies_change(action.a, action.word, 1);
      queue.floating.add(world, action.word, 0, Duration{});
      return;
    }
    if (is_floating) {
      queue.floating.take(world, action.word, action.choice - 1);
    } else {
      Lane& lane = queue.lanes[action.b];
      lane.fifo.remove(cells, world.pool(), nodes_, action.choice);
      if (lane.fifo.length(cells) == 0) unlink(cells, queue, action.b + 1);
    }
    if (action.kind == ActionKind::fault_reorder) {
      queue.floating.add(world, action.word, 0, Duration{});
    } else {
      lost(world, action.a, action.word);
      world.copies_change(action.a, action.word, -1);
      cells.set(queue.unsettled, cells.peek(queue.unsettled) - 1);
    }
  }

  std::uint64_t unsettled(const World& world, std::uint32_t subscription) const override {
    return world.cells().peek(queues_[subscription].unsettled);
  }

  // A lane: two hashes of its contents, and whether its head is handed out. In the bag: as new, as before, failed once more.
  void lane_components(World& world, std::uint32_t subscription, Word message, std::uint32_t attempts, std::vector<std::uint64_t>& out) const override {
    const Hash128 of = world.pool().content(lane_key(world, message));
    for (std::uint64_t field = 0; field < 3; ++field) out.push_back(component_key(ComponentKind::lane, subscription, of, field));
    for (const std::uint32_t failed : {0U, attempts, std::min(attempts + 1, 255U)}) out.push_back(FloatingCopies::component(world, subscription, message, failed));
  }

 private:
  struct Lane {
    Fifo fifo;
    Cell in_flight = 0;
    Cell next = 0;      // quiet: list of lanes that are not empty
    Cell previous = 0;
  };
  struct Queue {
    ContentIndex index;  // key -> lane + 1
    std::vector<Lane> lanes;
    FloatingCopies floating;
    Cell waiting = 0;
    Cell unsettled = 0;
  };

  void store(World& world, std::uint32_t channel, std::uint32_t s, Word message) {
    Queue& queue = queues_[s];
    Cells& cells = world.cells();
    const CopyFate fate = world.faults().copy_fate(world, s, message);
    const std::uint32_t latency = system_.channels[channel].latency;
    Duration delay = fate.delay;
    static constexpr Purpose latency_purpose("channel.latency");
    if (latency != none && world.timed()) delay += world.sample(latency, latency_purpose, message, world.faults().place_of(s));
    if (fate.lost) lost(world, s, message);
    if (!fate.lost) cells.set(queue.unsettled, cells.peek(queue.unsettled) + 1);
    if (!fate.lost) world.copies_change(s, message, 1);
    if ((fate.reordered || manners_[channel].bag) && !fate.lost) {
      queue.floating.add(world, message, 0, delay);
    } else if (!fate.lost) {
      const std::uint32_t at = lane_of(world, queue, s, message);
      Lane& lane = queue.lanes[at];
      const bool first = lane.fifo.length(cells) == 0;
      const std::int64_t ready = (world.now() + delay).nanoseconds();
      lane.fifo.push(cells, world.pool(), nodes_, message, 0, world.timed() ? static_cast<std::uint64_t>(ready) : 0);
      if (first) {
        link(cells, queue, at + 1);
        world.offer(delay, {.kind = ActionKind::deliver, .a = s, .b = at, .word = message});
      }
    }
    for (std::uint32_t i = 0; i < fate.duplicates; ++i) {
      cells.set(queue.unsettled, cells.peek(queue.unsettled) + 1);
      world.copies_change(s, message, 1);
      queue.floating.add(world, message, 0, delay + fate.duplicate_gap);
    }
  }

  static void lost(World& world, std::uint32_t s, Word message) {
    note_lost(world, s, message);
    world.message_fate(s, message, Fate::lost);
  }

  static Word lane_key(const World& world, Word message) {
    const Word key = world.pool().find(world.pool().value(message).items()[field_key]);
    return key == absent_word ? Pool::of_null() : key;
  }

  std::uint32_t lane_of(World& world, Queue& queue, std::uint32_t s, Word message) {
    const Word known_by = lane_key(world, message);
    if (const std::uint32_t at = queue.index.find(known_by)) return at - 1;
    Cells& cells = world.cells();
    Lane lane;
    const Hash128 of = world.pool().content(known_by);
    lane.fifo.build(cells, s, of);
    lane.in_flight = cells.allocate(Cells::Holds::number, cells.tracking() ? component_key(ComponentKind::lane, s, of, 2) : 0);
    lane.next = cells.allocate(Cells::Holds::quiet, 0);
    lane.previous = cells.allocate(Cells::Holds::quiet, 0);
    queue.lanes.push_back(lane);
    queue.index.put(known_by, static_cast<std::uint32_t>(queue.lanes.size()));
    return static_cast<std::uint32_t>(queue.lanes.size() - 1);
  }

  void offer_head(World& world, std::uint32_t s, std::uint32_t at, Duration delay) {
    if (!world.timed()) return;
    Cells& cells = world.cells();
    const std::uint64_t head = queues_[s].lanes[at].fifo.head(cells);
    if (head == 0) return;
    const Time ready(static_cast<std::int64_t>(nodes_.ready_at(cells, head)));
    const Time when = std::max(ready, world.now() + delay);
    nodes_.set_ready_at(cells, head, static_cast<std::uint64_t>(when.nanoseconds()));
    world.offer(when - world.now(), {.kind = ActionKind::deliver, .a = s, .b = at, .word = nodes_.message(cells, head)});
  }

  // The consumer's backoff: the broker gives the copy out again only after it.
  Duration retry_delay(World& world, std::uint32_t s, const Delivery& delivery, Settle how) const {
    const std::uint32_t handler = world.handler_for(system_.subscriptions[s].service, s, world.message_type(delivery.message));
    if (handler == none || !world.timed()) return {};
    return retry_wait(system_.handlers[handler].retry, how == Settle::retry ? delivery.attempts : 0);
  }

  static void link(Cells& cells, Queue& queue, std::uint64_t lane) {
    const std::uint64_t first = cells.peek(queue.waiting);
    cells.set(queue.lanes[lane - 1].next, first);
    cells.set(queue.lanes[lane - 1].previous, 0);
    if (first != 0) cells.set(queue.lanes[first - 1].previous, lane);
    cells.set(queue.waiting, lane);
  }
  static void unlink(Cells& cells, Queue& queue, std::uint64_t lane) {
    const std::uint64_t next = cells.peek(queue.lanes[lane - 1].next), previous = cells.peek(queue.lanes[lane - 1].previous);
    if (previous != 0) cells.set(queue.lanes[previous - 1].next, next);
    else cells.set(queue.waiting, next);
    if (next != 0) cells.set(queue.lanes[next - 1].previous, previous);
  }

  const System& system_;
  std::uint32_t index_;
  FifoNodes nodes_;
  std::vector<Queue> queues_;
  std::vector<std::vector<std::uint32_t>> subscribers_;
  std::vector<Manner> manners_;  // by channel
};

void wrong(Diagnostics& diagnostics, const Option& option, std::string code, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(code);
  diagnostic.range = option.where;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostics.add(std::move(diagnostic));
}

// Is a fault aimed at publishes on their way to this channel? One that names no channel strikes those to others, or its report
// says that it never did.
bool struck_on_the_way(const System& system, std::uint32_t channel) {
  return std::any_of(system.faults.begin(), system.faults.end(), [channel](const Fault& fault) {
    const bool kind = fault.kind == FaultKind::ambiguous_publish || fault.kind == FaultKind::publish_loss ||
                      fault.kind == FaultKind::publish_delay || fault.kind == FaultKind::wrong_key;
    const auto strikes = [channel](const FaultSelector& on) { return on.channel == channel; };
    return kind && (strikes(fault.on) || std::any_of(fault.also.begin(), fault.also.end(), strikes));
  });
}

std::vector<std::string> keys_of_channels() {
  std::vector<std::string> keys;
  for (const OptionInfo& known : option_table) keys.emplace_back(known.key);
  return keys;
}

void check_channel_option(const System& system, std::uint32_t channel, const Option& option, Diagnostics& diagnostics) {
  const std::string& name = system.channels[channel].name;
  const auto known = std::find_if(std::begin(option_table), std::end(option_table), [&](const OptionInfo& info) { return option.name == info.key; });
  if (known == std::end(option_table)) {
    wrong(diagnostics, option, "FT-KEY-001", "channel \"" + name + "\" of the ideal broker has no option \"" + option.name + "\"",
          name_hint(option.name, keys_of_channels(), "Options"));
    return;
  }
  const std::string words = "|" + std::string(known->type) + "|";
  const std::string given = option.value.kind == Kind::string ? std::string(option.value.text()) : std::string();
  if (given.empty() || given.find('|') != std::string::npos || words.find("|" + given + "|") == std::string::npos) {
    wrong(diagnostics, option, "FT-REF-014", "\"" + option.name + "\" of channel \"" + name + "\" of the ideal broker is one of " + std::string(known->type),
          "Without it: " + std::string(known->otherwise) + ".");
  } else if (given == "at_once" && struck_on_the_way(system, channel)) {
    wrong(diagnostics, option, "FT-KEY-003", "a fault strikes publishes on their way to \"" + name + "\", where they are never on the way",
          "Leave out \"publish\": \"at_once\", or the fault.");
  }
}

void check_channels(const System& system, std::uint32_t index, Diagnostics& diagnostics) {
  for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
    if (system.channels[c].broker != index) continue;
    for (const Option& option : system.channels[c].options) check_channel_option(system, c, option, diagnostics);
  }
}

std::unique_ptr<Broker> create(const System& system, std::uint32_t index, Diagnostics& diagnostics) {
  const BrokerSpec& spec = system.brokers[index];
  for (const Option& option : spec.options) {
    wrong(diagnostics, option, "FT-KEY-001", "the ideal broker has no option \"" + option.name + "\"",
          "It loses, duplicates and reorders nothing; inject faults instead. \"order\" and \"publish\" are options of its channels.");
  }
  check_channels(system, index, diagnostics);
  return std::make_unique<IdealBroker>(system, index);
}

}  // namespace

BrokerKind ideal_broker() {
  return {"ideal", "reliable, in order for each key: the control group", create, option_table};
}

}  // namespace flowtank
