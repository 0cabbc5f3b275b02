// SPDX-License-Identifier: Apache-2.0
// What a random walk asks of a system besides being a TransitionSystem: who acts, what races, what is a fault. Every
// question has a default, so that a textbook model needs none of them; the World answers all (world_walk.hpp).
//
//   identity(action)  what the action is, in this state and in others: equal actions are equal. From its meaning, never
//                     from an index or the history of the object. Default: the hash of its description.
//   chain(action)     whose action it is: actions of one chain happen one after the other. Default: its identity.
//   place(action)     where it acts: actions at different places do not race. Default: everything races.
//   fault_of(action)  the number of the fault that strikes, no_fault for what the system does by itself. enabled() lists
//                     faults last, those of one fault side by side. Default: no faults.
//   enabled_plain(out), enabled_faults(out)   the two parts of enabled(), where they can be listed apart.
//   feature()         an abstraction of the state, for feedback. Default: its fingerprint.
#pragma once

#include <cstdint>

#include <sim/base/hash.hpp>
#include <sim/explore/transition_system.hpp>

namespace flowtank::campaign {

inline constexpr std::uint32_t no_fault = 0xffffffffU;

template <class S>
std::uint64_t identity_of(const S& system, const typename S::Action& action) {
  if constexpr (requires { system.identity(action); }) return system.identity(action);
  else return hash_bytes(system.describe(action)).lo;
}
template <class S>
std::uint64_t chain_of(const S& system, const typename S::Action& action) {
  if constexpr (requires { system.chain(action); }) return system.chain(action);
  else return identity_of(system, action);
}
template <class S>
std::uint64_t place_of(const S& system, const typename S::Action& action) {
  if constexpr (requires { system.place(action); }) return system.place(action);
  else return 0;
}
template <class S>
std::uint32_t fault_of(const S& system, const typename S::Action& action) {
  if constexpr (requires { system.fault_of(action); }) return system.fault_of(action);
  else return no_fault;
}
template <class S>
std::uint64_t feature_of(const S& system) {
  if constexpr (requires { system.feature(); }) return system.feature();
  else return static_cast<std::uint64_t>(system.fingerprint());
}

}  // namespace flowtank::campaign
