// SPDX-License-Identifier: Apache-2.0
// States in a trace: at the level full a lookup of every component; below it the rows that the committed changes give.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/evidence_text.hpp"
#include "reports/text.hpp"
#include "reports/trace_view.hpp"

namespace flowtank::reports {

using nlohmann::json;

namespace {

constexpr std::string_view waiting_words[] = {"", "a publish is on the way", "an answer is on the way", "a refusal is on the way", "no answer will come",
                                              "a call is under way", "a reply is on the way", "an error is on the way", "waits for a lock", "waits before trying again"};

template <typename Things>
std::string named(const Things& things, std::size_t index, const char* what) {
  return index < things.size() ? printable(things[index].name) : fmt::format("{} {}", what, index);
}

}  // namespace

std::string TraceView::component_name(const Component& c) const {
  const TraceNames& names = reader_.names();
  const auto key = [&] { return c.key == absent_word ? std::string() : text_.value(c.key); };
  const auto subscription = [&] {
    if (c.owner >= system_.subscriptions.size()) return fmt::format("subscription {}", c.owner);
    const Subscription& s = system_.subscriptions[c.owner];
    return named(system_.channels, s.channel, "channel") + " -> " + named(system_.services, s.service, "service");
  };
  switch (c.kind) {
    case StateKind::row: return (c.owner < system_.tables.size() ? printable(system_.tables[c.owner].display) : fmt::format("table {}", c.owner)) + "[" + key() + "]";
    case StateKind::run: {
      if (c.owner >= names.frames.size()) return fmt::format("run {}", c.owner);
      const TraceNames::Frame& frame = names.frames[c.owner];
      return fmt::format("run of {} #{}, place {}", named(system_.services, frame.service, "service"), frame.instance + 1, c.owner);
    }
    case StateKind::copies: return subscription() + ": " + text_.message(c.key);
    case StateKind::backlog: return subscription();
    case StateKind::request: {
      const Value request = records_.pool().value(c.key);
      const Word message = request.is(Kind::list) && !request.items().empty() ? records_.pool().find(request.items()[0]) : c.key;
      return named(system_.services, c.owner, "service") + ": " + text_.message(message);
    }
    case StateKind::on_the_way: {
      const Value item = records_.pool().value(c.key);
      if (!item.is(Kind::list) || item.items().size() < 2) return key();
      return text_.channel(item.items()[0].is(Kind::int64) ? static_cast<std::uint32_t>(item.items()[0].i) : none) + ": " +
             text_.message(records_.pool().find(item.items()[1]));
    }
    case StateKind::unanswered: {
      const Value request = records_.pool().value(c.key);
      const Word message = request.is(Kind::list) && !request.items().empty() ? records_.pool().find(request.items()[0]) : c.key;
      return named(system_.clients, c.owner, "client") + ": " + text_.message(message);
    }
    case StateKind::timer: return named(system_.timers, c.owner, "timer") + " of " + key();
    case StateKind::client: return named(system_.clients, c.owner, "client");
    case StateKind::instance: return fmt::format("instance {}", c.owner);
    case StateKind::budget: return named(system_.faults, c.owner, "fault");
    case StateKind::outage: return named(system_.brokers, c.owner, "broker");
    case StateKind::broker: return fmt::format("{}: {}{}", named(system_.brokers, c.owner, "broker"), key(), c.field == 0 ? "" : fmt::format(" ({})", c.field));
  }
  return "something";
}

std::vector<TraceView::Entry> TraceView::entries_at(RecordId at) const {
  std::vector<Entry> entries;
  for (const HeldValue& held : reader_.state_at(at)) {
    Component component = reader_.component(held.component);
    component.key = records_.word(component.key);
    entries.push_back({component, records_.word(held.value)});
  }
  const Pool& pool = records_.pool();
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    if (a.component.kind != b.component.kind) return a.component.kind < b.component.kind;
    if (a.component.owner != b.component.owner) return a.component.owner < b.component.owner;
    const int order = compare(pool.value(a.component.key), pool.value(b.component.key));
    return order != 0 ? order < 0 : a.component.field < b.component.field;
  });
  return entries;
}

// Below the level full: the last committed change of each row so far.
std::vector<TraceView::Entry> TraceView::rows_from_records(std::uint32_t table, RecordId at) const {
  std::map<std::uint64_t, std::uint64_t> last;  // key -> row, both numbers of the dictionary
  for (RecordId id = 0; id <= at && id < reader_.size(); ++id) {
    const Record r = reader_.record(id);
    if (r.kind == RecordKind::row_changed && r.place == table) last[r.key] = r.detail;
  }
  std::vector<Entry> entries;
  for (const auto& [key, row] : last) {
    if (row != 0) entries.push_back({{StateKind::row, 0, table, records_.word(key)}, records_.word(row)});
  }
  const Pool& pool = records_.pool();
  std::stable_sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) { return compare(pool.value(a.component.key), pool.value(b.component.key)) < 0; });
  return entries;
}

std::string TraceView::held(const Entry& entry) const {
  const Value now = records_.pool().value(entry.now);
  const std::int64_t number = now.is(Kind::int64) ? now.i : 0;
  if (entry.component.kind == StateKind::instance) {
    if (number == 1) return "down";
    return "paused by " + named(system_.faults, static_cast<std::size_t>(number - 2), "fault");
  }
  if (entry.component.kind == StateKind::timer && entry.component.field == 1) return "due at " + to_text(now);
  return with_messages_named(system_, printable(to_text(now)));
}

std::string TraceView::rows(std::uint32_t table, const std::vector<Entry>& entries) const {
  const auto& columns = system_.tables[table].columns;
  std::vector<std::vector<std::string>> cells(1);
  for (const Column& column : columns) cells[0].push_back(printable(column.name));
  for (const Entry& entry : entries) {
    const Value row = records_.pool().value(entry.now);
    std::vector<std::string>& line = cells.emplace_back();
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const bool there = (row.is(Kind::record) || row.is(Kind::list)) && c < row.items().size();
      line.push_back(there ? with_messages_named(system_, printable(to_text(row.items()[c]))) : "");
    }
  }
  std::string out = fmt::format("{}: {}\n", printable(system_.tables[table].display), counted(entries.size(), "row"));
  if (entries.empty()) return out;
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& line : cells) {
    for (std::size_t c = 0; c < widths.size(); ++c) widths[c] = std::max(widths[c], std::min<std::size_t>(width_of(line[c]), 40));
  }
  for (const auto& line : cells) {
    std::string text = " ";
    for (std::size_t c = 0; c < widths.size(); ++c) text += " " + padded(shortened(line[c], widths[c], ".."), widths[c]) + " ";
    while (!text.empty() && text.back() == ' ') text.pop_back();
    out += shortened(text, 100, "..") + "\n";
  }
  return out;
}

std::string TraceView::others(const std::vector<Entry>& entries) const {
  static constexpr std::pair<StateKind, const char*> titles[] = {
      {StateKind::run, "handler runs"}, {StateKind::backlog, "backlogs"}, {StateKind::copies, "copies in queues"}, {StateKind::request, "requests that wait"},
      {StateKind::on_the_way, "publishes on the way"}, {StateKind::unanswered, "unanswered requests"}, {StateKind::timer, "timers"},
      {StateKind::client, "requests sent"}, {StateKind::instance, "instances that are not up"}, {StateKind::budget, "strikes left"},
      {StateKind::outage, "brokers that are away"}, {StateKind::broker, "inside brokers"}};
  std::string out;
  for (const auto& [kind, title] : titles) {
    std::string part;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Entry& entry = entries[i];
      if (entry.component.kind != kind) continue;
      if (kind == StateKind::run) {
        // The fields of one run stand together.
        Word fields[run_fields] = {};
        std::size_t end = i;
        for (; end < entries.size() && entries[end].component.kind == kind && entries[end].component.owner == entry.component.owner; ++end) {
          if (entries[end].component.field < run_fields) fields[entries[end].component.field] = entries[end].now;
        }
        i = end - 1;
        const auto number = [&](RunField f) {
          const Value value = records_.pool().value(fields[static_cast<std::size_t>(f)]);
          return value.is(Kind::int64) && value.i >= 0 ? static_cast<std::size_t>(value.i) : std::size_t{0};
        };
        const std::size_t handler = number(RunField::handler), step = number(RunField::step), waiting = number(RunField::waiting);
        std::string at;
        if (handler < system_.handlers.size() && step < system_.handlers[handler].program.steps.size()) at = printable(system_.handlers[handler].program.steps[step].label);
        const Word input = fields[static_cast<std::size_t>(RunField::input)];
        part += fmt::format("  {}: {}{}{}{}\n", component_name(entry.component), named(system_.handlers, handler, "handler"),
                            input == absent_word ? "" : " of " + text_.message(input), at.empty() ? "" : ", before \"" + at + "\"",
                            waiting == 0 || waiting >= std::size(waiting_words) ? "" : fmt::format(" ({})", waiting_words[waiting]));
        continue;
      }
      const std::string now = held(entry);
      part += fmt::format("  {}{}\n", component_name(entry.component), now == "1" && kind != StateKind::client && kind != StateKind::backlog && kind != StateKind::budget ? "" : ": " + now);
    }
    if (!part.empty()) out += fmt::format("{}\n{}", title, part);
  }
  return out;
}

std::string TraceView::state(std::optional<std::uint32_t> table, RecordId at, bool as_json) const {
  const bool full = reader_.has_states();
  std::vector<Entry> entries;
  if (full) entries = entries_at(at);
  else for (std::uint32_t t = 0; t < system_.tables.size(); ++t) {
    if (table && *table != t) continue;
    const auto rows_of = rows_from_records(t, at);
    entries.insert(entries.end(), rows_of.begin(), rows_of.end());
  }
  const auto rows_of = [&](std::uint32_t t) {
    std::vector<Entry> out;
    for (const Entry& entry : entries) {
      if (entry.component.kind == StateKind::row && entry.component.owner == t) out.push_back(entry);
    }
    return out;
  };
  const Time time = reader_.record(at).time;
  if (as_json) {
    json out{{"record", at}, {"time_ns", time.nanoseconds()}};
    for (std::uint32_t t = 0; t < system_.tables.size(); ++t) {
      if (table && *table != t) continue;
      json& list = out["tables"][printable(system_.tables[t].display)] = json::array();
      for (const Entry& entry : rows_of(t)) {
        json row = json::object();
        const Value value = records_.pool().value(entry.now);
        const auto& columns = system_.tables[t].columns;
        const std::size_t cells = value.is(Kind::record) || value.is(Kind::list) ? value.items().size() : 0;  // a file may say anything
        for (std::size_t c = 0; c < std::min(columns.size(), cells); ++c) {
          const Value item = value.items()[c];
          row[printable(columns[c].name)] = item.is(Kind::int64) ? json(item.i) : item.is(Kind::boolean) ? json(item.b) : item.is(Kind::null) ? json() : json(printable(item.is(Kind::string) ? std::string(item.text()) : to_text(item)));
        }
        list.push_back(std::move(row));
      }
    }
    if (!table) {
      for (const Entry& entry : entries) {
        if (entry.component.kind != StateKind::row) out["components"].push_back({{"kind", static_cast<int>(entry.component.kind)}, {"name", component_name(entry.component)}, {"field", entry.component.field}, {"now", held(entry)}});
      }
    }
    return out.dump(2) + "\n";
  }
  std::string out = reader_.identity().explored ? fmt::format("after record #{}\n", at) : fmt::format("after record #{} at {}\n", at, to_string(time));
  for (std::uint32_t t = 0; t < system_.tables.size(); ++t) {
    if (table && *table != t) continue;
    const auto list = rows_of(t);
    if (table || !list.empty()) out += rows(t, list);
  }
  if (table) return out;
  out += full ? others(entries) : fmt::format("(rows as the committed changes give them; queues and handler runs are in traces of the level full)\n");
  return out;
}

std::string TraceView::history(std::uint32_t table, const std::string& key, bool as_json) const {
  std::string out;
  for (const ChunkPlace& chunk : reader_.chunks()) {
    if ((chunk.kinds & bit_of(RecordKind::row_changed)) == 0) continue;
    for (RecordId id = chunk.first; id < chunk.first + chunk.records; ++id) {
      const Record raw = reader_.record(id);
      if (raw.kind != RecordKind::row_changed || raw.place != table) continue;
      records_.forget_when_large();
      const Record record = records_[id];
      if (to_text(records_.pool().value(record.key)) == key) out += line(record, as_json);
    }
  }
  if (!out.empty() || !reader_.has_states()) return out;
  // Observations change without a record of their own.
  for (std::uint32_t number = 0; number < reader_.components(); ++number) {
    const Component component = reader_.component(number);
    if (component.kind != StateKind::row || component.owner != table || to_text(records_.pool().value(records_.word(component.key))) != key) continue;
    for (const Delta& delta : reader_.changes_of(number)) {
      const Time time = reader_.record(delta.record).time;
      const std::string old = text_.value(records_.word(delta.old)), now = text_.value(records_.word(delta.now));
      if (as_json) out += json{{"record", delta.record}, {"time_ns", time.nanoseconds()}, {"before", old}, {"after", now}}.dump() + "\n";
      else out += fmt::format("{:>9}  {:>12}  {} -> {}\n", fmt::format("#{}", delta.record), format_seconds(time, 6), old, now);
    }
  }
  return out;
}

}  // namespace flowtank::reports
