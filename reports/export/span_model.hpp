// SPDX-License-Identifier: Apache-2.0
// A trace as spans, the one model behind all formats of trace viewers: requests, handler runs, publishes, settlements and
// what struck them, with parents, links and ids. Spans come out as they end, while the trace is walked once from front to
// back; what is held is what is under way (bounded) and a window of causes (bounded; older ones are looked up again).
//
// Ids are functions of the scenario, the seed and the number of a record: the same run has the same ids, always. A trace id
// stands for one cause from outside (a request, a poll); a message keeps the trace of what made it, also across brokers and
// outboxes. Times are nanoseconds since the epoch; an exploration has no time, its records are a millisecond apart.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sim/base/hash.hpp>
#include <sim/trace/reader.hpp>

namespace flowtank::reports {

// As OTLP numbers them.
enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

enum class Doing : std::uint8_t {
  request,   // a command, from sending it to the answer
  serve,     // a handler run for a command
  process,   // a handler run for a message of a broker
  poll,      // a handler run that looks for work
  timer,     // a handler run of a timer
  send,      // a publish, from the attempt to what the producer sees
  settle,    // ack or nack
  happening, // a fault, crash, restart, loss, dead letter, read of a client, violated property
};

enum class LinkWhy : std::uint8_t { message, relay, timer, fault, retry };

struct SpanLink {
  RecordId root = no_record;
  RecordId span = no_record;
  LinkWhy why = LinkWhy::message;
};

struct Span {
  RecordId first = no_record;   // the record that opens it: its id
  RecordId parent = no_record;  // the opening record of the parent; none: a root
  RecordId root = no_record;    // the record that stands for the trace
  RecordId run = no_record;     // the handler run that it belongs to
  Doing doing = Doing::happening;
  SpanKind kind = SpanKind::internal;
  RecordKind what = RecordKind::failed;  // of the first record
  Outcome outcome = Outcome::ok;
  bool unfinished = false;      // the trace ends before it does
  std::uint8_t links = 0;
  std::uint16_t lane = 0;       // row of a handler run: those of one row of a node never overlap
  std::uint16_t handler = 0xffff;
  std::uint32_t node = 0;       // whose, in SpanModel::nodes()
  std::uint32_t place = 0xffffffffU;  // of the first record
  std::uint32_t channel = 0xffffffffU;
  std::uint32_t subscription = 0xffffffffU;
  std::int64_t begin = 0;       // nanoseconds since the epoch
  std::int64_t end = 0;
  Word subject = absent_word;
  Word key = absent_word;
  Word detail = absent_word;
  RecordId delivered = no_record;  // process: the delivery, whose time follows
  std::int64_t delivered_at = 0;
  std::array<SpanLink, 3> link;
  std::vector<Record> events;   // inside a run, at most most_events
  std::uint32_t dropped = 0;    // more of them
  std::uint32_t inside = 0;     // a run: publishes and calls of it that are open
};

class SpanSink {
 public:
  virtual ~SpanSink() = default;
  // A span that has ended; valid during the call. False: no more, please.
  virtual bool span(const Span& span) = 0;
};

// Who does something: an instance of a service, a client, or the environment (brokers, faults, properties).
struct SpanNode {
  std::string name;          // as JSON text, without quotes
  std::uint32_t instance = 0;  // from 1; 0: it has none
  bool client = false;
};

struct TraceId {
  std::uint64_t high = 0, low = 0;
};

inline constexpr std::int64_t default_epoch = 1'577'836'800'000'000'000;  // 2020-01-01T00:00:00Z
inline constexpr std::size_t most_events = 64;

class SpanModel {
 public:
  // `reader` outlives this. `epoch`: nanoseconds since 1970 at virtual time 0.
  SpanModel(const TraceReader& reader, std::int64_t epoch);

  // Walks the whole trace. False when the sink did not want more, or the trace is damaged (see the reader's problems()).
  bool walk(SpanSink& sink);

  const TraceReader& reader() const { return reader_; }
  const std::vector<SpanNode>& nodes() const { return nodes_; }
  std::uint32_t node_of(const Record& record) const;
  std::int64_t time_of(const Record& record) const;
  TraceId trace_id(RecordId root) const;
  std::uint64_t span_id(RecordId first) const;
  // Where a record belongs: its span and what its trace is named after.
  struct Home {
    RecordId span = no_record;
    RecordId run = no_record;
    RecordId root = no_record;
  };
  Home home(const Record& record);
  Home home(RecordId record);
  // The row of a handler run that was under way lately; false when it is not known any more.
  bool lane_of(RecordId run, std::uint16_t& lane) const;

 private:
  struct Known {
    RecordId record = no_record;
    Home home;
    std::uint16_t lane = 0;
  };
  static constexpr std::size_t window = std::size_t{1} << 19;
  static constexpr std::size_t most_open = std::size_t{1} << 16;
  static constexpr std::size_t most_answered = 64;

  Home derive(const Record& record, const Home& parent, const Home& other) const;
  Home home_of_old(const Record& record);
  bool handle(const Record& record);
  Span& open(const Record& record, Doing doing, SpanKind kind);
  void link_to(Span& span, RecordId record, LinkWhy why);
  bool close(RecordId first, std::int64_t at, Outcome outcome);
  bool begin_run(const Record& record);
  bool end_run(const Record& record);
  void open_send(const Record& record);
  void open_request(const Record& record);
  bool answer(const Record& record);
  bool happen(const Record& record);
  void note(const Record& record);
  bool forget_oldest();
  bool finish();
  void take_lane(Span& span);

  const TraceReader& reader_;
  std::int64_t epoch_;
  std::uint64_t salt_high_, salt_low_;
  std::vector<SpanNode> nodes_;
  std::vector<std::uint32_t> first_node_;  // by service
  std::uint32_t first_client_ = 0;
  std::vector<Known> known_;
  std::vector<std::vector<std::int64_t>> lanes_;  // by node and row: when it is free
  std::map<RecordId, Span> open_;
  std::vector<std::map<RecordId, Span>::node_type> spare_;  // used again, with their room for events
  std::map<Word, RecordId> asked_;                // requests of clients by their command
  std::map<RecordId, std::int64_t> served_;       // requests whose handler run has ended, and when
  SpanSink* sink_ = nullptr;
  std::int64_t last_ = 0;
};

}  // namespace flowtank::reports
