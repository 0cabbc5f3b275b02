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

void SequenceStory::add_message(std::string& text, const Record& record) {
  const std::size_t begin = text.size();
  const MessageParts parts = e_.values.message(record.subject);
  const std::string& type = ExportNames::of(names_.messages, parts.type);
  text += type.empty() ? std::string_view("message") : std::string_view(type);
  if (parts.key != absent_word) ((text += '(') += e_.values.text(parts.key)) += ')';
  if (text.size() - begin > longest_text) text.replace(begin, std::string::npos, shortened(std::string_view(text).substr(begin), longest_text, "..."));
}

// What happens beside the arrows: everything is said of one participant.
bool SequenceStory::note_of(const Record& record, SequenceLine& line) {
  using Kind = SequenceLine::Kind;
  std::string& text = line.text;
  const auto note = [&](Kind kind) {
    line.kind = kind;
    line.from = line.to = who(record);
    if (text.size() > longest_text) text = shortened(text, longest_text, "...");
    return true;
  };
  const auto detail = [&] {
    if (record.detail != absent_word) (text += ": ") += e_.values.text(record.detail);
  };
  switch (record.kind) {
    case RecordKind::row_changed:
      if (e_.trace.names().tables.size() <= record.place || e_.trace.names().tables[record.place].role != 0) return false;
      text += record.before == absent_word ? "stores " : record.detail == absent_word ? "deletes " : "changes ";
      ((text += e_.values.text(record.key)) += " in ") += ExportNames::of(names_.tables, record.place);
      return note(Kind::note);
    case RecordKind::effect:
      ((text += ExportNames::of(names_.effects, record.place)) += " for ") += e_.values.text(record.key);
      detail();
      return note(Kind::note);
    case RecordKind::timer_fired: ((text += "timer ") += ExportNames::of(names_.timers, record.place)) += " fires"; return note(Kind::note);
    case RecordKind::failed:
      text += "gives up";
      detail();
      return note(Kind::failure);
    case RecordKind::crash: text += "crashes"; return note(Kind::fault);
    case RecordKind::restart: text += "restarts"; return note(Kind::fault);
    case RecordKind::fault: (text += "fault ") += ExportNames::of(names_.faults, record.place); return note(Kind::fault);
    case RecordKind::violated:
      (text += "fails: ") += ExportNames::of(names_.properties, record.place);
      detail();
      return note(Kind::failure);
    default: return false;
  }
}

bool SequenceStory::line_of(const Record& record, SequenceLine& line) {
  using Kind = SequenceLine::Kind;
  std::string& text = line.text;
  text.clear();
  const auto arrow = [&](Kind kind, std::uint32_t from, std::uint32_t to) {
    line.kind = kind;
    line.from = from;
    line.to = to;
    return true;
  };
  const auto cause = [&] { return record.parent < e_.trace.size() ? e_.trace.record(record.parent) : record; };
  const auto subscribed = [&] {
    const auto& subscriptions = e_.trace.names().subscriptions;
    return broker(record.place < subscriptions.size() ? subscriptions[record.place].owner : 0xffffffffU);
  };
  switch (record.kind) {
    case RecordKind::command_received:
      add_message(text, record);
      return arrow(Kind::arrow, who(cause()), who(record));
    case RecordKind::command_answered:
      if (record.parent >= e_.trace.size() || record.parent == record.id) return false;
      (text += "answer: ") += outcome_name(record.outcome);
      return arrow(Kind::answer, who(record), who(record));
    case RecordKind::accepted: {
      Record from = cause();
      while (from.service >= first_.size() && from.parent < e_.trace.size()) from = e_.trace.record(from.parent);
      add_message(text, record);
      (text += " on ") += ExportNames::of(names_.channels, record.place);
      return arrow(Kind::arrow, who(from), broker(record.place));
    }
    case RecordKind::delivered:
      add_message(text, record);
      if (record.other_parent != no_record) text += " once more";
      return arrow(record.other_parent == no_record ? Kind::arrow : Kind::fault, subscribed(), who(record));
    case RecordKind::lost: {
      add_message(text, record);
      text += " is lost";
      const std::uint32_t self = who(record), from = subscribed();
      return arrow(Kind::lost, from, self == environment_ ? from : self);
    }
    case RecordKind::dead_lettered:
      add_message(text, record);
      text += " to the dead letters";
      return arrow(Kind::lost, who(record), subscribed());
    case RecordKind::nacked:
      text += "nack ";
      add_message(text, record);
      return arrow(Kind::answer, who(record), subscribed());
    default: return note_of(record, line);
  }
}

std::vector<bool> SequenceStory::used() {
  constexpr std::uint64_t few = 100'000;  // beyond, looking at all of them costs as much as writing them
  std::vector<bool> used(participants_.size(), limit() > few);
  if (limit() > few) return used;
  std::uint64_t count = 0;
  SequenceLine line;
  e_.records([&](const Record& record) {
    if (!wanted(record) || !line_of(record, line)) return true;
    used[line.from] = true;
    used[line.to] = true;
    return ++count < limit();
  });
  return used;
}

bool SequenceStory::lines(const std::function<void(const SequenceLine&)>& each) {
  SequenceLine line;  // its text keeps its room
  return e_.records([&](const Record& record) {
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
