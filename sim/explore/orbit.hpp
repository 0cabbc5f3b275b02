// SPDX-License-Identifier: Apache-2.0
// Symmetry: states that differ only in the names of interchangeable entities share one fingerprint, so that a
// search enters one of each orbit. Sound for properties that do not look at names, since a renaming maps
// paths to paths. Two ways: the system's own sum over entities, or the least of all renamed encodings.
// Invariant: equal for two states exactly if a renaming leads from one to the other (odds as usual).
#pragma once

#include "sim/explore/foreseeing_system.hpp"

#include <algorithm>
#include <numeric>

namespace flowtank::explore {

/// By going through all names: exact for every system that can rename, and slow (n! encodings).
template <HasEntities S>
class CanonicalForms {
 public:
  Fingerprint fingerprint(const S& system) {
    names_.resize(system.entity_count());
    std::iota(names_.begin(), names_.end(), 0U);
    least_.clear();
    bool first = true;
    do {
      renamed_.clear();
      system.encode_renamed(names_, renamed_);
      if (first || renamed_ < least_) std::swap(least_, renamed_);
      first = false;
    } while (std::next_permutation(names_.begin(), names_.end()));
    return fingerprint_of(least_);
  }

 private:
  std::vector<std::uint32_t> names_;
  std::vector<std::byte> least_;
  std::vector<std::byte> renamed_;
};

}  // namespace flowtank::explore
