// SPDX-License-Identifier: Apache-2.0
// Looking at a run as its records pass. A request is what a client sent; whatever names it, directly or through others, as
// its cause belongs to it. A message waits in a subscription from when the broker accepted it until it was acknowledged, lost or
// put aside; second copies of the same content are not counted twice.
#include "reports/html/run_series.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include <sim/check/witness.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/trace/trace.hpp>

#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

constexpr std::uint32_t no_request = 0xffffffffU;

double milliseconds(Duration length) { return static_cast<double>(length.nanoseconds()) / 1e6; }

// What a subscription has not handled, oldest first.
class Waiting {
 public:
  void add(Word subject, Time at) {
    where_[subject].push_back(first_ + queue_.size());
    queue_.push_back({at, false});
    ++count_;
  }
  // The oldest copy of this content, if one waits.
  bool remove(Word subject) {
    const auto found = where_.find(subject);
    if (found == where_.end()) return false;
    queue_[found->second.front() - first_].done = true;
    found->second.pop_front();
    if (found->second.empty()) where_.erase(found);
    --count_;
    while (!queue_.empty() && queue_.front().done) {
      queue_.pop_front();
      ++first_;
    }
    return true;
  }
  std::size_t count() const { return count_; }
  std::optional<Time> oldest() const { return queue_.empty() ? std::nullopt : std::optional<Time>(queue_.front().at); }

 private:
  struct Entry {
    Time at;
    bool done;
  };
  std::deque<Entry> queue_;
  std::size_t first_ = 0;  // number of the front
  std::size_t count_ = 0;
  std::map<Word, std::deque<std::size_t>> where_;  // by content: places in the queue
};

class Looking final : public ChunkSink {
 public:
  Looking(const System& system, Time end) : system_(system), end_(end), subscriptions_(system.subscriptions.size()), open_(system.faults.size(), none), begun_(system.handlers.size(), false) {
    for (const Handler& handler : system.handlers) taken_.emplace_back(handler.program.steps.size(), false);
    for (Subscribed& s : subscriptions_) {
      s.staleness.assign(series_points, 0);
      s.backlog.assign(series_points, 0);
    }
    series_.end = end;
  }

  void chunk(const RawChunk& chunk) override {
    for (std::uint32_t i = 0; i < chunk.count; ++i) look(chunk.get(i));
  }

  RunSeries take() {
    advance(series_points);
    latency();
    subscribed();
    reached();
    for (FaultSpan& span : series_.spans) {
      if (span.until == Time::never()) span.until = end_;
    }
    return std::move(series_);
  }

 private:
  struct Request {
    Time sent, last;
    bool ended = false;  // something that it led to has come to an end
  };
  struct Subscribed {
    Waiting waiting;
    std::vector<double> staleness, backlog;
  };

  std::size_t stretch_of(Time time) const {
    const auto length = static_cast<double>(std::max<std::int64_t>(1, end_.nanoseconds()));
    const auto at = static_cast<std::size_t>(static_cast<double>(time.nanoseconds()) / length * static_cast<double>(series_points));
    return std::min(at, series_points - 1);
  }
  Time end_of(std::size_t stretch) const {
    return Time(static_cast<std::int64_t>(static_cast<double>(end_.nanoseconds()) / static_cast<double>(series_points) * static_cast<double>(stretch + 1)));
  }

  void look(const Record& record) {
    ++series_.records;
    advance(stretch_of(record.time));
    if (record.handler < begun_.size()) {
      begun_[record.handler] = true;
      if (record.step < taken_[record.handler].size()) taken_[record.handler][record.step] = true;
    }
    const std::uint32_t request = request_of(record);
    requests_of_.push_back(request);
    if (request != no_request && (record.kind == RecordKind::handler_end || record.kind == RecordKind::command_answered) && record.outcome == Outcome::ok) {
      requests_[request].last = std::max(requests_[request].last, record.time);
      requests_[request].ended = true;
    }
    switch (record.kind) {
      case RecordKind::accepted: accepted(record); break;
      case RecordKind::acked:
      case RecordKind::lost:
      case RecordKind::dead_lettered: settled(record); break;
      case RecordKind::fault: struck(record); break;
      case RecordKind::fault_over: over(record); break;
      case RecordKind::crash: crashed(record); break;
      case RecordKind::restart: restarted(record); break;
      default: break;
    }
  }

  std::uint32_t request_of(const Record& record) {
    if (record.kind == RecordKind::command_sent && record.service >= system_.services.size()) {
      requests_.push_back({record.time, record.time});
      return static_cast<std::uint32_t>(requests_.size() - 1);
    }
    // An event that a relay publishes comes from who made it.
    const bool relayed = record.kind == RecordKind::publish_try && record.other_parent < requests_of_.size();
    const RecordId cause = relayed ? record.other_parent : record.parent;
    return cause < requests_of_.size() ? requests_of_[cause] : no_request;
  }

  // The stretches up to `stretch` are over: what still waits gets older.
  void advance(std::size_t stretch) {
    for (; now_ < stretch; ++now_) {
      for (Subscribed& s : subscriptions_) {
        if (const auto oldest = s.waiting.oldest()) s.staleness[now_] = std::max(s.staleness[now_], milliseconds(end_of(now_) - *oldest));
        if (now_ + 1 < series_points) s.backlog[now_ + 1] = static_cast<double>(s.waiting.count());
      }
    }
  }

  void accepted(const Record& record) {
    for (std::size_t s = 0; s < subscriptions_.size(); ++s) {
      if (system_.subscriptions[s].channel != record.place) continue;
      subscriptions_[s].waiting.add(record.subject, record.time);
      double& most = subscriptions_[s].backlog[now_];
      most = std::max(most, static_cast<double>(subscriptions_[s].waiting.count()));
    }
  }

  void settled(const Record& record) {
    if (record.place >= subscriptions_.size()) return;
    Subscribed& s = subscriptions_[record.place];
    if (const auto oldest = s.waiting.oldest()) s.staleness[now_] = std::max(s.staleness[now_], milliseconds(record.time - *oldest));
    s.waiting.remove(record.subject);
  }

  bool room() {
    if (series_.spans.size() < most_fault_spans) return true;
    ++series_.more_spans;
    return false;
  }
  void struck(const Record& record) {
    if (!room()) return;
    if (record.place < open_.size()) open_[record.place] = static_cast<std::uint32_t>(series_.spans.size());
    series_.spans.push_back({record.time, record.time, record.place});
  }
  void over(const Record& record) {
    if (record.place >= open_.size() || open_[record.place] == none) return;
    series_.spans[open_[record.place]].until = record.time;
    open_[record.place] = none;
  }
  void crashed(const Record& record) {
    // The fault that made it says so already; it lasts until the restart.
    const bool same = !series_.spans.empty() && series_.spans.back().from == record.time && record.place == series_.spans.back().fault;
    if (!same) {
      if (!room()) return;
      series_.spans.push_back({record.time, record.time, record.place});
    }
    series_.spans.back().until = Time::never();
    down_.push_back({record.service, record.instance, series_.spans.size() - 1});
  }
  void restarted(const Record& record) {
    for (std::size_t i = 0; i < down_.size(); ++i) {
      if (down_[i].service != record.service || down_[i].instance != record.instance) continue;
      series_.spans[down_[i].span].until = record.time;
      down_.erase(down_.begin() + static_cast<std::ptrdiff_t>(i));
      return;
    }
  }

  void latency() {
    std::vector<std::vector<double>> by_stretch(series_points);
    for (const Request& request : requests_) {
      if (!request.ended) continue;
      by_stretch[stretch_of(request.sent)].push_back(milliseconds(request.last - request.sent));
      ++series_.requests;
    }
    if (series_.requests == 0) return;
    const std::pair<const char*, std::size_t> quantiles[] = {{"p99", 99}, {"p95", 95}, {"p50", 50}};
    for (const auto& [name, percent] : quantiles) {
      SeriesLine line{name, std::vector<double>(series_points, -1)};
      for (std::size_t i = 0; i < series_points; ++i) {
        std::vector<double>& values = by_stretch[i];
        if (values.empty()) continue;
        std::sort(values.begin(), values.end());
        line.values[i] = values[(values.size() - 1) * percent / 100];
      }
      series_.latency.push_back(std::move(line));
    }
  }

  // Those that had most to do, at most so many lines.
  void subscribed() {
    std::vector<std::size_t> order;
    std::vector<double> most;
    for (std::size_t s = 0; s < subscriptions_.size(); ++s) {
      most.push_back(*std::max_element(subscriptions_[s].staleness.begin(), subscriptions_[s].staleness.end()));
      if (*std::max_element(subscriptions_[s].backlog.begin(), subscriptions_[s].backlog.end()) > 0) order.push_back(s);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return most[a] > most[b]; });
    if (order.size() > most_series_lines) {
      series_.more_lines = order.size() - most_series_lines;
      order.resize(most_series_lines);
    }
    for (const std::size_t s : order) {
      const Subscription& of = system_.subscriptions[s];
      const std::string name = (of.channel < system_.channels.size() ? printable(system_.channels[of.channel].name) : std::string("a channel")) + " to " +
                               (of.service < system_.services.size() ? printable(system_.services[of.service].name) : std::string("a service"));
      series_.staleness.push_back({name, std::move(subscriptions_[s].staleness)});
      series_.backlog.push_back({name, std::move(subscriptions_[s].backlog)});
    }
  }

  // A step that leaves no record of its own counts as taken with its handler.
  void reached() {
    series_.not_reached = not_reached(system_, [this](std::uint32_t handler, std::uint32_t pc) {
      const Instruction& at = system_.handlers[handler].program.code[pc];
      const bool leaves_records = at.op == Op::commit || at.op == Op::publish || at.op == Op::effect || at.op == Op::call;
      return leaves_records ? at.step < taken_[handler].size() && taken_[handler][at.step] : begun_[handler];
    });
  }

  struct Down {
    std::uint16_t service, instance;
    std::size_t span;
  };

  const System& system_;
  Time end_;
  std::size_t now_ = 0;  // the stretch of the last record
  std::vector<Request> requests_;
  std::vector<std::uint32_t> requests_of_;  // by record
  std::vector<Subscribed> subscriptions_;
  std::vector<std::uint32_t> open_;  // by fault: its span, while it lasts
  std::vector<Down> down_;
  std::vector<bool> begun_;
  std::vector<std::vector<bool>> taken_;
  RunSeries series_;
};

}  // namespace

std::optional<RunSeries> series_of(const Scenario& scenario, const BrokerRegistry& registry, const Result& result, std::optional<Time> horizon) {
  if (result.driver != Driver::run || result.campaign || result.interrupted || result.run.time <= Time::start()) return std::nullopt;
  const System& system = *scenario.system;
  Diagnostics ignored;
  const auto world = make_world(system, registry, Mode::timed, result.seed, ignored);
  if (!world) return std::nullopt;
  Looking looking(system, result.run.time);
  Trace trace(TraceScope::of(TraceLevel::normal));
  trace.stream_to(&looking);
  world->record_into(&trace, false);
  world->reset(result.seed);
  const TimedRunResult again = timed_run(*world, {horizon.value_or(system.bounds.horizon), system.bounds.max_actions});
  world->record_into(nullptr);
  trace.finish();
  if (again.actions != result.run.actions || again.time != result.run.time) return std::nullopt;
  return looking.take();
}

}  // namespace flowtank::reports::html
