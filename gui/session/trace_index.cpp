// SPDX-License-Identifier: Apache-2.0
// See trace_index.hpp. One pass over the trace; densities are made from the columns that it leaves.
#include "gui/session/trace_index.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include <sim/base/hash.hpp>

namespace flowtank::gui {

bool is_inner(RecordKind kind) {
  switch (kind) {
    case RecordKind::txn_begin:
    case RecordKind::row_write:
    case RecordKind::event_made:
    case RecordKind::step:
    case RecordKind::handler_begin:
    case RecordKind::handler_end:
    case RecordKind::poll:
    case RecordKind::row_changed: return true;
    default: return false;
  }
}

Weight weight_of(RecordKind kind) {
  if (kind == RecordKind::violated) return Weight::violation;
  const bool fault = kind == RecordKind::fault || kind == RecordKind::crash || kind == RecordKind::lost || kind == RecordKind::dead_lettered;
  return fault ? Weight::fault : Weight::ordinary;
}

namespace {

// Handler runs that have begun and not ended. Two runs of one handler with one message may be open at once (two copies,
// two runs at a time): the one that began first is then taken to end first.
class OpenRuns {
 public:
  void begin(const Record& r, std::uint16_t lane, std::size_t number) { open_[key(r)].push_back({lane, number}); }
  // Lane and number of the run that ends here; nothing when its beginning is not in the trace.
  std::optional<std::pair<std::uint16_t, std::size_t>> end(const Record& r) {
    const auto found = open_.find(key(r));
    if (found == open_.end()) return std::nullopt;
    const auto first = found->second.front();
    found->second.erase(found->second.begin());
    if (found->second.empty()) open_.erase(found);
    return first;
  }

 private:
  struct Key {
    std::uint64_t where = 0;  // service, instance, handler
    Word subject = absent_word;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Mixed {
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(mix64(key.where ^ mix64(key.subject))); }
  };
  static Key key(const Record& r) { return {std::uint64_t{r.service} << 32 | std::uint64_t{r.instance} << 16 | r.handler, r.subject}; }
  std::unordered_map<Key, std::vector<std::pair<std::uint16_t, std::size_t>>, Mixed> open_;  // only looked up
};

}  // namespace

std::shared_ptr<const TraceIndex> TraceIndex::build(const TraceReader& reader, const std::atomic<bool>& cancelled,
                                                    const std::function<void(double)>& progress) {
  std::shared_ptr<TraceIndex> index(new TraceIndex(reader.names()));
  index->timed_ = !reader.identity().explored;
  const std::size_t records = reader.size();
  index->lane_.reserve(records);
  index->kind_.reserve(records);
  index->time_.reserve(records);
  index->told_.reserve(records);
  index->runs_.resize(index->lanes_.all().size());
  OpenRuns open;
  std::map<std::uint32_t, std::size_t> down;
  for (std::size_t i = 0; i < records; ++i) {
    if (i % 4096 == 0) {
      if (cancelled.load(std::memory_order_relaxed)) return nullptr;
      if (progress && i % (std::size_t{1} << 17) == 0) progress(static_cast<double>(i) / static_cast<double>(records));
    }
    const auto id = static_cast<RecordId>(i);
    const Record r = reader.record(id);
    const std::uint16_t parent = r.parent < id ? index->lane_[r.parent] : no_lane;
    index->lane_.push_back(index->lanes_.lane_of(r, parent));
    index->kind_.push_back(static_cast<std::uint8_t>(r.kind));
    const std::int64_t before = index->time_.empty() ? 0 : index->time_.back();
    index->time_.push_back(std::max(before, r.time.nanoseconds()));  // a damaged file may go back
    if (r.kind != RecordKind::step) index->told_.push_back(id);
    if (r.kind == RecordKind::fault) index->faults_.push_back(id);
    if (r.kind == RecordKind::violated) {
      index->violations_.push_back(id);
      index->violated_.push_back(r.place);
    }
    const std::uint32_t instance = std::uint32_t{r.service} << 16 | r.instance;
    if (r.kind == RecordKind::handler_begin) {
      const std::uint16_t lane = index->lane_.back();
      open.begin(r, lane, index->runs_[lane].spans.size());
      index->runs_[lane].spans.push_back({lane, id, no_record});
    } else if (r.kind == RecordKind::handler_end) {
      if (const auto run = open.end(r)) index->runs_[run->first].spans[run->second].to = id;
    } else if (r.kind == RecordKind::crash) {
      index->downtimes_.push_back({index->lane_.back(), id, no_record});
      down[instance] = index->downtimes_.size() - 1;
    } else if (r.kind == RecordKind::restart) {
      const auto found = down.find(instance);
      if (found != down.end()) index->downtimes_[found->second].to = id;
    }
  }
  index->last_ = records == 0 ? 1 : std::max<std::int64_t>(1, index->timed_ ? index->time_.back() : static_cast<std::int64_t>(records - 1));
  index->make_densities();
  index->find_reach();
  return index;
}

void TraceIndex::find_reach() {
  for (LaneRuns& runs : runs_) {
    RecordId last = 0;
    for (const Span& span : runs.spans) runs.reach.push_back(last = std::max(last, span.to));  // no_record is the largest
  }
}

std::size_t TraceIndex::first_run(std::size_t lane, std::int64_t at) const {
  const std::vector<RecordId>& reach = runs_[lane].reach;
  const auto ended = [&](RecordId to) { return to != no_record && position(to) < at; };
  return static_cast<std::size_t>(std::partition_point(reach.begin(), reach.end(), ended) - reach.begin());
}

void TraceIndex::make_densities() {
  const std::size_t lanes = lanes_.all().size();
  std::vector<std::size_t> sizes(lanes, 0);
  for (RecordId id = 0; id < lane_.size(); ++id) sizes[lane_[id]] += is_inner(kind(id)) ? 0U : 1U;
  struct Lists {
    std::vector<std::int64_t> positions;
    std::vector<Weight> weights;
    std::vector<std::uint32_t> events;
    void reserve(std::size_t n) { positions.reserve(n), weights.reserve(n), events.reserve(n); }
    void add(std::int64_t position, Weight weight, RecordId id) {
      positions.push_back(position);
      weights.push_back(weight);
      events.push_back(id);
    }
  };
  std::vector<Lists> lists(lanes);
  Lists all;
  std::size_t drawn = 0;
  for (std::size_t l = 0; l < lanes; ++l) {
    lists[l].reserve(sizes[l]);
    drawn += sizes[l];
  }
  all.reserve(drawn);
  for (RecordId id = 0; id < lane_.size(); ++id) {
    if (is_inner(kind(id))) continue;
    lists[lane_[id]].add(position(id), weight_of(kind(id)), id);
    all.add(position(id), weight_of(kind(id)), id);
  }
  for (Lists& l : lists) density_.emplace_back(std::move(l.positions), std::move(l.weights), std::move(l.events), 0, last_);
  whole_ = std::make_unique<LaneDensity>(std::move(all.positions), std::move(all.weights), std::move(all.events), 0, last_);
}

RecordId TraceIndex::told_number(RecordId id) const {
  return static_cast<RecordId>(std::lower_bound(told_.begin(), told_.end(), id) - told_.begin());
}

std::size_t TraceIndex::memory_bytes() const {
  const auto of = [](const auto& list) { return list.capacity() * sizeof(list[0]); };
  std::size_t bytes = of(lane_) + of(kind_) + of(time_) + of(told_) + of(downtimes_) + of(faults_) + of(violations_) + (whole_ == nullptr ? 0 : whole_->memory_bytes());
  for (const LaneDensity& density : density_) bytes += density.memory_bytes();
  for (const LaneRuns& runs : runs_) bytes += of(runs.spans) + of(runs.reach);
  return bytes;
}

RecordId TraceIndex::violation_of(std::uint32_t property) const {
  const auto found = std::find(violated_.begin(), violated_.end(), property);
  return found == violated_.end() ? no_record : violations_[static_cast<std::size_t>(found - violated_.begin())];
}

}  // namespace flowtank::gui
