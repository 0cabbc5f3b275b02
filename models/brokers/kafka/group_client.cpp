// SPDX-License-Identifier: Apache-2.0
// See group_client.hpp: membership and callbacks. Reading and commits are in group_client_reads.cpp.
#include "models/brokers/kafka/group_client.hpp"

#include <algorithm>
#include <limits>

namespace flowtank::kafka {
namespace {

constexpr std::int64_t never_ms = std::numeric_limits<std::int64_t>::max();

std::vector<std::uint32_t> without(const std::vector<std::uint32_t>& all, const std::vector<std::uint32_t>& some) {
  std::vector<std::uint32_t> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

// ---- the coordinator's clock -------------------------------------------------------------------------------

std::uint32_t GroupService::slot_for(std::uint32_t g, const std::string& instance_id) {
  Group& group = network_.cluster().group(g);
  Served& served = served_[g];
  if (!instance_id.empty()) {
    if (const auto known = served.static_slots.find(instance_id); known != served.static_slots.end()) return known->second;
  }
  group.add_slots(cells_, 1);
  const std::uint32_t slot = group.slots() - 1;
  if (!instance_id.empty()) served.static_slots.emplace(instance_id, slot);
  return slot;
}

void GroupService::join(std::uint32_t g, std::uint32_t slot, const Joining& joining, std::function<void()> done) {
  Group& group = network_.cluster().group(g);
  const std::int64_t now = network_.clock().now_ms();
  const bool back = group.returns(cells_, slot, joining, now);
  if (back || group.settings().protocol == GroupProtocol::consumer) {
    network_.clock().after(Network::one_way_ms, std::move(done));
  } else {
    served_[g].waiting[slot] = std::move(done);
  }
  look(g);
}

void GroupService::leave(std::uint32_t g, std::uint32_t slot) {
  Group& group = network_.cluster().group(g);
  group.leave(cells_, slot, network_.clock().now_ms());
  served_[g].waiting.erase(slot);
  look(g);
}

void GroupService::look(std::uint32_t g) {
  Group& group = network_.cluster().group(g);
  Served& served = served_[g];
  VirtualClock& clock = network_.clock();
  const std::int64_t now = clock.now_ms();
  group.expire_members(cells_, now);
  group.expire_offsets(cells_, now);
  if (group.round_is_ready(cells_, now)) {
    group.complete_round(cells_, now);
    // The answer to JoinGroup, then SyncGroup there and back; the leader's is there first.
    clock.after(2 * Network::one_way_ms, [this, g] { network_.cluster().group(g).synced(cells_, network_.clock().now_ms()); });
    for (auto& [slot, done] : std::exchange(served.waiting, {})) clock.after(3 * Network::one_way_ms, std::move(done));
  }
  const std::int64_t next = std::min(group.round_deadline_ms(cells_), group.next_expiry_ms(cells_));
  if (next == never_ms) return;
  const std::uint64_t number = ++served.looks;  // only the latest appointment counts
  clock.at(std::max(next, now + 1), [this, g, number] {
    if (served_[g].looks == number) look(g);
  });
}

// ---- membership --------------------------------------------------------------------------------------------

GroupClient::GroupClient(Cells& cells, Network& network, GroupService& service, const ConsumerSettings& settings, std::uint64_t name)
    : cells_(cells), network_(network), service_(service), settings_(settings) {
  GroupSettings group;
  const BrokerSettings& broker = network.cluster().settings();
  group.assignor = settings.assignor;
  group.protocol = settings.protocol;
  group.initial_delay_ms = broker.group_initial_rebalance_delay_ms;
  group.offsets_retention_ms = broker.offsets_retention_minutes * 60'000;
  g_ = network.cluster().group_named(settings.group_id, group);
  if (coordinator().member_count(cells) == 0) coordinator().use(group);
  positions_.build(cells, 0x2000000 + name, 0);
  timer_.build(cells);
  timer_.start(cells, network.clock().now_ms(), settings_.commit);
  last_poll_ = network.clock().now_ms();
}

void GroupClient::every(std::int64_t interval_ms, std::function<void()> what) {
  network_.clock().after(std::max<std::int64_t>(interval_ms, 1), [this, alive = alive_, interval_ms, what = std::move(what)] {
    if (!*alive) return;
    if (!stopped_) what();
    every(interval_ms, what);
  });
}

std::string GroupClient::subscribe(const std::vector<std::uint32_t>& topics) {
  for (const std::uint32_t topic : topics) {
    if (!network_.cluster().subscribe(g_, topic)) return "a group of more than 64 topics, or one that has grown";
  }
  const bool first = topics_.empty();
  topics_ = topics;
  if (!first) {
    must_rejoin_ = true;
    return {};
  }
  last_poll_ = network_.clock().now_ms();
  every(settings_.heartbeat_interval_ms, [this] { heartbeat(); });
  every(std::min<std::int64_t>(settings_.metadata_max_age_ms, 300'000), [this] { look_for_partitions(); });
  check_poll_gap();
  if (settings_.commit.in_background() && settings_.commit.automatic) {
    every(settings_.commit.interval_ms, [this] { auto_commit(); });  // KF-AUTO-2: whatever the application does
  }
  if (!is_java()) begin_join();  // Java joins inside poll()
  return {};
}

void GroupClient::begin_join() {
  if (state_ == State::joining || fenced_ || closed_) return;
  state_ = State::joining;
  must_rejoin_ = false;
  const Network::Fate fate = network_.fate_of_next("JoinGroup");
  if (!fate.refused_name.empty() || !network_.reaches_any()) {
    network_.clock().after(100, [this, alive = alive_] {
      if (!*alive) return;
      state_ = State::idle;
      begin_join();
    });
    return;
  }
  if (slot_ == nobody) slot_ = service_.slot_for(g_, settings_.group_instance_id);
  Joining joining;
  joining.topics = 0;
  for (const std::uint32_t topic : topics_) joining.topics |= std::uint64_t{1} << network_.cluster().topic_in_group(g_, topic);
  joining.session_ms = settings_.session_timeout_ms;
  joining.rebalance_ms = settings_.max_poll_interval_ms;
  joining.is_static = !settings_.group_instance_id.empty();
  known_partitions_ = coordinator().partitions();
  network_.clock().after(Network::one_way_ms, [this, alive = alive_, joining] {
    if (!*alive) return;
    service_.join(g_, slot_, joining, [this, alive] {
      if (*alive) joined();
    });
  });
}

void GroupClient::joined() {
  if (state_ != State::joining) return;
  state_ = State::stable;
  membership_ = coordinator().membership(cells_, slot_);
  if (settings_.protocol == GroupProtocol::consumer) reconcile(nullptr);
  else has_assignment_ = true;  // told inside poll()
}

void GroupClient::heartbeat() {
  if (state_ != State::stable || is_lost_ || closed_ || !network_.reaches_any()) return;
  const Network::Fate fate = network_.fate_of_next("Heartbeat");
  GroupError error = GroupError::none;
  if (fate.refused_name == "UNKNOWN_MEMBER_ID") error = GroupError::unknown_member_id;
  else if (fate.refused_name == "ILLEGAL_GENERATION") error = GroupError::illegal_generation;
  else if (fate.refused_name == "REBALANCE_IN_PROGRESS") error = GroupError::rebalance_in_progress;
  else if (!fate.refused_name.empty()) return;
  else error = coordinator().heartbeat(cells_, slot_, membership_, network_.clock().now_ms());
  service_.look(g_);
  switch (error) {
    case GroupError::none:
      if (settings_.protocol == GroupProtocol::consumer) reconcile(nullptr);
      return;
    case GroupError::rebalance_in_progress: must_rejoin_ = true; return;
    case GroupError::fenced_instance_id: fenced_ = true; return lost();  // KF-REB-7
    case GroupError::illegal_generation:
    case GroupError::unknown_member_id:
    case GroupError::stale_member_epoch: return lost();  // KF-REB-3
  }
}

// KIP-848: what a heartbeat answers. Taking and giving up partitions waits for poll() (the callbacks run there).
void GroupClient::reconcile(std::vector<ConsumerEvent>* out) {
  Group& group = coordinator();
  const std::vector<std::uint32_t> going = group.to_revoke(cells_, slot_);
  if (out == nullptr) {
    has_assignment_ = true;
    return;
  }
  if (!going.empty()) {
    revoke(going, *out, true);
    for (const std::uint32_t gp : going) group.give_up(cells_, slot_, gp);
  }
  const std::vector<std::uint32_t> gained = group.take_over(cells_, slot_);
  membership_ = group.membership(cells_, slot_);
  if (!gained.empty()) assign(gained, *out);
}

// KF-REB-4: the client itself leaves when the application has not polled for too long.
void GroupClient::check_poll_gap() {
  network_.clock().at(last_poll_ + settings_.max_poll_interval_ms + 1, [this, alive = alive_] {
    if (!*alive || closed_) return;
    const bool late = network_.clock().now_ms() - last_poll_ > settings_.max_poll_interval_ms;
    if (late && !stopped_ && state_ != State::idle && !is_lost_) {
      service_.leave(g_, slot_);
      exceeded_ = true;
      lost();
    }
    if (late) last_poll_ = network_.clock().now_ms();  // look again after one more interval
    check_poll_gap();
  });
}

void GroupClient::look_for_partitions() {
  if (topics_.empty() || closed_) return;
  for (const std::uint32_t topic : topics_) network_.cluster().notice_growth(g_, topic);
  if (coordinator().partitions() > known_partitions_) must_rejoin_ = true;  // KF-REB-1
}

void GroupClient::lost() {
  is_lost_ = true;
  has_assignment_ = false;
  must_rejoin_ = false;
  state_ = State::idle;
}

void GroupClient::serve(std::vector<ConsumerEvent>& out) {
  if (is_lost_) {  // KF-REB-3: no chance to commit
    is_lost_ = false;
    revoke(owned_, out, false);
    membership_ = 0;
    if (exceeded_ && !is_java()) out.push_back({.kind = ConsumerEvent::Kind::error, .error = "_MAX_POLL_EXCEEDED"});
    exceeded_ = false;
    if (fenced_) out.push_back({.kind = ConsumerEvent::Kind::error, .error = is_java() ? "FENCED_INSTANCE_ID" : "_FATAL"});
    begin_join();
    return;
  }
  if (state_ == State::idle && !topics_.empty()) begin_join();
  if (has_assignment_) take_assignment(out);
  if (must_rejoin_ && state_ == State::stable) {
    if (settings_.protocol == GroupProtocol::eager) revoke(owned_, out, true);  // KF-REB-2: everything, before it joins
    if (settings_.protocol == GroupProtocol::consumer) {
      must_rejoin_ = false;
      known_partitions_ = coordinator().partitions();
      coordinator().disturb(cells_, network_.clock().now_ms());
      return;
    }
    begin_join();
  }
}

void GroupClient::take_assignment(std::vector<ConsumerEvent>& out) {
  has_assignment_ = false;
  if (settings_.protocol == GroupProtocol::consumer) return reconcile(&out);
  Group& group = coordinator();
  const std::vector<std::uint32_t> mine = group.owned(cells_, slot_);
  if (settings_.protocol == GroupProtocol::eager) return assign(mine, out);
  const std::vector<std::uint32_t> going = group.to_revoke(cells_, slot_);
  const std::vector<std::uint32_t> gained = without(mine, owned_);
  if (!going.empty()) {  // KF-REB-2: what moves is given up now and assigned in the next round
    revoke(going, out, true);
    for (const std::uint32_t gp : going) group.give_up(cells_, slot_, gp);
    must_rejoin_ = true;
  }
  assign(gained, out);
}

void GroupClient::close(std::vector<ConsumerEvent>& out) {
  if (!*alive_) return;
  if (settings_.commit.automatic && !is_lost_) auto_commit();  // KF-AUTO-1
  revoke(owned_, out, false);
  closed_ = true;
  *alive_ = false;
  if (slot_ != nobody && state_ != State::idle) service_.leave(g_, slot_);
}

void GroupClient::kill() { *alive_ = false; }

void GroupClient::stop(bool stopped) {
  stopped_ = stopped;
  if (!stopped) heartbeat();
}

}  // namespace flowtank::kafka
