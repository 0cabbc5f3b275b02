// SPDX-License-Identifier: Apache-2.0
// See density.hpp. Positions and pixels are integers: a window of any width is mapped to pixels exactly, in 128 bits
// where 64 do not suffice.
#include "gui/session/density.hpp"

#include <algorithm>
#include <limits>

namespace flowtank::gui {
namespace {

__extension__ using Wide = __int128;

std::size_t pixel_of(std::int64_t position, std::int64_t from, std::int64_t to, std::size_t pixels) {
  // Nearly every run is short enough for 64 bits, which divide many times faster.
  const std::int64_t width = to - from, into = position - from;
  if (into >= 0 && into <= width && width <= std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(pixels + 1)) {
    return std::min(static_cast<std::size_t>(into * static_cast<std::int64_t>(pixels) / width), pixels - 1);
  }
  const Wide at = (static_cast<Wide>(position) - from) * static_cast<Wide>(pixels) / (static_cast<Wide>(to) - from);
  return static_cast<std::size_t>(std::clamp<Wide>(at, 0, static_cast<Wide>(pixels) - 1));
}

void add(Column& column, std::uint32_t count, Weight worst) {
  column.count += count;
  column.worst = std::max(column.worst, worst);
}

}  // namespace

LaneDensity::LaneDensity(std::vector<std::int64_t> positions, std::vector<Weight> weights, std::vector<std::uint32_t> events, std::int64_t first,
                         std::int64_t last)
    : positions_(std::move(positions)), weights_(std::move(weights)), events_(std::move(events)), first_(first) {
  for (std::uint32_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] == Weight::fault) faults_.push_back(i);
    if (weights_[i] == Weight::violation) violations_.push_back(i);
  }
  constexpr std::size_t in_finest = 16;
  const std::size_t buckets = positions_.size() / in_finest;
  if (buckets < 4) return;
  const Wide extent = static_cast<Wide>(last) - first + 1;
  Level level;
  level.width = static_cast<std::int64_t>(std::max<Wide>(1, (extent + static_cast<Wide>(buckets) - 1) / static_cast<Wide>(buckets)));
  level.buckets.resize(static_cast<std::size_t>((extent + level.width - 1) / level.width));
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const auto at = static_cast<std::size_t>(static_cast<std::uint64_t>(positions_[i] - first_) / static_cast<std::uint64_t>(level.width));
    add(level.buckets[std::min(at, level.buckets.size() - 1)], 1, weights_[i]);
  }
  levels_.push_back(std::move(level));
  while (levels_.back().buckets.size() > 64 && levels_.back().width < (std::int64_t{1} << 61)) {
    const Level& below = levels_.back();
    Level above;
    above.width = below.width * 2;
    above.buckets.resize((below.buckets.size() + 1) / 2);
    for (std::size_t i = 0; i < below.buckets.size(); ++i) add(above.buckets[i / 2], below.buckets[i].count, below.buckets[i].worst);
    levels_.push_back(std::move(above));
  }
}

void LaneDensity::columns(std::int64_t from, std::int64_t to, std::vector<Column>& out) const {
  std::fill(out.begin(), out.end(), Column{});
  if (out.empty() || to <= from || positions_.empty()) return;
  const Wide pixel = (static_cast<Wide>(to) - from) / static_cast<Wide>(out.size());
  const Level* best = nullptr;
  for (const Level& level : levels_) {
    if (level.width <= pixel) best = &level;
  }
  if (best != nullptr) from_buckets(*best, from, to, out);
  else from_events(from, to, out);
}

void LaneDensity::from_buckets(const Level& level, std::int64_t from, std::int64_t to, std::vector<Column>& out) const {
  const auto bucket_at = [&](std::int64_t position) {
    const Wide at = (static_cast<Wide>(position) - first_) / level.width;
    return static_cast<std::size_t>(std::clamp<Wide>(at, 0, static_cast<Wide>(level.buckets.size())));
  };
  const std::size_t begin = bucket_at(from);
  const std::size_t end = std::min(bucket_at(to) + 1, level.buckets.size());
  for (std::size_t b = begin; b < end; ++b) {
    if (level.buckets[b].count == 0) continue;
    // The last bucket may reach beyond the run.
    const Wide middle = std::min<Wide>(static_cast<Wide>(first_) + static_cast<Wide>(b) * level.width + level.width / 2, positions_.back());
    if (middle < from || middle >= to) continue;
    add(out[pixel_of(static_cast<std::int64_t>(middle), from, to, out.size())], level.buckets[b].count, level.buckets[b].worst);
  }
}

std::size_t LaneDensity::memory_bytes() const {
  const auto of = [](const auto& list) { return list.capacity() * sizeof(list[0]); };
  std::size_t bytes = of(positions_) + of(weights_) + of(events_) + of(faults_) + of(violations_);
  for (const Level& level : levels_) bytes += of(level.buckets);
  return bytes;
}

Weight LaneDensity::worst_of(std::size_t begin, std::size_t end) const {
  const auto has = [&](const std::vector<std::uint32_t>& marked) {
    const auto at = std::lower_bound(marked.begin(), marked.end(), begin);
    return at != marked.end() && *at < end;
  };
  return has(violations_) ? Weight::violation : has(faults_) ? Weight::fault : Weight::ordinary;
}

// From event to event by pixels: all that share one are counted by a search, however many there are.
void LaneDensity::from_events(std::int64_t from, std::int64_t to, std::vector<Column>& out) const {
  const auto end = std::lower_bound(positions_.begin(), positions_.end(), to);
  auto at = std::lower_bound(positions_.begin(), end, from);
  while (at != end) {
    const std::size_t pixel = pixel_of(*at, from, to, out.size());
    // Few events a pixel are the rule: a look at the next ones comes before a search.
    auto next = at + 1;
    for (int looked = 0; next != end && looked < 16 && pixel_of(*next, from, to, out.size()) == pixel; ++looked) ++next;
    if (next != end && pixel_of(*next, from, to, out.size()) == pixel) {
      next = std::partition_point(next, end, [&](std::int64_t position) { return pixel_of(position, from, to, out.size()) <= pixel; });
    }
    add(out[pixel], static_cast<std::uint32_t>(next - at), worst_of(static_cast<std::size_t>(at - positions_.begin()), static_cast<std::size_t>(next - positions_.begin())));
    at = next;
  }
}

std::size_t LaneDensity::count(std::int64_t from, std::int64_t to) const {
  const auto begin = std::lower_bound(positions_.begin(), positions_.end(), from);
  return to <= from ? 0 : static_cast<std::size_t>(std::lower_bound(begin, positions_.end(), to) - begin);
}

}  // namespace flowtank::gui
