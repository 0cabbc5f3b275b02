// SPDX-License-Identifier: Apache-2.0
// Plays vectors and says of each whether the model agrees. The same code judges on the command line and in tests.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include "models/brokers/vectors/vector_file.hpp"

namespace flowtank::vectors {

struct Judgement {
  enum class Kind : std::uint8_t { agrees, differs, not_supported };
  Kind kind = Kind::agrees;
  std::int64_t step = 0;      // differs: of the first difference
  std::string expected, got;
  std::string why;            // not supported
};

Judgement judge(const VectorFile& vector);

// "agrees", "differs at step 3 (expected .., got ..)", "not supported (..)".
std::string to_text(const Judgement& judgement);

struct Tally {
  std::size_t agree = 0, differ = 0, not_supported = 0, unreadable = 0;
};
// "12 agree, 1 differs, 3 not supported".
std::string to_text(const Tally& tally);

}  // namespace flowtank::vectors
