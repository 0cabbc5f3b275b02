// SPDX-License-Identifier: Apache-2.0
// States of a trace by lookup: the nearest keyframe before a record, then the deltas up to it. And the check of a whole
// file.
#include <algorithm>

#include <fmt/format.h>

#include "sim/trace/reader.hpp"

namespace flowtank {

using namespace trace_format;  // NOLINT: the words of the format

Component TraceReader::component(std::uint32_t number) const {
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), number, [](std::uint32_t n, const ChunkPlace& place) { return n < place.first_component; });
  if (after == chunks_.begin()) return {};
  // Chunks that bring no component begin where the next one does.
  const auto chunk = static_cast<std::size_t>(after - chunks_.begin()) - 1;
  const Opened* at = opened(chunk);
  const std::uint32_t index = number - chunks_[chunk].first_component;
  if (at == nullptr || index >= at->components) return {};
  const auto column = [&](ColumnId id) { return at->column[static_cast<std::size_t>(id)][index]; };
  return {static_cast<StateKind>(column(ColumnId::component_kind)), static_cast<std::uint8_t>(column(ColumnId::component_field)),
          static_cast<std::uint32_t>(column(ColumnId::component_owner)), column(ColumnId::component_key)};
}

Delta TraceReader::delta_in(const Opened& chunk, const ChunkPlace& place, std::size_t at) const {
  const auto column = [&](ColumnId id) { return chunk.column[static_cast<std::size_t>(id)][at]; };
  return {place.first + static_cast<RecordId>(column(ColumnId::delta_record)), static_cast<std::uint32_t>(column(ColumnId::delta_component)),
          column(ColumnId::delta_old), column(ColumnId::delta_now)};
}

std::vector<HeldValue> TraceReader::state_at(RecordId id) const {
  std::vector<HeldValue> state;
  if (chunks_.empty() || !has_states_) return state;
  const std::size_t last = chunk_of(std::min<RecordId>(id, static_cast<RecordId>(records_ - 1)));
  std::size_t first = last;
  while (first > 0 && !chunks_[first].keyframe) --first;
  if (const Opened* keyframe = opened(first)) {
    for (std::uint32_t i = 0; i < keyframe->held; ++i) {
      state.push_back({static_cast<std::uint32_t>(keyframe->column[static_cast<std::size_t>(ColumnId::held_component)][i]),
                       static_cast<std::uint32_t>(keyframe->column[static_cast<std::size_t>(ColumnId::held_now)][i])});
    }
  }
  // Later changes count: sorted by component and order of coming, the last of each is what it holds.
  for (std::size_t chunk = first; chunk <= last; ++chunk) {
    const Opened* at = chunks_[chunk].deltas == 0 ? nullptr : opened(chunk);
    for (std::uint32_t i = 0; at != nullptr && i < at->deltas; ++i) {
      const Delta delta = delta_in(*at, chunks_[chunk], i);
      if (delta.record > id) break;
      state.push_back({delta.component, static_cast<std::uint32_t>(delta.now)});
    }
  }
  std::stable_sort(state.begin(), state.end(), [](const HeldValue& a, const HeldValue& b) { return a.component < b.component; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < state.size(); ++i) {
    const bool last_of_it = i + 1 == state.size() || state[i + 1].component != state[i].component;
    if (last_of_it && state[i].value != 0) state[kept++] = state[i];
  }
  state.resize(kept);
  return state;
}

std::vector<Delta> TraceReader::changes_in(std::size_t chunk) const {
  std::vector<Delta> out;
  const Opened* at = chunks_[chunk].deltas == 0 ? nullptr : opened(chunk);
  for (std::uint32_t i = 0; at != nullptr && i < at->deltas; ++i) out.push_back(delta_in(*at, chunks_[chunk], i));
  return out;
}

std::vector<Delta> TraceReader::changes_of(std::uint32_t component) const {
  std::vector<Delta> out;
  for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
    const Opened* at = chunks_[chunk].deltas == 0 ? nullptr : opened(chunk);
    if (at == nullptr) continue;
    const Column& of = at->column[static_cast<std::size_t>(ColumnId::delta_component)];
    for (std::uint32_t i = 0; i < at->deltas; ++i) {
      if (of[i] == component) out.push_back(delta_in(*at, chunks_[chunk], i));
    }
  }
  return out;
}

bool TraceReader::verify() const {
  std::uint64_t running = 0;
  bool whole = true;
  for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
    if (!readable(chunk)) {
      whole = false;
      continue;
    }
    const std::byte* h = chunks_[chunk].data;
    if (whole && get<std::uint64_t>(h + 88) != running) {
      Diagnostic d;
      d.code = "FT-TRACE-005";
      d.file = name_;
      d.message = fmt::format("chunk {} does not follow the one before it: the file was put together from several", chunk);
      problems_.add(std::move(d));
      whole = false;
    }
    running = run_on(running, get<std::uint64_t>(h + 8));
  }
  if (whole && end_ && running != running_) {
    Diagnostic d;
    d.code = "FT-TRACE-005";
    d.file = name_;
    d.message = "the fingerprint of the chunks is not the one that the end of the trace gives";
    problems_.add(std::move(d));
    whole = false;
  }
  return whole && end_.has_value();
}

}  // namespace flowtank
