// SPDX-License-Identifier: Apache-2.0
// Fingerprints: 128 bits that stand for a state in the visited set.
// A state is a set of (component, content) pairs; a system whose state is large keeps the sum of one
// fingerprint_share() (sim/base/hash.hpp) per pair, modulo 2^128, so that a write costs one subtraction
// and one addition whatever the size of the state. Invariant: equal states have equal fingerprints;
// different states share one with odds below collision_odds().
#pragma once

#include <sim/base/hash.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace flowtank::explore {

using Fingerprint = uint128;

/// Fingerprint of a whole canonical encoding. Another `seed` gives another family of fingerprints: a
/// second run with another seed confirms the first independently.
Fingerprint fingerprint_of(std::span<const std::byte> bytes, std::uint64_t seed = 0);

/// Upper bound of the probability that any two of `states` different states share a fingerprint,
/// assuming that the mixing behaves at random: n(n-1)/2 / 2^128.
double collision_odds(std::uint64_t states);

}  // namespace flowtank::explore
