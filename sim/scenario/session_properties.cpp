// SPDX-License-Identifier: Apache-2.0
// Properties of sessions and of staleness: which client, which steps of its script, where versions are.
#include <algorithm>

#include <fmt/format.h>
#include <sim/property/proportion.hpp>

#include "sim/scenario/session_properties.hpp"

namespace flowtank::loading {

void SessionProperty::read() {
  const bool order = property_.kind == PropertyKind::monotonic_writes || property_.kind == PropertyKind::writes_follow_reads;
  const bool stale = property_.kind == PropertyKind::bounded_staleness || property_.kind == PropertyKind::pbs;
  if (const Place client = fields_.find("client")) {
    property_.client = builder_.name_in(builder_.clients, client, codes::ref_client, "client", "Clients");
  }
  if (property_.kind != PropertyKind::monotonic_writes) steps("reads", true, property_.reads);
  if (order || property_.kind == PropertyKind::read_your_writes) steps("writes", false, property_.writes);
  if (order) places();
  if (stale) staleness();
  const bool scripted = std::any_of(builder_.system->clients.begin(), builder_.system->clients.end(),
                                    [](const Client& client) { return !client.script.empty(); });
  if (!scripted) {
    builder_.reading.error(codes::ref_client, fields_.place(), "no client has sessions, so nobody reads anything",
                           "Give a client \"does\", the script of its sessions.");
  }
}

// Steps of scripts by name, of the client or of any.
void SessionProperty::steps(const char* key, bool reads, std::vector<std::pair<std::uint32_t, std::uint32_t>>& out) {
  const Place list = fields_.list(key);
  if (!list) return;
  std::vector<std::string> candidates;
  for (std::uint32_t c = 0; c < builder_.system->clients.size(); ++c) {
    if (property_.client != none && c != property_.client) continue;
    for (const SessionStep& step : builder_.system->clients[c].script) {
      const bool is_read = step.verb == SessionVerb::query || step.verb == SessionVerb::read_row;
      if (reads ? is_read : step.verb == SessionVerb::send) candidates.push_back(step.name);
    }
  }
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const auto name = builder_.reading.text(list.at(i));
    if (!name) continue;
    if (std::find(candidates.begin(), candidates.end(), *name) == candidates.end()) {
      builder_.reading.unknown_name(codes::ref_step, list.at(i), reads ? "read" : "write", *name, candidates, reads ? "Reads" : "Writes");
      continue;
    }
    for (std::uint32_t c = 0; c < builder_.system->clients.size(); ++c) {
      if (property_.client != none && c != property_.client) continue;
      const auto& script = builder_.system->clients[c].script;
      for (std::uint32_t s = 0; s < script.size(); ++s) {
        if (script[s].name == *name) out.emplace_back(c, s);
      }
    }
  }
}

void SessionProperty::places() {
  fields_.require("tables");
  const Place list = fields_.list("tables");
  const Place given = fields_.find("column");
  if (!list) return;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const std::uint32_t table = builder_.table_named(list.at(i));
    if (table == none) continue;
    JsonNode name = given ? *given.node : list.node->items[i];
    if (!given) name.text = "version";
    const std::uint32_t column = builder_.column_named({&name, given ? given.pointer : list.at(i).pointer}, table);
    if (column != none) property_.places.emplace_back(table, column);
  }
}

void SessionProperty::staleness() {
  if (const Place table = fields_.require("table")) property_.table = builder_.table_named(table);
  if (const Place column = fields_.find("column")) property_.column = builder_.column_named(column, property_.table);
  property_.within = fields_.time("within");
  if (fields_.has("versions")) property_.versions = static_cast<std::uint64_t>(fields_.integer("versions", 0, 1'000'000'000, 0));
  if (!property_.within && !property_.versions) {
    builder_.reading.error(codes::key_missing, fields_.place(), "a bound is needed: within_ms, versions, or both");
  }
  if (property_.kind != PropertyKind::pbs) return;
  if (const Place share = fields_.require("share")) {
    const auto value = builder_.reading.real(share);
    if (value && !(*value >= 0 && *value <= 1)) builder_.reading.error(codes::range_probability, share, fmt::format("{} is no share", *value), "Allowed: 0 to 1.");
    else if (value) property_.parts_per_million = static_cast<std::uint64_t>(*value * 1e6 + 0.5);
  }
  if (const Place confidence = fields_.find("confidence")) {
    const auto value = builder_.reading.real(confidence);
    if (value && !normal_quantile(*value)) builder_.reading.error(codes::range_number, confidence, "this confidence is not offered", "Allowed: 0.9, 0.95, 0.99, 0.999.");
    else if (value) property_.confidence_per_thousand = static_cast<std::uint32_t>(*value * 1e3 + 0.5);
  }
}

}  // namespace flowtank::loading
