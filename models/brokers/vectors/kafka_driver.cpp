// SPDX-License-Identifier: Apache-2.0
// See kafka_driver.hpp: the frame, topics, faults and time. Producers, consumers and logs are in
// kafka_driver_producers.cpp, kafka_driver_consumers.cpp and kafka_driver_logs.cpp.
#include "models/brokers/vectors/kafka_driver.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/nats_driver.hpp"
#include "models/brokers/vectors/node.hpp"
#include "models/brokers/vectors/sns_sqs_driver.hpp"
#include "models/brokers/vectors/rabbitmq_driver.hpp"
#include "models/brokers/vectors/redis_driver.hpp"

namespace flowtank::vectors {
namespace {

constexpr std::uint64_t most_runs = 1'000'000;        // of the clock, in a vector; a poll takes 5,000 at most where nothing happens
constexpr std::uint64_t most_events = 3'000'000;      // at a time; a vector of an hour has thousands
constexpr std::int64_t most_ms = std::int64_t{40} * 365 * 86'400'000;
constexpr std::int64_t most_partitions = 4096, most_brokers = 1000;

}  // namespace

const std::map<std::string, KafkaDriver::Handler, std::less<>>& KafkaDriver::handlers() {
  using D = KafkaDriver;
  static const std::map<std::string, Handler, std::less<>> all = {
      {"topic.create", &D::create_topic}, {"topic.config", &D::change_topic}, {"topic.alter", &D::change_topic},
      {"topic.add_partitions", &D::grow_topic}, {"topic.partitions", &D::grow_topic}, {"partitions.create", &D::grow_topic},
      {"broker.config", &D::configure_brokers}, {"cluster", &D::configure_brokers},
      {"producer", &D::make_producer}, {"producer.kill", &D::kill_producer}, {"producer.close", &D::close_producer},
      {"produce", &D::produce}, {"flush", &D::flush},
      {"txn.init", &D::txn_init}, {"txn.begin", &D::txn_begin}, {"txn.commit", &D::txn_commit}, {"txn.abort", &D::txn_abort},
      {"txn.offsets", &D::txn_offsets}, {"txn.send_offsets", &D::txn_offsets}, {"txn.send_offsets_to_transaction", &D::txn_offsets},
      {"consumer", &D::make_consumer}, {"subscribe", &D::subscribe}, {"poll", &D::poll},
      {"commit_sync", &D::commit}, {"commit_async", &D::commit}, {"committed", &D::committed}, {"store_offsets", &D::store_offsets},
      {"offsets.store", &D::store_offsets}, {"seek", &D::seek}, {"position", &D::position}, {"assignment", &D::assignment},
      {"consumer.close", &D::close_consumer}, {"consumer.kill", &D::kill_consumer},
      {"fault.consumer_pause", &D::stop_consumer}, {"fault.consumer_resume", &D::resume_consumer},
      {"log.read", &D::read_log}, {"log.offsets", &D::log_offsets}, {"log.roll", &D::roll_log}, {"topic.roll", &D::roll_log},
      {"log.clean", &D::clean_log}, {"log.retention", &D::clean_log}, {"log.compact", &D::compact_log}, {"topic.compact", &D::compact_log}, {"segment.roll", &D::roll_log},
      {"log.delete_records", &D::delete_records}, {"wait", &D::wait},
      {"fault.request_errors", &D::request_errors}, {"fault.request_rtt", &D::request_rtt}, {"fault.request_late", &D::request_late}, {"fault.answer_lost", &D::answer_lost},
      {"fault.broker_down", &D::broker_down}, {"fault.broker_stop", &D::broker_down}, {"fault.broker_kill", &D::broker_kill},
      {"fault.broker_up", &D::broker_up}, {"fault.broker_start", &D::broker_up},
      {"fault.replication_pause", &D::replication_pause}, {"fault.replication_resume", &D::replication_resume},
      {"fault.isr_drop", &D::drop_from_isr}, {"fault.isr_shrink", &D::drop_from_isr}, {"fault.out_of_isr", &D::drop_from_isr},
      {"fault.power_loss", &D::power_loss},
  };
  return all;
}

KafkaDriver::KafkaDriver(const Script& vector) : mock_(vector.broker == "kafka-mock"), cells_(pool_, false) {
  broker_settings_.group_min_session_timeout_ms = 1;  // vectors have short sessions, so that they take seconds
  for (const auto* steps : {&vector.setup, &vector.steps}) {  // as many brokers as the vector speaks of
    for (const Step& step : *steps) {
      for (const std::string_view key : {"replication_factor", "broker", "follower", "brokers"}) {
        brokers_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(whole_of(step.node, key, 1), brokers_, most_brokers));
      }
    }
  }
  const auto key_of_message = [this](Word message) {
    const Value pair = pool_.value(message);
    return kafka::PartitionLog::Keyed{pool_.find(pair.items()[0]), pair.items()[1].is(Kind::null)};
  };
  cluster_ = std::make_unique<kafka::Cluster>(cells_, pool_, broker_settings_, key_of_message);
  network_ = std::make_unique<kafka::Network>(clock_, *cluster_);
  service_ = std::make_unique<kafka::GroupService>(*network_, cells_);
}

KafkaDriver::~KafkaDriver() = default;

std::string KafkaDriver::play(const Step& step, bool is_setup, std::vector<Observation>& out) {
  static_cast<void>(is_setup);
  const auto handler = handlers().find(step.op);
  if (handler == handlers().end()) return fmt::format("op {}", to_text(node(step.op), 80));
  std::string why = (this->*handler->second)(step.node, out);
  if (exhausted_) return "more happens than any vector needs";
  return why;
}

void KafkaDriver::settle(const Step& step, const Step* next) {
  if (step.op == "produce") {
    // Records were produced one right after another; then the recorder paused, unless it flushed.
    const bool goes_on = next != nullptr && (next->op == "produce" || next->op == "flush" || next->op.starts_with("fault."));
    if (!goes_on) run_for(60);
    return;
  }
  if (step.op == "wait" || step.op == "producer" || step.op == "topic.create") return;
  // Seconds after brokers go and come, so that leaders are elected; else 60 to 300 ms.
  run_for(step.op.starts_with("fault.broker") || step.op == "fault.power_loss" ? 3000 : 60);
}

void KafkaDriver::run_until(std::int64_t time_ms) {
  // A poll of years is years of heartbeats, each of them a run of its own.
  if (++runs_ > most_runs || !clock_.run_until(std::min(time_ms, most_ms), most_events)) exhausted_ = true;
}

void KafkaDriver::every(std::int64_t interval_ms, std::function<void()> what) {
  clock_.after(std::max<std::int64_t>(interval_ms, 1), [this, interval_ms, what = std::move(what)] {
    what();
    every(interval_ms, what);
  });
}

void KafkaDriver::start_housekeeping() {
  if (std::exchange(keeps_house_, true)) return;
  every(broker_settings_.transaction_check_interval_ms, [this] { cluster_->abort_overdue(clock_.now_ms()); });
  every(broker_settings_.log_retention_check_interval_ms, [this] {
    for (std::uint32_t p = 0; p < cluster_->partitions(); ++p) cluster_->clean(p, clock_.now_ms());
    cluster_->expire_producers(clock_.now_ms());
    for (std::uint32_t g = 0; g < cluster_->groups(); ++g) service_->look(g);
  });
}

bool KafkaDriver::same_name(std::string_view expected, std::string_view actual) const {
  if (expected == actual) return true;
  // What Kafka, Java's exceptions and librdkafka call the same error.
  static const std::vector<std::vector<std::string_view>> groups = {
      {"FENCED", "_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH", "ProducerFenced", "ProducerFencedException"},
      {"TIMEOUT", "_MSG_TIMED_OUT", "_TIMED_OUT", "TimeoutException", "TIMED_OUT", "_TIMED_OUT_QUEUE"},
      {"CONFIG_EXCEPTION", "ConfigException", "_INVALID_ARG", "INVALID_CONFIG"},
      {"MSG_SIZE_TOO_LARGE", "MESSAGE_TOO_LARGE", "RECORD_TOO_LARGE", "RecordTooLargeException"},
      {"FENCED_INSTANCE_ID", "FencedInstanceId", "FencedInstanceIdException", "_FATAL"},
      {"CommitFailed", "COMMIT_FAILED", "CommitFailedException", "UNKNOWN_MEMBER_ID"},
      {"CommitFailed", "COMMIT_FAILED", "CommitFailedException", "ILLEGAL_GENERATION"},
      {"CommitFailed", "COMMIT_FAILED", "CommitFailedException", "STALE_MEMBER_EPOCH"},
      {"NO_OFFSET_FOR_PARTITION", "_AUTO_OFFSET_RESET", "NoOffsetForPartitionException", "OFFSET_OUT_OF_RANGE"},
      {"_MAX_POLL_EXCEEDED", "MAX_POLL_EXCEEDED"},
      {"INVALID_TXN_STATE", "_STATE", "InvalidTxnStateException", "IllegalStateException"},
      {"_NO_OFFSET", "NO_OFFSET"},
      {"ok", "OK", "NO_ERROR"},
  };
  return std::any_of(groups.begin(), groups.end(), [&](const auto& names) {
    return std::find(names.begin(), names.end(), expected) != names.end() && std::find(names.begin(), names.end(), actual) != names.end();
  });
}

std::uint32_t KafkaDriver::sharing() const {
  std::map<std::uint32_t, std::uint32_t> members;
  std::uint32_t most = 0;
  for (const auto& [name, consumer] : consumers_) {
    if (consumer->alive()) most = std::max(most, ++members[consumer->group()]);
  }
  return most;
}

// ---- names in steps ----------------------------------------------------------------------------------------

std::vector<kafka::Setting> KafkaDriver::settings_of(const JsonNode& step, std::string_view key) const {
  std::vector<kafka::Setting> settings;
  const JsonNode* config = step.find(key);
  if (config == nullptr || !config->is(JsonKind::object)) return settings;
  for (const JsonMember& member : config->members) {
    std::string text;
    if (member.value.is(JsonKind::array)) {
      for (const JsonNode& item : member.value.items) text += (text.empty() ? "" : ",") + item.text;
    } else {
      text = text_of(*config, member.key);
    }
    settings.push_back({member.key, std::move(text), member.key_where});
  }
  return settings;
}

std::optional<kafka::ClientProfile> KafkaDriver::profile_of(const JsonNode& step, std::string& why) const {
  const std::string name = text_of(step, "client");
  if (name.empty()) return mock_ ? kafka::ClientProfile::librdkafka : kafka::ClientProfile::java;
  const auto profile = kafka::client_profile(name);
  if (!profile) why = fmt::format("client {}", to_text(node(name), 80));
  return profile;
}

// What a client does with settings that it refuses: Java throws ConfigException. Anything else is beyond the model.
std::string KafkaDriver::refused(const Diagnostics& diagnostics, Out& out) const {
  const Diagnostic& first = diagnostics.all().front();
  if (!first.code.starts_with("FT-KAFKA-")) return to_text(node(first.message), 200);
  out.push_back(result("CONFIG_EXCEPTION"));
  return {};
}

Observation KafkaDriver::result(std::string_view text) { return {object({{"result", node(text)}}), "result", false}; }

std::optional<std::uint32_t> KafkaDriver::find_topic(const JsonNode& step, std::string& why) const {
  const std::string name = text_of(step, "topic");
  for (std::uint32_t t = 0; t < cluster_->topics(); ++t) {
    if (cluster_->topic(t).name == name) return t;
  }
  why = fmt::format("no topic {}", to_text(node(name), 80));
  return std::nullopt;
}

std::optional<std::uint32_t> KafkaDriver::find_partition(const JsonNode& step, std::string& why) const {
  const auto topic = find_topic(step, why);
  if (!topic) return std::nullopt;
  const auto& partitions = cluster_->topic(*topic).partitions;
  const std::int64_t number = whole_of(step, "partition", 0);
  if (number >= 0 && number < static_cast<std::int64_t>(partitions.size())) return partitions[static_cast<std::size_t>(number)];
  why = fmt::format("no partition {}", number);
  return std::nullopt;
}

std::vector<std::uint32_t> KafkaDriver::partitions_meant(const JsonNode& step, std::string& why) const {
  if (step.find("partition") != nullptr) {
    const auto p = find_partition(step, why);
    return p ? std::vector<std::uint32_t>{*p} : std::vector<std::uint32_t>{};
  }
  const auto topic = find_topic(step, why);
  return topic ? cluster_->topic(*topic).partitions : std::vector<std::uint32_t>{};
}

// ---- topics, brokers ---------------------------------------------------------------------------------------

std::string KafkaDriver::create_topic(const JsonNode& step, Out& out) {
  std::vector<kafka::Setting> settings = settings_of(step);
  const auto add = [&](std::string_view key, std::string_view name) {
    if (step.find(name) != nullptr) settings.push_back({std::string(key), text_of(step, name), {}});
  };
  add("partitions", "partitions");
  add("replication.factor", "replication_factor");
  for (const std::string_view key : {"min.insync.replicas", "cleanup.policy", "unclean.leader.election.enable"}) add(key, key);
  add("min.insync.replicas", "min_insync_replicas");
  Diagnostics diagnostics;
  const kafka::TopicSettings topic = kafka::read_topic(settings, broker_settings_, {}, diagnostics);
  if (!diagnostics.ok()) return refused(diagnostics, out);
  if (topic.partitions > most_partitions) return fmt::format("more than {} partitions", most_partitions);
  cluster_->add_topic(text_of(step, "topic"), topic, brokers_);
  start_housekeeping();
  return {};
}

std::string KafkaDriver::change_topic(const JsonNode& step, Out& out) {
  std::string why;
  const auto topic = find_topic(step, why);
  if (!topic) return why;
  Diagnostics diagnostics;
  std::vector<kafka::Setting> settings = settings_of(step);
  const kafka::TopicSettings asked = kafka::read_topic(settings, broker_settings_, {}, diagnostics);
  if (!diagnostics.ok() && !diagnostics.all().front().code.starts_with("FT-KAFKA-")) return refused(diagnostics, out);
  std::vector<std::string> keys;
  for (const kafka::Setting& setting : settings) keys.push_back(setting.key);
  cluster_->change_topic(*topic, asked, keys);
  network_->replicas_changed();
  return {};
}

std::string KafkaDriver::grow_topic(const JsonNode& step, Out&) {
  std::string why;
  const auto topic = find_topic(step, why);
  if (!topic) return why;
  const std::int64_t count = whole_of(step, "partitions", whole_of(step, "count", 0));
  if (count > most_partitions) return fmt::format("more than {} partitions", most_partitions);
  for (std::uint32_t g = 0; g < cluster_->groups(); ++g) {
    if (!cluster_->can_grow(g, *topic)) return "partitions of a topic that is not its group's last one";
  }
  cluster_->grow_topic(*topic, static_cast<std::uint32_t>(std::max<std::int64_t>(count, 0)));
  return {};
}

std::string KafkaDriver::configure_brokers(const JsonNode& step, Out& out) {
  if (cluster_->topics() != 0 || cluster_->groups() != 0) return "brokers configured after the first topic";
  Diagnostics diagnostics;
  broker_settings_ = kafka::read_broker(settings_of(step), {}, diagnostics);
  if (!diagnostics.ok()) return refused(diagnostics, out);
  const auto configured = settings_of(step);
  const bool has_least = std::any_of(configured.begin(), configured.end(), [](const kafka::Setting& s) { return s.key == "group.min.session.timeout.ms"; });
  if (!has_least) broker_settings_.group_min_session_timeout_ms = 1;
  if (broker_settings_.brokers > 0) brokers_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(broker_settings_.brokers, brokers_, most_brokers));
  cluster_->configure(broker_settings_);
  return {};
}

// ---- time and faults ---------------------------------------------------------------------------------------

std::string KafkaDriver::wait(const JsonNode& step, Out&) {
  const std::int64_t ms = whole_of(step, "ms", whole_of(step, "s", 0) * 1000);
  if (ms < 0 || ms > most_ms) return "a wait beyond 40 years";
  run_for(ms);
  return {};
}

std::string KafkaDriver::request_errors(const JsonNode& step, Out&) {
  const JsonNode* errors = step.find("errors");
  if (errors == nullptr || !errors->is(JsonKind::array)) return "request_errors without a list of errors";
  for (const JsonNode& error : errors->items) network_->refuse_next(text_of(step, "api", "Produce"), error.text);
  return {};
}

std::string KafkaDriver::request_rtt(const JsonNode& step, Out&) {
  const JsonNode* times = step.find("rtt_ms");
  if (times == nullptr) return "request_rtt without rtt_ms";
  const std::string api = text_of(step, "api", "Produce");
  const auto delay = [&](const JsonNode& ms) { network_->delay_next(api, std::clamp<std::int64_t>(ms.integer, 2, most_ms)); };
  if (times->is(JsonKind::array)) std::for_each(times->items.begin(), times->items.end(), delay);
  else delay(*times);
  return {};
}

// The request is stuck in a connection that the client gives up: it sends it again over another one, and the first arrives after all.
std::string KafkaDriver::request_late(const JsonNode& step, Out&) {
  if (text_of(step, "api", "EndTxn") != "EndTxn") return "request_late of another request than EndTxn";
  late_end_ms_ = std::clamp<std::int64_t>(whole_of(step, "late_ms", 1000), 1, most_ms);
  return {};
}

std::string KafkaDriver::answer_lost(const JsonNode& step, Out&) {
  const std::int64_t count = std::clamp<std::int64_t>(whole_of(step, "count", 1), 1, 1000);
  for (std::int64_t i = 0; i < count; ++i) network_->lose_next_answer(text_of(step, "api", "Produce"));
  return {};
}

std::string KafkaDriver::broker_down(const JsonNode& step, Out& out) {
  if (!mock_) return broker_kill(step, out);
  network_->cut_off(static_cast<std::uint32_t>(whole_of(step, "broker", 1)));
  return {};
}

std::string KafkaDriver::broker_kill(const JsonNode& step, Out&) {
  const std::int64_t broker = whole_of(step, "broker", 1);
  if (broker < 1 || broker > brokers_) return fmt::format("no broker {}", broker);
  network_->disconnect(static_cast<std::uint32_t>(broker));
  cluster_->kill_broker(static_cast<std::uint32_t>(broker));
  network_->replicas_changed();
  return {};
}

std::string KafkaDriver::broker_up(const JsonNode& step, Out&) {
  const std::int64_t broker = whole_of(step, "broker", 1);
  if (broker < 1 || broker > brokers_) return fmt::format("no broker {}", broker);
  network_->reconnect(static_cast<std::uint32_t>(broker));
  cluster_->revive_broker(static_cast<std::uint32_t>(broker));
  network_->replicas_changed();
  return {};
}

std::string KafkaDriver::replication_pause(const JsonNode& step, Out&) {
  const std::int64_t follower = whole_of(step, "follower", whole_of(step, "broker", 0));
  if (follower < 1 || follower > brokers_) return fmt::format("no broker {}", follower);
  const auto broker = static_cast<std::uint32_t>(follower);
  cluster_->pause_replication(broker, true);
  // KF-REPL-1: after replica.lag.time.max.ms behind, it leaves the ISR.
  clock_.after(broker_settings_.replica_lag_time_max_ms, [this, broker] {
    cluster_->drop_lagging(broker);
    network_->replicas_changed();
  });
  return {};
}

std::string KafkaDriver::replication_resume(const JsonNode& step, Out&) {
  const std::int64_t follower = whole_of(step, "follower", whole_of(step, "broker", 0));
  if (follower < 1 || follower > brokers_) return fmt::format("no broker {}", follower);
  cluster_->pause_replication(static_cast<std::uint32_t>(follower), false);
  network_->replicas_changed();
  return {};
}

std::string KafkaDriver::drop_from_isr(const JsonNode& step, Out&) {
  const std::int64_t follower = whole_of(step, "follower", whole_of(step, "broker", 0));
  if (follower < 1 || follower > brokers_) return fmt::format("no broker {}", follower);
  cluster_->pause_replication(static_cast<std::uint32_t>(follower), true);
  cluster_->drop_lagging(static_cast<std::uint32_t>(follower));
  network_->replicas_changed();
  return {};
}

std::string KafkaDriver::power_loss(const JsonNode& step, Out&) {
  std::vector<std::uint32_t> lost;
  const JsonNode* list = step.find("brokers");
  if (list != nullptr && list->is(JsonKind::array)) {
    for (const JsonNode& broker : list->items) {
      if (broker.is(JsonKind::integer) && broker.integer >= 1 && broker.integer <= brokers_) lost.push_back(static_cast<std::uint32_t>(broker.integer));
    }
  } else if (const std::int64_t one = whole_of(step, "broker", 0); one >= 1 && one <= brokers_) {
    lost.push_back(static_cast<std::uint32_t>(one));
  } else {
    for (std::uint32_t broker = 1; broker <= brokers_; ++broker) lost.push_back(broker);
  }
  for (const std::uint32_t broker : lost) network_->disconnect(broker);
  cluster_->lose_power(lost, clock_.now_ms());
  network_->replicas_changed();
  return {};
}

// ---- which driver ------------------------------------------------------------------------------------------

std::unique_ptr<Driver> driver_for(const Script& vector, std::string& why) {
  if (vector.broker == "kafka" || vector.broker == "kafka-mock") return std::make_unique<KafkaDriver>(vector);
  if (vector.broker == "rabbitmq") return std::make_unique<RabbitDriver>(vector);
  if (vector.broker == "nats-jetstream") return std::make_unique<NatsDriver>();
  if (vector.broker == "redis-streams") return std::make_unique<RedisDriver>();
  if (vector.broker == "sqs" || vector.broker == "sns" || vector.broker == "sns_sqs") return std::make_unique<SnsSqsDriver>();
  why = fmt::format("no model of {} yet", to_text(node(vector.broker), 80));
  return nullptr;
}

}  // namespace flowtank::vectors
