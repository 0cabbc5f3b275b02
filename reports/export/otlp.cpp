// SPDX-License-Identifier: Apache-2.0
// OTLP as JSON lines, the format of OpenTelemetry's file exporter: one TracesData a line, a batch of spans each, grouped by
// who they belong to. Ids are hexadecimal, enumerations and times as the protocol's JSON demands (64-bit numbers as text).
#include "reports/export/formats.hpp"

namespace flowtank::reports {
namespace {

constexpr std::string_view schema_url = "https://opentelemetry.io/schemas/1.44.0";
constexpr std::size_t batch = 256;

class Attributes {
 public:
  explicit Attributes(std::string& out) : out_(out) {}
  void name(std::string_view key, std::string_view json) {
    begin(key);
    ((out_ += "{\"stringValue\":\"") += json) += "\"}}";
  }
  void value(std::string_view key, std::string_view text) {
    begin(key);
    out_ += "{\"stringValue\":\"";
    append_json(out_, text);
    out_ += "\"}}";
  }
  void number(std::string_view key, std::int64_t value) {
    begin(key);
    Piece(out_) << "{\"intValue\":\"";
    Piece(out_).number(value) << "\"}}";
  }

 private:
  void begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    ((out_ += "{\"key\":\"") += key) += "\",\"value\":";
  }
  std::string& out_;
  bool first_ = true;
};

class OtlpLines final : public SpanSink {
 public:
  explicit OtlpLines(Exporting& e) : e_(e), spans_(e.model.nodes().size()) {}

  bool span(const Span& span) override {
    if (!e_.wanted(span.root)) return true;
    std::string& out = spans_[span.node];
    if (out.empty()) used_.push_back(span.node);
    else out += ',';
    append(out, span);
    ++e_.result.written;
    return ++count_ < batch || line();
  }
  bool line() {
    if (count_ == 0) return e_.out.good();
    std::string& out = e_.out.text();
    out += "{\"resourceSpans\":[";
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const SpanNode& node = e_.model.nodes()[used_[i]];
      if (i != 0) out += ',';
      Piece(out) << "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"" << node.name << "\"}}";
      if (node.instance != 0) {
        Piece(out) << ",{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"";
        Piece(out).number(node.instance) << "\"}}";
      }
      Piece(out) << "]},\"scopeSpans\":[{\"scope\":{\"name\":\"flowtank\",\"version\":\"" << e_.options.version << "\"},\"spans\":[" << spans_[used_[i]]
                 << "],\"schemaUrl\":\"" << schema_url << "\"}],\"schemaUrl\":\"" << schema_url << "\"}";
      spans_[used_[i]].clear();
    }
    out += "]}\n";
    used_.clear();
    count_ = 0;
    e_.out.yield();
    return e_.out.good();
  }

 private:
  void append(std::string& out, const Span& span) {
    const TraceId trace = e_.model.trace_id(span.root);
    Piece p(out);
    p << "{\"traceId\":\"";
    p.hex(trace.high).hex(trace.low) << "\",\"spanId\":\"";
    p.hex(e_.model.span_id(span.first)) << '"';
    if (span.parent != no_record) (p << ",\"parentSpanId\":\"").hex(e_.model.span_id(span.parent)) << '"';
    // Sampled, and whether the parent is elsewhere is known: it is for what a broker or a client handed over.
    const bool remote = span.doing == Doing::process || span.doing == Doing::serve;
    p << (remote ? ",\"flags\":769,\"name\":\"" : ",\"flags\":257,\"name\":\"");
    append_span_name(out, e_, span);
    (p << "\",\"kind\":").number(static_cast<int>(span.kind));
    (p << ",\"startTimeUnixNano\":\"").number(span.begin);
    (p << "\",\"endTimeUnixNano\":\"").number(span.end) << "\",\"attributes\":[";
    Attributes attributes(out);
    each_attribute(e_, span, attributes);
    p << ']';
    if (span.delivered != no_record || !span.events.empty()) events(out, span);
    if (span.links != 0) links(out, span);
    p << ",\"status\":{" << (is_error(span) ? "\"code\":2" : "") << "}}";
  }

  void events(std::string& out, const Span& span) {
    Piece p(out);
    p << ",\"events\":[";
    if (span.delivered != no_record) {
      (p << "{\"timeUnixNano\":\"").number(span.delivered_at) << "\",\"name\":\"delivered\",\"attributes\":[{\"key\":\"flowtank.record\",\"value\":{\"intValue\":\"";
      p.number(span.delivered) << "\"}}]}";
    }
    for (std::size_t i = 0; i < span.events.size(); ++i) {
      const Record& event = span.events[i];
      if (i != 0 || span.delivered != no_record) p << ',';
      (p << "{\"timeUnixNano\":\"").number(e_.model.time_of(event)) << "\",\"name\":\"" << kind_name(event.kind) << "\",\"attributes\":[";
      Attributes attributes(out);
      each_event_attribute(e_, event, attributes);
      p << "]}";
    }
    p << ']';
    if (span.dropped != 0) (p << ",\"droppedEventsCount\":").number(span.dropped);
  }

  void links(std::string& out, const Span& span) {
    Piece p(out);
    p << ",\"links\":[";
    for (std::size_t i = 0; i < span.links; ++i) {
      const SpanLink& link = span.link[i];
      const TraceId trace = e_.model.trace_id(link.root);
      p << (i == 0 ? "" : ",") << "{\"traceId\":\"";
      p.hex(trace.high).hex(trace.low) << "\",\"spanId\":\"";
      p.hex(e_.model.span_id(link.span)) << "\",\"attributes\":[";
      Attributes attributes(out);
      attributes.name("flowtank.link", link_word(link.why));
      if (link.why == LinkWhy::message) {
        const MessageParts message = e_.values.message(span.subject);
        if (message.id != absent_word) attributes.value("messaging.message.id", e_.values.text(message.id));
      }
      p << (link.why == LinkWhy::message ? "],\"flags\":769}" : "],\"flags\":257}");
    }
    p << ']';
  }

  Exporting& e_;
  std::vector<std::string> spans_;   // by node
  std::vector<std::uint32_t> used_;  // nodes of this line, in the order of their first span
  std::size_t count_ = 0;
};

}  // namespace

bool export_otlp(Exporting& e) {
  OtlpLines lines(e);
  return e.model.walk(lines) && lines.line();
}

}  // namespace flowtank::reports
