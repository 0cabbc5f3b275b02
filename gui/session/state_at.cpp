// SPDX-License-Identifier: Apache-2.0
// See state_at.hpp. Two lookups are merged by component; a value of the same number has not changed.
#include "gui/session/state_at.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <reports/evidence_text.hpp>
#include <reports/text.hpp>

namespace flowtank::gui {
namespace {

struct Held {
  Component component;   // its key a word of the reader's pool
  Word before = absent_word, now = absent_word;
  bool same = true;
};

struct Kept {
  StateKind kind;
  const char* name;
  const char* what;   // title of the first column
  const char* value;  // title of the second
};

constexpr Kept kept_beside_tables[] = {
    {StateKind::backlog, "backlogs", "queue", "copies that wait"},
    {StateKind::copies, "copies in queues", "copy", "how many"},
    {StateKind::run, "handler runs", "run", "state"},
    {StateKind::request, "requests that wait", "request", "how many"},
    {StateKind::on_the_way, "publishes on the way", "publish", "how many"},
    {StateKind::unanswered, "unanswered requests", "request", "how many"},
    {StateKind::timer, "timers", "timer", "state"},
    {StateKind::client, "requests sent", "client", "sent"},
    {StateKind::instance, "instances that are not up", "instance", "state"},
    {StateKind::budget, "faults that may still strike", "fault", "strikes left"},
    {StateKind::outage, "brokers that are away", "broker", "state"},
    {StateKind::broker, "inside brokers", "what", "value"},
};

class Reading {
 public:
  Reading(const RunReader& run) : run_(run), records_(run.view().records()) {}

  std::vector<Held> read(RecordId now, RecordId before) const {
    std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> values;  // component -> before, now
    if (before != no_record) {
      for (const HeldValue& held : run_.reader().state_at(before)) values[held.component].first = held.value;
    }
    for (const HeldValue& held : run_.reader().state_at(now)) values[held.component].second = held.value;
    std::vector<Held> out;
    for (const auto& [number, value] : values) {
      Held held;
      held.component = run_.reader().component(number);
      held.component.key = records_.word(held.component.key);
      held.same = value.first == value.second;
      held.now = records_.word(value.second);
      held.before = held.same ? held.now : records_.word(value.first);
      out.push_back(held);
    }
    const Pool& pool = records_.pool();
    std::stable_sort(out.begin(), out.end(), [&](const Held& a, const Held& b) {
      if (a.component.kind != b.component.kind) return a.component.kind < b.component.kind;
      if (a.component.owner != b.component.owner) return a.component.owner < b.component.owner;
      const int order = compare(pool.value(a.component.key), pool.value(b.component.key));
      return order != 0 ? order < 0 : a.component.field < b.component.field;
    });
    return out;
  }

  std::string text(const Value& value) const { return reports::with_messages_named(run_.system(), reports::printable(to_text(value))); }

  std::vector<std::string> row(std::uint32_t table, Word word) const {
    const auto& columns = run_.system().tables[table].columns;
    const Value row = records_.pool().value(word);
    const bool list = row.is(Kind::record) || row.is(Kind::list);
    std::vector<std::string> cells;
    for (std::size_t c = 0; c < columns.size(); ++c) cells.push_back(list && c < row.items().size() ? plain(row.items()[c]) : "");
    return cells;
  }

  std::string held(const Component& component, Word word) const {
    const Value value = records_.pool().value(word);
    if (component.kind == StateKind::instance) {
      const std::int64_t how = value.is(Kind::int64) ? value.i : 0;
      const auto fault = static_cast<std::size_t>(how - 2);
      return how == 1 ? "down" : fault < run_.system().faults.size() ? "paused by " + reports::printable(run_.system().faults[fault].name) : "paused";
    }
    if (component.kind == StateKind::timer) return component.field == 1 ? "due at " + text(value) : "set";
    if (component.kind == StateKind::run) return run_field(static_cast<RunField>(component.field), value);
    return text(value);
  }

  std::string name(const Component& component) const { return run_.view().component_name(component); }
  const Pool& pool() const { return records_.pool(); }

 private:
  // A cell: strings without quotes.
  std::string plain(const Value& value) const { return value.is(Kind::string) ? reports::printable(value.text()) : value.is(Kind::absent) ? "" : text(value); }

  std::string run_field(RunField field, const Value& value) const {
    const auto number = static_cast<std::size_t>(value.is(Kind::int64) ? value.i : 0);
    switch (field) {
      case RunField::handler: return number < run_.system().handlers.size() ? "handles in " + reports::printable(run_.system().handlers[number].name) : text(value);
      case RunField::step: return fmt::format("at step {}", number);
      case RunField::input: return text(value);
      case RunField::waiting: return number == 0 ? "goes on" : fmt::format("waits ({})", number);
      case RunField::attempts: return fmt::format("attempt {}", number);
    }
    return text(value);
  }

  const RunReader& run_;
  const FileRecords& records_;
};

void count(Store& store, RowMark mark) {
  store.added += mark == RowMark::added ? 1U : 0U;
  store.changed += mark == RowMark::changed ? 1U : 0U;
  store.removed += mark == RowMark::removed ? 1U : 0U;
}

RowMark mark_of(const Held& held) {
  if (held.same) return RowMark::same;
  return held.before == absent_word ? RowMark::added : held.now == absent_word ? RowMark::removed : RowMark::changed;
}

}  // namespace

StateAt state_at(const RunReader& run, RecordId record, RecordId against) {
  StateAt out;
  if (!run.reader().has_states() || record >= run.size()) return out;
  out.known = true;
  run.view().records().forget_when_large();
  const RecordId before = against != no_record ? against : record == 0 ? no_record : record - 1;
  const Reading reading(run);
  const std::vector<Held> all = reading.read(record, before);
  const auto& tables = run.system().tables;
  std::vector<Store> stores(tables.size());
  for (std::uint32_t t = 0; t < tables.size(); ++t) {
    stores[t].name = reports::printable(tables[t].display.empty() ? tables[t].name : tables[t].display);
    stores[t].table = t;
    stores[t].service = tables[t].service;
    for (const flowtank::Column& column : tables[t].columns) stores[t].columns.push_back(reports::printable(column.name));
  }
  std::map<StateKind, Store> others;
  for (const Held& held : all) {
    StoreRow row;
    row.mark = mark_of(held);
    const Word shown = held.now == absent_word ? held.before : held.now;
    if (held.component.kind == StateKind::row) {
      if (held.component.owner >= stores.size()) continue;
      Store& store = stores[held.component.owner];
      row.cells = reading.row(held.component.owner, shown);
      if (row.mark == RowMark::changed) row.before = reading.row(held.component.owner, held.before);
      count(store, row.mark);
      store.rows.push_back(std::move(row));
      continue;
    }
    Store& store = others[held.component.kind];
    row.cells = {reading.name(held.component), reading.held(held.component, shown)};
    if (row.mark == RowMark::changed) row.before = {row.cells[0], reading.held(held.component, held.before)};
    count(store, row.mark);
    store.rows.push_back(std::move(row));
  }
  // What services hold comes before what only the run observes.
  std::stable_sort(stores.begin(), stores.end(), [&](const Store& a, const Store& b) {
    return (tables[a.table].role == TableRole::observation) < (tables[b.table].role == TableRole::observation);
  });
  out.stores = std::move(stores);
  for (const Kept& kept : kept_beside_tables) {
    const auto found = others.find(kept.kind);
    if (found == others.end()) continue;
    found->second.name = kept.name;
    found->second.columns = {kept.what, kept.value};
    out.stores.push_back(std::move(found->second));
  }
  return out;
}

StateCounts counts_at(const RunReader& run, RecordId record) {
  StateCounts out;
  out.rows.resize(run.system().tables.size());
  out.backlog.resize(run.system().subscriptions.size());
  out.sent.resize(run.system().clients.size());
  if (!run.reader().has_states() || record >= run.size()) return out;
  const FileRecords& records = run.view().records();
  records.forget_when_large();
  const auto number = [&](std::uint32_t value) {
    const Value v = records.pool().value(records.word(value));
    return v.is(Kind::int64) && v.i > 0 ? static_cast<std::uint64_t>(v.i) : std::uint64_t{0};
  };
  for (const HeldValue& held : run.reader().state_at(record)) {
    const Component c = run.reader().component(held.component);
    if (c.kind == StateKind::row && c.owner < out.rows.size()) ++out.rows[c.owner];
    if (c.kind == StateKind::backlog && c.owner < out.backlog.size()) out.backlog[c.owner] += number(held.value);
    if (c.kind == StateKind::client && c.owner < out.sent.size()) out.sent[c.owner] += number(held.value);
    if (c.kind == StateKind::instance && number(held.value) != 0) out.not_up.emplace_back(c.owner, static_cast<std::uint32_t>(number(held.value)));
  }
  return out;
}

}  // namespace flowtank::gui
