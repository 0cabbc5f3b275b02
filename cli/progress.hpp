// SPDX-License-Identifier: Apache-2.0
// The progress line: on stderr, only where that is a terminal, rewritten in place and gone before the
// verdicts come. Drawn at most ten times a second, and not before a second has passed.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <sim/campaign/campaign.hpp>
#include <sim/explore/search.hpp>
#include <sim/world/world.hpp>

namespace flowtank::cli {

class Progress {
 public:
  explicit Progress(bool on) : on_(on), begin_(std::chrono::steady_clock::now()), next_(begin_ + std::chrono::seconds(1)) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void exploring(const explore::Counts& counts);
  void running(const World& world);
  void sampling(const campaign::Progress& progress);
  void clear();
  double seconds() const;
  /// Whether so many seconds from now are over. Refers to this.
  std::function<bool()> in(double seconds) const;

 private:
  bool due();
  void show(const std::string& line);

  bool on_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace flowtank::cli
