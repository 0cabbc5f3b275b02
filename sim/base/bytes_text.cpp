// SPDX-License-Identifier: Apache-2.0
// See bytes_text.hpp: the largest unit of which there is at least one, megabytes at the most.
#include "sim/base/bytes_text.hpp"

#include "sim/base/thousands.hpp"

namespace flowtank {

std::string bytes_text(std::size_t bytes) {
  if (bytes < (std::size_t{1} << 10)) return thousands(bytes) + (bytes == 1 ? " byte" : " bytes");
  if (bytes < (std::size_t{1} << 20)) return thousands(bytes >> 10) + " KB";
  return thousands(bytes >> 20) + " MB";
}

}  // namespace flowtank
