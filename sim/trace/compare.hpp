// SPDX-License-Identifier: Apache-2.0
// Where two traces part: the first record in which they differ, by contents and not by numbers of dictionaries. Two runs
// that should be the same are told apart by it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>

#include "sim/trace/trace.hpp"

namespace flowtank {

struct TraceDifference {
  std::size_t record = 0;             // of both
  bool only_in_first = false;         // the second trace ends here
  bool only_in_second = false;
  std::vector<std::string> fields;    // names of the columns that differ
};

// Nothing when they are the same. The pools are those of the records' words.
std::optional<TraceDifference> first_difference(const Records& first, const Pool& first_pool, const Records& second, const Pool& second_pool);

}  // namespace flowtank
