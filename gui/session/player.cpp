// SPDX-License-Identifier: Apache-2.0
// See player.hpp. Time is stretched so that an average gap between two events takes 1/speed seconds: short gaps are shown in their
// proportion, but each takes a hundredth of an average one at least and five average ones at most.
#include "gui/session/player.hpp"

#include <algorithm>

#include "gui/session/stage.hpp"

namespace flowtank::gui {
namespace {

constexpr int frame_ms = 33;
constexpr double shortest_gap = 0.01, longest_gap = 5;  // in average gaps

}  // namespace

Player::Player(Stage& stage) : QObject(&stage), stage_(stage) {
  timer_.setInterval(frame_ms);
  timer_.setTimerType(Qt::PreciseTimer);
  connect(&timer_, &QTimer::timeout, this, [this] {
    // A window that was busy does not leap.
    const double seconds = std::min(static_cast<double>(clock_.restart()) / 1000.0, 0.25);
    advance(seconds);
  });
  connect(&stage_.focus(), &Focus::changed, this, &Player::follow_focus);
  connect(&stage_, &Stage::snapshot_changed, this, &Player::pause);
}

const std::vector<double>& Player::speeds() {
  static const std::vector<double> all{0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096, 16384};
  return all;
}

void Player::set_speed(double events_a_second) {
  const double speed = std::clamp(events_a_second, speeds().front(), speeds().back());
  if (speed == speed_) return;
  speed_ = speed;
  Q_EMIT speed_changed();
}

void Player::play() {
  const RunReader* run = stage_.run();
  if (playing() || run == nullptr || run->size() == 0) return;
  if (stage_.record() == no_record || next_drawn(stage_.record()) == no_record) stage_.focus().set_record(0);
  between_ = 0;
  of_ = stage_.snapshot()->runs[stage_.focus().current().run];
  clock_.start();
  timer_.start();
  Q_EMIT playing_changed();
}

void Player::pause() {
  between_.reset();
  of_.reset();
  if (!playing()) return;
  timer_.stop();
  // What was glided over becomes one step of the history.
  if (stage_.run() != nullptr) {
    moving_ = true;
    stage_.focus().set(stage_.focus().current());
    moving_ = false;
  }
  Q_EMIT playing_changed();
  Q_EMIT moved();
}

RecordId Player::next_drawn(RecordId after) const {
  const TraceIndex& index = stage_.run()->index();
  for (std::size_t at = after == no_record ? 0 : std::size_t{after} + 1; at < stage_.run()->size(); ++at) {
    if (!is_inner(index.kind(static_cast<RecordId>(at)))) return static_cast<RecordId>(at);
  }
  return no_record;
}

// False when playing ends there.
bool Player::move_to(RecordId record, bool stop) {
  FocusPoint point = stage_.focus().current();
  point.record = record;
  point.lane = 0xffff;
  moving_ = true;
  stage_.focus().glide(point);
  moving_ = false;
  if (!stop) return true;
  pause();
  return false;
}

void Player::advance(double seconds) {
  const RunReader* run = stage_.run();
  if (run == nullptr || !between_ || of_ != stage_.snapshot()->runs[stage_.focus().current().run]) return pause();
  const TraceIndex& index = run->index();
  // Gaps add up to the whole run; those of records that are not drawn belong to the next one that is.
  const auto drawn = static_cast<double>(std::max<std::size_t>(1, index.whole().events().size()));
  const double average = std::max(1.0, static_cast<double>(index.last_position() - index.first_position()) / drawn);
  double left = seconds * speed_;  // in average gaps
  RecordId at = stage_.record();
  RecordId reached = at;
  bool stop = false;
  while (!stop) {
    const RecordId next = next_drawn(reached);
    if (next == no_record) {
      between_ = 0;
      stop = true;
      break;
    }
    const double gap = std::clamp(static_cast<double>(index.position(next) - index.position(reached)) / average, shortest_gap, longest_gap);
    const double rest = gap * (1 - *between_);
    if (left < rest) {
      between_ = *between_ + left / gap;
      break;
    }
    left -= rest;
    between_ = 0;
    reached = next;
    const RecordKind kind = index.kind(reached);
    stop = kind == RecordKind::violated || (stops_at_faults_ && kind == RecordKind::fault);
  }
  if (reached == at) {
    if (stop) return pause();
    Q_EMIT moved();
    return;
  }
  move_to(reached, stop);
}

void Player::follow_focus() {
  if (moving_) return;
  // Somebody went elsewhere: it goes on from there, in another run it stops.
  if (between_) between_ = 0;
}

std::int64_t Player::position() const {
  const RunReader* run = stage_.run();
  const RecordId at = stage_.record();
  if (run == nullptr || at == no_record || at >= run->size()) return 0;
  const std::int64_t here = run->index().position(at);
  if (!between_ || *between_ == 0) return here;
  const RecordId next = next_drawn(at);
  if (next == no_record) return here;
  return here + static_cast<std::int64_t>(static_cast<double>(run->index().position(next) - here) * *between_);
}

}  // namespace flowtank::gui
