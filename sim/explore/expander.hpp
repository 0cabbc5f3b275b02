// SPDX-License-Identifier: Apache-2.0
// One step of any search: check the state the system is in, generate its successors, keep the new ones.
// The fast way applies and undoes every action first, prefetching the slots of the visited set, and
// probes afterwards, so that cache misses overlap. Boundaries, transition properties, the exact mode
// and the self-check need each successor while the system is in it and take the slow way.
// Invariant: expand() leaves the system in the state in which it found it.
#pragma once

#include "sim/explore/encoding_table.hpp"
#include "sim/explore/search.hpp"
#include "sim/explore/self_check.hpp"
#include "sim/explore/state_table.hpp"
#include "sim/explore/transition_system.hpp"

#include <optional>

namespace flowtank::explore {

/// Where a search stands: the path to the present state, and the bytes the search holds itself.
template <class Action>
class SearchPosition {
 public:
  SearchPosition() = default;
  SearchPosition(const SearchPosition&) = delete;
  SearchPosition& operator=(const SearchPosition&) = delete;
  virtual ~SearchPosition() = default;
  virtual Witness<Action> path() const = 0;
  virtual std::size_t bytes() const = 0;
};

template <TransitionSystem S>
class Expander {
 public:
  using Action = typename S::Action;

  Expander(S& system, const std::vector<Property<S>>& properties, const Options<S>& options,
           const SearchPosition<Action>& position)
      : system_(system), properties_(properties), options_(options), position_(position),
        table_(options.memory_limit, options.expected_states) {
    for (std::size_t i = 0; i < properties.size(); ++i) {
      outcome_.decisions.push_back({properties[i].name, properties[i].kind, 0, {}});
      by_kind_[static_cast<std::size_t>(properties[i].kind)].push_back(i);
    }
    undecided_ = properties.size();
    if (options.exact) {
      encodings_.emplace(options.memory_limit);
    }
    slow_ = options.boundary || options.exact || options.self_check || !of_kind(PropertyKind::transition).empty();
  }

  /// The search must end now.
  bool stopped() const { return stopped_; }
  /// States may still be stored; false: only those already stored are entered and checked.
  bool growing() const { return !stopped_ && !full_; }
  Counts& counts() { return outcome_; }

  /// The system has just entered an initial state: true if it is new and within the boundary.
  bool enter_initial() {
    ++outcome_.generated;
    return within_boundary() && !stopped_ && store(system_.fingerprint()) == Insertion::inserted;
  }

  /// Checks the properties of the present state; once for each stored state.
  void visit() {
    for (const std::size_t index : of_kind(PropertyKind::always)) {
      if (!properties_[index].holds(system_)) {
        hit(index, nullptr);
      }
    }
    for (const std::size_t index : of_kind(PropertyKind::sometimes)) {
      if (properties_[index].holds(system_)) {
        hit(index, nullptr);
      }
    }
  }

  /// Appends to `actions` those that lead to new states, in order; to `choices`, if given, their
  /// positions among the enabled actions.
  void expand(std::vector<Action>& actions, std::vector<std::uint16_t>* choices = nullptr) {
    const std::size_t begin = actions.size();
    system_.enabled(actions);
    if (actions.size() - begin > std::numeric_limits<std::uint16_t>::max()) {
      stop(Limit::branching);
      actions.resize(begin);
      return;
    }
    outcome_.transitions += actions.size() - begin;
    const bool changes = slow_ ? expand_slow(actions, begin, choices) : expand_fast(actions, begin, choices);
    ++outcome_.expanded;
    if (!stopped_) {
      look_at_end(changes);
    }
    if (outcome_.expanded % options_.poll_every == 0) {
      poll();
    }
  }

  /// In place of expand() for a state at the depth limit. One that nothing leaves is an end like any other.
  void expand_not() {
    scratch_.clear();
    system_.enabled(scratch_);
    if (!scratch_.empty()) {
      note(Limit::depth);
      return;
    }
    look_at_end(false);
  }

  /// Completes the outcome; replays the witnesses to describe them.
  Outcome<Action> finish() {
    outcome_.generated += outcome_.transitions;
    outcome_.states = table_size();
    outcome_.complete = outcome_.limit == Limit::none;
    outcome_.set_bytes = set_bytes();
    outcome_.bytes = outcome_.set_bytes + position_.bytes();
    for (Decision<Action>& decision : outcome_.decisions) {
      if (decision.found()) {
        describe(decision.witness);
      }
    }
    return std::move(outcome_);
  }

 private:
  const std::vector<std::size_t>& of_kind(PropertyKind kind) const { return by_kind_[static_cast<std::size_t>(kind)]; }
  /// Asks what must hold at the end, if this is one; `changes`: an enabled action changes the state.
  void look_at_end(bool changes) {
    if (!is_terminal(changes)) {
      return;
    }
    ++outcome_.terminal;
    for (const std::size_t index : of_kind(PropertyKind::terminal)) {
      if (!properties_[index].holds(system_)) {
        hit(index, nullptr);
      }
    }
  }
  bool within_boundary() {
    if (options_.boundary && !options_.boundary(system_)) {
      ++outcome_.outside;
      return false;
    }
    return true;
  }
  bool is_terminal(bool changes) const {
    if constexpr (KnowsQuiescence<S>) {
      return system_.quiescent();
    } else {
      return !changes;
    }
  }
  std::uint64_t table_size() const { return encodings_ ? encodings_->size() : table_.size(); }
  std::size_t set_bytes() const { return table_.bytes() + (encodings_ ? encodings_->bytes() : 0); }

  bool expand_fast(std::vector<Action>& actions, std::size_t begin, std::vector<std::uint16_t>* choices) {
    const auto here = system_.mark();
    const Fingerprint now = system_.fingerprint();
    const std::size_t count = actions.size() - begin;
    if (fingerprints_.size() < count) {
      fingerprints_.resize(count * 2);
    }
    for (std::size_t i = 0; i < count; ++i) {
      system_.apply(actions[begin + i]);
      const Fingerprint reached = system_.fingerprint();
      fingerprints_[i] = reached;
      table_.prefetch(reached);
      system_.undo(here);
    }
    bool changes = false;
    std::size_t kept = begin;
    for (std::size_t i = 0; i < count; ++i) {
      if (fingerprints_[i] == now) {
        ++outcome_.self_loops;
        continue;
      }
      changes = true;
      if (store(fingerprints_[i]) == Insertion::inserted) {
        actions[kept++] = actions[begin + i];
        if (choices != nullptr) {
          choices->push_back(static_cast<std::uint16_t>(i));
        }
      }
    }
    actions.resize(kept);
    return changes;
  }

  bool expand_slow(std::vector<Action>& actions, std::size_t begin, std::vector<std::uint16_t>* choices) {
    const auto here = system_.mark();
    const Fingerprint now = system_.fingerprint();
    const std::size_t count = actions.size() - begin;
    bool changes = false;
    std::size_t kept = begin;
    if constexpr (DecomposedSystem<S>) {
      if (options_.self_check) {
        report_fault(self_check_.between(system_, std::span(actions).subspan(begin)));
      }
    }
    for (std::size_t i = 0; i < count && !stopped_; ++i) {
      const Action action = actions[begin + i];
      if (options_.self_check) {
        report_fault(self_check_.around(system_, action));
      }
      system_.apply(action);
      const bool unchanged = system_.fingerprint() == now;
      outcome_.self_loops += unchanged ? 1 : 0;
      changes = changes || !unchanged;
      if (within_boundary()) {
        check_transition(action);
        // Without the exact mode an unchanged fingerprint is an unchanged state.
        if ((!unchanged || options_.exact) && store(system_.fingerprint()) == Insertion::inserted) {
          actions[kept++] = action;
          if (choices != nullptr) {
            choices->push_back(static_cast<std::uint16_t>(i));
          }
        }
      }
      system_.undo(here);
    }
    actions.resize(kept);
    return changes;
  }

  void check_transition(const Action& action) {
    for (const std::size_t index : of_kind(PropertyKind::transition)) {
      if (!properties_[index].holds_after(system_, action)) {
        hit(index, &action);
      }
    }
  }

  Insertion store(Fingerprint fingerprint) {
    if (table_size() >= options_.max_states || full_) [[unlikely]] {
      if (table_.contains(fingerprint)) {
        return Insertion::present;
      }
      note(Limit::states);
      full_ = true;
      return Insertion::full;
    }
    Insertion result = table_.insert(fingerprint);
    if (encodings_) [[unlikely]] {
      result = store_exactly(result);
    }
    if (result == Insertion::full) [[unlikely]] {
      note(Limit::memory);
      full_ = true;
    }
    return result;
  }

  /// `by_fingerprint` is what the fingerprint table said of the present state; the bytes decide.
  Insertion store_exactly(Insertion by_fingerprint) {
    bytes_.clear();
    system_.encode(bytes_);
    const Insertion by_bytes = encodings_->insert(bytes_);
    if (by_bytes == Insertion::inserted && by_fingerprint == Insertion::present) {
      report_fault("two different states have the same fingerprint");
    } else if (by_bytes == Insertion::present && by_fingerprint == Insertion::inserted) {
      report_fault("one state was reached with two different fingerprints");
    }
    return by_fingerprint == Insertion::full ? Insertion::full : by_bytes;
  }

  void hit(std::size_t index, const Action* last) {
    Decision<Action>& decision = outcome_.decisions[index];
    if (decision.hits++ != 0) {
      return;
    }
    decision.witness = position_.path();
    if (last != nullptr) {
      decision.witness.actions.push_back(*last);
    }
    if (--undecided_ == 0 && options_.stop_when_decided) {
      stop(Limit::decided);
    }
  }
  void report_fault(std::string text) {
    if (!text.empty() && outcome_.fault.empty()) {
      outcome_.fault = std::move(text);
      stop(Limit::fault);
    }
  }
  /// The first limit met is the one reported, but a reason to stop outranks one to grow no further.
  void note(Limit limit) {
    if (outcome_.limit == Limit::none) {
      outcome_.limit = limit;
    }
  }
  void stop(Limit limit) {
    outcome_.limit = limit;
    stopped_ = true;
  }
  void poll() {
    if (options_.cancelled && options_.cancelled()) {
      stop(Limit::cancelled);
    } else if (options_.out_of_time && options_.out_of_time()) {
      stop(Limit::time);
    } else if (!full_ && set_bytes() + position_.bytes() > options_.memory_limit) {
      note(Limit::memory);
      full_ = true;
    }
    if (options_.progress) {
      Counts now = outcome_;
      now.states = table_size();
      now.generated += now.transitions;
      options_.progress(now);
    }
  }
  void describe(Witness<Action>& witness) {
    system_.enter_initial(witness.initial);
    for (const Action& action : witness.actions) {
      witness.steps.push_back(system_.describe(action));
      system_.apply(action);
    }
  }

  S& system_;
  const std::vector<Property<S>>& properties_;
  const Options<S>& options_;
  const SearchPosition<Action>& position_;
  StateTable table_;
  std::optional<EncodingTable> encodings_;
  SelfCheck<S> self_check_;
  Outcome<Action> outcome_;
  std::array<std::vector<std::size_t>, 4> by_kind_;
  std::size_t undecided_ = 0;
  bool slow_ = false;
  bool stopped_ = false;
  bool full_ = false;
  std::vector<Fingerprint> fingerprints_;  // scratch of expand_fast
  std::vector<std::byte> bytes_;           // scratch of store_exactly
  std::vector<Action> scratch_;            // scratch of expand_not
};

}  // namespace flowtank::explore
