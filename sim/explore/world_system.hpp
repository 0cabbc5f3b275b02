// SPDX-License-Identifier: Apache-2.0
// The World as a TransitionSystem: a thin adapter, since the World already lives in place, undoes and
// keeps its fingerprint. It adds one observation: which handler steps were taken in any
// explored state, for coverage. On demand it leaves out orders that nobody can tell apart (quiet_steps.hpp, run_sets.hpp).
// Invariant: adding nothing to the state and nothing to its order.
#pragma once

#include "sim/explore/quiet_steps.hpp"
#include "sim/explore/run_sets.hpp"
#include "sim/explore/transition_system.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sim/base/check.hpp>
#include <sim/world/world.hpp>

namespace flowtank::explore {

class WorldSystem {
 public:
  using Action = flowtank::Action;
  using Mark = flowtank::World::Mark;
  using Change = flowtank::Cells::Change;

  // `world` is in explore mode and in its initial state; it outlives this. Whatever an observer does at
  // the start (setting up its monitors) is done before; what it does after an action (bringing them up to
  // date) is `after_action`, part of the transition.
  explicit WorldSystem(World& world, std::function<void(World&)> after_action = {})
      : world_(world), after_action_(std::move(after_action)), initial_(world.mark()) {
    FLOWTANK_CHECK(world.mode() == Mode::explore, "only a World in explore mode can be explored");
    for (const Handler& handler : world.system().handlers) reached_.emplace_back(handler.program.code.size(), std::uint8_t{0});
  }

  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) { world_.undo(initial_); }

  void enabled(std::vector<Action>& out) {
    const std::size_t begin = out.size();
    world_.enabled(out);
    listed_ = world_.fingerprint();
    rests_ = out.size() == begin || is_fault(out[begin].kind);
    if (!reduces_) return;
    if (quiet_->reduce(world_, after_action_, out, begin)) {
      ++reduced_;
    } else if (sets_ && sets_->reduce(world_, after_action_, out, begin)) {
      ++reduced_;
      ++by_runs_;
    }
  }

  /// From now on enabled() gives one quiet step where there is one, else see reduce_runs(). For state and end properties, not for loops. `passing`:
  /// apply() goes on with quiet steps until there is none, so that the states between are not stored; one that
  /// `shows` something (see show_where) is.
  void reduce(bool on, bool passing = true) {
    if (on && !quiet_) quiet_.emplace(world_);
    reduces_ = on;
    passing_ = on && passing;
  }
  /// Where enabled() is reduced and no step is quiet, it also gives sets of single runs. `watched`: what properties look at.
  void reduce_runs(Watched watched) { sets_.emplace(world_, std::move(watched)); }
  /// Says of the state just reached that it must be stored: a property was violated by the last action.
  void show_where(std::function<bool()> shows) { shows_ = std::move(shows); }
  /// The same path with the steps that apply() took by itself. Ends in the state at its end.
  std::vector<Action> unfold(const std::vector<Action>& path) {
    std::vector<Action> all;
    enter_initial(0);
    passed_ = &all;
    for (const Action& action : path) {
      all.push_back(action);
      apply(action);
    }
    passed_ = nullptr;
    return all;
  }
  /// How often something was left out; why never, in words (empty: it could be).
  std::uint64_t reduced() const { return reduced_; }
  std::uint64_t reduced_by_runs() const { return by_runs_; }
  std::string why_not_reduced() const { return quiet_ ? quiet_->why_not() : std::string(); }
  std::string why_no_run_sets() const { return sets_ ? sets_->why_not() : std::string(); }

  void apply(const Action& action) {
    apply_one(action);
    if (!passing_) return;
    while (!(shows_ && shows_())) {
      const Action* only = quiet_->next(world_, after_action_);
      if (only == nullptr && sets_) {
        only = sets_->next(world_, after_action_);
        by_runs_ += only != nullptr ? 1 : 0;
      }
      if (only == nullptr) return;
      const Action step = *only;
      if (passed_ != nullptr) passed_->push_back(step);
      apply_one(step);
      ++reduced_;
    }
  }

  Mark mark() const { return world_.mark(); }
  void undo(const Mark& mark) { world_.undo(mark); }

  /// What the actions since a mark changed, and the same again without them: for a walk that comes through a state on its way.
  void changes_since(const Mark& mark, std::vector<Change>& out) const { world_.changes_since(mark, out); }
  void redo(std::span<const Change> changes, Fingerprint fingerprint) { world_.redo(changes, fingerprint); }

  Fingerprint fingerprint() const { return world_.fingerprint(); }
  Fingerprint recompute_fingerprint() const { return world_.recompute_fingerprint(); }
  void encode(std::vector<std::byte>& out) const {
    text_.clear();
    world_.encode(text_);
    const auto* bytes = reinterpret_cast<const std::byte*>(text_.data());
    out.insert(out.end(), bytes, bytes + text_.size());
  }
  std::string describe(const Action& action) const { return world_.describe(action); }
  /// Free where enabled() was asked in this state last, as every search does: faults are listed after all else.
  bool quiescent() const { return listed_ == world_.fingerprint() && listed_ != 0 ? rests_ : world_.quiescent(); }

  World& world() { return world_; }
  const World& world() const { return world_; }

  // What another system of the same System reached counts here too.
  void merge_coverage(const WorldSystem& other) {
    for (std::size_t h = 0; h < reached_.size(); ++h) {
      for (std::size_t pc = 0; pc < reached_[h].size(); ++pc) reached_[h][pc] |= other.reached_[h][pc];
    }
    reduced_ += other.reduced_;
    by_runs_ += other.by_runs_;
  }
  // Was instruction `pc` of a handler ever taken?
  bool reached(std::size_t handler, std::size_t pc) const { return reached_[handler][pc] != 0; }

 private:
  void apply_one(const Action& action) {
    world_.runs().mark_executed(is_fault(action.kind) ? nullptr : &reached_);
    const bool possible = world_.apply(action);
    world_.runs().mark_executed(nullptr);
    FLOWTANK_CHECK(possible, "an enabled action was refused");
    if (after_action_) after_action_(world_);
  }

  World& world_;
  std::function<void(World&)> after_action_;
  Mark initial_;
  Runs::Executed reached_;
  std::optional<QuietSteps> quiet_;
  std::optional<RunSets> sets_;
  std::function<bool()> shows_;
  std::vector<Action>* passed_ = nullptr;
  bool reduces_ = false;
  bool passing_ = false;
  std::uint64_t reduced_ = 0;
  std::uint64_t by_runs_ = 0;  // of those: by sets of runs
  Fingerprint listed_ = 0;  // of the state in which enabled() was asked last; 0: of none that is known
  bool rests_ = false;      // only faults were enabled there
  mutable std::string text_;
};

static_assert(TransitionSystem<WorldSystem> && KnowsQuiescence<WorldSystem> && RecomputesFingerprint<WorldSystem>);

}  // namespace flowtank::explore
