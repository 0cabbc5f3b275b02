// SPDX-License-Identifier: Apache-2.0
// See assignor.hpp: the assignors of Kafka as pure functions; none looks at anything but its input.
#include "models/brokers/kafka/assignor.hpp"

#include <algorithm>

namespace flowtank::kafka {
namespace {

bool subscribes(const AssignorInput& input, std::size_t member, std::size_t topic) {
  return (input.topics_of[member] >> topic & 1) != 0;
}

// Topic by topic: neighbours to each member, one more to the first ones.
std::vector<std::uint32_t> by_range(const AssignorInput& input, std::size_t partitions) {
  std::vector<std::uint32_t> owners(partitions, nobody);
  std::size_t first = 0;
  for (std::size_t topic = 0; topic < input.topic_sizes.size(); ++topic) {
    std::vector<std::uint32_t> members;
    for (std::size_t m = 0; m < input.members.size(); ++m) {
      if (subscribes(input, m, topic)) members.push_back(input.members[m]);
    }
    const std::size_t size = input.topic_sizes[topic];
    for (std::size_t m = 0, next = 0; m < members.size(); ++m) {
      const std::size_t share = size / members.size() + (m < size % members.size() ? 1 : 0);
      for (std::size_t i = 0; i < share; ++i) owners[first + next++] = members[m];
    }
    first += size;
  }
  return owners;
}

// All partitions in turn.
std::vector<std::uint32_t> by_turns(const AssignorInput& input, std::size_t partitions) {
  std::vector<std::uint32_t> owners(partitions, nobody);
  std::size_t partition = 0, turn = 0;
  for (std::size_t topic = 0; topic < input.topic_sizes.size(); ++topic) {
    for (std::uint32_t i = 0; i < input.topic_sizes[topic]; ++i, ++partition) {
      for (std::size_t tried = 0; tried < input.members.size(); ++tried, ++turn) {
        const std::size_t member = turn % input.members.size();
        if (!subscribes(input, member, topic)) continue;
        owners[partition] = input.members[member];
        ++turn;
        break;
      }
    }
  }
  return owners;
}

// Keeps what can be kept, gives the rest to whoever has least, then levels out.
class Sticky {
 public:
  Sticky(const AssignorInput& input, std::size_t partitions)
      : input_(input), owner_(partitions, nowhere), count_(input.members.size(), 0), topic_(partitions) {
    std::size_t first = 0;
    for (std::size_t topic = 0; topic < input.topic_sizes.size(); first += input.topic_sizes[topic++]) {
      std::fill_n(topic_.begin() + static_cast<std::ptrdiff_t>(first), input.topic_sizes[topic], topic);
    }
  }

  std::vector<std::uint32_t> assigned() {
    keep();
    for (std::size_t p = 0; p < owner_.size(); ++p) {
      if (owner_[p] != nowhere) continue;
      const std::size_t least = least_loaded(p);
      if (least != nowhere) give(p, least);
    }
    level();
    std::vector<std::uint32_t> owners(owner_.size(), nobody);
    for (std::size_t p = 0; p < owner_.size(); ++p) {
      if (owner_[p] != nowhere) owners[p] = input_.members[owner_[p]];
    }
    return owners;
  }

 private:
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  void give(std::size_t p, std::size_t member) {
    if (owner_[p] != nowhere) --count_[owner_[p]];
    owner_[p] = member;
    ++count_[member];
  }
  void keep() {
    for (std::size_t p = 0; p < owner_.size(); ++p) {
      const auto found = std::lower_bound(input_.members.begin(), input_.members.end(), input_.owners[p]);
      if (found == input_.members.end() || *found != input_.owners[p]) continue;
      const auto member = static_cast<std::size_t>(found - input_.members.begin());
      if (subscribes(input_, member, topic_[p])) give(p, member);
    }
  }
  std::size_t least_loaded(std::size_t p) const {
    std::size_t least = nowhere;
    for (std::size_t m = 0; m < input_.members.size(); ++m) {
      if (subscribes(input_, m, topic_[p]) && (least == nowhere || count_[m] < count_[least])) least = m;
    }
    return least;
  }
  // Takes from the end of who has two more than another that may have it. Each move lowers the sum of squares.
  void level() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t p = owner_.size(); p-- > 0;) {
        if (owner_[p] == nowhere) continue;
        const std::size_t least = least_loaded(p);
        if (count_[owner_[p]] <= count_[least] + 1) continue;
        give(p, least);
        moved = true;
      }
    }
  }

  const AssignorInput& input_;
  std::vector<std::size_t> owner_;  // index of the member
  std::vector<std::size_t> count_;
  std::vector<std::size_t> topic_;
};

}  // namespace

std::vector<std::uint32_t> assign(Assignor assignor, const AssignorInput& input) {
  std::size_t partitions = 0;
  for (const std::uint32_t size : input.topic_sizes) partitions += size;
  if (input.members.empty()) return std::vector<std::uint32_t>(partitions, nobody);
  switch (assignor) {
    case Assignor::range: return by_range(input, partitions);
    case Assignor::roundrobin: return by_turns(input, partitions);
    case Assignor::sticky:
    case Assignor::cooperative_sticky: break;
  }
  return Sticky(input, partitions).assigned();
}

}  // namespace flowtank::kafka
