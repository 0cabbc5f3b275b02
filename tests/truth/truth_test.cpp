// SPDX-License-Identifier: Apache-2.0
// Reads a truth table (README.md says how one is written) and holds the simulator to it, cell by cell: a cell is a
// scenario, put together from the table's base, its column and its row, whose verdicts are known. What must hold is
// shown by exhaustive exploration, with every fault in effect and every property triggered; what must fail by a
// counterexample that contains the stated faults, and by a timed run in which they are scheduled. Nothing here
// decides a verdict: a cell that differs is a finding, about the simulator or about the table.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <models/brokers/registry.hpp>
#include <sim/check/scenario_check.hpp>
#include <sim/scenario/scenario.hpp>

namespace flowtank::truth {

using Json = nlohmann::ordered_json;

// What one cell demands: the verdict of each property, and with which additions to the scenario.
struct Side {
  std::string when;                 // of a cell that depends on a parameter
  std::string verdict;              // as in the table: "✓", "✗P11", "✓P07 ✗P32", "–"
  std::vector<std::string> also;    // can fail too (an exploration shows it), which the table leaves open
  Json additions = Json::object();  // to the scenario
  std::optional<std::vector<std::string>> faults;  // that a counterexample contains; default: all
  bool skip_run = false;            // no timed run shows it
  bool skip_check = false;          // a matter of time: an exploration takes both sides of the cell
};

struct Cell {
  std::string row, column;
  Side side;
};

struct Outcome {
  Cell cell;
  std::string got;                  // "P07 FAIL, P08 PASS"
  std::vector<std::string> wrong;   // sentences; empty: as demanded
  std::uint64_t states = 0;
};

inline Json read_json(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  return Json::parse(in, nullptr, true, true);
}

// A fragment laid over a scenario: objects merge, null removes, everything else replaces.
inline void lay_over(Json& onto, const Json& fragment) {
  if (!fragment.is_object() || !onto.is_object()) {
    onto = fragment;
    return;
  }
  for (const auto& [key, value] : fragment.items()) {
    if (value.is_null()) onto.erase(key);
    else if (onto.contains(key)) lay_over(onto[key], value);
    else onto[key] = value;
  }
}

class Table {
 public:
  explicit Table(Json data) : data_(std::move(data)) {}

  const Json& data() const { return data_; }
  Json& data() { return data_; }

  // All cells in the order of the table, those of `only` when it is given ("b", "b/F11").
  std::vector<Cell> cells(const std::string& only = "") const {
    std::vector<Cell> out;
    for (const auto& [row, columns] : data_.at("cells").items()) {
      for (const auto& [column, demand] : columns.items()) {
        if (!only.empty() && only != row && only != row + "/" + column) continue;
        if (!demand.is_array()) out.push_back({row, column, side(demand)});
        else for (const Json& one : demand) out.push_back({row, column, side(one)});
      }
    }
    return out;
  }

  // The scenarios of a cell, one a setting, as files that can be run by hand.
  std::vector<std::string> texts(const Cell& cell) const {
    std::vector<std::string> out;
    for (const auto& [setting, properties] : settings(cell)) out.push_back(scenario(cell, setting, properties).dump(1));
    return out;
  }

  Outcome judge(const Cell& cell) const {
    Outcome outcome;
    outcome.cell = cell;
    if (cell.side.verdict.starts_with("–")) {
      not_applicable(cell, outcome);
      return outcome;
    }
    for (const auto& [setting, properties] : settings(cell)) judge_setting(cell, setting, properties, outcome);
    return outcome;
  }

 private:
  using Names = std::vector<std::string>;

  static Side side(const Json& demand) {
    Side out;
    if (demand.is_string()) {
      out.verdict = demand.get<std::string>();
      return out;
    }
    out.verdict = demand.at("verdict").get<std::string>();
    out.when = demand.value("when", "");
    out.also = demand.value("also", Names{});
    out.skip_run = demand.value("skip_run", false);
    out.skip_check = demand.value("skip_check", false);
    if (demand.contains("faults")) out.faults = demand.at("faults").get<Names>();
    if (demand.contains("scenario")) out.additions = demand.at("scenario");
    return out;
  }

  const Json& row(const Cell& cell) const { return data_.at("rows").at(cell.row); }
  const Json& column(const Cell& cell) const { return data_.at("columns").at(cell.column); }

  // The properties that this row is judged by, grouped by the setting (the load) in which each is judged.
  std::map<std::string, Names> settings(const Cell& cell) const {
    const Json& judged = row(cell).contains("judge") ? row(cell).at("judge") : data_.at("judge");
    std::map<std::string, Names> out;
    for (const Json& name : judged) {
      const auto property = name.get<std::string>();
      out[data_.at("properties").at(property).value("setting", "")].push_back(property);
    }
    return out;
  }

  Json scenario(const Cell& cell, const std::string& setting, const Names& properties) const {
    Json out = data_.at("base");
    // A part may need something of its own of one row.
    const auto lay = [&](const Json& part) {
      if (part.contains("scenario")) lay_over(out, part.at("scenario"));
      if (part.contains("for") && part.at("for").contains(cell.row)) lay_over(out, part.at("for").at(cell.row));
    };
    if (!setting.empty()) lay(data_.at("settings").at(setting));
    lay(row(cell));
    lay(column(cell));
    lay_over(out, cell.side.additions);
    out["flowtank"] = 1;
    out["title"] = cell.row + " / " + cell.column;
    out["properties"] = Json::array();
    for (const std::string& name : properties) {
      Json property = data_.at("properties").at(name);
      if (row(cell).contains("properties") && row(cell).at("properties").contains(name)) property = row(cell).at("properties").at(name);
      property.erase("setting");
      property.erase("is");
      property["name"] = name;
      out["properties"].push_back(std::move(property));
    }
    return out;
  }

  static std::optional<Scenario> load(const Json& text, LoadPurpose purpose, std::string& problems) {
    const std::string path = std::string(FLOWTANK_SOURCE_DIR) + "/tests/truth/cell.json";
    std::map<std::string, std::string> files = model_files();
    files[path] = text.dump(1);
    LoadOptions options;
    options.purpose = purpose;
    options.files = &files;
    options.model_path = {model_folder()};
    Diagnostics diagnostics;
    auto scenario = load_scenario(path, options, diagnostics);
    for (const Diagnostic& d : diagnostics.all()) {
      if (d.severity == Severity::error) problems += d.code + " " + d.pointer + " " + d.message + " " + d.hint + "\n";
    }
    return scenario;
  }

  static std::string model_folder() { return std::string(FLOWTANK_SOURCE_DIR) + "/models/services"; }
  static std::map<std::string, std::string> model_files() {
    std::map<std::string, std::string> out;
    for (const char* name : {"publisher", "listener", "teller", "account", "lifecycle", "follower"}) {
      const std::string path = model_folder() + "/" + name + ".json";
      std::ifstream in(path, std::ios::binary);
      out[path] = std::string{std::istreambuf_iterator<char>(in), {}};
    }
    return out;
  }

  static const PropertyOutcome& of(const Result& result, const std::string& name) {
    return *std::find_if(result.properties.begin(), result.properties.end(),
                         [&](const PropertyOutcome& p) { return p.verdict.property == name; });
  }

  static bool must_fail(const Side& side, const std::string& property) {
    if (std::find(side.also.begin(), side.also.end(), property) != side.also.end()) return true;
    return lists(side.verdict, "✗", property);
  }

  // Is the property in a list that begins with the mark?
  static bool lists(const std::string& verdict, std::string_view mark, const std::string& property) {
    for (std::size_t at = verdict.find(mark); at != std::string::npos; at = verdict.find(mark, at + 1)) {
      std::string list = verdict.substr(at + mark.size());
      list = list.substr(0, list.find(' '));
      for (std::size_t from = 0; from <= list.size();) {
        const std::size_t comma = std::min(list.find(',', from), list.size());
        if (list.substr(from, comma - from) == property) return true;
        from = comma + 1;
      }
    }
    return false;
  }

  void judge_setting(const Cell& cell, const std::string& setting, const Names& properties, Outcome& outcome) const {
    const Json text = scenario(cell, setting, properties);
    const auto wrong = [&](const std::string& what) { outcome.wrong.push_back(what); };
    for (const LoadPurpose purpose : {LoadPurpose::check, LoadPurpose::run}) {
      const bool check = purpose == LoadPurpose::check;
      if (check ? cell.side.skip_check : cell.side.skip_run) continue;
      std::string problems;
      const auto loaded = load(text, purpose, problems);
      if (!loaded) return wrong("refused: " + problems);
      Diagnostics diagnostics;
      CheckOptions options;
      options.states = 2'000'000;
      const auto result = check ? check_scenario(*loaded, shipped_brokers(), options, diagnostics)
                                : run_scenario(*loaded, shipped_brokers(), RunOptions{}, diagnostics);
      if (!result) return wrong("no brokers: " + (diagnostics.all().empty() ? "" : diagnostics.all()[0].message));
      if (!result->our_fault.empty()) wrong("a fault of ours: " + result->our_fault);
      if (check) outcome.states += result->counts.states;
      for (const std::string& name : properties) judge_property(cell, *loaded, *result, name, check, outcome);
      for (const FaultOutcome& fault : result->faults) {
        const bool struck = check ? fault.took_effect || !fault.applies : fault.strikes > 0;
        if (!struck) wrong(std::string(check ? "check" : "run") + ": \"" + loaded->system->faults[fault.fault].name + "\" never took effect");
      }
    }
  }

  static void judge_property(const Cell& cell, const Scenario& scenario, const Result& result, const std::string& name, bool check,
                             Outcome& outcome) {
    const PropertyOutcome& got = of(result, name);
    const bool open = std::find(cell.side.also.begin(), cell.side.also.end(), name) != cell.side.also.end();
    const bool fails = must_fail(cell.side, name);
    const std::string driver = check ? "check" : "run";
    outcome.got += (outcome.got.empty() ? "" : ", ") + driver + " " + name + " " + std::string(to_text(got.verdict.kind));
    const auto wrong = [&](const std::string& what) { outcome.wrong.push_back(driver + " " + name + ": " + what); };
    if (open && !check) return;
    const VerdictKind wanted = fails ? VerdictKind::fail : lists(cell.side.verdict, "∅", name) ? VerdictKind::vacuous : VerdictKind::pass;
    if (got.verdict.kind != wanted) {
      wrong("is " + std::string(to_text(got.verdict.kind)) + ", must be " + std::string(to_text(wanted)) + " " + got.verdict.note +
            (got.verdict.evidence.empty() ? "" : " (" + got.verdict.evidence[0].key + ": " + got.verdict.evidence[0].sentence + ")"));
      return;
    }
    if (wanted == VerdictKind::vacuous) return;
    if (check && got.verdict.strength != Strength::proved) wrong("is not proved");
    if (!check || !fails || open) return;
    if (!got.witness) return wrong("has no witness");
    for (std::uint32_t f = 0; f < scenario.system->faults.size(); ++f) {
      const std::string& fault = scenario.system->faults[f].name;
      if (!result.faults[f].applies) continue;
      if (cell.side.faults && std::find(cell.side.faults->begin(), cell.side.faults->end(), fault) == cell.side.faults->end()) continue;
      const bool inside = std::any_of(got.witness->steps.begin(), got.witness->steps.end(), [f](const WitnessStep& step) { return step.fault == f; });
      if (!inside) wrong("the counterexample does without \"" + fault + "\"");
    }
  }

  // A combination that means nothing: the loader refuses it, or the fault finds no place to strike, or it does no harm.
  void not_applicable(const Cell& cell, Outcome& outcome) const {
    for (const auto& [setting, properties] : settings(cell)) {
      std::string problems;
      const auto loaded = load(scenario(cell, setting, properties), LoadPurpose::check, problems);
      if (!loaded) {
        outcome.got += "refused ";
        continue;
      }
      Diagnostics diagnostics;
      const auto result = check_scenario(*loaded, shipped_brokers(), CheckOptions{}, diagnostics);
      const bool struck = result && std::any_of(result->faults.begin(), result->faults.end(), [](const FaultOutcome& f) { return f.took_effect; });
      outcome.got += struck ? "harmless " : "VACUOUS ";
      for (const std::string& name : properties) {
        if (!result || (of(*result, name).verdict.kind == VerdictKind::fail) != must_fail(cell.side, name)) outcome.wrong.push_back(name + (must_fail(cell.side, name) ? " does not fail, which was noted" : " fails where the table has no verdict"));
      }
    }
  }

  Json data_;
};

// The table as it came out, one line a cell that is not as demanded, and how many are.
inline std::string told(const std::vector<Outcome>& outcomes) {
  std::string out;
  std::size_t right = 0;
  std::uint64_t states = 0;
  for (const Outcome& outcome : outcomes) {
    states += outcome.states;
    if (outcome.wrong.empty()) {
      ++right;
      continue;
    }
    out += "\n" + outcome.cell.row + " / " + outcome.cell.column + (outcome.cell.side.when.empty() ? "" : " (" + outcome.cell.side.when + ")") +
           ": expected " + outcome.cell.side.verdict + ", got " + outcome.got + "\n";
    for (const std::string& sentence : outcome.wrong) out += "    " + sentence + "\n";
  }
  return std::to_string(right) + " of " + std::to_string(outcomes.size()) + " cells as demanded, " + std::to_string(states) + " states" + out;
}

}  // namespace flowtank::truth

namespace flowtank::truth {
namespace {

Table table(const std::string& name) { return Table(read_json(std::string(FLOWTANK_SOURCE_DIR) + "/tests/truth/" + name + ".json")); }

std::vector<Outcome> judged(const Table& table) {
  // FLOWTANK_CELL=b or b/COLUMN judges only these and prints their scenarios, to look into one.
  const char* only = std::getenv("FLOWTANK_CELL");
  std::vector<Outcome> out;
  for (const Cell& cell : table.cells(only == nullptr ? "" : only)) {
    if (only != nullptr) {
      for (const std::string& text : table.texts(cell)) std::cout << text << "\n";
    }
    out.push_back(table.judge(cell));
  }
  return out;
}

void as_demanded(const std::string& name) {
  const std::vector<Outcome> outcomes = judged(table(name));
  REQUIRE_FALSE(outcomes.empty());
  std::size_t wrong = 0;
  for (const Outcome& outcome : outcomes) wrong += outcome.wrong.empty() ? 0 : 1;
  INFO(told(outcomes));
  CHECK(wrong == 0);
}

// ---- a planted bug: two variants change places -----------------------------------------------------------------

// What the table says of a row and a column when it says one thing: the properties that fail. Nothing for "–".
std::optional<std::set<std::string>> fails(const Table& table, const std::string& row, const std::string& column) {
  const std::vector<Cell> cells = table.cells(row + "/" + column);
  if (cells.size() != 1 || cells[0].side.verdict.starts_with("–") || cells[0].side.skip_check) return std::nullopt;
  std::set<std::string> out;
  for (const auto& [name, property] : table.data().at("properties").items()) {
    if (cells[0].side.verdict.find("✗") == std::string::npos) break;
    if (cells[0].side.verdict.find(name, cells[0].side.verdict.find("✗")) != std::string::npos) out.insert(name);
  }
  return out;
}

bool differ(const Table& table, const std::string& a, const std::string& b) {
  for (const auto& [column, unused] : table.data().at("columns").items()) {
    const auto one = fails(table, a, column), other = fails(table, b, column);
    if (one && other && *one != *other) return true;
  }
  return false;
}

bool notices(const Table& right, const std::string& a, const std::string& b) {
  Table wrong = right;
  std::swap(wrong.data()["rows"][a], wrong.data()["rows"][b]);
  for (const std::string& row : {a, b}) {
    for (const Cell& cell : wrong.cells(row)) {
      if (!wrong.judge(cell).wrong.empty()) return true;
    }
  }
  return false;
}

void every_swap_is_noticed(const std::string& name) {
  const Table right = table(name);
  std::vector<std::string> rows;
  for (const auto& [row, unused] : right.data().at("rows").items()) rows.push_back(row);
  std::size_t swapped = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = i + 1; j < rows.size(); ++j) {
      if (!differ(right, rows[i], rows[j])) continue;
      ++swapped;
      INFO(name << ": " << rows[i] << " and " << rows[j]);
      CHECK(notices(right, rows[i], rows[j]));
    }
  }
  CHECK(swapped > rows.size());
}

}  // namespace

TEST_CASE("truth.c1_publishing_a_change") { as_demanded("c1"); }
TEST_CASE("truth.c2_consuming_once") { as_demanded("c2"); }
TEST_CASE("truth.c3_same_key_order") { as_demanded("c3"); }
TEST_CASE("truth.c13_when_the_message_is_settled") { as_demanded("c13"); }
TEST_CASE("truth.c14_broker_durability") { as_demanded("c14"); }
TEST_CASE("truth.c1_swapped_variants_are_noticed") { every_swap_is_noticed("c1"); }
TEST_CASE("truth.c2_swapped_variants_are_noticed") { every_swap_is_noticed("c2"); }
TEST_CASE("truth.c3_swapped_variants_are_noticed") { every_swap_is_noticed("c3"); }
TEST_CASE("truth.c13_swapped_variants_are_noticed") { every_swap_is_noticed("c13"); }
TEST_CASE("truth.c14_swapped_variants_are_noticed") { every_swap_is_noticed("c14"); }

}  // namespace flowtank::truth
