// SPDX-License-Identifier: Apache-2.0
// The state at a record as tables: every store with its rows, and what queues, handler runs, timers and brokers hold,
// each row marked with what the record changed. A lookup in the trace, not a replay; below the level full a trace has
// no states, and there is nothing here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

enum class RowMark : std::uint8_t { same, added, changed, removed };

struct StoreRow {
  RowMark mark = RowMark::same;
  std::vector<std::string> cells;
  std::vector<std::string> before;  // changed: the old cells
};

struct Store {
  std::string name;                  // "payment.charges", "backlogs"
  std::uint32_t table = none;        // none: no table
  std::uint32_t service = none;
  std::vector<std::string> columns;
  std::vector<StoreRow> rows;
  std::size_t added = 0, changed = 0, removed = 0;
  std::size_t changes() const { return added + changed + removed; }
};

struct StateAt {
  bool known = false;
  std::vector<Store> stores;  // tables first, then the rest; what holds nothing and changed nothing is left out but tables
};

// The state after `record`, compared with the state before it; `against` compares with the state after another record.
StateAt state_at(const RunReader& run, RecordId record, RecordId against = no_record);

// Numbers for pictures: rows by table, copies that wait by subscription, instances that are down.
struct StateCounts {
  std::vector<std::uint64_t> rows;      // by table
  std::vector<std::uint64_t> backlog;   // by subscription
  std::vector<std::uint64_t> sent;      // by client
  std::vector<std::pair<std::uint32_t, std::uint32_t>> not_up;  // number of the instance, how
};
StateCounts counts_at(const RunReader& run, RecordId record);

}  // namespace flowtank::gui
