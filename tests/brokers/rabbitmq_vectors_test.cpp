// SPDX-License-Identifier: Apache-2.0
// The RabbitMQ model agrees with every vector, recorded and its own; and the runner would notice if it did not: each expectation
// is changed in turn, and vectors that hold a rule differ under the release that has another.
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

std::vector<VectorFile> vectors_in(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(FLOWTANK_SOURCE_DIR "/tests/brokers/vectors/" + folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<VectorFile> vectors;
  for (const std::string& file : files) {
    Diagnostics diagnostics;
    auto vector = read_vector(file, diagnostics);
    INFO(file);
    REQUIRE(vector);
    vectors.push_back(std::move(*vector));
  }
  return vectors;
}

VectorFile one(const std::string& name) {
  for (VectorFile& vector : vectors_in("rabbitmq")) {
    if (vector.id == name) return vector;
  }
  FAIL("no vector " << name);
  return {};
}

// A wrong version of an observation for each member that has one.
std::vector<JsonNode> wrong_versions(const JsonNode& observation) {
  std::vector<JsonNode> versions;
  for (const JsonMember& member : observation.members) {
    JsonNode wrong = observation;
    const JsonNode& value = member.value;
    if (value.is(JsonKind::integer)) put(wrong, member.key, node(value.integer + 1));
    else if (value.is(JsonKind::string)) put(wrong, member.key, node(value.text + "-planted"));
    else if (value.is(JsonKind::object) && !value.members.empty()) put(wrong, member.key, wrong_versions(value).front());
    else if (value.is(JsonKind::array)) {
      std::vector<JsonNode> more = value.items;
      more.push_back(node("planted"));
      put(wrong, member.key, node(std::move(more)));
    } else {
      continue;
    }
    versions.push_back(std::move(wrong));
  }
  return versions;
}

}  // namespace

TEST_CASE("rabbitmq_vectors.the_model_agrees_with_every_vector") {
  const auto vectors = vectors_in("rabbitmq");
  CHECK(vectors.size() >= 81);
  for (const VectorFile& vector : vectors) {
    INFO(vector.id << ": " << to_text(judge(vector)));
    CHECK(judge(vector).kind == Judgement::Kind::agrees);
  }
}

TEST_CASE("rabbitmq_vectors.every_changed_expectation_is_noticed") {
  std::size_t planted = 0;
  for (const VectorFile& vector : vectors_in("rabbitmq")) {
    for (const auto& [n, observed] : vector.observed) {
      for (std::size_t o = 0; o < observed.size(); ++o) {
        for (const JsonNode& wrong : wrong_versions(observed[o])) {
          VectorFile changed = vector;
          changed.observed[n][o] = wrong;
          INFO(vector.id << " with " << to_text(wrong));
          CHECK(judge(changed).kind == Judgement::Kind::differs);
          ++planted;
        }
      }
    }
  }
  CHECK(planted > 500);
}

TEST_CASE("rabbitmq_vectors.what_a_consumer_got_and_nobody_expected_is_noticed") {
  VectorFile vector = one("rmq-competing-round-robin");
  vector.observed[10].pop_back();
  const Judgement judgement = judge(vector);
  CHECK(judgement.kind == Judgement::Kind::differs);
  CHECK(judgement.step == 10);
}

TEST_CASE("rabbitmq_vectors.what_is_published_last_and_never_read_is_noticed") {
  VectorFile vector = one("rmq-competing-round-robin");
  std::vector<Step> until;
  for (const Step& step : vector.steps) {
    until.push_back(step);
    if (step.op == "publish") break;
  }
  const std::int64_t last = until.back().n;
  vector.steps = until;
  std::erase_if(vector.observed, [last](const auto& entry) { return entry.first >= last; });
  const Judgement judgement = judge(vector);
  CHECK(judgement.kind == Judgement::Kind::differs);
  CHECK(judgement.step == last);
  CHECK(judgement.expected == "nothing more");
}

TEST_CASE("rabbitmq_vectors.steps_that_cannot_be_played_say_why") {
  const auto judged = [](const std::string& steps) {
    Diagnostics diagnostics;
    const auto vector = parse_vector("x.json", R"({"format":"broker-vector/1","id":"a","broker":"rabbitmq","version":"3.10.8","recorded":"derived","observed":[],"steps":[)" + steps + "]}", diagnostics);
    REQUIRE(vector);
    return to_text(judge(*vector));
  };
  CHECK(judged(R"({"n":1,"op":"broker.config","consumer_timeout_ms":2000})") == "agrees");
  CHECK(judged(R"({"n":1,"op":"broker.config","config":{"consumer_timeout":2000}})") == "agrees");
  CHECK(judged(R"({"n":1,"op":"broker.config","vm_memory_high_watermark":1})") == "not supported (setting \"vm_memory_high_watermark\")");
  CHECK(judged(R"({"n":1,"op":"broker.config","config":{"consumer_timeout":"never"}})") == "not supported (setting \"consumer_timeout\")");
  CHECK(judged(R"({"n":1,"op":"broker.stop","node":1},{"n":2,"op":"queue.declare","chan":"nobody","queue":"q"})") == "not supported (no channel \"nobody\")");
}

// Rules of another release are wrong rules: the vectors that hold them must differ.
TEST_CASE("rabbitmq_vectors.a_wrong_rule_makes_a_vector_differ") {
  const auto under = [](const std::string& name, const std::string& version) {
    VectorFile vector = one(name);
    vector.version = version;
    return judge(vector).kind;
  };
  CHECK(under("rmq-quorum-requeue-position", "4.0.0") == Judgement::Kind::differs);  // RMQ-REQ-2: the tail
  CHECK(under("rmq-quorum-no-limit-default", "4.0.0") == Judgement::Kind::differs);  // RMQ-QQ-LIMIT-3: no limit
  CHECK(under("rmq-quorum-delivery-limit-dlx", "4.3.0") == Judgement::Kind::differs);  // RMQ-QQ-LIMIT-3: a nack counts
  CHECK(under("rmq-quorum-requeue-position", "3.13.7") == Judgement::Kind::agrees);
}

}  // namespace flowtank::vectors
