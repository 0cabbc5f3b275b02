// SPDX-License-Identifier: Apache-2.0
// See trace_view.hpp: the summary, lists, and finding what the user means.
#include "reports/trace_view.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sim/base/bytes_text.hpp>
#include <sim/world/trace_names.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {

using nlohmann::json;

TraceView::TraceView(const TraceReader& reader)
    : reader_(reader), records_(reader), system_(system_of(reader.names())), text_(system_, records_.pool(), records_) {}

std::string TraceView::place(const Record& record) const {
  const auto& properties = reader_.names().properties;
  if (record.kind == RecordKind::violated) return record.place < properties.size() ? printable(properties[record.place]) : "";
  return text_.place_name(record);
}

std::string TraceView::key_text(const Record& record) const {
  Word key = record.key;
  if (key == absent_word && record.subject != absent_word) {
    const Value message = records_.pool().value(record.subject);
    if (message.is(Kind::record) && message.items().size() == message_fields) key = records_.pool().find(message.items()[field_key]);
  }
  return key == absent_word ? "" : to_text(records_.pool().value(key));
}

std::string TraceView::summary(bool as_json) const {
  std::map<std::uint8_t, std::uint64_t> kinds;
  std::map<std::uint32_t, std::uint64_t> faults;
  std::vector<std::string> violated;
  for (const ChunkPlace& chunk : reader_.chunks()) {
    for (std::uint32_t i = 0; i < chunk.records; ++i) {
      const Record r = reader_.record(chunk.first + i);
      if (!reader_.readable(reader_.chunk_of(r.id))) break;
      ++kinds[static_cast<std::uint8_t>(r.kind)];
      if (r.kind == RecordKind::fault) ++faults[r.place];
      if (r.kind == RecordKind::violated && violated.size() < 20) violated.push_back(place(r) + (r.key == 0 ? "" : ": " + text_.value(records_.word(r.key))));
    }
  }
  const TraceIdentity& identity = reader_.identity();
  const std::size_t records = reader_.size();
  const Time first = reader_.chunks().empty() ? Time() : reader_.chunks().front().first_time;
  const Time last = reader_.chunks().empty() ? Time() : reader_.chunks().back().last_time;
  const double each = records == 0 ? 0 : static_cast<double>(reader_.bytes()) / static_cast<double>(records);
  const auto fault_name = [&](std::uint32_t f) { return f < system_.faults.size() ? printable(system_.faults[f].name) : fmt::format("fault {}", f); };
  if (as_json) {
    json out{{"flowtank_trace_summary", 1}, {"file", printable(reader_.name())}, {"scenario", printable(reader_.names().scenario)},
             {"scenario_hash", fmt::format("{:016x}{:016x}", identity.scenario.hi, identity.scenario.lo)}, {"seed", identity.seed},
             {"level", to_text(identity.level)}, {"complete", reader_.end().has_value()}, {"records", records}, {"chunks", reader_.chunks().size()},
             {"bytes", reader_.bytes()}, {"first_ns", first.nanoseconds()}, {"last_ns", last.nanoseconds()}};
    if (reader_.end()) {
      out["fingerprint"] = fmt::format("{:016x}", reader_.end()->fingerprint);
      out["actions"] = reader_.end()->actions;
    }
    for (const auto& [kind, count] : kinds) out["kinds"][std::string(kind_name(static_cast<RecordKind>(kind)))] = count;
    for (const auto& [fault, count] : faults) out["faults"][fault_name(fault)] = count;
    for (const std::string& property : violated) out["violated"].push_back(property);
    for (const Service& service : system_.services) out["services"].push_back(printable(service.name));
    return out.dump(2) + "\n";
  }
  std::string out = fmt::format("{}: {}, level {}, {} ({:.1f} bytes a record)\n", printable(reader_.name()), counted(records, "record"),
                                to_text(identity.level), bytes_text(reader_.bytes()), each);
  out += fmt::format("  scenario    {}, seed {}\n", printable(reader_.names().scenario), identity.seed);
  if (reader_.end()) {
    out += fmt::format("  run         {}, fingerprint {:016x}\n", counted(reader_.end()->actions, "action"), reader_.end()->fingerprint);
  } else {
    out += "  run         not complete: the trace has no end\n";
  }
  out += identity.explored ? "  time        none: a counterexample of an exploration\n" : fmt::format("  time        {} to {}\n", to_string(first), to_string(last));
  std::string services;
  for (const Service& service : system_.services) {
    services += (services.empty() ? "" : ", ") + printable(service.name) + (service.instances > 1 ? fmt::format(" ({} instances)", service.instances) : "");
  }
  for (std::size_t i = 0; const std::string& part : wrapped(services, 84)) out += fmt::format("  {:10}  {}\n", i++ == 0 ? "services" : "", part);
  for (const auto& [fault, count] : faults) out += fmt::format("  fault       {} struck {}\n", fault_name(fault), counted(count, "time"));
  for (const std::string& property : violated) out += fmt::format("  violated    {}\n", property);
  out += "  records\n";
  std::vector<std::pair<std::uint64_t, std::uint8_t>> sorted;
  for (const auto& [kind, count] : kinds) sorted.emplace_back(count, kind);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [count, kind] : sorted) out += fmt::format("  {:>12}  {}\n", thousands(count), kind_name(static_cast<RecordKind>(kind)));
  return out;
}

std::string TraceView::line(const Record& record, bool as_json, int indent) const {
  if (as_json) return record_json(text_, record) + "\n";
  const std::string time = reader_.identity().explored ? "" : fmt::format("{:>12}  ", format_seconds(record.time, 6));
  std::string sentence = text_.sentence(record);
  if (record.kind == RecordKind::violated) {
    sentence = fmt::format("{} fails{}", place(record), record.detail == absent_word ? "" : ": " + printable(to_text(records_.pool().value(record.detail))));
  }
  std::string head = fmt::format("{:>9}  {}{:<16}  {}", fmt::format("#{}", record.id), time, kind_name(record.kind), std::string(static_cast<std::size_t>(indent) * 2, ' '));
  const std::size_t width = width_of(head) >= 80 ? 20 : 100 - width_of(head);
  std::string out;
  for (const std::string& part : wrapped(sentence, width)) {
    out += head + part + "\n";
    head = std::string(width_of(head), ' ');
  }
  return out.empty() ? head + "\n" : out;
}

void TraceView::list(const RecordFilter& wanted, std::uint64_t limit, bool as_json, const std::function<void(std::string_view)>& write) const {
  std::uint64_t shown = 0, more = 0;
  for (const ChunkPlace& chunk : reader_.chunks()) {
    for (std::uint32_t i = 0; i < chunk.records; ++i) {
      if (i == 0 && !reader_.readable(reader_.chunk_of(chunk.first))) break;
      records_.forget_when_large();
      const Record record = records_[chunk.first + i];
      if (wanted && !wanted(record)) continue;
      if (shown == limit) {
        ++more;
        continue;
      }
      ++shown;
      write(line(record, as_json));
    }
  }
  if (as_json) return;
  if (shown == 0) write("no record is like that\n");
  if (more != 0) write(fmt::format("{} and {} more (--limit shows more)\n", std::string(9, ' '), thousands(more)));
}

std::optional<RecordId> TraceView::find(const std::string& what, Keys keys, Diagnostics& diagnostics) const {
  Diagnostic d;
  d.code = "FT-TRACE-006";
  d.file = reader_.name();
  const std::string digits = what.starts_with("#") ? what.substr(1) : what;
  if (!digits.empty() && digits.size() < 11 && digits.find_first_not_of("0123456789") == std::string::npos) {
    const std::uint64_t id = std::stoull(digits);
    if (id < reader_.size()) return static_cast<RecordId>(id);
    if (keys == Keys::none || what.starts_with("#")) {
      d.message = fmt::format("there is no record {}", what);
      d.hint = reader_.size() == 0 ? "The trace has none." : fmt::format("The last one is {}.", reader_.size() - 1);
      diagnostics.add(std::move(d));
      return std::nullopt;
    }
  }
  if (keys != Keys::none) {
    for (std::size_t n = 0; n < reader_.size(); ++n) {
      const std::size_t id = keys == Keys::first ? n : reader_.size() - 1 - n;
      records_.forget_when_large();
      const Record record = records_[id];
      if (record.kind != RecordKind::violated && key_text(record) == what) return static_cast<RecordId>(id);
    }
    d.message = fmt::format("there is no record and no key \"{}\"", printable(what));
    d.hint = "Records are numbers such as 110; keys are those of messages and rows, such as o-7.";
    diagnostics.add(std::move(d));
  }
  return std::nullopt;
}

std::optional<std::uint32_t> TraceView::table(const std::string& name, Diagnostics& diagnostics) const {
  std::vector<std::string> names;
  std::optional<std::uint32_t> found;
  for (std::uint32_t t = 0; t < system_.tables.size(); ++t) {
    const Table& table = system_.tables[t];
    names.push_back(printable(table.display));
    if (table.display == name) return t;
    if (table.name == name) found = found ? none : t;
  }
  if (found && *found != none) return found;
  Diagnostic d;
  d.code = "FT-TRACE-007";
  d.file = reader_.name();
  d.message = (found ? "several services have a table \"" : "there is no table \"") + printable(name) + "\"";
  d.hint = name_hint(name, names, "Tables");
  diagnostics.add(std::move(d));
  return std::nullopt;
}

std::string TraceView::difference(const TraceDifference& found, const TraceView& other) const {
  if (found.only_in_first || found.only_in_second) {
    const TraceView& longer = found.only_in_first ? *this : other;
    const TraceView& shorter = found.only_in_first ? other : *this;
    return fmt::format("the traces are alike up to record {}, where {} ends; {} goes on:\n{}", found.record, printable(shorter.reader().name()),
                       printable(longer.reader().name()), longer.line(longer.records()[found.record], false));
  }
  std::string fields;
  for (const std::string& field : found.fields) fields += (fields.empty() ? "" : ", ") + field;
  std::string out = fmt::format("the first record that differs is #{} ({})\n", found.record, fields);
  const std::size_t before = found.record < 3 ? 0 : found.record - 3;
  for (std::size_t id = before; id < found.record; ++id) out += line(records_[id], false);
  out += printable(reader_.name()) + "\n" + line(records_[found.record], false);
  out += printable(other.reader().name()) + "\n" + other.line(other.records()[found.record], false);
  return out;
}

}  // namespace flowtank::reports
