// SPDX-License-Identifier: Apache-2.0
// From the options of a scenario to topics and groups. A key stands where Kafka has it: keys of topics and producers at a
// channel, keys of consumers at a subscription; at the broker every key may stand, as the default of all.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/kafka/kafka_broker.hpp"

namespace flowtank::kafka {
namespace {

// The settings that may stand in one of the scopes; the rest goes to `others`.
std::vector<Setting> split(const std::vector<Setting>& settings, std::initializer_list<Scope> scopes, std::vector<Setting>* others) {
  std::vector<Setting> own;
  for (const Setting& setting : settings) {
    const bool here = std::any_of(scopes.begin(), scopes.end(), [&](Scope scope) { return find_option(setting.key, scope) != nullptr; });
    if (here) own.push_back(setting);
    else if (others != nullptr) others->push_back(setting);
  }
  return own;
}

// The broker's settings of a scope, overridden by those that stand closer.
std::vector<Setting> merged(const std::vector<Setting>& far, Scope scope, const std::vector<Setting>& near) {
  std::vector<Setting> all = near;
  for (const Setting& setting : far) {
    const bool covered = std::any_of(near.begin(), near.end(), [&](const Setting& own) { return own.key == setting.key; });
    if (!covered && find_option(setting.key, scope) != nullptr) all.push_back(setting);
  }
  return all;
}

std::unique_ptr<Broker> create(const System& system, std::uint32_t index, Diagnostics& diagnostics) {
  return std::make_unique<KafkaBroker>(system, index, read_wiring(system, index, diagnostics));
}

std::string_view scope_name(std::uint8_t scopes) {
  const auto has = [scopes](Scope scope) { return (scopes & static_cast<std::uint8_t>(scope)) != 0; };
  if (has(Scope::broker) && has(Scope::topic)) return "broker, topic";
  if (has(Scope::producer) && has(Scope::consumer)) return "producer, consumer";
  return has(Scope::broker) ? "broker" : has(Scope::topic) ? "topic" : has(Scope::producer) ? "producer" : "consumer";
}

// What a key is for, in a word that explain prints.
std::string_view scope_words(const KafkaOption& option) {
  const std::string_view name = scope_name(option.scopes);
  if (decides_in_scenarios(option.key)) return name;
  for (const std::string_view words : {"broker; vectors only", "topic; vectors only", "producer; vectors only", "consumer; vectors only",
                                       "broker, topic; vectors only", "producer, consumer; vectors only"}) {
    if (words.substr(0, words.find(';')) == name) return words;
  }
  return name;
}

std::string_view type_name(const KafkaOption& option) {
  switch (option.type) {
    case OptionType::boolean: return "bool";
    case OptionType::whole: return option.unit.empty() ? "int" : option.unit;
    case OptionType::real: return "number";
    case OptionType::text: return "text";
    case OptionType::choice:
    case OptionType::list: return option.values;
  }
  return "";
}

const std::vector<OptionInfo>& option_infos() {
  static const std::vector<OptionInfo> infos = [] {
    std::vector<OptionInfo> all;
    for (const KafkaOption& option : options()) {
      all.push_back({option.key, scope_words(option), type_name(option), option.preset, option.meaning, option.rules});
    }
    return all;
  }();
  return infos;
}

// What was set in good faith and decides nothing in a scenario.
void warn_of_idle(const std::vector<Setting>& settings, Diagnostics& diagnostics) {
  for (const Setting& setting : settings) {
    if (decides_in_scenarios(setting.key)) continue;
    Diagnostic warning;
    warning.severity = Severity::warning;
    warning.code = "FT-KAFKA-030";
    warning.range = setting.where;
    warning.message = fmt::format("\"{}\" decides nothing in a scenario", setting.key);
    warning.hint = "It is played where recorded vectors are (flowtank conform).";
    diagnostics.add(std::move(warning));
  }
}

void complain(Severity severity, std::string_view code, const Setting* at, std::string message, std::string_view hint, Diagnostics& diagnostics) {
  Diagnostic complaint;
  complaint.severity = severity;
  complaint.code = code;
  if (at != nullptr) complaint.range = at->where;
  complaint.message = std::move(message);
  complaint.hint = hint;
  diagnostics.add(std::move(complaint));
}

// What a transactional producer of a channel needs of its broker and of the services that publish there.
void check_transactions(const System& system, const Wiring& wiring, const TopicWiring& topic, const std::vector<Setting>& settings, Diagnostics& diagnostics) {
  const std::string& text = topic.producer.transactional_id;
  if (text.empty()) return;
  const auto written = [&](std::string_view key) -> const Setting* {
    const auto found = std::find_if(settings.begin(), settings.end(), [key](const Setting& setting) { return setting.key == key; });
    return found == settings.end() ? nullptr : &*found;
  };
  const Setting* id = written("transactional.id");
  if (topic.producer.transaction_timeout_ms > wiring.broker.transaction_max_timeout_ms) {
    complain(Severity::error, "FT-KAFKA-014", written("transaction.timeout.ms") != nullptr ? written("transaction.timeout.ms") : id,
             fmt::format("transaction.timeout.ms is {}, but the broker's transaction.max.timeout.ms is {}", topic.producer.transaction_timeout_ms, wiring.broker.transaction_max_timeout_ms),
             "Brokers refuse such a producer (KF-TXN-3).", diagnostics);
  }
  std::vector<std::string> ids;
  for (std::uint32_t service = 0; service < system.services.size(); ++service) {
    if (!publishes_to(system, service, topic.channel)) continue;
    for (std::uint32_t i = 0; i < system.services[service].instances; ++i) ids.push_back(transactional_id_of(text, system.services[service].name, i));
    const Service& of = system.services[service];
    const auto& wired = system.wiring[service];
    // A step that publishes by type may mean another channel of its service.
    const bool elsewhere = std::any_of(wired.begin(), wired.end(), [&](std::uint32_t channel) { return channel != none && channel != topic.channel; });
    const auto blind = [&](std::uint32_t handler) {
      const auto& publishes = system.handlers[handler].program.publishes;
      return std::any_of(publishes.begin(), publishes.end(), [&](const PublishSpec& spec) { return !spec.confirm && (spec.channel == topic.channel || spec.channel == none); });
    };
    if (std::any_of(of.handlers.begin(), of.handlers.end(), blind) || std::any_of(of.pollers.begin(), of.pollers.end(), blind)) {
      complain(elsewhere ? Severity::warning : Severity::error, "FT-KAFKA-013", id, fmt::format("{} publishes with \"confirm\": false to {}, whose producers have a transactional.id", of.name, system.channels[topic.channel].name),
               "A commit waits for every record of its transaction (KF-TXN-2): let the step confirm, or give the channel no transactional.id.", diagnostics);
    }
  }
  const std::size_t all = ids.size();
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() == all) return;
  complain(Severity::warning, "FT-KAFKA-031", id, fmt::format("{} producers share {} transactional.id{}: who begins fences the others", all, ids.size(), ids.size() == 1 ? "" : "s"),
           "${service} and ${instance} in it tell them apart (KF-TXN-1).", diagnostics);
}

}  // namespace

Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics) {
  Wiring wiring;
  const Diagnostic place;
  const std::vector<Setting> far = settings_of(system.brokers[broker].options);
  std::vector<Setting> unknown;
  std::vector<Setting> of_broker = split(far, {Scope::broker}, nullptr);
  split(far, {Scope::broker, Scope::topic, Scope::producer, Scope::consumer}, &unknown);
  warn_of_idle(far, diagnostics);
  of_broker.insert(of_broker.end(), unknown.begin(), unknown.end());
  wiring.broker = read_broker(of_broker, place, diagnostics);
  for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
    if (system.channels[c].broker != broker) continue;
    const std::vector<Setting> near = settings_of(system.channels[c].options);
    warn_of_idle(near, diagnostics);
    std::vector<Setting> strange;
    std::vector<Setting> of_topic = split(near, {Scope::topic}, nullptr), of_producer = split(near, {Scope::producer}, nullptr);
    split(near, {Scope::topic, Scope::producer}, &strange);
    of_topic.insert(of_topic.end(), strange.begin(), strange.end());
    TopicWiring topic;
    topic.channel = c;
    topic.topic = read_topic(merged(far, Scope::topic, of_topic), wiring.broker, place, diagnostics);
    const std::vector<Setting> producer = merged(far, Scope::producer, of_producer);
    topic.producer = read_producer(producer, ClientProfile::java, place, diagnostics);
    check_transactions(system, wiring, topic, producer, diagnostics);
    wiring.topics.push_back(std::move(topic));
  }
  for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
    const Subscription& subscription = system.subscriptions[s];
    if (system.channels[subscription.channel].broker != broker) continue;
    const std::string name = subscription.group.empty() ? system.services[subscription.service].name : subscription.group;
    const auto known = std::find_if(wiring.groups.begin(), wiring.groups.end(), [&](const GroupWiring& group) { return group.name == name; });
    const std::vector<Setting> own = settings_of(subscription.options);
    warn_of_idle(own, diagnostics);
    const std::vector<Setting> near = merged(far, Scope::consumer, own);
    const ConsumerSettings consumer = read_consumer(near, ClientProfile::java, wiring.broker, place, diagnostics);
    if (known != wiring.groups.end()) {
      known->subscriptions.push_back(s);
      continue;
    }
    wiring.groups.push_back({name, consumer, {s}});
  }
  return wiring;
}

constexpr FaultKind faults[] = {FaultKind::failover, FaultKind::power_loss, FaultKind::expiry, FaultKind::compaction,
                                FaultKind::rewind, FaultKind::repartition, FaultKind::rebalance, FaultKind::late_transaction_end};

BrokerKind kafka_broker() {
  return {"kafka", "Apache Kafka: partitions, consumer groups, offsets; client profiles decide what a crash does", create, option_infos(), faults,
          "max.poll.interval.ms and transaction.timeout.ms pass only where a handler can take as long, and once for each record; records grow too old only by the fault expiry"};
}

}  // namespace flowtank::kafka
