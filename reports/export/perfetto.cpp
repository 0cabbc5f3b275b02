// SPDX-License-Identifier: Apache-2.0
// Perfetto, as a Chrome trace: a process for each instance, a row (thread) for each handler run that is under way at the same
// time, so that slices of one row always nest; messages are arrows (flows). What does not nest (requests of clients) is
// drawn by asynchronous slices. Times are virtual microseconds from the begin of the run, since a viewer reads them as doubles.
#include <algorithm>

#include "reports/export/formats.hpp"

namespace flowtank::reports {
namespace {

class Arguments {
 public:
  explicit Arguments(std::string& out) : out_(out) {}
  void name(std::string_view key, std::string_view json) {
    begin(key);
    ((out_ += '"') += json) += '"';
  }
  void value(std::string_view key, std::string_view text) {
    begin(key);
    Piece(out_).quoted(text);
  }
  void number(std::string_view key, std::int64_t value) {
    begin(key);
    Piece(out_).number(value);
  }

 private:
  void begin(std::string_view key) {
    if (!first_) out_ += ',';
    first_ = false;
    ((out_ += '"') += key) += "\":";
  }
  std::string& out_;
  bool first_ = true;
};

std::string_view category(Doing doing) {
  switch (doing) {
    case Doing::request: return "request";
    case Doing::send: return "send";
    case Doing::settle: return "settle";
    case Doing::happening: return "happening";
    default: return "run";
  }
}

class PerfettoEvents final : public SpanSink {
 public:
  explicit PerfettoEvents(Exporting& e) : e_(e), rows_(e.model.nodes().size(), 0), out_(e.out.text()) {}

  bool span(const Span& span) override {
    if (!e_.wanted(span.root)) return true;
    ++e_.result.written;
    std::uint16_t lane = span.lane;
    const bool run = span.doing >= Doing::serve && span.doing <= Doing::timer;
    const bool inside = !run && span.run != no_record && e_.model.lane_of(span.run, lane);
    if (run) {
      complete(span, lane, std::max<std::int64_t>(1, span.end - span.begin));
      if (span.doing == Doing::process && span.links != 0) arrow(span);
    } else if (!inside) {
      if (span.doing == Doing::request || span.doing == Doing::send) apart(span);
      else instant(span, 0, 'p');
    } else if (span.end == span.begin) {
      instant(span, lane, 't');
    } else {
      complete(span, lane, span.end - span.begin);
    }
    e_.out.yield();
    return e_.out.good();
  }

  // Names of processes and rows; a viewer takes them wherever they stand.
  void name_rows() {
    for (std::size_t node = 0; node < rows_.size(); ++node) {
      const SpanNode& who = e_.model.nodes()[node];
      Piece p(out_);
      (p << next() << "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":").number(node + 1) << ",\"args\":{\"name\":\"" << who.name;
      if (who.instance != 0) (p << " #").number(who.instance);
      p << "\"}}";
      for (std::uint32_t row = 0; row < rows_[node]; ++row) {
        (p << next() << "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":").number(node + 1);
        (p << ",\"tid\":").number(row + 1);
        (p << ",\"args\":{\"name\":\"runs ").number(row + 1) << "\"}}";
      }
      e_.out.yield();
    }
  }

 private:
  std::string_view next() {
    const bool first = first_;
    first_ = false;
    return first ? "\n" : ",\n";
  }

  void head(Piece& p, std::string_view phase, const Span& span, std::int64_t at) {
    p << next() << "{\"ph\":\"" << phase << "\",\"cat\":\"" << category(span.doing) << "\",\"name\":\"";
    append_span_name(out_, e_, span);
    (p << "\",\"ts\":").microseconds(at - e_.options.epoch);
  }
  void place(Piece& p, std::uint32_t node, std::uint16_t lane) {
    rows_[node] = std::max<std::uint32_t>(rows_[node], lane + 1U);
    (p << ",\"pid\":").number(node + 1);
    (p << ",\"tid\":").number(lane + 1);
  }
  void arguments(Piece& p, const Span& span) {
    p << ",\"args\":{";
    Arguments arguments(out_);
    each_attribute(e_, span, arguments);
    const TraceId trace = e_.model.trace_id(span.root);
    p << ",\"trace_id\":\"";
    p.hex(trace.high).hex(trace.low) << "\"}}";
  }

  void complete(const Span& span, std::uint16_t lane, std::int64_t length) {
    Piece p(out_);
    head(p, "X", span, span.begin);
    (p << ",\"dur\":").microseconds(length);
    place(p, span.node, lane);
    arguments(p, span);
    for (const Record& event : span.events) {
      (p << next() << "{\"ph\":\"i\",\"s\":\"t\",\"cat\":\"step\",\"name\":\"" << kind_name(event.kind) << "\",\"ts\":").microseconds(e_.model.time_of(event) - e_.options.epoch);
      place(p, span.node, lane);
      p << ",\"args\":{";
      Arguments of_event(out_);
      each_event_attribute(e_, event, of_event);
      p << "}}";
    }
  }
  void instant(const Span& span, std::uint16_t lane, char scope) {
    Piece p(out_);
    head(p, "i", span, span.begin);
    p << ",\"s\":\"" << scope << '"';
    place(p, span.node, lane);
    arguments(p, span);
  }
  void apart(const Span& span) {
    Piece p(out_);
    for (const std::string_view phase : {"b", "e"}) {
      head(p, phase, span, phase == "b" ? span.begin : std::max(span.end, span.begin + 1));
      p << ",\"id\":\"0x";
      p.hex(e_.model.span_id(span.first)) << '"';
      place(p, span.node, 0);
      if (phase == "b") arguments(p, span);
      else p << '}';
    }
  }
  // From where the message was published to where it is handled.
  void arrow(const Span& span) {
    if (span.link[0].why != LinkWhy::message) return;
    const Record sent = e_.trace.record(span.link[0].span);
    std::uint16_t lane = 0;
    const RecordId maker = e_.model.home(sent).run;
    if (!e_.wanted(e_.model.home(maker).root) || !e_.model.lane_of(maker, lane)) return;
    Piece p(out_);
    (p << next() << "{\"ph\":\"s\",\"cat\":\"message\",\"name\":\"message\",\"id\":").number(span.first);
    (p << ",\"ts\":").microseconds(e_.model.time_of(sent) - e_.options.epoch);
    place(p, e_.model.node_of(sent), lane);
    (p << '}' << next() << "{\"ph\":\"f\",\"bp\":\"e\",\"cat\":\"message\",\"name\":\"message\",\"id\":").number(span.first);
    (p << ",\"ts\":").microseconds(span.begin - e_.options.epoch);
    place(p, span.node, span.lane);
    p << '}';
  }

  Exporting& e_;
  std::vector<std::uint32_t> rows_;  // by node: how many were used
  std::string& out_;
  bool first_ = true;
};

}  // namespace

bool export_perfetto(Exporting& e) {
  e.out.text() += "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
  PerfettoEvents events(e);
  const bool whole = e.model.walk(events);
  events.name_rows();
  e.out.text() += "\n]}\n";
  return whole;
}

}  // namespace flowtank::reports
