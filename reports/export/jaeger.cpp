// SPDX-License-Identifier: Apache-2.0
// Jaeger's own JSON, which its viewer reads in the browser without a server: an object with one entry a trace. Times are
// whole microseconds, no duration below one; links are references of the kind FOLLOWS_FROM.
//
// All spans of a trace stand together, so the model is walked twice: first to count the spans of each trace, then each trace
// is written when its last span has come. What is held is the traces under way.
#include <algorithm>
#include <map>

#include <sim/base/word_index.hpp>

#include "reports/export/formats.hpp"

namespace flowtank::reports {
namespace {

class Tags {
 public:
  explicit Tags(std::string& out) : out_(out) {}
  void name(std::string_view key, std::string_view json) {
    begin(key, "string");
    ((out_ += '"') += json) += "\"}";
  }
  void value(std::string_view key, std::string_view text) {
    begin(key, "string");
    Piece(out_).quoted(text) << '}';
  }
  void number(std::string_view key, std::int64_t value) {
    begin(key, "int64");
    Piece(out_).number(value) << '}';
  }
  void truth(std::string_view key) {
    begin(key, "bool");
    out_ += "true}";
  }

 private:
  void begin(std::string_view key, std::string_view type) {
    Piece(out_) << (first_ ? "{\"key\":\"" : ",{\"key\":\"") << key << "\",\"type\":\"" << type << "\",\"value\":";
    first_ = false;
  }
  std::string& out_;
  bool first_ = true;
};

class Counts final : public SpanSink {
 public:
  bool span(const Span& span) override {
    std::uint32_t at = index_.find(span.root + 1ULL);
    if (at == 0) {
      counts_.push_back(0);
      at = static_cast<std::uint32_t>(counts_.size());
      index_.put(span.root + 1ULL, at);
    }
    ++counts_[at - 1];
    return true;
  }
  // One span less; true when it was the last one of its trace.
  bool last(RecordId root) {
    const std::uint32_t at = index_.find(root + 1ULL);
    return at == 0 || --counts_[at - 1] == 0;
  }

 private:
  WordIndex index_;  // by root
  std::vector<std::uint32_t> counts_;
};

class JaegerTraces final : public SpanSink {
 public:
  JaegerTraces(Exporting& e, Counts& counts) : e_(e), counts_(counts) {}

  bool span(const Span& span) override {
    if (!e_.wanted(span.root)) return true;
    Pending& trace = pending_[span.root];
    if (!trace.spans.empty()) trace.spans += ",\n";
    append(trace.spans, span);
    trace.nodes.insert(span.node);
    ++e_.result.written;
    if (!counts_.last(span.root)) return true;
    write(span.root, trace);
    pending_.erase(span.root);
    e_.out.yield();
    return e_.out.good();
  }
  bool any() const { return any_; }

 private:
  struct Pending {
    std::string spans;
    std::set<std::uint32_t> nodes;
  };

  void append(std::string& out, const Span& span) {
    const TraceId trace = e_.model.trace_id(span.root);
    Piece p(out);
    p << "{\"traceID\":\"";
    p.hex(trace.high).hex(trace.low) << "\",\"spanID\":\"";
    p.hex(e_.model.span_id(span.first)) << "\",\"operationName\":\"";
    append_span_name(out, e_, span);
    p << "\",\"references\":[";
    if (span.parent != no_record) reference(p, "CHILD_OF", span.root, span.parent, true);
    bool first = span.parent == no_record;
    for (std::size_t i = 0; i < span.links; ++i) {
      const SpanLink& link = span.link[i];
      if (link.span == span.parent) continue;
      reference(p, "FOLLOWS_FROM", link.root, link.span, first);
      first = false;
    }
    const std::int64_t begin = span.begin / 1000;
    (p << "],\"startTime\":").number(begin);
    (p << ",\"duration\":").number(std::max<std::int64_t>(1, span.end / 1000 - begin)) << ",\"tags\":[";
    Tags tags(out);
    static constexpr std::string_view kinds[] = {"", "internal", "server", "client", "producer", "consumer"};
    each_attribute(e_, span, tags);
    tags.name("span.kind", kinds[static_cast<std::size_t>(span.kind)]);
    if (is_error(span)) tags.truth("error");
    p << "],\"logs\":[";
    logs(out, span);
    (p << "],\"processID\":\"p").number(span.node) << "\",\"warnings\":null}";
  }

  void reference(Piece& p, std::string_view type, RecordId root, RecordId span, bool first) {
    const TraceId trace = e_.model.trace_id(root);
    p << (first ? "" : ",") << "{\"refType\":\"" << type << "\",\"traceID\":\"";
    p.hex(trace.high).hex(trace.low) << "\",\"spanID\":\"";
    p.hex(e_.model.span_id(span)) << "\"}";
  }

  void logs(std::string& out, const Span& span) {
    Piece p(out);
    if (span.delivered != no_record) {
      (p << "{\"timestamp\":").number(span.delivered_at / 1000) << ",\"fields\":[{\"key\":\"event\",\"type\":\"string\",\"value\":\"delivered\"}]}";
      if (!span.events.empty()) p << ',';
    }
    for (std::size_t i = 0; i < span.events.size(); ++i) {
      const Record& event = span.events[i];
      (p << (i == 0 ? "" : ",") << "{\"timestamp\":").number(e_.model.time_of(event) / 1000) << ",\"fields\":[";
      Tags fields(out);
      fields.name("event", kind_name(event.kind));
      each_event_attribute(e_, event, fields);
      p << "]}";
    }
  }

  void write(RecordId root, const Pending& trace) {
    const TraceId id = e_.model.trace_id(root);
    Piece p(e_.out.text());
    p << (any_ ? ",\n" : "") << "{\"traceID\":\"";
    any_ = true;
    p.hex(id.high).hex(id.low) << "\",\"spans\":[\n" << trace.spans << "],\"processes\":{";
    bool first = true;
    for (const std::uint32_t node : trace.nodes) {
      const SpanNode& who = e_.model.nodes()[node];
      (p << (first ? "\"p" : ",\"p")).number(node) << "\":{\"serviceName\":\"" << who.name << "\",\"tags\":[";
      if (who.instance != 0) (p << "{\"key\":\"service.instance.id\",\"type\":\"int64\",\"value\":").number(who.instance) << '}';
      p << "]}";
      first = false;
    }
    p << "},\"warnings\":null}";
  }

  Exporting& e_;
  Counts& counts_;
  std::map<RecordId, Pending> pending_;  // traces under way, by root
  bool any_ = false;
};

}  // namespace

bool export_jaeger(Exporting& e) {
  Counts counts;
  if (!e.model.walk(counts)) return false;
  e.out.text() += "{\"data\":[\n";
  JaegerTraces traces(e, counts);
  const bool whole = e.model.walk(traces);
  e.out.text() += "],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}\n";
  return whole;
}

}  // namespace flowtank::reports
