// SPDX-License-Identifier: Apache-2.0
// See trace_index.hpp. One pass over the records, then one over the lanes.
#include "gui/session/trace_index.hpp"

#include <algorithm>
#include <map>

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

std::shared_ptr<const TraceIndex> TraceIndex::build(const TraceReader& reader, const std::atomic<bool>& cancelled,
                                                    const std::function<void(double)>& progress) {
  std::shared_ptr<TraceIndex> index(new TraceIndex(reader.names()));
  index->timed_ = !reader.identity().explored;
  const std::size_t records = reader.size();
  index->lane_.reserve(records);
  index->kind_.reserve(records);
  index->time_.reserve(records);
  index->told_.reserve(records);
  std::map<std::uint32_t, std::size_t> open;  // service, instance, handler -> place in runs_; one run each is enough for a picture
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
      index->runs_.push_back({index->lane_.back(), id, no_record});
      open[instance * 31 + r.handler] = index->runs_.size() - 1;
    } else if (r.kind == RecordKind::handler_end) {
      const auto found = open.find(instance * 31 + r.handler);
      if (found != open.end()) index->runs_[found->second].to = id;
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
  return index;
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
  for (std::size_t l = 0; l < lanes; ++l) lists[l].reserve(sizes[l]);
  for (RecordId id = 0; id < lane_.size(); ++id) {
    if (is_inner(kind(id))) continue;
    lists[lane_[id]].add(position(id), weight_of(kind(id)), id);
    all.add(position(id), weight_of(kind(id)), id);
  }
  for (Lists& l : lists) density_.emplace_back(std::move(l.positions), std::move(l.weights), std::move(l.events), 0, last_);
  whole_ = std::make_unique<LaneDensity>(std::move(all.positions), std::move(all.weights), std::move(all.events), 0, last_);
}

RecordId TraceIndex::record_at(std::int64_t position) const {
  if (!timed_) return static_cast<RecordId>(std::clamp<std::int64_t>(position, 0, size() == 0 ? 0 : static_cast<std::int64_t>(size()) - 1));
  const auto after = std::upper_bound(time_.begin(), time_.end(), position);
  return after == time_.begin() ? 0 : static_cast<RecordId>(after - time_.begin() - 1);
}

RecordId TraceIndex::violation_of(std::uint32_t property) const {
  const auto found = std::find(violated_.begin(), violated_.end(), property);
  return found == violated_.end() ? no_record : violations_[static_cast<std::size_t>(found - violated_.begin())];
}

std::size_t TraceIndex::memory_bytes() const {
  std::size_t bytes = size() * (sizeof(std::uint16_t) + sizeof(std::uint8_t) + sizeof(std::int64_t) + sizeof(RecordId)) + whole_->memory_bytes();
  for (const LaneDensity& lane : density_) bytes += lane.memory_bytes();
  return bytes + (runs_.size() + downtimes_.size()) * sizeof(Span);
}

}  // namespace flowtank::gui
