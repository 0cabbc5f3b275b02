// SPDX-License-Identifier: Apache-2.0
// One scenario under several kinds of brokers: which rows there are, what is left out of a file for another product, what
// stands instead, who cannot carry it, and that a difference is explained by what happened in the counterexample. The
// rules that explain are the shipped ones; the verdicts are those of the drivers.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <models/brokers/differences.hpp>
#include <models/brokers/registry.hpp>
#include <sim/check/broker_matrix.hpp>
#include <sim/check/scenario_check.hpp>

namespace flowtank {
namespace {

const std::string scenarios = std::string(FLOWTANK_SOURCE_DIR) + "/scenarios/";

std::optional<DrivenScenario> checked(const std::string& file, const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = overrides;
  load.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
  auto loaded = load_scenario(file, load, diagnostics);
  if (!loaded) return std::nullopt;
  const auto scenario = std::make_shared<const Scenario>(std::move(*loaded));
  auto result = check_scenario(*scenario, shipped_brokers(), CheckOptions{}, diagnostics);
  if (!result) return std::nullopt;
  accept_repaired(*result);
  return DrivenScenario{scenario, std::move(*result)};
}

BrokerMatrix matrix_of(const std::string& file, const std::vector<std::string>& kinds, const std::vector<std::string>& sets = {}) {
  LoadOptions load;
  load.purpose = LoadPurpose::check;
  load.overrides = sets;
  load.model_path = {std::string(FLOWTANK_SOURCE_DIR) + "/models/services"};
  BrokerMatrix matrix = broker_matrix(Driver::check, kinds, "sns_sqs", [&](const std::string& kind, Diagnostics& diagnostics) -> std::optional<DrivenScenario> {
    const auto overrides = overrides_for_broker(scenarios + file, load, kind, shipped_brokers(), diagnostics);
    if (!overrides) return std::nullopt;
    std::vector<std::string> all = sets;
    all.insert(all.end(), overrides->begin(), overrides->end());
    return checked(scenarios + file, all, diagnostics);
  }, nullptr);
  explain_differences(matrix, [](const System& system, const std::string& kind, const std::string& happened, bool harmed) {
    const BrokerDifference* found = find_difference(system, kind, happened, harmed);
    return found == nullptr ? BrokerRule{} : BrokerRule{std::string(found->rule), std::string(found->sentence)};
  });
  return matrix;
}

// "ideal FAIL ideal, kafka PASS KF-1": of the first property.
std::string told(const BrokerMatrix& matrix) {
  std::string out;
  for (const BrokerMatrix::Reason& reason : matrix.reasons) {
    if (reason.property != 0) continue;
    out += (out.empty() ? "" : ", ") + reason.kind + " " + std::string(to_text(reason.verdict)) + " " + reason.rule;
  }
  return out;
}

}  // namespace

TEST_CASE("broker_matrix.a_lost_answer_is_explained_by_who_removes_duplicates") {
  const BrokerMatrix matrix = matrix_of("sns_sqs/lost-answer-fifo.json", {"ideal", "kafka", "sns_sqs"});
  REQUIRE(matrix.rows.size() == 3);
  CHECK(told(matrix) == "ideal FAIL ideal, kafka FAIL KF-IDEM-1, sns_sqs PASS SQS-DEDUP-1");
  CHECK(matrix.exit == ExitCode::not_met);
  CHECK_FALSE(matrix.rows[0].is_own);
  CHECK(matrix.rows[2].is_own);
  // The same file as a standard queue: the rule is another one, and nobody holds.
  const BrokerMatrix standard = matrix_of("sns_sqs/lost-answer-standard.json", {"ideal", "sns_sqs"});
  CHECK(standard.reasons.empty());
  CHECK(standard.exit == ExitCode::ok);
}

TEST_CASE("broker_matrix.a_timeout_of_the_product_itself_is_found_in_the_counterexample") {
  const BrokerMatrix matrix = matrix_of("sns_sqs/visibility-too-short.json", {"ideal", "kafka", "sns_sqs"});
  CHECK(told(matrix).find("sns_sqs FAIL SQS-VIS-1") != std::string::npos);
  const auto sqs = std::find_if(matrix.reasons.begin(), matrix.reasons.end(), [](const auto& r) { return r.kind == "sns_sqs"; });
  REQUIRE(sqs != matrix.reasons.end());
  CHECK(sqs->happened.find("ends the visibility timeout") != std::string::npos);
}

TEST_CASE("broker_matrix.who_cannot_show_a_fault_is_listed_and_decides_nothing") {
  const BrokerMatrix matrix = matrix_of("faults/failover.json", {"ideal", "kafka", "sns_sqs"});
  REQUIRE(matrix.rows.size() == 1);
  CHECK(matrix.rows[0].kind == "kafka");
  CHECK(matrix.exit == ExitCode::ok);
  REQUIRE(matrix.not_carried.size() == 2);
  CHECK(matrix.not_carried[0].why.find("cannot show a failover") != std::string::npos);
  CHECK(matrix_of("faults/failover.json", {"ideal"}).exit == ExitCode::bad_input);
}

TEST_CASE("broker_matrix.keys_of_one_product_are_left_out_for_others_and_instead_says_what_stands_there") {
  LoadOptions load;
  Diagnostics diagnostics;
  const auto plain = overrides_for_broker(scenarios + "faults/failover.json", load, "sns_sqs", shipped_brokers(), diagnostics);
  REQUIRE(plain);
  REQUIRE(plain->size() == 1);
  CHECK(plain->front() == R"(brokers.bus={ "kind": "sns_sqs", "topics": { "orders": {}, "payments": {} } })");
  load.overrides = {R"(brokers.bus.instead={"sns_sqs":{"FifoQueue":true,"topics":{"orders":{"VisibilityTimeout":5}}}})"};
  const auto instead = overrides_for_broker(scenarios + "faults/failover.json", load, "sns_sqs", shipped_brokers(), diagnostics);
  REQUIRE(instead);
  CHECK(instead->front() == R"(brokers.bus={ "kind": "sns_sqs", "topics": { "orders": { "VisibilityTimeout": 5 }, "payments": {} }, "FifoQueue": true })");
  CHECK(overrides_for_broker(scenarios + "faults/failover.json", load, "kafka", shipped_brokers(), diagnostics)->empty());
  const BrokerMatrix matrix = matrix_of("sns_sqs/lost-answer-standard.json", {"kafka", "sns_sqs"}, {R"(brokers.bus.instead={"kafka":{"acks":"0"}})"});
  CHECK(told(matrix) == "kafka PASS KF-PROD-1, sns_sqs FAIL SQS-SEND-1");
}

// Two brokers: what one is asked for leaves the subscriptions of the other as they are.
TEST_CASE("broker_matrix.options_of_channels_that_stay_stay") {
  LoadOptions load;
  load.overrides = {R"(brokers={"k":{"kind":"kafka","topics":{"orders":{}}},"r":{"kind":"rabbitmq","exchanges":{"payments":{}}}})",
                    R"(services.payment.subscriptions={"orders":{"client":"librdkafka"}})", R"(services.order.subscriptions={"payments":{"prefetch_count":5}})"};
  Diagnostics diagnostics;
  const auto overrides = overrides_for_broker(scenarios + "faults/failover.json", load, "kafka", shipped_brokers(), diagnostics);
  REQUIRE(overrides);
  const auto has = [&](const std::string& what) { return std::find(overrides->begin(), overrides->end(), what) != overrides->end(); };
  CHECK(has(R"(services.payment.subscriptions={ "orders": { "client": "librdkafka" } })"));
  CHECK(has("services.order.subscriptions={}"));
}

TEST_CASE("broker_matrix.misspelt_names_in_instead_are_refused") {
  LoadOptions load;
  load.overrides = {R"(brokers.bus.instead={"kafak":{"acks":"0"},"sns_sqs":{"subscriptions":{"paymnt":{}}}})"};
  Diagnostics diagnostics;
  CHECK_FALSE(overrides_for_broker(scenarios + "faults/failover.json", load, "sns_sqs", shipped_brokers(), diagnostics));
  REQUIRE(diagnostics.all().size() == 2);
  CHECK(diagnostics.all()[0].code == "FT-REF-014");
  CHECK(diagnostics.all()[0].hint.find("kafka") != std::string::npos);
  CHECK(diagnostics.all()[1].code == "FT-REF-003");
}

// A poisoned message comes again because its handler failed, not because a deadline was over.
TEST_CASE("broker_matrix.a_retry_is_no_deadline") {
  const BrokerMatrix matrix = matrix_of("faults/poison.json", {"ideal", "rabbitmq"});
  for (const BrokerMatrix::Row& row : matrix.rows) {
    for (const auto& happened : row.happened) CHECK(std::find(happened.begin(), happened.end(), "ack_deadline") == happened.end());
  }
}

TEST_CASE("broker_matrix.kinds_are_asked_for_by_name") {
  Diagnostics diagnostics;
  CHECK(brokers_asked("all", shipped_brokers(), diagnostics)->size() == shipped_brokers().size());
  CHECK(*brokers_asked("kafka,ideal,kafka", shipped_brokers(), diagnostics) == std::vector<std::string>{"kafka", "ideal"});
  CHECK_FALSE(brokers_asked("kafak", shipped_brokers(), diagnostics));
  CHECK(diagnostics.all().front().code == "FT-REF-014");
  CHECK(diagnostics.all().front().hint.find("kafka") != std::string::npos);
}

TEST_CASE("broker_matrix.every_rule_of_the_comparison_names_a_registered_kind") {
  for (const BrokerDifference& row : broker_differences()) {
    INFO(row.kind << " " << row.rule);
    CHECK(std::any_of(shipped_brokers().begin(), shipped_brokers().end(), [&](const BrokerKind& kind) { return kind.name == row.kind; }));
    CHECK_FALSE(row.sentence.empty());
  }
}

}  // namespace flowtank
