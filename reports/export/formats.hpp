// SPDX-License-Identifier: Apache-2.0
// What the formats share: names that are escaped once for all, what a span is called, its attributes. Each format is one
// function below, in a file of its own; only export.cpp calls them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reports/export/export.hpp"
#include "reports/export/value_text.hpp"
#include "reports/record_text.hpp"

namespace flowtank::reports {

// The names of a trace, printable; `json`: escaped for the inside of a JSON string.
struct ExportNames {
  ExportNames(const TraceNames& names, bool json);
  static const std::string& of(const std::vector<std::string>& names, std::uint32_t index);
  std::vector<std::string> services, handlers, channels, groups, messages, tables, effects, clients, faults, properties, timers, brokers;
  std::vector<std::vector<std::string>> steps;  // by handler
};

// A walk through a trace for one format.
struct Exporting {
  const TraceReader& trace;
  const ExportOptions& options;
  Output& out;
  SpanModel& model;
  ValueTexts& values;
  const ExportNames& names;   // for JSON
  ExportResult& result;
  RecordId only_root;         // no_record: all
  std::vector<SystemNames> systems;  // by channel, escaped for JSON

  std::string_view system_of(std::uint32_t channel, bool sends) const {
    if (channel >= systems.size()) return "flowtank";
    return sends ? systems[channel].sends : systems[channel].receives;
  }
  bool wanted(RecordId root) const { return only_root == no_record || root == only_root; }
  // Calls `each` for every record until it gives false. False when the trace is damaged or writing failed.
  template <typename Each>
  bool records(Each&& each) {
    for (std::size_t chunk = 0; chunk < trace.chunks().size(); ++chunk) {
      if (!trace.readable(chunk)) return false;
      const ChunkPlace& place = trace.chunks()[chunk];
      for (std::uint32_t i = 0; i < place.records; ++i) {
        if (!each(trace.record(place.first + i))) return out.good();
      }
      out.yield();
      if (!out.good()) return false;
    }
    return trace.problems().errors() == 0;
  }
};

// "send orders", "process orders", "PlaceOrder", "fault crash": of a span, escaped for JSON, without quotes.
void append_span_name(std::string& out, const Exporting& e, const Span& span);
bool is_error(const Span& span);

// Attributes of a span, in a fixed order, by the conventions of OpenTelemetry for messaging. `to` has name(key, text as JSON),
// value(key, printable text) and number(key, integer); each key comes once.
template <typename To>
void each_attribute(Exporting& e, const Span& span, To& to) {
  to.number("flowtank.record", span.first);
  const bool messages = span.doing == Doing::send || span.doing == Doing::process || span.doing == Doing::settle;
  if (messages) {
    to.name("messaging.system", e.system_of(span.channel, span.doing == Doing::send));
    const std::string_view settle = span.what == RecordKind::acked ? "ack" : "nack";
    to.name("messaging.operation.name", span.doing == Doing::send ? "send" : span.doing == Doing::process ? "process" : settle);
    to.name("messaging.operation.type", span.doing == Doing::send ? "send" : span.doing == Doing::process ? "process" : "settle");
  }
  if (span.channel < e.names.channels.size()) to.name("messaging.destination.name", e.names.channels[span.channel]);
  if (span.subscription < e.names.groups.size()) to.name("messaging.consumer.group.name", e.names.groups[span.subscription]);
  if (span.subject != absent_word) {
    const MessageParts message = e.values.message(span.subject);
    if (message.type < e.names.messages.size()) {
      to.name("flowtank.message.type", e.names.messages[message.type]);
      to.value("messaging.message.id", e.values.text(message.id));
      to.value("flowtank.message.key", e.values.text(message.key));
    }
  } else if (span.key != absent_word) {
    to.value("flowtank.key", e.values.text(span.key));
  }
  if (span.doing != Doing::happening && span.handler < e.names.handlers.size()) to.name("code.function.name", e.names.handlers[span.handler]);
  if (span.doing == Doing::happening && span.detail != absent_word) to.value("flowtank.detail", e.values.text(span.detail));
  if (span.outcome != Outcome::ok) to.name("error.type", outcome_name(span.outcome));
  if (span.unfinished) to.name("flowtank.unfinished", "true");
  if (span.dropped != 0) to.number("flowtank.events.dropped", span.dropped);
}

// As above, of an event inside a span.
template <typename To>
void each_event_attribute(Exporting& e, const Record& record, To& to) {
  to.number("flowtank.record", record.id);
  const std::vector<std::string>* places = record.kind == RecordKind::row_changed || record.kind == RecordKind::row_write ? &e.names.tables
                                           : record.kind == RecordKind::effect                                            ? &e.names.effects
                                           : record.kind == RecordKind::accepted                                          ? &e.names.channels
                                           : record.kind == RecordKind::timer_set || record.kind == RecordKind::timer_cancelled ? &e.names.timers
                                                                                                                                : nullptr;
  if (places != nullptr && record.place < places->size()) to.name("flowtank.place", (*places)[record.place]);
  if (record.key != absent_word) to.value("flowtank.key", e.values.text(record.key));
  if (record.before != absent_word) to.value("flowtank.before", e.values.text(record.before));
  if (record.detail != absent_word) to.value("flowtank.detail", e.values.text(record.detail));
  if (record.outcome != Outcome::ok) to.name("flowtank.outcome", outcome_name(record.outcome));
}

std::string_view link_word(LinkWhy why);

bool export_otlp(Exporting& e);
bool export_zipkin(Exporting& e);
bool export_jaeger(Exporting& e);
bool export_perfetto(Exporting& e);
bool export_cloudevents(Exporting& e, bool batch);
bool export_mermaid(Exporting& e);
bool export_plantuml(Exporting& e);
bool export_csv(Exporting& e);

}  // namespace flowtank::reports
