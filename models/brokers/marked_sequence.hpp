// SPDX-License-Identifier: Apache-2.0
// A handler run, and an action that names a copy, have no room for a whole stream sequence: they hold its lowest bits, the mark.
// Only what is handed out and not settled can be meant, and of that the one with this mark. Nothing is guessed from the end of
// the stream, which may be any number of marks away.
#pragma once

#include <cstdint>

namespace flowtank {

// The first sequence of [first, last] with this mark that `is_meant`; 0: none. `mask` is one less than a power of two.
template <class IsMeant>
std::uint64_t sequence_of_mark(std::uint64_t first, std::uint64_t last, std::uint64_t mask, std::uint64_t mark, const IsMeant& is_meant) {
  std::uint64_t seq = (first & ~mask) | mark;
  if (seq < first) seq += mask + 1;
  for (; seq <= last; seq += mask + 1) {
    if (seq != 0 && is_meant(seq)) return seq;
  }
  return 0;
}

}  // namespace flowtank
