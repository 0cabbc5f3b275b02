// SPDX-License-Identifier: Apache-2.0
// See timeline_window.hpp. All arithmetic is in positions of the run; pixels are only converted at the edges.
#include "gui/scene/timeline_window.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

void TimelineWindow::set_run(std::int64_t first, std::int64_t last) {
  first_ = first;
  last_ = std::max(last, first + 1);
  fit();
}

void TimelineWindow::show(std::int64_t from, std::int64_t to) {
  const std::int64_t extent = last_ + 1 - first_;
  const std::int64_t width = std::clamp(to - from, std::min(least_width, extent), extent);
  from_ = std::clamp(from, first_, last_ + 1 - width);
  to_ = from_ + width;
}

double TimelineWindow::x_of(std::int64_t position) const {
  return static_cast<double>(position - from_) * pixels_ / static_cast<double>(to_ - from_);
}

std::int64_t TimelineWindow::position_at(double x) const {
  const double at = x / pixels_ * static_cast<double>(to_ - from_);
  return from_ + static_cast<std::int64_t>(std::floor(std::clamp(at, -9e17, 9e17)));
}

void TimelineWindow::zoom(double factor, double about_x) {
  const double width = static_cast<double>(to_ - from_);
  const double extent = static_cast<double>(last_ + 1 - first_);
  const double wanted = std::clamp(width * factor, std::min(static_cast<double>(least_width), extent), extent);
  const double share = std::clamp(about_x / pixels_, 0.0, 1.0);
  const auto from = from_ + static_cast<std::int64_t>(std::llround((width - wanted) * share));
  show(from, from + static_cast<std::int64_t>(std::llround(wanted)));
}

void TimelineWindow::pan(double pixels) {
  const auto by = static_cast<std::int64_t>(std::llround(pixels * static_cast<double>(to_ - from_) / pixels_));
  show(from_ + by, to_ + by);
}

void TimelineWindow::reveal(std::int64_t position) {
  const std::int64_t width = to_ - from_, room = width / 12;
  if (position < from_ + room) show(position - width / 3, position - width / 3 + width);
  else if (position >= to_ - room) show(position - width + width / 3, position + width / 3);
}

std::vector<Tick> ticks_of(const TimelineWindow& window, bool timed, double pixels_apart) {
  const double wanted = static_cast<double>(window.to() - window.from()) * pixels_apart / window.pixels();
  std::int64_t step = 1;
  // 1, 2, 5, 10, ...
  for (int i = 0; static_cast<double>(step) < wanted && step < (std::int64_t{1} << 58); ++i) step = i % 3 == 1 ? step / 2 * 5 : step * 2;
  std::vector<Tick> ticks;
  std::int64_t at = window.from() / step * step;
  if (at < window.from()) at += step;
  for (; at < window.to() && ticks.size() < 1000; at += step) {
    std::string label;
    if (!timed) label = fmt::format("#{}", at);
    else if (step >= 1'000'000'000) label = fmt::format("{} s", at / 1'000'000'000);
    else if (step >= 100'000'000) label = fmt::format("{}.{} s", at / 1'000'000'000, at / 100'000'000 % 10);
    else if (step >= 1'000'000) label = fmt::format("{} ms", at / 1'000'000);
    else if (step >= 1'000) label = fmt::format("{}.{:03} ms", at / 1'000'000, at / 1'000 % 1'000);
    else label = fmt::format("{} ns", at);
    ticks.push_back({at, std::move(label)});
  }
  return ticks;
}

unsigned height_of(std::uint32_t count, unsigned most) {
  if (count == 0) return 0;
  const auto whole = static_cast<unsigned>(std::bit_width(count) - 1);
  const unsigned rest = whole < 2 ? (count - (1U << whole)) << (2 - whole) : (count >> (whole - 2)) & 3U;
  return std::min(most, 3 + (4 * whole + rest) * most / 48);
}

}  // namespace flowtank::gui
