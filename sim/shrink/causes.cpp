// SPDX-License-Identifier: Apache-2.0
// See causes.hpp. A fresh World records, since what a trace calls a cause survives no undo.
#include "sim/shrink/causes.hpp"

#include <algorithm>

#include <sim/run/replay.hpp>
#include <sim/run/world_builder.hpp>
#include <sim/trace/trace.hpp>

namespace flowtank::shrinking {
namespace {

std::string word_text(const World& world, Word word) { return word == absent_word ? "" : to_text(world.pool().value(word)); }

std::string key_of_message(const World& world, Word word) {
  if (word == absent_word) return "";
  const Value value = world.pool().value(word);
  const bool message = (value.is(Kind::record) || value.is(Kind::list)) && value.items().size() >= message_fields;
  return message ? to_text(value.items()[field_key]) : "";
}

struct Spans {
  std::vector<RecordId> begin;  // by step
  std::uint32_t step_of(RecordId record) const {
    const auto after = std::upper_bound(begin.begin(), begin.end(), record);
    return static_cast<std::uint32_t>(after - begin.begin()) - 1;
  }
};

void about_each_request(const Trial& trial, Causes& causes) {
  constexpr std::size_t most = 64;
  std::vector<std::string> keys;
  for (const LogStep& step : trial.steps) {
    if (step.kind != ActionKind::command_deliver || step.names.empty() || keys.size() == most) continue;
    const std::string& key = step.names.front();
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    keys.push_back(key);
    std::vector<bool> about;
    for (const LogStep& other : trial.steps) {
      about.push_back(other.names.empty() || is_fault(other.kind) || other.group == step.group ||
                      std::find(other.names.begin(), other.names.end(), key) != other.names.end());
    }
    causes.about_each.push_back(std::move(about));
  }
}

}  // namespace

Causes find_causes(const Stage& stage, const BrokerRegistry& registry, Trial& trial, Moment moment) {
  Causes causes;
  for (std::uint32_t i = 0; i < trial.steps.size(); ++i) trial.steps[i].group = i;
  const Scenario& scenario = stage.scenario();
  Diagnostics ignored;
  auto world = make_world(*scenario.system, registry, Mode::explore, stage.seed(), ignored);
  if (!world) return causes;
  Checker checker(*scenario.system, scenario.properties);
  checker.attach(*world);
  world->reset(stage.seed());
  Trace trace;
  world->record_into(&trace);
  checker.start(*world);
  Spans spans;
  std::vector<LoggedAction> log;
  for (const LogStep& step : trial.steps) log.push_back(step.logged);
  replay_strictly(*world, log, [&](World& w, const Action&, std::size_t, bool applied) {
    if (applied) checker.after_action(w);
    else spans.begin.push_back(static_cast<RecordId>(trace.size()));
  });
  if (spans.begin.size() != trial.steps.size()) return causes;
  const bool at_rest = moment == Moment::rest && world->quiescent();
  const auto evidence = checker.explain(*world, stage.property(), at_rest ? Ending::quiescent : Ending::open);

  // By step: the steps that its records name as causes.
  std::vector<std::vector<std::uint32_t>> from(trial.steps.size());
  std::vector<bool> speaks(trial.steps.size(), false);
  const std::string key = evidence.empty() ? "" : evidence.front().key;
  for (std::uint32_t i = 0; i < trial.steps.size(); ++i) {
    const RecordId end = i + 1 < trial.steps.size() ? spans.begin[i + 1] : static_cast<RecordId>(trace.size());
    for (RecordId id = spans.begin[i]; id < end; ++id) {
      const Record record = trace[id];
      for (const RecordId cause : {record.parent, record.other_parent}) {
        if (cause < spans.begin[i]) from[i].push_back(spans.step_of(cause));
      }
      if (key.empty()) continue;
      const std::string own = word_text(*world, record.key);
      if (own == key || own.starts_with(key + "/") || key_of_message(*world, record.subject) == key) speaks[i] = true;
    }
    if (!from[i].empty()) trial.steps[i].group = trial.steps[from[i].front()].group;
  }
  about_each_request(trial, causes);
  if (key.empty()) return causes;
  causes.about_it = speaks;
  std::vector<std::uint32_t> pending;
  for (std::uint32_t i = 0; i < speaks.size(); ++i) {
    if (speaks[i]) pending.push_back(i);
  }
  while (!pending.empty()) {
    const std::uint32_t at = pending.back();
    pending.pop_back();
    for (const std::uint32_t cause : from[at]) {
      if (causes.about_it[cause]) continue;
      causes.about_it[cause] = true;
      pending.push_back(cause);
    }
  }
  // Polls and restarts that machinery needs have no key: those of the same groups, and what is left without one.
  causes.about_it_closely = causes.about_it;
  for (std::uint32_t i = 0; i < speaks.size(); ++i) {
    const bool nobodys = trial.steps[i].names.empty();
    if (nobodys || is_fault(trial.steps[i].kind)) causes.about_it[i] = true;
    if (nobodys) causes.about_it_closely[i] = true;
  }
  return causes;
}

}  // namespace flowtank::shrinking
