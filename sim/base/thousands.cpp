// SPDX-License-Identifier: Apache-2.0
// See thousands.hpp: a comma before every three digits, counted from the end.
#include "sim/base/thousands.hpp"

namespace flowtank {

std::string thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace flowtank
