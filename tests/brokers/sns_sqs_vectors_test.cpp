// SPDX-License-Identifier: Apache-2.0
// The SNS and SQS model agrees with every vector, and would not if it had a rule wrong: each of a list of wrong rules (a count
// that is one off, a timeout that is ignored, a queue that forgets its groups) makes some vector differ, and so does every
// changed expectation. Wrong rules are planted in the attributes that a vector's queues and subscriptions are made with.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <models/brokers/vectors/node.hpp>
#include <models/brokers/vectors/runner.hpp>

namespace flowtank::vectors {
namespace {

namespace fs = std::filesystem;

std::vector<VectorFile> all_vectors() {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(FLOWTANK_SOURCE_DIR "/tests/brokers/vectors/sns_sqs")) {
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

VectorFile vector_of(const std::string& setup, const std::string& steps, const std::string& observed = "") {
  Diagnostics diagnostics;
  auto vector = parse_vector("x.json", R"({"format":"broker-vector/1","id":"x","broker":"sqs","recorded":"derived","setup":[)" + setup + R"(],"steps":[)" + steps + R"(],"observed":[)" + observed + "]}", diagnostics);
  REQUIRE(vector);
  return *vector;
}

// A wrong rule: what it makes of the steps that declare queues and subscriptions.
struct WrongRule {
  const char* is;
  std::function<void(JsonNode& declaration)> plant;
};

void in_attributes(JsonNode& declaration, const std::function<void(JsonNode&)>& change) {
  if (JsonNode* attributes = declaration.find("attributes")) change(*attributes);
}

// All that would be refused without each other go together: a vector that cannot be played notices nothing.
WrongRule without(const char* is, std::vector<std::string> keys) {
  return {is, [keys = std::move(keys)](JsonNode& declaration) {
            const auto is_one = [&](const JsonMember& member) { return std::find(keys.begin(), keys.end(), member.key) != keys.end(); };
            const auto erase = [&](JsonNode& from) { std::erase_if(from.members, is_one); };
            in_attributes(declaration, erase);
            erase(declaration);
          }};
}
WrongRule always(const char* is, const char* key, JsonNode value) {
  return {is, [key, value = std::move(value)](JsonNode& declaration) { in_attributes(declaration, [&](JsonNode& attributes) { put(attributes, key, value); }); }};
}
// In standard queues only: where it stands at a FIFO queue SQS refuses it.
WrongRule of_standard_queues(const char* is, const char* key, const char* value) {
  return {is, [key, value](JsonNode& declaration) {
            in_attributes(declaration, [&](JsonNode& attributes) {
              if (attributes.find("FifoQueue") == nullptr) put(attributes, key, node(value));
            });
          }};
}
WrongRule one_more(const char* is, const char* key) {
  return {is, [key](JsonNode& declaration) {
            in_attributes(declaration, [key](JsonNode& attributes) {
              JsonNode* at = attributes.find("RedrivePolicy");
              JsonNode* value = at != nullptr && at->find(key) != nullptr ? at->find(key) : attributes.find(key);
              if (value != nullptr) *value = node(value->integer + 1);
            });
          }};
}

}  // namespace

TEST_CASE("sns_sqs_vectors.the_model_agrees_with_every_vector") {
  const auto vectors = all_vectors();
  CHECK(vectors.size() >= 45);
  for (const VectorFile& vector : vectors) {
    INFO(vector.id << ": " << to_text(judge(vector)));
    CHECK(judge(vector).kind == Judgement::Kind::agrees);
  }
}

TEST_CASE("sns_sqs_vectors.each_wrong_rule_makes_some_vector_differ") {
  const std::vector<WrongRule> rules = {
      without("the visibility timeout is always 30 s", {"VisibilityTimeout"}),
      one_more("one receive too many before the dead letters", "maxReceiveCount"),
      one_more("messages live a second too long", "MessageRetentionPeriod"),
      one_more("the queue's delay is a second too long", "DelaySeconds"),
      one_more("one more may be in flight", "in_flight_limit"),
      without("nothing goes to dead letters", {"RedrivePolicy"}),
      without("a FIFO queue is a standard one", {"FifoQueue"}),
      without("ids are compared in the whole queue", {"DeduplicationScope", "FifoThroughputLimit"}),
      without("bodies stand for no id", {"ContentBasedDeduplication"}),
      without("every size is taken", {"MaximumMessageSize"}),
      without("queues do not wait", {"ReceiveMessageWaitTimeSeconds"}),
      without("nothing is filtered", {"FilterPolicy"}),
      without("policies look at attributes only", {"FilterPolicyScope"}),
      without("a changed policy acts at once", {"filter_propagation"}),
      without("everything has an envelope", {"RawMessageDelivery"}),
      without("duplicates are never handed out", {"dup_probability"}),
      without("exhausted messages move on a receive", {"dlq_move"}),
      without("HTTP endpoints are queues", {"protocol"}),
      without("topics have no FIFO", {"FifoTopic", "FifoQueue", "ContentBasedDeduplication"}),
      of_standard_queues("an old handle always deletes", "old_handle_delete", "effective"),
      of_standard_queues("an old handle never deletes", "old_handle_delete", "ignored"),
      always("every message is delayed", "DelaySeconds", node(1)),
  };
  const auto vectors = all_vectors();
  for (const WrongRule& rule : rules) {
    std::size_t noticed = 0;
    for (VectorFile vector : vectors) {
      for (Step& step : vector.setup) rule.plant(step.node);
      for (Step& step : vector.steps) {
        if (step.op == "sqs.create_queue" || step.op == "sns.subscribe") rule.plant(step.node);
      }
      noticed += judge(vector).kind == Judgement::Kind::differs ? 1 : 0;
    }
    INFO(rule.is);
    CHECK(noticed > 0);
  }
}

TEST_CASE("sns_sqs_vectors.every_changed_expectation_is_noticed_at_its_step") {
  std::size_t planted = 0;
  for (const VectorFile& vector : all_vectors()) {
    for (const auto& [n, observed] : vector.observed) {
      for (std::size_t o = 0; o < observed.size(); ++o) {
        for (const JsonMember& member : observed[o].members) {
          VectorFile changed = vector;
          JsonNode wrong = member.value;
          if (wrong.is(JsonKind::integer)) wrong = node(wrong.integer + 1);
          else if (wrong.is(JsonKind::string)) wrong = node("planted");
          else if (wrong.is(JsonKind::array)) wrong.items.push_back(node("planted"));
          else if (wrong.is(JsonKind::object)) put(wrong, wrong.members.front().key, node("planted"));
          put(changed.observed[n][o], member.key, wrong);
          const Judgement judgement = judge(changed);
          INFO(vector.id << " with " << member.key << " " << to_text(wrong) << ": " << to_text(judgement));
          CHECK(judgement.kind == Judgement::Kind::differs);
          CHECK(judgement.step == n);
          ++planted;
        }
      }
    }
  }
  CHECK(planted > 200);
}

TEST_CASE("sns_sqs_vectors.the_order_of_a_receive_counts_within_a_message_group_only") {
  const std::string send = R"({"n":1,"op":"sqs.send","queue":"q","body":"a1","MessageGroupId":"A","MessageDeduplicationId":"1"},
    {"n":2,"op":"sqs.send","queue":"q","body":"b1","MessageGroupId":"B","MessageDeduplicationId":"2"},
    {"n":3,"op":"sqs.send","queue":"q","body":"a2","MessageGroupId":"A","MessageDeduplicationId":"3"},{"n":4,"op":"sqs.receive","queue":"q","max":10})";
  const std::string queue = R"({"op":"sqs.create_queue","queue":"q","attributes":{"FifoQueue":true}})";
  const auto judged = [&](const std::string& bodies) { return judge(vector_of(queue, send, R"({"step":4,"messages":[)" + bodies + "]}")).kind; };
  using Kind = Judgement::Kind;
  CHECK(judged(R"({"body":"a1"},{"body":"b1"},{"body":"a2"})") == Kind::agrees);
  CHECK(judged(R"({"body":"b1"},{"body":"a1"},{"body":"a2"})") == Kind::agrees);
  CHECK(judged(R"({"body":"a2"},{"body":"a1"},{"body":"b1"})") == Kind::differs);
  CHECK(judged(R"({"body":"a1"},{"body":"a1"},{"body":"b1"})") == Kind::differs);
  CHECK(judged(R"({"body":"a1"},{"body":"a2"})") == Kind::differs);
}

TEST_CASE("sns_sqs_vectors.a_long_poll_is_answered_at_its_step_or_at_the_one_that_ended_it") {
  const std::string queue = R"({"op":"sqs.create_queue","queue":"q","attributes":{}})";
  const std::string steps = R"({"n":1,"op":"sqs.receive","t":0,"queue":"q","WaitTimeSeconds":20},{"n":2,"op":"sqs.send","t":5,"queue":"q","body":"m"})";
  const auto judged = [&](const std::string& observed) { return judge(vector_of(queue, steps, observed)).kind; };
  using Kind = Judgement::Kind;
  CHECK(judged(R"({"step":1,"t":5,"messages":[{"body":"m"}]})") == Kind::agrees);
  CHECK(judged(R"({"step":2,"t":5,"messages":[{"body":"m"}]})") == Kind::agrees);
  CHECK(judged(R"({"step":1,"t":0,"messages":[]})") == Kind::differs);
  CHECK(judged(R"({"step":2,"t":6,"messages":[{"body":"m"}]})") == Kind::differs);
}

// Each of two receives that wait is answered in its turn, wherever the vector says so; what it says elsewhere differs.
TEST_CASE("sns_sqs_vectors.two_receives_that_wait_are_answered_in_their_turn") {
  const std::string queue = R"({"op":"sqs.create_queue","queue":"q","attributes":{}})";
  const std::string steps = R"({"n":1,"op":"sqs.receive","t":0,"queue":"q","WaitTimeSeconds":20},{"n":2,"op":"sqs.receive","t":1,"queue":"q","WaitTimeSeconds":20},
    {"n":3,"op":"sqs.send","t":5,"queue":"q","body":"m"},{"n":4,"op":"sqs.send","t":6,"queue":"q","body":"k"})";
  const auto judged = [&](const std::string& observed) { return judge(vector_of(queue, steps, observed)); };
  const auto got = [](int step, int t, const char* body) { return R"({"step":)" + std::to_string(step) + R"(,"t":)" + std::to_string(t) + R"(,"messages":[{"body":")" + body + R"("}]})"; };
  using Kind = Judgement::Kind;
  CHECK(judged(got(1, 5, "m") + "," + got(2, 6, "k")).kind == Kind::agrees);
  CHECK(judged(got(2, 6, "k") + "," + got(3, 5, "m")).kind == Kind::agrees);
  CHECK(judged(got(3, 5, "m") + "," + got(4, 6, "k")).kind == Kind::agrees);
  CHECK(judged(got(1, 6, "k") + "," + got(2, 5, "m")).kind == Kind::differs);
  CHECK(judged(got(1, 5, "m")).step == 4);
  CHECK(judged(got(1, 5, "m") + "," + got(2, 21, "k")).step == 2);
}

TEST_CASE("sns_sqs_vectors.what_is_said_of_a_step_does_not_change_what_happens") {
  const std::string queue = R"({"op":"sqs.create_queue","queue":"q","attributes":{}})";
  const std::string in_turn = R"({"n":1,"op":"sqs.receive","queue":"q","WaitTimeSeconds":20},{"n":2,"op":"sqs.send","queue":"q","body":"m"},{"n":3,"op":"sqs.receive","queue":"q"})";
  const std::string meanwhile = R"({"n":1,"op":"sqs.receive","queue":"q","WaitTimeSeconds":20},{"n":2,"op":"wait","s":5},{"n":3,"op":"sqs.send","queue":"q","body":"m"})";
  const auto judged = [&](const std::string& steps, const std::string& observed) { return to_text(judge(vector_of(queue, steps, observed))); };
  // Without a time a step comes when the receive before it is over; `wait` says that time passes meanwhile.
  CHECK(judged(in_turn, R"({"step":1,"t":20,"messages":[]},{"step":3,"messages":[{"body":"m"}]})") == "agrees");
  CHECK(judged(meanwhile, R"({"step":1,"t":5,"messages":[{"body":"m"}]})") == "agrees");
  CHECK(judged(meanwhile, R"({"step":3,"t":5,"messages":[{"body":"m"}]})") == "agrees");
  // At the end, too: nothing came in time.
  CHECK(judged(R"({"n":1,"op":"sqs.receive","queue":"q","WaitTimeSeconds":20})", R"({"step":1,"t":20,"messages":[]})") == "agrees");
  // The handles are those of the receive that asked.
  const std::string by_step = R"({"n":1,"op":"sqs.receive","t":0,"queue":"q","WaitTimeSeconds":20},{"n":2,"op":"sqs.send","t":5,"queue":"q","body":"m"},
    {"n":3,"op":"sqs.delete","t":6,"queue":"q","handle_of":"m","of_step":)";
  CHECK(judged(by_step + "1}", R"({"step":1,"t":5,"messages":[{"body":"m"}]},{"step":3,"result":"ok"})") == "agrees");
  CHECK(judged(by_step + "2}", R"({"step":1,"t":5,"messages":[{"body":"m"}]})") == "not supported (step 2 received no \"m\")");
  CHECK(judged(by_step + R"(1,"receive":3})", R"({"step":1,"t":5,"messages":[{"body":"m"}]})") == "not supported (\"m\" has no receive 3, of 1)");
  // An earlier difference is told before a step that cannot be played.
  CHECK(judged(by_step + "2}", R"({"step":1,"t":4,"messages":[{"body":"m"}]})").starts_with("differs at step 1 "));
}

TEST_CASE("sns_sqs_vectors.an_error_has_one_meaning") {
  const std::string queue = R"({"op":"sqs.create_queue","queue":"q.fifo","attributes":{"FifoQueue":true,"VisibilityTimeout":1}})";
  const std::string steps = R"({"n":1,"op":"sqs.send","queue":"q.fifo","body":"m","MessageGroupId":"A","MessageDeduplicationId":"1"},
    {"n":2,"op":"sqs.receive","queue":"q.fifo"},{"n":3,"op":"sqs.delete","t":3,"queue":"q.fifo","handle_of":"m"})";
  const auto judged = [&](const std::string& error) { return judge(vector_of(queue, steps, R"({"step":2,"messages":[{"body":"m"}]},{"step":3,"error":")" + error + "\"}")).kind; };
  CHECK(judged("ReceiptHandleIsInvalid") == Judgement::Kind::agrees);
  CHECK(judged("error") == Judgement::Kind::agrees);
  CHECK(judged("InvalidParameterValue") == Judgement::Kind::differs);
  CHECK(judged("MessageNotInflight") == Judgement::Kind::differs);
}

TEST_CASE("sns_sqs_vectors.hostile_steps_end") {
  const std::string queue = R"({"op":"sqs.create_queue","queue":"q","attributes":{}})";
  const auto judged = [&](const std::string& step) { return judge(vector_of(queue, "{\"n\":1," + step + "}")).kind; };
  using Kind = Judgement::Kind;
  CHECK(judged(R"("op":"sqs.receive","queue":"q","t":1e300)") == Kind::not_supported);
  CHECK(judged(R"("op":"sqs.receive","queue":"q","t":-1)") == Kind::not_supported);
  CHECK(judged(R"("op":"wait","ms":9223372036854775807)") == Kind::not_supported);
  CHECK(judged(R"("op":"sqs.delete","queue":"q","handle_of":"nothing")") == Kind::not_supported);
  CHECK(judged(R"("op":"sqs.send","queue":"nowhere","body":"m")") == Kind::differs);
  CHECK(judged(R"("op":"sqs.send","queue":"q","body":{"deep":[1]})") == Kind::agrees);
  CHECK(judged(R"("op":"sqs.send","queue":"q","body_size":-5)") == Kind::differs);
  CHECK(judged(R"("op":"sqs.send","queue":"q","body":"m","DelaySeconds":9223372036854775807)") == Kind::differs);
  CHECK(judged(R"("op":"sqs.change_visibility","queue":"q","handle_of":"m","timeout":"x")") == Kind::not_supported);
  CHECK(judged(R"("op":"fault.endpoint_unavailable","queue":"q","until":1e300)") == Kind::not_supported);
  CHECK(judged(R"("op":"sns.publish","topic":"t","body":"m")") == Kind::differs);
  CHECK(judged(R"("op":"sqs.meteor")") == Kind::not_supported);
}

}  // namespace flowtank::vectors
