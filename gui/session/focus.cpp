// SPDX-License-Identifier: Apache-2.0
// See focus.hpp. set() after a glide leaves where the glide began; else where one was, if that is elsewhere.
#include "gui/session/focus.hpp"

namespace flowtank::gui {

void Focus::set(const FocusPoint& point) {
  const FocusPoint from = glided_from_.value_or(current_);
  glided_from_.reset();
  if (point == from && point == current_) return;
  if (from.record != no_record && !(from == point)) {
    behind_.push_back(from);
    if (behind_.size() > most_steps) behind_.erase(behind_.begin());
  }
  ahead_.clear();
  current_ = point;
  Q_EMIT changed();
}

void Focus::set_record(RecordId record) {
  FocusPoint point = current_;
  point.record = record;
  point.lane = 0xffff;
  set(point);
}

void Focus::glide(const FocusPoint& point) {
  if (point == current_) return;
  if (!glided_from_) glided_from_ = current_;
  current_ = point;
  Q_EMIT changed();
}

void Focus::back() {
  glided_from_.reset();
  if (behind_.empty()) return;
  ahead_.push_back(current_);
  current_ = behind_.back();
  behind_.pop_back();
  Q_EMIT changed();
}

void Focus::forward() {
  glided_from_.reset();
  if (ahead_.empty()) return;
  behind_.push_back(current_);
  current_ = ahead_.back();
  ahead_.pop_back();
  Q_EMIT changed();
}

void Focus::forget() {
  behind_.clear();
  ahead_.clear();
  glided_from_.reset();
  bookmarks_.clear();
  current_ = FocusPoint{};
  Q_EMIT bookmarks_changed();
}

void Focus::add_bookmark(const QString& note) {
  if (current_.record == no_record) return;
  bookmarks_.push_back({current_, note});
  Q_EMIT bookmarks_changed();
}

void Focus::remove_bookmark(std::size_t index) {
  if (index >= bookmarks_.size()) return;
  bookmarks_.erase(bookmarks_.begin() + static_cast<std::ptrdiff_t>(index));
  Q_EMIT bookmarks_changed();
}

}  // namespace flowtank::gui
