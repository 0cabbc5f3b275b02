// SPDX-License-Identifier: Apache-2.0
// See broker_matrix.hpp. A row is what a sweep over the broker's kind would drive; which mechanism made a property fail is read
// off its counterexample (explored) or off the faults that struck (run), never guessed from the verdict.
#include "sim/check/broker_matrix.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <sim/shrink/scenario_tree.hpp>
#include <sim/world/fault_kinds.hpp>

namespace flowtank {
namespace {

constexpr const char* channel_lists[] = {"channels", "topics", "queues", "streams", "exchanges"};

int badness(ExitCode exit) {
  switch (exit) {
    case ExitCode::our_fault: return 4;
    case ExitCode::bad_input: return 3;
    case ExitCode::not_met: return 2;
    case ExitCode::inconclusive: return 1;
    case ExitCode::ok: return 0;
  }
  return 4;
}

// What one broker becomes under another kind: its channels with their latencies, and nothing that only the old kind understands.
JsonNode replaced(const JsonNode& broker, const std::string& kind) {
  JsonNode out = shrinking::object_node();
  shrinking::member(out, "kind") = shrinking::text_node(kind);
  if (const JsonNode* latency = broker.find("latency")) shrinking::member(out, "latency") = *latency;
  for (const char* list : channel_lists) {
    const JsonNode* channels = broker.find(list);
    if (channels == nullptr || !channels->is(JsonKind::object)) continue;
    JsonNode& kept = shrinking::member(out, list);
    kept = shrinking::object_node();
    for (const JsonMember& channel : channels->members) {
      JsonNode& one = shrinking::member(kept, channel.key);
      one = shrinking::object_node();
      if (const JsonNode* latency = channel.value.find("latency")) shrinking::member(one, "latency") = *latency;
    }
  }
  return out;
}

void lay_over(JsonNode& onto, const JsonNode& fragment) {
  if (!onto.is(JsonKind::object) || !fragment.is(JsonKind::object)) {
    onto = fragment;
    return;
  }
  for (const JsonMember& member : fragment.members) {
    if (JsonNode* known = onto.find(member.key)) lay_over(*known, member.value);
    else shrinking::member(onto, member.key) = member.value;
  }
}

// Options of subscriptions to channels that were replaced (`moved`) are the old kind's too; `given` are those of "instead".
void replace_subscriptions(const JsonNode& root, const std::set<std::string>& moved, const JsonNode& given, std::vector<std::string>& overrides) {
  const JsonNode* services = root.find("services");
  if (services == nullptr || moved.empty()) return;
  for (const JsonMember& service : services->members) {
    const JsonNode* own = service.value.find("subscriptions");
    const JsonNode* others = given.find(service.key);
    if (own == nullptr && others == nullptr) continue;
    JsonNode kept = shrinking::object_node();
    if (own != nullptr && own->is(JsonKind::object)) {
      for (const JsonMember& one : own->members) {
        if (!moved.contains(one.key)) shrinking::member(kept, one.key) = one.value;
      }
    }
    if (others != nullptr) lay_over(kept, *others);
    overrides.push_back("services." + service.key + ".subscriptions=" + shrinking::compact_json(kept));
  }
}

// Whoever writes "instead" for a kind that is none, or for a service that is not there, would never hear of it.
void demand_names(const JsonNode& root, const JsonMember& broker, const BrokerRegistry& registry, const std::string& file, Diagnostics& diagnostics) {
  const JsonNode* instead = broker.value.find("instead");
  if (instead == nullptr || !instead->is(JsonKind::object)) return;
  std::vector<std::string> kinds, services;
  for (const BrokerKind& kind : registry) kinds.emplace_back(kind.name);
  if (const JsonNode* all = root.find("services")) {
    for (const JsonMember& service : all->members) services.push_back(service.key);
  }
  const auto demand = [&](const JsonMember& one, const std::vector<std::string>& known, const char* code, const char* what) {
    if (std::find(known.begin(), known.end(), one.key) != known.end()) return;
    Diagnostic d;
    d.code = code;
    d.file = file;
    d.range = one.key_where;
    d.message = fmt::format("\"instead\" of broker \"{}\": there is no {} \"{}\"", broker.key, what, one.key);
    d.hint = name_hint(one.key, known, "There are");
    diagnostics.add(std::move(d));
  };
  for (const JsonMember& kind : instead->members) {
    demand(kind, kinds, "FT-REF-014", "broker kind");
    const JsonNode* subscriptions = kind.value.find("subscriptions");
    if (subscriptions == nullptr || !subscriptions->is(JsonKind::object)) continue;
    for (const JsonMember& service : subscriptions->members) demand(service, services, "FT-REF-003", "service");
  }
}

// Was a message handed out again to the same subscription, though neither a fault asked for it nor the handler had failed? Then
// a deadline of the product was over.
bool handed_out_twice(const Trace& trace) {
  std::set<std::pair<std::uint32_t, Word>> seen;
  std::set<Word> failed;
  for (RecordId id = 0; id < trace.size(); ++id) {
    const Record& r = trace[id];
    if (r.kind == RecordKind::failed) failed.insert(r.subject);
    if (r.kind == RecordKind::delivered && !seen.insert({r.place, r.subject}).second && !failed.contains(r.subject)) return true;
  }
  return false;
}

std::vector<std::string> happened_in(const Scenario& scenario, const Result& result, const PropertyOutcome& outcome) {
  std::vector<std::string> out;
  const auto add = [&](std::string what) {
    if (std::find(out.begin(), out.end(), what) == out.end()) out.push_back(std::move(what));
  };
  const System& system = *scenario.system;
  if (outcome.witness && !outcome.witness->steps.empty()) {
    for (const WitnessStep& step : outcome.witness->steps) {
      if (step.fault != none) add(std::string(fault_kind(system.faults[step.fault].kind).name));
      if (step.action.text.starts_with("broker ")) add(step.action.text);
    }
    // What strikes wherever its condition holds is no step.
    for (const FaultOutcome& fault : result.faults) {
      if (fault_kind(system.faults[fault.fault].kind).explored == FaultExplored::itself && fault.strikes > 0) add(std::string(fault_kind(system.faults[fault.fault].kind).name));
    }
  } else {
    for (const FaultOutcome& fault : result.faults) {
      if (fault.took_effect || fault.strikes > 0) add(std::string(fault_kind(system.faults[fault.fault].kind).name));
    }
  }
  if (out.empty()) out.emplace_back(outcome.witness && handed_out_twice(outcome.witness->trace) ? "ack_deadline" : "order");
  return out;
}

}  // namespace

std::optional<std::vector<std::string>> brokers_asked(const std::string& list, const BrokerRegistry& registry, Diagnostics& diagnostics) {
  std::vector<std::string> known, asked;
  for (const BrokerKind& kind : registry) known.emplace_back(kind.name);
  if (list == "all") return known;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string name = list.substr(at, end - at);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      Diagnostic d;
      d.code = "FT-REF-014";
      d.file = "--brokers " + list.substr(0, 200);
      d.message = fmt::format("there is no broker kind \"{}\"", name);
      d.hint = name_hint(name, known, "Kinds");
      diagnostics.add(std::move(d));
      return std::nullopt;
    }
    if (std::find(asked.begin(), asked.end(), name) == asked.end()) asked.push_back(name);
    at = end + 1;
  }
  return asked;
}

std::optional<std::vector<std::string>> overrides_for_broker(const std::string& file, const LoadOptions& load, const std::string& kind,
                                                             const BrokerRegistry& registry, Diagnostics& diagnostics) {
  const auto tree = shrinking::ScenarioTree::read(file, load);
  const JsonNode* brokers = tree ? tree->root.find("brokers") : nullptr;
  if (brokers == nullptr || !brokers->is(JsonKind::object)) {
    static_cast<void>(load_scenario(file, load, diagnostics));  // it says what is wrong
    return diagnostics.ok() ? std::optional(std::vector<std::string>()) : std::nullopt;
  }
  std::vector<std::string> overrides;
  std::set<std::string> moved;
  JsonNode given = shrinking::object_node();
  for (const JsonMember& broker : brokers->members) demand_names(tree->root, broker, registry, file, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  for (const JsonMember& broker : brokers->members) {
    const JsonNode* own = broker.value.find("kind");
    if (own != nullptr && own->is(JsonKind::string) && own->text == kind) continue;
    JsonNode next = replaced(broker.value, kind);
    const JsonNode* all = broker.value.find("instead");
    const JsonNode* instead = all == nullptr ? nullptr : all->find(kind);
    const JsonNode* subscriptions = instead == nullptr ? nullptr : instead->find("subscriptions");
    if (instead != nullptr) {
      JsonNode settings = *instead;
      shrinking::erase_member(settings, "subscriptions");
      lay_over(next, settings);
    }
    overrides.push_back("brokers." + broker.key + "=" + shrinking::compact_json(next));
    for (const char* list : channel_lists) {
      const JsonNode* channels = broker.value.find(list);
      if (channels == nullptr || !channels->is(JsonKind::object)) continue;
      for (const JsonMember& channel : channels->members) moved.insert(channel.key);
    }
    if (subscriptions != nullptr) lay_over(given, *subscriptions);
  }
  replace_subscriptions(tree->root, moved, given, overrides);
  return overrides;
}

BrokerMatrix broker_matrix(Driver driver, const std::vector<std::string>& kinds, const std::string& own_kind, const BrokerDriver& drive,
                           const std::function<bool()>& stop) {
  BrokerMatrix matrix;
  matrix.driver = driver;
  for (const std::string& kind : kinds) {
    if (stop && stop()) {
      matrix.interrupted = true;
      break;
    }
    Diagnostics diagnostics;
    auto driven = drive(kind, diagnostics);
    if (!driven) {
      const auto error = std::find_if(diagnostics.all().begin(), diagnostics.all().end(), [](const Diagnostic& d) { return d.severity == Severity::error; });
      matrix.not_carried.push_back({kind, error == diagnostics.all().end() ? "it cannot be driven" : error->code + ": " + error->message});
      continue;
    }
    BrokerMatrix::Row row;
    row.kind = kind;
    row.is_own = kind == own_kind;
    row.scenario = driven->scenario;
    row.exit = driven->result.exit;
    row.size = driven->result.campaign ? driven->result.campaign->runs : driver == Driver::check ? driven->result.counts.states : driven->result.run.actions;
    matrix.sampled = matrix.sampled || driven->result.campaign.has_value();
    matrix.interrupted = matrix.interrupted || driven->result.interrupted;
    for (const PropertyOutcome& outcome : driven->result.properties) {
      const auto at = static_cast<std::size_t>(std::find(matrix.properties.begin(), matrix.properties.end(), outcome.verdict.property) - matrix.properties.begin());
      if (at == matrix.properties.size()) matrix.properties.push_back(outcome.verdict.property);
      row.cells.resize(matrix.properties.size());
      row.happened.resize(matrix.properties.size());
      row.cells[at] = SweepRow::Cell{outcome.verdict.kind, outcome.verdict.strength, outcome.verdict.note};
      if (outcome.verdict.kind == VerdictKind::fail) row.happened[at] = happened_in(*driven->scenario, driven->result, outcome);
    }
    if (badness(row.exit) > badness(matrix.exit)) matrix.exit = row.exit;
    matrix.rows.push_back(std::move(row));
  }
  for (BrokerMatrix::Row& row : matrix.rows) {
    row.cells.resize(matrix.properties.size());
    row.happened.resize(matrix.properties.size());
  }
  if (matrix.rows.empty() && !matrix.interrupted) matrix.exit = ExitCode::bad_input;
  return matrix;
}

void explain_differences(BrokerMatrix& matrix, const BrokerRules& rules) {
  for (std::size_t p = 0; p < matrix.properties.size(); ++p) {
    std::vector<std::string> happened;  // where it fails
    bool fails = false, holds = false;
    for (const BrokerMatrix::Row& row : matrix.rows) {
      if (!row.cells[p]) continue;
      (row.cells[p]->verdict == VerdictKind::fail ? fails : holds) = true;
      for (const std::string& what : row.happened[p]) {
        if (std::find(happened.begin(), happened.end(), what) == happened.end()) happened.push_back(what);
      }
    }
    if (!fails || !holds) continue;
    for (const BrokerMatrix::Row& row : matrix.rows) {
      if (!row.cells[p]) continue;
      const bool failed = row.cells[p]->verdict == VerdictKind::fail;
      BrokerMatrix::Reason reason{p, row.kind, row.cells[p]->verdict, "", "", ""};
      if (!failed && row.cells[p]->verdict != VerdictKind::pass) {
        reason.sentence = row.cells[p]->note;  // nothing was shown, so no rule showed itself
        matrix.reasons.push_back(std::move(reason));
        continue;
      }
      // What was done to the product says more than what it does all day.
      std::vector<std::string> asked = failed ? row.happened[p] : happened;
      std::stable_partition(asked.begin(), asked.end(), [](const std::string& what) { return !what.starts_with("broker "); });
      for (const std::string& what : asked) {
        const BrokerRule rule = rules(*row.scenario->system, row.kind, what, failed);
        if (rule.rule.empty()) continue;
        reason.happened = what;
        reason.rule = rule.rule;
        reason.sentence = rule.sentence;
        break;
      }
      matrix.reasons.push_back(std::move(reason));
    }
  }
}

}  // namespace flowtank
