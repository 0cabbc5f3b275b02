// SPDX-License-Identifier: Apache-2.0
// The one Focus that all views share: which run, which event, which entity, which range of time. It is only a parameter:
// setting it computes nothing, so it may change as often as the mouse moves. It remembers where it was, like a browser,
// and what the user pinned. Invariant: back() after set() is where one was before it, and setting what is already
// there leaves no trace in the history.
#pragma once

#include <QObject>
#include <QString>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <sim/trace/record.hpp>

namespace flowtank::gui {

struct FocusPoint {
  std::uint32_t run = 0;
  RecordId record = no_record;                                 // no_record: nothing is in focus
  std::uint16_t lane = 0xffff;                                 // the entity; 0xffff: that of the record
  std::optional<std::pair<std::int64_t, std::int64_t>> range;  // positions
  friend bool operator==(const FocusPoint&, const FocusPoint&) = default;
};

struct Bookmark {
  FocusPoint point;
  QString note;
};

class Focus final : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  const FocusPoint& current() const { return current_; }
  // A step that the history remembers.
  void set(const FocusPoint& point);
  void set_record(RecordId record);
  // On the way somewhere (dragging): the history keeps only where it ends.
  void glide(const FocusPoint& point);
  bool can_go_back() const { return !behind_.empty(); }
  bool can_go_forward() const { return !ahead_.empty(); }
  void back();
  void forward();
  // Forgets everything: another snapshot has other records. Whoever shows that one tells of it.
  void forget();

  const std::vector<Bookmark>& bookmarks() const { return bookmarks_; }
  void add_bookmark(const QString& note);
  void remove_bookmark(std::size_t index);

 Q_SIGNALS:
  void changed();
  void bookmarks_changed();

 private:
  static constexpr std::size_t most_steps = 200;
  FocusPoint current_;
  std::vector<FocusPoint> behind_, ahead_;
  std::optional<FocusPoint> glided_from_;
  std::vector<Bookmark> bookmarks_;
};

}  // namespace flowtank::gui
