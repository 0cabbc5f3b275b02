// SPDX-License-Identifier: Apache-2.0
// Why a copy comes back to its broker. A handler that failed settles by Settle::retry where its service counts attempts, and by
// Settle::requeue where it tries for ever; a nack step, a fault that ends a deadline and a link that is cut settle by
// requeue as well. What a client does about a failure is the product's business, so brokers ask here which it was.
#pragma once

#include <sim/world/world.hpp>

namespace flowtank {

// Did the handler of this copy fail, so that its client decides what becomes of it? To be asked while the copy is settled. Looks at
// the runs of the service: only failures pay for it.
inline bool handler_failed(const World& world, std::uint32_t subscription, const Delivery& delivery, Settle how) {
  if (how != Settle::requeue) return how == Settle::retry;
  const Runs& runs = world.runs();
  const System& system = world.system();
  const std::uint32_t service = system.subscriptions[subscription].service, first = runs.first_instance(service);
  for (std::uint32_t frame = runs.frames_begin(first); frame < runs.frames_end(first + system.services[service].instances - 1); ++frame) {
    if (!runs.active(frame) || runs.input_of(frame) != delivery.message) continue;
    const Origin from = runs.origin_of(frame);
    const bool is_it = from.kind == OriginKind::message && from.source == subscription && from.token == delivery.token;
    // Fenced: the broker has taken it, or does not hear of it. Else its run has just said so.
    if (is_it && from.settled && !from.fenced) return runs.instruction(frame).op != Op::settle;
  }
  return false;
}

}  // namespace flowtank
