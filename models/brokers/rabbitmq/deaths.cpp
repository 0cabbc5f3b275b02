// SPDX-License-Identifier: Apache-2.0
// See deaths.hpp. Counts never go down; nothing but a client that publishes a fresh message forgets deaths.
#include "models/brokers/rabbitmq/deaths.hpp"

#include <algorithm>

namespace flowtank::rabbitmq {

std::string_view to_text(DeathReason reason) {
  switch (reason) {
    case DeathReason::rejected: return "rejected";
    case DeathReason::expired: return "expired";
    case DeathReason::maxlen: return "maxlen";
    case DeathReason::delivery_limit: return "delivery_limit";
  }
  return "";
}

std::optional<DeathReason> death_reason(std::string_view name) {
  for (const DeathReason reason : {DeathReason::rejected, DeathReason::expired, DeathReason::maxlen, DeathReason::delivery_limit}) {
    if (to_text(reason) == name) return reason;
  }
  return std::nullopt;
}

void add_death(std::vector<Death>& deaths, Death death) {
  const auto same = std::find_if(deaths.begin(), deaths.end(), [&](const Death& d) { return d.queue == death.queue && d.reason == death.reason; });
  if (same == deaths.end()) {
    deaths.insert(deaths.begin(), std::move(death));
    return;
  }
  ++same->count;
  std::rotate(deaths.begin(), same, same + 1);
}

bool closes_circle(const std::vector<Death>& deaths, std::string_view queue) {
  return closes_circle(deaths, [&](const Death& d) { return d.queue == queue; }, [](const Death& d) { return d.reason == DeathReason::rejected; });
}

}  // namespace flowtank::rabbitmq
