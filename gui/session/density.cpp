// SPDX-License-Identifier: Apache-2.0
// See density.hpp. Everything is integers: a window of any width is mapped to pixels by multiplication in 128 bits.
#include "gui/session/density.hpp"

#include <algorithm>

namespace flowtank::gui {
namespace {

__extension__ using Wide = __int128;

std::size_t pixel_of(std::int64_t position, std::int64_t from, std::int64_t to, std::size_t pixels) {
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
  constexpr std::size_t in_finest = 16;
  const std::size_t buckets = positions_.size() / in_finest;
  if (buckets < 4) return;
  const Wide extent = static_cast<Wide>(last) - first + 1;
  Level level;
  level.width = static_cast<std::int64_t>(std::max<Wide>(1, (extent + static_cast<Wide>(buckets) - 1) / static_cast<Wide>(buckets)));
  level.buckets.resize(static_cast<std::size_t>((extent + level.width - 1) / level.width));
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const auto at = static_cast<std::size_t>((static_cast<Wide>(positions_[i]) - first_) / level.width);
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

void LaneDensity::from_events(std::int64_t from, std::int64_t to, std::vector<Column>& out) const {
  auto at = std::lower_bound(positions_.begin(), positions_.end(), from);
  for (; at != positions_.end() && *at < to; ++at) {
    add(out[pixel_of(*at, from, to, out.size())], 1, weights_[static_cast<std::size_t>(at - positions_.begin())]);
  }
}

std::size_t LaneDensity::count(std::int64_t from, std::int64_t to) const {
  const auto begin = std::lower_bound(positions_.begin(), positions_.end(), from);
  return to <= from ? 0 : static_cast<std::size_t>(std::lower_bound(begin, positions_.end(), to) - begin);
}

}  // namespace flowtank::gui
