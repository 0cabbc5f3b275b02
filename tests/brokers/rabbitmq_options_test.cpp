// SPDX-License-Identifier: Apache-2.0
// RabbitMQ's keys: defaults of the product and of its releases, ranges, impossible combinations; and topic patterns, headers and
// circles of dead letters, which need no server.
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include <models/brokers/rabbitmq/deaths.hpp>
#include <models/brokers/rabbitmq/exchange.hpp>
#include <models/brokers/rabbitmq/options.hpp>

namespace flowtank::rabbitmq {
namespace {

std::string codes(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& d : diagnostics.all()) text += (text.empty() ? "" : " ") + d.code;
  return text;
}

std::string queue(std::vector<Setting> settings, Release release = Release::r4_0) {
  Diagnostics diagnostics;
  read_queue(settings, {release}, {}, diagnostics);
  return codes(diagnostics);
}

}  // namespace

TEST_CASE("rabbitmq_options.defaults_are_those_of_the_product") {
  Diagnostics diagnostics;
  const BrokerSettings broker = read_broker({}, {}, diagnostics);
  CHECK(broker.consumer_timeout_ms == 1'800'000);
  CHECK(broker.channel_tick_interval_ms == 60'000);
  CHECK(broker.profile.release == Release::r4_0);
  const PublisherSettings publisher = read_publisher({}, {}, diagnostics);
  CHECK_FALSE(publisher.confirms);
  CHECK_FALSE(publisher.persistent);
  CHECK(read_consumer({}, broker, {}, diagnostics).prefetch == 0);
  const std::vector<Setting> spring = {{"client", "spring", {}}};
  CHECK(read_consumer(spring, broker, {}, diagnostics).prefetch == 250);
  const std::vector<Setting> quorum = {{"x-queue-type", "quorum", {}}};
  CHECK(read_queue(quorum, {Release::r3_13}, {}, diagnostics).delivery_limit == -1);  // RMQ-QQ-LIMIT-3
  CHECK(read_queue(quorum, {Release::r4_0}, {}, diagnostics).delivery_limit == 20);
  CHECK(diagnostics.all().empty());
}

TEST_CASE("rabbitmq_options.impossible_combinations_name_their_rule") {
  CHECK(queue({{"x-queue-type", "quorum", {}}, {"durable", "false", {}}}) == "FT-RMQ-001");
  CHECK(queue({{"x-queue-type", "quorum", {}}, {"exclusive", "true", {}}, {"auto_delete", "true", {}}}) == "FT-RMQ-001 FT-RMQ-001");
  CHECK(queue({{"x-queue-type", "quorum", {}}, {"x-overflow", "reject-publish-dlx", {}}}) == "FT-RMQ-002");
  CHECK(queue({{"x-queue-type", "quorum", {}}, {"x-max-priority", "3", {}}}) == "FT-RMQ-003");
  CHECK(queue({{"x-delivery-limit", "3", {}}}) == "FT-RMQ-004");
  CHECK(queue({{"x-dead-letter-routing-key", "k", {}}}) == "FT-RMQ-005");
  CHECK(queue({{"x-dead-letter-exchange", "", {}}, {"x-dead-letter-strategy", "at-least-once", {}}}) == "FT-RMQ-006");
  CHECK(queue({{"x-queue-type", "quorum", {}}, {"x-delayed-retry-type", "all", {}}}) == "FT-RMQ-007");
  CHECK(queue({{"x-queue-type", "quorum", {}}, {"x-delayed-retry-type", "all", {}}}, Release::r4_3).empty());
  CHECK(queue({{"x-message-ttl", "-1", {}}}) == "FT-RANGE-004");
  CHECK(queue({{"durable", "yes", {}}}) == "FT-TYPE-001");
  CHECK(queue({{"ha-mode", "all", {}}}) == "FT-RMQ-016");  // gone in 4.0
  CHECK(queue({{"ha-mode", "all", {}}}, Release::r3_13).empty());
  CHECK(queue({{"ha-mode", "all", {}}, {"x-queue-type", "quorum", {}}}, Release::r3_10) == "FT-RMQ-017");
  CHECK(queue({{"ha-mode", "exactly", {}}}, Release::r3_10) == "FT-RMQ-018");
  CHECK(queue({{"ha-mode", "exactly", {}}, {"ha-params", "2", {}}}, Release::r3_10).empty());
  CHECK(queue({{"ha-sync-mode", "automatic", {}}}, Release::r3_10) == "FT-RMQ-018");
  Diagnostics diagnostics;
  const std::vector<Setting> idle = {{"mandatory", "true", {}}}, both = {{"no_ack", "true", {}}, {"prefetch_count", "3", {}}};
  read_publisher(idle, {}, diagnostics);
  read_consumer(both, {}, {}, diagnostics);
  CHECK(codes(diagnostics) == "FT-RMQ-008 FT-RMQ-009");
}

TEST_CASE("rabbitmq_options.each_key_is_there_once_in_a_scope_and_has_a_meaning") {
  std::set<std::pair<std::string_view, Scope>> seen;
  for (const RabbitOption& option : options()) {
    INFO(option.key);
    CHECK(seen.emplace(option.key, option.scope).second);
    CHECK(option.meaning.size() > 10);
    if (option.type == OptionType::choice) CHECK(option.values.find(option.preset) != std::string_view::npos);
  }
}

TEST_CASE("rabbitmq_options.releases_are_recognised") {
  CHECK(release_of("3.10.8") == Release::r3_10);
  CHECK(release_of("3.12") == Release::r3_10);
  CHECK(release_of("3.13.7") == Release::r3_13);
  CHECK(release_of("4.2.1") == Release::r4_0);
  CHECK(release_of("4.3") == Release::r4_3);
  for (const char* bad : {"", "3", "3.9", "5.0", "x.y", "3.10x"}) {
    INFO(bad);
    CHECK_FALSE(release_of(bad).has_value());
  }
}

TEST_CASE("rabbitmq_exchange.topics_match_words") {
  CHECK(topic_matches("#", ""));
  CHECK_FALSE(topic_matches("*", ""));
  CHECK(topic_matches("orders.#", "orders"));
  CHECK_FALSE(topic_matches("orders.*", "orders"));
  CHECK(topic_matches("orders.*.eu", "orders..eu"));
  CHECK(topic_matches("#.eu.#", "a.eu.b.c"));
  CHECK_FALSE(topic_matches("#.eu", "eu.b"));
}

TEST_CASE("rabbitmq_exchange.exchanges_may_form_circles") {
  Router router;
  for (const char* name : {"a", "b"}) {
    Exchange exchange;
    exchange.type = ExchangeType::fanout;
    router.declare(name, exchange);
  }
  router.bind("a", {"b", true, "", {}});
  router.bind("b", {"a", true, "", {}});
  router.bind("b", {"q", false, "", {}});
  router.bind("a", {"q", false, "", {}});
  CHECK(router.route("a", {"k"}, {}) == std::vector<std::string>{"q"});  // RMQ-EX-2
}

TEST_CASE("rabbitmq_deaths.only_automatic_circles_are_cut") {
  std::vector<Death> deaths;
  add_death(deaths, {1, "", "work", DeathReason::rejected, {"work"}, {}});
  add_death(deaths, {1, "", "wait", DeathReason::expired, {"wait"}, {}});
  CHECK_FALSE(closes_circle(deaths, "work"));
  CHECK(closes_circle(deaths, "wait"));
  add_death(deaths, {1, "", "work", DeathReason::rejected, {"work"}, {}});
  REQUIRE(deaths.size() == 2);
  CHECK(deaths[0].queue == "work");
  CHECK(deaths[0].count == 2);
}

TEST_CASE("rabbitmq_options.keys_that_only_vectors_play_decide_nothing_in_scenarios") {
  for (const char* key : {"x-dead-letter-strategy", "quorum_cluster_size", "max_message_size", "x-expires", "x-queue-mode"}) CHECK_FALSE(decides_in_scenarios(key));
  for (const char* key : {"x-consumer-timeout", "consumer_timeout", "x-delayed-retry-type", "nodes"}) CHECK(decides_in_scenarios(key));
}

}  // namespace flowtank::rabbitmq
