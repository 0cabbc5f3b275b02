// SPDX-License-Identifier: Apache-2.0
// An aggregate emits versions 1..n over a channel without order; a projection stores the version it applies (V-22). Taking
// them as they come may end with an old one; ignoring lower ones never does, also when a copy comes twice.
#pragma once

#include <sim/explore/copying_system.hpp>

#include <fmt/format.h>

namespace flowtank::explore::models {

struct ProjectionOrder {
  struct State {
    std::uint8_t emitted = 0;
    std::uint8_t projected = 0;
    std::uint8_t duplicates = 0;  // used up
    std::uint8_t unused = 0;
    std::array<std::uint8_t, 8> copies{};  // in flight, by version - 1
  };
  unsigned versions = 2;
  bool ignores_lower = false;
  unsigned duplicates = 0;

  std::vector<State> initial() const { return {State{}}; }

  void successors(const State& s, std::vector<Successor<State>>& out) const {
    if (s.emitted < versions) {
      State next = s;
      ++next.copies[next.emitted++];
      out.push_back({fmt::format("emit {}", next.emitted), next});
    }
    for (unsigned v = 0; v < versions; ++v) {
      if (s.copies[v] == 0) continue;
      State next = s;
      --next.copies[v];
      if (!ignores_lower || v + 1 > s.projected) next.projected = static_cast<std::uint8_t>(v + 1);
      out.push_back({fmt::format("apply {}", v + 1), next});
      if (s.duplicates == duplicates) continue;
      next = s;
      ++next.copies[v];
      ++next.duplicates;
      out.push_back({fmt::format("duplicate {}", v + 1), next});
    }
  }
};

}  // namespace flowtank::explore::models
