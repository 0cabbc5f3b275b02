// SPDX-License-Identifier: Apache-2.0
// Faults: what is done to the system, where and when. What a kind of fault may say is in its entry of
// sim/world/fault_kinds: every other key is refused, so that nothing is silently without effect.
#include <algorithm>

#include <fmt/format.h>
#include <sim/base/keyed_random.hpp>
#include <sim/world/fault_kinds.hpp>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {
namespace {

constexpr std::int64_t most_int = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t most_uint32 = std::numeric_limits<std::uint32_t>::max();

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const FaultKindInfo& info : fault_kinds()) names.emplace_back(info.name);
  return names;
}

std::vector<std::string> words_of(std::string_view type) {
  std::vector<std::string> words;
  for (std::size_t end = 0; end != std::string_view::npos; type.remove_prefix(end + 1)) {
    end = type.find('|');
    words.emplace_back(type.substr(0, end));
    if (end == std::string_view::npos) break;
  }
  return words;
}

constexpr std::pair<std::string_view, StepPosition> positions[] = {{"any_step", StepPosition::any},
                                                                   {"before_handler", StepPosition::before_handler},
                                                                   {"after_commit", StepPosition::after_commit},
                                                                   {"before_ack", StepPosition::before_ack},
                                                                   {"after_ack", StepPosition::after_ack}};

}  // namespace

// The index of a name, or a diagnostic.
std::uint32_t Builder::name_in(const Names& names, const Place& place, std::string_view code, std::string_view what, std::string_view plural) {
  const auto name = reading.text(place);
  if (!name) return none;
  const auto found = names.find(*name);
  if (found != names.end()) return found->second;
  reading.unknown_name(code, place, what, *name, names_of(names), plural);
  return none;
}

// `keys`: those that this kind of fault looks at.
void Builder::read_selector(const Place& place, std::string_view keys, std::string_view what, FaultSelector& on) {
  Fields fields(reading, place, what);
  const auto find = [&](const char* key) { return has_word(keys, key) ? fields.find(key) : Place{}; };
  if (const Place channel = find("channel")) on.channel = channel_named(channel).value_or(none);
  if (const Place consumer = find("consumer")) on.consumer = name_in(services, consumer, codes::ref_service, "service", "Services");
  if (const Place service = find("service")) on.service = name_in(services, service, codes::ref_service, "service", "Services");
  if (const Place broker = find("broker")) on.broker = name_in(brokers, broker, codes::ref_broker, "broker", "Brokers");
  if (const Place client = find("client")) on.client = name_in(clients, client, codes::ref_client, "client", "Clients");
  for (const char* key : {"event", "command"}) {
    if (const Place message = find(key)) on.message = name_in(messages, message, codes::ref_message, key, "Events and commands");
  }
  if (const Place instance = find("instance")) {
    const std::int64_t most = on.service == none ? 1 : system->services[on.service].instances;
    if (const auto number = reading.integer(instance, 1, most)) on.instance = static_cast<std::uint32_t>(*number - 1);
  }
  if (const Place handler = find("handler")) on.handler = handler_named(handler, on.service);
  if (const Place timer = find("timer")) on.timer = timer_named(timer, on.service);
  if (const Place where = find("where")) {
    expr::Environment environment(types);
    const expr::Type type = on.message == none ? expr::types::dyn : types->record_type(system->messages[on.message].record_type);
    environment.declare("event", type, slot_input);
    environment.declare("command", type, slot_input);
    const Compiled compiled = expressions.condition(where, environment);
    on.key = compiled.id;
  }
  fields.finish();
}

std::uint32_t Builder::handler_named(const Place& place, std::uint32_t service) {
  const auto name = reading.text(place);
  if (!name) return none;
  std::vector<std::string> candidates;
  for (std::uint32_t i = 0; i < system->handlers.size(); ++i) {
    if (service != none && system->handlers[i].service != service) continue;
    if (system->handlers[i].name == *name) return i;
    candidates.push_back(system->handlers[i].name);
  }
  reading.unknown_name(codes::ref_handler, place, "handler", *name, candidates, "Handlers");
  return none;
}

std::uint32_t Builder::timer_named(const Place& place, std::uint32_t service) {
  const auto name = reading.text(place);
  if (!name) return none;
  std::vector<std::string> candidates;
  for (std::uint32_t i = 0; i < system->timers.size(); ++i) {
    if (service != none && system->timers[i].service != service) continue;
    if (system->timers[i].name == *name) return i;
    candidates.push_back(system->timers[i].name);
  }
  reading.unknown_name(codes::ref_timer, place, "timer", *name, candidates, "Timers");
  return none;
}

// A label of a step, or a position that every handler has; a label of that name goes first.
void Builder::read_step_label(const Place& place, const FaultKindInfo& info, Fault& fault) {
  const auto label = reading.text(place);
  if (!label) return;
  std::set<std::string> labels;
  for (std::size_t i = 0; i < system->handlers.size(); ++i) {
    if (fault.on.service != none && system->handlers[i].service != fault.on.service) continue;
    if (fault.on.handler != none && fault.on.handler != i) continue;
    for (const Step& step : system->handlers[i].program.steps) labels.insert(step.label);
  }
  const auto everywhere = [&fault](auto&& set) {
    set(fault.on);
    for (FaultSelector& on : fault.also) set(on);
  };
  if (labels.count(*label) != 0) return everywhere([&](FaultSelector& on) { on.step = *label; });
  const bool anywhere = info.kind == FaultKind::crash || info.kind == FaultKind::handler_error || info.kind == FaultKind::zombie;
  for (const auto& [name, position] : positions) {
    if (anywhere && *label == name) return everywhere([&, at = position](FaultSelector& on) { on.position = at; });
  }
  std::vector<std::string> candidates(labels.begin(), labels.end());
  if (anywhere) {
    for (const auto& [name, position] : positions) candidates.emplace_back(name);
  }
  fault.on.step = *label;
  reading.unknown_name(codes::ref_step, place, "step", *label, candidates, "Steps");
}

// "after": {"event": "OrderPlaced"} once a broker has accepted it, {..., "handled_by": "payment"} once it was handled.
void Builder::read_condition(const Place& place, FaultCondition& after) {
  Fields fields(reading, place, "\"after\" of a fault");
  const Place event = fields.find("event"), command = fields.find("command");
  if (!event == !command) {
    if (fields.valid()) reading.error(codes::key_conflict, place, "\"after\" names one event, or one command and who handles it");
  } else {
    const Place& message = event ? event : command;
    after.message = name_in(messages, message, codes::ref_message, event ? "event" : "command", "Events and commands");
  }
  const Place by = command ? fields.require("handled_by") : fields.find("handled_by");
  if (by) after.service = name_in(services, by, codes::ref_service, "service", "Services");
  after.any_key = fields.boolean("any_key", false);
  fields.finish();
}

void Builder::read_trigger_of_fault(Fields& fields, const FaultKindInfo& info, Fault& fault) {
  if (info.timing != FaultTiming::counted) {
    for (const char* key : {"nth", "every", "probability", "after"}) {
      const Place given = fields.find(key);
      if (!given) continue;
      const bool clock = info.timing == FaultTiming::clock;
      reading.error(codes::key_conflict, given, fmt::format("the kind {} is not counted: {}", in_quotes(info.name), clock ? "it begins at a time" : "it strikes by itself"),
                    clock ? "Give \"from_s\"; how long it lasts is \"length\" or \"until_s\"." : "");
    }
  } else {
    fault.when.nth = static_cast<std::uint64_t>(fields.integer("nth", 1, most_int, 0));
    fault.when.every = static_cast<std::uint64_t>(fields.integer("every", 1, most_int, 0));
    if (const Place after = fields.object("after")) read_condition(after, fault.when.after);
  }
  const Place probability = info.timing == FaultTiming::counted ? fields.find("probability") : Place{};
  if (probability) {
    const auto p = reading.real(probability);
    const auto chance = p ? Chance::of(*p) : std::nullopt;
    if (p && !chance) reading.error(codes::range_probability, probability, fmt::format("{} is no probability", *p), "Allowed: 0 to 1.");
    if (chance) fault.when.chance = chance->is_always() ? ~std::uint64_t{0} : chance->threshold();
    if (fault.when.nth != 0 || fault.when.every != 0) {
      reading.error(codes::key_conflict, probability, "a fault strikes by count or by chance, not both", "Leave out \"nth\" and \"every\", or \"probability\".");
    }
  }
  if (info.timing != FaultTiming::itself) {
    if (const auto from = fields.time("from")) fault.when.from = Time::start() + *from;
    if (const auto until = fields.time("until")) fault.when.until = Time::start() + *until;
  }
  fault.when.budget_given = static_cast<bool>(fields.find("budget"));
  fault.when.budget = static_cast<std::uint32_t>(fields.integer("budget", 0, most_uint32, 1));
}

std::vector<FaultNode> Builder::read_nodes(const Place& list) {
  std::vector<FaultNode> nodes;
  if (!reading.is_list(list, "names of services, brokers and clients")) return nodes;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const Place place = list.at(i);
    const auto name = reading.text(place);
    if (!name) continue;
    std::vector<std::string> candidates;
    std::optional<FaultNode> found;
    const std::pair<const Names*, NodeKind> all[] = {{&services, NodeKind::service}, {&brokers, NodeKind::broker}, {&clients, NodeKind::client}};
    for (const auto& [names, kind] : all) {
      for (const auto& [other, index] : *names) {
        candidates.push_back(other);
        if (other == *name && !found) found = FaultNode{kind, index};
      }
    }
    if (found) nodes.push_back(*found);
    else reading.unknown_name(codes::ref_service, place, "service, broker or client", *name, candidates, "Nodes");
  }
  return nodes;
}

// A time that may be negative: a number with a unit in its key, or a text.
void Builder::read_offset(Fields& fields, Fault& fault) {
  constexpr std::int64_t most_s = 1'000'000'000;
  for (const auto& [key, unit] : {std::pair{"offset_ms", ms(1)}, std::pair{"offset_s", s(1)}, std::pair{"offset_us", us(1)}}) {
    const Place given = fields.find(key);
    if (const auto n = given ? reading.integer(given, -most_s, most_s) : std::nullopt) fault.with.offset = unit * *n;
  }
  const Place given = fields.find("offset");
  const auto text = given ? reading.text(given) : std::nullopt;
  if (!text) return;
  const bool behind = text->starts_with('-');
  const auto length = parse_duration(behind || text->starts_with('+') ? std::string_view(*text).substr(1) : std::string_view(*text));
  if (length) fault.with.offset = behind ? -*length : *length;
  else reading.error(codes::range_time, given, in_quotes(*text) + " is not a time", "For example \"-5s\" or \"250ms\".");
}

void Builder::read_number_of_fault(const FaultParameter& parameter, const Place& given, Fault& fault) {
  const auto value = reading.real(given);
  if (!value) return;
  if (parameter.name == "factor") {
    constexpr double most = 1'000'000;
    if (*value < 1 || *value > most) reading.error(codes::range_number, given, fmt::format("{} is out of range", *value), "Allowed: 1 to 1,000,000.");
    else fault.with.factor_percent = static_cast<std::uint32_t>(*value * 100);
    return;
  }
  const auto interval = checked_duration(1.0 / *value, s(1));
  if (!(*value > 0) || !interval || *interval == Duration::zero()) {
    reading.error(codes::range_number, given, "the rate is out of range", "More than 0 and at most 1,000,000,000 per second.");
    return;
  }
  fault.with.interval = *interval;
}

void Builder::read_parameter_of_fault(Fields& fields, const FaultKindInfo& info, const FaultParameter& parameter, Fault& fault) {
  const std::string name(parameter.name);
  if (parameter.type == "time") {
    if (name == "offset") return read_offset(fields, fault);
    const auto time = fields.time(name);
    if (time) (name == "restart_after" ? fault.restart_after : fault.with.lag) = *time;
    return;
  }
  const Place given = parameter.otherwise == "required" ? fields.require(name) : fields.find(name);
  if (!given) return;
  FaultParameters& with = fault.with;
  if (parameter.type == "distribution") {
    fault.delay = distribution(given);
  } else if (parameter.type == "number") {
    read_number_of_fault(parameter, given, fault);
  } else if (parameter.type == "boolean") {
    with.one_way = reading.boolean(given).value_or(false);
  } else if (parameter.type == "nodes") {
    (name == "between" ? with.side : with.other) = read_nodes(given);
  } else if (name == "at") {
    read_step_label(given, info, fault);
  } else if (name == "field") {
    with.field = reading.text(given).value_or("");
    const MessageType* message = fault.on.message == none ? nullptr : &system->messages[fault.on.message];
    std::vector<std::string> names;
    for (const Column& column : message == nullptr ? std::vector<Column>{} : message->fields) names.push_back(column.name);
    if (message != nullptr && std::find(names.begin(), names.end(), with.field) == names.end()) {
      reading.unknown_name(codes::ref_field, given, "field of " + message->name, with.field, names, "Fields");
    }
  } else if (name == "drift_ppm") {
    with.drift_ppm = reading.integer(given, -1'000'000, 1'000'000).value_or(0);
  } else if (parameter.type == "integer") {
    const auto number = reading.integer(given, 1, name == "versions" || name == "commits" ? 64 : most_uint32);
    const auto value = static_cast<std::uint32_t>(number.value_or(1));
    if (name == "first" || name == "limit") with.limit = value;
    else if (name == "partitions") with.partitions = value;
    else if (name == "back") with.back = value;
    else if (name == "commit") fault.on.commit = value;
    else with.versions = value;
  } else {
    with.policy = static_cast<std::uint32_t>(reading.word(given, words_of(parameter.type), "Allowed").value_or(0));
  }
}

void Builder::read_faults(Fields& top) {
  const Place list = top.list("faults");
  if (!list) return;
  for (std::size_t i = 0; i < list.node->items.size(); ++i) {
    const Place place = list.at(i);
    Fields fields(reading, place, "a fault");
    if (!fields.valid()) continue;
    fields.allow("doc");
    Fault fault;
    const Place kind = fields.require("kind");
    const auto known = kind ? reading.word(kind, kind_names(), "Kinds") : std::nullopt;
    const FaultKindInfo& info = fault_kinds()[known.value_or(0)];
    fault.kind = info.kind;
    fault.name = fields.text("name", kind && kind.node->is(JsonKind::string) ? kind.node->text : fmt::format("fault {}", i + 1));
    if (faults.count(fault.name) != 0) reading.error(codes::model_duplicate, place, "two faults are called " + in_quotes(fault.name), "Give each a \"name\".");
    faults[fault.name] = static_cast<std::uint32_t>(system->faults.size());
    if (!known) continue;  // what else it says cannot be judged
    const std::string what = fmt::format("\"on\" of a fault of kind {}", in_quotes(info.name));
    if (const Place on = fields.find("on"); on && on.node->is(JsonKind::array)) {
      for (std::size_t n = 0; n < on.node->items.size(); ++n) {
        FaultSelector selector;
        read_selector(on.at(n), info.on, what, selector);
        if (n == 0) fault.on = selector;
        else fault.also.push_back(selector);
      }
    } else if (on) {
      read_selector(on, info.on, what, fault.on);
    }
    fault.with.factor_percent = fault.kind == FaultKind::slow ? 1000 : 100;
    for (const FaultParameter& parameter : info.parameters) read_parameter_of_fault(fields, info, parameter, fault);
    read_trigger_of_fault(fields, info, fault);
    fault.file = reading.file_of(*place.node);
    fault.where = place.node->where;
    fault.pointer = place.pointer;
    fields.finish();
    system->faults.push_back(std::move(fault));
  }
}

}  // namespace flowtank::loading
