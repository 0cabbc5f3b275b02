// SPDX-License-Identifier: Apache-2.0
// See span_model.hpp: how records become spans. Causes are those that the trace itself names (parent, other parent); only the
// answer to a client, which has none, is found by its command.
#include "reports/export/span_model.hpp"

#include <algorithm>
#include <limits>

#include "reports/export/output.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

constexpr std::int64_t busy = std::numeric_limits<std::int64_t>::max();

std::string json_text(const std::string& name) {
  std::string out;
  append_json(out, printable(name));
  return out;
}

bool opens(RecordKind kind) {
  switch (kind) {
    case RecordKind::handler_begin:
    case RecordKind::command_sent:
    case RecordKind::client_retry:
    case RecordKind::publish_try:
    case RecordKind::retry: return true;
    default: return false;
  }
}

// Records that stand beside a run, not in it: they belong where their parent does.
bool beside(RecordKind kind) {
  switch (kind) {
    case RecordKind::accepted:
    case RecordKind::delivered:
    case RecordKind::redelivered:
    case RecordKind::lost:
    case RecordKind::command_received:
    case RecordKind::command_answered:
    case RecordKind::publish_seen:
    case RecordKind::fault: return true;
    default: return false;
  }
}

}  // namespace

SpanModel::SpanModel(const TraceReader& reader, std::int64_t epoch) : reader_(reader), epoch_(epoch), known_(window) {
  const TraceIdentity& identity = reader.identity();
  salt_high_ = mix64(identity.scenario.hi + 0x9e3779b97f4a7c15ULL * (identity.seed + 1));
  salt_low_ = mix64(identity.scenario.lo + 0xd1342543de82ef95ULL * (identity.seed + 1));
  const TraceNames& names = reader.names();
  for (const TraceNames::Service& service : names.services) {
    first_node_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    const std::uint32_t instances = std::clamp<std::uint32_t>(service.instances, 1, 10'000);
    for (std::uint32_t i = 1; i <= instances; ++i) nodes_.push_back({json_text(service.name), i, false});
  }
  first_client_ = static_cast<std::uint32_t>(nodes_.size());
  for (const TraceNames::Owned& client : names.clients) nodes_.push_back({json_text(client.name), 0, true});
  nodes_.push_back({"environment", 0, false});
  lanes_.resize(nodes_.size());
}

std::uint32_t SpanModel::node_of(const Record& record) const {
  if (record.service < first_node_.size()) {
    const std::uint32_t first = first_node_[record.service];
    const std::size_t next = record.service + 1U;
    const std::uint32_t end = next < first_node_.size() ? first_node_[next] : first_client_;
    return std::min(first + record.instance, end - 1);
  }
  const bool of_client = record.kind == RecordKind::command_sent || record.kind == RecordKind::client_retry || record.kind == RecordKind::client_read;
  const auto environment = static_cast<std::uint32_t>(nodes_.size() - 1);
  return of_client && record.place < environment - first_client_ ? first_client_ + record.place : environment;
}

std::int64_t SpanModel::time_of(const Record& record) const {
  const std::int64_t at = reader_.identity().explored ? static_cast<std::int64_t>(record.id) * 1'000'000 : record.time.nanoseconds();
  return detail::saturating_add(epoch_, at);
}

TraceId SpanModel::trace_id(RecordId root) const {
  const std::uint64_t low = mix64(salt_low_ + root);
  return {mix64(salt_high_ ^ mix64(root + 1ULL)), low == 0 ? 1 : low};
}

std::uint64_t SpanModel::span_id(RecordId first) const {
  const std::uint64_t id = mix64(salt_high_ + salt_low_ + first);
  return id == 0 ? 1 : id;
}

SpanModel::Home SpanModel::derive(const Record& record, const Home& parent, const Home& other) const {
  Home home = parent;
  switch (record.kind) {
    case RecordKind::handler_begin: home.run = record.id; break;
    case RecordKind::crash:
      if (record.other_parent != no_record) home = other;
      break;
    case RecordKind::publish_try:
      if (record.other_parent < reader_.size() && reader_.record(record.other_parent).kind != RecordKind::fault) home.root = other.root;
      break;
    default: break;
  }
  if (opens(record.kind)) home.span = record.id;
  else if (!beside(record.kind)) home.span = home.run;
  if (home.root == no_record) home.root = record.id;
  return home;
}

SpanModel::Home SpanModel::home(RecordId record) {
  if (record == no_record || record >= reader_.size()) return {};
  const Known& known = known_[record % window];
  return known.record == record ? known.home : home(reader_.record(record));
}

SpanModel::Home SpanModel::home(const Record& record) {
  const Known& kept = known_[record.id % window];
  if (kept.record == record.id) return kept.home;
  const auto lately = [&](RecordId id, Home& into) {
    if (id >= reader_.size()) return true;
    const Known& known = known_[id % window];
    if (known.record == id) into = known.home;
    return known.record == id;
  };
  const bool other_counts = record.kind == RecordKind::crash || record.kind == RecordKind::publish_try;
  Home parent, other;
  if (!lately(record.parent, parent) || (other_counts && !lately(record.other_parent, other))) return home_of_old(record);
  const Home home = derive(record, parent, other);
  known_[record.id % window] = {record.id, home, 0};
  return home;
}

// Causes that the window has lost are derived again, from the first ones that are known.
SpanModel::Home SpanModel::home_of_old(const Record& record) {
  std::vector<Record> path{record};
  std::map<RecordId, Home> found;
  const auto look = [&](RecordId id, Home& into) {
    if (id == no_record || id >= reader_.size()) return true;
    const Known& known = known_[id % window];
    if (known.record == id) {
      into = known.home;
      return true;
    }
    const auto at = found.find(id);
    if (at == found.end()) return false;
    into = at->second;
    return true;
  };
  while (!path.empty()) {
    const Record now = path.back();
    Home parent, other;
    const bool has_parent = look(now.parent, parent);
    const bool wants_other = now.kind == RecordKind::crash || now.kind == RecordKind::publish_try;
    const bool has_other = !wants_other || look(now.other_parent, other);
    if (!has_parent) path.push_back(reader_.record(now.parent));
    else if (!has_other) path.push_back(reader_.record(now.other_parent));
    if (!has_parent || !has_other) continue;
    found[now.id] = derive(now, parent, other);
    path.pop_back();
  }
  const Home home = found[record.id];
  known_[record.id % window] = {record.id, home, 0};
  return home;
}

bool SpanModel::lane_of(RecordId run, std::uint16_t& lane) const {
  if (run == no_record) return false;
  const Known& known = known_[run % window];
  if (known.record != run) return false;
  lane = known.lane;
  return true;
}

Span& SpanModel::open(const Record& record, Doing doing, SpanKind kind) {
  const Home at = home(record);
  if (spare_.empty()) {
    std::map<RecordId, Span> one;
    spare_.push_back(one.extract(one.emplace(record.id, Span{}).first));
  }
  auto node = std::move(spare_.back());
  spare_.pop_back();
  node.key() = record.id;
  std::vector<Record> events = std::move(node.mapped().events);
  events.clear();
  node.mapped() = Span{};
  node.mapped().events = std::move(events);
  Span& span = open_.insert(open_.end(), std::move(node))->second;
  span.first = record.id;
  span.root = at.root;
  span.run = at.run;
  span.doing = doing;
  span.kind = kind;
  span.what = record.kind;
  span.handler = record.handler;
  span.place = record.place;
  span.node = node_of(record);
  span.begin = span.end = time_of(record);
  span.subject = record.subject;
  span.key = record.key;
  span.detail = record.detail;
  span.outcome = record.outcome;
  const auto around = span.run == span.first ? open_.end() : open_.find(span.run);
  if (around != open_.end()) ++around->second.inside;
  return span;
}

void SpanModel::link_to(Span& span, RecordId record, LinkWhy why) {
  if (record == no_record || record >= reader_.size() || span.links == span.link.size()) return;
  const Home at = home(record);
  const RecordId target = why == LinkWhy::fault ? record : at.span;
  if (target == no_record || target == span.first) return;
  span.link[span.links++] = {at.root, target, why};
}

void SpanModel::take_lane(Span& span) {
  std::vector<std::int64_t>& lanes = lanes_[span.node];
  std::size_t lane = 0;
  while (lane < lanes.size() && lanes[lane] > span.begin) ++lane;
  if (lane == lanes.size()) lanes.push_back(0);
  lanes[lane] = busy;
  span.lane = static_cast<std::uint16_t>(std::min<std::size_t>(lane, 0xffff));
  known_[span.first % window].lane = span.lane;
}

bool SpanModel::close(RecordId first, std::int64_t at, Outcome outcome) {
  const auto found = open_.find(first);
  if (found == open_.end()) return true;
  Span& span = found->second;
  span.end = std::max(span.begin, at);
  // A viewer looks for a parent in its own trace only.
  if (span.parent != no_record && home(span.parent).root != span.root) {
    link_to(span, span.parent, LinkWhy::relay);
    span.parent = no_record;
  }
  span.outcome = outcome;
  if (span.doing == Doing::request && span.run == no_record) {
    const auto asked = asked_.find(span.subject);
    if (asked != asked_.end() && asked->second == first) asked_.erase(asked);
    served_.erase(first);
  }
  const auto around = span.run == first ? open_.end() : open_.find(span.run);
  if (around != open_.end() && around->second.inside != 0) --around->second.inside;
  const bool is_run = span.doing >= Doing::serve && span.doing <= Doing::timer;
  // What has no length is drawn a nanosecond long, so its row is not free before.
  if (is_run && span.lane < lanes_[span.node].size()) lanes_[span.node][span.lane] = std::max(span.end, span.begin + 1);
  const bool wanted = sink_->span(span);
  spare_.push_back(open_.extract(found));
  return wanted;
}

bool SpanModel::begin_run(const Record& record) {
  const Record cause = record.parent < reader_.size() ? reader_.record(record.parent) : Record{};
  const bool has_cause = record.parent != no_record;
  Doing doing = Doing::poll;
  SpanKind kind = SpanKind::internal;
  if (has_cause && cause.kind == RecordKind::delivered) {
    doing = Doing::process;
    kind = SpanKind::consumer;
  } else if (has_cause && cause.kind == RecordKind::command_received) {
    doing = Doing::serve;
    kind = SpanKind::server;
  } else if (has_cause && cause.kind == RecordKind::timer_fired) {
    doing = Doing::timer;
  }
  Span& span = open(record, doing, kind);
  span.parent = home(record.parent).span;
  if (doing == Doing::process) {
    span.subscription = cause.place;
    const auto& subscriptions = reader_.names().subscriptions;
    if (cause.place < subscriptions.size()) span.channel = subscriptions[cause.place].owner;
    span.delivered = cause.id;
    span.delivered_at = time_of(cause);
    link_to(span, record.parent, LinkWhy::message);
    if (cause.other_parent != no_record) link_to(span, cause.other_parent, LinkWhy::fault);
  } else if (doing == Doing::timer) {
    link_to(span, record.parent, LinkWhy::timer);
  }
  take_lane(span);
  return forget_oldest();
}

bool SpanModel::end_run(const Record& record) {
  const RecordId run = home(record).run;
  const auto found = open_.find(run);
  if (found == open_.end()) return true;
  const std::int64_t now = time_of(record);
  // Publishes and calls that the run never saw an end of.
  const RecordId request = found->second.parent;
  const bool served = found->second.doing == Doing::serve;
  for (auto at = std::next(found); at != open_.end() && found->second.inside != 0;) {
    const RecordId first = at->first;
    const bool inside = at->second.run == run;
    if (inside) at->second.unfinished = true;
    ++at;
    if (inside && !close(first, now, Outcome::unknown)) return false;
  }
  if (!close(run, now, record.outcome)) return false;
  const auto asked = served ? open_.find(request) : open_.end();
  if (asked == open_.end() || asked->second.run != no_record) return true;
  served_[request] = now;
  if (served_.size() <= most_answered) return true;
  const auto oldest = *served_.begin();
  return close(oldest.first, oldest.second, Outcome::ok);
}

void SpanModel::open_send(const Record& record) {
  Span& span = open(record, Doing::send, SpanKind::producer);
  span.channel = record.place;
  const Home parent = home(record.parent);
  span.parent = parent.span;
  if (record.kind == RecordKind::retry) {
    link_to(span, record.parent, LinkWhy::retry);
    span.parent = parent.run;
    return;
  }
  if (record.other_parent >= reader_.size()) return;
  if (reader_.record(record.other_parent).kind == RecordKind::fault) {
    link_to(span, record.other_parent, LinkWhy::fault);
    return;
  }
  // A relay publishes what another run made: that one is the parent, the relay is linked.
  const RecordId maker = home(record.other_parent).span;
  if (maker == no_record || maker == parent.run || maker == parent.span) return;
  span.parent = maker;
  link_to(span, record.parent, LinkWhy::relay);
}

void SpanModel::open_request(const Record& record) {
  Span& span = open(record, Doing::request, SpanKind::client);
  span.parent = home(record.parent).span;
  if (span.run != no_record) return;
  const auto known = asked_.find(record.subject);
  if (known != asked_.end()) link_to(span, known->second, LinkWhy::retry);
  asked_[record.subject] = record.id;
}

bool SpanModel::answer(const Record& record) {
  if (record.parent != no_record) return close(home(record.parent).span, time_of(record), record.outcome);
  const auto known = asked_.find(record.subject);
  if (known == asked_.end()) return true;
  return close(known->second, time_of(record), record.outcome);
}

bool SpanModel::happen(const Record& record) {
  const bool settles = record.kind == RecordKind::acked || record.kind == RecordKind::nacked;
  Span& span = open(record, settles ? Doing::settle : Doing::happening, settles ? SpanKind::client : SpanKind::internal);
  span.parent = home(record).span;
  const bool subscription = settles || record.kind == RecordKind::lost || record.kind == RecordKind::dead_lettered;
  if (subscription && record.place < reader_.names().subscriptions.size()) {
    span.subscription = record.place;
    span.channel = reader_.names().subscriptions[record.place].owner;
  }
  if (record.kind == RecordKind::client_read && record.parent == no_record) {
    const auto asked = asked_.find(record.subject);
    if (asked != asked_.end()) {
      span.parent = asked->second;
      span.root = home(asked->second).root;
      if (!close(asked->second, span.begin, Outcome::ok)) return false;
    }
  }
  if (record.kind == RecordKind::crash) link_to(span, record.parent, LinkWhy::fault);
  if (record.kind == RecordKind::lost) link_to(span, record.other_parent, LinkWhy::fault);
  return close(record.id, span.begin, record.outcome);
}

void SpanModel::note(const Record& record) {
  const Home at = home(record);
  const auto found = open_.find(at.span != no_record ? at.span : at.run);
  if (found == open_.end()) return;
  std::vector<Record>& events = found->second.events;
  if (events.size() < most_events) events.push_back(record);
  else ++found->second.dropped;
}

// Requests that nobody answers stay open; the oldest make room.
bool SpanModel::forget_oldest() {
  if (open_.size() <= most_open) return true;
  open_.begin()->second.unfinished = true;
  return close(open_.begin()->first, last_, Outcome::unknown);
}

bool SpanModel::handle(const Record& record) {
  home(record);
  last_ = time_of(record);
  switch (record.kind) {
    case RecordKind::handler_begin: return begin_run(record);
    case RecordKind::handler_end: return end_run(record);
    case RecordKind::publish_try:
    case RecordKind::retry: open_send(record); return forget_oldest();
    case RecordKind::publish_seen: return close(home(record).span, last_, record.outcome);
    case RecordKind::command_sent:
    case RecordKind::client_retry: open_request(record); return forget_oldest();
    case RecordKind::command_answered: return answer(record);
    case RecordKind::acked:
    case RecordKind::nacked:
    case RecordKind::fault:
    case RecordKind::crash:
    case RecordKind::restart:
    case RecordKind::lost:
    case RecordKind::dead_lettered:
    case RecordKind::client_read:
    case RecordKind::violated: return happen(record);
    case RecordKind::poll:
    case RecordKind::timer_fired: return true;
    default: note(record); return true;
  }
}

bool SpanModel::finish() {
  for (const auto& [request, at] : std::map<RecordId, std::int64_t>(served_)) {
    if (!close(request, at, Outcome::ok)) return false;
  }
  while (!open_.empty()) {
    open_.begin()->second.unfinished = true;
    if (!close(open_.begin()->first, last_, Outcome::unknown)) return false;
  }
  return true;
}

bool SpanModel::walk(SpanSink& sink) {
  sink_ = &sink;
  open_.clear();
  asked_.clear();
  served_.clear();
  last_ = epoch_;
  for (auto& lanes : lanes_) lanes.clear();
  for (std::size_t chunk = 0; chunk < reader_.chunks().size(); ++chunk) {
    const ChunkPlace& place = reader_.chunks()[chunk];
    if (!reader_.readable(chunk)) break;
    for (std::uint32_t i = 0; i < place.records; ++i) {
      if (!handle(reader_.record(place.first + i))) return false;
    }
  }
  return finish() && reader_.problems().errors() == 0;
}

}  // namespace flowtank::reports
