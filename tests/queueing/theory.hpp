// SPDX-License-Identifier: Apache-2.0
// Mean waiting times in queue, in the unit of the mean service time given. Sources: Kleinrock, "Queueing Systems", volume 1:
// M/M/c (3.5), M/G/1 by Pollaczek and Khinchine (5.6); networks: Jackson 1957, each station is an M/M/c.
#pragma once

namespace flowtank::queueing {

// Probability that a customer waits (Erlang's C formula), by the recursion of his B formula.
inline double erlang_c(int servers, double offered) {
  double blocking = 1;
  for (int k = 1; k <= servers; ++k) blocking = offered * blocking / (k + offered * blocking);
  const double utilisation = offered / servers;
  return blocking / (1 - utilisation * (1 - blocking));
}

// M/M/c: `rate` arrivals per unit of time.
inline double wait_mmc(int servers, double rate, double service) {
  const double offered = rate * service;
  return erlang_c(servers, offered) * service / (servers - offered);
}

// M/G/1: mean and second moment of the service time.
inline double wait_mg1(double rate, double service, double second_moment) {
  return rate * second_moment / (2 * (1 - rate * service));
}

}  // namespace flowtank::queueing
