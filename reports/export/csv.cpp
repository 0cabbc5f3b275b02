// SPDX-License-Identifier: Apache-2.0
// Every record as a row of CSV (RFC 4180, UTF-8, lines end in CR LF), for spreadsheets and data tools. A cell that a
// spreadsheet would take for a formula gets an apostrophe before it, unless it is a plain number.
#include <algorithm>

#include "reports/export/formats.hpp"

namespace flowtank::reports {
namespace {

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

void cell(std::string& out, std::string_view text) {
  out += ',';
  if (text.empty()) return;
  const bool formula = std::string_view("=+-@").find(text[0]) != std::string_view::npos && !is_number(text);
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    if (formula) out += '\'';
    out += text;
    return;
  }
  out += formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string_view place_of(const ExportNames& names, const TraceNames& trace, const Record& record) {
  switch (record.kind) {
    case RecordKind::command_sent:
    case RecordKind::client_read:
    case RecordKind::client_retry: return ExportNames::of(names.clients, record.place);
    case RecordKind::row_write:
    case RecordKind::row_changed: return ExportNames::of(names.tables, record.place);
    case RecordKind::publish_try:
    case RecordKind::accepted:
    case RecordKind::retry: return ExportNames::of(names.channels, record.place);
    case RecordKind::delivered:
    case RecordKind::acked:
    case RecordKind::nacked:
    case RecordKind::lost:
    case RecordKind::dead_lettered:
    case RecordKind::redelivered:
      return record.place < trace.subscriptions.size() ? std::string_view(ExportNames::of(names.channels, trace.subscriptions[record.place].owner)) : std::string_view();
    case RecordKind::timer_set:
    case RecordKind::timer_fired:
    case RecordKind::timer_cancelled: return ExportNames::of(names.timers, record.place);
    case RecordKind::effect: return ExportNames::of(names.effects, record.place);
    case RecordKind::crash:
    case RecordKind::fault:
    case RecordKind::fault_over: return ExportNames::of(names.faults, record.place);
    case RecordKind::violated: return ExportNames::of(names.properties, record.place);
    default: return {};
  }
}

}  // namespace

bool export_csv(Exporting& e) {
  const ExportNames names(e.trace.names(), false);
  e.out.text() += "record,time_ns,kind,outcome,service,instance,handler,step,place,message,message_id,key,before,detail,parent,other_parent,trace_id\r\n";
  return e.records([&](const Record& record) {
    const RecordId root = e.model.home(record).root;
    if (!e.wanted(root)) return true;
    std::string& out = e.out.text();
    Piece p(out);
    p.number(record.id) << ',';
    p.number(record.time.nanoseconds()) << ',' << kind_name(record.kind) << ',' << outcome_name(record.outcome);
    const bool in_service = record.service < names.services.size();
    cell(out, in_service ? std::string_view(names.services[record.service]) : std::string_view());
    p << ',';
    if (in_service) p.number(record.instance + 1);
    cell(out, ExportNames::of(names.handlers, record.handler));
    cell(out, record.handler < names.steps.size() ? std::string_view(ExportNames::of(names.steps[record.handler], record.step)) : std::string_view());
    cell(out, place_of(names, e.trace.names(), record));
    const MessageParts message = record.subject == absent_word ? MessageParts{} : e.values.message(record.subject);
    cell(out, ExportNames::of(names.messages, message.type));
    cell(out, e.values.text(message.id));
    cell(out, e.values.text(record.key != absent_word ? record.key : message.key));
    cell(out, e.values.text(record.before));
    cell(out, e.values.text(record.detail));
    p << ',';
    if (record.parent != no_record) p.number(record.parent);
    p << ',';
    if (record.other_parent != no_record) p.number(record.other_parent);
    const TraceId trace = e.model.trace_id(root);
    p << ',';
    p.hex(trace.high).hex(trace.low) << "\r\n";
    ++e.result.written;
    return true;
  });
}

}  // namespace flowtank::reports
