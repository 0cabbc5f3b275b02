// SPDX-License-Identifier: Apache-2.0
// Explores a textbook model that is written with plain copyable states.
// The model gives initial states and, for a state, its labelled successors; the adapter keeps a stack
// of states and thereby offers apply and undo. It trades speed for brevity: small protocols, teaching
// and tests of the explorer itself. Invariant: frame d holds the state after d actions; successors are
// computed at most once per visit.
#pragma once

#include "sim/explore/transition_system.hpp"

#include <cstring>
#include <utility>

namespace flowtank::explore {

/// One way on from a state: what happens, in words, and the state it leads to.
template <class State>
struct Successor {
  std::string label;
  State next;
};

/// What a model must offer. `State` is copyable; it is encoded by model.encode(state, out) if that
/// exists, else by its bytes, which is allowed only where equal states have equal bytes (no padding).
///   std::vector<State> initial() const;
///   void successors(const State&, std::vector<Successor<State>>& out) const;   // appends, fixed order
template <class Model>
concept CopyingModel = requires(const Model& model, const typename Model::State& state,
                                std::vector<Successor<typename Model::State>>& out) {
  { model.initial() } -> std::same_as<std::vector<typename Model::State>>;
  model.successors(state, out);
};

template <CopyingModel Model>
class CopyingSystem {
 public:
  using State = typename Model::State;
  /// The position of the successor in the model's order.
  struct Action {
    std::uint32_t choice = 0;
  };
  struct Mark {
    std::size_t depth = 0;
  };

  explicit CopyingSystem(Model model = {}, std::uint64_t seed = 0)
      : model_(std::move(model)), seed_(seed), initial_(model_.initial()), frames_(1) {
    if (!initial_.empty()) {
      enter_initial(0);
    }
  }

  const State& state() const { return frames_[depth_].state; }
  const Model& model() const { return model_; }

  std::size_t initial_count() const { return initial_.size(); }
  void enter_initial(std::size_t index) {
    depth_ = 0;
    enter(initial_[index]);
  }
  void enabled(std::vector<Action>& out) {
    const auto count = static_cast<std::uint32_t>(successors().size());
    for (std::uint32_t i = 0; i < count; ++i) {
      out.push_back({i});
    }
  }
  void apply(const Action& action) {
    successors();
    if (frames_.size() == depth_ + 1) {
      frames_.emplace_back();
    }
    const State& next = frames_[depth_].successors[action.choice].next;
    ++depth_;
    enter(next);
  }
  Mark mark() const { return {depth_}; }
  void undo(const Mark& mark) { depth_ = mark.depth; }
  Fingerprint fingerprint() const { return frames_[depth_].fingerprint; }
  Fingerprint recompute_fingerprint() const { return fingerprint_of(encoding(state()), seed_); }
  void encode(std::vector<std::byte>& out) const { encode(state(), out); }
  std::string describe(const Action& action) const { return successors()[action.choice].label; }

 private:
  struct Frame {
    State state{};
    Fingerprint fingerprint;
    bool expanded = false;
    std::vector<Successor<State>> successors;
  };

  void enter(const State& state) {
    Frame& frame = frames_[depth_];
    frame.state = state;
    frame.fingerprint = fingerprint_of(encoding(state), seed_);
    frame.expanded = false;
  }
  const std::vector<Successor<State>>& successors() const {
    Frame& frame = frames_[depth_];
    if (!frame.expanded) {
      frame.successors.clear();
      model_.successors(frame.state, frame.successors);
      frame.expanded = true;
    }
    return frame.successors;
  }
  void encode(const State& state, std::vector<std::byte>& out) const {
    if constexpr (requires { model_.encode(state, out); }) {
      model_.encode(state, out);
    } else {
      static_assert(std::has_unique_object_representations_v<State>,
                    "this State needs Model::encode(state, out): its bytes are not canonical");
      const std::size_t old = out.size();
      out.resize(old + sizeof(State));
      std::memcpy(out.data() + old, &state, sizeof(State));
    }
  }
  const std::vector<std::byte>& encoding(const State& state) const {
    bytes_.clear();
    encode(state, bytes_);
    return bytes_;
  }

  Model model_;
  std::uint64_t seed_;
  std::vector<State> initial_;
  mutable std::vector<Frame> frames_;     // grown, never shrunk: successor lists keep their capacity
  mutable std::vector<std::byte> bytes_;  // scratch of one call
  std::size_t depth_ = 0;
};

}  // namespace flowtank::explore
