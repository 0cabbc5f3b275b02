// SPDX-License-Identifier: Apache-2.0
// See options.hpp: the table of Redis' keys with the defaults of 7.0, and what does not go together. Redis itself has no default
// for COUNT and min-idle-time, which every client chooses; those here are Flowtank's.
#include "models/brokers/redis_streams/options.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::redis {
namespace {

using product_options::Chosen;
using product_options::OptionRow;
using product_options::Scope;
using product_options::Type;

constexpr std::int64_t most = 1'000'000'000'000;

constexpr OptionRow rows[] = {
    {"appendonly", Scope::broker, Type::choice, "no", "", 0, 0, "no yes", "RS-DUR-1", "yes: every write goes to the append-only file; no: snapshots only."},
    {"appendfsync", Scope::broker, Type::choice, "everysec", "", 0, 0, "everysec always no", "RS-DUR-1", "When the append-only file is synced: each second, before every answer, or when the system likes to."},
    {"replicas", Scope::broker, Type::whole, "0", "", 0, 100, "", "RS-DUR-1", "Replicas, asynchronous; one of them takes over at a failover. Flowtank's own key."},
    {"MAXLEN", Scope::channel, Type::whole, "0", "entries", 0, most, "", "RS-TRIM-1", "XADD keeps at most so many entries, read or not; 0: all."},
    {"trim", Scope::channel, Type::choice, "=", "", 0, 0, "= ~", "RS-TRIM-1", "MAXLEN exactly, or ~ by whole nodes of 100 entries."},
    {"client", Scope::consumer, Type::choice, "group", "", 0, 0, "group group_with_claim", "RS-PEL-1 RS-CLAIM-3", "group: instances read new entries and XACK; group_with_claim: they also take over, by XAUTOCLAIM, what others left. Flowtank's own key."},
    {"COUNT", Scope::consumer, Type::whole, "1", "entries", 1, 1'000'000, "", "RS-GRP-1 RS-PEL-1", "A read asks for so many; all of them are pending from then on. Timed runs only."},
    {"NOACK", Scope::consumer, Type::boolean, "false", "", 0, 0, "", "RS-ACK-3", "Entries are never pending: a crash loses them."},
    {"BLOCK", Scope::consumer, Type::whole, "5000", "ms", 0, most, "", "RS-BLOCK-1", "How long a read waits; reading again costs nothing here.", true},
    {"start.from", Scope::consumer, Type::choice, "new", "", 0, 0, "new history", "RS-HIST-1 RS-PEL-1", "What an instance reads when it starts again: only new entries, or first its own pending ones, which needs a name that survives. Flowtank's own key."},
    {"min-idle-time", Scope::consumer, Type::whole, "60000", "ms", 0, most, "", "RS-CLAIM-1 RS-CLAIM-3", "XAUTOCLAIM takes over what nobody was handed for so long."},
    {"claim.interval", Scope::consumer, Type::whole, "10000", "ms", 1, most, "", "RS-CLAIM-3", "How often a client calls XAUTOCLAIM. Flowtank's own key."},
    {"on.error", Scope::consumer, Type::choice, "leave", "", 0, 0, "leave retry", "RS-PEL-1 RS-DLQ-1", "What the client does when a handler fails: leave the entry pending, or handle it again after the handler's backoff. Redis has no negative acknowledgement. Flowtank's own key."},
};

GroupWiring read_group(const Chosen& o, const std::string& name) {
  GroupWiring g;
  g.name = name;
  g.claims = o.text("client") == "group_with_claim";
  g.count = static_cast<std::uint64_t>(o.whole("COUNT", 1));
  g.no_ack = o.flag("NOACK");
  g.reads_history = o.text("start.from") == "history";
  g.on_error = o.text("on.error") == "retry" ? OnError::retry : OnError::leave;
  g.min_idle_ms = o.whole("min-idle-time");
  g.claim_interval_ms = o.whole("claim.interval", 1);
  if (g.no_ack && g.claims) o.complain("FT-REDIS-001", "NOACK", "with NOACK nothing is pending, so there is nothing to claim", "Use client=group, or leave NOACK out (RS-ACK-3).");
  if (g.no_ack && g.reads_history) o.complain("FT-REDIS-002", "NOACK", "with NOACK nothing is pending, so there is no history to read", "Use start.from=new, or leave NOACK out (RS-ACK-3, RS-HIST-1).");
  if (!g.claims) {
    for (const std::string_view key : {"min-idle-time", "claim.interval"}) {
      if (o.written(key) != nullptr) o.complain("FT-REDIS-003", key, fmt::format("{} is for client=group_with_claim", key), "Redis redelivers nothing by itself (RS-PEL-1).");
    }
  }
  return g;
}

}  // namespace

const product_options::Product& product() {
  static constexpr product_options::Product redis{"Redis", "FT-REDIS-030", rows};
  return redis;
}

Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics) {
  Wiring wiring;
  const std::vector<Option>& far = system.brokers[broker].options;
  product_options::check(product(), far, {Scope::broker, Scope::channel, Scope::consumer}, diagnostics);
  const Chosen of_broker(product(), far, far, diagnostics);
  wiring.appendonly = of_broker.text("appendonly") == "yes";
  const std::string fsync = of_broker.text("appendfsync");
  wiring.appendfsync = fsync == "always" ? Fsync::always : fsync == "no" ? Fsync::no : Fsync::everysec;
  wiring.replicas = of_broker.whole("replicas");
  if (!wiring.appendonly && of_broker.written("appendfsync") != nullptr) {
    of_broker.complain("FT-REDIS-004", "appendfsync", "appendfsync does nothing with appendonly=no", "Without the append-only file all since the last snapshot is lost (RS-DUR-1).");
  }
  for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
    const Channel& channel = system.channels[c];
    if (channel.broker != broker) continue;
    product_options::check(product(), channel.options, {Scope::channel}, diagnostics);
    const Chosen o(product(), channel.options, far, diagnostics);
    StreamWiring stream;
    stream.channel = c;
    stream.trimming.max_length = static_cast<std::uint64_t>(o.whole("MAXLEN"));
    stream.trimming.approximate = o.text("trim") == "~";
    if (stream.trimming.max_length != 0) stream.trimming.by = Trimming::By::max_length;
    else if (o.written("trim") != nullptr) o.complain("FT-REDIS-005", "trim", "trim says how MAXLEN trims, and there is no MAXLEN", "See RS-TRIM-1.");
    wiring.streams.push_back(stream);
  }
  for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
    const Subscription& subscription = system.subscriptions[s];
    if (system.channels[subscription.channel].broker != broker) continue;
    product_options::check(product(), subscription.options, {Scope::consumer}, diagnostics);
    const auto stream = std::find_if(wiring.streams.begin(), wiring.streams.end(), [&](const StreamWiring& w) { return w.channel == subscription.channel; });
    const Chosen o(product(), subscription.options, far, diagnostics);
    GroupWiring group = read_group(o, subscription.group.empty() ? system.services[subscription.service].name : subscription.group);
    group.subscription = s;
    group.stream = static_cast<std::uint32_t>(stream - wiring.streams.begin());
    for (const GroupWiring& other : wiring.groups) {
      if (other.stream != group.stream || other.name != group.name) continue;
      o.complain("FT-REDIS-010", "client", fmt::format("two subscriptions of channel \"{}\" share the group \"{}\"", system.channels[subscription.channel].name, group.name), "Give them groups of their own; a group of several services is not modelled (RS-GRP-1).");
    }
    wiring.groups.push_back(std::move(group));
  }
  return wiring;
}

}  // namespace flowtank::redis
