// SPDX-License-Identifier: Apache-2.0
// Events that brokers accepted, as CloudEvents 1.0 in structured JSON: one a line, or one array (a batch). Source and id are
// the event's own, so copies that a producer or a fault made have the same ones, as a consumer would see them. The context of
// the publish goes along in the extension traceparent.
#include "reports/export/formats.hpp"

namespace flowtank::reports {
namespace {

// A path segment of a URI; what is not unreserved is percent-encoded.
std::string segment(const std::string& name) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

class CloudEvents {
 public:
  CloudEvents(Exporting& e, bool batch) : e_(e), batch_(batch) {
    for (const TraceNames::Service& service : e.trace.names().services) sources_.push_back("/" + segment(service.name));
  }

  bool record(const Record& record) {
    const SpanModel::Home home = e_.model.home(record);
    if (record.kind != RecordKind::accepted || !e_.wanted(home.root)) return true;
    const MessageParts message = e_.values.message(record.subject);
    Piece p(e_.out.text());
    if (batch_) p << (e_.result.written == 0 ? "\n" : ",\n");
    ++e_.result.written;
    p << "{\"specversion\":\"1.0\",\"id\":";
    const std::string_view id = e_.values.text(message.id);
    if (id.empty()) (p << "\"record-").number(record.id) << '"';
    else p.quoted(id);
    const std::uint16_t service = maker(record);
    const std::string_view source = service < sources_.size() ? std::string_view(sources_[service]) : std::string_view("/environment");
    const std::string& type = ExportNames::of(e_.names.messages, message.type);
    p << ",\"source\":\"" << source << "\",\"type\":\"" << (type.empty() ? std::string_view("message") : std::string_view(type)) << "\",\"time\":\""
      << rfc3339(e_.model.time_of(record)) << '"';
    if (const std::string_view key = e_.values.text(message.key); !key.empty()) {
      const std::string kept(key);
      p << ",\"subject\":";
      p.quoted(kept) << ",\"partitionkey\":";
      p.quoted(kept);
    }
    const TraceId trace = e_.model.trace_id(home.root);
    p << ",\"traceparent\":\"00-";
    p.hex(trace.high).hex(trace.low) << '-';
    p.hex(e_.model.span_id(home.span == no_record ? record.id : home.span)) << "-01\",\"flowtankchannel\":\"" << ExportNames::of(e_.names.channels, record.place);
    (p << "\",\"flowtankrecord\":").number(record.id) << ",\"datacontenttype\":\"application/json\",\"data\":";
    e_.values.append_data(e_.out.text(), message);
    p << (batch_ ? "}" : "}\n");
    return true;
  }

 private:
  std::uint16_t maker(const Record& record) const {
    Record at = record;
    while (at.service >= sources_.size() && at.parent < e_.trace.size()) at = e_.trace.record(at.parent);
    return at.service;
  }

  Exporting& e_;
  bool batch_;
  std::vector<std::string> sources_;  // by service
};

}  // namespace

bool export_cloudevents(Exporting& e, bool batch) {
  CloudEvents events(e, batch);
  if (batch) e.out.text() += '[';
  const bool whole = e.records([&](const Record& record) { return events.record(record); });
  if (batch) e.out.text() += e.result.written == 0 ? "]\n" : "\n]\n";
  return whole;
}

}  // namespace flowtank::reports
