// SPDX-License-Identifier: Apache-2.0
// A number as people read it: "1,234,567". In every locale the same, since reports are compared byte by byte.
#pragma once

#include <cstdint>
#include <string>

namespace flowtank {

std::string thousands(std::uint64_t number);

}  // namespace flowtank
