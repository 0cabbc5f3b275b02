// SPDX-License-Identifier: Apache-2.0
// Plays a run that was made: a playhead moves through its time, and the focus follows from event to event. Nothing is run again.
// Where nothing happens for long the playhead hurries, so that nobody waits. Invariants: where the playhead is after a while depends
// on the run, where it was and how long that was, never on how often it was asked to move; it stops at the end, at a
// violation and, if asked to, at a fault; whoever sets the focus meanwhile takes the playhead along.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <cstdint>
#include <optional>
#include <vector>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

class Stage;

class Player final : public QObject {
  Q_OBJECT
 public:
  explicit Player(Stage& stage);

  // Events a second that a run is played at, on average; one of speeds().
  static const std::vector<double>& speeds();
  double speed() const { return speed_; }
  void set_speed(double events_a_second);
  // Also stop where a fault strikes?
  bool stops_at_faults() const { return stops_at_faults_; }
  void set_stops_at_faults(bool stops) { stops_at_faults_ = stops; }

  bool playing() const { return timer_.isActive(); }
  void play();  // from the beginning when the focus is at the end
  void pause();
  void toggle() { playing() ? pause() : play(); }
  // Plays on for so many seconds.
  void advance(double seconds);

  // Where the playhead is, as TraceIndex::position(): between two events while it plays, else at the event in focus.
  std::int64_t position() const;

 Q_SIGNALS:
  void playing_changed();
  void moved();          // the playhead alone: the focus did not change
  void speed_changed();

 private:
  void follow_focus();
  RecordId next_drawn(RecordId after) const;
  bool move_to(RecordId record, bool stop);

  Stage& stage_;
  QTimer timer_;
  QElapsedTimer clock_;
  double speed_ = 4;
  bool stops_at_faults_ = false;
  bool moving_ = false;                  // the focus is set by us
  std::optional<double> between_;        // 0 to 1: how far from the event in focus to the next one
  std::shared_ptr<const RunData> of_;    // what between_ is of
};

}  // namespace flowtank::gui
