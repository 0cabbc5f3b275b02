// SPDX-License-Identifier: Apache-2.0
// Memory of long runs. Contents, cells and indices of a long run are hundreds of megabytes that are read here and
// there; in pages of 4 KiB every such read also misses the translation of its address. Blocks from two
// megabytes on are therefore aligned to huge pages and offered to the kernel for them. Smaller blocks come from
// the heap. Where the kernel knows no huge pages nothing changes but speed; no result depends on it.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace flowtank {

template <typename T>
struct LargeMemory {
  using value_type = T;
  LargeMemory() = default;
  template <typename U>
  LargeMemory(const LargeMemory<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < huge_page) return static_cast<T*>(::operator new(bytes));
    const std::size_t whole = (bytes + huge_page - 1) / huge_page * huge_page;
    void* block = std::aligned_alloc(huge_page, whole);
    if (block == nullptr) throw std::bad_alloc();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    static_cast<void>(madvise(block, whole, MADV_HUGEPAGE));  // a wish; refusing it changes nothing
#endif
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t count) noexcept {
    if (count * sizeof(T) < huge_page) ::operator delete(block);
    else std::free(block);
  }
  friend bool operator==(const LargeMemory&, const LargeMemory&) { return true; }

 private:
  static constexpr std::size_t huge_page = std::size_t{2} << 20;
};

template <typename T>
using LargeVector = std::vector<T, LargeMemory<T>>;

}  // namespace flowtank
