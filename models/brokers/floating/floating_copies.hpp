// SPDX-License-Identifier: Apache-2.0
// Copies of a message that faults made or moved out of their place. They float beside the product's own queue or log
// and may be delivered at any later position, on any instance, also while the original is handled; a faithful
// product has none. Part of the state: how often each (message, failed attempts) is there.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/world/bag.hpp>
#include <sim/world/broker.hpp>
#include <sim/world/world.hpp>

namespace flowtank {

class FloatingCopies {
 public:
  // Copies (Action::b) from here on are floating ones; Delivery::token says so too.
  static constexpr std::uint32_t first_copy = 0x80000000U;
  static constexpr std::uint32_t token = 0xffffffU;

  void build(World& world, std::uint32_t subscription) {
    subscription_ = subscription;
    copies_.build(world.cells(), ComponentKind::floating_copy, subscription);
  }
  void clear() {
    copies_.clear();
    items_.clear();
    index_.clear();
  }

  // One more, handed out from now + delay on.
  void add(World& world, Word message, std::uint32_t attempts, Duration delay) {
    const Word fields[] = {message, Pool::of_int_small(attempts)};
    const Word item = world.pool().intern_list(fields);
    copies_.add(world.cells(), world.pool(), item);
    std::uint32_t at = index_.find(item);
    if (at == 0) {
      items_.push_back(item);
      at = static_cast<std::uint32_t>(items_.size());
      index_.put(item, at);
    }
    world.offer(delay, {.kind = ActionKind::deliver, .a = subscription_, .b = first_copy + at - 1, .choice = 1 + attempts, .word = message});
  }
  bool has(const Cells& cells, std::uint32_t copy) const { return copies_.count(cells, items_[copy - first_copy]) != 0; }
  Word message(const World& world, std::uint32_t copy) const { return message_of(world, items_[copy - first_copy]); }
  Delivery take(World& world, std::uint32_t copy) {
    const Word item = items_[copy - first_copy];
    copies_.take(world.cells(), item);
    return {message_of(world, item), attempts_of(world, item), token};
  }
  // A fault takes one away. It is there.
  void take(World& world, Word message, std::uint32_t attempts) {
    const Word fields[] = {message, Pool::of_int_small(attempts)};
    copies_.take(world.cells(), world.pool().intern_list(fields));
  }
  // Calls f(copy, message, attempts) for each different one that is there.
  template <typename F>
  void each(const World& world, F&& f) const {
    copies_.each(world.cells(), [&](Word item) { f(first_copy + index_.find(item) - 1, message_of(world, item), attempts_of(world, item)); });
  }
  std::uint64_t count(const World& world) const {
    std::uint64_t total = 0;
    copies_.each(world.cells(), [&](Word item) { total += copies_.count(world.cells(), item); });
    return total;
  }

 private:
  static Word message_of(const World& world, Word item) { return world.pool().find(world.pool().value(item).items()[0]); }
  static std::uint32_t attempts_of(const World& world, Word item) {
    return static_cast<std::uint32_t>(world.pool().value(item).items()[1].i);
  }

  std::uint32_t subscription_ = 0;
  Bag copies_;
  std::vector<Word> items_;  // every one ever seen
  ContentIndex index_;
};

}  // namespace flowtank
