// SPDX-License-Identifier: Apache-2.0
// When a client's requests or sessions arrive: one distance at a time, each a function of (seed, client's
// name, number of the arrival) and, for a changing rate, of when the one before came.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/distribution.hpp>
#include <sim/base/keyed_random.hpp>

#include "sim/world/system.hpp"

namespace flowtank {

class ArrivalProcess {
 public:
  ArrivalProcess(const System& system, const Client& client);

  // From arrival n - 1, which came `since` after the client's start, to arrival n >= 1; infinite: none comes.
  Duration gap(Seed seed, std::uint64_t n, Duration since) const;
  // From the client's start to arrival 0.
  Duration first(Seed seed) const;

 private:
  Duration at_rates(std::uint64_t draw, Duration since) const;

  const Client* client_;
  Distribution gaps_;
  Purpose purpose_;
};

}  // namespace flowtank
