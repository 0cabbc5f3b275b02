// SPDX-License-Identifier: Apache-2.0
// What properties and people see of a World: observation tables, per-key monitors, fates of messages, and the
// records of a trace with their causes. Observation tables and monitors are part of the state; records
// never are.
#include <algorithm>

#include "sim/world/component.hpp"
#include "sim/world/evaluation.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

void World::message_fate(std::uint32_t subscription, Word message, Fate fate) {
  faults_.copy_done(*this, subscription);
  for (Observer* observer : observers_) observer->message_fate(*this, subscription, message, fate);
}

void World::observe(std::uint32_t table, Word key, std::int64_t amount) {
  if (table == none || !watched_[table] || key == absent_word) return;
  const Cell row = store_.row(table, key);
  const bool was = store_.present(row);
  const std::int64_t count = was ? pool_.value(store_.column(row, 1)).i : 0;
  if (count >= most_observed) return;
  Word columns[3] = {key, Pool::of_int_small(count + 1), absent_word};
  const std::size_t width = system_.tables[table].columns.size();
  if (width > 2) columns[2] = pool_.of_int((was ? pool_.value(store_.column(row, 2)).i : 0) + amount);
  store_.put(table, row, {columns, width});
  if (tracing_states_) trace_row(table, key, {columns, width});
  changed_[table] = 1;
}

std::uint64_t World::monitor(std::uint32_t observer, Word key) const {
  const std::uint64_t what = pool_.content(key).lo ^ mix64(observer + 1);
  if (observer >= 0x8000U) {
    const std::uint32_t at = idempotency_.find(what | 1);
    return at == 0 ? 0 : cells_.get(at);
  }
  if (observer >= monitors_.size()) return 0;
  const std::uint32_t at = monitors_[observer].find(what | 1);
  return at == 0 ? 0 : cells_.get(at);
}

void World::set_monitor(std::uint32_t observer, Word key, std::uint64_t value) {
  const std::uint64_t what = pool_.content(key).lo ^ mix64(observer + 1);
  if (observer < 0x8000U && observer >= monitors_.size()) monitors_.resize(observer + 1);
  WordIndex& index = observer >= 0x8000U ? idempotency_ : monitors_[observer];
  std::uint32_t at = index.find(what | 1);
  if (at == 0) {
    if (value == 0) return;
    at = cells_.allocate(Cells::Holds::number, component_key(ComponentKind::monitor, observer, pool_.content(key), 0));
    index.put(what | 1, at);
  }
  cells_.set(at, value);
}

void World::row_changed(std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after) {
  changed_[table] = 1;
  if (tracing_states_) trace_row(table, key, after);
  for (Observer* observer : observers_) observer->row_changed(*this, table, key, before, after);
  if (!timed()) return;
  wire_.sessions().row_changed(*this, table);
  for (const std::uint32_t frame : pollers_of_table_[table]) {
    if (poller_sleeps_[frame] != 0) wake_poller(frame);
  }
}

void World::put_row_back(std::uint32_t table, Cell row, Word key, std::span<const Word> before, RecordId cause) {
  std::vector<Word> now;
  if (store_.present(row)) {
    now.resize(system_.tables[table].columns.size());
    for (std::uint32_t c = 0; c < now.size(); ++c) now[c] = store_.column(row, c);
  }
  if (before.empty()) store_.erase(table, row);
  else store_.put(table, row, before);
  if (notes(RecordKind::row_changed)) {
    const Word was = now.empty() ? absent_word : row_word(*this, table, now);
    const Word is = before.empty() ? absent_word : row_word(*this, table, before);
    Record& r = note(RecordKind::row_changed);
    r.service = static_cast<std::uint16_t>(system_.tables[table].service);
    r.place = table;
    r.key = key;
    r.before = was;
    r.detail = is;
    r.parent = cause;
    r.other_parent = last_record_of(row_identity(table, key));
    set_last_record_of(row_identity(table, key), r.id);
  }
  row_changed(table, key, now, before);
}

void World::record_into(Trace* trace, bool sentences) {
  trace_ = trace;
  noted_kinds_ = trace == nullptr ? 0 : trace->scope().kinds;
  sentences_ = trace != nullptr && sentences && trace->scope().sentences;
  tracing_ = (noted_kinds_ & ~outcome_kinds) != 0;
  tracing_states_ = trace != nullptr && trace->scope().deltas;
  causes_.clear();
  traced_frames_.clear();
  traced_numbers_.clear();
  cells_.tell(tracing_states_ ? this : nullptr);
}

RecordId World::last_record_of(std::uint64_t what) const { return what == 0 ? no_record : causes_.find(what) - 1; }

std::uint64_t World::row_identity(std::uint32_t table, Word key) const {
  return combine(pool_.content(key), table).lo | 1;
}

}  // namespace flowtank
