// SPDX-License-Identifier: Apache-2.0
// "Eventually" under fairness: does every fair run that sees the trigger reach the goal afterwards?
// The counterexample is a lasso: a path, then a cycle that avoids the goal for ever and is fair; or a
// path to a state without the goal where the run may stop. Found by strongly connected components of the
// explicit graph (Streett condition, components are split where strong fairness forbids them), so only
// for graphs that fit in memory. Invariant: a lasso is real even if the graph was cut; "holds" is said
// of complete graphs only.
#pragma once

#include "sim/explore/state_graph.hpp"

#include <optional>

namespace flowtank::explore {

/// Weak: an action set that stays enabled is taken some time. Strong: one that is enabled again and
/// again is taken again and again. Only actions that change the state count, as enabled and as taken.
enum class Fairness : std::uint8_t { weak, strong };

template <class S>
struct FairnessRule {
  std::string name;
  Fairness fairness = Fairness::weak;
  std::function<bool(const S&, const typename S::Action&)> covers;  ///< asked in the state before the action
};

/// Whenever `trigger` holds (empty: at the start), `goal` holds then or later.
template <class S>
struct Eventually {
  std::string name;
  std::function<bool(const S&)> trigger;
  std::function<bool(const S&)> goal;
};

enum class LivenessVerdict : std::uint8_t {
  holds,
  violated,
  inconclusive,  ///< the graph was cut by a limit and no lasso was found in what there is
};

/// A fair run that avoids the goal for ever. An empty cycle: the run stops after the prefix.
struct Lasso {
  std::size_t initial = 0;
  std::vector<std::string> prefix;
  std::vector<std::string> cycle;
};

struct LivenessOutcome {
  LivenessVerdict verdict = LivenessVerdict::inconclusive;
  std::optional<Lasso> lasso;
  std::uint64_t states = 0;
  std::uint64_t edges = 0;
  Limit limit = Limit::none;
};

/// A lasso as positions in the graph: edges are (node, index into edges_of(node)).
struct GraphLasso {
  using Step = std::pair<std::uint32_t, std::uint32_t>;
  std::uint32_t root = 0;
  std::vector<Step> prefix;
  std::vector<Step> cycle;
};

/// The search on the graph alone. Mark `trigger_mark` (none: the roots) and mark `goal_mark` are the
/// predicates; label i is governed by rules[i]. A run may stop where no action of any rule is enabled;
/// without rules it stops only where nothing changes the state, and every cycle counts as fair.
std::optional<GraphLasso> find_lasso(const StateGraph& graph, const std::vector<Fairness>& rules,
                                     std::optional<unsigned> trigger_mark, unsigned goal_mark);

/// Puts the steps of a lasso in words by walking the system along it.
template <TransitionSystem S>
Lasso describe(S& system, const StateGraph& graph, const GraphLasso& found) {
  Lasso lasso;
  lasso.initial = graph.roots[found.root];
  system.enter_initial(lasso.initial);
  std::vector<typename S::Action> actions;
  const auto walk = [&](const std::vector<GraphLasso::Step>& steps, std::vector<std::string>& words) {
    for (const auto& [node, edge] : steps) {
      actions.clear();
      system.enabled(actions);
      const auto& action = actions[graph.edges_of(node)[edge].choice];
      words.push_back(system.describe(action));
      system.apply(action);
    }
  };
  walk(found.prefix, lasso.prefix);
  walk(found.cycle, lasso.cycle);
  return lasso;
}

/// Decides one property. At most 32 rules.
template <TransitionSystem S>
LivenessOutcome check_eventually(S& system, const Eventually<S>& property, const std::vector<FairnessRule<S>>& rules = {},
                                 const Options<S>& options = {}) {
  GraphQuestions<S> questions;
  std::vector<Fairness> kinds;
  for (const FairnessRule<S>& rule : rules) {
    questions.labels.push_back(rule.covers);
    kinds.push_back(rule.fairness);
  }
  questions.marks.push_back(property.goal);
  std::optional<unsigned> trigger;
  if (property.trigger) {
    trigger = 1U;
    questions.marks.push_back(property.trigger);
  }
  const StateGraph graph = StateGraphBuilder<S>(system, questions, options).build();
  LivenessOutcome outcome;
  outcome.states = graph.size();
  outcome.edges = graph.edges.size();
  outcome.limit = graph.limit;
  if (const auto found = find_lasso(graph, kinds, trigger, 0)) {
    outcome.verdict = LivenessVerdict::violated;
    outcome.lasso = describe(system, graph, *found);
  } else {
    outcome.verdict = graph.complete() ? LivenessVerdict::holds : LivenessVerdict::inconclusive;
  }
  return outcome;
}

}  // namespace flowtank::explore
