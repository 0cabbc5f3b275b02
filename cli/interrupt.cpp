// SPDX-License-Identifier: Apache-2.0
// Signal handling with sigaction; the handler uses lock-free atomics and signal() only.
#include "cli/interrupt.hpp"

#include <csignal>

namespace flowtank::cli {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> last_signal{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  last_signal.store(number, std::memory_order_relaxed);
  stop.store(true, std::memory_order_relaxed);
  std::signal(number, SIG_DFL);  // the next one ends the process
}

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

const std::atomic<bool>& interrupted() { return stop; }

int interrupt_exit_code() {
  const int number = last_signal.load(std::memory_order_relaxed);
  return number == 0 ? 0 : 128 + number;
}

}  // namespace flowtank::cli
