// SPDX-License-Identifier: Apache-2.0
// Who gets which partition (KF-REB-1, KF-REB-2): pure functions from members and previous owners to owners.
// They are deterministic: members are ordered by their number, as Kafka orders them by member id.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace flowtank::kafka {

enum class Assignor : std::uint8_t { range, roundrobin, sticky, cooperative_sticky };

inline constexpr std::uint32_t nobody = 0xffffffff;

struct AssignorInput {
  std::span<const std::uint32_t> members;      // ascending
  std::span<const std::uint64_t> topics_of;    // by member (parallel): bit t: subscribes topic t
  std::span<const std::uint32_t> topic_sizes;  // partitions a topic; partitions are numbered through all topics
  std::span<const std::uint32_t> owners;       // by partition: the owner until now, or nobody
};

// By partition: the new owner, or nobody when no member subscribes its topic. Both sticky assignors keep what can be
// kept while the counts differ by at most one among members with equal subscriptions.
std::vector<std::uint32_t> assign(Assignor assignor, const AssignorInput& input);

}  // namespace flowtank::kafka
