// SPDX-License-Identifier: Apache-2.0
// The log of a partition: offsets, watermarks, replicas, retention, and what exploration needs of it.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <models/brokers/kafka/consumer_client.hpp>
#include <models/brokers/kafka/partition_log.hpp>
#include <models/brokers/kafka/partitioner.hpp>

namespace flowtank::kafka {
namespace {

struct Bench {
  explicit Bench(bool tracking = false, std::uint32_t replicas = 1) : cells(pool, tracking) { log.build(cells, 7, replicas); }
  Offset append(std::string_view text, std::int64_t time_ms = 0) { return log.append(cells, pool, pages, pool.intern_string(text), time_ms); }
  std::string read(Isolation isolation = Isolation::read_uncommitted, Offset from = 0) {
    std::string text;
    const Offset stop = log.readable_end(cells, isolation);
    for (Offset at = log.next_readable(cells, from, isolation); at < stop; at = log.next_readable(cells, at + 1, isolation)) {
      text += (text.empty() ? "" : " ") + std::string(pool.value(log.message(cells, at)).text());
    }
    return text;
  }
  Pool pool;
  Cells cells;
  LogPages pages;
  PartitionLog log;
};

}  // namespace

TEST_CASE("kafka_partitioner.hashes_are_bit_for_bit") {  // KF-PART-1
  CHECK(crc32("123456789") == 0xcbf43926U);
  const std::pair<std::string_view, std::uint32_t> recorded[] = {{"order-1", 4}, {"order-2", 3}, {"order-3", 3}, {"customer-42", 3}, {"a", 4}, {"b", 2}, {"kafka", 4}, {"giberish123456789", 2}};
  for (const auto& [key, partition] : recorded) CHECK(partition_of_key(Partitioner::murmur2, key, 6) == partition);
  CHECK(partition_of_key(Partitioner::murmur2, "", 1) == 0);
  CHECK(partition_of_key(Partitioner::consistent, "order-1", 6) != partition_of_key(Partitioner::murmur2, "order-1", 6));
}

TEST_CASE("kafka_log.offsets_are_dense_and_reads_find_records_over_many_pages") {  // KF-ORD-1
  Bench b;
  for (int i = 0; i < 10'000; ++i) CHECK(b.log.append(b.cells, b.pool, b.pages, Pool::of_int_small(i)) == i);
  CHECK(b.log.length(b.cells) == 10'000);
  for (int i = 0; i < 10'000; i += 37) CHECK(b.log.message(b.cells, i) == Pool::of_int_small(i));
}

TEST_CASE("kafka_log.a_record_takes_two_cells") {
  Bench b;
  const std::size_t before = b.cells.size();
  for (int i = 0; i < 100'000; ++i) b.log.append(b.cells, b.pool, b.pages, Pool::of_int_small(i));
  CHECK(b.cells.size() - before <= 2 * 100'000 + 2 * LogPages::page_records);
}

TEST_CASE("kafka_log.the_high_watermark_waits_for_the_in_sync_replicas") {  // KF-REPL-1
  Bench b(false, 3);
  b.append("a");
  b.log.pause(b.cells, 1);
  b.append("b");
  CHECK(b.read() == "a");
  b.log.drop_from_isr(b.cells, 1);
  CHECK(b.read() == "a b");
  CHECK(b.log.in_sync(b.cells) == 0b101);
  b.log.resume(b.cells, 1);
  CHECK(b.log.in_sync(b.cells) == 0b111);
  CHECK(b.log.end_of(b.cells, 1) == 2);
}

TEST_CASE("kafka_log.failover_cuts_what_the_new_leader_lacks") {  // KF-REPL-2
  Bench b(false, 2);
  b.append("a");
  b.log.pause(b.cells, 1);
  b.append("b");
  CHECK(b.log.kill(b.cells, b.pool, 0, false));
  CHECK(b.log.leader(b.cells) == 1);
  CHECK(b.append("c") == 1);  // the offset is used again
  CHECK(b.read() == "a c");
  b.log.revive(b.cells, b.pool, 0, false);
  CHECK(b.read() == "a c");
  CHECK(b.log.in_sync(b.cells) == 0b11);
  // Back to the first leader without loss: it had caught up.
  CHECK_FALSE(b.log.kill(b.cells, b.pool, 1, false));
  CHECK(b.read() == "a c");
}

TEST_CASE("kafka_log.without_an_in_sync_replica_nobody_leads_unless_unclean") {  // KF-REPL-3
  Bench b(false, 2);
  b.append("a");
  b.log.drop_from_isr(b.cells, 1);
  b.log.pause(b.cells, 1);
  b.append("b");
  CHECK_FALSE(b.log.kill(b.cells, b.pool, 0, false));
  CHECK(b.log.leader(b.cells) == PartitionLog::no_replica);
  CHECK(b.log.elect(b.cells, b.pool, true));
  CHECK(b.log.leader(b.cells) == 1);
  CHECK(b.read() == "a");
  CHECK(b.log.in_sync(b.cells) == 0b10);
  // A reader that had seen b is ahead of the log (out of range): the reset policy decides.
  CHECK(start_offset(b.cells, b.log, 2, OffsetReset::earliest, Isolation::read_uncommitted).offset == 0);
  CHECK(start_offset(b.cells, b.log, 2, OffsetReset::none, Isolation::read_uncommitted).error);
}

TEST_CASE("kafka_log.power_loss_takes_what_was_not_flushed_where_all_lost_it") {
  Bench all(false, 2);
  all.append("a");
  all.append("b");
  all.log.lose_power(all.cells, all.pool, 0b11, 1);
  CHECK(all.log.leader(all.cells) == PartitionLog::no_replica);
  CHECK(all.log.revive(all.cells, all.pool, 1, false));
  CHECK(all.read() == "a");
  Bench one(false, 2);
  one.append("a");
  one.append("b");
  one.log.lose_power(one.cells, one.pool, 0b01, 0);
  CHECK(one.log.leader(one.cells) == 1);
  one.log.revive(one.cells, one.pool, 0, false);
  CHECK(one.read() == "a b");
}

TEST_CASE("kafka_log.read_committed_stops_at_the_first_open_transaction_and_skips_aborted_records") {  // KF-TXN-3
  Bench b;
  const auto in_transaction = [&](std::uint32_t producer, std::string_view text) {
    b.log.append_transactional(b.cells, b.pool, b.pages, b.pool.intern_string(text), producer, Hash128{producer, 1}, 0);
  };
  in_transaction(1, "a");
  b.append("b");
  in_transaction(2, "c");
  CHECK(b.read(Isolation::read_committed) == "");
  b.log.end_transaction(b.cells, b.pool, b.pages, 1, false, 0);
  CHECK(b.read(Isolation::read_committed) == "b");
  b.log.end_transaction(b.cells, b.pool, b.pages, 2, true, 0);
  CHECK(b.read(Isolation::read_committed) == "b c");
  CHECK(b.read() == "a b c");
  CHECK(b.log.end(b.cells) == 5);  // markers take offsets
  in_transaction(1, "d");          // the first transaction's abort does not reach it
  b.log.end_transaction(b.cells, b.pool, b.pages, 1, true, 0);
  CHECK(b.read(Isolation::read_committed) == "b c d");
}

TEST_CASE("kafka_log.retention_deletes_closed_segments_only") {  // KF-RET-1
  Bench b;
  b.append("a", 0);
  b.append("b", 10);
  CHECK(b.log.delete_old(b.cells, b.pool, 1000, -1, 1) == 0);
  b.log.roll(b.cells);
  b.append("c", 20);
  CHECK(b.log.delete_old(b.cells, b.pool, 10, -1, 1) == 0);  // its newest record is not older
  CHECK(b.log.delete_old(b.cells, b.pool, 11, -1, 1) == 2);
  CHECK(b.read() == "c");
  CHECK(start_offset(b.cells, b.log, 1, OffsetReset::earliest, Isolation::read_uncommitted).offset == 2);
}

TEST_CASE("kafka_log.compaction_keeps_the_last_of_each_key_and_all_offsets") {  // KF-RET-2
  Bench b;
  for (const char* text : {"1a", "2b", "1c", "2-", "1d"}) b.append(text);
  const auto key_of = [&](Word message) {
    const std::string_view text = b.pool.value(message).text();
    return PartitionLog::Keyed{b.pool.intern_string(text.substr(0, 1)), text.substr(1) == "-"};
  };
  b.log.compact(b.cells, b.pool, 0, key_of);
  CHECK(b.read() == "1a 2b 1c 2- 1d");  // all in the active segment
  b.log.roll(b.cells);
  b.append("1e");
  CHECK(b.log.dirty_ratio(b.cells) == 1.0);
  b.log.compact(b.cells, b.pool, 0, key_of);
  CHECK(b.read() == "2- 1d 1e");
  CHECK(b.log.dirty_ratio(b.cells) == 0.0);
  b.log.compact(b.cells, b.pool, 1, key_of);
  CHECK(b.read() == "1d 1e");
  CHECK(b.log.next_readable(b.cells, 0, Isolation::read_uncommitted) == 4);
}

TEST_CASE("kafka_log.timed_runs_give_pages_back") {
  Bench b;
  for (int i = 0; i < 1000; ++i) b.log.append(b.cells, b.pool, b.pages, Pool::of_int_small(i));
  const std::size_t cells = b.cells.size();
  for (int round = 0; round < 50; ++round) {
    CHECK(b.log.forget_below(b.cells, b.pool, b.pages, b.log.end(b.cells) - 100));
    for (int i = 0; i < 900; ++i) b.log.append(b.cells, b.pool, b.pages, Pool::of_int_small(i));
  }
  CHECK(b.cells.size() <= cells + 2 * LogPages::page_records);
  CHECK(b.log.message(b.cells, b.log.end(b.cells) - 1) == Pool::of_int_small(899));
}

// ---- exploration -------------------------------------------------------------------------------------------

TEST_CASE("kafka_log.equal_remainders_are_equal_states") {
  // One log has seen two records that everybody has read, the other has not; both hold c, d.
  Bench a(true), b(true);
  for (const char* text : {"x", "y", "c", "d"}) a.append(text);
  for (const char* text : {"c", "d"}) b.append(text);
  CHECK(a.cells.fingerprint() != b.cells.fingerprint());
  CHECK(a.log.forget_below(a.cells, a.pool, a.pages, 2));
  CHECK(a.cells.fingerprint() == b.cells.fingerprint());
  CHECK(a.cells.fingerprint() == a.cells.recomputed_fingerprint());
  std::string left, right;
  a.cells.encode(left);
  b.cells.encode(right);
  CHECK(left == right);
  b.append("e");
  a.append("f");
  CHECK(a.cells.fingerprint() != b.cells.fingerprint());  // can fail
}

TEST_CASE("kafka_log.positions_count_from_the_base") {
  Bench a(true), b(true);
  OffsetCell at_a, at_b;
  at_a.build(a.cells, 99);
  at_b.build(b.cells, 99);
  for (const char* text : {"x", "c"}) a.append(text);
  b.append("c");
  at_a.set(a.cells, 2, a.log.base(a.cells));
  at_b.set(b.cells, 1, b.log.base(b.cells));
  CHECK(a.cells.fingerprint() != b.cells.fingerprint());
  a.log.forget_below(a.cells, a.pool, a.pages, 1);
  at_a.rebase(a.cells, a.log.base(a.cells));
  CHECK(a.cells.fingerprint() == b.cells.fingerprint());
}

TEST_CASE("kafka_log.undo_restores_state_and_fingerprint_whatever_happened") {
  Bench b(true, 3);
  std::uint64_t draw = 12345;
  const auto next = [&](std::uint64_t below) {
    draw = mix64(draw + 0x9e3779b97f4a7c15ULL);
    return draw % below;
  };
  std::vector<std::pair<Cells::Mark, std::string>> marks;
  for (int i = 0; i < 4000; ++i) {
    std::string state;
    b.cells.encode(state);
    marks.emplace_back(b.cells.mark(), state);
    const auto replica = static_cast<std::uint32_t>(next(3));
    const auto producer = static_cast<std::uint32_t>(next(2) + 1);
    switch (next(12)) {
      case 0: b.log.pause(b.cells, replica); break;
      case 1: b.log.resume(b.cells, replica); break;
      case 2: b.log.kill(b.cells, b.pool, replica, next(2) == 0); break;
      case 3: b.log.revive(b.cells, b.pool, replica, false); break;
      case 4: b.log.drop_from_isr(b.cells, replica); break;
      case 5: b.log.append_transactional(b.cells, b.pool, b.pages, Pool::of_int_small(i), producer, Hash128{producer, 5}, 0); break;
      case 6: b.log.end_transaction(b.cells, b.pool, b.pages, producer, next(2) == 0, 0); break;
      case 7: b.log.forget_below(b.cells, b.pool, b.pages, static_cast<Offset>(next(100))); break;
      case 8: b.log.roll(b.cells); break;
      case 9: b.log.lose_power(b.cells, b.pool, static_cast<Replicas>(next(8)), b.log.end(b.cells) - static_cast<Offset>(next(2))); break;
      default: b.log.append(b.cells, b.pool, b.pages, Pool::of_int_small(i)); break;
    }
    REQUIRE(b.cells.fingerprint() == b.cells.recomputed_fingerprint());
    REQUIRE(b.log.high_watermark(b.cells) <= b.log.end(b.cells));
    REQUIRE(b.log.last_stable(b.cells) <= b.log.high_watermark(b.cells));
    if (next(4) != 0) continue;
    const std::size_t back = next(marks.size());
    b.cells.undo(marks[back].first);
    std::string again;
    b.cells.encode(again);
    REQUIRE(again == marks[back].second);
    marks.resize(back);
  }
}

}  // namespace flowtank::kafka
