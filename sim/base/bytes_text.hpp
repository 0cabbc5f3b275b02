// SPDX-License-Identifier: Apache-2.0
// A size as people read it: "412 MB", "12 KB", "400 bytes". Whole units, rounded down; in every locale the same.
#pragma once

#include <cstddef>
#include <string>

namespace flowtank {

std::string bytes_text(std::size_t bytes);

}  // namespace flowtank
