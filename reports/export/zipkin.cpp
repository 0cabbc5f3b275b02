// SPDX-License-Identifier: Apache-2.0
// Zipkin v2: one flat array of spans. Names are in lower case, times whole microseconds, no duration below one, tags are
// texts. Zipkin knows no links: they become tags, and the parent is the message's producer.
#include "reports/export/formats.hpp"

namespace flowtank::reports {
namespace {

class Tags {
 public:
  explicit Tags(std::string& out) : out_(out) {}
  void name(std::string_view key, std::string_view json) {
    begin(key);
    out_ += json;
    out_ += '"';
  }
  void value(std::string_view key, std::string_view text) {
    begin(key);
    append_json(out_, text);
    out_ += '"';
  }
  void number(std::string_view key, std::int64_t value) {
    begin(key);
    Piece(out_).number(value) << '"';
  }
  void begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    ((out_ += '"') += key) += "\":\"";
  }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string_view kind_word(SpanKind kind) {
  switch (kind) {
    case SpanKind::server: return "SERVER";
    case SpanKind::client: return "CLIENT";
    case SpanKind::producer: return "PRODUCER";
    case SpanKind::consumer: return "CONSUMER";
    case SpanKind::internal: break;
  }
  return "";
}

void to_lower(std::string& text, std::size_t from) {
  for (; from < text.size(); ++from) {
    if (text[from] >= 'A' && text[from] <= 'Z') text[from] = static_cast<char>(text[from] - 'A' + 'a');
  }
}

class ZipkinSpans final : public SpanSink {
 public:
  explicit ZipkinSpans(Exporting& e) : e_(e) {}

  bool span(const Span& span) override {
    if (!e_.wanted(span.root)) return true;
    std::string& out = e_.out.text();
    Piece p(out);
    const TraceId trace = e_.model.trace_id(span.root);
    p << (e_.result.written++ == 0 ? "[\n" : ",\n") << "{\"traceId\":\"";
    p.hex(trace.high).hex(trace.low) << "\",\"id\":\"";
    p.hex(e_.model.span_id(span.first)) << '"';
    if (span.parent != no_record) (p << ",\"parentId\":\"").hex(e_.model.span_id(span.parent)) << '"';
    if (const std::string_view kind = kind_word(span.kind); !kind.empty()) p << ",\"kind\":\"" << kind << '"';
    p << ",\"name\":\"";
    const std::size_t name = out.size();
    append_span_name(out, e_, span);
    to_lower(out, name);
    const std::int64_t begin = span.begin / 1000;
    (p << "\",\"timestamp\":").number(begin);
    (p << ",\"duration\":").number(std::max<std::int64_t>(1, span.end / 1000 - begin)) << ",\"localEndpoint\":{\"serviceName\":\"";
    const std::size_t service = out.size();
    p << e_.model.nodes()[span.node].name;
    to_lower(out, service);
    p << "\"}";
    if (!span.events.empty() || span.delivered != no_record) annotations(span);
    tags(span);
    p << '}';
    e_.out.yield();
    return e_.out.good();
  }

 private:
  void annotations(const Span& span) {
    std::string& out = e_.out.text();
    Piece p(out);
    p << ",\"annotations\":[";
    if (span.delivered != no_record) (p << "{\"timestamp\":").number(span.delivered_at / 1000) << ",\"value\":\"delivered\"}" << (span.events.empty() ? "" : ",");
    for (std::size_t i = 0; i < span.events.size(); ++i) {
      const Record& event = span.events[i];
      (p << (i == 0 ? "" : ",") << "{\"timestamp\":").number(e_.model.time_of(event) / 1000) << ",\"value\":\"" << kind_name(event.kind);
      if (event.kind == RecordKind::row_changed) p << ' ' << ExportNames::of(e_.names.tables, event.place);
      if (event.kind == RecordKind::effect) p << ' ' << ExportNames::of(e_.names.effects, event.place);
      if (event.key != absent_word) {
        p << ' ';
        append_json(out, e_.values.text(event.key));
      }
      p << "\"}";
    }
    p << ']';
  }

  void tags(const Span& span) {
    std::string& out = e_.out.text();
    Piece p(out);
    p << ",\"tags\":{";
    Tags tags(out);
    each_attribute(e_, span, tags);
    if (is_error(span)) tags.name("error", span.outcome == Outcome::ok ? kind_name(span.what) : outcome_name(span.outcome));
    for (std::size_t i = 0; i < span.links; ++i) {
      const TraceId trace = e_.model.trace_id(span.link[i].root);
      tags.begin("link." + std::to_string(i + 1) + "." + std::string(link_word(span.link[i].why)));
      p.hex(trace.high).hex(trace.low) << ':';
      p.hex(e_.model.span_id(span.link[i].span)) << '"';
    }
    p << '}';
  }

  Exporting& e_;
};

}  // namespace

bool export_zipkin(Exporting& e) {
  ZipkinSpans spans(e);
  const bool whole = e.model.walk(spans);
  e.out.text() += e.result.written == 0 ? "[]\n" : "\n]\n";
  return whole;
}

}  // namespace flowtank::reports
