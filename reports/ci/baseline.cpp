// SPDX-License-Identifier: Apache-2.0
// See baseline.hpp. It is read with positions, so that what is wrong in it is pointed at like everything else of users.
#include "reports/ci/baseline.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sim/scenario/json_reader.hpp>

#include "reports/text.hpp"

namespace flowtank::reports {
namespace {

class BaselineFile {
 public:
  BaselineFile(const std::string& file, bool drafts, Diagnostics& diagnostics) : file_(file), drafts_(drafts), diagnostics_(diagnostics) {}

  std::optional<std::vector<BaselineEntry>> read(const std::string& text) {
    Sources sources;
    const std::uint32_t source = sources.add(file_, text);
    const std::size_t before = diagnostics_.errors();
    const auto root = read_json(sources, source, ReadLimits{}, diagnostics_);
    if (!root) return std::nullopt;
    const JsonNode* version = root->is(JsonKind::object) ? root->find("flowtank_baseline") : nullptr;
    const JsonNode* accepted = root->is(JsonKind::object) ? root->find("accepted") : nullptr;
    if (version == nullptr || !version->is(JsonKind::integer) || version->integer != baseline_version || accepted == nullptr || !accepted->is(JsonKind::array)) {
      add("FT-BASELINE-001", root->where, "this is no baseline of accepted findings, version 1", "It is an object with \"flowtank_baseline\": 1 and \"accepted\": [ ... ]; --write-baseline FILE makes one.");
      return std::nullopt;
    }
    std::vector<BaselineEntry> entries;
    for (const JsonNode& node : accepted->items) entry(node, entries);
    if (diagnostics_.errors() != before) return std::nullopt;
    return entries;
  }

 private:
  void add(std::string code, const SourceRange& where, std::string message, std::string hint) {
    Diagnostic d;
    d.code = std::move(code);
    d.file = file_;
    d.range = where;
    d.message = std::move(message);
    d.hint = std::move(hint);
    diagnostics_.add(std::move(d));
  }

  void entry(const JsonNode& node, std::vector<BaselineEntry>& entries) {
    if (!node.is(JsonKind::object)) return add("FT-BASELINE-001", node.where, "an accepted finding is an object", "");
    BaselineEntry made;
    made.where = node.where;
    const std::pair<std::string_view, std::string*> keys[] = {{"fingerprint", &made.fingerprint}, {"rule", &made.rule},       {"scenario", &made.scenario}, {"driver", &made.driver},
                                                              {"property", &made.subject},        {"message", &made.message}, {"reason", &made.reason}};
    SourceRange reason_at = node.where;
    for (const JsonMember& member : node.members) {
      const auto known = std::find_if(std::begin(keys), std::end(keys), [&](const auto& key) { return key.first == member.key; });
      if (known == std::end(keys)) {
        std::vector<std::string> names;
        for (const auto& key : keys) names.emplace_back(key.first);
        add("FT-BASELINE-003", member.key_where, fmt::format("an accepted finding has no \"{}\"", printable(member.key)), name_hint(member.key, names, "Keys"));
      } else if (!member.value.is(JsonKind::string)) {
        add("FT-BASELINE-001", member.value.where, fmt::format("\"{}\" is a text", member.key), "");
      } else {
        *known->second = member.value.text;
        if (member.key == "reason") reason_at = member.value.where;
      }
    }
    if (made.fingerprint.empty()) add("FT-BASELINE-001", node.where, "an accepted finding needs its fingerprint", "--write-baseline FILE fills it in.");
    if (!drafts_ && made.reason.find_first_not_of(" \t\r\n") == std::string::npos) {
      add("FT-BASELINE-002", reason_at, fmt::format("nobody says why \"{}\" is accepted", printable(made.subject)), "Write the reason, for whoever reads this next.");
    }
    for (const BaselineEntry& other : entries) {
      if (other.fingerprint == made.fingerprint && other.driver == made.driver) add("FT-BASELINE-003", node.where, "this finding is accepted twice", fmt::format("The first entry is in line {}.", other.where.line));
    }
    entries.push_back(std::move(made));
  }

  const std::string& file_;
  bool drafts_;
  Diagnostics& diagnostics_;
};

bool same_run(const BaselineEntry& entry, const Scenario& scenario, const Result& result) {
  return scenario_id(entry.scenario) == scenario_id(printable(scenario.file)) && entry.driver == to_text(result.driver);
}

// A run that was cut short, a property without a verdict or never in danger, and a sample of runs that saw nothing (a run of
// another seed is one) say nothing about what would have been found. `property`: printable, as entries have it.
bool undecided(const Scenario& scenario, const Result& result, const std::string& property) {
  if (result.interrupted || !result.our_fault.empty()) return true;
  const bool sampled = result.campaign || result.lineage || (result.driver == Driver::run && result.seed != scenario.system->bounds.seed);
  for (const PropertyOutcome& outcome : result.properties) {
    if (printable(outcome.verdict.property) != property) continue;
    const VerdictKind kind = outcome.verdict.kind;
    if (kind == VerdictKind::inconclusive || kind == VerdictKind::vacuous || (kind == VerdictKind::pass && sampled)) return true;
  }
  return false;
}

// `only_open`: as it was, nothing was contradicted, and accepting does not make that worse.
void exit_code_of_the_rest(Result& result) {
  const bool only_open = result.exit == ExitCode::inconclusive;
  bool contradicted = false, open = false;
  for (std::size_t i = 0; i < result.expectations.size() && i < result.properties.size(); ++i) {
    if (result.expectations[i].met) continue;
    // As judge() has it: what samples cannot prove is open, not contradicted.
    const Verdict& verdict = result.properties[i].verdict;
    const bool is_open = verdict.kind == VerdictKind::inconclusive || (result.campaign && verdict.kind == result.expectations[i].wanted);
    (is_open ? open : contradicted) = true;
  }
  const bool unmet = contradicted || open;
  result.exit = !unmet ? ExitCode::ok : contradicted && !only_open ? ExitCode::not_met : ExitCode::inconclusive;
}

}  // namespace

std::optional<std::vector<BaselineEntry>> parse_baseline(const std::string& text, const std::string& file, bool drafts, Diagnostics& diagnostics) {
  return BaselineFile(file, drafts, diagnostics).read(text);
}

std::string baseline_text(std::vector<BaselineEntry> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const BaselineEntry& a, const BaselineEntry& b) {
    return std::tie(a.scenario, a.driver, a.subject, a.fingerprint) < std::tie(b.scenario, b.driver, b.subject, b.fingerprint);
  });
  nlohmann::ordered_json out{{"flowtank_baseline", baseline_version}, {"accepted", nlohmann::ordered_json::array()}};
  for (const BaselineEntry& entry : entries) {
    out["accepted"].push_back({{"scenario", printable(entry.scenario)}, {"driver", entry.driver}, {"property", printable(entry.subject)}, {"rule", entry.rule},
                               {"message", printable(entry.message)}, {"fingerprint", entry.fingerprint}, {"reason", printable(entry.reason)}});
  }
  return out.dump(2) + "\n";
}

void accept_findings(const std::vector<BaselineEntry>& entries, const std::string& file, const Scenario& scenario, Result& result, Aside& aside, Diagnostics& diagnostics) {
  if (result.exit == ExitCode::our_fault) return;
  std::map<std::string, const BaselineEntry*> by_fingerprint;
  for (const BaselineEntry& entry : entries) {
    if (entry.driver.empty() || entry.driver == to_text(result.driver)) by_fingerprint[entry.fingerprint] = &entry;
  }
  std::vector<const BaselineEntry*> matched;
  for (const Finding& finding : findings_of(scenario, result, aside)) {
    const auto found = by_fingerprint.find(finding.fingerprint);
    if (found == by_fingerprint.end()) continue;
    matched.push_back(found->second);
    for (std::size_t i = 0; i < result.expectations.size(); ++i) {
      ExpectationOutcome& expected = result.expectations[i];
      if (expected.met || expected.property != finding.property) continue;
      aside.accepted[expected.property] = found->second->reason;
      expected.met = true;
    }
  }
  if (!aside.accepted.empty()) exit_code_of_the_rest(result);
  for (const BaselineEntry& entry : entries) {
    if (std::find(matched.begin(), matched.end(), &entry) != matched.end() || !same_run(entry, scenario, result) || undecided(scenario, result, entry.subject)) continue;
    Diagnostic d;
    d.severity = Severity::warning;
    d.code = "FT-BASELINE-004";
    d.file = file;
    d.range = entry.where;
    d.message = fmt::format("\"{}\" is accepted but is not found any more", printable(entry.subject));
    d.hint = "Remove the entry, so that it is told when it comes back.";
    diagnostics.add(std::move(d));
  }
}

std::vector<BaselineEntry> updated_baseline(const std::vector<BaselineEntry>& known, const Scenario& scenario, const Result& result, const std::vector<Finding>& findings) {
  std::vector<BaselineEntry> entries;
  std::map<std::pair<std::string, std::string>, std::string> reasons;
  for (const BaselineEntry& entry : known) {
    reasons[{entry.fingerprint, entry.driver}] = entry.reason;
    if (!same_run(entry, scenario, result)) entries.push_back(entry);
  }
  for (const Finding& finding : findings) {
    if (finding.subject.empty()) continue;  // a fault of ours
    const auto reason = reasons.find({finding.fingerprint, finding.driver});
    entries.push_back({finding.fingerprint, finding.rule, finding.scenario, finding.driver, finding.subject, finding.message, reason == reasons.end() ? "" : reason->second, {}});
  }
  for (const BaselineEntry& entry : known) {
    const bool listed = std::any_of(entries.begin(), entries.end(), [&](const BaselineEntry& e) { return e.fingerprint == entry.fingerprint && e.driver == entry.driver; });
    if (!listed && same_run(entry, scenario, result) && undecided(scenario, result, entry.subject)) entries.push_back(entry);
  }
  return entries;
}

}  // namespace flowtank::reports
