// SPDX-License-Identifier: Apache-2.0
// How long whoever makes runs goes on with one: a run of a million clients has millions of actions, and at each a million to
// choose from, so time, memory and signals are looked at within runs as well. One thread owns a Patience.
//
// Invariant: a run that is left counts as nothing and is made again, from its beginning, by whoever goes on; so what a campaign
// says of the runs that it counts does not depend on clocks.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>

namespace flowtank::campaign {

// Why a run was left.
enum class Left : unsigned char {
  no,
  asked,   // cancelled, out of time, or the campaign ends for another reason
  memory,  // its World has grown beyond what is allowed
};

class Patience {
 public:
  const std::atomic<bool>* cancelled = nullptr;  // from outside
  const std::atomic<bool>* stopping = nullptr;   // by another thread
  std::function<bool()> out_of_time;             // reads a clock; may be empty
  std::size_t memory = static_cast<std::size_t>(-1);  // bytes that all Worlds may take; one of less than ever_allowed is no reason to leave a run
  std::atomic<std::size_t>* worlds = nullptr;         // the bytes of all Worlds, of which this thread adds its own; nullptr: there is one

  static constexpr std::size_t ever_allowed = std::size_t{64} << 20;

  // Before an action that is one of `offered`: is the run to be left? `bytes()` is asked only after enough work.
  template <class Bytes>
  bool ends(std::size_t offered, Bytes&& bytes) {
    if (left_ != Left::no) return true;
    if (set(cancelled) || set(stopping)) return leave(Left::asked);
    work_ += 1 + offered;
    if (work_ < work_between_looks) return false;
    work_ = 0;
    const std::size_t taken = bytes();
    if (report(taken) > memory && taken > ever_allowed) return leave(Left::memory);
    return out_of_time && out_of_time() && leave(Left::asked);
  }
  // Without a run: is it worth while to begin one?
  bool ends() {
    if (left_ == Left::no && (set(cancelled) || set(stopping) || (out_of_time && out_of_time()))) left_ = Left::asked;
    return left_ != Left::no;
  }
  Left left() const { return left_; }
  // The World of this thread takes so many bytes; gives the sum over all threads.
  std::size_t report(std::size_t taken) {
    const std::size_t change = taken - reported_;  // modulo 2^64, like the sum
    reported_ = taken;
    return worlds == nullptr ? taken : worlds->fetch_add(change, std::memory_order_relaxed) + change;
  }

 private:
  static bool set(const std::atomic<bool>* flag) { return flag != nullptr && flag->load(std::memory_order_relaxed); }
  bool leave(Left why) {
    left_ = why;
    return true;
  }

  static constexpr std::size_t work_between_looks = 8'192;  // actions listed: well below a millisecond of work

  std::size_t work_ = 0;
  std::size_t reported_ = 0;
  Left left_ = Left::no;
};

}  // namespace flowtank::campaign
