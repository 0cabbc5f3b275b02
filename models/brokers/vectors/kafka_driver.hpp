// SPDX-License-Identifier: Apache-2.0
// Plays vectors against the Kafka model: the components of models/brokers/kafka over cells of its own, with its clients
// under a virtual clock. Everything here is translation; rules live in the components.
//
// Vectors of "kafka-mock" were recorded with librdkafka against its mock cluster: clients have librdkafka's defaults, and a
// broker that is down is unreachable but goes on leading. Those of "kafka" have Java clients unless a step says
// otherwise, and a cluster that elects.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/world/cells.hpp>

#include <models/brokers/kafka/cluster.hpp>
#include <models/brokers/kafka/group_client.hpp>
#include <models/brokers/kafka/network.hpp>
#include <models/brokers/kafka/producer_client.hpp>
#include "models/brokers/vectors/driver.hpp"

namespace flowtank::vectors {

class KafkaDriver final : public Driver {
 public:
  explicit KafkaDriver(const Script& vector);
  ~KafkaDriver() override;

  std::string play(const Step& step, bool is_setup, std::vector<Observation>& out) override;
  void settle(const Step& step, const Step* next) override;
  std::int64_t now_ms() const override { return clock_.now_ms(); }
  bool same_name(std::string_view expected, std::string_view actual) const override;
  std::uint32_t sharing() const override;

 private:
  using Out = std::vector<Observation>;
  struct Producer {
    std::unique_ptr<kafka::ProducerClient> client;
    std::vector<kafka::DeliveryReport> reports;   // not served yet
    kafka::TransactionalProducer transaction;
    std::string broken;                           // why its transaction cannot go on
    bool open = false;
    std::map<std::uint32_t, std::uint32_t> known_partitions;  // by topic
    std::int64_t refreshed_ms = 0;
    std::uint32_t sticky = 0;
  };
  using Handler = std::string (KafkaDriver::*)(const JsonNode&, Out&);
  static const std::map<std::string, Handler, std::less<>>& handlers();

  // ---- ops; each gives an empty text, or why it is not supported
  std::string create_topic(const JsonNode& step, Out& out);
  std::string change_topic(const JsonNode& step, Out& out);
  std::string grow_topic(const JsonNode& step, Out& out);
  std::string configure_brokers(const JsonNode& step, Out& out);
  std::string make_producer(const JsonNode& step, Out& out);
  std::string kill_producer(const JsonNode& step, Out& out);
  std::string close_producer(const JsonNode& step, Out& out);
  std::string produce(const JsonNode& step, Out& out);
  std::string flush(const JsonNode& step, Out& out);
  std::string txn_init(const JsonNode& step, Out& out);
  std::string txn_begin(const JsonNode& step, Out& out);
  std::string txn_commit(const JsonNode& step, Out& out);
  std::string txn_abort(const JsonNode& step, Out& out);
  std::string txn_offsets(const JsonNode& step, Out& out);
  std::string make_consumer(const JsonNode& step, Out& out);
  std::string subscribe(const JsonNode& step, Out& out);
  std::string poll(const JsonNode& step, Out& out);
  std::string commit(const JsonNode& step, Out& out);
  std::string committed(const JsonNode& step, Out& out);
  std::string store_offsets(const JsonNode& step, Out& out);
  std::string seek(const JsonNode& step, Out& out);
  std::string position(const JsonNode& step, Out& out);
  std::string assignment(const JsonNode& step, Out& out);
  std::string close_consumer(const JsonNode& step, Out& out);
  std::string kill_consumer(const JsonNode& step, Out& out);
  std::string stop_consumer(const JsonNode& step, Out& out);
  std::string resume_consumer(const JsonNode& step, Out& out);
  std::string read_log(const JsonNode& step, Out& out);
  std::string log_offsets(const JsonNode& step, Out& out);
  std::string roll_log(const JsonNode& step, Out& out);
  std::string clean_log(const JsonNode& step, Out& out);
  std::string compact_log(const JsonNode& step, Out& out);
  std::string delete_records(const JsonNode& step, Out& out);
  std::string wait(const JsonNode& step, Out& out);
  std::string request_errors(const JsonNode& step, Out& out);
  std::string request_rtt(const JsonNode& step, Out& out);
  std::string request_late(const JsonNode& step, Out& out);
  std::string answer_lost(const JsonNode& step, Out& out);
  std::string broker_down(const JsonNode& step, Out& out);
  std::string broker_kill(const JsonNode& step, Out& out);
  std::string broker_up(const JsonNode& step, Out& out);
  std::string replication_pause(const JsonNode& step, Out& out);
  std::string replication_resume(const JsonNode& step, Out& out);
  std::string drop_from_isr(const JsonNode& step, Out& out);
  std::string power_loss(const JsonNode& step, Out& out);

  // ---- helpers
  void run_for(std::int64_t ms) { run_until(clock_.now_ms() + ms); }
  void run_until(std::int64_t time_ms);
  void every(std::int64_t interval_ms, std::function<void()> what);
  void start_housekeeping();
  std::vector<kafka::Setting> settings_of(const JsonNode& step, std::string_view key = "config") const;
  std::optional<kafka::ClientProfile> profile_of(const JsonNode& step, std::string& why) const;
  std::string refused(const Diagnostics& diagnostics, Out& out) const;
  Producer* find_producer(const JsonNode& step, std::string& why);
  kafka::GroupClient* find_consumer(const std::string& name, std::string& why);
  std::optional<std::uint32_t> find_topic(const JsonNode& step, std::string& why) const;
  std::optional<std::uint32_t> find_partition(const JsonNode& step, std::string& why) const;
  std::uint32_t choose_partition(Producer& producer, std::uint32_t topic, const JsonNode* key);
  std::string drain(Producer& producer, std::int64_t timeout_ms);
  std::string end_transaction(const JsonNode& step, bool commit, Out& out);
  Word word_of(const JsonNode& step);
  JsonNode value_of(Word message) const;
  JsonNode key_of(Word message) const;
  Observation seen(const std::string& consumer, const kafka::ConsumerEvent& event) const;
  static Observation result(std::string_view text);
  std::vector<std::uint32_t> partitions_meant(const JsonNode& step, std::string& why) const;
  bool unreachable(std::uint32_t p) const { return !network_->reaches(cluster_->leader_broker(p)); }

  bool mock_;
  Pool pool_;
  Cells cells_;
  VirtualClock clock_;
  kafka::BrokerSettings broker_settings_;
  std::optional<std::int64_t> late_end_ms_;  // the next end of a transaction arrives a second time, so much later
  std::uint32_t brokers_ = 1;
  std::unique_ptr<kafka::Cluster> cluster_;
  std::unique_ptr<kafka::Network> network_;
  std::unique_ptr<kafka::GroupService> service_;
  std::map<std::string, Producer> producers_;
  std::map<std::string, std::unique_ptr<kafka::GroupClient>> consumers_;
  std::vector<std::unique_ptr<kafka::GroupClient>> former_consumers_;
  std::vector<std::unique_ptr<kafka::ProducerClient>> former_producers_;
  std::map<std::string, kafka::ConsumerSettings> consumer_settings_;
  std::uint64_t readers_ = 0;
  bool keeps_house_ = false;
  std::uint64_t runs_ = 0;   // of the clock
  bool exhausted_ = false;   // more events than any vector needs
};

}  // namespace flowtank::vectors
