// SPDX-License-Identifier: Apache-2.0
// What clients see of the modelled log is possible, and where Kafka promises less it shows: acks=1 and an unclean election
// lose acknowledged records. The checker knows nothing of the model.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <models/brokers/kafka/partition_log.hpp>
#include <sim/property/log_history.hpp>

namespace flowtank::kafka {
namespace {

// A producer with the given acks and one reader, over one partition with two replicas.
class Clients {
 public:
  explicit Clients(bool acks_all) : acks_all_(acks_all), cells_(pool_, false) { log.build(cells_, 7, 2); }

  // acks=1: the leader's append is the answer. acks=all: answered once the in-sync replicas have it.
  void send(const std::string& value) {
    const Offset at = log.append(cells_, pool_, pages_, pool_.intern_string(value), 0);
    if (!acks_all_ || log.high_watermark(cells_) > at) history_.push_back({LogOperation::Kind::sent, "p", "k", value, at, {}});
  }
  void poll() {
    LogOperation op{LogOperation::Kind::polled, "c", "k", "", {}, {}};
    const Offset stop = log.readable_end(cells_, Isolation::read_uncommitted);
    for (; position_ < stop; ++position_) op.records.push_back({position_, std::string(pool_.value(log.message(cells_, position_)).text())});
    history_.push_back(std::move(op));
  }
  void follower_stands_still() { log.pause(cells_, 1); }
  void follower_falls_behind() { log.drop_from_isr(cells_, 1); log.pause(cells_, 1); }
  void leader_fails(bool unclean) { log.kill(cells_, pool_, 0, unclean); }
  bool somebody_leads() const { return log.leader(cells_) != PartitionLog::no_replica; }

  std::vector<std::string> anomalies() const {
    std::vector<std::string> out;
    for (const LogAnomaly& a : find_log_anomalies(history_)) out.push_back(std::string(to_text(a.kind)) + " " + a.value);
    return out;
  }
  PartitionLog log;

 private:
  bool acks_all_;
  Pool pool_;
  Cells cells_;
  LogPages pages_;
  Offset position_ = 0;
  std::vector<LogOperation> history_;
};

}  // namespace

TEST_CASE("kafka_history.without_faults_every_history_is_possible") {
  Clients clients(true);
  for (int i = 0; i < 100; ++i) {
    clients.send("v" + std::to_string(i));
    if (i % 7 == 0) clients.poll();
  }
  clients.poll();
  CHECK(clients.anomalies().empty());
}

TEST_CASE("kafka_history.acks_of_the_leader_alone_are_lost_at_a_failover") {  // KF-PROD-1, KF-REPL-2
  for (const bool acks_all : {false, true}) {
    Clients clients(acks_all);
    clients.send("a");
    clients.follower_stands_still();
    clients.send("b");
    clients.leader_fails(false);
    clients.send("c");
    clients.poll();
    CHECK(clients.anomalies() == (acks_all ? std::vector<std::string>{} : std::vector<std::string>{"inconsistent offset b", "lost write b"}));
  }
}

TEST_CASE("kafka_history.an_unclean_election_loses_what_all_in_sync_replicas_had") {  // KF-REPL-3
  for (const bool unclean : {false, true}) {
    Clients clients(true);
    clients.send("a");
    clients.follower_falls_behind();
    clients.send("b");  // the leader is the only in-sync replica: acks=all is content with it
    clients.leader_fails(unclean);
    if (clients.somebody_leads()) {
      clients.send("c");
      clients.poll();
    }
    CHECK(clients.anomalies() == (unclean ? std::vector<std::string>{"inconsistent offset b", "lost write b"} : std::vector<std::string>{"unobserved a", "unobserved b"}));
  }
}

}  // namespace flowtank::kafka
