// SPDX-License-Identifier: Apache-2.0
// See kafka_broker.hpp: producers with a transactional.id (KF-TXN-1 to KF-TXN-4). The transaction of a handler run lasts from its
// first record to its acknowledgement, which sends the offset of what it has read with it, or to its end where it has read nothing
// from here. A run that fails aborts; a process that dies leaves its transaction open until its successor begins, or for
// transaction.timeout.ms.
//
// send() tells of no error at once: a producer that was fenced goes on, nothing of it is written, and its commit is refused. It takes a
// new epoch before its next transaction, as an application does that makes a new producer.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <sim/world/component.hpp>

#include "models/brokers/handling_time.hpp"
#include "models/brokers/kafka/kafka_broker.hpp"
#include "models/brokers/lost_copy.hpp"

namespace flowtank::kafka {
namespace {

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) text.replace(at, what.size(), by);
  return text;
}

}  // namespace

// Tells of the ends of runs; only a broker with transactional producers has one.
class KafkaBroker::RunEnds final : public Observer {
 public:
  explicit RunEnds(KafkaBroker& broker) : broker_(broker) {}
  std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::runs); }
  void run_ended(World& world, const Actor& actor, RunOutcome outcome) override { broker_.run_ended(world, actor.frame, outcome); }

 private:
  KafkaBroker& broker_;
};

std::string transactional_id_of(std::string_view text, std::string_view service, std::uint32_t instance) {
  return replaced(replaced(std::string(text), "${service}", std::string(service)), "${instance}", std::to_string(instance + 1));
}

bool publishes_to(const System& system, std::uint32_t service, std::uint32_t channel) {
  const auto& wired = system.wiring[service];
  const bool by_type = std::find(wired.begin(), wired.end(), channel) != wired.end();
  const auto does = [&](std::uint32_t handler) {
    const auto& publishes = system.handlers[handler].program.publishes;
    return std::any_of(publishes.begin(), publishes.end(), [&](const PublishSpec& spec) { return spec.channel == channel || (spec.channel == none && by_type); });
  };
  const Service& of = system.services[service];
  return std::any_of(of.handlers.begin(), of.handlers.end(), does) || std::any_of(of.pollers.begin(), of.pollers.end(), does);
}

// ---- components ------------------------------------------------------------------------------------------------

// A producer has one transaction at a time, so each place for a run has one of its own.
void KafkaBroker::build_senders(World& world) {
  Cells& cells = world.cells();
  const Runs& runs = world.runs();
  const std::uint64_t owner = ((std::uint64_t{index_} + 1) << 32) + 0x7000000;
  const auto number = [&](std::uint64_t field) { return cells.allocate(Cells::Holds::number, component_key(ComponentKind::broker_state, owner, field)); };
  sender_at_.resize(wiring_.topics.size());
  for (std::uint32_t t = 0; t < wiring_.topics.size(); ++t) {
    const ProducerSettings& producer = wiring_.topics[t].producer;
    if (producer.transactional_id.empty()) continue;
    sender_at_[t].assign(runs.frame_count(), none);
    for (std::uint32_t frame = 0; frame < runs.frame_count(); ++frame) {
      const std::uint32_t service = runs.service_of_frame(frame), instance = runs.instance_of_frame(frame);
      if (!publishes_to(system_, service, wiring_.topics[t].channel)) continue;
      std::string text = transactional_id_of(producer.transactional_id, system_.services[service].name, runs.number_of_instance(instance));
      if (frame != runs.frames_begin(instance)) text += fmt::format("-{}", frame - runs.frames_begin(instance) + 1);
      const auto known = std::find_if(senders_.begin(), senders_.end(), [&](const Sender& s) { return s.frame == frame && s.transactional_id == text; });
      if (known != senders_.end()) {
        sender_at_[t][frame] = static_cast<std::uint32_t>(known - senders_.begin());
        continue;
      }
      const std::uint64_t n = senders_.size();
      Sender& sender = senders_.emplace_back();
      sender.id = cluster_->transactional(text);
      sender.transactional_id = std::move(text);
      sender.frame = frame;
      sender.timeout_ms = producer.transaction_timeout_ms;
      sender.in_run = number(4 * n);
      sender.last_end = number(4 * n + 1);
      sender.was_overdue = number(4 * n + 2);
      sender.epoch = cells.allocate(Cells::Holds::quiet, 0);
      for (std::uint32_t s = 0; s < system_.subscriptions.size(); ++s) {
        const bool own = system_.subscriptions[s].service == service;
        sender.may_be_overdue = sender.may_be_overdue || (own && handling_time(system_, s).reaches(Duration(sender.timeout_ms * 1'000'000)));
      }
      while (holders_.size() < sender.id) holders_.push_back(number(4 * std::uint64_t{holders_.size()} + 3));
      sender_at_[t][frame] = static_cast<std::uint32_t>(n);
      senders_of_frame_.resize(runs.frame_count());
      senders_of_frame_[frame].push_back(static_cast<std::uint32_t>(n));
    }
  }
  keeps_ends_ = std::any_of(system_.faults.begin(), system_.faults.end(), [](const Fault& f) { return f.kind == FaultKind::late_transaction_end; });
  if (senders_.empty()) return;
  cluster_->without_sequences();
  run_ends_ = std::make_unique<RunEnds>(*this);
  world.add_observer(run_ends_.get());
}

// ---- sending ---------------------------------------------------------------------------------------------------

// The run whose record arrives: events are known by their ids, whatever became of their keys on the way.
std::uint32_t KafkaBroker::sending_frame(const World& world, std::uint32_t channel, Word message, const Publisher& by) const {
  if (by.instance == none) return none;
  const Runs& runs = world.runs();
  const Pool& pool = world.pool();
  const Word id = pool.find(pool.value(message).items()[field_id]);
  std::uint32_t found = none;
  for (std::uint32_t frame = runs.frames_begin(by.instance); frame < runs.frames_end(by.instance); ++frame) {
    if (!runs.active(frame) || runs.waiting_of(frame) != Waiting::request_left || runs.publish_channel(frame) != channel) continue;
    if (pool.find(pool.value(runs.request_of(frame)).items()[field_id]) == id) return frame;
    if (found == none) found = frame;
  }
  return found;
}

TransactionalProducer KafkaBroker::producer_of(const Cells& cells, const Sender& sender) const {
  return {sender.id, static_cast<std::uint32_t>(cells.peek(sender.epoch))};
}

// KF-TXN-1. Of two with one id the one holds it that began last.
bool KafkaBroker::is_fenced(const Cells& cells, const Sender& sender) const {
  const auto n = static_cast<std::uint64_t>(&sender - senders_.data());
  return cells.get(holders_[sender.id - 1]) != n + 1 || cluster_->transactions().check(cells, producer_of(cells, sender)) != TxnError::none;
}

bool KafkaBroker::is_open(const Cells& cells, const Sender& sender) const {
  return !is_fenced(cells, sender) && cluster_->transactions().is_open(cells, sender.id);
}

// initTransactions: aborts what a predecessor left open, and fences it.
void KafkaBroker::init_sender(World& world, Sender& sender) {
  Cells& cells = world.cells();
  TransactionalProducer who;
  ending(world, sender.id, [&] { who = cluster_->init_transactions(sender.transactional_id, sender.timeout_ms, now_ms(world)); });
  cells.set(holders_[sender.id - 1], static_cast<std::uint64_t>(&sender - senders_.data()) + 1);
  cells.set(sender.epoch, who.epoch);
  cells.set(sender.last_end, 0);
}

void KafkaBroker::begin_transaction(World& world, Sender& sender) {
  Cells& cells = world.cells();
  cluster_->begin(producer_of(cells, sender), now_ms(world));
  cells.set(sender.in_run, 1);
  if (!world.timed() || sender.watched) return;
  sender.watched = true;
  offer_overdue(world, sender);
}

PublishResult KafkaBroker::publish_in_transaction(World& world, std::uint32_t channel, std::uint32_t partition, Word message, const Publisher& by) {
  const std::uint32_t topic = topic_of_channel_[channel];
  const std::uint32_t frame = sending_frame(world, channel, message, by);
  // What a process that died had on its way comes after its successor has begun: refused (KF-TXN-1).
  if (frame == none || sender_at_[topic][frame] == none) return PublishResult::refused;
  Sender& sender = senders_[sender_at_[topic][frame]];
  Cells& cells = world.cells();
  if (cells.get(sender.in_run) == 0) {
    if (is_fenced(cells, sender)) init_sender(world, sender);
    begin_transaction(world, sender);
  } else if (is_fenced(cells, sender)) {
    return PublishResult::accepted;
  } else if (!is_open(cells, sender)) {
    begin_transaction(world, sender);  // somebody ended it: what follows is in another one
  }
  ProduceRequest request;
  request.partition = partition;
  request.acks = wiring_.topics[topic].producer.acks;
  request.transaction = producer_of(cells, sender);
  request.messages = {&message, 1};
  const ProduceAnswer answer = cluster_->produce(request, now_ms(world));
  if (answer.error != KafkaError::none) return PublishResult::refused;
  for (const std::uint32_t s : subscribers_[channel]) stored(world, s, partition, answer.offset, message);
  return PublishResult::accepted;
}

// ---- ends ------------------------------------------------------------------------------------------------------

// `end` ends the open transaction of an id, if there is one: readers that waited before it may go on (KF-TXN-3).
void KafkaBroker::ending(World& world, std::uint32_t id, const std::function<void()>& end) {
  struct Part {
    std::uint32_t partition = 0;
    Offset since = no_offset;
    std::vector<bool> had_next;
  };
  Cells& cells = world.cells();
  std::vector<Part> parts;
  cluster_->transactions().each_partition(cells, id, [&](std::uint32_t p) {
    Part& part = parts.emplace_back(Part{p, cluster_->log(p).open_since(cells, id), {}});
    for (const auto& [reader, at] : readers_of_[p]) part.had_next.push_back(has_next(cells, reader, at));
  });
  end();
  for (const Part& part : parts) {
    for (std::size_t i = 0; i < part.had_next.size(); ++i) {
      const auto [reader, at] = readers_of_[part.partition][i];
      if (world.tracing()) drop_aborted(world, reader, at, id, part.since);
      advance(world, reader, at);
      if (!part.had_next[i]) offer_next(world, reader, at);
    }
  }
}

// Records of an aborted transaction that a read_committed reader will never be handed are no copies any more.
void KafkaBroker::drop_aborted(World& world, std::uint32_t reader, std::uint32_t at, std::uint32_t id, Offset since) {
  if (since == no_offset || wiring_of(reader).consumer.isolation == Isolation::read_uncommitted) return;
  const Cells& cells = world.cells();
  const PartitionLog& log = cluster_->log(readers_[reader].lanes[at].partition);
  for (Offset o = std::max({since, log.start(cells), log.base(cells)}); o < log.end(cells); ++o) {
    const LogEntry entry = log.at(cells, o);
    if (entry.producer == id && entry.kind == EntryKind::aborted) world.copies_change(subscription_of(cells, reader, at), entry.message, -1);
  }
}

std::uint32_t KafkaBroker::settling_frame(const World& world, std::uint32_t s, const Delivery& delivery) const {
  const Runs& runs = world.runs();
  const std::uint32_t service = system_.subscriptions[s].service, owner = consumer_of(world, s, delivery.token == FloatingCopies::token ? FloatingCopies::first_copy : delivery.token);
  const std::uint32_t first = owner != none ? owner : runs.first_instance(service);
  const std::uint32_t last = owner != none ? owner : first + system_.services[service].instances - 1;
  for (std::uint32_t frame = runs.frames_begin(first); frame < runs.frames_end(last); ++frame) {
    const auto is_open_here = [&](std::uint32_t n) { return world.cells().get(senders_[n].in_run) != 0; };
    const auto& own_senders = senders_of_frame_[frame];
    if (!runs.active(frame) || runs.input_of(frame) != delivery.message || std::none_of(own_senders.begin(), own_senders.end(), is_open_here)) continue;
    const Origin from = runs.origin_of(frame);
    if (from.kind == OriginKind::message && from.settled && !from.fenced && from.source == s && from.token == delivery.token) return frame;
  }
  return none;
}

// KF-TXN-2: the records of the run, and what it has read up to `offset` (no_offset: nothing), become visible together. False when a
// newer producer or the coordinator has ended its transaction (KF-TXN-1, KF-TXN-3).
bool KafkaBroker::commit_run(World& world, std::uint32_t frame, std::uint32_t reader, std::uint32_t at, Offset offset) {
  Cells& cells = world.cells();
  bool committed = true;
  for (const std::uint32_t n : senders_of_frame_[frame]) {
    Sender& sender = senders_[n];
    if (cells.get(sender.in_run) == 0) continue;
    cells.set(sender.in_run, 0);
    if (is_fenced(cells, sender)) {
      committed = false;
      continue;
    }
    const TransactionalProducer who = producer_of(cells, sender);
    if (!is_open(cells, sender)) cluster_->begin(who, now_ms(world));  // a late end was faster: offsets begin another one
    if (offset != no_offset) cluster_->send_offset(who, readers_[reader].group, at, offset);
    ending(world, sender.id, [&] { cluster_->end(who, true, now_ms(world)); });
    if (keeps_ends_) cells.set(sender.last_end, ended_well);
    cells.set(sender.was_overdue, 0);
    if (offset != no_offset) trim(world, readers_[reader].lanes[at].partition);
    offset = no_offset;
  }
  return committed;
}

// What becomes of a settlement that ends a transaction: refused, it leaves the record to be handled again.
Settle KafkaBroker::settle_transaction(World& world, std::uint32_t s, const Delivery& delivery, Settle how) {
  const std::uint32_t frame = settling_frame(world, s, delivery);
  if (frame == none) return how;
  if (how == Settle::discard) {
    abort_run(world, frame);
    return how;
  }
  const std::uint32_t reader = subscribed_[s].reader;
  const bool is_read_here = delivery.token != FloatingCopies::token && !rule_of(reader).automatic;
  const Offset offset = is_read_here ? readers_[reader].positions.position(world.cells(), delivery.token) : no_offset;
  if (commit_run(world, frame, reader, delivery.token, offset)) return how;
  world.runs().fence_run(frame);
  return Settle::requeue;
}

void KafkaBroker::abort_run(World& world, std::uint32_t frame) {
  Cells& cells = world.cells();
  for (const std::uint32_t n : senders_of_frame_[frame]) {
    Sender& sender = senders_[n];
    if (cells.get(sender.in_run) == 0) continue;
    cells.set(sender.in_run, 0);
    if (!is_open(cells, sender)) continue;
    ending(world, sender.id, [&] { cluster_->end(producer_of(cells, sender), false, now_ms(world)); });
    if (keeps_ends_) cells.set(sender.last_end, ended_ill);
  }
}

void KafkaBroker::run_ended(World& world, std::uint32_t frame, RunOutcome outcome) {
  Cells& cells = world.cells();
  if (outcome == RunOutcome::crashed) {  // nobody is left who could end it
    for (const std::uint32_t n : senders_of_frame_[frame]) cells.set(senders_[n].in_run, 0);
    return;
  }
  // KF-TXN-4: who was thrown out of its group cannot send its offsets, and aborts.
  if (outcome == RunOutcome::failed || world.runs().origin_of(frame).fenced) return abort_run(world, frame);
  commit_run(world, frame, 0, 0, no_offset);
}

// A process begins: its producers do, too.
void KafkaBroker::restart_senders(World& world, std::uint32_t instance) {
  if (senders_.empty()) return;
  for (std::uint32_t frame = world.runs().frames_begin(instance); frame < world.runs().frames_end(instance); ++frame) {
    for (const std::uint32_t n : senders_of_frame_[frame]) {
      if (world.cells().get(holders_[senders_[n].id - 1]) != 0) init_sender(world, senders_[n]);
    }
  }
}

// ---- deadlines -------------------------------------------------------------------------------------------------

// KF-TXN-3: overdue transactions are looked for at intervals.
void KafkaBroker::offer_overdue(World& world, const Sender& sender) {
  const std::int64_t interval = wiring_.broker.transaction_check_interval_ms, now = now_ms(world);
  const std::int64_t deadline = cluster_->transactions().deadline_ms(world.cells(), sender.id);
  const std::int64_t when = (deadline + interval - 1) / interval * interval;
  world.offer(Duration(std::max<std::int64_t>(when - now, 1) * 1'000'000), own(overdue, 0, static_cast<std::uint32_t>(&sender - senders_.data())));
}

void KafkaBroker::look_for_overdue(World& world, std::uint32_t n) {
  Sender& sender = senders_[n];
  Cells& cells = world.cells();
  if (world.timed()) {
    sender.watched = cluster_->transactions().is_open(cells, sender.id);
    if (!sender.watched) return;
    if (cluster_->transactions().deadline_ms(cells, sender.id) > now_ms(world)) return offer_overdue(world, sender);
    sender.watched = false;
  } else {
    cells.set(sender.was_overdue, 1);
  }
  ending(world, sender.id, [&] { cluster_->abort_overdue_one(sender.id, now_ms(world)); });
}

// Exploration: where its run can take so long, and once until it commits, or what is too slow would be so for ever.
bool KafkaBroker::may_be_overdue(const Cells& cells, const Sender& sender) const {
  return sender.may_be_overdue && cells.get(sender.in_run) != 0 && is_open(cells, sender) && cells.get(sender.was_overdue) == 0;
}

// ---- a late end ------------------------------------------------------------------------------------------------

// F21: the request that ended the last transaction of this producer arrives once more, while the next one is open.
void KafkaBroker::strikes_of_transactions(const World& world, std::uint16_t index, std::vector<Action>& out) const {
  const Cells& cells = world.cells();
  const std::uint32_t channel = system_.faults[index].on.channel;
  for (std::uint32_t n = 0; n < senders_.size(); ++n) {
    const std::uint64_t last = cells.get(senders_[n].last_end);
    if (last == 0 || cells.get(senders_[n].in_run) == 0 || !is_open(cells, senders_[n])) continue;
    bool here = false;
    cluster_->transactions().each_partition(cells, senders_[n].id, [&](std::uint32_t p) {
      here = here || channel == none || wiring_.topics[cluster_->partition(p).topic].channel == channel;
    });
    if (here) out.push_back(broker_fault(index, n, static_cast<std::uint32_t>(last)));
  }
}

void KafkaBroker::end_too_late(World& world, std::uint32_t n, std::uint64_t how) {
  Cells& cells = world.cells();
  Sender& sender = senders_[n];
  std::vector<Word> struck;
  cluster_->transactions().each_partition(cells, sender.id, [&](std::uint32_t p) {
    const PartitionLog& log = cluster_->log(p);
    const Offset since = log.open_since(cells, sender.id);
    for (Offset o = since; since != no_offset && o < log.end(cells); ++o) {
      if (const LogEntry entry = log.at(cells, o); entry.producer == sender.id && entry.kind == EntryKind::data) struck.push_back(entry.message);
    }
  });
  note_struck(world, struck);
  cells.set(sender.last_end, 0);
  if (wiring_.broker.transaction_version >= 2) return;  // KIP-890: it has the epoch of its own transaction
  ending(world, sender.id, [&] { cluster_->end(producer_of(cells, sender), how == ended_well, now_ms(world)); });
}

}  // namespace flowtank::kafka
