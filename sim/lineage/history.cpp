// SPDX-License-Identifier: Apache-2.0
// See history.hpp. Cuts are worked out from causes to consequences: an event that needs all of its causes is cut by cutting
// one of them, one that needs any is cut by cutting every one.
#include "sim/lineage/history.hpp"

#include <algorithm>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/topological_sort.hpp>

#include <sim/base/check.hpp>

namespace flowtank::lineage {

FaultSet joined(const FaultSet& a, const FaultSet& b) {
  FaultSet out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

bool contains(const FaultSet& all, const FaultSet& part) { return std::includes(all.begin(), all.end(), part.begin(), part.end()); }

void keep_minimal(std::vector<FaultSet>& sets) {
  std::sort(sets.begin(), sets.end(), [](const FaultSet& a, const FaultSet& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  std::vector<FaultSet> kept;
  for (FaultSet& set : sets) {
    if (std::none_of(kept.begin(), kept.end(), [&](const FaultSet& smaller) { return contains(set, smaller); })) kept.push_back(std::move(set));
  }
  sets = std::move(kept);
}

History::Event History::add(Needs needs, std::vector<Fault> prevented_by) {
  needs_.push_back(needs);
  causes_.emplace_back();
  std::sort(prevented_by.begin(), prevented_by.end());
  prevented_by_.push_back(std::move(prevented_by));
  return static_cast<Event>(needs_.size() - 1);
}

void History::because_of(Event event, Event cause) { causes_[event].push_back(cause); }

std::vector<History::Event> History::past(Event event) const {
  std::vector<bool> seen(size(), false);
  std::vector<Event> open{event};
  seen[event] = true;
  while (!open.empty()) {
    const Event at = open.back();
    open.pop_back();
    for (const Event cause : causes_[at]) {
      if (seen[cause]) continue;
      seen[cause] = true;
      open.push_back(cause);
    }
  }
  std::vector<Event> out;
  for (Event e = 0; e < size(); ++e) {
    if (seen[e]) out.push_back(e);
  }
  return out;
}

std::vector<FaultSet> History::minimal_cuts(Event event, const Allowed& allowed, bool& complete, std::size_t most) const {
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS>;
  Graph graph(size());
  for (Event e = 0; e < size(); ++e) {
    for (const Event cause : causes_[e]) boost::add_edge(e, cause, graph);
  }
  std::vector<Graph::vertex_descriptor> order;  // causes first
  try {
    boost::topological_sort(graph, std::back_inserter(order));
  } catch (const boost::not_a_dag&) {
    FLOWTANK_CHECK(false, "a history has no cycle");
  }
  std::vector<bool> needed(size(), false);
  for (const Event e : past(event)) needed[e] = true;
  std::vector<std::vector<FaultSet>> cuts(size());
  const auto bounded = [&](std::vector<FaultSet>& sets) {
    keep_minimal(sets);
    if (sets.size() <= most) return;
    sets.resize(most);
    complete = false;
  };
  for (const auto vertex : order) {
    const auto e = static_cast<Event>(vertex);
    if (!needed[e]) continue;
    std::vector<FaultSet>& own = cuts[e];
    for (const Fault fault : prevented_by_[e]) {
      if (allowed({fault})) own.push_back({fault});
    }
    if (needs_[e] == Needs::all) {
      for (const Event cause : causes_[e]) own.insert(own.end(), cuts[cause].begin(), cuts[cause].end());
    } else {
      std::vector<FaultSet> every{{}};
      for (const Event cause : causes_[e]) {
        std::vector<FaultSet> next;
        for (const FaultSet& set : every) {
          for (const FaultSet& more : cuts[cause]) {
            FaultSet both = joined(set, more);
            if (allowed(both)) next.push_back(std::move(both));
          }
        }
        bounded(next);
        every = std::move(next);
      }
      own.insert(own.end(), every.begin(), every.end());
    }
    bounded(own);
  }
  return cuts[event];
}

}  // namespace flowtank::lineage
