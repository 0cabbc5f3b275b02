// SPDX-License-Identifier: Apache-2.0
// Interrupts: the first SIGINT or SIGTERM asks the work to stop and report what it has; a second one ends
// the process at once. The flag is the only thing that a signal handler touches.
#pragma once

#include <atomic>

namespace flowtank::cli {

// From now on the two signals only set flags.
void catch_interrupts();
// Becomes true with the first signal; lives as long as the process.
const std::atomic<bool>& interrupted();
// 130 after SIGINT, 143 after SIGTERM; 0 before any.
int interrupt_exit_code();

}  // namespace flowtank::cli
