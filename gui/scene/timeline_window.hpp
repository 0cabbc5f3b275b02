// SPDX-License-Identifier: Apache-2.0
// Which part of a run a timeline shows, and where positions are on the screen. Invariants: the window lies in the run, is
// at least a few positions wide, and zooming about a point leaves that point where it was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flowtank::gui {

class TimelineWindow {
 public:
  // The extent of the run is [first, last].
  void set_run(std::int64_t first, std::int64_t last);
  void set_pixels(double pixels) { pixels_ = pixels < 1 ? 1 : pixels; }
  void show(std::int64_t from, std::int64_t to);
  void fit() { show(first_, last_ + 1); }

  std::int64_t from() const { return from_; }
  std::int64_t to() const { return to_; }
  std::int64_t first() const { return first_; }
  std::int64_t last() const { return last_; }
  double pixels() const { return pixels_; }
  double x_of(std::int64_t position) const;
  std::int64_t position_at(double x) const;
  bool shows_all() const { return from_ == first_ && to_ == last_ + 1; }

  // factor below 1 zooms in.
  void zoom(double factor, double about_x);
  void pan(double pixels);
  // Moves as little as needed so that the position is seen, with some room around.
  void reveal(std::int64_t position);

 private:
  static constexpr std::int64_t least_width = 10;
  std::int64_t first_ = 0, last_ = 1, from_ = 0, to_ = 2;
  double pixels_ = 1;
};

struct Tick {
  std::int64_t position = 0;
  std::string label;
};
// Round positions about `pixels_apart` apart, with labels as exact as their distance.
std::vector<Tick> ticks_of(const TimelineWindow& window, bool timed, double pixels_apart);

// 0 for 0, then log2 in steps of a quarter, in integers: heights of columns.
unsigned height_of(std::uint32_t count, unsigned most);

}  // namespace flowtank::gui
