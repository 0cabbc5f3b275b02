// SPDX-License-Identifier: Apache-2.0
// See run_reader.hpp. What makes texts first lets the words that were read be forgotten when they are many.
#include "gui/session/run_reader.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <reports/text.hpp>

namespace flowtank::gui {

std::unique_ptr<RunReader> RunReader::open(std::shared_ptr<const RunData> data, Diagnostics& diagnostics) {
  auto reader = TraceReader::open(data->file->path(), diagnostics);
  if (reader == nullptr || reader->size() < data->index->size()) return nullptr;
  return std::unique_ptr<RunReader>(new RunReader(std::move(data), std::move(reader)));
}

RunReader::RunReader(std::shared_ptr<const RunData> data, std::unique_ptr<TraceReader> reader)
    : data_(std::move(data)), reader_(std::move(reader)), view_(*reader_) {}

std::string time_text(std::int64_t ns) {
  if (ns < 0) return "-" + time_text(-ns);
  if (ns == 0) return "0";
  if (ns < 1'000'000) return fmt::format("{:.3f} µs", static_cast<double>(ns) / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.3f} ms", static_cast<double>(ns) / 1e6);
  const std::int64_t ms = ns / 1'000'000;
  if (ms < 60'000) return ns % 1'000'000 == 0 ? fmt::format("{}.{:03} s", ms / 1000, ms % 1000) : fmt::format("{}.{:06} s", ms / 1000, ns / 1000 % 1'000'000);
  if (ms < 3'600'000) return fmt::format("{} min {}.{:03} s", ms / 60'000, ms / 1000 % 60, ms % 1000);
  return fmt::format("{} h {} min {} s", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60);
}

std::string RunReader::time(RecordId id) const {
  if (id >= size()) return "";
  return index().timed() ? time_text(reader_->record(id).time.nanoseconds()) : fmt::format("step {}", id);
}

std::string RunReader::kind(RecordId id) const {
  std::string name(reports::kind_name(index().kind(id)));
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string RunReader::where(RecordId id) const {
  const std::uint16_t lane = index().lane(id);
  return index().lanes().all()[lane].name;
}

std::string RunReader::property(RecordId id) const {
  const Record r = raw(id);
  const auto& names = reader_->names().properties;
  return r.kind == RecordKind::violated && r.place < names.size() ? reports::printable(names[r.place]) : "";
}

std::string RunReader::sentence(RecordId id) const {
  view_.records().forget_when_large();
  const Record r = view_.records()[id];
  if (r.kind == RecordKind::violated) {
    const std::string detail = r.detail == absent_word ? "" : ": " + reports::printable(to_text(view_.records().pool().value(r.detail)));
    return fmt::format("{} is violated{}", property(id), detail);
  }
  return view_.text().sentence(r);
}

std::string RunReader::message(RecordId id) const {
  view_.records().forget_when_large();
  const Record r = view_.records()[id];
  return r.subject == absent_word ? "" : view_.text().message(r.subject);
}

std::string RunReader::key(RecordId id) const {
  view_.records().forget_when_large();
  const Record r = view_.records()[id];
  const Pool& pool = view_.records().pool();
  if (r.key != absent_word) return reports::printable(to_text(pool.value(r.key)));
  if (r.subject == absent_word) return "";
  const Value message = pool.value(r.subject);
  if (!message.is(Kind::record) || message.items().size() != message_fields) return "";
  return reports::printable(to_text(message.items()[field_key]));
}

std::string RunReader::place(RecordId id) const {
  view_.records().forget_when_large();
  return view_.text().place_name(view_.records()[id]);
}

std::string RunReader::handler(RecordId id) const {
  view_.records().forget_when_large();
  return view_.text().handler(view_.records()[id]);
}

std::vector<RecordId> RunReader::past(RecordId id, std::size_t limit) const {
  // The nearest causes first: the largest number not yet looked at.
  std::set<RecordId> pending{id}, seen;
  std::vector<RecordId> out;
  while (!pending.empty() && out.size() < limit) {
    const RecordId next = *pending.rbegin();
    pending.erase(next);
    if (next >= size() || !seen.insert(next).second) continue;
    out.push_back(next);
    const Record r = raw(next);
    if (r.parent < next) pending.insert(r.parent);
    if (r.other_parent < next) pending.insert(r.other_parent);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<RecordId> RunReader::future(RecordId id, std::size_t limit, std::size_t window) const {
  std::set<RecordId> reached{id};
  std::vector<RecordId> out{id};
  const std::size_t end = std::min<std::size_t>(size(), std::size_t{id} + window);
  for (std::size_t at = std::size_t{id} + 1; at < end && out.size() < limit; ++at) {
    const auto here = static_cast<RecordId>(at);
    const Record r = raw(here);
    if (!reached.contains(r.parent) && !reached.contains(r.other_parent)) continue;
    reached.insert(here);
    out.push_back(here);
  }
  return out;
}

RecordId RunReader::settled(RecordId id) const {
  while (std::size_t{id} + 1 < size() && is_inner(index().kind(id + 1)) && index().kind(id + 1) != RecordKind::poll) ++id;
  return id;
}

RecordId RunReader::cause(RecordId id) const {
  const Record r = raw(id);
  return r.parent < id ? r.parent : r.other_parent < id ? r.other_parent : no_record;
}

RecordId RunReader::nearest_cause(RecordId id, const std::function<bool(RecordId)>& wanted) const {
  constexpr std::size_t most = 5'000;
  std::set<RecordId> seen;
  std::vector<RecordId> pending{id};
  while (!pending.empty() && seen.size() < most) {
    const RecordId at = pending.back();
    pending.pop_back();
    if (!seen.insert(at).second) continue;
    if (at != id && wanted(at)) return at;
    const Record r = raw(at);
    if (r.other_parent < at) pending.push_back(r.other_parent);
    if (r.parent < at) pending.push_back(r.parent);
  }
  return no_record;
}

RecordId RunReader::effect(RecordId id) const {
  constexpr std::size_t window = 200'000;
  const std::vector<RecordId> found = future(id, 2, window);
  return found.size() < 2 ? no_record : found[1];
}

}  // namespace flowtank::gui
