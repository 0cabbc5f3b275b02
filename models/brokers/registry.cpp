// SPDX-License-Identifier: Apache-2.0
// See registry.hpp. The only place that knows which broker models exist.
#include "models/brokers/registry.hpp"

#include <utility>

#include "models/brokers/ideal/ideal.hpp"
#include "models/brokers/kafka/kafka_broker.hpp"
#include "models/brokers/nats_jetstream/nats_broker.hpp"
#include "models/brokers/rabbitmq/rabbitmq_broker.hpp"
#include "models/brokers/redis_streams/redis_broker.hpp"
#include "models/brokers/sns_sqs/sns_sqs_broker.hpp"

namespace flowtank {

const BrokerRegistry& shipped_brokers() {
  static const BrokerRegistry registry = {ideal_broker(), kafka::kafka_broker(), rabbitmq::rabbitmq_broker(), sns_sqs::sns_sqs_broker(), nats::nats_broker(), redis::redis_broker()};
  return registry;
}

MessagingSystem messaging_system_of(std::string_view kind) {
  static constexpr std::pair<std::string_view, MessagingSystem> systems[] = {
      {"ideal", {}}, {"kafka", {"kafka", "kafka"}}, {"rabbitmq", {"rabbitmq", "rabbitmq"}}, {"sns_sqs", {"aws.sns", "aws_sqs"}}, {"nats_jetstream", {"nats", "nats"}}, {"redis_streams", {"redis", "redis"}}};
  for (const auto& [name, system] : systems) {
    if (name == kind) return system;
  }
  return {};
}

std::vector<std::unique_ptr<Broker>> create_brokers(const System& system, const BrokerRegistry& registry, Diagnostics& diagnostics) {
  std::vector<std::unique_ptr<Broker>> brokers;
  for (std::uint32_t b = 0; b < system.brokers.size(); ++b) {
    const BrokerSpec& spec = system.brokers[b];
    std::unique_ptr<Broker> broker;
    std::vector<std::string> names;
    for (const BrokerKind& kind : registry) {
      names.emplace_back(kind.name);
      if (kind.name == spec.kind) broker = kind.create(system, b, diagnostics);
    }
    if (broker == nullptr) {
      Diagnostic unknown;
      unknown.code = "FT-REF-014";
      unknown.message = "there is no broker kind \"" + spec.kind + "\"";
      unknown.hint = name_hint(spec.kind, names, "Kinds");
      diagnostics.add(std::move(unknown));
    }
    brokers.push_back(std::move(broker));
  }
  return brokers;
}

}  // namespace flowtank
