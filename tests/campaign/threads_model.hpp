// SPDX-License-Identifier: Apache-2.0
// Threads that take steps, and a bug that needs some of them in a certain order: what randomised schedulers are
// measured with. A bug of depth d is d-1 constraints "this step before that one" (Burckhardt et al., 2010).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sim/explore/transition_system.hpp>

namespace flowtank::campaign::test {

struct Constraint {
  std::uint32_t thread_before, step_before;  // counted from 0
  std::uint32_t thread_after, step_after;
};

class Threads {
 public:
  struct Action {
    std::uint32_t thread = 0;
    friend bool operator==(const Action&, const Action&) = default;
  };
  struct Mark {
    std::size_t taken = 0;
  };

  Threads(std::uint32_t threads, std::uint32_t steps, std::vector<Constraint> bug) : steps_(steps), at_(threads), bug_(std::move(bug)) {}

  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) { undo({0}); }
  void enabled(std::vector<Action>& out) const {
    for (std::uint32_t t = 0; t < at_.size(); ++t) {
      if (at_[t] < steps_) out.push_back({t});
    }
  }
  void apply(const Action& action) {
    when_[action.thread * std::size_t{64} + at_[action.thread]] = static_cast<std::uint32_t>(taken_.size());
    ++at_[action.thread];
    taken_.push_back(action.thread);
  }
  Mark mark() const { return {taken_.size()}; }
  void undo(const Mark& mark) {
    while (taken_.size() > mark.taken) {
      --at_[taken_.back()];
      taken_.pop_back();
    }
  }
  explore::Fingerprint fingerprint() const {
    explore::Fingerprint sum = 0;
    for (const std::uint32_t at : at_) sum = sum * 67 + at + 1;
    return sum;
  }
  void encode(std::vector<std::byte>& out) const {
    for (const std::uint32_t at : at_) out.push_back(static_cast<std::byte>(at));
  }
  std::string describe(const Action& action) const { return "thread " + std::to_string(action.thread); }

  std::uint64_t chain(const Action& action) const { return action.thread + 1; }
  std::uint64_t identity(const Action& action) const { return (std::uint64_t{action.thread} << 32 | at_[action.thread]) + 1; }

  // All steps were taken; was it in the order of the bug?
  bool failed() const {
    for (const Constraint& c : bug_) {
      if (when(c.thread_before, c.step_before) >= when(c.thread_after, c.step_after)) return false;
    }
    return true;
  }

 private:
  std::uint32_t when(std::uint32_t thread, std::uint32_t step) const { return when_[thread * std::size_t{64} + step]; }

  std::uint32_t steps_;
  std::vector<std::uint32_t> at_;
  std::vector<std::uint32_t> taken_;
  std::array<std::uint32_t, 64 * 16> when_{};
  std::vector<Constraint> bug_;
};

static_assert(explore::TransitionSystem<Threads>);

// A lock with a code: the right one of `keys` opens the next bolt, a wrong one throws all bolts back. What random
// walks find with probability keys^-bolts, and feedback step by step.
class Lock {
 public:
  struct Action {
    std::uint32_t key = 0;
    friend bool operator==(const Action&, const Action&) = default;
  };
  struct Mark {
    std::size_t depth = 0;
  };

  Lock(std::uint32_t keys, std::uint32_t bolts, std::uint32_t tries) : keys_(keys), bolts_(bolts), tries_(tries), opened_(1) {}

  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) { opened_.resize(1); }
  void enabled(std::vector<Action>& out) const {
    if (open() || opened_.size() > tries_) return;
    for (std::uint32_t key = 0; key < keys_; ++key) out.push_back({key});
  }
  void apply(const Action& action) { opened_.push_back(action.key == opened_.back() % keys_ ? opened_.back() + 1 : 0); }
  Mark mark() const { return {opened_.size()}; }
  void undo(const Mark& mark) { opened_.resize(mark.depth); }
  explore::Fingerprint fingerprint() const { return explore::Fingerprint{opened_.back()} * 1000 + opened_.size(); }
  void encode(std::vector<std::byte>& out) const { out.push_back(static_cast<std::byte>(opened_.back())); }
  std::string describe(const Action& action) const { return "key " + std::to_string(action.key); }
  std::uint64_t identity(const Action& action) const { return action.key + 1; }
  std::uint64_t feature() const { return opened_.back() + 1; }
  bool open() const { return opened_.back() == bolts_; }

 private:
  std::uint32_t keys_, bolts_, tries_;
  std::vector<std::uint32_t> opened_;  // bolts, after each action
};

static_assert(explore::TransitionSystem<Lock>);

// Looks at nothing.
struct Nobody {
  template <class S, class Actions>
  bool before(const S&, const Actions&, std::size_t) { return true; }
  template <class S>
  void after(const S&) {}
  template <class S>
  void at_rest(const S&) {}
};

}  // namespace flowtank::campaign::test
