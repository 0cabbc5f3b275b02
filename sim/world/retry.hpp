// SPDX-License-Identifier: Apache-2.0
// How long a consumer waits before it is handed a message again whose handling failed. One function for every broker,
// because the policy is the service's and not the product's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/world/system.hpp"

namespace flowtank {

// `failed`: handlings that failed before the last one; 0 gives the first backoff.
inline Duration retry_wait(const RetryPolicy& retry, std::uint32_t failed) {
  Duration wait = retry.backoff;
  for (std::uint32_t i = 0; i < failed && wait < retry.cap; ++i) wait = Duration(wait.nanoseconds() / 100) * retry.factor_percent;
  return std::min(wait, retry.cap);
}

}  // namespace flowtank
