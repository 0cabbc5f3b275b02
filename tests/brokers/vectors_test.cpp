// SPDX-License-Identifier: Apache-2.0
// The Kafka model agrees with every vector; and the runner would notice if it did not: each expectation of each vector is
// changed or dropped in turn, and must then be reported as a difference at its step.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <models/brokers/vectors/node.hpp>
#include <models/brokers/vectors/runner.hpp>

namespace flowtank::vectors {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> vector_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(FLOWTANK_SOURCE_DIR "/tests/brokers/vectors/" + folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

VectorFile read(const std::string& file) {
  Diagnostics diagnostics;
  auto vector = read_vector(file, diagnostics);
  INFO(file);
  REQUIRE(vector);
  return *vector;
}

// A wrong version of an observation; nothing when it has no field that could be wrong.
std::vector<JsonNode> wrong_versions(const JsonNode& observation) {
  std::vector<JsonNode> versions;
  const JsonNode* set = observation.find("partitions");
  if (set != nullptr && set->items.empty()) return versions;  // a callback with nothing may come or not
  const auto with = [&](std::string_view key, JsonNode value) {
    JsonNode wrong = observation;
    put(wrong, key, std::move(value));
    versions.push_back(std::move(wrong));
  };
  for (const JsonMember& member : observation.members) {
    const JsonNode& value = member.value;
    if (member.key == "elapsed_ok") continue;
    if (value.is(JsonKind::integer)) with(member.key, node(value.integer + 1));
    if (value.is(JsonKind::string)) with(member.key, node(value.text + "-planted"));
    if (!value.is(JsonKind::array)) continue;
    std::vector<JsonNode> more = value.items;
    if (member.key == "elapsed_ms_between") {
      more = {node(value.items[1].integer + 1), node(value.items[1].integer + 2)};
    } else if (value.items.empty()) {
      more.push_back(node("planted"));
    } else {
      more.pop_back();
    }
    with(member.key, node(std::move(more)));
  }
  return versions;
}

}  // namespace

TEST_CASE("vectors.the_kafka_model_agrees_with_every_vector") {
  const auto files = vector_files("kafka");
  CHECK(files.size() >= 70);
  for (const std::string& file : files) {
    const VectorFile vector = read(file);
    INFO(vector.id << ": " << to_text(judge(vector)));
    CHECK(judge(vector).kind == Judgement::Kind::agrees);
  }
}

TEST_CASE("vectors.every_changed_expectation_is_noticed_at_its_step") {
  std::size_t planted = 0;
  for (const std::string& file : vector_files("kafka")) {
    const VectorFile vector = read(file);
    for (const auto& [n, observed] : vector.observed) {
      for (std::size_t o = 0; o < observed.size(); ++o) {
        for (const JsonNode& wrong : wrong_versions(observed[o])) {
          VectorFile changed = vector;
          changed.observed[n][o] = wrong;
          const Judgement judgement = judge(changed);
          INFO(vector.id << " with " << to_text(wrong) << ": " << to_text(judgement));
          CHECK(judgement.kind == Judgement::Kind::differs);
          CHECK(judgement.step == n);
          ++planted;
        }
      }
    }
  }
  CHECK(planted > 500);
}

TEST_CASE("vectors.a_missing_expectation_of_a_recorded_vector_is_noticed") {
  std::size_t planted = 0;
  for (const std::string& file : vector_files("kafka/recorded")) {
    const VectorFile vector = read(file);
    for (const auto& [n, observed] : vector.observed) {
      for (std::size_t o = 0; o < observed.size(); ++o) {
        if (observed[o].find("elapsed_ms_between") != nullptr) continue;
        VectorFile changed = vector;
        auto& rest = changed.observed[n];
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(o));
        const Judgement judgement = judge(changed);
        INFO(vector.id << " without " << to_text(observed[o]));
        CHECK(judgement.kind == Judgement::Kind::differs);
        ++planted;
      }
    }
  }
  CHECK(planted > 50);
}

TEST_CASE("vectors.which_member_gets_which_half_is_random_but_owners_stay_disjoint") {
  VectorFile vector = read(FLOWTANK_SOURCE_DIR "/tests/brokers/vectors/kafka/recorded/kafka-rebalance-eager.json");
  const auto set = [](std::initializer_list<int> numbers) {
    std::vector<JsonNode> items;
    for (const int n : numbers) items.push_back(node(n));
    return node(std::move(items));
  };
  // As recorded with other member ids.
  put(vector.observed[vector.steps[4].n][1], "partitions", set({2, 3}));
  put(vector.observed[vector.steps[4].n][2], "partitions", set({0, 1}));
  put(vector.observed[vector.steps[6].n][0], "partitions", set({2, 3}));
  CHECK(to_text(judge(vector)) == "agrees");
  // An extra round of the same sets may occur.
  VectorFile rounds = vector;
  auto& observed = rounds.observed[rounds.steps[4].n];
  const JsonNode revoked = observed[0];
  JsonNode again = revoked;
  put(again, "ev", node("assigned"));
  observed.insert(observed.begin(), {revoked, again});
  CHECK(to_text(judge(rounds)) == "agrees");
  // But sizes count.
  put(vector.observed[vector.steps[4].n][1], "partitions", set({1, 2, 3}));
  CHECK(judge(vector).kind == Judgement::Kind::differs);
}

TEST_CASE("vectors.what_no_driver_knows_is_not_supported_and_says_why") {
  VectorFile vector;
  vector.broker = "pigeons";
  CHECK(to_text(judge(vector)) == "not supported (no model of \"pigeons\" yet)");
  vector.broker = "kafka";
  Step step;
  step.n = 1;
  step.op = "fault.meteor\x1b[31m";
  vector.steps.push_back(step);
  CHECK(to_text(judge(vector)) == "not supported (op \"fault.meteor\\u001b[31m\")");
}

TEST_CASE("vectors.masked_values_match_any_number_or_text") {
  VectorFile vector = read(FLOWTANK_SOURCE_DIR "/tests/brokers/vectors/kafka/recorded/kafka-timeout-retry-duplicates.json");
  put(vector.observed[vector.steps[1].n][0], "offset", node("<ms>"));
  CHECK(to_text(judge(vector)) == "agrees");
  put(vector.observed[vector.steps[1].n][0], "missing", node("<ms>"));
  CHECK(judge(vector).kind == Judgement::Kind::differs);
}

TEST_CASE("vectors.bad_files_are_diagnosed_with_their_position") {
  const auto first = [](std::string text) {
    Diagnostics diagnostics;
    CHECK_FALSE(parse_vector("x.json", std::move(text), diagnostics));
    REQUIRE_FALSE(diagnostics.all().empty());
    const Diagnostic& d = diagnostics.all().front();
    return d.code + " " + std::to_string(d.range.line) + ":" + std::to_string(d.range.column);
  };
  CHECK(first("[]") == "FT-VEC-001 1:1");
  CHECK(first("{\"format\": \"broker-vector/2\", \"id\": \"a\", \"broker\": \"kafka\", \"steps\": [], \"observed\": []}") == "FT-VEC-001 1:12");
  const std::string head = "{\"format\": \"broker-vector/1\", \"id\": \"a\", \"broker\": \"kafka\",\n";
  CHECK(first(head + "\"steps\": 3, \"observed\": []}") == "FT-VEC-002 2:10");
  CHECK(first(head + "\"steps\": [7], \"observed\": []}") == "FT-VEC-003 2:11");
  CHECK(first(head + "\"steps\": [{\"n\": 2, \"op\": \"wait\"}, {\"n\": 1, \"op\": \"wait\"}], \"observed\": []}") == "FT-VEC-004 2:41");
  CHECK(first(head + "\"steps\": [], \"observed\": [{\"ev\": \"x\"}]}") == "FT-VEC-005 2:27");
  CHECK(first(head + "\"steps\": [], \"observed\": [{\"step\": 1}]}") == "FT-VEC-006 2:36");
  CHECK(first("{\"format\": \"broker-v") != "");
}

TEST_CASE("vectors.hostile_steps_end") {
  const std::string head = "{\"format\": \"broker-vector/1\", \"id\": \"a\", \"broker\": \"kafka\", \"observed\": [], \"steps\": [";
  const auto judged = [&](const std::string& steps) {
    Diagnostics diagnostics;
    const auto vector = parse_vector("x.json", head + steps + "]}", diagnostics);
    REQUIRE(vector);
    return judge(*vector).kind;
  };
  using Kind = Judgement::Kind;
  CHECK(judged(R"({"n":1,"op":"wait","ms":9223372036854775807})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"wait","ms":-5})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"topic.create","topic":"t","partitions":1000000})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"topic.create","topic":"t","partitions":-1})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"topic.create","topic":"t","replication_factor":99})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"produce","producer":"p","topic":"t"})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"poll","consumers":[{}],"timeout_ms":"x"})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"poll","consumers":[],"timeout_ms":100})") == Kind::agrees);
  CHECK(judged(R"({"n":1,"op":"topic.create","topic":"t","partitions":2},{"n":2,"op":"log.read","topic":"t","partition":7})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"topic.create","topic":"t"},{"n":2,"op":"log.read","topic":"t","partition":0,"from":-9223372036854775807})") == Kind::differs);
  CHECK(judged(R"({"n":1,"op":"fault.broker_kill","broker":-1})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"fault.power_loss","brokers":[0,-1,99,"x"]})") == Kind::agrees);
  CHECK(judged(R"({"n":1,"op":"producer","producer":"p","config":{"acks":{"deep":[1]}}})") == Kind::not_supported);
  CHECK(judged(R"({"n":1,"op":"txn.send_offsets","producer":"p","group":"g"})") == Kind::not_supported);
}

}  // namespace flowtank::vectors
