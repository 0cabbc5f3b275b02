// SPDX-License-Identifier: Apache-2.0
// See measures.hpp. Requests and messages are known by their numbers in the dictionary of the file, so that nothing is read
// but the records themselves; backlogs are the changes of their components.
#include "gui/session/measures.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <reports/text.hpp>

namespace flowtank::gui {
namespace {

constexpr std::size_t most_sorted = 50'000;
constexpr std::size_t smallest_bucket = 64;  // samples in the smallest buckets of Series::highest

// Samples of one measure by where they belong.
class Collector {
 public:
  Collector(const RunReader& run) : run_(run) {}

  void look_at(RecordId id) {
    const Record r = run_.raw(id);
    const std::int64_t now = run_.index().position(id);
    const std::uint64_t subject = r.subject;
    switch (r.kind) {
      case RecordKind::command_sent: sent_[subject].push_back({now, r.place, asked(r), false, false}); break;
      case RecordKind::command_answered: ended(latency_, subject, now, true); break;
      case RecordKind::handler_end: ended(handled_, subject, now, false); break;
      case RecordKind::accepted: accepted_[{subject, r.place}] = now; break;
      case RecordKind::delivered: delivered(subject, r, now); break;
      default: break;
    }
  }

  void give(Measures& out) {
    // Who waits for no answer is measured until the request was handled.
    for (auto& [key, series] : handled_) {
      if (latency_.contains(key)) continue;
      series.name += ", handled";
      latency_.emplace(key, std::move(series));
    }
    for (auto& [key, series] : latency_) out.series.push_back(std::move(series));
    for (auto& [key, series] : staleness_) out.series.push_back(std::move(series));
  }

 private:
  struct Sent {
    std::int64_t at = 0;
    std::uint32_t client = 0;
    std::uint16_t service = 0;
    bool answered = false, handled = false;
  };

  // The service that a request goes to: that of its client where the record names none.
  std::uint16_t asked(const Record& r) const {
    const auto& clients = run_.reader().names().clients;
    if (r.service != 0xffff || r.place >= clients.size() || clients[r.place].owner >= 0xffff) return r.service;
    return static_cast<std::uint16_t>(clients[r.place].owner);
  }

  using ByClient = std::map<std::pair<std::uint32_t, std::uint16_t>, Series>;

  // The first request of this content that has not ended so yet.
  void ended(ByClient& of, std::uint64_t subject, std::int64_t now, bool answered) {
    const auto found = sent_.find(subject);
    if (found == sent_.end()) return;
    const auto at = std::find_if(found->second.begin(), found->second.end(), [answered](const Sent& s) { return answered ? !s.answered : !s.handled; });
    if (at == found->second.end()) return;
    (answered ? at->answered : at->handled) = true;
    const Sent sent = *at;
    if (sent.answered && sent.handled) found->second.erase(at);
    if (found->second.empty()) sent_.erase(found);
    const auto& names = run_.reader().names();
    Series& series = of[{sent.client, sent.service}];
    if (series.name.empty()) {
      const std::string client = sent.client < names.clients.size() ? names.clients[sent.client].name : "requests";
      series.measure = Measure::latency;
      series.name = reports::printable(client) + (sent.service < names.services.size() ? " to " + reports::printable(names.services[sent.service].name) : "");
      series.lane = run_.index().lanes().find(LaneKind::client, sent.client);
      if (sent.service < names.services.size()) series.other_lane = run_.index().lanes().find(LaneKind::instance, sent.service);
    }
    series.samples.push_back({now, now - sent.at});
  }

  void delivered(std::uint64_t subject, const Record& r, std::int64_t now) {
    const auto& names = run_.reader().names();
    if (r.place >= names.subscriptions.size()) return;
    const std::uint32_t channel = names.subscriptions[r.place].owner;
    const auto found = accepted_.find({subject, channel});
    if (found == accepted_.end()) return;
    Series& series = staleness_[r.place];
    if (series.name.empty()) name_subscription(r.place, series, Measure::staleness);
    series.samples.push_back({now, now - found->second});
  }

 public:
  // "orders to payment"
  void name_subscription(std::uint32_t subscription, Series& series, Measure measure) const {
    const auto& names = run_.reader().names();
    series.measure = measure;
    const std::uint32_t channel = names.subscriptions[subscription].owner;
    const std::uint32_t service = subscription < names.subscribers.size() ? names.subscribers[subscription] : none;
    series.name = channel < names.channels.size() ? reports::printable(names.channels[channel].name) : "channel";
    if (service < names.services.size()) series.name += " to " + reports::printable(names.services[service].name);
    series.lane = run_.index().lanes().find(LaneKind::channel, channel);
    series.other_lane = service < names.services.size() ? run_.index().lanes().find(LaneKind::instance, service) : no_lane;
  }

  // "orders"
  void name_channel(std::uint32_t channel, Series& series) const {
    series.measure = Measure::backlog;
    series.name = reports::printable(run_.reader().names().channels[channel].name);
    series.lane = run_.index().lanes().find(LaneKind::channel, channel);
  }

 private:
  const RunReader& run_;
  std::unordered_map<std::uint64_t, std::vector<Sent>> sent_;                  // only looked up
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::int64_t> accepted_;   // message, channel
  ByClient latency_, handled_;
  std::map<std::uint32_t, Series> staleness_;
};

// How many subscriptions each channel has.
std::vector<std::uint32_t> subscriptions_of_channels(const TraceReader& reader) {
  std::vector<std::uint32_t> out(reader.names().channels.size(), 0);
  for (const auto& subscription : reader.names().subscriptions) {
    if (subscription.owner < out.size()) ++out[subscription.owner];
  }
  return out;
}

// The changes of each subscription's backlog; of several components (partitions) the sum. So too of a channel's subscriptions.
bool add_backlogs(const RunReader& run, const Collector& collector, const std::atomic<bool>& cancelled, Measures& out) {
  const TraceReader& reader = run.reader();
  out.has_backlogs = reader.has_states();
  if (!out.has_backlogs) return true;
  std::vector<std::uint32_t> subscription(reader.components() + 1, none);
  for (std::uint32_t c = 0; c <= reader.components(); ++c) {
    const Component component = reader.component(c);
    if (component.kind == StateKind::backlog) subscription[c] = component.owner;
  }
  const FileRecords& records = run.view().records();
  std::vector<std::int64_t> held(subscription.size(), 0);
  const std::vector<std::uint32_t> subscriptions = subscriptions_of_channels(reader);
  std::map<std::uint32_t, Series> found, channels;
  std::map<std::uint32_t, std::int64_t> sum, all;
  for (std::size_t chunk = 0; chunk < reader.chunks().size(); ++chunk) {
    if (cancelled.load(std::memory_order_relaxed)) return false;
    records.forget_when_large();
    for (const Delta& delta : reader.changes_in(chunk)) {
      if (delta.component >= subscription.size() || subscription[delta.component] == none || delta.record >= run.size()) continue;
      const std::uint32_t of = subscription[delta.component];
      if (of >= reader.names().subscriptions.size()) continue;
      const Value value = records.pool().value(records.word(delta.now));
      const std::int64_t now = value.is(Kind::int64) ? value.i : 0;
      const std::int64_t change = now - held[delta.component], position = run.index().position(delta.record);
      sum[of] += change;
      held[delta.component] = now;
      Series& series = found[of];
      if (series.name.empty()) collector.name_subscription(of, series, Measure::backlog);
      series.samples.push_back({position, sum[of]});
      const std::uint32_t channel = reader.names().subscriptions[of].owner;
      if (channel >= subscriptions.size() || subscriptions[channel] < 2) continue;
      Series& whole = channels[channel];
      if (whole.name.empty()) collector.name_channel(channel, whole);
      whole.samples.push_back({position, all[channel] += change});
    }
  }
  for (auto& [of, series] : found) out.series.push_back(std::move(series));
  for (auto& [of, series] : channels) out.channels.push_back(std::move(series));
  for (std::vector<Series>* some : {&out.series, &out.channels}) {
    for (Series& series : *some) {
      if (series.measure == Measure::backlog) add_highest(series);
    }
  }
  return true;
}

}  // namespace

const Series* Measures::backlog_of(std::uint16_t lane) const {
  if (lane == no_lane) return nullptr;
  const auto of_lane = [lane](const Series& s) { return s.measure == Measure::backlog && s.lane == lane; };
  const auto whole = std::find_if(channels.begin(), channels.end(), of_lane);
  if (whole != channels.end()) return &*whole;
  const auto only = std::find_if(series.begin(), series.end(), of_lane);
  return only == series.end() ? nullptr : &*only;
}

std::shared_ptr<const Measures> measure_run(const RunReader& run, const std::atomic<bool>& cancelled) {
  auto out = std::make_shared<Measures>();
  Collector collector(run);
  if (run.index().timed()) {
    for (RecordId id = 0; id < run.size(); ++id) {
      if (id % 4096 == 0 && cancelled.load(std::memory_order_relaxed)) return nullptr;
      const RecordKind kind = run.index().kind(id);
      if (kind == RecordKind::command_sent || kind == RecordKind::command_answered || kind == RecordKind::handler_end || kind == RecordKind::accepted || kind == RecordKind::delivered) collector.look_at(id);
    }
    collector.give(*out);
  }
  if (!add_backlogs(run, collector, cancelled, *out)) return nullptr;
  return out;
}

namespace {

QuantileColumn quantiles(std::vector<std::int64_t>& values) {
  QuantileColumn out;
  out.count = values.size();
  if (values.empty()) return out;
  // The smallest value that is at least as large as so many of all.
  const auto at = [&](std::size_t percent) {
    const std::size_t rank = (values.size() * percent + 99) / 100;
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank == 0 ? 0 : rank - 1);
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  out.p50 = at(50);
  out.p95 = at(95);
  out.p99 = at(99);
  out.most = *std::max_element(values.begin(), values.end());
  return out;
}

auto first_at(const std::vector<Sample>& samples, std::int64_t position) {
  return std::lower_bound(samples.begin(), samples.end(), position, [](const Sample& s, std::int64_t p) { return s.position < p; });
}

std::int64_t edge(std::int64_t from, std::int64_t to, std::size_t column, std::size_t columns) {
  return from + static_cast<std::int64_t>(static_cast<double>(to - from) * static_cast<double>(column) / static_cast<double>(columns));
}

}  // namespace

std::vector<QuantileColumn> quantiles_of(const Series& series, std::int64_t from, std::int64_t to, std::size_t columns, bool& thinned) {
  thinned = false;
  std::vector<QuantileColumn> out(columns);
  std::vector<std::int64_t> values;
  for (std::size_t c = 0; c < columns; ++c) {
    auto at = first_at(series.samples, edge(from, to, c, columns));
    const auto end = first_at(series.samples, edge(from, to, c + 1, columns));
    const auto count = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, end - at));
    const std::size_t stride = std::max<std::size_t>(1, count / (most_sorted / std::max<std::size_t>(1, columns / 10) + 1));
    thinned = thinned || stride > 1;
    values.clear();
    for (std::size_t i = 0; i < count; i += stride) values.push_back((at + static_cast<std::ptrdiff_t>(i))->value);
    out[c] = quantiles(values);
    out[c].count = count;
  }
  return out;
}

QuantileColumn quantiles_in(const Series& series, std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> values;
  for (auto at = first_at(series.samples, from); at != series.samples.end() && at->position < to; ++at) values.push_back(at->value);
  return quantiles(values);
}

void add_highest(Series& series) {
  series.highest.clear();
  std::vector<std::int64_t> level;
  for (std::size_t i = 0; i < series.samples.size(); ++i) {
    if (i % smallest_bucket == 0) level.push_back(series.samples[i].value);
    else level.back() = std::max(level.back(), series.samples[i].value);
  }
  while (level.size() > 1) {
    std::vector<std::int64_t> wider;
    for (std::size_t i = 0; i < level.size(); i += 2) wider.push_back(i + 1 < level.size() ? std::max(level[i], level[i + 1]) : level[i]);
    series.highest.push_back(std::move(level));
    level = std::move(wider);
  }
  if (!level.empty()) series.highest.push_back(std::move(level));
}

namespace {

// The largest of `most` and the samples from `at` to before `end`: the widest buckets that lie between them, and single ones beside those.
std::int64_t highest_in(const Series& series, std::size_t at, std::size_t end, std::int64_t most) {
  while (at < end) {
    std::size_t level = 0, wide = smallest_bucket;
    if (series.highest.empty() || at % wide != 0 || at + wide > end) {
      most = std::max(most, series.samples[at++].value);
      continue;
    }
    while (level + 1 < series.highest.size() && at % (2 * wide) == 0 && at + 2 * wide <= end) ++level, wide *= 2;
    most = std::max(most, series.highest[level][at / wide]);
    at += wide;
  }
  return most;
}

}  // namespace

std::vector<std::int64_t> levels_of(const Series& series, std::int64_t from, std::int64_t to, std::size_t columns) {
  std::vector<std::int64_t> out(columns, 0);
  for (std::size_t c = 0; c < columns; ++c) {
    const auto at = static_cast<std::size_t>(first_at(series.samples, edge(from, to, c, columns)) - series.samples.begin());
    const auto end = static_cast<std::size_t>(first_at(series.samples, edge(from, to, c + 1, columns)) - series.samples.begin());
    out[c] = highest_in(series, at, end, at == 0 ? 0 : series.samples[at - 1].value);
  }
  return out;
}

}  // namespace flowtank::gui
