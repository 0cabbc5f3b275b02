// SPDX-License-Identifier: Apache-2.0
// Sequence numbers, epochs and transactions at the broker (KF-IDEM, KF-TXN).
#include <catch2/catch.hpp>

#include <string>

#include <models/brokers/kafka/cluster.hpp>

namespace flowtank::kafka {
namespace {

struct Bench {
  explicit Bench(bool tracking = false) : cells(pool, tracking) {
    cluster = std::make_unique<Cluster>(cells, pool, BrokerSettings{}, [](Word) { return PartitionLog::Keyed{}; });
    TopicSettings topic;
    topic.replication_factor = 2;
    cluster->add_topic("t", topic, 2);
  }
  ProduceAnswer send(std::string_view text, const Batch& batch, TransactionalProducer transaction = {}, Acks acks = Acks::all) {
    const Word message = pool.intern_string(text);
    ProduceRequest request;
    request.batch = batch;
    request.transaction = transaction;
    request.acks = acks;
    request.messages = {&message, 1};
    return cluster->produce(request, 0);
  }
  Pool pool;
  Cells cells;
  std::unique_ptr<Cluster> cluster;
};

}  // namespace

TEST_CASE("kafka_producer.the_same_sequence_again_has_the_original_offset") {  // KF-IDEM-1
  Bench b;
  for (int i = 0; i < 8; ++i) CHECK(b.send("m" + std::to_string(i), {1, 0, i, 1}).offset == i);
  CHECK(b.send("m7", {1, 0, 7, 1}).offset == 7);
  CHECK(b.send("m3", {1, 0, 3, 1}).offset == 3);
  CHECK(b.send("m2", {1, 0, 2, 1}).error == KafkaError::out_of_order_sequence_number);  // older than five batches
  CHECK(b.send("m9", {1, 0, 9, 1}).error == KafkaError::out_of_order_sequence_number);  // a gap
  CHECK(b.cluster->log(0).end(b.cells) == 8);
  CHECK(b.send("m0", {2, 0, 0, 1}).offset == 8);  // KF-IDEM-2: another session
  CHECK(b.send("x", {3, 0, 1, 1}).error == KafkaError::out_of_order_sequence_number);  // overtook its first batch
}

TEST_CASE("kafka_producer.a_repeated_request_is_found_by_its_message") {
  Pool pool;
  Cells cells(pool, false);
  ProducerStates states;
  states.build(cells, 1);
  for (int i = 0; i < 7; ++i) states.appended(cells, pool, 3, {9, 0, i, 1}, Pool::of_int_small(i), 10 + i, 0);
  CHECK(states.find(cells, 3, 9, Pool::of_int_small(6)) == 16);
  CHECK(states.find(cells, 3, 9, Pool::of_int_small(2)) == 12);
  CHECK_FALSE(states.find(cells, 3, 9, Pool::of_int_small(1)));  // only the last five
  CHECK_FALSE(states.find(cells, 4, 9, Pool::of_int_small(6)));
  CHECK(states.next_sequence(cells, 3, 9) == 7);
  states.truncated(cells, pool, 3, 15);
  CHECK_FALSE(states.find(cells, 3, 9, Pool::of_int_small(5)));
  CHECK(states.next_sequence(cells, 3, 9) == 5);
  states.expire(cells, 1);
  CHECK_FALSE(states.find(cells, 3, 9, Pool::of_int_small(4)));
  CHECK(states.check(cells, 3, {9, 0, 5, 1}).verdict == SequenceVerdict::next);
}

TEST_CASE("kafka_producer.what_is_cut_off_the_log_is_no_duplicate") {
  Bench b;
  b.cluster->pause_replication(2, true);
  CHECK(b.send("m", {1, 0, 0, 1}, {}, Acks::leader).offset == 0);
  b.cluster->kill_broker(1);
  CHECK(b.cluster->log(0).end(b.cells) == 0);
  CHECK(b.send("m", {1, 0, 0, 1}).offset == 0);  // appended again: it is not there any more
  CHECK(b.cluster->log(0).end(b.cells) == 1);
}

TEST_CASE("kafka_producer.a_newer_producer_of_the_id_fences_the_older") {  // KF-TXN-1
  Bench b;
  const TransactionalProducer first = b.cluster->init_transactions("x", 60'000, 0);
  CHECK(b.cluster->begin(first, 0) == TxnError::none);
  CHECK(b.send("a", {first.id, first.epoch, 0, 1}, first).offset == 0);
  const TransactionalProducer second = b.cluster->init_transactions("x", 60'000, 0);
  CHECK(second.id == first.id);
  CHECK(b.cluster->end(first, true, 0) == TxnError::fenced);
  CHECK(b.send("b", {first.id, first.epoch, 1, 1}, first).error == KafkaError::fenced);
  CHECK(b.cluster->log(0).last_stable(b.cells) == 2);  // aborted: a and its marker
  CHECK(b.cluster->begin(second, 0) == TxnError::none);
  CHECK(b.cluster->begin(second, 0) == TxnError::already_open);
  CHECK(b.send("c", {second.id, second.epoch, 0, 1}, second).offset == 2);
  CHECK(b.cluster->end(second, true, 0) == TxnError::none);
  CHECK(b.cluster->end(second, true, 0) == TxnError::not_open);
  const TransactionalProducer other = b.cluster->init_transactions("y", 60'000, 0);
  CHECK(other.id != second.id);
}

TEST_CASE("kafka_producer.overdue_transactions_are_aborted_and_their_producer_fenced") {  // KF-TXN-3
  Bench b;
  const TransactionalProducer who = b.cluster->init_transactions("x", 1000, 0);
  b.cluster->begin(who, 0);
  b.send("a", {who.id, who.epoch, 0, 1}, who);
  b.cluster->abort_overdue(999);
  CHECK(b.cluster->log(0).last_stable(b.cells) == 0);
  b.cluster->abort_overdue(1000);
  CHECK(b.cluster->log(0).last_stable(b.cells) == 2);
  CHECK(b.cluster->end(who, true, 1000) == TxnError::fenced);
}

TEST_CASE("kafka_producer.offsets_become_commits_with_the_transaction") {  // KF-TXN-2
  Bench b;
  const std::uint32_t g = b.cluster->group_named("g", {});
  CHECK(b.cluster->subscribe(g, 0));
  const TransactionalProducer who = b.cluster->init_transactions("x", 60'000, 0);
  b.cluster->begin(who, 0);
  CHECK(b.cluster->send_offset(who, g, 0, 3) == TxnError::none);
  CHECK(b.cluster->group(g).committed(b.cells, 0) == no_offset);
  b.cluster->end(who, false, 0);
  CHECK(b.cluster->group(g).committed(b.cells, 0) == no_offset);
  b.cluster->begin(who, 0);
  b.cluster->send_offset(who, g, 0, 4);
  b.cluster->end(who, true, 0);
  CHECK(b.cluster->group(g).committed(b.cells, 0) == 4);
}

TEST_CASE("kafka_producer.sequence_numbers_and_epochs_do_not_make_equal_situations_different") {
  Bench b(true);
  const TransactionalProducer warm = b.cluster->init_transactions("x", 60'000, 0);
  b.cluster->begin(warm, 0);
  b.cluster->end(warm, true, 0);
  const uint128 at_rest = b.cells.fingerprint();
  const TransactionalProducer again = b.cluster->init_transactions("x", 60'000, 0);
  b.cluster->begin(again, 0);
  CHECK(b.cells.fingerprint() != at_rest);
  b.cluster->end(again, true, 0);
  CHECK(b.cells.fingerprint() == at_rest);
  CHECK(b.cells.fingerprint() == b.cells.recomputed_fingerprint());
}

}  // namespace flowtank::kafka
