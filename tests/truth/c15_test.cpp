// SPDX-License-Identifier: Apache-2.0
// Table C15, transactions of Kafka: cells are actions of Kafka's clients, played as conformance vectors are, down to
// single requests; what services make of them is in scenarios/kafka. A row says how the clients are configured, a column what happens
// to them, and verdicts are read off what a reader of the output sees; the table decides none of them.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <models/brokers/vectors/driver.hpp>
#include <models/brokers/vectors/node.hpp>
#include <models/brokers/vectors/vector_file.hpp>

namespace flowtank::truth {
namespace {

using Json = nlohmann::ordered_json;

Json transactions_table() {
  std::ifstream in(std::string(FLOWTANK_SOURCE_DIR) + "/tests/truth/c15.json", std::ios::binary);
  REQUIRE(in);
  return Json::parse(in);
}

// The column's actions as this row's clients do them.
Json steps_of(const Json& row, const Json& column, bool unsent) {
  Json steps = Json::array();
  const bool transactional = row.at("transactional");
  for (Json step : column.at("steps")) {
    const std::string op = step.at("op");
    if (op.starts_with("txn.") && !transactional) continue;
    if (op == "flush" && unsent && step.value("only_sent", false) && step.at("producer") == "t1") continue;
    if (op == "producer") {
      step["config"] = Json::object();
      if (transactional) step["config"]["transactional.id"] = "x";
      if (unsent && step.at("producer") == "t1") step["config"]["linger.ms"] = "600000";
    }
    if (op == "consumer") step["config"]["isolation.level"] = row.at("reader");
    if (op == "offsets") {
      if (transactional) step["op"] = "txn.send_offsets";
      else step = {{"op", "commit_sync"}, {"consumer", step.at("consumer")}};
    }
    steps.push_back(step);
  }
  steps.push_back({{"op", "log.read"}, {"topic", "out"}, {"partition", 0}, {"isolation", row.at("reader")}});
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i]["n"] = i + 1;
  return steps;
}

struct Seen {
  std::vector<std::string> outputs;   // as the reader sees them
  std::size_t attempts = 0;           // tries to handle an input
  std::size_t most_attempts = 0;      // at one of them
  std::size_t committed = 0;          // of them
  std::size_t handed_out = 0;         // how often m1 was
  std::size_t let_through = 0;        // ends of a transaction that should have been refused
  std::string problem;
};

Seen played(const Json& table, const Json& row, const Json& steps) {
  Seen seen;
  Json setup = Json::array({{{"op", "broker.config"}, {"config", {{"transaction.version", std::to_string(row.value("transaction.version", 0))}}}}});
  for (const Json& step : table.at("setup")) setup.push_back(step);
  std::map<std::string, std::size_t> tries;
  Json file{{"format", "broker-vector/1"}, {"id", "c15"}, {"broker", "kafka"}, {"recorded", "derived"}, {"setup", setup}, {"steps", steps}, {"observed", Json::array()}};
  Diagnostics diagnostics;
  const auto vector = vectors::parse_vector("c15.json", file.dump(), diagnostics);
  REQUIRE(vector);
  const auto driver = vectors::driver_for(*vector, seen.problem);
  REQUIRE(driver);
  std::vector<vectors::Observation> out;
  for (const vectors::Step& step : vector->setup) seen.problem += driver->play(step, true, out);
  for (std::size_t i = 0; i < vector->steps.size() && seen.problem.empty(); ++i) {
    const vectors::Step& step = vector->steps[i];
    out.clear();
    seen.problem = driver->play(step, false, out);
    const auto is_ok = [](const vectors::Observation& o) { return vectors::text_of(o.node, "result") == "ok"; };
    if (step.node.find("attempt") != nullptr) {
      ++seen.attempts;
      seen.most_attempts = std::max(seen.most_attempts, ++tries[vectors::text_of(step.node, "attempt")]);
    }
    if (step.op == "txn.commit" && std::any_of(out.begin(), out.end(), is_ok)) ++(step.node.find("refused") != nullptr ? seen.let_through : seen.committed);
    for (const vectors::Observation& o : out) {
      if (vectors::text_of(o.node, "ev") == "message" && vectors::text_of(o.node, "value") == "m1") ++seen.handed_out;
      if (const JsonNode* values = o.node.find("values"); values != nullptr && i + 1 == vector->steps.size()) {
        for (const JsonNode& value : values->items) seen.outputs.push_back(value.text);
      }
    }
    driver->settle(step, i + 1 < vector->steps.size() ? &vector->steps[i + 1] : nullptr);
  }
  return seen;
}

// Which properties fail: "✓" or "✗P07,P13".
std::string verdict(const Json& row, const Json& column, const Seen& seen) {
  std::set<std::string> fails;
  const auto aborted = column.value("aborted", std::vector<std::string>{});
  std::map<std::string, int> times;
  for (const std::string& output : seen.outputs) ++times[output];
  const bool external = row.value("external", false);
  if (std::any_of(times.begin(), times.end(), [](const auto& t) { return t.second > 1; }) || (external && seen.most_attempts > 1)) fails.insert("P07");
  if (times.count("o1") == 0) fails.insert("P08");
  if (row.at("transactional") && seen.committed > 0 && times.count("o1") == 0) fails.insert("P10");  // its client was told that it is there
  const bool saw_aborted = std::any_of(aborted.begin(), aborted.end(), [&](const std::string& x) { return times.count(x) != 0; });
  if (saw_aborted || (external && seen.attempts > seen.committed)) fails.insert("P12");  // something is there of what never committed
  // With transactions each committed attempt has one output: more than that are outputs of others.
  if (saw_aborted || (row.at("transactional") && seen.outputs.size() > seen.committed)) fails.insert("P13");
  if (fails.empty()) return "✓";
  std::string out = "✗";
  for (const std::string& property : fails) out += (out == "✗" ? "" : ",") + property;
  return out;
}

std::vector<std::string> wrong_cells(const Json& table) {
  std::vector<std::string> wrong;
  for (const auto& [name, columns] : table.at("cells").items()) {
    for (const auto& [title, demand] : columns.items()) {
      for (const Json& side : demand.is_array() ? demand : Json::array({demand})) {
        const Json& row = table.at("rows").at(name);
        const Json& column = table.at("columns").at(title);
        const bool unsent = side.is_object() && side.value("unsent", false);
        const Seen seen = played(table, row, steps_of(row, column, unsent));
        const std::string wanted = side.is_object() ? side.at("verdict").get<std::string>() : side.get<std::string>();
        const std::string cell = name + " / " + title + ": ";
        if (!seen.problem.empty()) wrong.push_back(cell + seen.problem);
        // Not vacuous: m1 came again where it must, and who was fenced was refused.
        if (seen.handed_out != column.at("handed_out").get<std::size_t>()) wrong.push_back(cell + "m1 was handed out " + std::to_string(seen.handed_out) + " times");
        if (seen.let_through != 0) wrong.push_back(cell + "a zombie's commit was accepted");
        if (const std::string got = verdict(row, column, seen); got != wanted) wrong.push_back(cell + "is " + got + ", must be " + wanted);
      }
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("truth.c15_transactions_of_kafka") {
  const std::vector<std::string> wrong = wrong_cells(transactions_table());
  std::string all;
  for (const std::string& sentence : wrong) all += sentence + "\n";
  INFO(all);
  CHECK(wrong.empty());
}

TEST_CASE("truth.c15_swapped_variants_are_noticed") {
  const Json right = transactions_table();
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{{"a", "b"}, {"a", "c"}, {"a", "d"}, {"a", "e"}, {"b", "c"}, {"b", "d"}, {"c", "d"}, {"c", "e"}, {"d", "e"}}) {
    Json wrong = right;
    std::swap(wrong["rows"][a], wrong["rows"][b]);
    INFO(a << " and " << b);
    CHECK_FALSE(wrong_cells(wrong).empty());
  }
}

}  // namespace flowtank::truth
