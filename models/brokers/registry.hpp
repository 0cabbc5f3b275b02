// SPDX-License-Identifier: Apache-2.0
// All broker models that ship with Flowtank, by the kind a scenario names.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <sim/world/broker.hpp>

namespace flowtank {

const BrokerRegistry& shipped_brokers();

// What OpenTelemetry calls the product that a kind models ("messaging.system" of its semantic conventions 1.44): the well-known values
// where there are any (kafka, rabbitmq, aws.sns and aws_sqs), else the product's name. A channel of SNS and SQS is sent to a
// topic of the one and received from a queue of the other. A kind that models no product, or is not known, is "flowtank".
struct MessagingSystem {
  std::string_view sends = "flowtank";
  std::string_view receives = "flowtank";
};
MessagingSystem messaging_system_of(std::string_view kind);

// One broker object for each broker of the system; diagnostics for unknown kinds and wrong options.
std::vector<std::unique_ptr<Broker>> create_brokers(const System& system, const BrokerRegistry& registry, Diagnostics& diagnostics);

}  // namespace flowtank
