// SPDX-License-Identifier: Apache-2.0
// See tally.hpp: adding up, and the line of a campaign file.
#include "sim/campaign/tally.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/campaign/text_fields.hpp"

namespace flowtank::campaign {

void Tally::clear() {
  runs = rested = cut = actions = longest = 0;
  by_strategy.fill(0);
  for (PropertyTally& property : properties) {
    property.failing = 0;
    property.first = property.error_run = no_run;
    property.path.clear();
    property.at_rest = property.triggered = false;
    property.error.clear();
  }
  for (FaultTally& fault : faults) fault = {};
  std::fill(reached.begin(), reached.end(), false);
  ends.clear();
}

void Tally::merge(const Tally& other) {
  runs += other.runs;
  for (std::size_t s = 0; s < by_strategy.size(); ++s) by_strategy[s] += other.by_strategy[s];
  rested += other.rested;
  cut += other.cut;
  actions += other.actions;
  longest = std::max(longest, other.longest);
  for (std::size_t p = 0; p < properties.size(); ++p) {
    PropertyTally& mine = properties[p];
    const PropertyTally& theirs = other.properties[p];
    mine.failing += theirs.failing;
    mine.triggered = mine.triggered || theirs.triggered;
    if (theirs.first < mine.first) {
      mine.first = theirs.first;
      mine.path = theirs.path;
      mine.at_rest = theirs.at_rest;
    }
    if (theirs.error_run < mine.error_run) {
      mine.error_run = theirs.error_run;
      mine.error = theirs.error;
    }
  }
  for (std::size_t f = 0; f < faults.size(); ++f) {
    faults[f].runs += other.faults[f].runs;
    faults[f].strikes += other.faults[f].strikes;
  }
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (other.reached[i]) reached[i] = true;
  }
  ends.merge(other.ends);
}

std::string to_text(const Tally& tally) {
  FieldWriter out;
  out.number(tally.runs);
  for (const std::uint64_t runs : tally.by_strategy) out.number(runs);
  out.number(tally.rested).number(tally.cut).number(tally.actions).number(tally.longest);
  out.number(tally.properties.size());
  for (const PropertyTally& p : tally.properties) {
    out.number(p.failing).number(p.triggered ? 1 : 0);
    out.number(p.first == no_run ? 0 : 1);
    if (p.first != no_run) {
      out.number(p.first).number(p.at_rest ? 1 : 0).number(p.path.size());
      for (const std::uint16_t choice : p.path) out.number(choice);
    }
    out.number(p.error_run == no_run ? 0 : 1);
    if (p.error_run != no_run) out.number(p.error_run).bytes(p.error);
  }
  out.number(tally.faults.size());
  for (const FaultTally& f : tally.faults) out.number(f.runs).number(f.strikes);
  out.number(tally.reached.size());
  std::uint64_t reached = 0;
  for (const bool one : tally.reached) reached += one ? 1 : 0;
  out.number(reached);
  for (std::size_t i = 0; i < tally.reached.size(); ++i) {
    if (tally.reached[i]) out.number(i);
  }
  const auto ends = tally.ends.sorted();
  out.number(ends.size());
  for (const auto& [key, count] : ends) out.number(key).number(count);
  return out.text();
}

bool read_tally(std::string_view text, const Tally& like, Tally& out) {
  FieldReader in(text);
  out = like;
  out.clear();
  out.runs = in.number();
  for (std::uint64_t& runs : out.by_strategy) runs = in.number();
  out.rested = in.number();
  out.cut = in.number();
  out.actions = in.number();
  out.longest = in.number();
  if (in.number() != like.properties.size()) return false;
  for (PropertyTally& p : out.properties) {
    p.failing = in.number();
    p.triggered = in.number() != 0;
    if (in.number() != 0) {
      p.first = in.number();
      p.at_rest = in.number() != 0;
      const std::uint64_t length = in.number();
      for (std::uint64_t i = 0; i < length && in.good(); ++i) p.path.push_back(static_cast<std::uint16_t>(in.number()));
    }
    if (in.number() != 0) {
      p.error_run = in.number();
      p.error = in.bytes();
    }
  }
  if (in.number() != like.faults.size()) return false;
  for (FaultTally& f : out.faults) {
    f.runs = in.number();
    f.strikes = in.number();
  }
  if (in.number() != like.reached.size()) return false;
  const std::uint64_t reached = in.number();
  for (std::uint64_t i = 0; i < reached && in.good(); ++i) {
    const std::uint64_t at = in.number();
    if (at >= out.reached.size()) return false;
    out.reached[at] = true;
  }
  const std::uint64_t ends = in.number();
  for (std::uint64_t i = 0; i < ends && in.good(); ++i) {
    const std::uint64_t key = in.number();
    const std::uint64_t count = in.number();
    if (count == 0) return false;
    out.ends.add(key, count);
  }
  return in.good() && in.at_end();
}

}  // namespace flowtank::campaign
