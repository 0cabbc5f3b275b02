// SPDX-License-Identifier: Apache-2.0
// See sequence.hpp. Brokers stand between services, so that a message which waits, comes twice or is lost can be seen.
#include "reports/export/sequence.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/text.hpp"

namespace flowtank::reports {

namespace {
constexpr std::uint64_t default_lines = 250;  // Mermaid refuses more than 50,000 characters
constexpr std::size_t longest_text = 120;
}  // namespace

SequenceStory::SequenceStory(Exporting& e) : e_(e), names_(e.trace.names(), false) {
  const TraceNames& trace = e.trace.names();
  participants_ = names_.clients;
  first_service_ = static_cast<std::uint32_t>(participants_.size());
  for (std::size_t s = 0; s < trace.services.size(); ++s) {
    first_.push_back(static_cast<std::uint32_t>(participants_.size()));
    const std::uint32_t instances = std::clamp<std::uint32_t>(trace.services[s].instances, 1, 64);
    for (std::uint32_t i = 1; i <= instances; ++i) participants_.push_back(instances == 1 ? names_.services[s] : fmt::format("{} #{}", names_.services[s], i));
  }
  first_broker_ = static_cast<std::uint32_t>(participants_.size());
  for (const std::string& name : names_.brokers) participants_.push_back(name);
  environment_ = static_cast<std::uint32_t>(participants_.size());
  participants_.emplace_back("environment");
}

bool SequenceStory::wanted(const Record& record) const { return e_.only_root == no_record || e_.wanted(e_.model.home(record).root); }

std::uint64_t SequenceStory::limit() const { return e_.options.limit.value_or(default_lines); }

std::uint32_t SequenceStory::who(const Record& record) const {
  if (record.service < first_.size()) {
    const std::size_t next = record.service + 1U;
    const std::uint32_t end = next < first_.size() ? first_[next] : first_broker_;
    return std::min(first_[record.service] + record.instance, end - 1);
  }
  const bool of_client = record.kind == RecordKind::command_sent || record.kind == RecordKind::client_retry || record.kind == RecordKind::client_read;
  return of_client && record.place < first_service_ ? record.place : environment_;
}

std::uint32_t SequenceStory::broker(std::uint32_t channel) const {
  const auto& channels = e_.trace.names().channels;
  const std::uint32_t owner = channel < channels.size() ? channels[channel].owner : 0xffffffffU;
  return owner < environment_ - first_broker_ ? first_broker_ + owner : environment_;
}

std::string SequenceStory::message(const Record& record) {
  const MessageParts parts = e_.values.message(record.subject);
  const std::string& type = ExportNames::of(names_.messages, parts.type);
  std::string text = type.empty() ? "message" : type;
  if (parts.key != absent_word) ((text += '(') += e_.values.text(parts.key)) += ')';
  return shortened(text, longest_text, "...");
}

bool SequenceStory::line_of(const Record& record, SequenceLine& line) {
  using Kind = SequenceLine::Kind;
  const auto& subscriptions = e_.trace.names().subscriptions;
  const std::uint32_t channel = record.place < subscriptions.size() ? subscriptions[record.place].owner : 0xffffffffU;
  const auto cause = [&] { return record.parent < e_.trace.size() ? e_.trace.record(record.parent) : record; };
  const auto detail = [&] { return record.detail == absent_word ? std::string() : ": " + std::string(e_.values.text(record.detail)); };
  const auto arrow = [&](Kind kind, std::uint32_t from, std::uint32_t to, std::string text) { line = {kind, from, to, std::move(text)}; };
  const std::uint32_t self = who(record);
  const auto note = [&](Kind kind, std::string text) { line = {kind, self, self, shortened(text, longest_text, "...")}; };
  switch (record.kind) {
    case RecordKind::command_received: arrow(Kind::arrow, who(cause()), self, message(record)); return true;
    case RecordKind::command_answered: {
      const Record asked = cause();
      if (asked.id == record.id) return false;
      arrow(Kind::answer, self, self, fmt::format("answer: {}", outcome_name(record.outcome)));
      return true;
    }
    case RecordKind::accepted: {
      Record from = cause();
      while (from.service >= first_.size() && from.parent < e_.trace.size()) from = e_.trace.record(from.parent);
      arrow(Kind::arrow, who(from), broker(record.place), message(record) + " on " + ExportNames::of(names_.channels, record.place));
      return true;
    }
    case RecordKind::delivered: arrow(record.other_parent == no_record ? Kind::arrow : Kind::fault, broker(channel), self, message(record) + (record.other_parent == no_record ? "" : " once more")); return true;
    case RecordKind::lost: arrow(Kind::lost, broker(channel), self == environment_ ? broker(channel) : self, message(record) + " is lost"); return true;
    case RecordKind::dead_lettered: arrow(Kind::lost, self, broker(channel), message(record) + " to the dead letters"); return true;
    case RecordKind::nacked: arrow(Kind::answer, self, broker(channel), "nack " + message(record)); return true;
    case RecordKind::row_changed: {
      const std::string& table = ExportNames::of(names_.tables, record.place);
      const char* what = record.before == absent_word ? "stores" : record.detail == absent_word ? "deletes" : "changes";
      if (e_.trace.names().tables.size() <= record.place || e_.trace.names().tables[record.place].role != 0) return false;
      std::string text = what;
      (((text += ' ') += e_.values.text(record.key)) += " in ") += table;
      note(Kind::note, std::move(text));
      return true;
    }
    case RecordKind::effect: note(Kind::note, fmt::format("{} for {}{}", ExportNames::of(names_.effects, record.place), e_.values.text(record.key), detail())); return true;
    case RecordKind::timer_fired: note(Kind::note, fmt::format("timer {} fires", ExportNames::of(names_.timers, record.place))); return true;
    case RecordKind::failed: note(Kind::failure, "gives up" + detail()); return true;
    case RecordKind::crash: note(Kind::fault, "crashes"); return true;
    case RecordKind::restart: note(Kind::fault, "restarts"); return true;
    case RecordKind::fault: note(Kind::fault, "fault " + ExportNames::of(names_.faults, record.place)); return true;
    case RecordKind::violated: note(Kind::failure, "fails: " + ExportNames::of(names_.properties, record.place) + detail()); return true;
    default: return false;
  }
}

std::vector<bool> SequenceStory::used() {
  constexpr std::uint64_t few = 100'000;  // beyond, looking at all of them costs as much as writing them
  std::vector<bool> used(participants_.size(), limit() > few);
  if (limit() > few) return used;
  std::uint64_t count = 0;
  e_.records([&](const Record& record) {
    SequenceLine line;
    if (!wanted(record) || !line_of(record, line)) return true;
    used[line.from] = true;
    used[line.to] = true;
    return ++count < limit();
  });
  return used;
}

bool SequenceStory::lines(const std::function<void(const SequenceLine&)>& each) {
  return e_.records([&](const Record& record) {
    SequenceLine line;
    if (!wanted(record) || !line_of(record, line)) return true;
    if (e_.result.written >= limit()) {
      ++e_.result.left_out;
      return true;
    }
    ++e_.result.written;
    each(line);
    return true;
  });
}

}  // namespace flowtank::reports
