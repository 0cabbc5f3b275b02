// SPDX-License-Identifier: Apache-2.0
// The models of JetStream and Redis Streams agree with every vector. And the vectors would notice wrong rules: a model that is
// never told of something (that a message was terminated, that an entry is not to be acknowledged) behaves as one without the
// rule, and each such rule is missed by at least one vector.
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

std::vector<VectorFile> vectors_of(const std::string& folder) {
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

void check_all_agree(const std::string& folder, std::size_t at_least) {
  const auto vectors = vectors_of(folder);
  CHECK(vectors.size() >= at_least);
  for (const VectorFile& vector : vectors) {
    INFO(vector.id << ": " << to_text(judge(vector)));
    CHECK(judge(vector).kind == Judgement::Kind::agrees);
  }
}

// A rule that is missing, as a change of what the model is told; it says whether it changed something.
struct MissingRule {
  const char* name;
  std::function<bool(Step&)> change;
};

// How many vectors notice that the model does not know the rule.
std::size_t noticed(const std::vector<VectorFile>& vectors, const MissingRule& rule) {
  std::size_t count = 0;
  for (VectorFile vector : vectors) {
    bool changed = false;
    for (Step& step : vector.setup) changed |= rule.change(step);
    for (Step& step : vector.steps) changed |= rule.change(step);
    if (changed && judge(vector).kind == Judgement::Kind::differs) ++count;
  }
  return count;
}

JsonNode* member(Step& step, std::string_view key) { return step.node.find(key); }

// ---- Redis: arguments of commands

bool is_command(Step& step, std::string_view name) {
  const JsonNode* args = member(step, "args");
  return args != nullptr && !args->items.empty() && args->items[0].text == name;
}

std::function<bool(Step&)> without_argument(std::string_view command, std::string_view word, std::size_t with_values) {
  return [=](Step& step) {
    if (!is_command(step, command)) return false;
    auto& items = member(step, "args")->items;
    const auto found = std::find_if(items.begin(), items.end(), [&](const JsonNode& item) { return item.text == word; });
    if (found == items.end()) return false;
    items.erase(found, found + static_cast<std::ptrdiff_t>(1 + with_values));
    return true;
  };
}

std::function<bool(Step&)> with_argument(std::string_view command, std::size_t position, std::string_view now) {
  return [=](Step& step) {
    if (!is_command(step, command) || member(step, "args")->items.size() <= position) return false;
    JsonNode& item = member(step, "args")->items[position];
    if (item.text == now) return false;
    item = node(now);
    return true;
  };
}

// ---- NATS: configurations, headers, bodies of acks

std::function<bool(Step&)> without_config(std::string_view key) {
  return [=](Step& step) {
    JsonNode* config = member(step, "config");
    if (config == nullptr || config->find(key) == nullptr) return false;
    std::erase_if(config->members, [&](const JsonMember& m) { return m.key == key; });
    return true;
  };
}

std::function<bool(Step&)> with_config(std::string_view key, std::string_view was, std::string_view now) {
  return [=](Step& step) {
    JsonNode* config = member(step, "config");
    JsonNode* value = config == nullptr ? nullptr : config->find(key);
    if (value == nullptr || value->text != was) return false;
    *value = node(now);
    return true;
  };
}

std::function<bool(Step&)> without_header(std::string_view key) {
  return [=](Step& step) {
    JsonNode* headers = member(step, "headers");
    if (headers == nullptr || headers->find(key) == nullptr) return false;
    std::erase_if(headers->members, [&](const JsonMember& m) { return m.key == key; });
    return true;
  };
}

std::function<bool(Step&)> with_body(std::string_view was, std::string_view now) {
  return [=](Step& step) {
    JsonNode* body = member(step, "body");
    if (step.op != "ack" || body == nullptr || !body->text.starts_with(was)) return false;
    *body = node(now);
    return true;
  };
}

}  // namespace

TEST_CASE("vectors.the_redis_model_agrees_with_every_vector") { check_all_agree("redis", 26); }
TEST_CASE("vectors.the_jetstream_model_agrees_with_every_vector") { check_all_agree("nats", 33); }

TEST_CASE("vectors.a_missing_rule_of_redis_is_noticed") {
  const auto vectors = vectors_of("redis");
  const MissingRule rules[] = {
      {"RS-ADD-1 NOMKSTREAM", without_argument("XADD", "NOMKSTREAM", 0)},
      {"RS-TRIM-1 MAXLEN", without_argument("XADD", "MAXLEN", 1)},
      {"RS-ACK-3 NOACK", without_argument("XREADGROUP", "NOACK", 0)},
      {"RS-CLAIM-1 min-idle-time", with_argument("XCLAIM", 4, "0")},
      {"RS-CLAIM-2 JUSTID does not count", without_argument("XCLAIM", "JUSTID", 0)},
      {"RS-CLAIM-3 COUNT", without_argument("XAUTOCLAIM", "COUNT", 1)},
      {"RS-CLAIM-3 min-idle-time", with_argument("XAUTOCLAIM", 4, "0")},
      {"RS-GRP-3 a deleted consumer", [](Step& step) {
         if (!is_command(step, "XGROUP") || member(step, "args")->items[1].text != "DELCONSUMER") return false;
         member(step, "args")->items[4] = node("somebody-else");
         return true;
       }},
      {"RS-GRP-4 SETID", [](Step& step) {
         if (!is_command(step, "XGROUP") || member(step, "args")->items[1].text != "SETID") return false;
         member(step, "args")->items[4] = node("99-0");
         return true;
       }},
      {"RS-HIST-1 a history is one's own", [](Step& step) {
         if (!is_command(step, "XREADGROUP") || member(step, "args")->items.back().text == ">") return false;
         member(step, "args")->items.back() = node(">");
         return true;
       }},
      {"RS-DEL-1 XDEL", with_argument("XDEL", 2, "77-7")},
      {"RS-ACK-1 XACK", with_argument("XACK", 3, "77-7")},
  };
  for (const MissingRule& rule : rules) {
    INFO(rule.name);
    CHECK(noticed(vectors, rule) >= 1);
  }
}

TEST_CASE("vectors.a_missing_rule_of_jetstream_is_noticed") {
  const auto vectors = vectors_of("nats");
  const MissingRule rules[] = {
      {"JS-DEDUP-1", without_header("Nats-Msg-Id")},
      {"JS-DEDUP-1 window", without_config("duplicate_window")},
      {"JS-PUB-2 last sequence", without_header("Nats-Expected-Last-Sequence")},
      {"JS-PUB-2 subject", without_header("Nats-Expected-Last-Subject-Sequence")},
      {"JS-PUB-2 stream", without_header("Nats-Expected-Stream")},
      {"JS-ACK-1 ack_wait", without_config("ack_wait")},
      {"JS-ACK-3 -NAK", with_body("-NAK", "+WPI")},
      {"JS-ACK-3 delay", with_body("-NAK {", "-NAK")},
      {"JS-ACK-4 +TERM", with_body("+TERM", "-NAK")},
      {"JS-ACK-5 +WPI", with_body("+WPI", "nothing")},
      {"JS-ACK-6 all", with_config("ack_policy", "all", "explicit")},
      {"JS-ACK-6 none", with_config("ack_policy", "none", "explicit")},
      {"JS-MAXD-1", without_config("max_deliver")},
      {"JS-BACK-1", without_config("backoff")},
      {"JS-FLOW-1", without_config("max_ack_pending")},
      {"JS-DLV-1", without_config("deliver_policy")},
      {"JS-RET-1", with_config("retention", "workqueue", "limits")},
      {"JS-RET-2", with_config("retention", "interest", "limits")},
      {"JS-RET-3 max_msgs", without_config("max_msgs")},
      {"JS-RET-3 max_age", without_config("max_age")},
      {"JS-RET-3 discard new", with_config("discard", "new", "old")},
      {"JS-PUSH-1 deliver_group", without_config("deliver_group")},
      {"filter_subject", without_config("filter_subject")},
  };
  for (const MissingRule& rule : rules) {
    INFO(rule.name);
    CHECK(noticed(vectors, rule) >= 1);
  }
}

// What the model does not have counts as not written where it is off, and is never taken for off where it is on.
TEST_CASE("vectors.a_key_of_jetstream_that_the_model_does_not_have_must_be_off") {
  const auto judged = [](const std::string& stream, const std::string& consumer) {
    Diagnostics diagnostics;
    const auto vector = parse_vector("x.json", R"({"format":"broker-vector/1","id":"a","broker":"nats-jetstream","recorded":"derived","observed":[],"setup":[
      {"op":"stream.create","config":{"name":"S","subjects":["s"])" + stream + R"(}},{"op":"consumer.create","stream":"S","config":{"durable_name":"C","ack_policy":"explicit")" + consumer + R"(}}],"steps":[]})", diagnostics);
    REQUIRE(vector);
    return to_text(judge(*vector));
  };
  CHECK(judged("", "") == "agrees");
  CHECK(judged(R"(,"sealed":false,"description":"x")", R"(,"replay_policy":"instant","num_replicas":0,"inactive_threshold":0)") == "agrees");
  for (const char* key : {"sealed", "deny_delete", "deny_purge", "allow_rollup_hdrs", "no_ack", "allow_direct", "mirror_direct"}) {
    CHECK(judged(",\"" + std::string(key) + "\":true", "") == "not supported (\"" + std::string(key) + "\" of a stream: true)");
  }
  CHECK(judged("", R"(,"mem_storage":true)") == "not supported (\"mem_storage\" of a consumer: true)");
  CHECK(judged("", R"(,"inactive_threshold":5000)") == "not supported (\"inactive_threshold\" of a consumer: 5000)");
  CHECK(judged("", R"(,"replay_policy":"original")") == "not supported (\"replay_policy\" of a consumer: \"original\")");
  CHECK(judged("", R"(,"num_replicas":3)") == "not supported (\"num_replicas\" of a consumer: 3)");
}

TEST_CASE("vectors.hostile_steps_of_redis_and_jetstream_end") {
  const auto judged = [](const std::string& broker, const std::string& steps) {
    Diagnostics diagnostics;
    const auto vector = parse_vector("x.json", R"({"format":"broker-vector/1","id":"a","broker":")" + broker + R"(","observed":[],"steps":[)" + steps + "]}", diagnostics);
    REQUIRE(vector);
    return judge(*vector).kind;
  };
  using Kind = Judgement::Kind;
  CHECK(judged("redis-streams", R"({"n":1,"op":"command"})") == Kind::not_supported);
  CHECK(judged("redis-streams", R"({"n":1,"op":"command","args":["SET","a","b"]})") == Kind::not_supported);
  CHECK(judged("redis-streams", R"({"n":1,"op":"command","args":["XREAD","BLOCK","0","STREAMS","s","$"]})") == Kind::not_supported);
  CHECK(judged("redis-streams", R"({"n":1,"op":"reply","conn":"c"})") == Kind::not_supported);
  CHECK(judged("redis-streams", R"({"n":1,"op":"wait","ms":9223372036854775807})") == Kind::not_supported);
  CHECK(judged("redis-streams", R"({"n":1,"op":"command","args":["XADD","s","99999999999999999999-1","k","v"]})") == Kind::differs);
  CHECK(judged("redis-streams", R"({"n":1,"op":"broker.config","config":{"save":"-1 -1","surprise":1}})") == Kind::not_supported);
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"fetch","stream":"S","consumer":"C","expires_ms":-1})") == Kind::not_supported);
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"fetch","stream":"S","consumer":"C"})") == Kind::not_supported);
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"ack","stream_seq":1,"body":"+ACK"})") == Kind::not_supported);
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"publish","subject":"a..b","data":"x"})") == Kind::not_supported);
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"stream.create","config":{"name":"S","surprise":1}})") == Kind::not_supported);
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"collect","ms":5})") == Kind::not_supported);
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"broker.restart"},{"n":2,"op":"info","stream":"S"})") == Kind::differs);
  for (const std::string op : {"broker.stop", "broker.kill"}) {
    CHECK(judged("nats-jetstream", R"({"n":1,"op":")" + op + R"("},{"n":2,"op":"publish","subject":"s","data":"x"})") == Kind::not_supported);
    CHECK(judged("nats-jetstream", R"({"n":1,"op":")" + op + R"("},{"n":2,"op":"broker.start"},{"n":3,"op":"publish","subject":"s","data":"x"})") == Kind::differs);
    CHECK(judged("redis-streams", R"({"n":1,"op":")" + op + R"("},{"n":2,"op":"command","args":["XLEN","s"]})") == Kind::not_supported);
    CHECK(judged("redis-streams", R"({"n":1,"op":")" + op + R"("},{"n":2,"op":"broker.start"},{"n":3,"op":"command","args":["XLEN","s"]})") == Kind::differs);
  }
  CHECK(judged("nats-jetstream", R"({"n":1,"op":"stream.create","config":{"name":"S","subjects":["s"],"max_msgs":-9223372036854775807}})") == Kind::differs);
}

}  // namespace flowtank::vectors
