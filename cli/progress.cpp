// SPDX-License-Identifier: Apache-2.0
// Drawing the progress line with bare writes, so that nothing of it is left in a buffer.
#include "cli/progress.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <reports/text.hpp>
#include <sim/base/thousands.hpp>

namespace flowtank::cli {

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::function<bool()> Progress::in(double seconds) const {
  return [this, until = this->seconds() + seconds] { return this->seconds() > until; };
}

bool Progress::due() {
  if (!on_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return false;
  next_ = now + std::chrono::milliseconds(100);
  return true;
}

void Progress::show(const std::string& line) {
  const std::string text = "\r\x1b[2K" + reports::shortened(line, 79, "");
  shown_ = ::write(STDERR_FILENO, text.data(), text.size()) > 0;
}

void Progress::exploring(const explore::Counts& counts) {
  if (!due()) return;
  const double rate = static_cast<double>(counts.states) / seconds();
  show(fmt::format("exploring  {}  {:.2f} M/s  depth {}  {} to go  Ctrl-C reports", reports::counted(counts.states, "state"), rate / 1e6,
                   counts.depth, thousands(counts.states - counts.expanded)));
}

void Progress::running(const World& world) {
  if (!due()) return;
  show(fmt::format("running  {} virtual  {}  Ctrl-C reports", format_seconds(world.now(), 1), reports::counted(world.actions(), "action")));
}

void Progress::sampling(const campaign::Progress& progress) {
  if (!due()) return;
  const double rate = static_cast<double>(progress.runs) / seconds();
  std::string text = "sampling  " + reports::counted(progress.runs, "run");
  if (progress.wanted != 0) text += " of " + thousands(progress.wanted);
  text += fmt::format("  {:.0f}/s  {}", rate, reports::counted(progress.ends, "different end"));
  if (progress.failing != 0) text += fmt::format("  {} failed", reports::counted(progress.failing, "property", "properties"));
  show(text + "  Ctrl-C reports");
}

void Progress::clear() {
  if (!shown_) return;
  shown_ = false;
  constexpr std::string_view erase = "\r\x1b[2K";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, erase.data(), erase.size());
}

}  // namespace flowtank::cli
