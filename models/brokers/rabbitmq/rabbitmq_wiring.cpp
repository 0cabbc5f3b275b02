// SPDX-License-Identifier: Apache-2.0
// From the options of a scenario to exchanges and queues. A key stands where RabbitMQ has it: those of exchanges and publishers at a
// channel, those of queues and consumers at a subscription; at the broker every key may stand, as the default of all.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <sim/world/system.hpp>

#include "models/brokers/rabbitmq/rabbitmq_broker.hpp"

namespace flowtank::rabbitmq {
namespace {

constexpr Scope all_scopes[] = {Scope::broker, Scope::exchange, Scope::publisher, Scope::queue, Scope::consumer};

std::string_view scope_name(Scope scope) {
  switch (scope) {
    case Scope::broker: return "broker";
    case Scope::exchange: return "exchange";
    case Scope::publisher: return "publisher";
    case Scope::queue: return "queue";
    case Scope::consumer: return "consumer";
  }
  return "";
}

Diagnostic told(std::string_view code, SourceRange where, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.range = where;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

// Keys that are one queue's own: no default of all.
bool names_one_queue(std::string_view key) { return key == "queue" || key == "binding"; }

// Complains of keys that may not stand here, and warns of those that decide nothing. `of_all`: they are defaults of all queues.
void check_keys(const std::vector<Setting>& settings, std::initializer_list<Scope> here, std::string_view where, Diagnostics& diagnostics, bool of_all = false) {
  for (const Setting& setting : settings) {
    if (of_all && names_one_queue(setting.key)) {
      diagnostics.add(told("FT-RMQ-021", setting.where, fmt::format("\"{}\" is one queue's own and cannot be the default of all (RMQ-EX-4)", setting.key), "Write it at the subscription whose queue it is."));
      continue;
    }
    if (find_option(setting.key, here) != nullptr) {
      if (decides_in_scenarios(setting.key)) continue;
      Diagnostic warning = told("FT-RMQ-020", setting.where, fmt::format("\"{}\" decides nothing in a scenario", setting.key), "It is played where recorded vectors are (flowtank conform).");
      warning.severity = Severity::warning;
      diagnostics.add(std::move(warning));
      continue;
    }
    std::vector<std::string> names;
    std::string hint;
    for (const RabbitOption& option : options()) {
      if (std::find(here.begin(), here.end(), option.scope) != here.end()) names.emplace_back(option.key);
    }
    if (const auto close = closest_name(setting.key, names)) hint = fmt::format("Did you mean \"{}\"?", *close);
    for (const Scope other : all_scopes) {
      if (find_option(setting.key, {other}) != nullptr) hint = fmt::format("It is an option of a {}.", scope_name(other));
    }
    diagnostics.add(told("FT-KEY-001", setting.where, fmt::format("RabbitMQ has no option \"{}\" for {}", setting.key, where), hint));
  }
}

// Those of a scope: near ones, and far ones that are not covered.
std::vector<Setting> of_scope(Scope scope, const std::vector<Setting>& far, const std::vector<Setting>& near) {
  std::vector<Setting> out;
  for (const Setting& setting : near) {
    if (find_option(setting.key, {scope}) != nullptr) out.push_back(setting);
  }
  for (const Setting& setting : far) {
    const bool covered = std::any_of(near.begin(), near.end(), [&](const Setting& own) { return own.key == setting.key; });
    if (!covered && find_option(setting.key, {scope}) != nullptr) out.push_back(setting);
  }
  return out;
}

const Setting* find(const std::vector<Setting>& settings, std::string_view key) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.key == key; });
  return found == settings.end() ? nullptr : &*found;
}

// What was written about a queue or an exchange, the nearest first: complaints about several of them together point there.
using Written = std::vector<Setting>;

SourceRange place_of(const Written& written, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const Setting* setting = find(written, key);
    if (setting != nullptr && setting->where.line != 0) return setting->where;
  }
  const auto any = std::find_if(written.begin(), written.end(), [](const Setting& setting) { return setting.where.line != 0; });
  return any == written.end() ? SourceRange{} : any->where;
}

Written together(std::initializer_list<const std::vector<Setting>*> nearest_first) {
  Written all;
  for (const auto* settings : nearest_first) all.insert(all.end(), settings->begin(), settings->end());
  return all;
}

// Binding keys where none are written: everything, or (direct) the types that the service handles.
std::vector<std::string> usual_keys(const System& system, std::uint32_t subscription, ExchangeType type) {
  if (type != ExchangeType::direct) return {"#"};
  std::vector<std::string> keys;
  for (const Handler& handler : system.handlers) {
    if (handler.trigger != Trigger::message || handler.subscription != subscription) continue;
    const std::string& name = system.messages[handler.message].name;
    if (std::find(keys.begin(), keys.end(), name) == keys.end()) keys.push_back(name);
  }
  return keys;
}

QueueWiring read_subscription(const System& system, std::uint32_t s, const Wiring& wiring, const std::vector<Setting>& far, Written& written, Diagnostics& diagnostics) {
  const Subscription& subscription = system.subscriptions[s];
  const Service& service = system.services[subscription.service];
  const Channel& channel = system.channels[subscription.channel];
  const std::vector<Setting> near = settings_of(subscription.options);
  check_keys(near, {Scope::queue, Scope::consumer}, "a subscription", diagnostics);
  const Diagnostic place;
  const std::vector<Setting> of_channel = settings_of(channel.options);
  written = together({&near, &of_channel, &far});
  QueueWiring q;
  q.subscription = s;
  const std::vector<Setting> of_queue = of_scope(Scope::queue, far, near);
  q.queue = read_queue(of_queue, wiring.broker.profile, place, diagnostics);
  q.consumer = read_consumer(of_scope(Scope::consumer, far, near), wiring.broker, place, diagnostics);
  const Setting* name = find(near, "queue");
  q.name = name != nullptr ? name->text : subscription.group.empty() ? service.name + "." + channel.name : subscription.group + "." + channel.name;
  const auto exchange = std::find_if(wiring.exchanges.begin(), wiring.exchanges.end(), [&](const ExchangeWiring& x) { return x.channel == subscription.channel; });
  const Setting* binding = find(near, "binding");
  const std::vector<std::string> keys = binding != nullptr ? words(binding->text, ',') : usual_keys(system, s, exchange->exchange.type);
  if (binding == nullptr && exchange->exchange.type == ExchangeType::direct && !exchange->exchange.by_message_type) {
    diagnostics.add(told("FT-RMQ-010", place_of(written, {"routing_key", "type"}), fmt::format("queue {}: a direct exchange with routing_key \"key\" needs binding keys (RMQ-EX-4)", q.name), "Write \"binding\" at the subscription."));
  }
  for (const std::string& key : keys) q.bindings.emplace_back(channel.name, key);
  if (q.queue.exclusive && service.instances > 1) {
    diagnostics.add(told("FT-RMQ-011", place_of(written, {"exclusive"}), fmt::format("queue {} is exclusive, but service {} has {} instances: only one could consume (RMQ-Q-2)", q.name, service.name, service.instances), ""));
  }
  return q;
}

// "NAME key=value ...", in `declare` at `where`.
void read_plain_queue(const std::string& text, const SourceRange& where, Wiring& wiring, std::vector<Written>& of_queues, Diagnostics& diagnostics) {
  const std::vector<std::string> parts = words(text, ' ');
  QueueWiring q;
  q.name = parts.empty() ? "" : parts.front();
  std::vector<Setting> settings;
  bool good = !q.name.empty() && q.name.find('=') == std::string::npos;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string::npos) {
      good = false;
      continue;
    }
    const std::string key = parts[i].substr(0, equals), value = parts[i].substr(equals + 1);
    if (key == "bind") q.bindings.emplace_back(value.substr(0, value.find('/')), value.find('/') == std::string::npos ? "#" : value.substr(value.find('/') + 1));
    else settings.push_back({key, value, where});
  }
  if (!good) {
    diagnostics.add(told("FT-RMQ-012", where, fmt::format("\"{}\" is no queue to declare (RMQ-DLX-1)", text), "Write its name and key=value pairs: \"wait x-message-ttl=5000 x-dead-letter-exchange=\"."));
    return;
  }
  check_keys(settings, {Scope::queue}, "a queue", diagnostics, true);
  Diagnostic place;
  place.range = where;
  q.queue = read_queue(of_scope(Scope::queue, {}, settings), wiring.broker.profile, place, diagnostics);
  wiring.queues.push_back(std::move(q));
  settings.push_back({"queue", wiring.queues.back().name, where});
  of_queues.push_back(std::move(settings));
}

// Names that lead nowhere: RabbitMQ accepts them and drops what goes there.
void check_names(const System& system, const Wiring& wiring, const std::vector<Written>& of_exchanges, const std::vector<Written>& of_queues, Diagnostics& diagnostics) {
  std::set<std::string> exchanges{""}, queues;
  for (const ExchangeWiring& x : wiring.exchanges) exchanges.insert(system.channels[x.channel].name);
  for (std::size_t i = 0; i < wiring.queues.size(); ++i) {
    const QueueWiring& q = wiring.queues[i];
    if (!queues.insert(q.name).second) diagnostics.add(told("FT-RMQ-013", place_of(of_queues[i], {"queue"}), fmt::format("two queues have the name {} (RMQ-EX-4)", q.name), "Give each subscription a queue of its own."));
  }
  const auto warn = [&](const SourceRange& where, std::string message) {
    Diagnostic warning = told("FT-RMQ-014", where, std::move(message), "What goes there is dropped silently.");
    warning.severity = Severity::warning;
    diagnostics.add(std::move(warning));
  };
  for (std::size_t i = 0; i < wiring.queues.size(); ++i) {
    const QueueWiring& q = wiring.queues[i];
    if (!q.queue.has_dead_letter_exchange) continue;
    if (exchanges.count(q.queue.dead_letter_exchange) == 0) {
      warn(place_of(of_queues[i], {"x-dead-letter-exchange"}), fmt::format("queue {}: there is no channel {} for its dead letters (RMQ-DLX-2)", q.name, q.queue.dead_letter_exchange));
    } else if (q.queue.dead_letter_exchange.empty() && q.queue.has_dead_letter_key && queues.count(q.queue.dead_letter_key) == 0) {
      warn(place_of(of_queues[i], {"x-dead-letter-routing-key"}), fmt::format("queue {}: there is no queue {} for its dead letters (RMQ-DLX-2)", q.name, q.queue.dead_letter_key));
    }
  }
  for (std::size_t i = 0; i < wiring.exchanges.size(); ++i) {
    const ExchangeWiring& x = wiring.exchanges[i];
    if (exchanges.count(x.exchange.alternate_exchange) == 0) {
      warn(place_of(of_exchanges[i], {"alternate-exchange"}), fmt::format("channel {}: there is no channel {} as its alternate exchange (RMQ-EX-5)", system.channels[x.channel].name, x.exchange.alternate_exchange));
    }
    if (x.exchange.type == ExchangeType::headers) {
      diagnostics.add(told("FT-RMQ-015", place_of(of_exchanges[i], {"type"}),
                           "messages of a scenario have no headers to route by (RMQ-EX-3)", "Use a topic exchange; recorded vectors play headers exchanges."));
    }
  }
}

}  // namespace

Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics) {
  Wiring wiring;
  const Diagnostic place;
  const std::vector<Setting> far = settings_of(system.brokers[broker].options);
  check_keys(far, {Scope::broker, Scope::exchange, Scope::publisher, Scope::queue, Scope::consumer}, "a broker", diagnostics, true);
  wiring.broker = read_broker(of_scope(Scope::broker, {}, far), place, diagnostics);
  std::vector<Written> of_exchanges, of_queues;  // as in the wiring
  for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
    if (system.channels[c].broker != broker) continue;
    const std::vector<Setting> near = settings_of(system.channels[c].options);
    check_keys(near, {Scope::exchange, Scope::publisher}, "a channel", diagnostics);
    wiring.exchanges.push_back({c, read_exchange(of_scope(Scope::exchange, far, near), place, diagnostics),
                                read_publisher(of_scope(Scope::publisher, far, near), place, diagnostics)});
    of_exchanges.push_back(together({&near, &far}));
  }
  for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
    if (system.channels[system.subscriptions[s].channel].broker != broker) continue;
    wiring.queues.push_back(read_subscription(system, s, wiring, far, of_queues.emplace_back(), diagnostics));
  }
  for (const std::string& text : wiring.broker.queues) read_plain_queue(text, place_of(far, {"declare"}), wiring, of_queues, diagnostics);
  check_names(system, wiring, of_exchanges, of_queues, diagnostics);
  return wiring;
}

namespace {

std::string_view type_name(const RabbitOption& option) {
  switch (option.type) {
    case OptionType::boolean: return "bool";
    case OptionType::whole: return option.unit.empty() ? "int" : option.unit;
    case OptionType::text: return "text";
    case OptionType::list: return "list";
    case OptionType::choice: return option.values;
  }
  return "";
}

std::string_view scope_words(const RabbitOption& option) {
  if (decides_in_scenarios(option.key)) return scope_name(option.scope);
  switch (option.scope) {
    case Scope::broker: return "broker; vectors only";
    case Scope::queue: return "queue; vectors only";
    default: return scope_name(option.scope);
  }
}

const std::vector<OptionInfo>& option_infos() {
  static const std::vector<OptionInfo> infos = [] {
    std::vector<OptionInfo> all;
    for (const RabbitOption& option : options()) all.push_back({option.key, scope_words(option), type_name(option), option.preset, option.meaning, option.rules});
    return all;
  }();
  return infos;
}

std::unique_ptr<Broker> create(const System& system, std::uint32_t index, Diagnostics& diagnostics) {
  // What stands at the broker is read for each of its channels and subscriptions, and complained of once.
  Diagnostics all;
  Wiring wiring = read_wiring(system, index, all);
  std::set<std::string> said;
  for (const Diagnostic& diagnostic : all.all()) {
    if (said.insert(diagnostic.code + diagnostic.message).second) diagnostics.add(diagnostic);
  }
  return std::make_unique<RabbitBroker>(system, index, std::move(wiring));
}

constexpr FaultKind faults[] = {FaultKind::failover, FaultKind::power_loss, FaultKind::expiry};

}  // namespace

BrokerKind rabbitmq_broker() {
  return {"rabbitmq", "RabbitMQ: exchanges, classic and quorum queues, prefetch, dead letters; the client decides what a failure does", create,
          option_infos(), faults,
          "a time to live passes only in queues that nobody consumes or by the fault expiry, consumer_timeout once for a copy and only where handlers, "
          "prefetched copies before it or pauses last so long"};
}

}  // namespace flowtank::rabbitmq
