// SPDX-License-Identifier: Apache-2.0
// Records of queues: the same numbers come out whether they are cells, which a search undoes, or pages of a timed run; what is given
// back is given out again first; a run after a reset finds none of the one before.
#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/world/cell_records.hpp>

namespace flowtank {

TEST_CASE("cell_records.cells_and_pages_hold_the_same") {
  const Pool pool;
  for (const bool tracking : {false, true}) {
    INFO(tracking);
    Cells cells(pool, tracking);
    CellRecords<3> records;
    records.build(cells);
    for (std::uint64_t i = 1; i <= 5'000; ++i) {
      REQUIRE(records.take(cells) == i);
      REQUIRE(records.peek(cells, i, 2) == 0);
      for (std::uint32_t field = 0; field < 3; ++field) records.set(cells, i, field, i * 3 + field);
    }
    bool all = true;
    for (std::uint64_t i = 1; i <= 5'000; ++i) {
      for (std::uint32_t field = 0; field < 3; ++field) all = all && records.peek(cells, i, field) == i * 3 + field;
    }
    CHECK(all);
    records.give(cells, 7);
    records.give(cells, 4'000);
    CHECK(records.take(cells) == 4'000);
    CHECK(records.take(cells) == 7);
    CHECK(records.take(cells) == 5'001);
    CHECK(records.most(cells) == 5'001);
    CHECK(records.knows(cells, 5'001));
    CHECK_FALSE(records.knows(cells, 5'002));
    CHECK_FALSE(records.knows(cells, 0));
  }
}

TEST_CASE("cell_records.undo_gives_the_same_record_out_again") {
  const Pool pool;
  Cells cells(pool, true);
  CellRecords<2> records;
  records.build(cells);
  const auto kept = records.take(cells);
  records.set(cells, kept, 0, 11);
  const Cells::Mark mark = cells.mark();
  const auto other = records.take(cells);
  records.set(cells, other, 0, 22);
  records.set(cells, kept, 0, 33);
  records.give(cells, kept);
  cells.undo(mark);
  CHECK(records.peek(cells, kept, 0) == 11);
  CHECK_FALSE(records.knows(cells, other));
  CHECK(records.take(cells) == other);
  CHECK(records.peek(cells, other, 0) == 0);
}

TEST_CASE("cell_records.a_timed_run_after_a_reset_starts_with_zeroes") {
  const Pool pool;
  Cells cells(pool, false);
  CellRecords<2> records;
  records.build(cells);
  for (int i = 0; i < 2'000; ++i) records.set(cells, records.take(cells), 0, 5);
  cells.truncate_and_zero(cells.size());
  CHECK(records.most(cells) == 0);
  for (int i = 0; i < 2'000; ++i) {
    const auto record = records.take(cells);
    REQUIRE(records.peek(cells, record, 0) == 0);
  }
  const std::size_t full = records.memory_bytes();
  CHECK(full < 2'000 * 2 * 8 * 5 / 4);  // no slack of an array that doubles
  records.clear();
  CHECK(records.memory_bytes() < full);
}

TEST_CASE("cell_records.halves_of_a_field_change_alone") {
  const std::uint64_t both = with_high_half(with_low_half(0, 7), 9);
  CHECK(low_half(both) == 7);
  CHECK(high_half(both) == 9);
  CHECK(low_half(with_high_half(both, 0xffffffff)) == 7);
  CHECK(high_half(with_low_half(both, 0)) == 9);
}

}  // namespace flowtank
