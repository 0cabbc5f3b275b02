// SPDX-License-Identifier: Apache-2.0
// Breadth first search with several threads, each with a system of its own; what is shared is the visited set
// and the tree of the levels that are done. Nodes are done in blocks, each in two phases without a lock: first
// threads take runs of neighbouring nodes and note the successors of each; then they take shards of the visited set, and
// look up what fell into them in the order of the runs. So a state hangs below the same parent as in a search by one
// thread, and the tree is the same. A level is always done to its end; witnesses come from a sequential search no deeper
// than the level in which something was found.
// Invariant: outcome and witnesses are functions of the system and the options, not of the number of threads.
#pragma once

#include "sim/explore/breadth_first.hpp"
#include "sim/explore/segmented_vector.hpp"

#include <array>
#include <atomic>
#include <barrier>
#include <deque>
#include <exception>
#include <memory>
#include <thread>

namespace flowtank::explore {

/// The visited set of all threads, in shards that one thread at a time works on, chosen by bits that StateTable does not
/// use for its own.
class ShardedStateTable {
 public:
  static constexpr std::size_t shard_count = 32;

  explicit ShardedStateTable(std::size_t memory_limit) {
    const bool unlimited = memory_limit == std::numeric_limits<std::size_t>::max();
    for (auto& shard : shards_) shard = std::make_unique<StateTable>(unlimited ? memory_limit : memory_limit / shard_count);
  }
  static std::size_t shard_of(Fingerprint fingerprint) { return static_cast<std::size_t>(fingerprint >> 96U) % shard_count; }
  StateTable& shard(std::size_t index) { return *shards_[index]; }
  std::size_t bytes() const {
    std::size_t all = 0;
    for (const auto& shard : shards_) all += shard->bytes();
    return all;
  }

 private:
  std::array<std::unique_ptr<StateTable>, shard_count> shards_;
};

/// A thread's own system, and its own closures of the same properties in the same order.
template <TransitionSystem S>
struct ParallelWorker {
  S* system = nullptr;
  std::vector<Property<S>> properties;
};

template <TransitionSystem S>
class ParallelSearch {
 public:
  using Action = typename S::Action;

  /// `decided`, if given, is asked between levels: true ends the search with Limit::cancelled. `seeks_witnesses` false:
  /// decisions tell hits alone.
  ParallelSearch(std::vector<ParallelWorker<S>>& workers, const Options<S>& options, std::function<bool()> decided = {},
                 bool seeks_witnesses = true)
      : workers_(workers), options_(options), decided_(std::move(decided)), seeks_witnesses_(seeks_witnesses),
        table_(options.memory_limit), walkers_(workers.size()) {
    for (std::size_t w = 0; w < workers.size(); ++w) {
      walkers_[w].hits.assign(workers[w].properties.size(), 0);
      walkers_[w].nodes.clear();
    }
  }

  Outcome<Action> run() {
    roots();
    std::uint32_t begin = 0;
    for (depth_ = 0; begin < parents_.size() && limit_ == Limit::none; ++depth_) {
      const auto end = static_cast<std::uint32_t>(parents_.size());
      total_.depth = depth_ + 1;
      level(begin, end);
      begin = end;
      settle();
    }
    return finish();
  }

 private:
  static constexpr std::uint32_t no_parent = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t run_length = 128;

  static constexpr std::uint32_t runs_in_block = 256;

  /// A successor that was reached: new, as the second phase finds.
  struct Reached {
    Fingerprint fingerprint;
    std::uint32_t parent;
    std::uint16_t choice;
    bool fresh;
  };
  struct Run {
    std::uint32_t begin = 0, end = 0;
    std::vector<Reached> reached;                                      // in the order of nodes and choices
    std::vector<std::uint32_t> by_shard;                               // positions in it, sorted by shard
    std::array<std::uint32_t, ShardedStateTable::shard_count + 1> at{};  // where each shard begins
  };
  /// What one thread keeps: the path it stands on, and its counts.
  struct alignas(64) Walker {
    Counts counts;
    std::vector<std::uint64_t> hits;
    std::vector<std::uint32_t> nodes;
    std::vector<typename S::Mark> marks;
    std::vector<std::uint32_t> pending;
    std::vector<Action> actions;
    std::exception_ptr failure;
  };

  void roots() {
    S& system = *workers_[0].system;
    for (std::size_t i = 0; i < system.initial_count(); ++i) {
      system.enter_initial(i);
      ++total_.generated;
      if (options_.boundary && !options_.boundary(system)) {
        ++total_.outside;
        continue;
      }
      if (insert(system.fingerprint()) != Insertion::inserted) continue;
      roots_.push_back(i);
      parents_.push_back(no_parent);
      choices_.push_back(0);
      expected_.push_back(system.fingerprint());
    }
  }

  Insertion insert(Fingerprint fingerprint) { return table_.shard(ShardedStateTable::shard_of(fingerprint)).insert(fingerprint); }

  void level(std::uint32_t begin, std::uint32_t end) {
    first_of_level_ = begin;
    next_expected_.clear();
    // A narrow level is not worth waking anybody.
    const std::size_t threads = std::min<std::size_t>(workers_.size(), (end - begin + run_length - 1) / run_length);
    std::barrier<> together(static_cast<std::ptrdiff_t>(threads));
    const auto whole = [&](std::size_t w) {
      for (std::uint32_t at = begin; at < end; at += run_length * runs_in_block) {
        if (w == 0) open_block(at, std::min<std::uint64_t>(end, std::uint64_t{at} + run_length * runs_in_block));
        together.arrive_and_wait();
        guarded(w, [&] { expand_runs(w); });
        together.arrive_and_wait();
        guarded(w, [&] { fill_shards(); });
        together.arrive_and_wait();
        if (w == 0) close_block();
      }
    };
    std::vector<std::thread> others;
    for (std::size_t w = 1; w < threads; ++w) others.emplace_back(whole, w);
    whole(0);
    for (std::thread& thread : others) thread.join();
    expected_.swap(next_expected_);
    for (const Walker& walker : walkers_) {
      if (walker.failure) std::rethrow_exception(walker.failure);
    }
  }
  template <class Work>
  void guarded(std::size_t w, Work&& work) {
    try {
      work();
    } catch (...) {
      if (!walkers_[w].failure) walkers_[w].failure = std::current_exception();
      stopping_.store(true, std::memory_order_relaxed);
    }
  }

  void open_block(std::uint32_t begin, std::uint64_t end) {
    used_runs_ = 0;
    for (std::uint64_t at = begin; at < end; at += run_length) {
      if (used_runs_ == runs_.size()) runs_.emplace_back();
      Run& run = runs_[used_runs_++];
      run.begin = static_cast<std::uint32_t>(at);
      run.end = static_cast<std::uint32_t>(std::min<std::uint64_t>(end, at + run_length));
      run.reached.clear();
      run.by_shard.clear();
      run.at.fill(0);
    }
    next_run_.store(0, std::memory_order_relaxed);
    next_shard_.store(0, std::memory_order_relaxed);
  }

  void expand_runs(std::size_t w) {
    for (;;) {
      const std::size_t r = next_run_.fetch_add(1, std::memory_order_relaxed);
      if (r >= used_runs_ || stopping_.load(std::memory_order_relaxed)) return;
      Run& run = runs_[r];
      for (std::uint32_t node = run.begin; node < run.end; ++node) {
        if (!enter(w, node, run.reached)) return;
      }
      sort_by_shard(run);
      if (w == 0) poll();
    }
  }
  static void sort_by_shard(Run& run) {
    for (const Reached& reached : run.reached) ++run.at[ShardedStateTable::shard_of(reached.fingerprint) + 1];
    for (std::size_t shard = 0; shard < ShardedStateTable::shard_count; ++shard) run.at[shard + 1] += run.at[shard];
    auto next = run.at;
    run.by_shard.resize(run.reached.size());
    for (std::uint32_t i = 0; i < run.reached.size(); ++i) {
      run.by_shard[next[ShardedStateTable::shard_of(run.reached[i].fingerprint)]++] = i;
    }
  }
  void fill_shards() {
    for (;;) {
      const std::size_t shard = next_shard_.fetch_add(1, std::memory_order_relaxed);
      if (shard >= ShardedStateTable::shard_count) return;
      StateTable& table = table_.shard(shard);
      for (std::size_t r = 0; r < used_runs_; ++r) {
        Run& run = runs_[r];
        if (run.by_shard.size() != run.reached.size()) continue;  // given up half way
        for (std::uint32_t i = run.at[shard]; i < run.at[shard + 1]; ++i) table.prefetch(run.reached[run.by_shard[i]].fingerprint);
        for (std::uint32_t i = run.at[shard]; i < run.at[shard + 1]; ++i) {
          Reached& reached = run.reached[run.by_shard[i]];
          const Insertion result = table.insert(reached.fingerprint);
          reached.fresh = result == Insertion::inserted;
          if (result == Insertion::full) full_.store(true, std::memory_order_relaxed);
        }
      }
    }
  }
  /// What is new becomes part of the next level, in the order of a search by one thread.
  void close_block() {
    for (std::size_t r = 0; r < used_runs_; ++r) {
      for (const Reached& reached : runs_[r].reached) {
        if (!reached.fresh) continue;
        parents_.push_back(reached.parent);
        choices_.push_back(reached.choice);
        next_expected_.push_back(reached.fingerprint);
      }
    }
  }

  bool enter(std::size_t w, std::uint32_t node, std::vector<Reached>& reached) {
    S& system = *workers_[w].system;
    Walker& walker = walkers_[w];
    go_to(system, walker, node);
    if (system.fingerprint() != expected_[node - first_of_level_]) {
      // Another system took another way by the same choices: they are not the same function of the state.
      fault_.store(true, std::memory_order_relaxed);
      stopping_.store(true, std::memory_order_relaxed);
      return false;
    }
    const auto& properties = workers_[w].properties;
    for (std::size_t i = 0; i < properties.size(); ++i) {
      if (properties[i].kind == PropertyKind::always && !properties[i].holds(system)) ++walker.hits[i];
      if (properties[i].kind == PropertyKind::sometimes && properties[i].holds(system)) ++walker.hits[i];
    }
    walker.actions.clear();
    system.enabled(walker.actions);
    if (walker.actions.size() > std::numeric_limits<std::uint16_t>::max()) {
      branching_.store(true, std::memory_order_relaxed);
      return true;
    }
    if (depth_ >= options_.max_depth && !walker.actions.empty()) {
      cut_.store(true, std::memory_order_relaxed);
      return true;
    }
    expand(system, walker, node, w, reached);
    return true;
  }

  void expand(S& system, Walker& walker, std::uint32_t node, std::size_t w, std::vector<Reached>& all) {
    const auto& properties = workers_[w].properties;
    const auto here = system.mark();
    const Fingerprint now = system.fingerprint();
    bool changes = false;
    for (std::size_t choice = 0; choice < walker.actions.size(); ++choice) {
      const Action& action = walker.actions[choice];
      system.apply(action);
      for (std::size_t i = 0; i < properties.size(); ++i) {
        if (properties[i].kind == PropertyKind::transition && !properties[i].holds_after(system, action)) ++walker.hits[i];
      }
      Fingerprint reached = system.fingerprint();
      changes = changes || reached != now;
      if (reached != now && options_.boundary && !options_.boundary(system)) {
        ++walker.counts.outside;
        reached = now;
      } else {
        walker.counts.self_loops += reached == now ? 1 : 0;
      }
      if (reached != now) all.push_back({reached, node, static_cast<std::uint16_t>(choice), false});
      system.undo(here);
    }
    walker.counts.transitions += walker.actions.size();
    ++walker.counts.expanded;
    bool terminal = !changes;
    if constexpr (KnowsQuiescence<S>) terminal = system.quiescent();
    if (!terminal) return;
    ++walker.counts.terminal;
    for (std::size_t i = 0; i < properties.size(); ++i) {
      if (properties[i].kind == PropertyKind::terminal && !properties[i].holds(system)) ++walker.hits[i];
    }
  }

  /// Undoes to the nearest common ancestor and applies the way down; see search_tree.hpp.
  void go_to(S& system, Walker& walker, std::uint32_t node) {
    std::size_t depth = static_cast<std::size_t>(depth_);
    walker.pending.clear();
    std::uint32_t at = node;
    while (depth >= walker.nodes.size() || walker.nodes[depth] != at) {
      walker.pending.push_back(at);
      if (depth == 0) {
        system.enter_initial(roots_[at]);
        walker.nodes.assign(1, at);
        walker.marks.assign(1, system.mark());
        walker.pending.pop_back();
        break;
      }
      at = parents_[at];
      --depth;
    }
    walker.nodes.resize(depth + 1);
    walker.marks.resize(depth + 1);
    system.undo(walker.marks.back());
    for (; !walker.pending.empty(); walker.pending.pop_back()) {
      const std::uint32_t next = walker.pending.back();
      walker.actions.clear();
      system.enabled(walker.actions);
      const std::uint16_t choice = choices_[next];
      // Where the choice is not there, the fingerprint will tell.
      if (choice < walker.actions.size()) system.apply(walker.actions[choice]);
      walker.nodes.push_back(next);
      walker.marks.push_back(system.mark());
    }
  }

  /// Between levels: is there a reason to stop?
  void settle() {
    const auto note = [this](bool when, Limit limit) {
      if (when && limit_ == Limit::none) limit_ = limit;
    };
    note(fault_.load(), Limit::fault);
    note(branching_.load(), Limit::branching);
    note(cancelled_ || (decided_ && decided_()), Limit::cancelled);
    note(timed_out_, Limit::time);
    note(full_.load() || bytes() > options_.memory_limit, Limit::memory);
    note(parents_.size() > options_.max_states, Limit::states);
    note(cut_.load(), Limit::depth);
    if (options_.stop_when_decided && !walkers_[0].hits.empty()) {
      bool all = true;
      for (std::size_t i = 0; i < walkers_[0].hits.size(); ++i) all = all && hits(i) != 0;
      note(all, Limit::decided);
    }
    if (options_.progress) {
      Counts now = sum();
      now.states = parents_.size();
      options_.progress(now);
    }
  }
  std::uint64_t hits(std::size_t property) const {
    std::uint64_t all = 0;
    for (const Walker& walker : walkers_) all += walker.hits[property];
    return all;
  }
  void poll() {
    if (options_.cancelled && options_.cancelled()) cancelled_ = true;
    else if (options_.out_of_time && options_.out_of_time()) timed_out_ = true;
    else return;
    stopping_.store(true, std::memory_order_relaxed);
  }
  std::size_t bytes() const { return table_.bytes() + parents_.bytes() + choices_.bytes(); }

  Counts sum() const {
    Counts all = total_;
    for (const Walker& walker : walkers_) {
      all.transitions += walker.counts.transitions;
      all.self_loops += walker.counts.self_loops;
      all.outside += walker.counts.outside;
      all.expanded += walker.counts.expanded;
      all.terminal += walker.counts.terminal;
    }
    all.generated += all.transitions;
    return all;
  }

  Outcome<Action> finish() {
    Outcome<Action> outcome;
    static_cast<Counts&>(outcome) = sum();
    outcome.states = parents_.size();
    outcome.limit = limit_;
    outcome.complete = limit_ == Limit::none;
    if (limit_ == Limit::fault) outcome.fault = "threads that made the same choices came to different states";
    outcome.set_bytes = table_.bytes();
    outcome.bytes = bytes();
    bool any = false;
    for (std::size_t i = 0; i < workers_[0].properties.size(); ++i) {
      const Property<S>& property = workers_[0].properties[i];
      outcome.decisions.push_back({property.name, property.kind, hits(i), {}});
      any = any || hits(i) != 0;
    }
    if (any && seeks_witnesses_ && outcome.fault.empty()) witnesses(outcome);
    return outcome;
  }

  /// The same witnesses as a search by one thread gives: from one, no deeper than this search went.
  void witnesses(Outcome<Action>& outcome) {
    std::vector<Property<S>> again;
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < outcome.decisions.size(); ++i) {
      if (!outcome.decisions[i].found()) continue;
      again.push_back(workers_[0].properties[i]);
      which.push_back(i);
    }
    Options<S> bounded = options_;
    bounded.max_depth = std::min<std::uint64_t>(options_.max_depth, depth_);
    bounded.stop_when_decided = true;
    bounded.progress = nullptr;
    const auto exact = breadth_first(*workers_[0].system, again, bounded);
    for (std::size_t i = 0; i < which.size(); ++i) outcome.decisions[which[i]].witness = exact.decisions[i].witness;
  }

  std::vector<ParallelWorker<S>>& workers_;
  const Options<S>& options_;
  std::function<bool()> decided_;
  bool seeks_witnesses_;
  ShardedStateTable table_;
  std::vector<Walker> walkers_;
  Counts total_;
  Limit limit_ = Limit::none;
  std::uint64_t depth_ = 0;
  std::vector<std::size_t> roots_;
  SegmentedVector<std::uint32_t> parents_;
  SegmentedVector<std::uint16_t> choices_;
  std::vector<Fingerprint> expected_;       // of the nodes of the present level
  std::vector<Fingerprint> next_expected_;  // and of the next one
  std::uint32_t first_of_level_ = 0;
  std::deque<Run> runs_;       // of the present block; those before used_runs_
  std::size_t used_runs_ = 0;
  std::atomic<std::size_t> next_run_ = 0, next_shard_ = 0;
  std::atomic<bool> stopping_ = false, fault_ = false, branching_ = false, full_ = false, cut_ = false;
  bool cancelled_ = false, timed_out_ = false;  // set by the first thread alone, read when the others are done
};

/// As breadth_first, by as many threads as there are workers. A limit of states or memory is looked at between
/// levels; callbacks are called by the calling thread. No self-check and no exact mode: use breadth_first.
template <TransitionSystem S>
Outcome<typename S::Action> parallel_breadth_first(std::vector<ParallelWorker<S>>& workers, const Options<S>& options = {}) {
  return ParallelSearch<S>(workers, options).run();
}

}  // namespace flowtank::explore
