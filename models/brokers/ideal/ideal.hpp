// SPDX-License-Identifier: Apache-2.0
// The ideal broker: the control group. It loses nothing, duplicates nothing and keeps the order of each
// key; whatever goes wrong on it is the services' own doing or an injected fault. It models no product.
//
// Each subscription has a lane for every key (messages without a key share one). A consumer gets the head
// of a lane; the lane waits until that copy is settled, so that one key is handled in order. Copies made
// or moved by faults float beside the lanes: they may be delivered at any later position, also while the
// original is being handled.
//
// Two options of a channel make it another control group: "order": "none" is a bag, in which every copy floats, and
// "publish": "at_once" a bus inside the process (PublishManners::at_once).
#pragma once

#include <memory>

#include <sim/world/broker.hpp>

namespace flowtank {

// Registered as "ideal".
BrokerKind ideal_broker();

}  // namespace flowtank
