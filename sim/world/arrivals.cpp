// SPDX-License-Identifier: Apache-2.0
// See arrivals.hpp. A changing rate is a Poisson process by inversion: an exponential amount of work is used
// up at the rate of the moment. Only + - * / on doubles.
#include "sim/world/arrivals.hpp"

#include <sim/base/check.hpp>

namespace flowtank {
namespace {

Distribution made(const DistributionOr& distribution) {
  FLOWTANK_CHECK(static_cast<bool>(distribution), "interval of a client");
  return *distribution;
}

constexpr double nanoseconds = 1e9;

}  // namespace

ArrivalProcess::ArrivalProcess(const System& system, const Client& client)
    : client_(&client), purpose_("client.arrival", client.name) {
  switch (client.arrivals) {
    case Arrivals::poisson: gaps_ = made(Distribution::exponential(client.interval)); break;
    case Arrivals::constant:
    case Arrivals::bursts: gaps_ = made(Distribution::constant(client.interval)); break;
    case Arrivals::renewal: gaps_ = system.distributions[client.gaps]; break;
    case Arrivals::profile: gaps_ = made(Distribution::exponential(Duration(1'000'000'000))); break;
    case Arrivals::at_once:
    case Arrivals::recorded: break;
  }
}

Duration ArrivalProcess::gap(Seed seed, std::uint64_t n, Duration since) const {
  switch (client_->arrivals) {
    case Arrivals::at_once: return {};
    case Arrivals::recorded:
      return n < client_->times.size() ? client_->times[n] - client_->times[n - 1] : Duration::infinite();
    case Arrivals::bursts: return n % client_->burst == 0 ? gaps_.at(0) : Duration{};
    case Arrivals::profile: return at_rates(draw(seed, purpose_, Whose{0, n}), since);
    case Arrivals::constant:
    case Arrivals::poisson:
    case Arrivals::renewal: break;
  }
  return gaps_.at(draw(seed, purpose_, Whose{0, n}));
}

Duration ArrivalProcess::first(Seed seed) const {
  if (client_->arrivals == Arrivals::recorded) return client_->times.empty() ? Duration::infinite() : client_->times[0];
  if (client_->arrivals == Arrivals::profile) return at_rates(draw(seed, purpose_, Whose{0, 0}), Duration{});
  return {};
}

Duration ArrivalProcess::at_rates(std::uint64_t draw, Duration since) const {
  // Work in arrivals times 10^9: mean 10^9 from one arrival to the next.
  double work = static_cast<double>(gaps_.at(draw).nanoseconds());
  Duration at = since;
  for (std::size_t r = 0; r < client_->rates.size(); ++r) {
    const bool last = r + 1 == client_->rates.size();
    if (!last && client_->rates[r + 1].from <= at) continue;
    const double rate = client_->rates[r].per_second;
    if (last && !(rate > 0)) return Duration::infinite();
    const double room = last ? 0 : static_cast<double>((client_->rates[r + 1].from - at).nanoseconds()) * rate;
    if (last || work < room) {
      const double wait = work / rate + static_cast<double>((at - since).nanoseconds());
      return wait < nanoseconds * nanoseconds ? Duration(static_cast<std::int64_t>(wait)) : Duration::infinite();
    }
    work -= room;
    at = client_->rates[r + 1].from;
  }
  return Duration::infinite();
}

}  // namespace flowtank
