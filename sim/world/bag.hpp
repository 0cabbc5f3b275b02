// SPDX-License-Identifier: Apache-2.0
// A bag: how often each content is there, without order and without slots, so that two equal copies are
// one thing. Used for requests in flight and floating copies. The list of what is there is quiet: it
// is undone, but not part of the state.
#pragma once

#include <vector>

#include "sim/world/cells.hpp"
#include "sim/world/component.hpp"
#include "sim/world/content_index.hpp"

namespace flowtank {

class Bag {
 public:
  // Builds the bag's quiet head. `owner` distinguishes bags of one kind.
  void build(Cells& cells, ComponentKind kind, std::uint64_t owner) {
    kind_ = kind;
    owner_ = owner;
    head_ = cells.allocate(Cells::Holds::quiet, 0);
  }

  void add(Cells& cells, const Pool& pool, Word item) {
    std::uint32_t at = index_.find(item);
    if (at == 0) {
      const std::uint64_t key = cells.tracking() ? component_key(kind_, owner_, pool.content(item), 0) : 0;
      const Cell count = cells.allocate(Cells::Holds::number, key);
      cells.allocate(Cells::Holds::quiet, 0);  // next
      cells.allocate(Cells::Holds::quiet, 0);  // previous
      items_.push_back({item, count});
      at = static_cast<std::uint32_t>(items_.size());
      index_.put(item, at);
    }
    const Cell count = items_[at - 1].count;
    if (cells.peek(count) == 0) link(cells, at);
    cells.add(count, 1);
    tell(cells, item, count);
  }

  // The item must be there.
  void take(Cells& cells, Word item) {
    const std::uint32_t at = index_.find(item);
    const Cell count = items_[at - 1].count;
    cells.take(count);
    if (cells.peek(count) == 0) unlink(cells, at);
    tell(cells, item, count);
  }

  std::uint64_t count(const Cells& cells, Word item) const {
    const std::uint32_t at = index_.find(item);
    return at == 0 ? 0 : cells.get(items_[at - 1].count);
  }
  bool empty(const Cells& cells) const { return cells.peek(head_) == 0; }

  // Calls f(item) for each different item that is there, newest first.
  template <typename F>
  void each(const Cells& cells, F&& f) const {
    for (std::uint64_t at = cells.peek(head_); at != 0; at = cells.peek(items_[at - 1].count + 1)) {
      f(items_[at - 1].item);
    }
  }

  // Forgets which items were ever seen; the cells must have been truncated.
  void clear() {
    index_.clear();
    items_.clear();
  }

 private:
  struct Item {
    Word item;
    Cell count;
  };
  void tell(const Cells& cells, Word item, Cell count) const {
    if (cells.watcher() != nullptr) [[unlikely]] cells.watcher()->bag_changed(static_cast<std::uint64_t>(kind_), owner_, item, cells.peek(count));
  }
  void link(Cells& cells, std::uint64_t at) {
    const std::uint64_t first = cells.peek(head_);
    cells.set(items_[at - 1].count + 1, first);
    cells.set(items_[at - 1].count + 2, 0);
    if (first != 0) cells.set(items_[first - 1].count + 2, at);
    cells.set(head_, at);
  }
  void unlink(Cells& cells, std::uint64_t at) {
    const Cell base = items_[at - 1].count;
    const std::uint64_t next = cells.peek(base + 1), previous = cells.peek(base + 2);
    if (previous != 0) cells.set(items_[previous - 1].count + 1, next);
    else cells.set(head_, next);
    if (next != 0) cells.set(items_[next - 1].count + 2, previous);
  }

  ComponentKind kind_ = ComponentKind::request;
  std::uint64_t owner_ = 0;
  Cell head_ = 0;
  ContentIndex index_;
  std::vector<Item> items_;
};

}  // namespace flowtank
