// SPDX-License-Identifier: Apache-2.0
// From the options of a scenario to queues. Attributes of queues and keys of publishers stand at a channel, all but those of
// publishers at a subscription too, where they are of its own queue; at the broker every key may stand, as the default of all.
#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/handling_time.hpp"
#include "models/brokers/sns_sqs/sns_sqs_broker.hpp"

namespace flowtank::sns_sqs {
namespace {

constexpr auto queue = static_cast<std::uint8_t>(Scope::queue), subscription = static_cast<std::uint8_t>(Scope::subscription),
               poller = static_cast<std::uint8_t>(Scope::poller), publisher = static_cast<std::uint8_t>(Scope::publisher);

// What holds for a scope: the nearest of those that are written.
std::vector<Setting> merged(std::uint8_t scope, std::initializer_list<const std::vector<Setting>*> nearest_first) {
  std::vector<Setting> all;
  for (const auto* settings : nearest_first) {
    for (const Setting& setting : *settings) {
      const bool covered = std::any_of(all.begin(), all.end(), [&](const Setting& own) { return own.key == setting.key; });
      if (!covered && find_option(setting.key, scope) != nullptr) all.push_back(setting);
    }
  }
  return all;
}

void complain(Diagnostics& diagnostics, std::string_view code, const SourceRange& where, std::string message, std::string hint, Severity severity = Severity::error) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.code = code;
  diagnostic.range = where;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  diagnostics.add(std::move(diagnostic));
}

// What was set in good faith and decides nothing in a scenario.
void warn_of_idle(const std::vector<Setting>& settings, Diagnostics& diagnostics) {
  for (const Setting& setting : settings) {
    const SqsOption* option = find_option(setting.key, 0xff);
    if (option == nullptr || !option->only_in_vectors) continue;
    complain(diagnostics, "FT-SQS-030", setting.where, fmt::format("\"{}\" decides nothing in a scenario", setting.key), "It is played where vectors are (flowtank conform).", Severity::warning);
  }
}

SourceRange where_of(std::string_view key, std::initializer_list<const std::vector<Setting>*> nearest_first) {
  for (const auto* settings : nearest_first) {
    for (const Setting& setting : *settings) {
      if (setting.key == key || setting.key.starts_with(std::string(key) + ".")) return setting.where;
    }
  }
  return {};
}

void look_at_handlers(const System& system, QueueWiring& wired) {
  const Duration visibility(wired.queue.rules.visibility);
  HandlingTime time = handling_time(system, wired.subscription);
  time.by_itself = time.by_itself * wired.poller.most;  // what was received together is handled one after the other
  wired.outlasts = time.by_itself + time.stands_still >= visibility;
  wired.stands_still = time.paused >= visibility;
  const bool something_else = std::any_of(system.faults.begin(), system.faults.end(), [](const Fault& fault) {
    return fault.kind == FaultKind::pause || fault.kind == FaultKind::zombie || fault.kind == FaultKind::slow || fault.kind == FaultKind::partition;
  });
  wired.may_be_late = wired.outlasts || time.waits_for_others || something_else;
}

std::unique_ptr<Broker> create(const System& system, std::uint32_t index, Diagnostics& diagnostics) {
  return std::make_unique<SnsSqsBroker>(system, index, read_wiring(system, index, diagnostics));
}

std::string_view scope_words(const SqsOption& option) {
  const bool idle = option.only_in_vectors;
  if (option.scopes == queue) return idle ? "queue; vectors only" : "queue";
  if (option.scopes == subscription) return idle ? "subscription; vectors only" : "subscription";
  if (option.scopes == poller) return idle ? "poller; vectors only" : "poller";
  return idle ? "publisher; vectors only" : "publisher";
}

std::string_view type_name(const SqsOption& option) {
  switch (option.type) {
    case OptionType::boolean: return "bool";
    case OptionType::whole: return option.unit;
    case OptionType::probability: return "number";
    case OptionType::text: return "text";
    case OptionType::choice: return option.values;
    case OptionType::policy: return "JSON text";
  }
  return "";
}

const std::vector<OptionInfo>& option_infos() {
  static const std::vector<OptionInfo> infos = [] {
    std::vector<OptionInfo> all;
    for (const SqsOption& option : options()) all.push_back({option.key, scope_words(option), type_name(option), option.preset, option.meaning, option.rules});
    return all;
  }();
  return infos;
}

}  // namespace

Wiring read_wiring(const System& system, std::uint32_t broker, Diagnostics& diagnostics) {
  Wiring wiring;
  wiring.topics.resize(system.channels.size());
  const Diagnostic place;
  const std::vector<Setting> far = settings_of(system.brokers[broker].options);
  refuse_unknown(far, queue | subscription | poller | publisher, "a broker", place, diagnostics);
  warn_of_idle(far, diagnostics);
  for (std::uint32_t c = 0; c < system.channels.size(); ++c) {
    if (system.channels[c].broker != broker) continue;
    const std::vector<Setting> near = settings_of(system.channels[c].options);
    refuse_unknown(near, queue | poller | publisher, "a channel", place, diagnostics);
    warn_of_idle(near, diagnostics);
    Diagnostics again;  // its queues say what is wrong with them
    const bool has_queue = std::any_of(system.subscriptions.begin(), system.subscriptions.end(), [c](const Subscription& s) { return s.channel == c; });
    const QueueSettings common = read_queue(merged(queue, {&near, &far}), place, has_queue ? again : diagnostics);
    wiring.topics[c].fifo = common.rules.fifo;
    wiring.topics[c].dedup_by_group = common.dedup_by_group;
    wiring.topics[c].publisher = read_publisher(merged(publisher, {&near, &far}), common, place, diagnostics);
  }
  for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
    const std::uint32_t c = system.subscriptions[s].channel;
    if (system.channels[c].broker != broker) continue;
    const std::vector<Setting> own = settings_of(system.subscriptions[s].options), near = settings_of(system.channels[c].options);
    refuse_unknown(own, queue | subscription | poller, "a subscription", place, diagnostics);
    warn_of_idle(own, diagnostics);
    QueueWiring wired;
    wired.subscription = s;
    wired.queue = read_queue(merged(queue, {&own, &near, &far}), place, diagnostics);
    wired.subscribed = read_subscription(merged(subscription, {&own, &far}), place, diagnostics);
    wired.poller = read_poller(merged(poller, {&own, &near, &far}), wired.queue, place, diagnostics);
    if (wired.queue.rules.fifo && !wiring.topics[c].fifo) {
      complain(diagnostics, "FT-SQS-008", where_of("FifoQueue", {&own}), fmt::format("a FIFO queue cannot subscribe to the standard topic \"{}\"", system.channels[c].name), "Set FifoQueue at the channel (SNS-FIFO-1).");
    }
    if (const std::string& name = wired.queue.dead_letter_queue; !name.empty()) {
      for (std::uint32_t d = 0; d < system.channels.size(); ++d) {
        if (system.channels[d].broker == broker && d != c && system.channels[d].name == name) wired.dead_letters = d;
      }
      const bool fits = wired.dead_letters != none && wiring.topics[wired.dead_letters].fifo == wired.queue.rules.fifo;
      const std::string message = wired.dead_letters == none ? fmt::format("the broker has no other channel \"{}\" for dead letters", name)
                                                             : fmt::format("the dead-letter queue \"{}\" is not of the same type", name);
      if (!fits) complain(diagnostics, "FT-SQS-009", where_of("RedrivePolicy", {&own, &near, &far}), message, "A standard queue's is a standard one, a FIFO queue's a FIFO one, on the same broker (SQS-DLQ-1).");
    }
    look_at_handlers(system, wired);
    wiring.queues.push_back(std::move(wired));
  }
  return wiring;
}

// ---- messages as filters see them ------------------------------------------------------------------------------

namespace {

Json json_of(const System& system, const Value& value) {
  Json out;
  switch (value.kind) {
    case Kind::boolean:
      out.kind = Json::Kind::boolean;
      out.boolean = value.b;
      break;
    case Kind::int64:
    case Kind::uint64:
    case Kind::real: {
      const std::string text = value.kind == Kind::real ? fmt::format("{}", value.d) : value.kind == Kind::uint64 ? std::to_string(value.u) : std::to_string(value.i);
      if (auto number = parse_json(text)) out = std::move(*number);
      break;
    }
    case Kind::string:
      out.kind = Json::Kind::string;
      out.text = value.text();
      break;
    case Kind::list:
      out.kind = Json::Kind::array;
      for (const Value& item : value.items()) out.items.push_back(json_of(system, item));
      break;
    case Kind::record: {
      out.kind = Json::Kind::object;
      const auto& fields = system.types->record(value.tag).fields;
      for (std::size_t i = 0; i < fields.size() && i < value.items().size(); ++i) out.members.emplace_back(fields[i].name, json_of(system, value.items()[i]));
      break;
    }
    case Kind::map:
      out.kind = Json::Kind::object;
      for (std::size_t i = 0; i + 1 < value.pairs().size(); i += 2) {
        if (value.pairs()[i].kind == Kind::string) out.members.emplace_back(std::string(value.pairs()[i].text()), json_of(system, value.pairs()[i + 1]));
      }
      break;
    default: break;
  }
  return out;
}

}  // namespace

Json body_of(const System& system, const Value& message) { return json_of(system, message.items()[field_data]); }

Json attributes_of(const System& system, const Value& message) {
  Json out = json_of(system, message.items()[field_data]);
  out.kind = Json::Kind::object;
  std::erase_if(out.members, [](const auto& member) { return member.second.is(Json::Kind::object) || member.second.is(Json::Kind::null); });
  constexpr std::pair<std::string_view, std::uint32_t> own[] = {{"id", field_id}, {"type", field_type}, {"key", field_key}};
  for (const auto& [name, field] : own) {
    if (out.find(name) == nullptr) out.members.emplace_back(std::string(name), json_of(system, message.items()[field]));
  }
  return out;
}

namespace {

// What can be done to it that others cannot: old messages go, read or not.
constexpr FaultKind faults[] = {FaultKind::expiry};

}  // namespace

BrokerKind sns_sqs_broker() {
  return {"sns_sqs", "Amazon SNS and SQS: standard and FIFO queues, visibility timeouts, dead letters, filter policies", create, option_infos(), faults,
          "deduplication windows never end, messages grow too old only by the fault expiry, a visibility timeout passes at work only where the handler or a pause can last so long"};
}

}  // namespace flowtank::sns_sqs
