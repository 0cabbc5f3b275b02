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
    fresh_.clear();
  }

  // One more, handed out from now + delay on.
  void add(World& world, Word message, std::uint32_t attempts, Duration delay) {
    // A search puts the same few copies back again and again; a timed run keeps no second index.
    const bool known = attempts == 0 && world.cells().tracking();
    std::uint32_t at = known ? fresh_.find(message) : 0;
    const Word fields[] = {message, Pool::of_int_small(attempts)};
    const Word item = at != 0 ? items_[at - 1].content : world.pool().intern_list(fields);
    copies_.add(world.cells(), world.pool(), item);
    if (at == 0) at = index_.find(item);
    if (at == 0) {
      items_.push_back({item, message, attempts});
      at = static_cast<std::uint32_t>(items_.size());
      index_.put(item, at);
      if (known) fresh_.put(message, at);
    }
    world.offer(delay, {.kind = ActionKind::deliver, .a = subscription_, .b = first_copy + at - 1, .choice = 1 + attempts, .word = message});
  }
  bool has(const Cells& cells, std::uint32_t copy) const { return copies_.count(cells, items_[copy - first_copy].content) != 0; }
  Word message(const World&, std::uint32_t copy) const { return items_[copy - first_copy].message; }
  Delivery take(World& world, std::uint32_t copy) {
    const Item item = items_[copy - first_copy];
    copies_.take(world.cells(), item.content);
    return {item.message, item.attempts, token};
  }
  // A fault takes one away. It is there.
  void take(World& world, Word message, std::uint32_t attempts) {
    const Word fields[] = {message, Pool::of_int_small(attempts)};
    copies_.take(world.cells(), world.pool().intern_list(fields));
  }
  // The component that counts such copies of a subscription.
  static std::uint64_t component(World& world, std::uint32_t subscription, Word message, std::uint32_t attempts) {
    const Word fields[] = {message, Pool::of_int_small(attempts)};
    return component_key(ComponentKind::floating_copy, subscription, world.pool().content(world.pool().intern_list(fields)), 0);
  }
  // Calls f(copy, message, attempts) for each different one that is there.
  template <typename F>
  void each(const World& world, F&& f) const {
    copies_.each(world.cells(), [&](Word content) {
      const std::uint32_t at = index_.find(content) - 1;
      f(first_copy + at, items_[at].message, items_[at].attempts);
    });
  }
  std::uint64_t count(const World& world) const {
    std::uint64_t total = 0;
    copies_.each(world.cells(), [&](Word item) { total += copies_.count(world.cells(), item); });
    return total;
  }

 private:
  struct Item {
    Word content = absent_word;  // [message, attempts]
    Word message = absent_word;
    std::uint32_t attempts = 0;
  };

  std::uint32_t subscription_ = 0;
  Bag copies_;
  std::vector<Item> items_;  // every one ever seen
  ContentIndex index_;
  ContentIndex fresh_;       // tracked: by message, the one without failed attempts
};

}  // namespace flowtank
