// SPDX-License-Identifier: Apache-2.0
// Traces in memory: columns give back what was written, readers on other threads see whole records, levels hold what they
// promise and causes stay sound where records are left out.
#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include <sim/trace/compare.hpp>
#include <sim/trace/trace.hpp>

#include "tests/trace/recorded_run.hpp"

namespace flowtank {
namespace {

Record numbered(std::uint64_t n) {
  Record r;
  r.time = Time(static_cast<std::int64_t>(n * 10));
  r.kind = static_cast<RecordKind>(n % record_kinds);
  r.outcome = static_cast<Outcome>(n % 5);
  r.service = static_cast<std::uint16_t>(n);
  r.instance = static_cast<std::uint16_t>(n * 3);
  r.handler = static_cast<std::uint16_t>(n * 5);
  r.step = static_cast<std::uint32_t>(n * 7);
  r.place = static_cast<std::uint32_t>(n * 11);
  r.subject = n * 13;
  r.key = n * 17;
  r.before = n * 19;
  r.detail = n * 23;
  r.says = n * 29;
  r.parent = static_cast<RecordId>(n / 2);
  r.other_parent = static_cast<RecordId>(n / 3);
  return r;
}

bool same(const Record& a, const Record& b) {
  return a.time == b.time && a.kind == b.kind && a.outcome == b.outcome && a.service == b.service && a.instance == b.instance &&
         a.handler == b.handler && a.step == b.step && a.place == b.place && a.subject == b.subject && a.key == b.key && a.before == b.before &&
         a.detail == b.detail && a.says == b.says && a.parent == b.parent && a.other_parent == b.other_parent;
}

void append(Trace& trace, std::uint64_t n) {
  Record& r = trace.append();
  const RecordId id = r.id;
  r = numbered(n);
  r.id = id;
}

TEST_CASE("memory.columns_give_back_what_was_written") {
  Trace trace;
  const std::size_t count = 3 * chunk_records + 5;
  for (std::size_t n = 0; n < count; ++n) append(trace, n);
  REQUIRE(trace.size() == count);
  std::size_t n = 0;
  bool all = true;
  for (const Record& record : trace) {
    all = all && record.id == n && same(record, numbered(n));
    ++n;
  }
  CHECK(all);
  CHECK(n == count);
  trace.back().outcome = Outcome::crashed;  // the last record may still be filled
  CHECK(trace[count - 1].outcome == Outcome::crashed);
  trace.clear();
  CHECK(trace.empty());
  append(trace, 7);
  CHECK(same(trace[0], numbered(7)));
}

TEST_CASE("memory.a_reader_on_another_thread_sees_whole_records_only") {
  Trace trace;
  constexpr std::size_t count = 200'000;
  std::atomic<bool> torn = false;
  std::atomic<std::size_t> seen = 0;
  std::thread reader([&] {
    std::size_t at = 0;
    while (at < count - 1) {
      for (const std::size_t end = trace.published(); at < end; ++at) {
        if (!same(trace.published_record(at), numbered(at))) torn = true;
      }
      seen = at;
    }
  });
  for (std::size_t n = 0; n < count; ++n) append(trace, n);
  trace.publish();
  reader.join();
  CHECK_FALSE(torn);
  CHECK(seen >= count - 1);
}

TEST_CASE("memory.a_streamed_trace_takes_the_memory_of_one_chunk") {
  struct Counting : ChunkSink {
    std::size_t records = 0, chunks = 0;
    void chunk(const RawChunk& c) override {
      records += c.count;
      ++chunks;
    }
  } sink;
  Trace trace;
  trace.stream_to(&sink);
  for (std::size_t n = 0; n < 20 * chunk_records + 1; ++n) append(trace, n);
  CHECK(trace.memory_bytes() == sizeof(RawChunk));
  trace.finish();
  CHECK(sink.records == 20 * chunk_records + 1);
  CHECK(sink.chunks == 21);
}

TEST_CASE("levels.a_level_holds_its_kinds_and_the_run_is_the_same") {
  const auto system = test::troubled_system(60);
  const auto world = test::world_of(*system);
  std::uint64_t fingerprint = 0;
  std::vector<std::size_t> sizes;
  for (const TraceLevel level : {TraceLevel::off, TraceLevel::outcome, TraceLevel::normal, TraceLevel::full}) {
    INFO(to_text(level));
    Trace trace(TraceScope::of(level));
    world->record_into(&trace);
    world->reset(1);
    while (world->advance(Time::never())) {}
    world->record_into(nullptr);
    if (fingerprint == 0) fingerprint = world->run_fingerprint();
    CHECK(world->run_fingerprint() == fingerprint);
    bool kinds = true, parents = true;
    std::size_t id = 0;
    for (const Record& record : trace) {
      kinds = kinds && (kinds_of(level) & bit_of(record.kind)) != 0;
      parents = parents && record.id == id && (record.parent == no_record || record.parent < id) &&
                (record.other_parent == no_record || record.other_parent < id);
      ++id;
    }
    CHECK(kinds);
    CHECK(parents);
    sizes.push_back(trace.size());
  }
  CHECK(sizes[0] == 0);
  CHECK(sizes[1] > 60);
  CHECK(sizes[1] * 4 < sizes[2]);
  CHECK(sizes[2] < sizes[3]);
}

// What is left out is stood for by what came before it: at the normal level an effect still leads back to its command.
TEST_CASE("levels.causes_lead_back_to_the_client_at_the_normal_level") {
  const auto system = test::troubled_system(20);
  const auto world = test::world_of(*system);
  Trace trace(TraceScope::of(TraceLevel::normal));
  world->record_into(&trace);
  world->reset(1);
  while (world->advance(Time::never())) {}
  std::size_t effects = 0, rooted = 0;
  for (const Record& record : trace) {
    if (record.kind != RecordKind::effect) continue;
    ++effects;
    std::vector<RecordId> pending{record.id};
    std::vector<bool> seen(trace.size());
    bool found = false;
    while (!pending.empty()) {
      const RecordId id = pending.back();
      pending.pop_back();
      if (id == no_record || seen[id]) continue;
      seen[id] = true;
      found = found || trace[id].kind == RecordKind::command_sent;
      pending.push_back(trace[id].parent);
      pending.push_back(trace[id].other_parent);
    }
    rooted += found ? 1 : 0;
  }
  CHECK(effects >= 20);
  CHECK(rooted == effects);
}

TEST_CASE("compare.the_first_record_that_differs_is_named") {
  Trace one, two;
  Pool pool;
  for (std::size_t n = 0; n < 10; ++n) {
    Record& a = one.append();
    Record& b = two.append();
    a.key = pool.intern_string("k" + std::to_string(n));
    b.key = a.key;
    a.time = b.time = Time(static_cast<std::int64_t>(n));
    if (n == 6) b.key = pool.intern_string("other");
    if (n == 6) b.outcome = Outcome::error;
  }
  const auto found = first_difference(one, pool, two, pool);
  REQUIRE(found.has_value());
  CHECK(found->record == 6);
  CHECK(found->fields == std::vector<std::string>{"outcome", "key"});
  CHECK_FALSE(first_difference(one, pool, one, pool).has_value());
  one.append();
  Trace three;
  for (std::size_t n = 0; n < 10; ++n) {
    const RecordId id = three.append().id;
    three.back() = one[n];
    three.back().id = id;
  }
  const auto longer = first_difference(one, pool, three, pool);
  REQUIRE(longer.has_value());
  CHECK(longer->only_in_first);
  CHECK(longer->record == 10);
}

}  // namespace
}  // namespace flowtank
