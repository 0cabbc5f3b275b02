// SPDX-License-Identifier: Apache-2.0
// See stage.hpp. Whoever changes what is shown changes the focus with it, and tells the views once.
#include "gui/session/stage.hpp"

#include <algorithm>
#include <utility>

namespace flowtank::gui {

Stage::Stage(QObject* parent) : QObject(parent), focus_(this) {}

void Stage::show(std::shared_ptr<const Snapshot> snapshot, bool keep_focus) {
  const FocusPoint was = focus_.current();
  const std::uint32_t chosen = verdict_;
  // Whoever still looks at the old runs hears of the new ones before the old are gone.
  const auto old = std::exchange(readers_, {});
  snapshot_ = std::move(snapshot);
  verdict_ = none;
  focus_.forget();
  Q_EMIT snapshot_changed();
  if (snapshot_ == nullptr) return;
  const bool still_there = keep_focus && was.run < snapshot_->runs.size() && was.record < snapshot_->runs[was.run]->index->size();
  if (still_there) {
    verdict_ = chosen < snapshot_->verdicts.size() ? chosen : most_urgent(*snapshot_);
    Q_EMIT verdict_changed();
    focus_.set(was);
    return;
  }
  choose_verdict(most_urgent(*snapshot_));
}

const RunReader* Stage::run() const {
  const std::uint32_t number = focus_.current().run;
  if (snapshot_ == nullptr || number >= snapshot_->runs.size()) return nullptr;
  const auto found = readers_.find(number);
  if (found != readers_.end()) return found->second.get();
  Diagnostics ignored;  // a file that is gone shows as an empty run
  return readers_.emplace(number, RunReader::open(snapshot_->runs[number], ignored)).first->second.get();
}

const VerdictEntry* Stage::verdict_entry() const {
  return snapshot_ != nullptr && verdict_ < snapshot_->verdicts.size() ? &snapshot_->verdicts[verdict_] : nullptr;
}

void Stage::choose_verdict(std::uint32_t index) {
  verdict_ = index;
  Q_EMIT verdict_changed();
  FocusPoint point;
  const VerdictEntry* entry = verdict_entry();
  if (entry != nullptr && entry->run != none) point.run = entry->run;
  if (entry != nullptr && entry->focus != no_record) point.record = entry->focus;
  if (snapshot_ != nullptr && point.run < snapshot_->runs.size() && point.record == no_record) {
    // Nothing failed: the end of the run, or where one was.
    const std::size_t size = snapshot_->runs[point.run]->index->size();
    const FocusPoint& now = focus_.current();
    if (now.run == point.run && now.record < size) return;
    if (size != 0) point.record = static_cast<RecordId>(size - 1);
  }
  focus_.set(point);
}

std::uint32_t Stage::step_number(RecordId record) const {
  const VerdictEntry* entry = verdict_entry();
  if (entry == nullptr || !entry->story || entry->run != focus_.current().run) return 0;
  for (const reports::StoryStep& step : entry->story->steps) {
    if (step.record == record) return step.number;
  }
  return 0;
}

bool Stage::go(RecordId record) {
  if (run() == nullptr || record >= run()->size() || record == focus_.current().record) return false;
  focus_.set_record(record);
  return true;
}

bool Stage::step(int by) {
  if (run() == nullptr || run()->size() == 0) return false;
  const auto last = static_cast<std::int64_t>(run()->size()) - 1;
  const std::int64_t from = record() == no_record ? -1 : static_cast<std::int64_t>(record());
  // What happens inside of a handler run is shown with what it comes to.
  for (std::int64_t at = from + by; at >= 0 && at <= last; at += by < 0 ? -1 : 1) {
    if (!is_inner(run()->index().kind(static_cast<RecordId>(at)))) return go(static_cast<RecordId>(at));
  }
  return false;
}

bool Stage::step_on_lane(int by) {
  if (run() == nullptr || record() == no_record) return false;
  const TraceIndex& index = run()->index();
  const auto events = index.density(index.lane(record())).events();
  auto at = std::lower_bound(events.begin(), events.end(), record());
  if (by > 0 && at != events.end() && *at == record()) ++at;
  if (by < 0) {
    if (at == events.begin()) return false;
    --at;
  }
  return at != events.end() && go(*at);
}

bool Stage::to_cause() {
  if (run() == nullptr || record() == no_record) return false;
  const RecordId at = run()->nearest_cause(record(), [this](RecordId id) { return !is_inner(run()->index().kind(id)); });
  return at != no_record && go(at);
}

bool Stage::to_effect() {
  if (run() == nullptr || record() == no_record) return false;
  RecordId at = run()->effect(record());
  for (int hops = 0; at != no_record && is_inner(run()->index().kind(at)) && hops < 1000; ++hops) at = run()->effect(at);
  return at != no_record && go(at);
}

bool Stage::to_next(bool violation, int direction) {
  if (run() == nullptr) return false;
  const auto& marks = violation ? run()->index().violations() : run()->index().faults();
  const RecordId here = record();
  if (direction > 0) {
    const auto found = here == no_record ? marks.begin() : std::upper_bound(marks.begin(), marks.end(), here);
    return found != marks.end() && go(*found);
  }
  const auto found = std::lower_bound(marks.begin(), marks.end(), here);
  return found != marks.begin() && go(*(found - 1));
}

bool Stage::to_first() {
  if (run() == nullptr || run()->size() == 0) return false;
  return go(0);
}

}  // namespace flowtank::gui
