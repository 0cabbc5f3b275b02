// SPDX-License-Identifier: Apache-2.0
// Signal handling with sigaction; the handler uses lock-free atomics and signal() only.
#include "cli/interrupt.hpp"

#include <csignal>
#include <cstdint>
#include <ctime>

namespace flowtank::cli {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> last_signal{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

std::atomic<std::int64_t> first_at{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

// The first signal asks to stop and report; one that comes half a second later or more ends the process. One that
// comes at once is the same wish again: timeout(1) and some shells signal the process and its group.
void on_signal(int number) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t at = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
  std::int64_t none_yet = 0;
  if (!first_at.compare_exchange_strong(none_yet, at) && at - none_yet >= 500'000'000) {
    std::signal(number, SIG_DFL);
    std::raise(number);
    return;
  }
  last_signal.store(number, std::memory_order_relaxed);
  stop.store(true, std::memory_order_relaxed);
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
