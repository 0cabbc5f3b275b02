// SPDX-License-Identifier: Apache-2.0
// See stage.hpp. show() empties the focus, then tells; verdict and focus follow with their own signals.
#include "gui/session/stage.hpp"

#include <algorithm>
#include <utility>

namespace flowtank::gui {

Stage::Stage(QObject* parent) : QObject(parent), focus_(this), player_(*this) {}

void Stage::show(std::shared_ptr<const Snapshot> snapshot, bool keep_focus) {
  const FocusPoint was = focus_.current();
  const std::uint32_t chosen = verdict_;
  // Whoever still looks at the old runs hears of the new ones before the old are gone.
  const auto old = std::exchange(readers_, {});
  snapshot_ = std::move(snapshot);
  verdict_ = none;
  story_.clear();
  focus_.forget();
  Q_EMIT snapshot_changed();
  if (snapshot_ == nullptr) return;
  const bool still_there = keep_focus && was.run < snapshot_->runs.size() && was.record < snapshot_->runs[was.run]->index->size();
  if (still_there) {
    set_verdict(chosen < snapshot_->verdicts.size() ? chosen : most_urgent(*snapshot_));
    focus_.set(was);
    return;
  }
  choose_verdict(most_urgent(*snapshot_));
}

const RunReader* Stage::run() const { return reader(focus_.current().run); }

const RunReader* Stage::reader(std::uint32_t number) const {
  if (snapshot_ == nullptr || number >= snapshot_->runs.size()) return nullptr;
  const auto found = readers_.find(number);
  if (found != readers_.end()) return found->second.get();
  Diagnostics ignored;  // a file that is gone shows as an empty run
  return readers_.emplace(number, RunReader::open(snapshot_->runs[number], ignored)).first->second.get();
}

std::shared_ptr<const Measures> Stage::measures() {
  const std::uint32_t number = focus_.current().run;
  if (snapshot_ == nullptr || number >= snapshot_->runs.size()) return nullptr;
  const std::shared_ptr<const RunData> data = snapshot_->runs[number];
  if (measured_run_ == data) return measures_;
  if (wanted_run_ == data) return nullptr;
  wanted_run_ = data;
  measuring_.start([this, data](const std::atomic<bool>& cancelled) -> std::function<void()> {
    Diagnostics ignored;
    const auto run = RunReader::open(data, ignored);
    auto found = run == nullptr ? std::make_shared<const Measures>() : measure_run(*run, cancelled);
    return [this, data, found] {
      measured_run_ = data;
      measures_ = found;
      Q_EMIT measures_changed();
    };
  });
  return nullptr;
}

std::shared_ptr<const Measures> Stage::measures_so_far() const {
  const std::uint32_t number = focus_.current().run;
  return snapshot_ != nullptr && number < snapshot_->runs.size() && measured_run_ == snapshot_->runs[number] ? measures_ : nullptr;
}

const VerdictEntry* Stage::verdict_entry() const {
  return snapshot_ != nullptr && verdict_ < snapshot_->verdicts.size() ? &snapshot_->verdicts[verdict_] : nullptr;
}

void Stage::set_verdict(std::uint32_t index) {
  verdict_ = index;
  const VerdictEntry* entry = verdict_entry();
  story_ = entry != nullptr && entry->story ? story_rows(*entry->story, reader(entry->run)) : std::vector<StoryRow>();
  Q_EMIT verdict_changed();
}

void Stage::choose_verdict(std::uint32_t index) {
  set_verdict(index);
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

const std::vector<StoryRow>& Stage::story_here() const {
  static const std::vector<StoryRow> nothing;
  const VerdictEntry* entry = verdict_entry();
  return entry != nullptr && entry->run == focus_.current().run ? story_ : nothing;
}

const StoryRow* Stage::step_at(RecordId record) const {
  const std::vector<StoryRow>& steps = story_here();
  const auto found = std::find_if(steps.begin(), steps.end(), [record](const StoryRow& step) { return step.record == record; });
  return found == steps.end() || record == no_record ? nullptr : &*found;
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
