// SPDX-License-Identifier: Apache-2.0
// A consumer client under a virtual clock: it joins its group, heartbeats in the background, notices rebalances, runs the
// callbacks inside poll(), reads from positions and commits (KF-REB-1..8, KF-AUTO-1..2, KF-OFF-1..3, KF-FLOW-1).
// GroupService is the coordinator's clock: it ends rounds and sessions when their time has come.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/brokers/kafka/consumer_client.hpp"
#include "models/brokers/kafka/network.hpp"
#include "models/brokers/kafka/options.hpp"

namespace flowtank::kafka {

class GroupService {
 public:
  GroupService(Network& network, Cells& cells) : network_(network), cells_(cells) {}
  // The slot of a member; a static one has the slot of its group.instance.id.
  std::uint32_t slot_for(std::uint32_t g, const std::string& instance_id);
  // JoinGroup and SyncGroup: `done` is called when the member has its assignment.
  void join(std::uint32_t g, std::uint32_t slot, const Joining& joining, std::function<void()> done);
  void leave(std::uint32_t g, std::uint32_t slot);
  // Something has changed: are a round or a session over, and when is to be looked again?
  void look(std::uint32_t g);

 private:
  struct Served {
    std::map<std::uint32_t, std::function<void()>> waiting;  // by slot
    std::map<std::string, std::uint32_t> static_slots;
    std::uint64_t looks = 0;
  };
  Network& network_;
  Cells& cells_;
  std::map<std::uint32_t, Served> served_;
};

struct ConsumerEvent {
  enum class Kind : std::uint8_t { assigned, revoked, message, error };
  Kind kind = Kind::message;
  std::vector<std::uint32_t> partitions = {};  // of the cluster; assigned, revoked
  std::uint32_t partition = 0;            // message, error
  Offset offset = no_offset;
  Word message = absent_word;
  std::string error = {};
};

class GroupClient {
 public:
  // All parameters outlive the client's last event. `name` distinguishes readers.
  GroupClient(Cells& cells, Network& network, GroupService& service, const ConsumerSettings& settings, std::uint64_t name);
  ~GroupClient() { *alive_ = false; }
  GroupClient(const GroupClient&) = delete;
  GroupClient& operator=(const GroupClient&) = delete;

  const ConsumerSettings& settings() const { return settings_; }
  std::uint32_t group() const { return g_; }

  // Nothing (true) or why it cannot.
  std::string subscribe(const std::vector<std::uint32_t>& topics);
  // One call of the application: callbacks, then at most `most` messages. Appends to `out`; the number of messages.
  std::uint32_t poll(std::uint32_t most, std::vector<ConsumerEvent>& out);
  // Commits what is stored, or one offset; the result: "ok" or Kafka's name of the error.
  std::string commit();
  std::string commit(std::uint32_t p, Offset next);
  // The application has processed what was handed over before `next` (store_after_processing).
  void processed(std::uint32_t p, Offset next);
  void processed_all();
  void seek(std::uint32_t p, Offset offset);
  void close(std::vector<ConsumerEvent>& out);
  void kill();
  void stop(bool stopped);  // the process does not run (a zombie to be), or runs again
  bool alive() const { return *alive_; }
  std::vector<std::uint32_t> assigned() const;  // partitions of the cluster, as the client believes
  Offset position(std::uint32_t p) const;
  // For sendOffsetsToTransaction: positions by partition of the group, and the membership they are checked with.
  std::vector<std::pair<std::uint32_t, Offset>> positions_to_commit() const;
  GroupError check() const;

 private:
  enum class State : std::uint8_t { idle, joining, stable };

  Group& coordinator() const { return network_.cluster().group(g_); }
  Offset base_of(std::uint32_t gp) const;
  void every(std::int64_t interval_ms, std::function<void()> what);
  void begin_join();
  void joined();
  void heartbeat();
  void reconcile(std::vector<ConsumerEvent>* out);
  void check_poll_gap();
  void look_for_partitions();
  void lost();
  void serve(std::vector<ConsumerEvent>& out);
  void take_assignment(std::vector<ConsumerEvent>& out);
  void assign(const std::vector<std::uint32_t>& gained, std::vector<ConsumerEvent>& out);
  void revoke(const std::vector<std::uint32_t>& gone, std::vector<ConsumerEvent>& out, bool may_commit);
  bool fetch(std::uint32_t gp, std::vector<ConsumerEvent>& out);
  void auto_commit();
  std::string commit_pairs(const std::vector<std::pair<std::uint32_t, Offset>>& pairs);
  bool is_java() const { return !settings_.commit.in_background(); }

  Cells& cells_;
  Network& network_;
  GroupService& service_;
  ConsumerSettings settings_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::uint32_t g_ = 0;
  std::uint32_t slot_ = nobody;
  ReadPositions positions_;
  AutoCommit timer_;
  std::vector<std::uint32_t> topics_;
  State state_ = State::idle;
  Membership membership_ = 0;
  std::vector<std::uint32_t> owned_;     // partitions of the group
  std::vector<Offset> last_committed_;   // by partition of the group: librdkafka commits only what is new
  std::uint32_t next_ = 0;               // partition to begin with
  std::uint32_t known_partitions_ = 0;
  std::int64_t last_poll_ = 0;
  std::int64_t fetch_again_ms_ = 0;
  bool must_rejoin_ = false;
  bool has_assignment_ = false;
  bool is_lost_ = false;                 // evicted: told to the application in its next poll
  bool exceeded_ = false;                // ... because of max.poll.interval.ms
  bool fenced_ = false;
  bool stopped_ = false;
  bool closed_ = false;
};

}  // namespace flowtank::kafka
