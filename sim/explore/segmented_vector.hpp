// SPDX-License-Identifier: Apache-2.0
// A vector that grows by whole segments, so that growing copies nothing and the peak is the size.
// The search tree holds one entry a state in such columns. Invariant: elements never move.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace flowtank::explore {

template <class T, std::size_t segment_size = 1U << 14U>
class SegmentedVector {
 public:
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return segments_.size() * segment_size * sizeof(T); }

  const T& operator[](std::size_t index) const { return segments_[index / segment_size][index % segment_size]; }

  void push_back(const T& value) {
    if (size_ == segments_.size() * segment_size) {
      segments_.push_back(std::unique_ptr<T[]>(new T[segment_size]));
    }
    segments_[size_ / segment_size][size_ % segment_size] = value;
    ++size_;
  }

 private:
  std::vector<std::unique_ptr<T[]>> segments_;
  std::size_t size_ = 0;
};

}  // namespace flowtank::explore
